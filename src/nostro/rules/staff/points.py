"""The list of rules and the page of one: its table, its test cases, its versions, its back-test."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html


from nostro.core.acts import Act
from nostro.kit.problems import NotFound
from nostro.rules import operations, queries
from nostro.rules.deciding import BUILT_IN, POINTS
from nostro.rules.engine import compile_table, evaluate_stored
from nostro.rules.flaws import Flaw
from nostro.rules.models import BackTest, Version
from nostro.rules.points import Point
from nostro.rules.staff.drawn import brief, draw, matrix, outcome, table_of, table_url
from nostro.rules.tables import BadTable, Table
from nostro.rules.wording import sentence
from nostro.ui.actions import Action, button
from nostro.ui.addresses import STAFF, URLS, operation_url
from nostro.ui.pages import PAGES, crumb, show, staff_page
from nostro.ui.queues import Queue
from nostro.ui.templatetags.nostro import pill, when
from nostro.ui.timeline import NAMES, Names

DAYS = 30
HIT_DAYS = 90
TONES = {"draft": "wait", "proposed": "warn", "active": "ok", "retired": "", "dropped": ""}
OPEN = (Version.Status.DRAFT, Version.Status.PROPOSED)

URLS["rules.version"] = lambda thing: table_url(thing.point, thing.number)
URLS["rules.backtest"] = lambda thing: table_url(thing.version.point, thing.version.number)


def _version_names(ids: set[int]) -> Names:
    rows = Version.objects.filter(pk__in=ids).only("point", "number")
    return {one.pk: (str(one), table_url(one.point, one.number)) for one in rows}


def _back_test_names(ids: set[int]) -> Names:
    rows = BackTest.objects.filter(pk__in=ids).select_related("version")
    return {
        one.pk: (str(one), table_url(one.version.point, one.version.number)) for one in rows
    }


NAMES["rules.version"] = _version_names
NAMES["rules.backtest"] = _back_test_names

Queue(
    Version,
    Version.Status.PROPOSED,
    title="Rules to activate",
    icon="table-options",
    page=f"{STAFF}rules/points/",
    rows=lambda act: queries.versions(act)
    .filter(status=Version.Status.PROPOSED)
    .exclude(authors__contains=act.actor.id if act.actor.kind == "staff" else -1),
    line=lambda row: POINTS[row.point].title if row.point in POINTS else row.point,
    nothing="No rule waits for a second person.",
)


# ── All rules ──


@staff_page("rules", "points", "Rules", may=queries.points.name, icon="table-options")
def rules_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Every choice the house leaves to rules, by room."""
    rows: list[dict[str, Any]] = []
    room = ""
    standings = queries.points(act, DAYS)
    for one in standings:
        if one.room != room:
            room = one.room
            rows.append({"group": True, "cells": [{"html": room.capitalize()}, *[{"html": ""}] * 5]})
        rows.append(_listed(act, one))
    context = {
        "title": "Rules",
        "crumb": crumb(PAGES["page rules/points"], act),
        "sub": "Every business choice is a table. Who changes one is never who activates it.",
        "columns": [
            {"title": "Rule"},
            {"title": "In force"},
            {"title": "", "low": 2},
            {"title": f"Asked, {DAYS} days", "numeric": True},
            {"title": "Cautious", "numeric": True, "low": 2},
            {"title": "Last asked", "low": 3},
        ],
        "rows": rows,
        "topics": "rules.version",
    }
    return show(request, act, "rules/points.html", context)


def _listed(act: Act, one: queries.Standing) -> dict[str, Any]:
    url = table_url(one.point.name)
    title = format_html(
        '<span class="two"><a class="link" href="{}">{}</a><span class="mono small">{}</span></span>',
        url,
        one.point.title,
        one.point.name,
    )
    active = f"v{one.active.number}" if one.active else "built in"
    draft = one.draft
    waiting = (
        pill(f"v{draft.number} {draft.status_label.lower()}", TONES[draft.status]) if draft else ""
    )
    share = format_html(
        '<span class="{}">{} %</span>', "warn" if one.share > 20 else "", one.share
    )
    last = when({"now": act.at}, one.last_at)  # type: ignore[arg-type]
    return {
        "key": one.point.name,
        "url": url,
        "cells": [
            {"html": title},
            {"html": pill(active, "ok")},
            {"html": waiting, "low": 2},
            {"html": f"{one.asked:,}", "numeric": True},
            {"html": share if one.asked else "—", "numeric": True, "low": 2},
            {"html": last, "low": 3, "quiet": True},
        ],
    }


