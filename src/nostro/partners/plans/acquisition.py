"""Payment for a client brought: a fixed CPA or a ladder by deposit, when its conditions are true.

Conditions are data over what happened: a count or a sum in a window after an anchor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from nostro.partners.plans.arithmetic import ZERO, BadPlan, Trail, exactly, figure, no_finer_than


class Anchor(StrEnum):
    CLICK = "click"
    REGISTRATION = "registration"
    FIRST_DEPOSIT = "first_deposit"


class Measure(StrEnum):
    COUNT = "count"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something a referred client did: a deposit, lots traded, spread collected, KYC approved."""

    what: str
    at: datetime
    amount: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Condition:
    """`at_least` so much of something, from the anchor on and `within` so long of it, half-open."""

    what: str
    measure: Measure
    at_least: Decimal
    anchor: Anchor = Anchor.REGISTRATION
    within: timedelta | None = None

    @exactly
    def measured(
        self, happenings: Sequence[Happening], anchors: Mapping[Anchor, datetime]
    ) -> Decimal:
        """How much of it there is. Without its anchor nothing counts."""
        start = anchors.get(self.anchor)
        if start is None:
            return ZERO
        end = None if self.within is None else start + self.within
        counted = [
            one
            for one in happenings
            if one.what == self.what and start <= one.at and (end is None or one.at < end)
        ]
        if self.measure == Measure.COUNT:
            return Decimal(len(counted))
        return sum((one.amount for one in counted), ZERO)


@dataclass(frozen=True, slots=True)
class Rung:
    """What a client is worth in all once the measured amount has reached `starts_at`."""

    starts_at: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """A CPA: the conditions that must all be true, where it applies, and the ladder it pays.

    A fixed CPA is a ladder of one rung at zero. No countries means everywhere.
    """

    ladder: tuple[Rung, ...]
    climbed_by: Condition
    conditions: tuple[Condition, ...] = ()
    countries: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for rung in self.ladder:
            no_finer_than(6, rung.amount, "amount")
        if not self.ladder or any(
            low.starts_at >= high.starts_at or low.amount > high.amount
            for low, high in pairwise(self.ladder)
        ):
            raise BadPlan("A ladder rises from rung to rung.", field="ladder")


@dataclass(frozen=True, slots=True)
class Referred:
    """The referred client, as far as a CPA asks. `related` is the partner's own or family's."""

    country: str
    happenings: tuple[Happening, ...]
    anchors: Mapping[Anchor, datetime]
    related: bool = False


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What is due now, with its arithmetic; or nothing and the conditions that are missing."""

    due: Decimal
    arithmetic: Trail | None = None
    missing: tuple[str, ...] = ()


@exactly
def acquire(offer: Offer, client: Referred, *, paid: Decimal = ZERO) -> Acquisition:
    """One accrual when every condition is true; a ladder pays its new rung less what it paid."""
    missing = [*_excluded(offer, client)]
    for condition in offer.conditions:
        have = condition.measured(client.happenings, client.anchors)
        if have < condition.at_least:
            missing.append(
                f"{condition.what.capitalize()}: {figure(have)} of {figure(condition.at_least)}."
            )
    height = offer.climbed_by.measured(client.happenings, client.anchors)
    reached = [rung for rung in offer.ladder if height >= rung.starts_at]
    if not reached:
        missing.append(
            f"{offer.climbed_by.what.capitalize()}: "
            f"{figure(height)} of {figure(offer.ladder[0].starts_at)}."
        )
    if missing:
        return Acquisition(ZERO, None, tuple(missing))
    rung = reached[-1]
    trail = Trail.start(f"Worth from {figure(rung.starts_at)} on", rung.amount)
    if paid:
        trail = trail.minus("Paid before", paid).at_least("Never below zero", ZERO)
    trail = trail.equals("Due")
    return Acquisition(trail.value, trail)


def _excluded(offer: Offer, client: Referred) -> list[str]:
    reasons = []
    if client.related:
        reasons.append("A partner is not paid for themself or for family.")
    if offer.countries and client.country not in offer.countries:
        reasons.append(f"The offer does not cover {client.country}.")
    return reasons
