"""The editor of a draft: its whole table as plain fields, and examples it must answer."""

from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.core.queries import find
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.rules import operations, queries
from nostro.rules.kinds import Field, Kind
from nostro.rules.models import Version
from nostro.rules.staff.drawn import draw, small, table_of, table_url
from nostro.rules.staff.rule import CELL, known_point
from nostro.rules.wording import sentence
from nostro.ui.addresses import STAFF
from nostro.ui.answers import told
from nostro.ui.fields import WIDGETS
from nostro.ui.pages import fresh, show, staff_page

WIDGETS["rules.edit_cell.cell"] = lambda: forms.CharField(
    widget=forms.TextInput({"class": "mono", "autocomplete": "off"}), help_text=CELL
)


def _draft(act: Act, pk: int) -> Version:
    version = find(act, Version, pk)
    if version.status != Version.Status.DRAFT:
        raise WrongState(f"{version} is {version.status_label.lower()}, so it cannot be changed.")
    return version


def _posted(post: QueryDict, asks: list[str], answers: list[str]) -> list[dict[str, Any]]:
    """The rows as they were typed; columns are lists of the same length."""
    ids = post.getlist("id")
    columns = {name: post.getlist(f"cell.{name}") for name in asks}
    columns |= {f"out.{name}": post.getlist(f"out.{name}") for name in answers}
    notes = post.getlist("note")
    if any(len(one) != len(ids) for one in (*columns.values(), notes)):
        raise Problem("The table came in incomplete. Load the page again.")
    return [
        {
            "id": row_id,
            "cells": {name: columns[name][at] for name in asks},
            "out": {name: columns[f"out.{name}"][at] for name in answers},
            "note": notes[at],
        }
        for at, row_id in enumerate(ids)
    ]


def _rearranged(rows: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    """What a button beside a row asks for: `add 2`, `remove 2`, `up 2`, `down 2`."""
    verb, _, place = what.partition(" ")
    at = int(place) if place.isdigit() else len(rows)
    if verb == "add":
        return [*rows[:at], {"id": "", "cells": {}, "out": {}, "note": ""}, *rows[at:]]
    if at >= len(rows):
        return rows
    if verb == "remove":
        return [*rows[:at], *rows[at + 1 :]]
    other = at - 1 if verb == "up" else at + 1
    if verb in ("up", "down") and 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
    return rows


@staff_page("rules", "edit", "", may=operations.edit_rows.name, path="<int:pk>/")
def edit_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """The whole table in plain fields. A broken cell is kept, and said beside the table."""
    version = _draft(act, pk)
    point, table = known_point(version.point), table_of(version)
    trouble = ""
    if request.method == "POST":
        what = request.POST.get("what", "save")
        try:
            asks = [one.field for one in table.inputs]
            answers = [one.field for one in table.outputs]
            rows = _rearranged(_posted(request.POST, asks, answers), what)
            key = request.POST.get("key", "")
            call(fresh(act, key), operations.edit_rows, version, {"rows": rows})
            told(request, f"{version} is saved.")
            leave = table_url(version.point, version.number)
            return HttpResponseRedirect(leave if what == "save" else request.path)
        except Problem as problem:
            trouble = problem.sentence
            version.refresh_from_db()
            table = table_of(version)
    flaws = queries.flaws_of(version)
    context = {
        "title": f"{point.title}, v{version.number}",
        "crumb": [{"title": "Rules", "url": f"{STAFF}rules/points/"}],
        "sub": CELL,
        "back_url": table_url(version.point, version.number),
        "table": draw(
            point, table, flaws={(f.row_id, f.field): f.sentence for f in flaws}, whole=True
        ),
        "flaws": flaws,
        "trouble": trouble,
        "key": uuid4().hex,
        "words": [sentence(point, table, row) for row in table.rows],
        "choices": [
            {"title": one.title, "values": one.choices}
            for one in (*point.asks.values(), *point.answers.values())
            if one.choices
        ],
    }
    return show(request, act, "rules/edit.html", context, status=422 if trouble else 200)


def _read(about: Field, text: str) -> Any:
    """What was typed for one field of an example, as stored questions have it."""
    if about.kind is Kind.FLAG:
        return text == "true"
    if about.kind is Kind.TEXTS:
        return [one.strip() for one in text.split(",") if one.strip()]
    if about.whole:
        return int(text) if text.lstrip("-").isdigit() else text
    return text.strip()


def _asked(about: Field, side: str, data: QueryDict) -> dict[str, Any]:
    choices = [(one, one) for one in about.choices]
    if about.kind is Kind.FLAG:
        choices = [("true", "yes"), ("false", "no")]
    name = f"{side}.{about.name}"
    return {
        "name": name,
        "title": about.title,
        "small": small(about),
        "choices": choices if about.kind is not Kind.TEXTS else [],
        "value": data.get(name, ""),
    }


@staff_page("rules", "case", "", may=operations.add_case.name, path="<int:pk>/")
def case_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """An example: the question in full, and as much of the answer as matters."""
    version = _draft(act, pk)
    point = known_point(version.point)
    trouble = ""
    if request.method == "POST":
        given = request.POST
        inputs = {name: _read(one, given.get(f"in.{name}", "")) for name, one in point.asks.items()}
        expects = {
            name: _read(one, given[f"out.{name}"])
            for name, one in point.answers.items()
            if given.get(f"out.{name}")
        }
        raw = {"title": given.get("title", ""), "inputs": inputs, "expects": expects}
        try:
            call(fresh(act, given.get("key", "")), operations.add_case, version, raw)
            told(request, "The example is kept.")
            return HttpResponseRedirect(table_url(version.point, version.number))
        except Problem as problem:
            trouble = problem.sentence
    context = {
        "title": f"A test case for {point.title}, v{version.number}",
        "crumb": [{"title": "Rules", "url": f"{STAFF}rules/points/"}],
        "sub": "Every version must answer it so. What you leave empty may be anything.",
        "back_url": table_url(version.point, version.number),
        "name": request.POST.get("title", ""),
        "asks": [_asked(one, "in", request.POST) for one in point.asks.values()],
        "answers": [_asked(one, "out", request.POST) for one in point.answers.values()],
        "trouble": trouble,
        "key": uuid4().hex,
    }
    return show(request, act, "rules/case.html", context, status=422 if trouble else 200)
