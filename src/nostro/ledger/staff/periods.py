"""Closing the books: what is closed, what should be so first, and who has to agree."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.core.models import Proposal
from nostro.kit.problems import Problem
from nostro.ledger import operations, queries
from nostro.ledger.models import Period
from nostro.ledger.queries import Closing
from nostro.ledger.staff.naming import tabs
from nostro.ledger.staff.narrowing import entities
from nostro.ui.actions import Action, offered
from nostro.ui.addresses import STAFF, Address
from nostro.ui.columns import Date
from nostro.ui.details import DetailPage, kv, waiting_for
from nostro.ui.figures import Pill
from nostro.ui.forms import said_of
from nostro.ui.pages import fresh, show, staff_page, told
from nostro.ui.timeline import NAMES

WAITS = ("ledger.close_period", "ledger.reopen_period")
MOST = 24


def _entity_names(act: Act) -> dict[int, str]:
    return {int(pk): str(name) for pk, name in entities(act)}


def _whose(act: Act, row: Period) -> str:
    if row.entity_id is None:
        return "The whole firm"
    known = NAMES["people.legalentity"]({row.entity_id}) if "people.legalentity" in NAMES else {}
    return known.get(row.entity_id, (f"Legal entity {row.entity_id}", ""))[0]


def _pills(act: Act, row: Period) -> list[Pill]:
    state = Pill("Open again", "warn") if row.reopened_at else Pill("Closed", "ok")
    return [state, Pill(_whose(act, row), "line")]


def _may_reopen(act: Act, row: Period) -> str | None:
    if row.reopened_at is not None:
        return None
    last = queries.periods(act).filter(entity_id=row.entity_id, reopened_at=None).first()
    return "" if last and last.pk == row.pk else "A later period is closed. Open that one first."


period = DetailPage(
    room="ledger",
    slug="periods",
    model=Period,
    rows=queries.periods,
    title=lambda row: f"Books closed to {row.through:%-d %B %Y}",
    pills=_pills,
    panels=[
        kv(
            "Period",
            [Date("through", "Last day"), Date("closed_at", "Closed"), Date("reopened_at")],
        )
    ],
    actions=[Action(operations.reopen_period, when=_may_reopen)],
    icon="lock",
)


@staff_page("ledger", "periods", "Periods", may=queries.periods.name, icon="lock")
def periods_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Which books are closed, and a checklist before the next ones are."""
    params = request.POST if request.method == "POST" else request.GET
    closing = _asked(act, params)
    problem, note = "", str(params.get("note", ""))[:400]
    status = 200
    if request.method == "POST":
        try:
            return _proposed(request, act, closing, note)
        except Problem as refusal:
            problem, status = refusal.sentence, 422
    may_close = act.actor.may(operations.close_period.name)
    found = queries.checks(act, closing) if may_close else []
    address = Address(f"{STAFF}ledger/periods/", {"entity": str(closing.entity_id or "")})
    context = {
        "title": "Periods",
        "views": tabs(act, "Periods"),
        "periods": [_drawn(act, one) for one in queries.periods(act)[:MOST]],
        "closing": closing,
        "checks": found,
        "unmet": len(queries.unmet(found)),
        "passed": sum(1 for one in found if one.state == "ok"),
        "books": [("", "The whole firm")] * _sees_all(act) + list(entities(act)),
        "may_close": may_close,
        "problem": problem,
        "note": note,
        "waiting": _waiting(act),
        "here": address.url(through=str(closing.through)),
        "post_url": f"{STAFF}ledger/periods/",
    }
    return show(request, act, "ledger/periods.html", context, status=status)


def _sees_all(act: Act) -> bool:
    return act.actor.grants.scope.entities is None


def _asked(act: Act, params: Any) -> Closing:
    """Which days are meant: the last month that is over, unless the address says otherwise."""
    text, whose = params.get("through", ""), params.get("entity", "")
    known = _entity_names(act)
    if whose and (not whose.isdecimal() or int(whose) not in known):
        raise Problem("You work for no such legal entity.", field="entity")
    entity = int(whose) if whose else None
    if entity is None and not _sees_all(act):
        entity = next(iter(known), None)
    if not text:
        return Closing(_next_end(act, entity), entity)
    try:
        return Closing(date.fromisoformat(text), entity)
    except ValueError as error:
        raise Problem(f"“{text}” is not a day. Write 2026-10-31.", field="through") from error


def _next_end(act: Act, entity_id: int | None) -> date:
    """The end of the first month that is not closed, and at most of the last one that is over."""
    newest = act.at.date().replace(day=1) - timedelta(days=1)
    last = queries.last_closed(entity_id)
    if last is None or last >= newest:
        return newest
    following = (last + timedelta(days=1)).replace(day=28) + timedelta(days=4)
    return min(newest, following.replace(day=1) - timedelta(days=1))


def _proposed(request: HttpRequest, act: Act, closing: Closing, note: str) -> HttpResponse:
    """Through the door that every operation has: it becomes a proposal for a second person."""
    raw = {"through": str(closing.through), "note": note, "entity_id": closing.entity_id}
    key = str(request.POST.get("key", ""))[:80]
    answer = call(fresh(act, key), operations.close_period, None, raw, why=note)
    tone = "info" if isinstance(answer, Proposal) else "ok"
    told(request, said_of(operations.close_period, answer), tone=tone)
    return HttpResponseRedirect(f"{STAFF}ledger/periods/")


def _drawn(act: Act, row: Period) -> dict[str, Any]:
    return {
        "row": row,
        "url": f"{STAFF}ledger/periods/{row.pk}/",
        "whose": _whose(act, row),
        "actions": offered(act, [Action(operations.reopen_period, when=_may_reopen)], row),
    }


def _waiting(act: Act) -> list[dict[str, Any]]:
    """Proposals to close or to open again that wait for a second person."""
    if not act.actor.may(approvals.proposals.name):
        return []
    rows = approvals.proposals(act).filter(operation__in=WAITS, status=Proposal.Status.OPEN)
    drawn = []
    for one in rows:
        for eyes in waiting_for(act, one):
            through = one.inputs.get("through", "")
            eyes["title"] += f", to {through}" if through else ""
            drawn.append(eyes)
    return drawn