# ── One rule ──


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
    context = {
        "title": known.title,
        "point": known,
        "version": version,
        "tone": TONES[version.status] if version else "ok",
        "sub": f"{asked_today}. {'Every row that matches' if known.collect else 'First row that matches'} decides.",
        "table": drawn,
        "hit_head": f"v{version.number}" if version else "",
        "hit_days": HIT_DAYS,
        "show_clean": clean,
        "can_compare": against is not None,
        "flaws": flaws,
        "words": [(row.id, sentence(known, table, row), row.note) for row in table.rows],
        "cases": _cases(known, version, table),
        "versions": _versions(act, versions, version),
        "writers": _writers(version),
        "edit": _edit(act, version),
        "back_test": _back_test(act, known, back_test),
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


def _cases(
    point: Point[Any, Any], version: Version | None, table: Table
) -> list[dict[str, Any]]:
    """Each example with the row that answers it, and whether that is what it expects."""
    cases = queries.cases_of(version) if version else list(point.cases)
    try:
        ready = compile_table(point, table)
    except BadTable as trouble:
        return [{"state": "fail", "text": one.title, "note": trouble.sentence} for one in cases]
    places = {row.id: number for number, row in enumerate(table.rows, 1)}
    found = []
    for case in cases:
        result = evaluate_stored(point, ready, case.inputs)
        said = [one.model_dump(mode="json") for one in result.outputs]
        fits = not result.cautious and len(said) == len(case.answers)
        fits = fits and all(
            answer.get(name) == value
            for answer, wanted in zip(said, case.answers, strict=False)
            for name, value in wanted.items()
        )
        row = ", ".join(str(places[one]) for one in result.matched_row_ids) or "none"
        wanted = outcome(point, case.answers)
        note = outcome(point, said) if fits else f"wanted {wanted}, got {outcome(point, said)}"
        found.append(
            {
                "state": "ok" if fits else "fail",
                "text": case.title,
                "end": f"row {row}",
                "note": note,
                "own": version is not None and case.title in {c["title"] for c in version.cases},
            }
        )
    return found


def _staff_names(ids: set[int]) -> dict[int, str]:
    found = NAMES["staff"](ids) if "staff" in NAMES and ids else {}
    return {pk: name for pk, (name, _) in found.items()}


def _versions(
    act: Act, versions: list[Version], shown: Version | None
) -> list[dict[str, Any]]:
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
    people = [
        {"name": names.get(one, f"Colleague {one}"), "faint": "wrote it"}
        for one in version.authors
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


def _edit(act: Act, version: Version | None) -> dict[str, str]:
    drafts = (Version.Status.DRAFT,)
    table = _asks(act, operations.edit_rows, version, drafts)
    case = _asks(act, operations.add_case, version, drafts)
    pk = version.pk if version else 0
    return {
        "cell": _asks(act, operations.edit_cell, version, drafts),
        "table": f"{STAFF}rules/edit/{pk}/" if table else "",
        "row": f"{STAFF}rules/edit/{pk}/?add=1" if table else "",
        "case": f"{STAFF}rules/case/{pk}/" if case else "",
        "uncase": _asks(act, operations.remove_case, version, drafts),
    }


def _back_test(
    act: Act, point: Point[Any, Any], back_test: BackTest | None
) -> dict[str, Any] | None:
    if back_test is None:
        return None
    flips = (
        list(queries.flips(act).filter(back_test=back_test)[:8])
        if act.actor.may(queries.flips.name)
        else []
    )
    places = {row.id: n for n, row in enumerate(table_of(back_test.version).rows, 1)}
    old = {row.id: n for n, row in enumerate(table_of(back_test.against).rows, 1)}
    subjects = _subjects([one.decision for one in flips])
    return {
        "row": back_test,
        "matrix": matrix(point, back_test),
        "percent": round(100 * back_test.asked / back_test.total) if back_test.total else 100,
        "is_old": back_test.fingerprint != back_test.version.fingerprint,
        "flips_url": f"{STAFF}rules/flips/?{urlencode({'back_test': back_test.pk})}",
        "seconds": (back_test.ended_at - back_test.at).total_seconds() if back_test.ended_at else 0,
        "flips": [
            {
                "subject": subjects[one.decision.subject_type, one.decision.subject_id or 0],
                "client": subjects["people.client", one.decision.client_id or 0],
                "was": brief(one.before["answers"]),
                "now": brief(one.after["answers"]),
                "rows": f"{_places(one.before, old)} → {_places(one.after, places)}",
                "url": f"{STAFF}rules/decisions/{one.decision_id}/",
            }
            for one in flips
        ],
    }


def _places(said: dict[str, Any], places: dict[str, int]) -> str:
    return ", ".join(str(places.get(one, "?")) for one in said["rows"]) or "none"


def _subjects(decisions: list[Any]) -> dict[tuple[str, int], tuple[str, str]]:
    """What decisions were about, and whose: one look-up a kind."""
    wanted: dict[str, set[int]] = {}
    for one in decisions:
        wanted.setdefault(one.subject_type, set()).add(one.subject_id or 0)
        wanted.setdefault("people.client", set()).add(one.client_id or 0)
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for kind, ids in wanted.items():
        known = NAMES[kind](ids) if kind in NAMES else {}
        for pk in ids:
            word = f"{kind.rpartition('.')[2]} {pk}" if pk else "—"
            found[kind, pk] = known.get(pk, (word, ""))
    return found


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
            url = f"{operation_url(operations.draft_version.name)}?{urlencode({'point': point.name})}"
            actions.append({"title": "Draft a change", "url": url, "method": "dialog", "icon": "pencil"})
        state = "In force." if version is None or version.status == "active" else "Out of force."
        return {"strong": state, "text": "A change begins as a draft, beside it.", "actions": actions}
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
    offer(operations.activate_version, "Someone else has to activate what you wrote." if own else "", not own)
    yours = "someone else has to give it, because you wrote it" if own else "you can give it"
    return {"strong": "Waits for a second person:", "text": f"{yours}.", "actions": actions}


