"""What a commission is calculated from: the facts of a deal, a plan, and the chain it runs up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from nostro.partners.plans.arithmetic import (
    BASE_PLACES,
    FX_PLACES,
    LINE_PLACES,
    ONE,
    RATE_PLACES,
    ZERO,
    BadPlan,
    Factor,
    exactly,
    figure,
    no_finer_than,
    rounded,
)


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Basis(StrEnum):
    LOTS = "lots"
    COMMISSION = "commission"
    SPREAD = "spread"
    MARKUP = "markup"
    PIPS = "pips"
    MILLION = "million"
    NET_REVENUE = "net_revenue"

    @property
    def is_share(self) -> bool:
        """Whether the rate is a fraction of the base rather than an amount for each unit of it."""
        return self not in (Basis.LOTS, Basis.PIPS, Basis.MILLION)


class Leg(StrEnum):
    """Which of a position's two spreads is paid from."""

    OPEN = "open"
    CLOSE = "close"
    HALF = "half"


class Cascade(StrEnum):
    FIXED = "fixed"
    DIFFERENTIAL = "differential"
    ON_TOP = "on_top"
    ALLOCATION = "allocation"


@dataclass(frozen=True, slots=True)
class Revenue:
    """What the house earned from a client, in the payout currency; P/L as the client sees it."""

    spread: Decimal = ZERO
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    client_pnl: Decimal = ZERO
    bonuses: Decimal = ZERO
    fees: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Deal:
    """A closed deal. Spreads and markup are in price units (ask − bid); a spread that the platform
    does not tell is None.

    `fx` turns the quote currency into the payout currency at the close, to eight places;
    commission, equity, credit and revenue are in the payout currency already.
    """

    deal_id: str
    symbol: str
    side: Side
    lots: Decimal
    contract_size: Decimal
    opened_at: datetime
    closed_at: datetime
    open_price: Decimal
    close_price: Decimal
    pip: Decimal = Decimal("0.0001")
    fx: Decimal = ONE
    open_spread: Decimal | None = ZERO
    close_spread: Decimal | None = ZERO
    average_spread: Decimal | None = None
    widened: bool = False
    markup: Decimal = ZERO
    commission: Decimal = ZERO
    volume_modifier: Decimal = ONE
    equity: Decimal | None = None
    credit: Decimal = ZERO
    revenue: Revenue | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            if isinstance(getattr(self, one.name), float):
                raise TypeError(f"A float is never money: {one.name}.")
        no_finer_than(FX_PLACES, self.fx, "fx")
        if self.lots < 0 or (self.open_spread or 0) < 0 or (self.close_spread or 0) < 0:
            raise BadPlan("Volume and spread are never below zero.", field="lots")
        if self.closed_at < self.opened_at:
            raise BadPlan("A deal cannot close before it opens.", field="closed_at")


@dataclass(frozen=True, slots=True)
class Terms:
    """A rate on a basis: a fraction where the basis is a share (0.30), else an amount a unit."""

    basis: Basis
    rate: Decimal
    leg: Leg = Leg.HALF

    def __post_init__(self) -> None:
        no_finer_than(RATE_PLACES, self.rate, "rate")
        if self.rate < 0:
            raise BadPlan("A rate is never below zero.", field="rate")

    @property
    def measure(self) -> tuple[Basis, Leg | None]:
        """Rates of one measure may be subtracted from one another."""
        return self.basis, self.leg if self.basis == Basis.SPREAD else None


@dataclass(frozen=True, slots=True)
class Step:
    """One partner of a chain. `ratios` multiply the rate (level, tier, personal, master).

    `share` is what an on-top parent gets of the child's line, or what an allocation leaves here.
    """

    partner: str
    level: int
    terms: Terms | None = None
    share: Decimal = ZERO
    ratios: tuple[tuple[str, Decimal], ...] = ()

    def __post_init__(self) -> None:
        no_finer_than(RATE_PLACES, self.share, "share")
        if self.share < 0:
            raise BadPlan("A share is never below zero.", field="share")

    @property
    def agreed(self) -> Terms:
        if self.terms is None:
            raise BadPlan(f"{self.partner} has no rate in this chain.", field="terms")
        return self.terms

    @exactly
    def rate(self) -> Decimal:
        """The agreed rate times its ratios, in the rate's lane."""
        rate = self.agreed.rate
        for _, ratio in self.ratios:
            rate *= ratio
        return rounded(rate, RATE_PLACES)


