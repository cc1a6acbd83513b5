"""Everything anyone can do with a payment."""

from nostro.payments.operations.approvals import (
    answer_question,
    approve_withdrawal,
    assign_withdrawal,
    look_into_withdrawal,
    refuse_withdrawal,
    send_back,
)
from nostro.payments.operations.between_clients import (
    approve_client_transfer,
    cancel_client_transfer,
    refuse_client_transfer,
    send_to_client,
)
from nostro.payments.operations.cards import erase_card, forget_card
from nostro.payments.operations.deposits import (
    charge_back_deposit,
    deposit_opened,
    fail_deposit,
    hold_deposit,
    send_back_held_deposit,
    settle_deposit,
    settle_held_deposit,
    start_deposit,
)
from nostro.payments.operations.destinations import add_destination
from nostro.payments.operations.exchange import ask_rate, exchange_money
from nostro.payments.operations.legs import (
    give_back_leg,
    leg_paid,
    leg_returned,
    leg_sent,
    leg_stuck,
    plan_leg_again,
    reopen_leg,
)
from nostro.payments.operations.notices import notice_refused, receive_notice
from nostro.payments.operations.setup import (
    pause_provider,
    resume_provider,
    set_method,
    set_provider,
    troubled,
)
from nostro.payments.operations.transfers import fail_transfer, request_transfer, settle_transfer
from nostro.payments.operations.withdrawals import (
    cancel_withdrawal,
    request_withdrawal,
    withdraw_for_client,
)

__all__ = [
    "add_destination", "answer_question", "approve_client_transfer", "approve_withdrawal",
    "ask_rate", "assign_withdrawal", "cancel_client_transfer", "cancel_withdrawal",
    "charge_back_deposit", "deposit_opened", "erase_card", "exchange_money", "fail_deposit",
    "fail_transfer", "forget_card", "give_back_leg", "hold_deposit", "leg_paid", "leg_returned",
    "leg_sent", "leg_stuck", "look_into_withdrawal", "notice_refused", "pause_provider",
    "plan_leg_again", "receive_notice", "refuse_client_transfer", "refuse_withdrawal",
    "reopen_leg", "request_transfer", "request_withdrawal", "resume_provider", "send_back",
    "send_back_held_deposit", "send_to_client", "set_method", "set_provider", "settle_deposit",
    "settle_held_deposit", "settle_transfer", "start_deposit", "troubled", "withdraw_for_client",
]  # fmt: skip
