"""A plan as it is written down: the JSON of a plan version, and what it says in words.

Strict, so that a term nobody calculates with cannot be agreed to.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from nostro.kit.money import Currency
from nostro.partners.plans.acquisition import Anchor, Condition, Measure, Offer, Rung
from nostro.partners.plans.arithmetic import ZERO, BadPlan, figure, percent
from nostro.partners.plans.bases import NAMES
from nostro.partners.plans.terms import (
    Basis,
    Caps,
    Cascade,
    Filters,
    Leg,
    Plan,
    Terms,
    TermsRow,
    find_terms,
)

STRICT = ConfigDict(extra="forbid", frozen=True)
EVERYTHING = ""
"""The group that every instrument belongs to."""


class Rate(BaseModel):
    """A rate for one symbol, for a group of instruments, or for everything."""

    model_config = STRICT
    basis: Basis
    rate: Decimal
    leg: Leg = Leg.HALF
    symbol: str = ""
    group: str = EVERYTHING

    @property
    def terms(self) -> Terms:
        return Terms(self.basis, self.rate, self.leg)

    def said(self, currency: str) -> str:
        what = self.symbol or self.group.replace("_", " ") or "everything"
        if self.basis.is_share:
            return f"{percent(self.rate)} of the {NAMES[self.basis]}, on {what}."
        unit = {Basis.LOTS: "a lot", Basis.PIPS: "pips a lot", Basis.MILLION: "per million"}
        return f"{self.rate:,.2f} {currency} {unit[self.basis]}, on {what}."


class Step(BaseModel):
    """What a new client is worth once deposits have reached `starts_at`."""

    model_config = STRICT
    starts_at: Decimal
    amount: Decimal


class NewClient(BaseModel):
    """A payment for a client brought, by what they deposit within so many days."""

    model_config = STRICT
    ladder: tuple[Step, ...]
    within_days: int = Field(default=90, ge=1)
    countries: frozenset[str] = frozenset()

    @property
    def offer(self) -> Offer:
        climbed = Condition(
            "deposit", Measure.SUM, ZERO, Anchor.REGISTRATION, timedelta(days=self.within_days)
        )
        rungs = tuple(Rung(one.starts_at, one.amount) for one in self.ladder)
        return Offer(rungs, climbed, (), self.countries)


class Agreement(BaseModel):
    """The whole of a plan. Amounts are in `currency`, shares are fractions (0.15 is 15%)."""

    model_config = STRICT
    currency: str
    cascade: Cascade = Cascade.ON_TOP
    levels: int = Field(default=2, ge=1, le=10)
    rates: tuple[Rate, ...] = ()
    overrides: tuple[Decimal, ...] = ()
    minimum_holding_seconds: int = Field(default=0, ge=0)
    minimum_move: Decimal = ZERO
    flat_pays_nothing: bool = False
    spread_cap: Decimal | None = None
    cap_order: Decimal | None = None
    cap_day: Decimal | None = None
    cap_month: Decimal | None = None
    pool: Rate | None = None
    new_client: NewClient | None = None
    payout_threshold: Decimal = Field(default=ZERO, ge=0)

    def checked(self) -> "Agreement":
        """The same, once everything in it can be calculated with. Raises `BadPlan`."""
        Currency(self.currency)
        for rate in (*self.rates, *([self.pool] if self.pool else ())):
            _ = rate.terms
        for share in self.overrides:
            if not ZERO <= share <= 1 or share != round(share, 4):
                raise BadPlan("An override is between 0 and 1, to four places.", field="overrides")
        if self.new_client:
            _ = self.new_client.offer
        if not self.rates and self.new_client is None:
            raise BadPlan("A plan pays for trades or for new clients.", field="rates")
        return self

    @property
    def capped(self) -> bool:
        return self.cap_day is not None or self.cap_month is not None

    def plan(self, *, minimum_holding: bool = True) -> Plan:
        """For the calculation; without the minimum holding, what a deal would have earned."""
        seconds = self.minimum_holding_seconds if minimum_holding else 0
        return Plan(
            self.cascade,
            Filters(
                minimum_holding=timedelta(seconds=seconds),
                minimum_move=self.minimum_move,
                flat_pays_nothing=self.flat_pays_nothing,
                spread_cap=self.spread_cap,
            ),
            Caps(self.cap_order, self.cap_day, self.cap_month),
            self.pool.terms if self.pool else None,
        )

    def terms_for(
        self, symbol: str, groups: tuple[str, ...], moment: datetime
    ) -> tuple[Terms | None, str]:
        """The rate of an instrument, its group or everything; else why there is none."""
        rows = [
            TermsRow(one.terms, moment, symbol=one.symbol, group=one.group) for one in self.rates
        ]
        return find_terms(rows, symbol, (*groups, EVERYTHING), moment)

    def override_at(self, level: int) -> Decimal:
        """The share of a parent at this level (the second is the first parent)."""
        return self.overrides[level - 2] if 2 <= level < 2 + len(self.overrides) else ZERO

    def sentences(self) -> Iterator[str]:
        """What the plan says, as a partner reads it."""
        for rate in self.rates:
            yield rate.said(self.currency)
        for level, share in enumerate(self.overrides, start=2):
            yield (
                f"Level {level} earns {percent(share)} of what the partner below earns, "
                "never taken from their part."
            )
        if self.cascade == Cascade.DIFFERENTIAL:
            yield "Each level earns its own rate, less what was paid below it."
        if self.minimum_holding_seconds:
            yield f"Trades held for under {self.minimum_holding_seconds} seconds earn nothing."
        if self.minimum_move:
            yield f"The price has to move by {figure(self.minimum_move)} at least."
        if self.spread_cap is not None:
            yield f"At most {figure(self.spread_cap)} of the spread counts."
        for cap, words in (
            (self.cap_order, "a trade"), (self.cap_day, "a day"), (self.cap_month, "a month"),
        ):  # fmt: skip
            if cap is not None:
                yield f"At most {cap:,.2f} {self.currency} {words}."
        if self.new_client:
            for step in self.new_client.ladder:
                yield (
                    f"A new client who deposits {step.starts_at:,.2f} {self.currency} within "
                    f"{self.new_client.within_days} days is worth {step.amount:,.2f}."
                )
        if self.payout_threshold:
            yield f"Paid from {self.payout_threshold:,.2f} {self.currency} on, else carried over."
