"""What trading adds to a client's page: accounts on the rail, deals and open trades on a tab."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.people.models import Client
from nostro.trading import operations, queries
from nostro.trading.models import Deal, Position, TradingAccount
from nostro.trading.staff.accounts import TONES, practice_mark
from nostro.trading.staff.tables import deal_columns, open_trades
from nostro.ui.additions import extend
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn
from nostro.ui.details import Tab, table, template
from nostro.ui.figures import Figure, arithmetic, by_currency

FEW = 20
MONTH = timedelta(days=30)


def _accounts(act: Act, client: Client) -> QuerySet[TradingAccount]:
    return queries.accounts(act).filter(client=client, practice=False)


def _practice(act: Act, client: Client) -> QuerySet[TradingAccount]:
    return queries.accounts(act).filter(client=client, practice=True)


def _deals(act: Act, client: Client) -> QuerySet[Deal]:
    return queries.deals(act).filter(account__client=client, account__practice=False)[:FEW]


def _trades(act: Act, client: Client) -> QuerySet[Position]:
    return queries.positions(act).filter(account__client=client, account__practice=False)


def _on_rail(act: Act, client: Client) -> dict[str, Any]:
    return {"accounts": _accounts(act, client).exclude(status__in=queries.GONE)}


def _figures(act: Act, client: Client) -> list[Figure]:
    """What stands on the platforms, and what a month of trading made of it."""
    figures = []
    if act.actor.may(queries.accounts.name):
        open_ones = _accounts(act, client).exclude(status__in=queries.GONE).filter(login__gt=0)
        standing: dict[str, Money] = {}
        accounts = list(open_ones)
        for one in accounts:
            money = one.equity_money
            standing[one.currency] = standing.get(one.currency, Money.zero(one.currency)) + money
        if accounts:
            label = f"Equity, {len(accounts)} account{'' if len(accounts) == 1 else 's'}"
            why = arithmetic(
                label, *((str(one), one.equity_money) for one in accounts),
                note="As the platforms last told it, open trades at their prices.",
            )  # fmt: skip
            figures.append(by_currency(label, standing, client.base_currency, why=why))
    if act.actor.may(queries.deals.name):
        recent = queries.deals(act).filter(
            account__client=client, account__practice=False, at__gte=act.at - MONTH
        )  # fmt: skip
        made = queries.traded(recent)
        if made.deals:
            title, parts = "Client P/L, 30 days", made.parts.get(client.base_currency, [])
            figures.append(
                by_currency(
                    title,
                    made.result,
                    client.base_currency,
                    why=arithmetic(title, *parts) if parts else None,
                )
            )
            figures.append(
                Figure(
                    "Lots, 30 days",
                    f"{made.lots:,.2f}",
                    note=f"{made.deals:,} deal{'' if made.deals == 1 else 's'}",
                )
            )
    return figures


extend(
    "people.client",
    place=20,
    figures=_figures,
)
extend(
    "people.client",
    place=10,
    panels=[
        template(
            "Accounts",
            "trading/rail.html",
            _on_rail,
            side=True,
            may=queries.accounts.name,
            offer=("Open account", operations.request_account),
        )
    ],
    tabs=[
        Tab(
            "trading",
            "Trading",
            [
                table(
                    "Trading accounts",
                    _accounts,
                    [
                        Link("", "Account"),
                        Column("group", low=2, quiet=True, cut=True),
                        Column("ratio", "Leverage", low=2),
                        MoneyColumn("equity_money", "Equity"),
                        Badge("status", colors=TONES),
                        Date("opened_at", "Opened", low=3),
                    ],
                    empty="No account yet.",
                    may=queries.accounts.name,
                ),
                table(
                    "Practice accounts",
                    _practice,
                    [
                        Link("", "Account"),
                        Column(practice_mark, "", low=2),
                        Column("ratio", "Leverage", low=2),
                        MoneyColumn("equity_money", "Virtual equity"),
                        Badge("status", colors=TONES),
                        Date("opened_at", "Opened", low=3),
                    ],
                    empty="None.",
                    may=queries.accounts.name,
                ),
                table(
                    "Open trades",
                    _trades,
                    [Link("account", low=2), *open_trades.columns],
                    empty="Nothing is open.",
                    may=queries.positions.name,
                ),
                table(
                    "Deals",
                    _deals,
                    [*deal_columns[:1], Column("login", low=3, quiet=True), *deal_columns[1:]],
                    empty="Nothing was traded yet.",
                    may=queries.deals.name,
                ),
            ],
        )
    ],
    actions=[operations.request_account, operations.request_practice],
)
