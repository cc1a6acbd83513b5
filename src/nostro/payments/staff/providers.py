"""Providers with how they do, and the methods that clients see."""

from typing import Any

from nostro.core.acts import Act
from nostro.payments import operations, queries
from nostro.payments.models import Method, Provider
from nostro.payments.queries.standing import ProviderStanding, provider_standings
from nostro.ui.actions import allow_when
from nostro.ui.columns import Badge, Column, Date, Number
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import flag
from nostro.ui.lists import ListPage

SPOKEN = {"iso20022": "ISO 20022", "stripe": "Stripe"}
STATE = {"answers": "ok", "paused": "", "trouble": "bad"}

allow_when(operations.pause_provider, lambda act, row: "" if row.open else None)
allow_when(operations.resume_provider, lambda act, row: None if row.open else "")


def _spoken(row: Provider) -> str:
    return SPOKEN.get(row.kind, row.kind)


def _refunds(row: Provider) -> str:
    return f"within {row.refund_days} days" if row.refund_days else "none"


def _state(row: Provider) -> str:
    if row.trouble:
        return "trouble"
    return "answers" if row.open else "paused"


def _prepare(act: Act, rows: list[Provider]) -> None:
    found = provider_standings(act.at, [one.pk for one in rows])
    for row in rows:
        row.standing = found[row.pk]  # type: ignore[attr-defined]


def _success(row: Any) -> str:
    standing: ProviderStanding = row.standing
    return "—" if standing.success is None else f"{standing.success}%"


def _methods(row: Provider) -> str:
    return ", ".join(one.name for one in row.methods.all())


def _figures(act: Act, row: Any) -> list[Figure]:
    standing: ProviderStanding = row.standing
    whole = standing.settled + standing.failed
    share = arithmetic(
        "Deposits that ended in the last day", ("Settled", standing.settled), ("All", whole)
    )
    return [
        Figure("Success, last day", _success(row), why=share if whole else None),
        Figure("Settled, last day", standing.settled),
        Figure("Failed, last day", standing.failed),
        Figure(
            "Refused messages", row.notices_refused,
            tone="bad" if row.notices_refused else "", note="did not prove themselves",
        ),
    ]  # fmt: skip


provider = DetailPage(
    room="payments",
    slug="providers",
    model=Provider,
    rows=queries.providers,
    pills=lambda act, row: [Pill(_state(row).capitalize(), STATE[_state(row)])],
    figures=_figures,
    panels=[
        kv(
            "Details",
            [
                Column("slug", "Called"),
                Column(_spoken, "Speaks"),
                Column(_methods, "Methods"),
                Column(lambda row: f"{row.fee_percent.normalize():f}%", "Fee"),
                Column(_refunds, "Refunds"),
                Column(lambda row: f"/hooks/in/{row.slug}", "Its messages arrive at"),
                Column("trouble"),
                Date("trouble_since", "Since"),
                Date("notices_refused_at", "Last refused message"),
            ],
        ),
        table(
            "Last messages",
            lambda act, row: queries.notices(act).filter(provider=row)[:20],
            [Date("received_at", "When"), Column("kind"), Column("event_id", "Event", cut=True)],
            empty="It has told us nothing yet.",
            may=queries.notices.name,
        ),
    ],
    actions=[operations.resume_provider, operations.pause_provider],
    prepare=_prepare,
    icon="plug-connected",
)

providers = ListPage(
    room="payments",
    slug="providers",
    title="Providers",
    rows=queries.providers,
    columns=[
        Column("name", sort="name"),
        Column(_spoken, "Speaks", low=2, quiet=True),
        Badge(_state, "State", colors=STATE),
        Number(_success, "Success, last day"),
        Date("standing.notice_at", "Last message", low=2),
        Number("notices_refused", "Refused messages", sort="notices_refused", low=2),
        Number("refund_days", "Refund days", low=3),
        Column("trouble", low=3, cut=True),
    ],
    filters=[flag("troubled", "In trouble", trouble__gt="")],
    actions=[operations.pause_provider, operations.resume_provider],
    inspector=provider,
    order="name",
    prepare=_prepare,
    empty="No provider is connected yet.",
    icon="plug-connected",
)

method = DetailPage(
    room="payments",
    slug="methods",
    model=Method,
    rows=queries.methods,
    panels=[
        kv(
            "As clients see it",
            [
                Column("name"),
                Column(lambda row: ", ".join(row.currencies), "Currencies"),
                Number("least", "Least", places=2),
                Number("most", "Most", places=2),
                Column("speed", "Arrives"),
                Column("takes_deposits"),
                Column("pays_out"),
            ],
        ),
        table(
            "Providers",
            lambda act, row: row.providers.order_by("name"),
            [Column("name"), Badge(_state, "State", colors=STATE)],
            may=queries.providers.name,
        ),
    ],
    icon="credit-card",
)

methods = ListPage(
    room="payments",
    slug="methods",
    title="Methods",
    rows=queries.methods,
    columns=[
        Column("name", sort="name"),
        Column(lambda row: ", ".join(row.currencies), "Currencies"),
        Number("least", "Least", places=2, sort="least"),
        Number("most", "Most", places=2, sort="most"),
        Column("speed", "Arrives", low=2),
        Column("takes_deposits", "Deposits", low=2),
        Column("pays_out", "Pays out", low=2),
    ],
    inspector=method,
    order="name",
    empty="No method is set up yet.",
    icon="credit-card",
)
