"""The statement of one account: what stood, what came and went, what stands; and as a file.

Lines follow the order of recording, because running balances do; each says for which day it
counts where that is another one. Days are those of recording or those that entries count for, so
that every figure of the chart and of the trial balance has the statement that closes at it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.problems import Forbidden, Problem
from nostro.ledger import queries
from nostro.ledger.models import Entry, LedgerAccount
from nostro.ledger.queries import AccountStatement, Days, StatementRow
from nostro.ledger.staff.naming import (
    Named,
    account_url,
    decision_link,
    entry_url,
    name_of,
    named,
    operation_title,
)
from nostro.ledger.staff.narrowing import clock_of, entity_chip, entity_of, time_of
from nostro.ui.addresses import Address
from nostro.ui.exports import PRINTED, given
from nostro.ui.figures import Figure, arithmetic
from nostro.ui.operations import EXPORT_LIMIT, export_rows
from nostro.ui.pages import show, staff_page


@dataclass(frozen=True)
class StatementLine:
    """One leg as its account has it: with whom, by which operation, by whose rule."""

    row: StatementRow
    other: Named
    operation: str
    decision: SafeString

    @property
    def entry_url(self) -> str:
        return entry_url(self.row.entry_id)

    @property
    def word(self) -> str:
        return "from" if self.row.money.amount > 0 else "to"

    @property
    def counts_for(self) -> date | None:
        """The day it counts for, where that is not the day on which it was recorded."""
        return self.row.value_date if self.row.value_date != self.row.recorded_at.date() else None


def said(act: Act, rows: Sequence[StatementRow]) -> list[StatementLine]:
    """Lines with the other account by name, and the act and the rule behind each."""
    others = named(queries.accounts_by_id({one.other_id for one in rows}).values())
    may = act.actor.may(queries.entries.name)
    ids = [one.entry_id for one in rows]
    entries: dict[int, Entry] = queries.entries(act).in_bulk(ids) if may else {}
    acts = queries.acts_behind({one.act for one in entries.values()})
    lines = []
    for row in rows:
        entry = entries.get(row.entry_id)
        done = acts.get(entry.act) if entry else None
        operation = operation_title(done.operation) if done else ""
        decision = decision_link(entry.decision if entry else None)
        lines.append(StatementLine(row, others[row.other_id], operation, decision))
    return lines


def days_of(act: Act, params: Any) -> Days:
    """The days that an address asks for, by which clock, and whose entries. Recording may end at a
    moment. Raises a sentence for what is none.
    """
    clock, until = clock_of(params), params.get("until", "")
    is_moment = clock == "recorded" and len(until) > len("2026-11-20")
    days = Days(
        _day(params.get("since", ""), "since"),
        None if is_moment else _day(until[:10] if clock == "effective" else until, "until"),
        time_of(until, "until") if is_moment else None,
        clock,
        entity_of(act, params)[0],
    )
    if days.since and days.last and days.since > days.last:
        raise Problem("The first day comes after the last one.", field="since")
    return days


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Problem(f"“{text}” is not a day. Write 2026-11-20.", field=field) from error


CLOCKS = {"recorded": "as it was recorded", "effective": "as it counts"}


def days_said(days: Days) -> str:
    until = f"{days.until:%-d %b %Y}" if days.until else ""
    if days.moment:
        until = f"{days.moment:%-d %b %Y %H:%M:%S} UTC"
    if days.since and until:
        return f"{days.since:%-d %b %Y} to {until}"
    if days.since:
        return f"since {days.since:%-d %b %Y}"
    return f"to {until}" if until else "from the first entry"


@staff_page(
    "ledger", "accounts", "", may=queries.account_statement.name, path="<int:pk>/statement/"
)
def statement_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Opening, lines with what stood after each, closing; a page of fifty at a time."""
    account = find(act, LedgerAccount, pk)
    days = days_of(act, request.GET)
    if request.method == "POST":
        return _file(request, act, account, days)
    address = Address(f"{account_url(pk)}statement/", request.GET.dict())
    start = request.GET.get("start", "")
    if start and (not start.isdecimal() or len(start) > 18):
        raise Problem("This page of the statement does not exist. Start from the first.")
    found = queries.account_statement(act, pk, days=days, before=int(start) if start else None)
    name = name_of(account)
    context = {
        "title": name.text,
        "named": name,
        "account": account,
        "figures": _figures(found),
        "found": found,
        "lines": said(act, found.rows),
        "is_first": not start,
        "days_said": f"{days_said(days)}, {CLOCKS[days.clock]}",
        "since": request.GET.get("since", ""),
        "until": f"{days.last:%Y-%m-%d}" if days.last else "",
        "clock": days.clock,
        "clocks": [("recorded", "Recorded"), ("effective", "Effective")],
        "kept": address.without("since", "until", "clock", "start"),
        "filters": [entity_chip(act, address)],
        "all_url": address.url(since=None, until=None, start=None),
        "newest_url": address.url(start=None) if start else "",
        "next_url": address.url(start=str(found.before)) if found.before else "",
        "may_export": act.actor.may(export_rows.name),
        "here": request.get_full_path(),
    }
    return show(request, act, "ledger/statement.html", context)


