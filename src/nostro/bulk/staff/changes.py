"""Bulk changes under way and done, one with what becomes of its rows, and all rows as a list."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from nostro.bulk import operations, queries
from nostro.bulk.events import RowsAnswered, RowsCarriedOut, RowsChecked
from nostro.bulk.models import BulkChange, BulkRow
from nostro.core import log
from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.core.operations import OPERATIONS
from nostro.core.queries import named
from nostro.ui.actions import allow_when
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.columns import Badge, Column, Date, Link, Number
from nostro.ui.details import DetailPage, kv, table, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice
from nostro.ui.lists import ListPage, View
from nostro.ui.templatetags.nostro import span
from nostro.ui.timeline import NAMES, Names

Status, Row = BulkChange.Status, BulkRow.Status
TONES = {
    "checking": "info", "ready": "wait", "waiting": "wait", "running": "info", "stopped": "warn",
    "done": "ok", "dropped": "",
}  # fmt: skip
ROW_TONES = {
    "chosen": "", "planned": "info", "done": "ok", "refused": "bad", "proposed": "wait",
    "unknown": "warn",
}  # fmt: skip
SHOWN = 30
FIRST = Case(
    *(When(status=status, then=Value(place)) for place, status in enumerate(
        (Row.REFUSED, Row.UNKNOWN, Row.PROPOSED, Row.PLANNED, Row.CHOSEN, Row.DONE)
    )),
    output_field=IntegerField(),
)  # fmt: skip
"""Exceptions first."""
STRIDES = [RowsChecked.name, RowsCarriedOut.name, RowsAnswered.name]


def _is_makers(act: Act, row: BulkChange) -> bool:
    return act.actor.is_same_person("staff", row.maker_id)


def _may_start(act: Act, row: BulkChange) -> str | None:
    if row.status != Status.READY:
        return None
    if not _is_makers(act, row):
        return "Only who prepared it starts it: it is carried out in their name."
    return "" if queries.tally(row).planned else "Every row is refused."


def _may_resume(act: Act, row: BulkChange) -> str | None:
    if row.status != Status.STOPPED:
        return None
    mine = _is_makers(act, row)
    return "" if mine else "Only who prepared it lets it go on: it is carried out in their name."


def _may_stop(act: Act, row: BulkChange) -> str | None:
    return "" if row.status == Status.RUNNING else None


def _may_undo(act: Act, row: BulkChange) -> str | None:
    if row.status not in (Status.DONE, Status.DROPPED) or row.started_at is None:
        return None
    if not act.actor.may(row.operation):
        return "Your role does not include what it did."
    return queries.not_undone(row)


def _may_drop(act: Act, row: BulkChange) -> str | None:
    return "" if row.can_move_to(Status.DROPPED) else None


allow_when(operations.start_change, _may_start)
allow_when(operations.resume_change, _may_resume)
allow_when(operations.stop_change, _may_stop)
allow_when(operations.drop_change, _may_drop)
allow_when(operations.undo_change, _may_undo)


def _prepare(act: Act, rows: list[Any]) -> None:
    """Who made each, and how its rows stand as far as this person sees them."""
    people = _colleagues({one.maker_id for one in rows})
    found = queries.tallies(queries.change_rows(act), rows)
    for one in rows:
        one.maker, one.tally = people.get(one.maker_id, ""), found[one.pk]


def _colleagues(ids: set[int]) -> dict[int, str]:
    known = NAMES.get("people.staff")
    return {pk: name for pk, (name, _) in known(ids).items()} if known else {}


def _figures(act: Act, row: Any) -> list[Figure]:
    tally, over = row.tally, row.status in (Status.DONE, Status.DROPPED, Status.STOPPED)
    begun = row.started_at is not None
    found = [Figure("Rows", f"{tally.total:,}")]
    if not begun:
        found.append(Figure("Will be done", f"{tally.planned:,}"))
    else:
        found.append(Figure("Done", f"{tally.done:,}"))
    found.append(Figure("Refused", f"{tally.refused:,}", tone="bad" if tally.refused else "quiet"))
    if begun:
        waits = f"{tally.proposed:,}"
        found.append(Figure("Wait for others", waits, tone="" if tally.proposed else "quiet"))
        found.append(
            Figure("No answer yet", f"{tally.unknown:,}", tone="" if tally.unknown else "quiet")
        )
        if tally.planned:
            found.append(Figure("Not done" if over else "To do", f"{tally.planned:,}"))
    elif tally.people:
        people = "one person" if tally.people == 1 else f"{tally.people} people"
        found.append(Figure("Others who agree", people))
    return found


def _progress(act: Act, row: Any) -> dict[str, Any]:
    """How far it is, in a bar and in words."""
    tally = row.tally
    checking = row.status == Status.CHECKING
    reached = tally.total - tally.chosen if checking else tally.settled
    parts = [
        {"value": tally.done, "tone": "ok"},
        {"value": tally.planned if not row.started_at else 0, "tone": "1"},
        {"value": tally.unknown + tally.proposed, "tone": "warn"},
        {"value": tally.refused, "tone": "bad"},
        {"value": tally.chosen + (tally.planned if row.started_at else 0), "tone": "rest"},
    ]
    return {
        "change": row, "parts": parts, "reached": reached, "total": tally.total,
        "checking": checking, "left": _left(act, row), "words": _words(row),
    }  # fmt: skip


def _left(act: Act, row: Any) -> str:
    """About how long it will still take, by how long the rows before took."""
    carried = row.tally.done + row.tally.proposed + row.tally.unknown
    if row.status != Status.RUNNING or row.run != 1 or not row.started_at or not carried:
        return ""
    each = (act.at - row.started_at) / carried
    return span(max(each * row.tally.planned, timedelta(seconds=1)))


def _words(row: Any) -> str:
    return {
        Status.CHECKING: "Nothing is changed yet: each row is looked through first.",
        Status.READY: "Nothing is changed yet. Refused rows stay as they are.",
        Status.WAITING: "Nothing is changed until others have agreed.",
        Status.RUNNING: "It goes on in the background. You may leave this page.",
        Status.STOPPED: "What is done stays done. The other rows were not touched.",
        Status.DONE: "Every row has its verdict.",
        Status.DROPPED: "It was given up. What was done stays done.",
    }[row.status]


def inputs_of(row: BulkChange) -> str:
    """What it was called with, in words."""
    if row.undoes_id:
        return "What each row was before"
    wanted = OPERATIONS.get(row.operation)
    said = []
    for name, value in row.inputs.items():
        model = wanted.input_models.get(name) if wanted else None
        if model is not None and value:
            value = str(named(model, [int(value)]).get(int(value), value))
        if name != "reason":
            said.append(f"{name.replace('_', ' ').capitalize()}: {value}")
    return " · ".join(said)


def _things(act: Act, rows: list[Any]) -> None:
    """The thing of each row, with as much of it as this person sees."""
    ids: dict[str, list[int]] = defaultdict(list)
    for one in rows:
        if one.thing_id is not None:
            ids[one.change.subject_type].append(one.thing_id)
    found = {
        (kind, thing.pk): thing
        for kind, some in ids.items()
        for thing in queries.finder_of(kind)(act).filter(pk__in=some)
    }
    for one in rows:
        one.thing = found.get((one.change.subject_type, one.thing_id))


def _thing(row: Any) -> Any:
    return row.thing if row.thing is not None else row.name


def _thing_url(row: Any) -> str:
    return url_of(row.thing) if row.thing is not None else ""


def _rows(act: Act, row: BulkChange) -> list[BulkRow]:
    seen = queries.change_rows(act).filter(change=row)
    found: list[BulkRow] = list(seen.alias(place=FIRST).order_by("place", "number")[:SHOWN])
    _things(act, found)
    return found


def _why(act: Act, row: BulkChange) -> list[dict[str, Any]]:
    found = queries.reasons(queries.change_rows(act), row)
    return [{"said": said, "many": many} for said, many in found]


def _story(act: Act, row: BulkChange) -> QuerySet[Record]:
    """What happened to it, without each stride."""
    about = log.records(act).filter(subject_type=label(row), subject_id=row.pk)
    return about.exclude(name__in=STRIDES)


row_columns = [
    Column(_thing, "Row", url=_thing_url),
    Badge("status", "Verdict", colors=ROW_TONES),
    Column("said", "What was said", cut=True),
    Date("at", "When", low=2),
]


def _all_rows(row: BulkChange) -> tuple[str, str]:
    return ("All rows, and export", f"{STAFF}bulk/rows/?view=all&change={row.pk}")


def _undone_by(row: BulkChange) -> BulkChange | None:
    return queries.undo_of(row)


change = DetailPage(
    room="bulk",
    slug="changes",
    model=BulkChange,
    rows=queries.changes,
    title=lambda row: f"{row} · {row.title}",
    subtitle=lambda row: row.reason,
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=_figures,
    panels=[
        template("How far it is", "bulk/progress.html", _progress),
        table(
            "Why rows are refused",
            _why,
            [Column(lambda one: one["said"], "Reason"), Number(lambda one: one["many"], "Rows")],
            empty="No row is refused.",
        ),
        table("Rows", _rows, row_columns, empty="No row that you may see.", link=_all_rows),
        kv(
            "What is done",
            [
                Column("title", "Action"),
                Column(inputs_of, "With"),
                Column("reason"),
                Column("chosen", "Rows"),
                Link("undoes", "Undoes"),
                Link(_undone_by, "Undone by"),
                Column("maker", "In the name of"),
                Date("made_at", "Prepared"),
                Date("started_at", "Started"),
                Date("ended_at", "Ended"),
            ],
            side=True,
        ),
    ],
    actions=[
        operations.start_change,
        operations.resume_change,
        operations.stop_change,
        operations.drop_change,
        operations.undo_change,
    ],
    prepare=_prepare,
    timeline=_story,
    icon="stack-2",
)


def _far(row: Any) -> str:
    tally = row.tally
    if row.status == Status.CHECKING:
        return f"{tally.total - tally.chosen:,} of {tally.total:,} checked"
    return f"{tally.settled:,} of {tally.total:,}" if row.started_at else f"{tally.total:,}"


changes = ListPage(
    room="bulk",
    slug="changes",
    title="Bulk changes",
    rows=queries.changes,
    columns=[
        Link("", "Number"),
        Column("title", "Action"),
        Column("reason", cut=True, low=2),
        Column(_far, "Rows"),
        Number("tally.refused", "Refused", low=2),
        Column("maker", "Prepared by", low=3),
        Date("made_at", "Prepared", sort="made_at", low=2),
        Badge("status", sort="status", colors=TONES),
    ],
    filters=[choice("status", Status.choices)],
    views=[
        View("Open", status__in=["checking", "ready", "waiting", "running", "stopped"]),
        View("Ended", status__in=["done", "dropped"], counted=False),
        View("All", counted=False),
    ],
    inspector=change,
    number="B",
    order="-made_at",
    prepare=_prepare,
    empty="No bulk change. Choose rows of a list, such as accounts, and what to do with them.",
    icon="stack-2",
)


def _known(act: Act) -> Sequence[tuple[Any, str]]:
    return [(one.pk, f"{one} · {one.title}") for one in queries.changes(act)[:200]]


rows = ListPage(
    room="bulk",
    slug="rows",
    title="Rows of bulk changes",
    rows=queries.change_rows,
    columns=[
        Column(_thing, "Row", url=_thing_url),
        Link("change", "Bulk change"),
        Badge("status", "Verdict", colors=ROW_TONES, sort="status"),
        Column("said", "What was said"),
        Date("at", "When", low=2),
    ],
    filters=[choice("change", _known), choice("status", Row.choices, title="Verdict")],
    views=[
        View("Refused", status=Row.REFUSED, counted=False),
        View("Open", status__in=[Row.PROPOSED, Row.UNKNOWN], counted=False),
        View("Done", status=Row.DONE, counted=False),
        View("All", counted=False),
    ],
    order="pk",
    prepare=_things,
    empty="No row of a bulk change here.",
    icon="list-check",
    live=["bulk.bulkchange"],
)


def _names(ids: set[int]) -> Names:
    found = named(BulkChange, ids)
    return {pk: (str(one), url_of(one)) for pk, one in found.items()}


NAMES["bulk.bulkchange"] = _names
