"""The whole ledger taken out of the house leaves a trace: who, why, and which file it was."""

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.ledger.events import LedgerExported
from nostro.ledger.operations.by_hand import ReasonNeeded


@operation(title="Export the whole ledger", icon="file-export", internal=True)
def export_ledger(act: Act, *, reason: str, rows: int, through_entry_id: int, sha256: str) -> None:
    """Take every row of the ledger out of the house, in one file. Say why."""
    if not reason.strip():
        raise ReasonNeeded("Say what the file is for.", field="reason")
    said = LedgerExported(reason.strip(), rows, through_entry_id, sha256)
    act.record(said, about=None)
