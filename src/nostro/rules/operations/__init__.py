"""Everything anyone can do with rules: drafting, testing, and putting them in force."""

from nostro.rules.operations.activation import (
    activate_version,
    drop_version,
    send_back_version,
    submit_version,
)
from nostro.rules.operations.back_tests import advance_back_test, start_back_test
from nostro.rules.operations.drafts import (
    add_case,
    add_row,
    draft_version,
    edit_cell,
    edit_rows,
    remove_case,
)
from nostro.rules.operations.rehearsal import rehearse as rehearse

__all__ = [
    "activate_version", "add_case", "add_row", "advance_back_test", "draft_version",
    "drop_version", "edit_cell", "edit_rows", "remove_case", "send_back_version", "start_back_test",
    "submit_version",
]  # fmt: skip
