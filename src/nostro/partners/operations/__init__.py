"""Everything anyone can do with partners."""

from nostro.partners.operations.accruals import (
    accrue_acquisition,
    accrue_deals,
    correct_accrual,
)
from nostro.partners.operations.attribution import (
    add_link,
    attribute_client,
    end_link,
    give_client,
    reassign_client,
    record_click,
)
from nostro.partners.operations.following import follow_deals
from nostro.partners.operations.plans import add_standard_plans, assign_plan, set_plan
from nostro.partners.operations.statements import (
    approve_statement,
    close_statement,
    hold_statement,
    pay_out,
)
from nostro.partners.operations.tree import (
    add_partner,
    move_partner,
    pause_partner,
    resume_partner,
    set_payout_account,
)

__all__ = [
    "accrue_acquisition", "accrue_deals", "add_link", "add_partner", "add_standard_plans",
    "approve_statement", "assign_plan", "attribute_client", "close_statement", "correct_accrual",
    "end_link", "follow_deals", "give_client", "hold_statement", "move_partner", "pause_partner",
    "pay_out", "reassign_client", "record_click", "resume_partner", "set_payout_account",
    "set_plan",
]  # fmt: skip
