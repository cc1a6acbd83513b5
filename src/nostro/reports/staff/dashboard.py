"""The dashboard: how it went over a time, each figure with the events that it counts."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from nostro.core.acts import Act
from nostro.core.queries import named
from nostro.people.models import LegalEntity
from nostro.reports import queries
from nostro.reports.queries.measures import EARNED, STEPS, TURNAROUNDS, VOLUME
from nostro.reports.staff.drawn import (
    DAY,
    FLOWS,
    HOUR,
    events_url,
    flow_chart,
    flow_figures,
    funnel_chart,
    midnight,
    step_figures,
    times_between,
    turnaround_of,
)
from nostro.ui import queues
from nostro.ui.addresses import reached
from nostro.ui.details import PLAIN_ROW
from nostro.ui.pages import show, staff_page
from nostro.ui.templatetags.nostro import amount
from nostro.ui.timeline import NAMES

PERIODS = {"today": ("Today", 1), "7": ("7 days", 7), "30": ("30 days", 30), "90": ("90 days", 90)}


def _cell(value: Any, *, numeric: bool = False) -> dict[str, Any]:
    return {"html": value, "numeric": numeric, "quiet": False, "low": 0, "cut": False}


def _row(*cells: dict[str, Any]) -> dict[str, Any]:
    return {**PLAIN_ROW, "tds": "", "cells": cells}


def _columns(*titles: str, words: int = 1) -> list[dict[str, Any]]:
    plain = {"sorted": "", "low": 0, "sort_url": ""}
    return [{"title": one, "numeric": n >= words, **plain} for n, one in enumerate(titles)]


def _by_entity(act: Act, since: Any, until: Any) -> dict[str, Any]:
    counts = queries.funnel_by_entity(act, since=since, until=until)
    names = named(LegalEntity, [one for one in counts if one])
    rows = [
        _row(_cell(names.get(pk, "No entity")), *(_cell(f"{n:,}", numeric=True) for n in steps))
        for pk, steps in counts.items()
    ]
    return {"columns": _columns("Legal entity", *(one[1] for one in STEPS)), "rows": rows}


def _volume(act: Act, since: Any, until: Any) -> dict[str, Any]:
    found = queries.volume(act, since=since, until=until)
    rows = [
        _row(
            _cell(code or "Not mapped"), _cell(f"{total.count:,}", numeric=True),
            _cell(f"{total.amount:,.2f}", numeric=True),
        )
        for code, total in found.items()
    ]  # fmt: skip
    url = events_url(VOLUME.events[0], since, until)
    return {"columns": _columns("Instrument", "Deals", "Lots"), "rows": rows, "url": url}


def _earnings(act: Act, since: Any, until: Any) -> dict[str, Any]:
    found = queries.earnings(act, since=since, until=until)
    names = NAMES["partner"](set(found)) if "partner" in NAMES and found else {}
    rows = []
    for pk, total in found.items():
        name, address = names.get(pk, (f"Partner {pk}", ""))
        url = reached(act.actor, address)
        link = format_html('<a class="link" href="{}">{}</a>', url, name) if url else name
        rows.append(_row(_cell(link), _cell(amount(total.usd), numeric=True)))
    url = events_url(EARNED.events[0], since, until)
    return {"columns": _columns("Partner", "Earned, USD"), "rows": rows, "url": url}


@staff_page(
    "reports", "dashboard", "Reports", may=queries.funnel.name, section="reports", icon="chart-bar"
)
def dashboard_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Funnel, money, turnarounds, queues, volume and partners over a time."""
    chosen = request.GET.get("days", "7")
    chosen = chosen if chosen in PERIODS else "7"
    days = PERIODS[chosen][1]
    until = midnight(act.at) + DAY
    since = until - days * DAY
    step, hours = (HOUR, True) if days == 1 else (DAY, False)
    steps = queries.funnel(act, since=since, until=until)
    flows = queries.flows(act, FLOWS, since=since, until=until, by="hour" if hours else "day")
    over = max(timedelta(days=14), until - since)
    kinds = [(TURNAROUNDS[one].title, *turnaround_of(act, one, until - over, until))
             for one in ("withdrawal", "kyc")]  # fmt: skip
    fresh = queries.freshness(act)
    context = {
        "title": "Reports",
        "sub": f"{PERIODS[chosen][0]}, in UTC days.",
        "fresh": fresh,
        "views": [
            {"title": title, "url": f"?days={key}", "current": key == chosen}
            for key, (title, _) in PERIODS.items()
        ],
        "figures": [*step_figures(steps, since, until), *flow_figures(flows, since, until)],
        "funnel": funnel_chart(steps).data,
        "flow": flow_chart(flows, times_between(since, until, step), hours=hours).data,
        "turnarounds": [
            {"title": title, "figures": figures, "chart": chart.data}
            for title, figures, chart in kinds
        ],
        "over_days": over.days,
        "entities": _by_entity(act, since, until),
        "volume": _volume(act, since, until),
        "earnings": _earnings(act, since, until),
        "queues": [one.drawn() for one in queues.standings(act)],
    }
    context["by_entity"] = context.pop("entities")
    return show(request, act, "reports/dashboard.html", context)
