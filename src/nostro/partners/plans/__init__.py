"""What partners earn: commissions for one deal, for a period and for a client brought.

Pure and exact: bases to 6 places, rates to 4, lines to 6, payouts in minor units, one way of
rounding (half away from zero). Every result carries its arithmetic, factor by factor.
"""

from nostro.partners.plans.acquisition import (
    Acquisition,
    Anchor,
    Condition,
    Happening,
    Measure,
    Offer,
    Referred,
    Rung,
    acquire,
)
from nostro.partners.plans.arithmetic import BadPlan, Factor, Operator, Trail, figure, percent
from nostro.partners.plans.bases import basis_of, hedged_lots, larger_side, net_revenue, untold
from nostro.partners.plans.cascades import accrue, claw_back, share_with_client
from nostro.partners.plans.periods import (
    Payout,
    RevenueShare,
    Schedule,
    Tier,
    Tiering,
    divide,
    pay_out,
    payable_on,
    rate_reached,
    share_revenue,
    tiered,
    volume_in_window,
    window_start,
)
from nostro.partners.plans.terms import (
    Accrual,
    Basis,
    Caps,
    Cascade,
    Chain,
    Deal,
    Earned,
    Filters,
    Leg,
    Line,
    Plan,
    Revenue,
    Side,
    Step,
    Terms,
    TermsRow,
    decisive_at,
    find_terms,
)

__all__ = [
    "Accrual", "Acquisition", "Anchor", "BadPlan", "Basis", "Caps", "Cascade", "Chain",
    "Condition", "Deal", "Earned", "Factor", "Filters", "Happening", "Leg", "Line", "Measure",
    "Offer", "Operator", "Payout", "Plan", "Referred", "Revenue", "RevenueShare", "Rung",
    "Schedule", "Side", "Step", "Terms", "TermsRow", "Tier", "Tiering", "Trail", "accrue",
    "acquire", "basis_of", "claw_back", "decisive_at", "divide", "figure", "find_terms",
    "hedged_lots", "larger_side", "net_revenue", "pay_out", "payable_on", "percent",
    "rate_reached", "share_revenue", "share_with_client", "tiered", "untold", "volume_in_window",
    "window_start",
]  # fmt: skip
