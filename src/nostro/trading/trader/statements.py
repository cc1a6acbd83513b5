"""The statement of a trading account over some days: what stood, what moved it, what stands; and as
a file.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.problems import NotFound
from nostro.trading.models import Deal, TradingAccount
from nostro.trading.queries import statement_sheets as sheets
from nostro.trading.queries import statements
from nostro.trading.queries.statements import Statement, Sums
from nostro.trading.trader.accounts import HOME, open_row, price, tone_of
from nostro.ui.exports import PRINTED, given
from nostro.ui.pages import portal_page, show
from nostro.ui.templatetags.nostro import amount

PAGE, ROOM = 50, 60
"""Lines of a page, and what a PDF needs beside its lines for sums and open trades."""


@portal_page("client", "accounts/<int:pk>/statement/", "Statement", icon="file-text")
def statement_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """One account over some days, newest line first; with `form`, as a file."""
    account = find(act, TradingAccount, pk)
    if account.login is None:
        raise NotFound("This account is not open yet, so it has no statements.")
    today, said = act.at.astimezone(UTC).date(), request.GET.dict()
    span = statements.span_of(said, today)
    if form := said.get("form", ""):
        most = PRINTED - ROOM if form == "pdf" else sheets.MOST
        found, sheet = sheets.whole(account, span, act.at, most=most)
        about = {"strong": sheet.strong, **sheets.paper(found)}
        return given(sheet.rows, form, sheets.name_of(found), act, **about)
    before = said.get("before", "")
    found, rows = statements.page_of(account, span, act.at, before=before, most=PAGE)
    here = f"{HOME}{pk}/statement/?"
    days = {"since": f"{span.since}", "until": f"{span.last}"}
    older = urlencode({**days, "before": str(rows[PAGE - 1].pk)}) if len(rows) > PAGE else ""
    context = {
        "title": "Statement", "account": account, "found": found, "task": True,
        "back_url": f"{HOME}{pk}/", "days_said": span.said, "is_first": not before,
        "since": days["since"], "until": days["until"], "today": f"{today}",
        "months": [
            (f"{one:%Y-%m}", f"{one:%B %Y}", one == span.since and span.said == f"{one:%B %Y}")
            for one in statements.months(account, today)
        ],
        "pairs": pairs(found.balance), "credit": pairs(found.credit),
        "ends": _ends(found), "days": _by_day(found, rows[:PAGE]),
        "older_url": f"{here}{older}" if older else "",
        "first_url": f"{here}{urlencode(days)}" if before else "",
        "open_trades": [open_row(one) for one in found.open_trades],
        "files": [
            (title, icon, f"{here}{urlencode({**days, 'form': kind})}")
            for kind, title, icon in (
                ("pdf", "PDF", "printer"), ("xlsx", "Excel", "file-spreadsheet"),
                ("csv", "CSV", "file-text"),
            )
        ],
    }  # fmt: skip
    return show(request, act, "trading/statement.html", context)


def pairs(sums: Sums) -> list[dict[str, Any]]:
    """A sum that can be followed; nothing of what was and is nothing."""
    if sums.is_empty:
        return []
    return [
        {"label": "At the start", "value": sums.opening},
        *({"label": one.label, "value": one.money} for one in sums.parts),
        {"label": "At the end", "value": sums.closing, "sum": True},
    ]


def _ends(found: Statement) -> list[tuple[str, str, str]]:
    last = "Equity now" if found.is_now else "Equity at the end"
    return [
        ("Equity at the start", *sheets.stood_said(found, found.began, at_start=True)),
        (last, *sheets.stood_said(found, found.ended, at_start=False)),
    ]


def _by_day(found: Statement, rows: Sequence[Deal]) -> list[dict[str, Any]]:
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(f"{row.at.astimezone(UTC):%-d %B %Y}", []).append(_drawn(found, row))
    return [{"title": title, "rows": own} for title, own in days.items()]


def _drawn(found: Statement, deal: Deal) -> dict[str, Any]:
    what, how = sheets.what_of(found.account, deal)
    result, trade = statements.result_of(found.account, deal), bool(how)
    prices = ""
    if trade:
        what = f"{what} {deal.lots.normalize():f} {deal.symbol}"
        prices = price(deal, deal.price)
        if deal.price_open and deal.entry != "in":
            prices = f"{price(deal, deal.price_open)} → {prices}"
    stands = ""
    if deal.action != Deal.Action.CREDIT:
        stands = f"balance {amount(statements.stands(found, deal))}"
    told = (f"{deal.at:%H:%M}", how, sheets.later_said(deal), prices, stands)
    small = ", ".join(filter(None, told))
    marked = {"mark": what[0], "square": True} if trade else {"icon": "arrows-exchange"}
    return {
        "title": what, "small": small, "value": result, "tone": tone_of(result.amount), **marked,
    }  # fmt: skip
