"""The page of one rule: its table in one version, what changed, who wrote it, what to do next."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.kit.problems import NotFound
from nostro.rules import operations, queries
from nostro.rules.deciding import BUILT_IN, POINTS
from nostro.rules.flaws import Flaw
from nostro.rules.models import BackTest, Version
from nostro.rules.points import Point
from nostro.rules.staff.drawn import draw, table_of, table_url
from nostro.rules.staff.points import TONES
from nostro.rules.staff.trials import back_test_shown, cases_shown
from nostro.rules.wording import sentence
from nostro.ui.actions import Action, button
from nostro.ui.addresses import STAFF, operation_url
from nostro.ui.pages import show, staff_page
from nostro.ui.timeline import NAMES

HIT_DAYS = 90
CELL = 'Write <= 2000, (5000..10000], "low", "medium", true. An empty condition means any.'
OPEN = (Version.Status.DRAFT, Version.Status.PROPOSED)


def known_point(name: str) -> Point[Any, Any]:
    if name not in POINTS:
        raise NotFound("There is no such rule.")
    return POINTS[name]


def _chosen(versions: list[Version], number: str) -> Version | None:
    """The version that the address asks for; the draft where there is one, else the active."""
    if number:
        found = next((one for one in versions if str(one.number) == number), None)
        if found is None:
            raise NotFound("There is no such version.")
        return found
    order = {Version.Status.DRAFT: 0, Version.Status.PROPOSED: 0, Version.Status.ACTIVE: 1}
    best = sorted(versions, key=lambda one: (order.get(Version.Status(one.status), 2), -one.number))
    return best[0] if best else None


def _against(versions: list[Version], version: Version | None) -> Version | None:
    """What a version is compared with: the active one for a draft, else the one before it."""
    if version is None:
        return None
    if version.status in OPEN:
        return next((one for one in versions if one.status == Version.Status.ACTIVE), None)
    return next((one for one in versions if one.number < version.number), None)


@staff_page("rules", "table", "", may=queries.versions.name, path="<str:point>/")
def rule_view(request: HttpRequest, act: Act, point: str) -> HttpResponse:
    """One rule in one version."""
    known = known_point(point)
    versions = list(queries.versions(act).filter(point=point))
    version = _chosen(versions, request.GET.get("version", ""))
    table = table_of(version) if version else BUILT_IN[point]
    against = _against(versions, version)
    clean = request.GET.get("show") == "clean" or against is None
    before = None if clean or against is None else table_of(against)
    flaws = queries.flaws_of(version) if version and version.status in OPEN else []
    back_test = (
        queries.back_tests(act).filter(version=version).first()
        if version and act.actor.may(queries.back_tests.name)
        else None
    )
    hits = _hits(act, version, back_test)
    drawn = draw(known, table, before=before, flaws=_by_cell(flaws), hits=hits)
    asked_today = _asked_today(act, point)
    which = "Every row that matches" if known.collect else "First row that matches"
    context = {
        "title": known.title,
        "point": known,
        "version": version,
        "tone": TONES[version.status] if version else "ok",
        "sub": f"{asked_today}. {which} decides.",
        "table": drawn,
        "hit_head": f"v{version.number}" if version else "",
        "hit_days": HIT_DAYS,
        "show_clean": clean,
        "can_compare": against is not None,
        "flaws": flaws,
        "words": [(row.id, sentence(known, table, row), row.note) for row in table.rows],
        "cases": cases_shown(known, version, table),
        "versions": _versions(act, versions, version),
        "writers": _writers(version),
        "edit": _edit(act, known, version),
        "back_test": back_test_shown(act, known, back_test),
        "ask_back_test": _asks(act, operations.start_back_test, version, OPEN),
        "decide": _decide(act, known, version, flaws),
        "here": request.get_full_path(),
        "list_url": f"{STAFF}rules/points/",
    }
    return show(request, act, "rules/rule.html", context)


def _asked_today(act: Act, point: str) -> str:
    if not act.actor.may(queries.decisions.name):
        return "It decides by its table"
    day = act.at - timedelta(days=1)
    count = queries.decisions(act).filter(point=point, at__gte=day).order_by().count()
    times = "once" if count == 1 else f"{count:,} times"
    return f"Asked {times} in the last day" if count else "Not asked in the last day"


def _hits(act: Act, version: Version | None, back_test: BackTest | None) -> dict[str, int] | None:
    """A draft's hits are those of its back-test, as it has decided nothing itself."""
    if version is None:
        return None
    if version.status in OPEN:
        return dict(back_test.hits) if back_test and back_test.asked else None
    if not act.actor.may(queries.decisions.name):
        return None
    return queries.hits(version, act.at - timedelta(days=HIT_DAYS))


