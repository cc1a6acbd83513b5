"""What trading adds to a client's page: accounts on the rail, deals and open trades on a tab."""

from typing import Any

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.people.models import Client
from nostro.trading import operations, queries
from nostro.trading.models import Deal, Position, TradingAccount
from nostro.trading.staff.accounts import TONES, practice_mark
from nostro.trading.staff.tables import deal_columns, open_trades
from nostro.ui.additions import extend
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn
from nostro.ui.details import Tab, table, template

FEW = 20


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
