"""What shows that money has to be moved by hand: a file, kept encrypted, or a thing of the house.

Every upload is hostile. What a file is, is decided by its first bytes. A PDF is written anew, and
refused where it could do something; a picture leaves as a download that nothing in it can run from.
"""

import re

from nostro.core.acts import Act
from nostro.core.files import Upload, store
from nostro.core.models import label
from nostro.core.operations import operation
from nostro.core.queries import FINDERS, find
from nostro.kit.plain_pdf import plain
from nostro.kit.problems import NotFound, Problem
from nostro.ledger.events import EvidenceKept, EvidenceShown
from nostro.ledger.models import Evidence

MOST_PAGES = 200
LARGEST_BYTES = 10 * 1024 * 1024
KINDS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
)
NUMBERS = {
    "EVENT": "core.record", "E": "ledger.entry", "DP": "payments.deposit",
    "W": "payments.withdrawal", "T": "payments.transfer", "BB": "trading.balancebreak",
    "B": "reconciliation.break", "ST": "reconciliation.statementfile",
    "A": "compliance.application", "MESSAGE": "messages.message",
}  # fmt: skip
"""How things of the house are called by those who write to us, and what they are."""
CALLED = re.compile(r"([A-Za-z]+)[\s-]*([1-9][0-9]{0,17})", re.ASCII)


class EvidenceNeeded(Problem):
    """Money is not moved by hand on somebody's word alone."""


class NotEvidence(Problem):
    """A file that is no picture and no PDF, or too large to be one page of evidence."""


@operation(internal=True, lock=False)
def keep_evidence(
    act: Act, *, file: Upload | None, reference: str, title: str,
    client_id: int | None = None, entity_id: int | None = None,
) -> Evidence:  # fmt: skip
    """Keep what shows that something is right to do. Part of the proposal that needs it."""
    if file is None and not reference.strip():
        raise EvidenceNeeded(
            "Attach what shows it, or give the number of an event, entry or payment.", field="file"
        )
    kind, pk = _referred(act, reference) if reference.strip() else ("", None)
    kept = Evidence.objects.create(
        stored=store(act, _accepted(file), client_id=client_id) if file is not None else None,
        subject_type=kind, subject_id=pk, client_id=client_id, entity_id=entity_id,
        kept_by=act.actor.id, kept_at=act.at,
    )  # fmt: skip
    act.record(EvidenceKept(title), about=kept)
    return kept


@operation(title="Look at evidence", icon="eye", internal=True, lock=False)
def show_evidence(act: Act, evidence: Evidence) -> Evidence:
    """Look at the file behind an adjustment. Who looked is recorded once a day."""
    if evidence.stored_id is None:
        raise NotFound("There is no file with this evidence.")
    act.record(EvidenceShown(), about=evidence)
    return evidence


def _accepted(file: Upload) -> Upload:
    """The file under a name of our own, if it is of a kind we take."""
    if len(file.content) > LARGEST_BYTES:
        raise NotEvidence("The file is larger than 10 MB. Send a smaller scan.", field="file")
    for mark, kind, ending in KINDS:
        if file.content.startswith(mark):
            pdf = kind == "application/pdf"
            content = plain(file.content, most_pages=MOST_PAGES).content if pdf else file.content
            return Upload(f"evidence.{ending}", content, kind)
    raise NotEvidence("Send a PDF, or a PNG or JPEG picture.", field="file")


def _referred(act: Act, reference: str) -> tuple[str, int]:
    """The thing that a number names, if its reader may see it."""
    known = CALLED.fullmatch(reference.strip())
    wanted = NUMBERS.get(known[1].upper(), "") if known else ""
    model = next((one for one in FINDERS if wanted and label(one) == wanted), None)
    if known is None or model is None:
        said = "Write a number of the house: event 1204, E-88, W-31, DP-7, T-5, ST-2."
        raise NotFound(said, field="reference")
    try:
        return wanted, find(act, model, known[2]).pk
    except NotFound as trouble:
        raise NotFound(trouble.sentence, field="reference") from trouble
