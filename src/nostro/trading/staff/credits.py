"""Credit as staff see it: what is lent, on which account, until when."""

from nostro.trading import operations, queries
from nostro.trading.models import Credit
from nostro.trading.staff.accounts import entities
from nostro.ui.actions import allow_when, only_in
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn, Person
from nostro.ui.details import DetailPage, kv
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage, View

Status = Credit.Status
TONES = {
    "asked": "wait", "given": "ok", "ending": "wait", "ended": "line", "refused": "bad",
}  # fmt: skip

allow_when(operations.take_back_credit, only_in(Status.GIVEN))
# What sets a bulk change back stands on that change's page.
allow_when(operations.take_back_lent, lambda act, row: None)

credit = DetailPage(
    room="trading",
    slug="credits",
    model=Credit,
    rows=queries.credits,
    subtitle=lambda row: f"{row.account} · {row.account.client.name}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: [Figure("Credit", row.money)],
    panels=[
        kv(
            "What is lent",
            [
                Link("account"),
                Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
                Column("reason", "What for"),
                Column("reference", "Its deals bear"),
                Date("asked_at", "Asked"),
                Date("given_at", "Given"),
                Date("expires_at", "Until"),
                Date("ended_at", "Taken back"),
                Column("trouble", "The platform said"),
            ],
        )
    ],
    actions=[operations.take_back_credit],
    icon="gift",
)

credit_list = ListPage(
    room="trading",
    slug="credits",
    title="Credit",
    rows=queries.credits,
    columns=[
        Link("", "Credit", sort="pk"),
        Link("account", "Account"),
        Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
        MoneyColumn("money", "Amount", sort="amount"),
        Column("reason", "What for", cut=True, low=2),
        Badge("status", sort="status", colors=TONES),
        Date("expires_at", "Until", sort="expires_at", low=2),
        Column("trouble", "The platform said", cut=True, low=3),
    ],
    filters=[
        choice("status", Status.choices),
        choice("entity", entities, path="account__entity"),
        date_range("asked_at", title="Asked"),
    ],
    views=[
        View("On accounts", status__in=[Status.GIVEN, Status.ENDING]),
        View("Not taken back", status=Status.GIVEN, trouble__gt=""),
        View("All", counted=False),
    ],
    actions=[operations.take_back_credit],
    inspector=credit,
    search=["account__client__last_name__holds"],
    number="CR",
    order="-pk",
    empty="Nothing is lent. Credit is given on an account's own page.",
    icon="gift",
)