@dataclass(frozen=True, slots=True)
class Chain:
    """Partners above a client, the nearest first."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise BadPlan("A chain has at least one partner.", field="steps")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which deals pay, and on how much of their spread. Spreads and moves are in price units."""

    minimum_holding: timedelta = timedelta(0)
    minimum_move: Decimal = ZERO
    flat_pays_nothing: bool = False
    spread_cap: Decimal | None = None
    news_at_average: bool = False
    own_funds_only: bool = False

    def refusal(self, deal: Deal) -> str:
        """Why the deal pays nothing; empty where it pays."""
        held = deal.closed_at - deal.opened_at
        if held < self.minimum_holding:
            return (
                f"Held for {held.total_seconds():.0f} s; "
                f"this plan pays from {self.minimum_holding.total_seconds():.0f} s."
            )
        move = abs(deal.close_price - deal.open_price)
        if self.flat_pays_nothing and not move:
            return "Opened and closed at the same price, which pays nothing here."
        if move < self.minimum_move:
            return (
                f"The price moved by {figure(move)}; "
                f"this plan pays from {figure(self.minimum_move)}."
            )
        return ""


@dataclass(frozen=True, slots=True)
class Caps:
    """The most one partner may earn by an order, a day and a month."""

    order: Decimal | None = None
    day: Decimal | None = None
    month: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Earned:
    """What a partner has earned before this deal, for the caps."""

    day: Decimal = ZERO
    month: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Plan:
    """How a deal's reward runs up the chain. `pool` is the most that all levels may share."""

    cascade: Cascade
    filters: Filters = field(default_factory=Filters)
    caps: Caps = field(default_factory=Caps)
    pool: Terms | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one partner earns from one deal: base to 6 places, rate to 4, amount to 6."""

    deal_id: str
    partner: str
    level: int
    base: Decimal
    rate: Decimal
    amount: Decimal
    factors: tuple[Factor, ...]
    sentence: str
    reverses: str = ""

    def __post_init__(self) -> None:
        no_finer_than(BASE_PLACES, self.base, "base")
        no_finer_than(RATE_PLACES, self.rate, "rate")
        no_finer_than(LINE_PLACES, self.amount, "amount")

    @property
    def key(self) -> str:
        return f"{self.deal_id}/{self.level}/{self.partner}" + ("/back" * bool(self.reverses))


@dataclass(frozen=True, slots=True)
class Accrual:
    """The lines of one deal, the nearest partner first, or the reason why there are none."""

    lines: tuple[Line, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class TermsRow:
    """Terms for an instrument or for a group of them, from ≤ T < to."""

    terms: Terms
    starts_at: datetime
    ends_at: datetime | None = None
    symbol: str = ""
    group: str = ""

    def covers(self, moment: datetime) -> bool:
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


def decisive_at(deal: Deal, *, by_close: bool = True) -> datetime:
    """The moment that picks plan and edge: the close, unless the policy says the open."""
    return deal.closed_at if by_close else deal.opened_at


def find_terms(
    rows: Sequence[TermsRow], symbol: str, groups: Iterable[str], moment: datetime
) -> tuple[Terms | None, str]:
    """The terms of the instrument, else of its first group; else none and why it is parked."""
    live = [row for row in rows if row.covers(moment)]
    for row in live:
        if row.symbol == symbol:
            return row.terms, ""
    for group in groups:
        for row in live:
            if not row.symbol and row.group == group:
                return row.terms, ""
    return None, f"No rate for {symbol} or its groups on {moment:%Y-%m-%d %H:%M}."