def _figures(found: AccountStatement) -> list[Figure]:
    why = arithmetic(
        "What stands at the end", ("Opening", found.opening), ("Came in", found.came),
        ("Went out", -found.went),
    )  # fmt: skip
    return [
        Figure("Opening", found.opening),
        Figure("Came in", found.came),
        Figure("Went out", found.went),
        Figure("Closing", found.closing, why=why),
    ]


def sheet(found: AccountStatement, lines: Sequence[StatementLine]) -> Iterator[list[Any]]:
    """A statement as rows: opening, lines oldest first, closing."""
    yield ["Recorded", "Counts for", "Entry", "What", "With", "Amount", "Balance"]
    yield ["", "", "", "Opening balance", "", "", found.opening.amount]
    for one in lines:
        row = one.row
        yield [
            row.recorded_at, row.value_date, f"E-{row.entry_id}", row.text, one.other.text,
            row.money.amount, row.balance.amount if row.balance is not None else "",
        ]  # fmt: skip
    yield ["", "", "", "Closing balance", "", "", found.closing.amount]


def _file(request: HttpRequest, act: Act, account: LedgerAccount, days: Days) -> HttpResponse:
    """The whole statement as a file, with a record that it was taken."""
    if not act.actor.may(export_rows.name):
        raise Forbidden("Your role does not include exports.")
    kind, name = request.POST.get("form", "csv"), name_of(account)
    most = PRINTED - 2 if kind == "pdf" else EXPORT_LIMIT
    found = queries.whole_statement(act, account.pk, days=days, most=most)
    rows = list(sheet(found, said(act, found.rows)))
    entity = entity_of(act, request.GET)[1]
    filters = {
        "account": str(account.pk), "days": days_said(days), "clock": days.clock, "entity": entity,
    }  # fmt: skip
    facts = [
        ("Account", name.text), ("Path", account.path), ("Currency", str(account.asset_id)),
        ("Of", entity or "Every legal entity that the reader works for"),
        ("Days", f"{days_said(days)}, {CLOCKS[days.clock]}"), ("Opening", str(found.opening)),
        ("Came in", str(found.came)), ("Went out", str(found.went)),
        ("Closing", str(found.closing)),
    ]  # fmt: skip
    answer = given(
        rows, kind, f"statement-{account.pk}-{act.at:%Y%m%d-%H%M}", act, facts=facts,
        title=f"Statement of {name.text}", strong=(1, len(rows) - 1),
        note="Lines follow the order in which they were recorded, in UTC.",
    )  # fmt: skip
    export_rows(act, page="ledger/statement", rows=len(found.rows), filters=filters, form=kind)
    return answer
