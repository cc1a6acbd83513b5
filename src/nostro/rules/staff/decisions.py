"""Decisions and their reason: the list, the page of one, and what other pages show of them."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.kit.problems import Forbidden
from nostro.rules import queries
from nostro.rules.deciding import POINTS
from nostro.rules.models import Decision, Flip
from nostro.rules.staff.drawn import brief, outcome, table_of, table_url, value_said
from nostro.rules.staff.trials import subjects
from nostro.rules.wording import said, sentence
from nostro.ui.additions import extend
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.columns import Column, Date
from nostro.ui.details import DetailPage, Tab, listing, table, template
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range, flag
from nostro.ui.filters import text as text_filter
from nostro.ui.keyset import about_how_many
from nostro.ui.lists import ListPage, View
from nostro.ui.timeline import DETAILS, DOORS, NAMES, Names


def _title(row: Decision) -> str:
    return POINTS[row.point].title if row.point in POINTS else row.point


def _rule(row: Decision) -> SafeString:
    url = table_url(row.point, row.version.number)
    return format_html('<a class="link" href="{}">{} v{}</a>', url, row.point, row.version.number)


def _places(row: Decision) -> dict[str, int]:
    return {one.id: number for number, one in enumerate(table_of(row.version).rows, 1)}


def rows_said(row: Decision) -> str:
    """`row 6`, or that no row answered."""
    return "no row: a person looks" if row.cautious else queries.rows_in_words(row)


def _row_url(row: Decision) -> str:
    """The rule's page, at the first row that answered."""
    numbers = queries.row_numbers(row)
    return url_of(row.version) + (f"#row-{numbers[0]}" if numbers else "")


def outcome_said(row: Decision) -> str:
    return outcome(POINTS.get(row.point), row.answers)


def _subject(row: Decision) -> tuple[str, str]:
    """What was decided about: its name and its address."""
    found: tuple[str, str] = getattr(row, "named", {}).get(
        (row.subject_type, row.subject_id or 0), (row.subject_type or "—", "")
    )
    return found


ABOUT = Column(lambda row: _subject(row)[0], "About", low=2, url=lambda row: _subject(row)[1])


def _named(act: Act, rows: list[Any]) -> None:
    """What each decision of a page was about, looked up together."""
    found = subjects(rows)
    for one in rows:
        one.named = found


def _words(act: Act, row: Decision) -> list[SafeString]:
    point = POINTS.get(row.point)
    if row.cautious:
        return [format_html("{}", row.reason or "No row of the rules applied, so a person looks.")]
    if point is None:
        return []
    rows = {one.id: one for one in table_of(row.version).rows}
    places = _places(row)
    return [
        format_html(
            '<a class="link tab nowrap" href="{}#row-{}">row {}</a>'
            '<span class="grow">{} <span class="quiet">{}</span></span>',
            url_of(row.version),
            places[one],
            places[one],
            sentence(point, table_of(row.version), rows[one]),
            rows[one].note,
        )
        for one in row.rows
        if one in rows
    ]


def _because(act: Act, row: Decision) -> dict[str, Any]:
    """The question, input by input, with the cell that held for it."""
    held: dict[str, list[str]] = {}
    for one in row.trace:
        for name, cell in one["cells"].items():
            held.setdefault(name, []).append(said(cell))
    point = POINTS.get(row.point)
    titles = {name: about.title for name, about in point.asks.items()} if point else {}
    places = {name: number for number, name in enumerate(titles)}
    return {
        "inputs": [
            {
                "title": titles.get(name, name.replace("_", " ")),
                "value": value_said(value),
                "cells": held.get(name, []),
            }
            for name, value in sorted(row.inputs.items(), key=lambda one: places.get(one[0], 99))
        ],
        "cautious": row.cautious,
    }


def _today(act: Act, row: Decision) -> dict[str, Any]:
    """The same question put to the version in force."""
    found = queries.asked_again(act, row)
    if found is None:
        return {"gone": True}
    version, result = found
    answers = [one.model_dump(mode="json") for one in result.outputs]
    places = {one.id: number for number, one in enumerate(table_of(version).rows, 1)}
    return {
        "version": version,
        "url": table_url(version.point, version.number),
        "same": answers == row.answers and result.cautious == row.cautious,
        "before": outcome_said(row),
        "after": outcome(POINTS[row.point], answers),
        "rows": ", ".join(str(places[one]) for one in result.matched_row_ids),
        "reason": result.reason,
    }


def _act_behind(act: Act, row: Decision) -> Sequence[SafeString]:
    found = queries.act_behind(row)
    if found is None:
        return [format_html('<span class="mono">{}</span>', row.act)]
    door = DOORS.get(found.door, found.door.capitalize())
    return [
        format_html(
            '<span class="quiet grow">Operation</span><span class="mono">{}</span>',
            found.operation,
        ),
        format_html('<span class="quiet grow">Came in by</span>{}', door),
        format_html('<span class="quiet grow">Act</span><span class="mono">{}</span>', found.pk),
    ]


def _pills(act: Act, row: Decision) -> list[Pill]:
    rule = Pill(f"v{row.version.number}", "line")
    return [Pill("A person looks", "warn"), rule] if row.cautious else [rule]


