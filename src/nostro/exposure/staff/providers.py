"""Liquidity providers: whether they answer, what we hold there, and where they see it otherwise."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from nostro.core.acts import Act
from nostro.core.queries import named
from nostro.exposure import operations, queries
from nostro.exposure.events import ExposureKept, FillsRecorded
from nostro.exposure.models import LiquidityProvider, PositionBreak, ProviderPosition
from nostro.exposure.staff.figures import lots, units
from nostro.ui.actions import Action, only_in
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, Link, Number
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import choice, text
from nostro.ui.home import HEALTH, Health
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.templatetags.nostro import pill, span
from nostro.ui.timeline import HUM, NAMES

SPOKEN = {"fix44": "FIX 4.4"}
QUIET = timedelta(minutes=2)
"""A provider that is listened to is heard four times a minute."""


def health_of(act: Act, row: LiquidityProvider) -> tuple[str, str]:
    """How a provider does, in a word and its tone."""
    if not row.live:
        return "Not listened to", "line"
    if row.trouble_since:
        return f"No answer for {span(act.at - row.trouble_since)}", "bad"
    if row.heard_at is None:
        return "Not heard yet", "wait"
    if act.at - row.heard_at > QUIET:
        return f"Not heard for {span(act.at - row.heard_at)}", "warn"
    return ("Fills may be missing", "warn") if row.missed_from else ("Answers", "ok")


def lag(row: LiquidityProvider) -> str:
    """How late the newest report came to us."""
    if row.lag_ms is None:
        return ""
    return f"{row.lag_ms} ms" if row.lag_ms < 10_000 else span(timedelta(milliseconds=row.lag_ms))


def _prepare(act: Act, rows: list[Any]) -> None:
    found = queries.provider_standings(act, rows)
    for row in rows:
        row.standing = found[row.pk]
        row.health = health_of(act, row)


def _pills(act: Act, row: Any) -> list[Pill]:
    words, tone = row.health
    return [Pill(words, tone)]


def _figures(act: Act, row: Any) -> list[Figure]:
    standing = row.standing
    return [
        Figure("Fills today", standing.fills_today),
        Figure("Behind by", lag(row) or "—"),
        Figure("Next to send", row.next_sent, note="sequence number"),
        Figure("Next to come", row.next_received, note="sequence number"),
        Figure("Breaks", standing.breaks, tone="bad" if standing.breaks else ""),
    ]


def _forgot(act: Act, row: Any) -> str | None:
    """Offered where the line does not stand: beginning anew loses what was on its way."""
    return "" if row.live and row.trouble_since else None


def _difference(row: ProviderPosition) -> str:
    if row.theirs is None:
        return ""
    return units(row.difference, sign=True) if row.difference else "none"


def _theirs(row: ProviderPosition) -> str:
    return "" if row.theirs is None else units(row.theirs, sign=True)


POSITION_COLUMNS = [
    Column("symbol", sort="symbol"),
    Column("instrument", "Instrument", low=2),
    Number(lambda row: lots(row.lots, sign=True) if row.lots is not None else "", "Lots", low=2),
    Number(lambda row: units(row.ours, sign=True), "Ours, units"),
    Number(_theirs, "Theirs, when asked", low=2),
    Number(_difference, "Difference"),
]

provider = DetailPage(
    room="exposure",
    slug="providers",
    model=LiquidityProvider,
    rows=queries.providers,
    pills=_pills,
    figures=_figures,
    panels=[
        kv(
            "How it is listened to",
            [
                Column(lambda row: SPOKEN.get(row.kind, row.kind), "Protocol"),
                Date("heard_at", "Heard"),
                Date("last_fill_at", "Last fill"),
                Column(lag, "Behind by"),
                Column("trouble"),
                Date("trouble_since", "Since"),
                Date("missed_from", "Fills may be missing since"),
                Date("compared_at", "Positions compared"),
                Column("compare_trouble", "Why not later"),
            ],
        ),
        table(
            "What we hold there",
            rows=lambda act, row: queries.provider_positions(act).filter(provider=row),
            columns=POSITION_COLUMNS,
            empty="Nothing was filled here yet.",
            may=queries.provider_positions.name,
        ),
    ],
    actions=[Action(operations.begin_anew, when=_forgot)],
    prepare=_prepare,
    icon="building-bank",
)

providers = ListPage(
    room="exposure",
    slug="providers",
    title="Liquidity providers",
    rows=queries.providers,
    columns=[
        Link("", "Provider", sort="name"),
        Column(lambda row: pill(*row.health), "Health"),
        Number(lag, "Behind by", low=2),
        Date("last_fill_at", "Last fill", sort="last_fill_at"),
        Number("next_sent", "Next to send", low=3),
        Number("next_received", "Next to come", low=3),
        Number("standing.fills_today", "Fills today", low=2),
        Number("standing.breaks", "Breaks", low=2),
        Date("heard_at", "Heard", sort="heard_at", low=3),
    ],
    create=[operations.add_provider],
    inspector=provider,
    order="name",
    prepare=_prepare,
    empty="No liquidity provider is connected. What is hedged elsewhere is not seen here.",
    icon="building-bank",
    live=["exposure.liquidityprovider"],
)

position = DetailPage(
    room="exposure",
    slug="positions",
    model=ProviderPosition,
    rows=queries.provider_positions,
    figures=lambda act, row: [
        Figure(
            "Ours", units(row.ours, sign=True), note="units of the base",
            why=arithmetic(
                "Ours", ("Fills that stand", units(row.held, sign=True)),
                ("Taken over", units(row.brought, sign=True)),
                ("Together", units(row.ours, sign=True)),
            ),
        ),
        Figure("Theirs", _theirs(row) or "—", note="when they were asked"),
        Figure("Difference", _difference(row) or "—", tone="bad" if row.difference else ""),
    ],
    panels=[
        kv(
            "Where",
            [
                Link("provider"),
                Column("symbol", "Its name there"),
                Column("instrument", "Instrument"),
                Column("price", "Valued there at"),
                Date("theirs_at", "Asked"),
            ],
        )
    ],
    actions=[operations.map_provider_symbol],
    icon="scale",
)  # fmt: skip


def _providers(act: Act) -> list[tuple[Any, str]]:
    return [(one.pk, one.name) for one in queries.providers(act)]


positions = ListPage(
    room="exposure",
    slug="positions",
    title="At providers",
    rows=queries.provider_positions,
    columns=[
        Link("", "What", url=url_of, low=3, quiet=True),
        Link("provider", low=2),
        *POSITION_COLUMNS,
        Date("theirs_at", "Asked", low=3),
    ],
    filters=[choice("provider", _providers), text("symbol", "symbol__istartswith")],
    views=[View("All", counted=False), View("Not known", instrument=None)],
    actions=[operations.map_provider_symbol],
    inspector=position,
    order="symbol",
    empty="Nothing is held at a provider. Fills appear here as soon as they are reported.",
    icon="scale",
    live=["exposure.liquidityprovider"],
)

# ── Where they see it otherwise ──

TONES = {"open": "bad", "explained": "ok", "settled": "line"}
explain = Action(operations.explain_break, when=only_in(PositionBreak.Status.OPEN))

position_break = DetailPage(
    room="exposure",
    slug="breaks",
    model=PositionBreak,
    rows=queries.position_breaks,
    title=lambda row: f"{row} {row.position}",
    subtitle=lambda row: row.cause,
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: [
        Figure(
            "Difference", units(row.difference, sign=True), tone="bad", note="units of the base",
            why=arithmetic(
                "At the provider", ("It holds", units(row.theirs, sign=True)),
                ("Our fills make", units(row.ours, sign=True)),
                ("Difference", units(row.difference, sign=True)),
            ),
        ),
        Figure("The provider holds", units(row.theirs, sign=True)),
        Figure("Our fills make", units(row.ours, sign=True)),
    ],
    panels=[
        kv(
            "Where",
            [
                Link("position.provider", "Provider"),
                Link("position", "Position"),
                Column("cause"),
                Column("note", "Explained by"),
                Date("found_at", "Found"),
                Clock("due_at", "Explain within"),
            ],
        )
    ],
    actions=[explain],
    icon="alert-triangle",
)  # fmt: skip

breaks = ListPage(
    room="exposure",
    slug="breaks",
    title="Position breaks",
    rows=queries.position_breaks,
    columns=[
        Clock("due_at", sort="due_at"),
        Link("position"),
        Number(lambda row: units(row.difference, sign=True), "Difference, units"),
        Column("cause", cut=True, low=2),
        Date("found_at", "Found", sort="found_at", low=3),
        Badge("status", colors=TONES),
    ],
    views=[View("Open", status=PositionBreak.Status.OPEN), View("All", counted=False)],
    actions=[explain],
    inspector=position_break,
    number="PB",
    order="-found_at",
    empty="Every provider holds what our fills make. They are asked every minute.",
    icon="alert-triangle",
)

Queue(
    PositionBreak,
    PositionBreak.Status.OPEN,
    title="Position breaks",
    icon="alert-triangle",
    page=breaks.url,
    line=lambda row: f"{row.position}, {units(row.difference, sign=True)}",
    nothing="Every provider holds what our fills make.",
)


def _health(act: Act) -> Sequence[Health]:
    """The line on everybody's first page."""
    if not act.actor.may(queries.providers.name):
        return []
    found = []
    for row in queries.providers(act).filter(live=True):
        words, tone = health_of(act, row)
        said = lag(row) if tone == "ok" else words
        found.append(Health(row.name, said, "" if tone == "ok" else tone, "building-bank"))
    return found


HEALTH.append(_health)
HUM |= {FillsRecorded.name, ExposureKept.name}


def _names(ids: set[int]) -> dict[int, tuple[str, str]]:
    found = named(LiquidityProvider, ids)
    return {pk: (str(one), f"{providers.url}{pk}/") for pk, one in found.items()}


def _break_names(ids: set[int]) -> dict[int, tuple[str, str]]:
    found = named(PositionBreak, ids)
    return {pk: (str(one), f"{breaks.url}{pk}/") for pk, one in found.items()}


def _position_names(ids: set[int]) -> dict[int, tuple[str, str]]:
    found = named(ProviderPosition, ids)
    return {pk: (one.symbol, f"{positions.url}{pk}/") for pk, one in found.items()}


NAMES["exposure.liquidityprovider"] = _names
NAMES["exposure.positionbreak"] = _break_names
NAMES["exposure.providerposition"] = _position_names
