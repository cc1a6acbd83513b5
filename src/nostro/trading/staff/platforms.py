"""Platforms: whether they answer, how far behind we are, what was read last."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from nostro.core import log
from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.trading import operations, queries
from nostro.trading.models import Platform
from nostro.ui.actions import allow_when
from nostro.ui.addresses import STAFF
from nostro.ui.charts import Series, bar
from nostro.ui.columns import Column, Date, Link, Number
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.home import HEALTH, Health
from nostro.ui.lists import ListPage
from nostro.ui.templatetags.nostro import pill, span
from nostro.ui.timeline import without_readings

QUIET = timedelta(minutes=2)
"""A platform that is followed is read at least twice a minute."""


def health_of(act: Act, row: Platform) -> tuple[str, str]:
    """How a platform does, in a word and its tone."""
    if row.left_at:
        return "Not followed", "line"
    if row.trouble_since:
        return f"No answer for {span(act.at - row.trouble_since)}", "bad"
    if row.read_at is None:
        return "Not read yet", "wait"
    if act.at - row.read_at > QUIET:
        return f"Not read for {span(act.at - row.read_at)}", "warn"
    if row.apart:
        what = next(iter(row.apart)) if len(row.apart) == 1 else f"{len(row.apart)} symbols"
        return f"Open lots of {what} differ", "warn"
    return "Answers", "ok"


def _prepare(act: Act, rows: list[Any]) -> None:
    """What the pages show beside each platform, looked up for all of them."""
    found = queries.standings(rows)
    for row in rows:
        row.standing = found[row.pk]
        row.health = health_of(act, row)


def lag(row: Platform) -> str:
    """How late the newest deals came to us."""
    if row.lag_ms is None:
        return ""
    return f"{row.lag_ms} ms" if row.lag_ms < 10_000 else span(timedelta(milliseconds=row.lag_ms))


def offset(row: Platform) -> str:
    seconds = row.clock_offset_seconds
    if not seconds:
        return "none"
    return f"{span(timedelta(seconds=abs(seconds)))} {'ahead' if seconds > 0 else 'behind'}"


NAMED = 10
"""How many of the records that cannot be read are named; the others are counted."""


def unread(row: Platform) -> str:
    """What is left out because it cannot be read, counted and named."""
    if not row.unread:
        return ""
    said = [f"{name}: {why}" for name, why in sorted(row.unread.items())[:NAMED]]
    rest = len(row.unread) - len(said)
    return f"{len(row.unread)}: {'; '.join(said)}" + (f"; and {rest} more" if rest else "")


def _pills(act: Act, row: Platform) -> list[Pill]:
    words, tone = row.health  # type: ignore[attr-defined]
    found = [Pill(words, tone), Pill("Live" if row.live else "Demo", "line")]
    if row.unread:
        found.append(Pill(f"{len(row.unread)} not read", "warn"))
    return found


def _figures(act: Act, row: Platform) -> list[Figure]:
    standing = row.standing  # type: ignore[attr-defined]
    return [
        Figure("Accounts", standing.accounts),
        Figure("Behind by", lag(row) or "—"),
        Figure("Clock", offset(row)),
        Figure("Symbols not known", standing.unmapped, tone="bad" if standing.unmapped else ""),
    ]


def _story(act: Act, row: Platform) -> QuerySet[Record]:
    """What happened to it, without every look at its market."""
    about = log.records(act).filter(subject_type=label(row), subject_id=row.pk)
    return without_readings(about)


def _past(act: Act, row: Platform) -> dict[str, Any] | None:
    """How far the platform's past is read, where it was connected with one."""
    past = queries.backfill_of(row)
    if past is None:
        return None
    begin = min(past.first_deal_at or past.since, past.reached)
    read = (past.reached - begin) // timedelta(seconds=1)
    left = (past.until - past.reached) // timedelta(seconds=1)
    parts = [{"value": read, "tone": "1"}, {"value": left, "tone": "rest"}]
    return {"past": past, "begin": begin, "parts": parts}


def _apart(act: Act, row: Platform) -> dict[str, Any] | None:
    """Symbols of which the platform sums up other open lots than are kept here."""
    if not row.apart:
        return None
    rows = [
        {**said, "symbol": symbol, "since": datetime.fromisoformat(said["since"])}
        for symbol, said in sorted(row.apart.items())
    ]
    return {"rows": rows, "others": any(set(one["others"]) != {"0"} for one in rows)}