decision = DetailPage(
    room="rules",
    slug="decisions",
    model=Decision,
    rows=queries.decisions,
    title=lambda row: f"{row} {_title(row)}",
    subtitle=lambda row: outcome_said(row),
    pills=_pills,
    panels=[
        listing("Because", _words, empty="The rule is not asked any more."),
        template("What was asked", "rules/because.html", _because),
        template("The same question today", "rules/today.html", _today),
        listing(
            "About",
            lambda act, row: [
                format_html('<span class="quiet grow">Rule</span>{}', _rule(row)),
                format_html('<span class="quiet grow">About</span>{}', ABOUT.html(act, row)),
                format_html(
                    '<span class="quiet grow">When</span>{}', f"{row.at:%d %b %Y %H:%M:%S}"
                ),
            ],
            side=True,
        ),
        listing("Act", _act_behind, side=True),
    ],
    timeline=False,
    prepare=_named,
    icon="gavel",
)


def _points(act: Act) -> list[tuple[str, str]]:
    return [(name, point.title) for name, point in sorted(POINTS.items())]


decisions = ListPage(
    room="rules",
    slug="decisions",
    title="Decisions",
    rows=queries.decisions,
    columns=[
        Date("at", "When", sort="at"),
        Column(_title, "Rule", url=url_of, cut=True),
        ABOUT,
        Column(outcome_said, "Outcome", cut=True),
        Column(rows_said, "Row", low=3, quiet=True, url=_row_url),
        Column(_rule, "Version", low=3),
    ],
    filters=[
        choice("point", _points, title="Rule"),
        flag("cautious", "A person looks", cautious=True),
        date_range("at", title="When"),
    ],
    views=[View("All", counted=False), View("A person looks", cautious=True, counted=False)],
    inspector=decision,
    number="D",
    order="-at",
    prepare=_named,
    empty="No rule has been asked yet. Every answer is kept here with its reason.",
    icon="gavel",
)


def _flip_named(act: Act, rows: list[Any]) -> None:
    found = subjects([one.decision for one in rows])
    for one in rows:
        one.decision.named = found


def _client(row: Flip) -> SafeString:
    name, url = getattr(row.decision, "named", {}).get(
        ("people.client", row.decision.client_id or 0), ("—", "")
    )
    return format_html('<a class="link" href="{}">{}</a>' if url else "{1}", url, name)


def _flipped(row: Flip) -> str:
    point = POINTS.get(row.decision.point)
    return f"{brief(point, row.before['answers'])} → {brief(point, row.after['answers'])}"


flips = ListPage(
    room="rules",
    slug="flips",
    title="What would change",
    rows=queries.flips,
    columns=[
        Date("decision.at", "When"),
        Column(
            lambda row: _subject(row.decision)[0],
            "About",
            url=lambda row: _subject(row.decision)[1],
        ),
        Column(_client, "Client"),
        Column(_flipped, "Outcome"),
        Column(lambda row: outcome_said(row.decision), "Was", cut=True, low=2),
        Column(
            lambda row: outcome(POINTS.get(row.decision.point), row.after["answers"]),
            "Would be",
            cut=True,
            low=2,
        ),
    ],
    filters=[text_filter("back_test", "back_test_id", title="Back-test")],
    order="pk",
    prepare=_flip_named,
    section="rules.flips",
    empty="Nothing would change.",
)

# ── What other pages show of decisions ──


def _of_client(act: Act, row: Any) -> Any:
    found = list(queries.decisions(act).filter(client_id=row.pk)[:50])
    _named(act, found)
    return found


def _count(act: Act, row: Any) -> int:
    if not act.actor.may(queries.decisions.name):
        return 0
    return about_how_many(queries.decisions(act).filter(client_id=row.pk))[0]


extend(
    "people.client",
    tabs=[
        Tab(
            "decisions",
            "Decisions",
            [
                table(
                    "Decided by rules",
                    _of_client,
                    [
                        Date("at", "When"),
                        Column(_title, "Rule", url=url_of),
                        ABOUT,
                        Column(outcome_said, "Outcome"),
                        Column(rows_said, "Row", quiet=True, low=3, url=_row_url),
                        Column(_rule, "Version", low=2),
                    ],
                    empty="No rule has been asked about this client yet.",
                    may=queries.decisions.name,
                )
            ],
            count=_count,
        )
    ],
)


def _slips(act: Act, records: Sequence[Record]) -> dict[int, list[list[Any]]]:
    """The decisions taken in the same acts, about the same things."""
    try:
        rows: models.QuerySet[Decision] = queries.decisions(act)
    except Forbidden:
        return {}
    by_act: dict[Any, list[Decision]] = {}
    for one in rows.filter(act__in={record.act_id for record in records}):
        by_act.setdefault(one.act, []).append(one)
    return {record.pk: [_slip(one) for one in by_act.get(record.act_id, [])] for record in records}


def _slip(row: Decision) -> list[Any]:
    link = format_html('<a class="link" href="{}">{}</a>', f"{STAFF}rules/decisions/{row.pk}/", row)
    where = format_html('<a class="link" href="{}">{}</a>', _row_url(row), rows_said(row))
    return ["Decision", link, outcome_said(row), format_html("{}, {}", _rule(row), where)]


DETAILS.append(_slips)


def _names(ids: set[int]) -> Names:
    return {pk: (f"D-{pk}", f"{STAFF}rules/decisions/{pk}/") for pk in ids}


NAMES[str(label(Decision))] = _names
