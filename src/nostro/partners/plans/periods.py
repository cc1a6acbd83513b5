"""What is settled over a period: tiers by volume, revenue share, payouts and their residual."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate, pairwise

from nostro.kit.money import HALF_UP, Money
from nostro.partners.plans.arithmetic import (
    RATE_PLACES,
    ZERO,
    BadPlan,
    Trail,
    exactly,
    figure,
    no_finer_than,
    percent,
    rounded,
)
from nostro.partners.plans.bases import net_revenue
from nostro.partners.plans.terms import Revenue


class Tiering(StrEnum):
    MARGINAL = "marginal"
    RETROACTIVE = "retroactive"


@dataclass(frozen=True, slots=True)
class Tier:
    """A rate for volume from `starts_at` on, up to the next tier's start."""

    starts_at: Decimal
    rate: Decimal

    def __post_init__(self) -> None:
        no_finer_than(RATE_PLACES, self.rate, "rate")


@exactly
def tiered(
    volume: Decimal, tiers: Sequence[Tier], tiering: Tiering, *, reached: Decimal = ZERO
) -> Trail:
    """The reward for a volume. `reached` is the best volume before, for tiers that never go down.

    Marginal: each slice at its own rate. Retroactive: the whole volume at the rate it reached.
    """
    starts = [tier.starts_at for tier in tiers]
    if not tiers or starts[0] != 0 or any(low >= high for low, high in pairwise(starts)):
        raise BadPlan("Tiers start at zero and rise.", field="tiers")
    if tiering == Tiering.RETROACTIVE:
        best = max(volume, reached)
        rate = next(tier.rate for tier in reversed(tiers) if best >= tier.starts_at)
        trail = Trail.start("Volume", volume)
        return trail.times(f"All at the rate from {figure(best)} reached", rate).equals("Reward")
    trail = Trail.start("Nothing yet", ZERO)
    ends: list[Decimal | None] = [*starts[1:], None]
    for tier, end in zip(tiers, ends, strict=True):
        top = volume if end is None else min(volume, end)
        if top > tier.starts_at:
            slice_ = top - tier.starts_at
            label = f"{figure(slice_)} from {figure(tier.starts_at)} on, at {figure(tier.rate)}"
            trail = trail.plus(label, slice_ * tier.rate)
    return trail.equals("Reward")


def rate_reached(volume: Decimal, tiers: Sequence[Tier], *, reached: Decimal = ZERO) -> Decimal:
    """The rate of the highest tier whose start the volume has reached."""
    best = max(volume, reached)
    return max(tiers, key=lambda tier: (tier.starts_at <= best, tier.starts_at)).rate


def window_start(on: date, *, rolling_days: int = 0) -> date:
    """Where the tier window of a day begins: so many days back, or the first of its month."""
    if rolling_days:
        return on - timedelta(days=rolling_days - 1)
    return on.replace(day=1)


@exactly
def volume_in_window(
    volumes: Iterable[tuple[date, Decimal]], on: date, *, rolling_days: int = 0
) -> Decimal:
    """The volume from the window's start through the day itself."""
    start = window_start(on, rolling_days=rolling_days)
    return sum((lots for day, lots in volumes if start <= day <= on), ZERO)


@dataclass(frozen=True, slots=True)
class RevenueShare:
    """One period: what is due now, and what is carried (never above zero)."""

    due: Decimal
    carried: Decimal
    forgiven: Decimal
    arithmetic: Trail


@exactly
def share_revenue(
    revenue: Revenue, share: Decimal, *, carried: Decimal = ZERO, forgiven_up_to: Decimal = ZERO
) -> RevenueShare:
    """A share of the period's net revenue, to two places.

    A negative period is forgiven whole up to the limit; beyond it, it is carried whole.
    """
    no_finer_than(RATE_PLACES, share, "share")
    trail = net_revenue(revenue).equals("Net revenue")
    trail = trail.times(percent(share), share).equals("Share of the period", 2)
    forgiven = -trail.value if 0 < -trail.value <= forgiven_up_to else ZERO
    if forgiven:
        trail = trail.plus("Forgiven", forgiven)
    if carried:
        trail = trail.plus("Carried from before", carried)
    balance = trail.value
    trail = trail.at_least("Never below zero", ZERO).equals("Due", 2)
    return RevenueShare(trail.value, min(ZERO, balance), forgiven, trail)


@dataclass(frozen=True, slots=True)
class Payout:
    """What is paid now in minor units, and what stays on the accrual account.

    The residual of rounding may be below zero by less than a minor unit.
    """

    paid: Money
    carried: Decimal


@exactly
def pay_out(
    amounts: Iterable[Decimal], currency: str, *, carried: Decimal = ZERO, threshold: Decimal = ZERO
) -> Payout:
    """Pay what has accrued, or carry all of it below the threshold; debts are carried too."""
    total = sum(amounts, carried)
    if total <= 0 or total < threshold:
        return Payout(Money.zero(currency), total)
    paid = Money.rounded(total, currency, HALF_UP)
    return Payout(paid, total - paid.amount)


class Schedule(StrEnum):
    DAILY = "daily"
    MONTHLY = "monthly"


def payable_on(accrued: date, schedule: Schedule, *, delay_days: int = 0) -> date:
    """The first day on which an accrual of that day may be paid."""
    if schedule == Schedule.DAILY:
        return accrued + timedelta(days=1 + delay_days)
    following = (accrued.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following + timedelta(days=delay_days)


@exactly
def divide(amount: Decimal, weights: Sequence[Decimal], places: int = 6) -> tuple[Decimal, ...]:
    """Parts by weights that sum to one; the running total is what is rounded, so none is lost."""
    if sum(weights) != 1 or any(weight < 0 for weight in weights):
        raise BadPlan("Shares are positive and sum to 100%.", field="weights")
    totals = [rounded(amount * total, places) for total in accumulate(weights)]
    return tuple(high - low for low, high in pairwise([ZERO, *totals[:-1], amount]))
