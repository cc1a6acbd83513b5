"""The evidence pack: one client's compliance history as one file that reads without this house."""

import csv
import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from django.template.loader import get_template

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.seal import Inclusion, verifier_key
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.people.models import Client
from nostro.reports.events import ClientExported
from nostro.reports.queries.evidence import Decided, Evidence, Happened, evidence

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Files in the pack bear no date of their own: the same history packs into the same bytes."""


class NoReason(Problem):
    """Personal data leaves the house only for a reason."""


@operation(title="Export the whole file", verb="Export", icon="file-zip", lock=False, internal=True)
def export_client(act: Act, client: Client, *, reason: str) -> bytes:
    """Take out everything about one client as one file, for a regulator or the client."""
    if not reason.strip():
        raise NoReason("Say why the file is taken out: it is recorded.", field="reason")
    found = evidence(act, client)
    content = packed(act, found, reason.strip())
    digest = hashlib.sha256(content).hexdigest()
    act.record(ClientExported(whole(reason), len(found.happened), digest), about=client)
    return content


def packed(act: Act, found: Evidence, reason: str) -> bytes:
    """The pack's bytes: pages to read, tables to compute with, proofs to check."""
    files = {
        "events.json": _json([_event(one) for one in found.happened]),
        "decisions.json": _json([_decision(one) for one in found.decisions]),
        "ledger.csv": _ledger(found),
        "documents.csv": _documents(found),
        "proofs.json": _json(_proofs(found)),
        "style.css": get_template("reports/evidence.css").render(),
    }
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    context = {"found": found, "client": found.client, "act": act, "reason": reason}
    page = get_template("reports/evidence.html").render(context | {"hashes": hashes})
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as pack:
        for name, text in ({"index.html": page} | files).items():
            pack.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _event(one: Happened) -> dict[str, Any]:
    row = one.record
    return {
        "id": row.pk, "name": row.name, "at": row.at.isoformat(), "what": one.text,
        "who": {"kind": row.actor_kind, "id": row.actor_id, "name": one.who},
        "door": row.act.door, "act": str(row.act_id), "operation": row.operation,
        "subject": {"type": row.subject_type, "id": row.subject_id}, "cause": row.cause_id,
        "data": row.data, "rules": [each.rule for each in one.rules],
    }  # fmt: skip


def _decision(one: Decided) -> dict[str, Any]:
    return {
        "id": one.id, "point": one.point, "version": one.version, "rows": list(one.rows),
        "at": one.at.isoformat(), "act": str(one.act), "inputs": one.inputs,
        "answers": one.answers, "sentence": one.sentence, "a person had to look": one.cautious,
    }  # fmt: skip


def _table(head: list[str], rows: Iterable[list[Any]]) -> str:
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(head)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return held.getvalue()


def _safe(cell: Any) -> Any:
    """A spreadsheet takes text that begins like a formula for one."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell


def _ledger(found: Evidence) -> str:
    head = ["when", "entry", "kind", "text", "account", "currency", "taken", "given", "balance"]
    rows = (
        [
            one.at.isoformat(), one.entry, one.kind, one.text, one.account,
            (one.taken or one.given).currency,  # type: ignore[union-attr]
            one.taken.amount if one.taken else "", one.given.amount if one.given else "",
            one.balance.amount if one.balance else "",
        ]
        for one in found.posted
    )  # fmt: skip
    return _table(head, rows)


def _documents(found: Evidence) -> str:
    head = ["document", "kind", "state", "sent", "pages", "expires", "bytes", "sha256 of the file",
            "sha256 as it was sent"]  # fmt: skip
    rows = (
        [
            str(one), one.kind, one.status, one.uploaded_at.isoformat(), one.pages,
            one.expiry_date or "", one.file.size, one.file.sha256, one.sent_sha256,
        ]
        for one in found.documents
    )  # fmt: skip
    return _table(head, rows)


def _proofs(found: Evidence) -> dict[str, Any]:
    return {
        "verifier key": verifier_key(),
        "how": "RFC 6962: hash the leaf, then go up the path; the root is the checkpoint's.",
        "proofs": [_proof(record.pk, record.name, one) for record, one in found.proofs],
    }


def _proof(event: int, name: str, one: Inclusion) -> dict[str, Any]:
    return {
        "event": event, "name": name, "index": one.index, "leaf": one.leaf,
        "path": [b64encode(node).decode() for node in one.proof], "checkpoint": one.checkpoint,
    }  # fmt: skip
