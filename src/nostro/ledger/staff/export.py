"""The whole ledger as one file: what is in it, why it leaves, and who took it."""

import tempfile
from collections.abc import Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse

from nostro.core import log
from nostro.core.acts import Act
from nostro.core.inputs import validated
from nostro.kit.problems import Problem
from nostro.ledger import operations, queries
from nostro.ledger.events import LedgerExported
from nostro.ledger.queries.export import README, TABLES
from nostro.ledger.staff.naming import tabs
from nostro.ui.exports import PIECE, streamed
from nostro.ui.pages import show, staff_page
from nostro.ui.timeline import feed


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The file from its beginning; it is gone when it has been read."""
    file.seek(0)
    with file:
        while piece := file.read(PIECE):
            yield piece


def _taken(request: HttpRequest, act: Act, reason: str) -> HttpResponse:
    """Write the zip, keep the trace with its hash, and only then let a byte of it leave."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when the last piece is read
    try:
        made = queries.whole_ledger(act, file)
        given = {"reason": reason, "rows": made.rows, "through_entry_id": made.through_entry_id,
                 "sha256": made.sha256}  # fmt: skip
        operations.export_ledger(act, **validated(operations.export_ledger, given))
    except BaseException:
        file.close()
        raise
    return streamed(request, _pieces(file), f"ledger-{act.at:%Y%m%d-%H%M}.zip", "application/zip")


@staff_page(
    "ledger", "export", "Export of everything", may=operations.export_ledger.name,
    icon="file-zip",
)  # fmt: skip
def export_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Every table of the ledger as CSV in one zip, as of one moment, with a reason."""
    problem, reason = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            if not reason.strip():
                raise Problem("Say what the file is for.", field="reason")
            return _taken(request, act, reason)
        except Problem as trouble:
            problem = trouble.sentence
    may_read = act.actor.may(log.records.name)
    context = {
        "title": "Export of everything",
        "sub": "One zip with a CSV a table, all of one moment, with totals, row counts and hashes.",
        "views": tabs(act, ""),
        "tables": list(TABLES),
        "readme": README,
        "reason": reason,
        "problem": problem,
        "taken": feed(act, log.records(act).filter(name=LedgerExported.name)) if may_read else [],
    }
    return show(request, act, "ledger/export.html", context, status=422 if problem else 200)
