"""What payments adds to a client's page: the money that came, went and moved."""

from typing import Any

from django.db.models import Count, QuerySet, Sum

from nostro.core.acts import Act
from nostro.kit.money import Currency, Money
from nostro.payments import queries
from nostro.payments.models import (
    ClientTransfer,
    Deposit,
    Destination,
    SavedCard,
    Transfer,
    Withdrawal,
)
from nostro.payments.staff import between, deposits, transfers, withdrawals
from nostro.people.models import Client
from nostro.ui.additions import extend
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn
from nostro.ui.details import Tab, table
from nostro.ui.figures import Figure, arithmetic, by_currency

FEW = 10


def _deposits(act: Act, client: Client) -> QuerySet[Deposit]:
    return queries.deposits(act).filter(client=client)[:FEW]


def _withdrawals(act: Act, client: Client) -> QuerySet[Withdrawal]:
    return queries.withdrawals(act).filter(client=client)[:FEW]


def _transfers(act: Act, client: Client) -> QuerySet[Transfer]:
    return queries.transfers(act).filter(client=client)[:FEW]


def _given(act: Act, client: Client) -> QuerySet[ClientTransfer]:
    return queries.client_transfers(act).filter(client=client)[:FEW]


def _received(act: Act, client: Client) -> QuerySet[ClientTransfer]:
    return queries.received_from_clients(act).filter(recipient=client)[:FEW]


def _destinations(act: Act, client: Client) -> QuerySet[Destination]:
    return queries.destinations(act).filter(client=client)


def _cards(act: Act, client: Client) -> QuerySet[SavedCard]:
    return queries.saved_cards(act).filter(client=client)


def _figures(act: Act, client: Client) -> list[Figure]:
    """What came in for good, less what went out."""
    if not (act.actor.may(queries.deposits.name) and act.actor.may(queries.withdrawals.name)):
        return []
    came = _sums(queries.deposits(act).filter(client=client, status=Deposit.Status.SETTLED))
    went = _sums(queries.withdrawals(act).filter(client=client, status=Withdrawal.Status.PAID))
    if not came and not went:
        return []
    net: dict[str, Money] = {}
    for code in came | went:
        nothing = (Money.zero(code), 0)
        net[code] = came.get(code, nothing)[0] - went.get(code, nothing)[0]
    counts = [sum(count for _, count in sums.values()) for sums in (came, went)]
    why = arithmetic(
        "Net deposits",
        *((f"{count} paid in", total) for total, count in came.values()),
        *((f"{count} paid out", -total) for total, count in went.values()),
    )
    note = f"{counts[0]} in, {counts[1]} out"
    return [by_currency("Net deposits", net, client.base_currency, note=note, why=why)]


def _sums(rows: QuerySet[Any]) -> dict[str, tuple[Money, int]]:
    found = rows.order_by().values_list("currency").annotate(Sum("amount"), Count("pk"))
    return {code: (Money(total, Currency(code)), count) for code, total, count in found}


extend(
    "people.client",
    place=15,
    figures=_figures,
)
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
                        Column("paid_with", low=2),
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
                    "Sent to other clients",
                    _given,
                    [
                        Date("requested_at", "Asked"),
                        Link("", "Transfer"),
                        MoneyColumn("money", "Amount"),
                        Column("recipient", "To", low=2),
                        Badge("status", colors=between.TONES),
                    ],
                    empty="Nothing was sent to another client.",
                    may=queries.client_transfers.name,
                ),
                table(
                    "Got from other clients",
                    _received,
                    [
                        Date("settled_at", "Arrived"),
                        Column(str, "Transfer"),
                        MoneyColumn("money", "Amount"),
                        Column(lambda row: f"C-{row.client_id}", "From", low=2),
                    ],
                    empty="Nothing came from another client.",
                    may=queries.received_from_clients.name,
                ),
                table(
                    "Saved cards",
                    _cards,
                    [
                        Column("label", "Card"),
                        Date("saved_at", "Saved"),
                        Date("used_at", "Last used"),
                    ],
                    empty="No card was saved.",
                    may=queries.saved_cards.name,
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