def _by_cell(flaws: list[Flaw]) -> dict[tuple[str, str], str]:
    return {(one.row_id, one.field): one.sentence for one in flaws}


def _staff_names(ids: set[int]) -> dict[int, str]:
    found = NAMES["staff"](ids) if "staff" in NAMES and ids else {}
    return {pk: name for pk, (name, _) in found.items()}


def _versions(act: Act, versions: list[Version], shown: Version | None) -> list[dict[str, Any]]:
    names = _staff_names({one.author_id for one in versions if one.author_id is not None})
    return [
        {
            "number": one.number,
            "url": table_url(one.point, one.number),
            "current": shown is not None and one.pk == shown.pk,
            "pill": one.status_label if one.status not in ("retired", "dropped") else "",
            "tone": TONES[one.status],
            "by": names.get(one.author_id or 0, one.note if one.number == 1 else "System"),
            "at": one.status_at,
            "from": one.active_from,
            "to": one.active_to,
            "dropped": one.status == Version.Status.DROPPED,
        }
        for one in versions[:12]
    ]


def _writers(version: Version | None) -> list[dict[str, Any]]:
    """Who wrote it and who puts it in force, as four eyes are said aloud."""
    if version is None:
        return []
    reviewer = version.reviewer_id
    names = _staff_names({*version.authors, *([reviewer] if reviewer else [])})
    people: list[dict[str, Any]] = [
        {"name": names.get(one, f"Colleague {one}"), "faint": "wrote it"} for one in version.authors
    ]
    if not people:
        people = [{"name": "System", "faint": "wrote it"}]
    if version.status in OPEN:
        people.append({"name": "Someone else activates it", "open": True})
    elif reviewer is not None:
        name = names.get(reviewer, f"Colleague {reviewer}")
        people.append({"name": name, "faint": "activated it", "at": version.active_from})
    return people


def _asks(act: Act, wanted: Any, version: Version | None, states: Any) -> str:
    """The address of an operation on a version, where this person may and the state allows."""
    if version is None or version.status not in states or not act.actor.may(wanted.name):
        return ""
    return operation_url(wanted.name, version.pk)


def _edit(act: Act, point: Point[Any, Any], version: Version | None) -> dict[str, Any]:
    drafts = (Version.Status.DRAFT,)
    table = _asks(act, operations.edit_rows, version, drafts)
    case = _asks(act, operations.add_case, version, drafts)
    pk = version.pk if version else 0
    return {
        "cell": _asks(act, operations.edit_cell, version, drafts),
        "table": f"{STAFF}rules/edit/{pk}/" if table else "",
        "row": _asks(act, operations.add_row, version, drafts),
        "case": f"{STAFF}rules/case/{pk}/" if case else "",
        "uncase": _asks(act, operations.remove_case, version, drafts),
        "how": CELL,
        "choices": [one for one in (*point.asks.values(), *point.answers.values()) if one.choices],
    }


def _decide(
    act: Act, point: Point[Any, Any], version: Version | None, flaws: list[Flaw]
) -> dict[str, Any]:
    """The bar at the bottom: where the version stands, what to do now, and why it may not be."""
    actions: list[dict[str, Any]] = []

    def offer(wanted: Any, why_not: str = "", primary: bool = False) -> None:
        if act.actor.may(wanted.name):
            actions.append(button(Action(wanted), version, why_not=why_not, primary=primary))

    if version is None or version.status not in OPEN:
        if act.actor.may(operations.draft_version.name):
            url = operation_url(operations.draft_version.name)
            url = f"{url}?{urlencode({'point': point.name})}"
            begin = {"title": "Draft a change", "icon": "pencil"}
            actions.append({**begin, "url": url, "method": "dialog"})
        state = "In force." if version is None or version.status == "active" else "Out of force."
        text = "A change begins as a draft, beside it."
        return {"strong": state, "text": text, "actions": actions}
    if version.status == Version.Status.DRAFT:
        first = flaws[0].sentence if flaws else ""
        offer(operations.drop_version)
        offer(operations.submit_version, why_not=first, primary=not flaws)
        if flaws:
            count = f"{len(flaws)} flaws. " if len(flaws) > 1 else ""
            return {"strong": "Not ready.", "text": f"{count}{first}", "actions": actions}
        return {
            "strong": "Ready.",
            "text": "Someone other than you activates it.",
            "actions": actions,
        }
    own = act.actor.kind == "staff" and act.actor.id in version.authors
    offer(operations.send_back_version)
    why_not = "Someone else has to activate what you wrote." if own else ""
    offer(operations.activate_version, why_not, not own)
    yours = "someone else has to give it, because you wrote it" if own else "you can give it"
    return {"strong": "Waits for a second person:", "text": f"{yours}.", "actions": actions}
