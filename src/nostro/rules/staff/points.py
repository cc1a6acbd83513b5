"""The list of rules: every choice the house leaves to a table, by room."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context
from django.utils.html import format_html

from nostro.core.acts import Act
from nostro.rules import queries
from nostro.rules.deciding import POINTS
from nostro.rules.models import Version
from nostro.rules.staff.drawn import table_url
from nostro.ui.addresses import STAFF, URLS
from nostro.ui.pages import PAGES, crumb, show, staff_page
from nostro.ui.queues import Queue
from nostro.ui.templatetags.nostro import pill, when
from nostro.ui.timeline import NAMES, Names

DAYS = 30
TONES = {"draft": "wait", "proposed": "warn", "active": "ok", "retired": "", "dropped": ""}

URLS["rules.version"] = lambda thing: table_url(thing.point, thing.number)
URLS["rules.backtest"] = lambda thing: table_url(thing.version.point, thing.version.number)


def _version_names(ids: set[int]) -> Names:
    found = queries.version_places(ids)
    return {
        pk: (f"{name} v{number}", table_url(name, number)) for pk, (name, number) in found.items()
    }


def _back_test_names(ids: set[int]) -> Names:
    found = queries.back_test_places(ids)
    return {
        pk: (f"back-test of {name} v{number}", table_url(name, number))
        for pk, (name, number) in found.items()
    }


NAMES["rules.version"] = _version_names
NAMES["rules.backtest"] = _back_test_names

Queue(
    Version,
    Version.Status.PROPOSED,
    title="Rules to activate",
    icon="table-options",
    page=f"{STAFF}rules/points/",
    rows=lambda act: (
        queries.versions(act)
        .filter(status=Version.Status.PROPOSED)
        .exclude(authors__contains=act.actor.id if act.actor.kind == "staff" else -1)
    ),
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
            rows.append(
                {"group": True, "cells": [{"html": room.capitalize()}, *[{"html": ""}] * 5]}
            )
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
        '<span class="two n-wrap"><a class="link" href="{}">{}</a>'
        '<span class="mono small">{}</span></span>',
        url,
        one.point.title,
        one.point.name,
    )
    active = f"v{one.active.number}" if one.active else "built in"
    draft = one.draft
    waiting = (
        pill(f"v{draft.number} {draft.status_label.lower()}", TONES[draft.status]) if draft else ""
    )
    share = format_html('<span class="{}">{}%</span>', "warn" if one.share > 20 else "", one.share)
    last = when(Context({"now": act.at}), one.last_at)
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
