"""The trader room's first page: everything in one figure, then its parts, then what needs you."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.payments import queries
from nostro.payments.models import Withdrawal
from nostro.payments.queries.free import free_on_accounts
from nostro.payments.queries.wallets import (
    Wallet,
    Whole,
    accounts_of,
    activity,
    equity_points,
    open_trades,
    wallets_of,
    whole_of,
)
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.words import by_day, currency_icon, currency_name
from nostro.people.models import Client
from nostro.trading.models import TradingAccount
from nostro.ui.pages import NEEDS, PORTAL_PAGES, portal_page, show

ACTIONS = [
    {"title": "Deposit", "url": "/room/deposit/", "icon": "arrow-bar-to-down"},
    {"title": "Transfer", "url": "/room/transfer/", "icon": "arrows-exchange"},
    {"title": "Withdraw", "url": "/room/withdraw/", "icon": "arrow-bar-up"},
    {"title": "Exchange", "url": "/room/exchange/", "icon": "refresh"},
    {"title": "Send", "url": "/room/send/", "icon": "users"},
]


@portal_page("client", "", "Home", icon="home", nav=1)
def home_view(request: HttpRequest, act: Act) -> HttpResponse:
    client = client_of(act)
    wallets = wallets_of(client)
    context = {
        "title": "Home",
        "hello": f"Hello, {client.first_name}",
        **total_of(whole_of(act, client, wallets)),
        "actions": [*ACTIONS, *_open_account()],
        "needs": [note for ask in NEEDS for note in ask(act)],
        "wallets": [drawn(one) for one in wallets],
        "accounts": (cards := cards_of(client)),
        "read_at": max((at for one in cards if (at := one["account"].platform.read_at)),
                       default=None),
        "days": by_day(activity(client, most=6), act.at),
    }  # fmt: skip
    return show(request, act, "payments/home.html", context)


def total_of(whole: Whole) -> dict[str, Any]:
    """The figure, its bar and its parts, as `ui/portal/total.html` draws them."""
    parts = [
        {"label": "You can withdraw now", "value": whole.free, "tone": "c1"},
        {"label": "In your trading accounts", "value": whole.trading, "tone": "c2"},
        {"label": "On its way or still confirming", "value": whole.moving, "tone": "c-wait"},
    ]
    rates = whole.rates_line
    return {
        "total": whole.total,
        "parts": parts,
        "words": f"Of {whole.total}, "
        + ", ".join(f"{one['value']} {str(one['label']).lower()}" for one in parts),
        "rates": f"In {whole.total.currency} at {rates}, {whole.at:%-d %b, %H:%M}."
        if rates
        else "",
    }


def drawn(wallet: Wallet) -> dict[str, Any]:
    """A wallet with why not all of it can be withdrawn."""
    held = bool(wallet.held)
    return {
        "row": {
            "url": f"/room/withdraw/?currency={wallet.currency}",
            "icon": currency_icon(wallet.currency),
            "title": currency_name(wallet.currency),
            "small": f"{wallet.free} withdrawable" if held else "All withdrawable",
            "value": wallet.total,
        },
        "reasons": [{"label": text, "value": money} for text, money in wallet.reasons],
    }


def cards_of(client: Client) -> list[dict[str, Any]]:
    """Trading accounts with what is open on them. Four statements for all of them."""
    accounts = accounts_of(client)
    ids = [one.pk for one in accounts]
    trades, points, free = open_trades(ids), equity_points(ids), free_on_accounts(client.pk)
    none = (0, Decimal(0))
    return [
        _card(one, *trades.get(one.pk, none), points[one.pk], free.get(one.pk, one.free_money))
        for one in accounts
    ]


def _card(
    account: TradingAccount, count: int, floating: Decimal, points: list[Decimal], free: Money
) -> dict[str, Any]:
    money: Money = account.money(floating)
    trades = "1 open trade" if count == 1 else f"{count} open trades"
    return {
        "account": account,
        "title": account.name or str(account),
        "line": f"{account.login or ''}" + (f", leverage {account.ratio}" if account.ratio else ""),
        "equity": account.equity_money,
        "trades": trades,
        "floating": money,
        "tone": "p-up" if money.amount > 0 else "p-down" if money.amount < 0 else "",
        "free": free,
        "spark": spark(points),
        "spark_words": f"Equity from {account.money(points[0])} to {account.equity_money}"
        if points
        else "",
        "add_url": f"/room/transfer/?account={account.pk}",
        "take_url": f"/room/transfer/?account={account.pk}&direction=out",
    }


def spark(points: list[Decimal]) -> dict[str, str]:
    """A small line in a box of 300 by 56; nothing where there is too little to draw."""
    if len(points) < 2:
        return {}
    low, high = min(points), max(points)
    tall, step = high - low or Decimal(1), Decimal(300) / (len(points) - 1)
    at = [
        (f"{step * index:.1f}", f"{52 - (value - low) / tall * 48:.1f}")
        for index, value in enumerate(points)
    ]
    line = "M" + "L".join(f"{x} {y}" for x, y in at)
    return {"line": line, "area": f"{line}V56H0Z", "ground": f"M0 {at[0][1]}H300"}


def _open_account() -> list[dict[str, str]]:
    """Where trading offers it."""
    known = {one.address for one in PORTAL_PAGES if one.kind == "client"}
    for address in ("accounts/open/", "accounts/new/"):
        if address in known:
            return [{"title": "Open account", "url": f"/room/{address}", "icon": "plus"}]
    return []


def questions(act: Act) -> list[dict[str, Any]]:
    """Withdrawals that wait for the client's own answer."""
    asked = queries.withdrawals(act).filter(status=Withdrawal.Status.ASKED)
    return [
        {
            "tone": "warn", "icon": "message", "title": f"We have a question about {one.money}",
            "text": one.question,
            "actions": [
                {"title": "Answer", "url": f"/room/withdrawals/{one.pk}/", "tone": "primary"}
            ],
        }
        for one in asked
    ]  # fmt: skip


NEEDS.append(questions)
