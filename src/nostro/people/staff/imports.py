"""Clients from another system: a file is checked on one page, looked through on another, and
brought over by two people.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core import log
from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.people import importing, operations, queries
from nostro.people.countries import country_name
from nostro.people.events import ClientsImported
from nostro.people.models import ClientImport, ClientImportRow
from nostro.ui.actions import Action, only_in
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.columns import Badge, Column, Date, Link, Number, Person
from nostro.ui.details import DetailPage, kv, table, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice
from nostro.ui.forms import OperationForm
from nostro.ui.lists import ListPage, View
from nostro.ui.pages import show, staff_page
from nostro.ui.queues import Queue
from nostro.ui.timeline import NAMES, Names

PLACE = f"{STAFF}people/import/"
Status, Row = ClientImport.Status, ClientImportRow.Status
TONES = {"checking": "info", "ready": "wait", "running": "info", "done": "ok", "dropped": ""}
ROW_TONES = {"planned": "info", "refused": "bad", "done": "ok"}
SHOWN = 30
WORDS = {
    Status.CHECKING: "Nobody is brought over yet: each line is checked first.",
    Status.READY: "Nobody is brought over yet. A second person has to agree to it.",
    Status.RUNNING: "It goes on in the background. You may leave this page.",
    Status.DONE: "Every line has its verdict. Refused ones can be checked again once mended.",
    Status.DROPPED: "It was given up.",
}


def _name(row: ClientImport) -> str:
    return row.stored.name


def _prepare(act: Act, rows: list[Any]) -> None:
    found = queries.import_counts(rows)
    for one in rows:
        one.counts = found[one.pk]


def _figures(act: Act, row: Any) -> list[Figure]:
    counts = row.counts
    planned = Figure("Can be brought over", f"{counts.planned:,}", note="nobody is written to")
    return [
        Figure("Lines", f"{counts.total:,}", note="below the headings"),
        Figure("Brought over", f"{counts.done:,}") if row.started_at else planned,
        Figure("Refused", f"{counts.refused:,}", tone="bad" if counts.refused else "quiet"),
    ]


def _progress(act: Act, row: Any) -> dict[str, Any]:
    counts, begun = row.counts, row.started_at is not None
    parts = [
        {"value": counts.done, "tone": "ok"},
        {"value": counts.planned, "tone": "rest" if begun else "1"},
        {"value": counts.refused, "tone": "bad"},
    ]
    reached = counts.done if begun else counts.total
    verb = "brought over" if begun else "checked"
    return {"parts": parts, "reached": reached, "total": counts.total, "verb": verb,
            "things": "lines", "words": WORDS[row.status]}  # fmt: skip


def _why(act: Act, row: ClientImport) -> list[dict[str, Any]]:
    return [{"said": said, "many": many} for said, many in queries.import_reasons(row)]


def _totals(act: Act, row: ClientImport) -> dict[str, Any] | None:
    found = [
        {"entity": one["entity__name"], "country": country_name(one["country"]),
         "many": one["many"]}
        for one in queries.import_totals(row)
    ]  # fmt: skip
    return {"totals": found} if found else None


def _lines(act: Act, row: ClientImport) -> list[ClientImportRow]:
    seen = queries.import_rows(act).filter(found_in=row)
    return list(seen.order_by("-status", "number")[:SHOWN])


def _client_url(row: Any) -> str:
    return url_of(row.client) if row.client else ""


def _client_name(row: Any) -> str:
    return row.client.name if row.client else ""


def _all_rows(row: ClientImport) -> tuple[str, str]:
    return ("All lines, and export", f"{STAFF}people/import-rows/?view=all&found_in={row.pk}")


def _story(act: Act, row: ClientImport) -> QuerySet[Record]:
    """What happened to it, without each portion."""
    about = log.records(act).filter(subject_type=label(row), subject_id=row.pk)
    return about.exclude(name=ClientsImported.name)


columns: list[Column] = [
    Number("number", "Line"),
    Person(_client_name, "Client", url=_client_url),
    Column("entity.code", "Entity", low=2),
    Column("country", low=3),
    Badge("status", "Verdict", colors=ROW_TONES),
    Column("said", "What was said", cut=True),
]

client_import = DetailPage(
    room="people",
    slug="imports",
    model=ClientImport,
    rows=queries.imports,
    title=lambda row: f"{row} Clients from another system",
    subtitle=_name,
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=_figures,
    panels=[
        template("How far it is", "ui/parts/progress.html", _progress),
        table(
            "Why lines are refused",
            _why,
            [Column(lambda one: one["said"], "Reason"), Number(lambda one: one["many"], "Lines")],
            empty="No line is refused.",
        ),
        template("Whose they are", "people/import_totals.html", _totals),
        table("Lines", _lines, columns, empty="No line yet.", link=_all_rows),
        kv(
            "File",
            [
                Column(_name, "Name"),
                Date("made_at", "Read"),
                Date("started_at", "Started"),
                Date("ended_at", "Ended"),
                Column("reason", "Why given up"),
            ],
            side=True,
        ),
    ],
    actions=[
        Action(operations.start_import, when=only_in(Status.READY)),
        Action(
            operations.check_import_again,
            when=only_in(Status.READY, Status.RUNNING, Status.DONE),
        ),
        Action(operations.drop_import, when=only_in(Status.CHECKING, Status.READY)),
    ],
    prepare=_prepare,
    timeline=_story,
    icon="users-plus",
)

Queue(
    ClientImport,
    Status.READY,
    title="Clients to bring over",
    icon="users-plus",
    page=PLACE,
    line=_name,
    nothing="No file of clients waits for a second look.",
)


def _known(act: Act) -> Sequence[tuple[Any, str]]:
    return [(one.pk, f"{one} · {one.stored.name}") for one in queries.imports(act)[:200]]


rows = ListPage(
    room="people",
    slug="import-rows",
    section="people.imports",
    title="Lines of imports",
    rows=queries.import_rows,
    columns=[*columns[:-2], Link("found_in", "Import", low=2), *columns[-2:]],
    filters=[
        choice("found_in", _known, title="Import"),
        choice("status", Row.choices, title="Verdict"),
    ],
    views=[
        View("Refused", status=Row.REFUSED, counted=False),
        View("Can be brought over", status=Row.PLANNED, counted=False),
        View("Brought over", status=Row.DONE, counted=False),
        View("All", counted=False),
    ],
    order="pk",
    empty="No line stands here. Read a file of clients first.",
    icon="list-check",
    live=[label(ClientImport)],
)


@staff_page("people", "import", "Import clients", may=operations.read_import.name,
            icon="users-plus")  # fmt: skip
def import_view(request: HttpRequest, act: Act) -> HttpResponse:
    """The format with its template, a place for the file, and the files that came before."""
    if "template" in request.GET:
        answer = HttpResponse(importing.FORMAT.template, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="clients.csv"'
        return answer
    posted = request.method == "POST"
    data, files = (request.POST, request.FILES) if posted else (None, None)
    form = OperationForm(operations.read_import, act, data, files)
    form.fields["file"].label = "CSV file"
    if posted:
        made = form.carry_out()
        if made is not None:
            return HttpResponseRedirect(f"{client_import.url}{made.pk}/")
    before = list(queries.imports(act)[:20])
    _prepare(act, before)
    context = {
        "title": "Import clients",
        "sub": "Clients of the system before this one. Checked first, then brought over by two"
        " people; nobody is written to.",
        "heading": "Read a file", "form": form, "note": "Only checked: nobody is brought over.",
        "icon": "file-import", "button": "Check", "each": "a client",
        "most": importing.MOST_LINES, "megabytes": importing.FORMAT.largest_bytes >> 20,
        "columns": [
            {"name": name, "text": words, "needed": name in importing.NEEDED}
            for name, words in importing.COLUMNS.items()
        ],
        "before": "Files that were read", "nothing": "No file was read yet",
        "hint": "Take the template, fill it from your old system, and read it here.",
        "files": [
            {"row": one, "url": f"{client_import.url}{one.pk}/", "tone": TONES[one.status],
             "of": one.stored.name, "counts": one.counts}  # type: ignore[attr-defined]
            for one in before
        ],
    }  # fmt: skip
    return show(
        request, act, "ui/pages/read_file.html", context, status=422 if form.is_bound else 200
    )


def _names(ids: set[int]) -> Names:
    return {pk: (f"CI-{pk}", f"{client_import.url}{pk}/") for pk in ids}


NAMES[label(ClientImport)] = _names
