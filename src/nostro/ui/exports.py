"""A list as a spreadsheet or on paper: masked as on the screen, recorded, and safe to open.

A cell that starts like a formula would be run by the program that opens the file, so in CSV it
gets an apostrophe in front (CWE-1236); in XLSX texts are written as texts.
"""

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter  # type: ignore[import-untyped]
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.kit.papers import Paper, PaperColumn, PaperRow, as_pdf
from nostro.kit.problems import Forbidden, Problem
from nostro.ui.answers import is_htmx
from nostro.ui.keyset import every
from nostro.ui.operations import EXPORT_LIMIT, export_rows
from nostro.ui.pages import show
from nostro.ui.templatetags.nostro import amount

if TYPE_CHECKING:
    from nostro.ui.lists import ListPage, Selection

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
PRINTED = 3000
"""Rows that are printed at most: more is for a spreadsheet."""
PIECE = 64 * 1024


def safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula. Figures stay figures."""
    if isinstance(value, str) and (value.startswith(FORMULA) or value.lstrip().startswith(FORMULA)):
        return f"'{value}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return value


def filters_said(page: "ListPage", params: dict[str, str]) -> dict[str, str]:
    """Which filters were set. Free text may be a name, so the event says only that it was."""
    said = {}
    for key, value in params.items():
        known = page.filters_by_name.get(key)
        if key in ("view", "sort"):
            said[key] = value[:60]
        elif value and (key == "q" or known is not None):
            private = key == "q" or (known is not None and known.is_private)
            said[key] = "…" if private else value[:60]
    return said


def table(page: "ListPage", act: Act, selection: "Selection") -> Iterator[list[Any]]:
    """The headings, then every row as it may be seen."""
    yield [word for column in page.columns for word in column.headings()]
    for rows in every(selection.rows, selection.order):
        if page.prepare:
            page.prepare(act, rows)
        for row in rows:
            yield [cell for column in page.columns for cell in column.plain(act, row)]


def as_csv(rows: Iterator[list[Any]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff".encode()
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        if buffer.tell() > PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_workbook(rows: Iterator[list[Any]], file: IO[bytes], title: str) -> None:
    options = {"constant_memory": True, "remove_timezone": True, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        name = "".join(one for one in title if one not in "[]:*?/\\'")[:31]
        sheet = book.add_worksheet(name or "Rows")
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for at, row in enumerate(rows):
            for across, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(at, across, cell.astimezone(UTC), moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(at, across, cell, day)
                elif isinstance(cell, bool):
                    sheet.write_boolean(at, across, cell)
                elif isinstance(cell, int | Decimal) and len(str(cell)) < 16:
                    sheet.write_number(at, across, cell)
                elif cell is not None:
                    sheet.write_string(at, across, str(cell), bold if at == 0 else None)


def as_workbook(rows: Iterator[list[Any]], title: str) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        write_workbook(rows, file, title)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def printed(value: Any) -> str:
    """A cell as it is read."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return amount(value) if isinstance(value, Money | Decimal) else str(value or "")


def as_paper(
    rows: Iterable[list[Any]], title: str, at: datetime, *, facts: Sequence[tuple[str, str]] = (),
    strong: Sequence[int] = (), house: str = "Nostro", note: str = "",
) -> Iterator[bytes]:  # fmt: skip
    """Rows, their headings first, as a PDF; `strong` are the places of sums, 1 the first row."""
    head, *body = rows
    if len(body) > PRINTED:
        raise Problem(f"A PDF holds {PRINTED:,} rows at most. Take a spreadsheet, or fewer rows.")
    figures = [any(isinstance(row[at], Money | Decimal) for row in body) for at in range(len(head))]
    columns = [PaperColumn(*one) for one in zip(head, figures, strict=True)]
    lines = [
        PaperRow([printed(one) for one in row], at in strong) for at, row in enumerate(body, 1)
    ]
    yield as_pdf(Paper(title, facts, columns, lines, house, note), at=at)


def given(rows: Iterable[list[Any]], kind: str, name: str, act: Act, **paper: Any) -> HttpResponse:
    """Rows as a file of this kind; `paper` says what a PDF says around them."""
    if kind not in KINDS:
        raise Problem("A file is CSV, XLSX or PDF.", field="form")
    title = paper.pop("title")
    ways = {"csv": lambda: as_csv(iter(rows)), "xlsx": lambda: as_workbook(iter(rows), title)}
    pieces = ways.get(kind, lambda: as_paper(rows, title, act.at, **paper))()
    answer = HttpResponse(b"".join(pieces), content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


async def _asked_one_by_one(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    ask = sync_to_async(lambda: next(pieces, None))
    while (piece := await ask()) is not None:
        yield piece


def answer(page: "ListPage", request: HttpRequest, act: Act) -> HttpResponse:
    """GET asks which kind of file; POST records the export and streams it."""
    if not act.actor.may(export_rows.name):
        raise Forbidden("Your role does not include exports.")
    selection = page.select(act, request.GET.dict())
    count = selection.rows.count()
    if request.method != "POST":
        context = {"title": f"Export {page.title.lower()}", "count": count, "limit": EXPORT_LIMIT}
        context["action_url"] = request.get_full_path()
        part = "ui/pages/export.html" if is_htmx(request) else "ui/pages/export_page.html"
        if is_htmx(request):
            return render(request, part, context)
        return show(request, act, part, context)
    kind = request.POST.get("form", "csv")
    if kind not in KINDS:
        raise Problem("A file is CSV, XLSX or PDF.", field="form")
    said = filters_said(page, request.GET.dict())
    if kind == "pdf" and count > PRINTED:
        raise Problem(f"A PDF holds {PRINTED:,} rows at most. Filter the list first.")
    export_rows(act, page=page.name, rows=count, filters=said, form=kind)
    rows = table(page, act, selection)
    name = f"{page.room}-{page.slug}-{act.at:%Y%m%d-%H%M}"
    if kind == "pdf":
        facts = [(key.replace("_", " ").capitalize(), value) for key, value in said.items()]
        return given(rows, kind, name, act, title=page.title, facts=facts)
    pieces = as_csv(rows) if kind == "csv" else as_workbook(rows, page.title)
    return streamed(request, pieces, f"{name}.{kind}", KINDS[kind])


def streamed(
    request: HttpRequest, pieces: Iterator[bytes], name: str, content_type: str
) -> HttpResponse:
    """A file that is sent as it is made, under either kind of server."""
    given: Any = _asked_one_by_one(pieces) if isinstance(request, ASGIRequest) else pieces
    answer: HttpResponseBase = StreamingHttpResponse(given, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer  # type: ignore[return-value]
