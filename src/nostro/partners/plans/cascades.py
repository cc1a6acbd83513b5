"""How the reward of one deal runs up a chain of partners, line by line, each with its reasons."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from nostro.partners.plans.arithmetic import (
    ONE,
    ZERO,
    BadPlan,
    Operator,
    Trail,
    exactly,
    figure,
    percent,
)
from nostro.partners.plans.bases import NAMES, basis_of
from nostro.partners.plans.terms import (
    Accrual,
    Basis,
    Cascade,
    Chain,
    Deal,
    Earned,
    Line,
    Plan,
    Step,
    Terms,
)


@exactly
def accrue(
    deal: Deal, plan: Plan, chain: Chain, earned: Mapping[str, Earned] | None = None
) -> Accrual:
    """What every partner of the chain earns from one deal. Zero lines are kept: they explain."""
    refusal = plan.filters.refusal(deal)
    if refusal:
        return Accrual((), refusal)
    till = _Till(deal, plan, dict(earned or {}))
    if plan.pool is not None:
        till.left = max(ZERO, _reward(deal, plan, plan.pool, plan.pool.rate, "Pool").value)
    return Accrual(tuple(CASCADES[plan.cascade](till, chain.steps)))


def claw_back(line: Line, because: str) -> Line:
    """A negative line that names its original. The original stays as it was."""
    if line.reverses:
        raise BadPlan("A claw-back is not itself clawed back.")
    taken = Trail.start(f"Earned before: {because}", line.amount).times("Taken back", -ONE)
    return replace(
        line,
        amount=-line.amount,
        factors=taken.equals("Taken back").factors,
        sentence=f"{line.partner} gives back {figure(line.amount)}: {because}.",
        reverses=line.key,
    )


def share_with_client(line: Line, share: Decimal) -> tuple[Decimal, Line]:
    """A cashback out of the partner's line: the client's part, and the line that is left.

    Only the client's part is rounded (6 places); the two always sum to the whole.
    """
    if not ZERO <= share <= ONE:
        raise BadPlan("A cashback is between nothing and the whole line.")
    cashback = Trail.start("Reward", line.amount).times(percent(share), share).equals("").value
    kept = Trail(line.amount, line.factors).minus(f"Cashback of {percent(share)}", cashback)
    kept = kept.equals("Kept by the partner")
    sentence = f"{line.sentence} The client gets {figure(cashback)} of it back."
    return cashback, replace(line, amount=kept.value, factors=kept.factors, sentence=sentence)


@dataclass(slots=True)
class _Till:
    """Writes lines: what the pool has left, then own funds, then the partner's caps."""

    deal: Deal
    plan: Plan
    earned: dict[str, Earned]
    left: Decimal | None = None

    def line(
        self,
        step: Step,
        base: Decimal,
        rate: Decimal,
        reward: Trail,
        words: str,
        *,
        credit_inside: bool = True,
    ) -> Line:
        trail = self._from_pool(reward)
        if credit_inside:
            trail = self._of_own_funds(trail)
        trail = self._capped(step, trail)
        before = self.earned.get(step.partner, Earned())
        self.earned[step.partner] = Earned(before.day + trail.value, before.month + trail.value)
        limits = [factor.label for factor in trail.factors[len(reward.factors) :]]
        why = f" ({', then '.join(limits).lower()})" if limits else ""
        sentence = (
            f"{step.partner}, level {step.level}, earns {figure(trail.value)} "
            f"on deal {self.deal.deal_id}: {words}{why}."
        )
        return Line(
            self.deal.deal_id, step.partner, step.level, base, rate, trail.value,
            trail.factors, sentence,
        )  # fmt: skip

    def _from_pool(self, trail: Trail) -> Trail:
        if self.left is None:
            return trail
        if trail.value > self.left:
            trail = trail.at_most("Left in the pool", self.left)
        self.left -= max(ZERO, trail.value)
        return trail

    def _of_own_funds(self, trail: Trail) -> Trail:
        equity = self.deal.equity
        if not self.plan.filters.own_funds_only or equity is None or self.deal.credit <= 0:
            return trail
        if equity <= self.deal.credit:
            return trail.times("Equity is all credit", ZERO).equals("Reward on own funds")
        own = ("Equity without credit", equity - self.deal.credit)
        return trail.share(own, ("Equity", equity), "Reward on own funds")

    def _capped(self, step: Step, trail: Trail) -> Trail:
        caps, earned = self.plan.caps, self.earned.get(step.partner, Earned())
        limits = [
            ("Cap by order", caps.order),
            ("Left of the day's cap", None if caps.day is None else caps.day - earned.day),
            ("Left of the month's cap", None if caps.month is None else caps.month - earned.month),
        ]
        for label, limit in limits:
            if limit is not None and trail.value > max(ZERO, limit):
                trail = trail.at_most(label, max(ZERO, limit))
        return trail


