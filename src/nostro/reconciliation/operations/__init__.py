"""Everything anyone can do in reconciliation."""

from nostro.reconciliation.operations.breaks import assign, explain_break
from nostro.reconciliation.operations.client_money import reconcile_client_money
from nostro.reconciliation.operations.matches import (
    allocate_receipt,
    confirm_match,
    match_payment,
    refuse_match,
    undo_match,
)
from nostro.reconciliation.operations.settlement import (
    Batch,
    chase_payments,
    compare_provider,
    record_payouts,
)
from nostro.reconciliation.operations.statements import (
    add_bank_account,
    bank_troubled,
    read_statement,
)

__all__ = [
    "Batch", "add_bank_account", "allocate_receipt", "assign", "bank_troubled", "chase_payments",
    "compare_provider", "confirm_match", "explain_break", "match_payment", "read_statement",
    "reconcile_client_money", "record_payouts", "refuse_match", "undo_match",
]  # fmt: skip
