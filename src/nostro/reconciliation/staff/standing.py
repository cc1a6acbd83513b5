"""Where every account stands beside the ledger, and what does not agree."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.reconciliation import operations, queries
from nostro.reconciliation.models import (
    Break,
    Match,
    money_of,
)
from nostro.ui.actions import creations
from nostro.ui.addresses import url_of
from nostro.ui.figures import Figure
from nostro.ui.pages import show, staff_page


@staff_page("reconciliation", "standing", "Where we stand", may="reconciliation.standing")
def standing_page(request: HttpRequest, act: Act) -> HttpResponse:
    """Every account beside the ledger, at the same cut-off; what does not agree comes first."""
    rows = queries.standing(act)
    providers = []
    if act.actor.may("reconciliation.provider_comparisons"):
        providers = queries.provider_comparisons(act)
    open_breaks = queries.breaks(act).filter(status=Break.Status.OPEN)
    context = {
        "title": "Reconciliation",
        "crumb": [],
        "rows": [_account(one) for one in sorted(rows, key=_exceptions_first)],
        "providers": [_provider(one) for one in providers],
        "figures": _figures(act, rows, open_breaks),
        "breaks": list(open_breaks.order_by("due_at")[:6]),
        "proposed": list(queries.matches(act).filter(status=Match.Status.PROPOSED)[:6]),
        "actions": creations(act, [operations.add_bank_account]),
        "here": request.get_full_path(),
    }
    return show(request, act, "reconciliation/standing.html", context)


def _exceptions_first(one: queries.AccountStanding) -> tuple[int, str]:
    order = {"bad": 0, "warn": 1, "wait": 2, "ok": 3}
    return order[one.state[1]], str(one.account)


def _account(one: queries.AccountStanding) -> dict[str, Any]:
    return {
        "standing": one, "account": one.account, "file": one.file,
        "url": url_of(one.account), "file_url": url_of(one.file),
        "state": {"text": one.state[0], "tone": one.state[1]},
    }  # fmt: skip


def _provider(row: Any) -> dict[str, Any]:
    def said(value: Any) -> Money:
        return money_of(value, row.currency)

    off = row.difference
    agrees = abs(off.amount) < 1
    tone, text = ("ok", "Agrees") if agrees else ("bad", "Differs")
    return {
        "name": row.provider.capitalize(), "ours": said(row.ours), "fees": said(row.fees),
        "theirs": said(row.theirs), "difference": off, "at": row.at,
        "state": {"text": text, "tone": tone},
    }  # fmt: skip


def _figures(act: Act, rows: list[queries.AccountStanding], found: Any) -> list[Figure]:
    agreeing = sum(1 for one in rows if one.difference is not None and not one.difference)
    late = found.filter(due_at__lt=act.at).count()
    cut_offs = [one.file.closing_date for one in rows if one.file and one.file.closing_date]
    oldest: date | None = min(cut_offs, default=None)
    count = found.count()
    return [
        Figure("Accounts that agree", f"{agreeing} of {len(rows)}"),
        Figure("Oldest cut-off", f"{oldest.day} {oldest:%b}" if oldest else "—"),
        Figure("Matched lines", sum(one.matched for one in rows)),
        Figure("Open breaks", count, note=f"{late} overdue" if late else "",
               note_tone="bad" if late else ""),
        Figure("To confirm", queries.matches(act).filter(status=Match.Status.PROPOSED).count()),
    ]  # fmt: skip