def _said(terms: Terms, rate: Decimal) -> str:
    """`30% of the spread in money`, or `7 a lot`."""
    if terms.basis.is_share:
        return f"{percent(rate)} of the {NAMES[terms.basis]}"
    unit = {Basis.LOTS: "a lot", Basis.PIPS: "pips", Basis.MILLION: "per million"}[terms.basis]
    return f"{figure(rate)} {unit}"


def _times_rate(base: Trail, terms: Terms, rate: Decimal, label: str, name: str) -> Trail:
    if terms.basis == Basis.MILLION:
        base = base.over_ten_to(6, "In millions")
    return base.times(label, rate).equals(name)


def _reward(deal: Deal, plan: Plan, terms: Terms, rate: Decimal, name: str) -> Trail:
    base = basis_of(deal, terms, plan.filters)
    return _times_rate(base, terms, rate, _said(terms, rate).capitalize(), name)


def _label(step: Step, rate: Decimal) -> str:
    ratios = "".join(f" × {name} {figure(ratio)}" for name, ratio in step.ratios)
    said = _said(step.agreed, rate)
    return f"{said} ({figure(step.agreed.rate)}{ratios})" if ratios else said


def _own(till: _Till, step: Step) -> tuple[Decimal, Decimal, Trail, str]:
    """A partner's own base, rate, reward and words."""
    rate = step.rate()
    base = basis_of(till.deal, step.agreed, till.plan.filters)
    label = _label(step, rate)
    reward = _times_rate(base, step.agreed, rate, label.capitalize(), "Reward")
    return base.value, rate, reward, f"{label}, of {figure(base.value)}"


def _fixed(till: _Till, steps: tuple[Step, ...]) -> Iterator[Line]:
    for step in steps:
        yield till.line(step, *_own(till, step))


def _differential(till: _Till, steps: tuple[Step, ...]) -> Iterator[Line]:
    """On rates where the chain has one measure, else on amounts: only money compares."""
    one_measure = len({step.agreed.measure for step in steps}) == 1
    yield from (_by_rates if one_measure else _by_amounts)(till, steps)


def _by_rates(till: _Till, steps: tuple[Step, ...]) -> Iterator[Line]:
    paid = ZERO
    for step in steps:
        terms, rate = step.agreed, step.rate()
        base = basis_of(till.deal, terms, till.plan.filters)
        due = max(ZERO, rate - paid)
        label = _label(step, rate)
        if paid:
            below = percent(paid) if terms.basis.is_share else figure(paid)
            label = f"{label}, less {below} paid below"
        reward = _times_rate(base, terms, due, label.capitalize(), "Reward")
        words = f"{label}, of {figure(base.value)}"
        yield till.line(step, base.value, due, reward, words)
        paid = max(paid, rate)


def _by_amounts(till: _Till, steps: tuple[Step, ...]) -> Iterator[Line]:
    highest = ZERO
    for step in steps:
        base, rate, entitled, words = _own(till, step)
        reward = entitled
        if highest:
            reward = entitled.minus("Highest entitlement below", highest)
            words = f"{words}, less {figure(highest)} earned below"
        if reward.value < 0:
            reward = reward.at_least("Never below zero", ZERO)
        if reward.factors[-1].operator != Operator.EQUALS:
            reward = reward.equals("Reward")
        yield till.line(step, base, rate, reward, words)
        highest = max(highest, entitled.value)


def _on_top(till: _Till, steps: tuple[Step, ...]) -> Iterator[Line]:
    """The parent's share is of what the child was credited, so own funds are in it already."""
    child = till.line(steps[0], *_own(till, steps[0]))
    yield child
    for step in steps[1:]:
        words = f"{percent(step.share)} of the {figure(child.amount)} of {child.partner}"
        below = Trail.start(f"Earned by {child.partner}", child.amount)
        reward = below.times(f"{percent(step.share)} on top", step.share).equals("Reward")
        child = till.line(step, child.amount, step.share, reward, words, credit_inside=False)
        yield child


def _allocation(till: _Till, steps: tuple[Step, ...]) -> Iterator[Line]:
    """The top partner's reward is the whole; each one below keeps a share of what is left."""
    base, rate, reward, _ = _own(till, steps[-1])
    whole, kept = reward.value, ZERO
    for step in steps:
        part = reward
        if kept:
            part = reward.minus("Kept below", kept)
        if step is steps[-1]:
            words = f"the rest of {figure(whole)}"
            if kept:
                part = part.equals("Reward")
        else:
            if step.share > 1:
                raise BadPlan("Nobody keeps more than there is.")
            words = f"{percent(step.share)} of {figure(whole - kept)}"
            part = part.times(f"{percent(step.share)} stays here", step.share).equals("Reward")
        kept += part.value
        yield till.line(step, base, rate, part, words)


CASCADES: dict[Cascade, Callable[[_Till, tuple[Step, ...]], Iterator[Line]]] = {
    Cascade.FIXED: _fixed,
    Cascade.DIFFERENTIAL: _differential,
    Cascade.ON_TOP: _on_top,
    Cascade.ALLOCATION: _allocation,
}
