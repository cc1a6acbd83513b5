"""Everything that ended or moved something on an account: page by page, and as one file."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.problems import NotFound
from nostro.trading import queries
from nostro.trading.models import Deal, TradingAccount
from nostro.trading.trader.accounts import FEW, HOME, closed_row
from nostro.ui.exports import KINDS, as_csv, streamed
from nostro.ui.pages import portal_page, show

COLUMNS = (
    "Time, UTC", "Ticket", "What", "Reason", "Symbol", "Lots", "Opened at", "Price", "Profit",
    "Swap", "Commission", "Fee", "Corrected by", "Result", "Currency",
)  # fmt: skip


@portal_page("client", "accounts/<int:pk>/history/", "History")
def history_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Closed trades and what else moved the balance, newest first, a page at a time."""
    account = find(act, TradingAccount, pk)
    rows = queries.closed_trades(account)
    if named := request.GET.get("before", ""):
        last = rows.filter(pk=named).first() if named.isdecimal() and len(named) < 19 else None
        if last is None:
            raise NotFound("There is no such place in the history.")
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    found = list(rows[: FEW + 1])
    here = f"{HOME}{account.pk}/history/"
    context: dict[str, Any] = {
        "title": f"History of {account.name}", "account": account, "task": True,
        "back_url": f"{HOME}{account.pk}/", "file_url": f"{here}file/",
        "rows": [closed_row(account, one) for one in found[:FEW]],
        "older_url": f"{here}?before={found[FEW - 1].pk}" if len(found) > FEW else "",
    }  # fmt: skip
    return show(request, act, "trading/history.html", context)


@portal_page("client", "accounts/<int:pk>/history/file/", "History")
def history_file(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """All of it as CSV, oldest first, read and sent in portions."""
    account = find(act, TradingAccount, pk)
    name = f"account-{account.login or account.pk}-history.csv"
    return streamed(request, as_csv(_lines(account)), name, KINDS["csv"])


def _lines(account: TradingAccount) -> Iterator[list[Any]]:
    yield list(COLUMNS)
    for deal in queries.closed_trades(account).order_by("at", "pk").iterator(chunk_size=1000):
        yield _line(account, deal)


def _line(account: TradingAccount, deal: Deal) -> list[Any]:
    corrected = sum(one.delta for one in deal.__dict__.get("later", []))
    result = deal.profit + deal.swap + deal.commission + deal.fee + corrected
    trade = deal.action in (Deal.Action.BUY, Deal.Action.SELL)
    prices = [deal.price_open, deal.price] if trade else ["", ""]
    figures = [deal.profit, deal.swap, deal.commission, deal.fee, corrected, result]
    return [
        f"{deal.at:%Y-%m-%d %H:%M:%S}", deal.ticket, deal.get_action_display(),
        deal.get_reason_display() or "", deal.symbol,
        deal.lots if trade else "", *prices, *figures, account.currency,
    ]  # fmt: skip
