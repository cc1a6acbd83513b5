"""Everything anyone can do with a bulk change."""

from nostro.bulk.operations.changes import (
    drop_change,
    prepare_change,
    resume_change,
    return_change,
    start_change,
    stop_change,
)
from nostro.bulk.operations.rows import keep_answers, keep_checks, keep_verdicts, rehearse_rows
from nostro.bulk.operations.undo import keep_before, undo_change

__all__ = [
    "drop_change", "keep_answers", "keep_before", "keep_checks", "keep_verdicts", "prepare_change",
    "rehearse_rows", "resume_change", "return_change", "start_change", "stop_change",
    "undo_change",
]  # fmt: skip