def _throughput(act: Act, row: Platform) -> dict[str, Any]:
    """A day by the hour, and the last hour by the minute: deals read, the worst lag, the clock."""
    hours = queries.throughput(row, act.at, step=timedelta(hours=1), steps=24)
    minutes = queries.throughput(row, act.at, step=timedelta(minutes=1), steps=60)
    words = [f"{one.at:%H:%M}" for one in hours]
    lags = [None if one.lag_ms is None else Decimal(one.lag_ms) / 1000 for one in hours]
    late = Series("Lag, at worst", lags, "d2")
    clock = Series("Ahead", [one.offset for one in hours], "d3")
    charts = [
        bar("Deals by the hour", words, Series("Deals", [one.deals for one in hours], "d1")),
        bar(
            "Deals by the minute",
            [f"{one.at:%H:%M}" for one in minutes],
            Series("Deals", [one.deals for one in minutes], "d1"),
        ),
        bar("Lag at worst, by the hour", words, late, unit="s"),
        bar("Its clock ahead of ours, by the hour", words, clock, unit="s"),
    ]
    return {"charts": [one for one in charts if any(filter(None, one.series[0].values))]}


def _may_stop(act: Act, row: Platform) -> str | None:
    past = queries.backfill_of(row)
    return "" if past is not None and past.status == past.Status.RUNNING else None


def _may_go_on(act: Act, row: Platform) -> str | None:
    past = queries.backfill_of(row)
    return "" if past is not None and past.status == past.Status.STOPPED else None


def _unmapped(act: Act, row: Platform) -> dict[str, Any] | None:
    """Groups that the platform has and nobody has said anything about, each with the way to it."""
    if not row.unmapped:
        return None
    may = act.actor.may(operations.add_group.name)
    at = f"{STAFF}do/{operations.add_group.name}/{row.pk}"
    rows = [
        {
            "path": path, "currency": currency,
            "url": f"{at}?{urlencode({'path': path, 'currency': currency})}" if may else "",
        }
        for path, currency in sorted(row.unmapped.items())
    ]  # fmt: skip
    return {"rows": rows}


allow_when(operations.stop_following, lambda act, row: None if row.left_at else "")
allow_when(operations.follow_again, lambda act, row: "" if row.left_at else None)
allow_when(operations.stop_backfill, _may_stop)
allow_when(operations.resume_backfill, _may_go_on)

platform = DetailPage(
    room="trading",
    slug="platforms",
    model=Platform,
    rows=queries.platforms,
    pills=_pills,
    figures=_figures,
    panels=[
        template("Open lots that differ", "trading/open_lots.html", _apart),
        template("Groups not mapped", "trading/unmapped.html", _unmapped),
        template("The past", "trading/backfill.html", _past),
        template("Throughput", "trading/throughput.html", _throughput),
        kv(
            "How it is followed",
            [
                Column("mark", "Kind"),
                Date("read_at", "Read"),
                Date("standing.last_deal_at", "Newest deal"),
                Column(lag, "Behind by"),
                Column(offset, "Its clock, against ours"),
                Column("trouble"),
                Date("trouble_since", "Since"),
                Date("left_at", "Not followed since"),
                Column("left_reason", "Why not"),
                Column(unread, "Cannot be read"),
            ],
        ),
    ],
    actions=[
        operations.add_group,
        operations.stop_backfill,
        operations.resume_backfill,
        operations.follow_again,
        operations.stop_following,
    ],
    prepare=_prepare,
    timeline=_story,
    icon="server",
)

platforms = ListPage(
    room="trading",
    slug="platforms",
    title="Platforms",
    rows=queries.platforms,
    columns=[
        Link("", "Platform", sort="name"),
        Column(lambda row: pill(*row.health), "Health"),
        Column("mark", "Kind", low=2),
        Number(lag, "Behind by"),
        Date("standing.last_deal_at", "Newest deal", low=2),
        Number(offset, "Clock", low=2),
        Number("standing.accounts", "Accounts", low=2),
        Date("read_at", "Read", sort="read_at", low=3),
    ],
    create=[operations.add_platform, operations.read_takeover],
    inspector=platform,
    order="name",
    prepare=_prepare,
    empty="No platform is connected. Without one no account can be opened.",
    icon="server",
)


def _health(act: Act) -> Sequence[Health]:
    """The line on everybody's first page."""
    if not act.actor.may(queries.platforms.name):
        return []
    rows = list(queries.platforms(act).filter(left_at=None))
    return [
        Health(
            row.name, lag(row) if tone == "ok" else words, "" if tone == "ok" else tone, "server"
        )
        for row in rows
        for words, tone in [health_of(act, row)]
    ]


HEALTH.append(_health)
