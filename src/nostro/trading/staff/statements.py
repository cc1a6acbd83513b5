"""The statement of a trading account for staff, as its owner sees it; a file of it is recorded."""

from datetime import UTC, date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.money import quoted
from nostro.kit.problems import Forbidden, NotFound
from nostro.trading import queries
from nostro.trading.models import Deal, Position, TradingAccount
from nostro.trading.queries import statement_sheets as sheets
from nostro.trading.queries import statements
from nostro.trading.queries.statements import Span, Statement, Stood, Sums
from nostro.trading.staff.tables import price, price_open
from nostro.ui.addresses import url_of
from nostro.ui.details import template
from nostro.ui.exports import PRINTED, given
from nostro.ui.figures import Figure, Why, arithmetic
from nostro.ui.operations import export_rows
from nostro.ui.pages import show, staff_page

PAGE, ROOM = 50, 60
"""Lines of a page, and what a PDF needs beside its lines for sums and open trades."""


@staff_page(
    "trading", "accounts", "Statement", may=queries.deals.name, path="<int:pk>/statement/"
)  # fmt: skip
def statement_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Opening, lines with what stood after each, closing; a page of fifty at a time."""
    account = find(act, TradingAccount, pk)
    if account.login is None:
        raise NotFound("This account is not open yet, so it has no statements.")
    today, said = act.at.astimezone(UTC).date(), request.GET.dict()
    span = statements.span_of(said, today)
    if request.method == "POST":
        return _file(act, account, span, request.POST.get("form", "csv"))
    before = said.get("before", "")
    found, rows = statements.page_of(account, span, act.at, before=before, most=PAGE)
    here = f"{url_of(account)}statement/?"
    days = {"since": f"{span.since}", "until": f"{span.last}"}
    older = urlencode({**days, "before": str(rows[PAGE - 1].pk)}) if len(rows) > PAGE else ""
    context = {
        "title": str(account), "account": account, "account_url": url_of(account),
        "client_url": url_of(account.client), "found": found, "figures": figures(found),
        "open_trades": [_open(one) for one in found.open_trades if not before],
        "floating": sheets.floating(found), "lines": [_line(found, one) for one in rows[:PAGE]],
        "is_first": not before, "days_said": span.said, **days, "today": f"{today}",
        "quick": [(title, f"{here}{urlencode(asked)}") for title, asked in quick(today)],
        "newest_url": f"{here}{urlencode(days)}" if before else "",
        "next_url": f"{here}{older}" if older else "",
        "may_export": act.actor.may(export_rows.name), "here": f"{here}{urlencode(days)}",
    }  # fmt: skip
    return show(request, act, "trading/statement_staff.html", context)


def quick(today: date) -> list[tuple[str, dict[str, str]]]:
    """Days that are asked for often."""
    last = today.replace(day=1) - timedelta(days=1)
    return [
        ("Today", {"since": f"{today}", "until": f"{today}"}),
        ("This month", {"month": f"{today:%Y-%m}"}), ("Last month", {"month": f"{last:%Y-%m}"}),
    ]  # fmt: skip


def figures(found: Statement) -> list[Figure]:
    """What stood, what moved it, what stands: the last with its arithmetic."""
    balance = found.balance
    figures = [
        Figure("Opening", balance.opening),
        Figure("Moved", balance.moved),
        Figure("Closing", balance.closing, why=added(balance, "What stood at the end")),
        _equity("Equity at the start", found, found.began, at_start=True),
        _equity(
            "Equity now" if found.is_now else "Equity at the end", found, found.ended,
            at_start=False,
        ),
    ]  # fmt: skip
    if not found.credit.is_empty:
        why = added(found.credit, "Credit at the end")
        figures.append(Figure("Credit", found.credit.closing, why=why, low=2))
    return figures


def added(sums: Sums, title: str) -> Why:
    """How a sum adds up, its opening first."""
    parts = ((one.label, one.money) for one in sums.parts)
    return arithmetic(title, ("Opening", sums.opening), *parts)


def _equity(label: str, found: Statement, stood: Stood | None, *, at_start: bool) -> Figure:
    _, source = sheets.stood_said(found, stood, at_start=at_start)
    value = stood.equity if stood else "Not known"
    return Figure(label, value, tone="" if stood else "quiet", note=source)


def _line(found: Statement, deal: Deal) -> dict[str, Any]:
    what, how = sheets.what_of(found.account, deal)
    return {
        "deal": deal, "url": url_of(deal), "later": sheets.later_said(deal),
        "what": f"{what} {how}".strip(), "lots": quoted(deal.lots, 2) if how else "",
        "opened": price_open(deal) if how else "", "price": price(deal) if how else "",
        "amount": statements.result_of(found.account, deal),
        "stands": statements.stands(found, deal),
    }  # fmt: skip


def _open(one: Position) -> dict[str, Any]:
    return {
        "position": one, "what": f"{one.get_side_display()}, open", "lots": quoted(one.lots, 2),
        "opened": price_open(one), "price": price(one), "amount": one.floating,
    }  # fmt: skip


def _file(act: Act, account: TradingAccount, span: Span, kind: str) -> HttpResponse:
    """The whole statement as a file, with a record that it was taken."""
    if not act.actor.may(export_rows.name):
        raise Forbidden("Your role does not include exports.")
    most = PRINTED - ROOM if kind == "pdf" else sheets.MOST
    found, sheet = sheets.whole(account, span, act.at, most=most)
    about = {"strong": sheet.strong, **sheets.paper(found)}
    answer = given(sheet.rows, kind, sheets.name_of(found), act, **about)
    filters = {"account": str(account.pk), "days": found.span.said}
    export_rows(act, page="trading/statement", rows=found.lines, filters=filters, form=kind)
    return answer


def _links(act: Act, row: TradingAccount) -> dict[str, Any] | None:
    if row.login is None:
        return None
    here = f"{url_of(row)}statement/?"
    days = quick(act.at.astimezone(UTC).date())
    return {"quick": [(title, f"{here}{urlencode(asked)}") for title, asked in days]}


statement_links = template(
    "Statement", "trading/statement_links.html", _links, side=True, may=queries.deals.name
)
