"""What payments adds to a client's page: the money that came, went and moved."""

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.payments import queries
from nostro.payments.models import Deposit, Destination, Transfer, Withdrawal
from nostro.payments.staff import deposits, transfers, withdrawals
from nostro.people.models import Client
from nostro.ui.additions import extend
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn
from nostro.ui.details import Tab, table

FEW = 10


def _deposits(act: Act, client: Client) -> QuerySet[Deposit]:
    return queries.deposits(act).filter(client=client)[:FEW]


def _withdrawals(act: Act, client: Client) -> QuerySet[Withdrawal]:
    return queries.withdrawals(act).filter(client=client)[:FEW]


def _transfers(act: Act, client: Client) -> QuerySet[Transfer]:
    return queries.transfers(act).filter(client=client)[:FEW]


def _destinations(act: Act, client: Client) -> QuerySet[Destination]:
    return queries.destinations(act).filter(client=client)


extend(
    "people.client",
    place=20,
    tabs=[
        Tab(
            "money",
            "Money",
            [
                table(
                    "Deposits",
                    _deposits,
                    [
                        Date("started_at", "Started"),
                        Link("", "Deposit"),
                        MoneyColumn("money", "Amount"),
                        Column("method", low=2),
                        Badge("status", colors=deposits.TONES),
                    ],
                    empty="Nothing was paid in yet.",
                    may=queries.deposits.name,
                ),
                table(
                    "Withdrawals",
                    _withdrawals,
                    [
                        Date("requested_at", "Asked"),
                        Link("", "Withdrawal"),
                        MoneyColumn("money", "Amount"),
                        Badge("status", colors=withdrawals.TONES),
                    ],
                    empty="Nothing was asked back yet.",
                    may=queries.withdrawals.name,
                ),
                table(
                    "Transfers",
                    _transfers,
                    [
                        Date("requested_at", "Asked"),
                        Link("", "Transfer"),
                        MoneyColumn("money", "Amount"),
                        Column("account", low=2),
                        Column("get_direction_display", "Direction", low=2),
                        Badge("status", colors=transfers.TONES),
                    ],
                    empty="Nothing was moved yet.",
                    may=queries.transfers.name,
                ),
                table(
                    "May be paid to",
                    _destinations,
                    [
                        Column("label", "Account"),
                        Date("added_at", "Added"),
                        Date("usable_from", "Usable from"),
                    ],
                    empty="No bank account was added.",
                    may=queries.destinations.name,
                ),
            ],
        )
    ],
)
