"""Everything anyone can do with a payment."""

from nostro.payments.operations.deposits import (
    deposit_opened,
    fail_deposit,
    hold_deposit,
    receive_notice,
    settle_deposit,
    settle_held_deposit,
    start_deposit,
)
from nostro.payments.operations.legs import leg_paid, leg_sent, leg_stuck
from nostro.payments.operations.setup import set_method, set_provider, troubled
from nostro.payments.operations.transfers import fail_transfer, request_transfer, settle_transfer
from nostro.payments.operations.withdrawals import (
    add_destination,
    approve_withdrawal,
    cancel_withdrawal,
    refuse_withdrawal,
    request_withdrawal,
)

__all__ = [
    "add_destination", "approve_withdrawal", "cancel_withdrawal", "deposit_opened",
    "fail_deposit", "fail_transfer", "hold_deposit", "leg_paid", "leg_sent", "leg_stuck",
    "receive_notice", "refuse_withdrawal", "request_transfer", "request_withdrawal",
    "set_method", "set_provider", "settle_deposit", "settle_held_deposit", "settle_transfer",
    "start_deposit", "troubled",
]  # fmt: skip
