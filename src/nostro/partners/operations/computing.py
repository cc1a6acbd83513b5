"""From recorded deals to lines: the facts of a batch, and what the plans make of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Sum

from nostro.kit.money import Currency
from nostro.partners.models import Accrual, Partner, PlanVersion
from nostro.partners.plans import (
    BadPlan,
    Cascade,
    Chain,
    Earned,
    Factor,
    Line,
    Operator,
    Side,
    Step,
    Trail,
    accrue,
    figure,
    untold,
)
from nostro.partners.plans import Deal as Facts
from nostro.partners.plans.agreement import Agreement
from nostro.partners.queries.chains import Place, chains, opening_deals
from nostro.trading.models import Deal, DealCorrection, PlatformSymbol
from nostro.trading.rates import usd_rates

EIGHT, SIX = Decimal("0.00000001"), Decimal("0.000001")
NO_PLAN = "No plan was in force when the trade closed."
PAUSED = "The partner does not earn at the moment."
GONE = "The platform deleted this trade."


def as_arithmetic(factors: Iterable[Factor], sentence: str) -> dict[str, Any]:
    """A line's arithmetic as it is stored: exact, from top to bottom."""
    rows = [
        {"operator": str(one.operator), "value": f"{one.value:f}", "label": one.label}
        for one in factors
    ]
    return {"factors": rows, "sentence": sentence}


def held(facts: Facts) -> int:
    """For how many seconds a position was open."""
    return int((facts.closed_at - facts.opened_at).total_seconds())


def _spread_of(deal: Deal | None) -> Decimal | None:
    """Ask − bid in price units; nothing where the platform told no prices, as MetaTrader 4."""
    if deal is None or not (deal.bid and deal.ask):
        return None
    return max(Decimal(0), deal.ask - deal.bid)


@dataclass(frozen=True)
class Member:
    """One partner of a deal's chain, with their plan, or why they earn nothing."""

    place: Place
    partner: Partner
    version: PlanVersion | None
    agreement: Agreement | None
    refusal: str


class Batch:
    """Some deals that closed positions, and everything their commissions depend on.

    Deals count as the platform has them now. `again` has the lines that were written on a deal:
    they are worked out once more, and whoever earned then is not asked whether they earn today.
    `until` says up to which correction a deal counts, to see what it came to before.
    """

    def __init__(
        self, at: datetime, deal_ids: Sequence[int], *,
        again: Mapping[int, Sequence[Accrual]] | None = None,
        until: Mapping[int, int] | None = None,
    ) -> None:  # fmt: skip
        rows = Deal.objects.filter(pk__in=deal_ids).select_related("account", "instrument")
        self.at, self.again = at, again or {}
        self.deals = list(rows.order_by("at", "ticket"))
        self.corrections = self._amended(until)
        self.chains = chains(deal_ids)
        self.opened = opening_deals(self.deals)
        places = [place for chain in self.chains.values() for place in chain]
        self.partners = Partner.objects.in_bulk({one.partner_id for one in places})
        versions = {one.version_id for one in places if one.version_id}
        self.versions = PlanVersion.objects.select_related("plan").in_bulk(versions)
        self.agreements = {pk: one.agreement for pk, one in self.versions.items()}
        self._earned: dict[tuple[str, Any], Earned] = {}

    def _amended(self, until: Mapping[int, int] | None) -> dict[int, DealCorrection]:
        """Read the deals as they were corrected; the newest correction of each that counts."""
        known = {one.pk: one for one in self.deals}
        rows = DealCorrection.objects.filter(deal__in=known).order_by("pk")
        counted = (one for one in rows if until is None or one.pk <= until.get(one.deal_id, 0))
        newest = {one.deal_id: one for one in counted}
        for pk, one in newest.items():
            for name, now in one.changed.items():
                setattr(known[pk], name, now if name == "symbol" else Decimal(now))
        self._renamed([known[pk] for pk, one in newest.items() if "symbol" in one.changed])
        return newest

    def _renamed(self, deals: list[Deal]) -> None:
        """A deal that is of another symbol now is of its instrument."""
        if deals:
            rows = PlatformSymbol.objects.filter(name__in={one.symbol for one in deals})
            is_ = {(one.platform_id, one.name): one for one in rows.select_related("instrument")}
            for deal in deals:
                found = is_.get((deal.platform_id, deal.symbol))
                deal.instrument = found.instrument if found else None

    @cached_property
    def rates(self) -> dict[str, Decimal]:
        return usd_rates()

    def lines(self) -> list[Accrual]:
        """Every line of every deal, in the order the deals closed."""
        return [line for deal in self.deals for line in self._of(deal)]

    def _member(self, place: Place, deal: Deal) -> Member:
        version = self.versions.get(place.version_id) if place.version_id else None
        agreement = self.agreements.get(version.pk) if version else None
        before = [one for one in self.again.get(deal.pk, ()) if one.partner_id == place.partner_id]
        earns = all(one.refusal != PAUSED for one in before) if before else place.earns
        refusal = PAUSED if not earns else NO_PLAN if version is None else ""
        return Member(place, self.partners[place.partner_id], version, agreement, refusal)

    def _of(self, deal: Deal) -> list[Accrual]:
        members = [self._member(place, deal) for place in self.chains.get(deal.pk, ())]
        if not members:
            return []
        leaf, groups = members[0], self._groups(deal)
        if deal.pk in self.corrections and self.corrections[deal.pk].gone:
            return [self._nothing(deal, leaf, GONE)]
        if leaf.refusal or leaf.agreement is None:
            return [self._nothing(deal, leaf, leaf.refusal)]
        if not leaf.agreement.rates:
            return [self._nothing(deal, leaf, "This plan pays for new clients, not for trades.")]
        facts = self._facts(deal, leaf.agreement.currency)
        steps, left_out = self._steps(members[: leaf.agreement.levels], deal, facts, groups)
        if 1 in left_out:
            return [self._nothing(deal, leaf, left_out[1])]
        try:
            found = accrue(
                facts,
                leaf.agreement.plan(),
                Chain(tuple(steps)),
                self._earned_before(deal, members),
            )
        except BadPlan as problem:
            return [self._nothing(deal, leaf, problem.sentence)]
        if found.refusal:
            missed = self._missed(facts, leaf.agreement, steps)
            paid = [one for one in members if any(one.place.level == s.level for s in steps)]
            return [
                self._nothing(deal, one, found.refusal, missed.get(one.place.level), facts)
                for one in paid
            ]
        by_level = {one.place.level: one for one in members}
        made = [self._line(deal, by_level[line.level], line, leaf, facts) for line in found.lines]
        for line in made:
            self._remember(line)
        refused = [self._nothing(deal, by_level[level], why) for level, why in left_out.items()]
        return made + refused

    def _groups(self, deal: Deal) -> tuple[str, ...]:
        return (deal.instrument.asset_class,) if deal.instrument else ()

    def _steps(
        self, members: list[Member], deal: Deal, facts: Facts, groups: tuple[str, ...]
    ) -> tuple[list[Step], dict[int, str]]:
        """The chain the plans calculate with, and the levels that are left out with the reason."""
        leaf = members[0].agreement
        if leaf is None:
            raise TypeError("A chain starts with a partner who has a plan.")
        steps, left_out = [], {}
        for member in members:
            level, own = member.place.level, member.agreement
            if member.refusal or own is None:
                left_out[level] = member.refusal or NO_PLAN
                continue
            terms, why = own.terms_for(facts.symbol, groups, deal.at)
            on_top = leaf.cascade == Cascade.ON_TOP and level > 1
            if on_top:
                terms = None
            elif own.currency != leaf.currency:
                terms, why = None, f"This trade is worked out in {leaf.currency}."
            elif terms is not None and (missing := untold(facts, terms)):
                terms, why = None, missing
            if terms is None and not on_top:
                left_out[level] = why
                continue
            share = own.override_at(level) if level > 1 else Decimal(0)
            steps.append(Step(member.partner.code, level, terms, share))
        return steps, left_out

    def _facts(self, deal: Deal, currency: str) -> Facts:
        """The deal as plans calculate with it; the platform's own rate converts where it can."""
        opening = self.opened.get((deal.platform_id, deal.position))
        account_currency = deal.account.currency if deal.account else currency
        into = self._cross(account_currency, currency)
        opened_at = deal.opened_at or (opening.at if opening else deal.at)
        opened_at = min(opened_at, deal.at)
        instrument = deal.instrument
        price_open = deal.price_open or (opening.price if opening else deal.price)
        return Facts(
            deal_id=str(deal.ticket),
            symbol=instrument.code if instrument else deal.symbol,
            side=Side.BUY if deal.action == Deal.Action.SELL else Side.SELL,
            lots=deal.lots_closed or deal.lots,
            contract_size=deal.contract_size,
            opened_at=opened_at,
            closed_at=deal.at,
            open_price=price_open,
            close_price=deal.price,
            pip=instrument.pip if instrument else Decimal("0.0001"),
            fx=(deal.rate_profit * into).quantize(EIGHT),
            open_spread=_spread_of(opening),
            close_spread=_spread_of(deal),
            commission=(abs(deal.commission) * into).quantize(SIX),
        )

    def _cross(self, source: str, target: str) -> Decimal:
        if source == target:
            return Decimal(1)
        return (self.rates[source] / self.rates[target]).quantize(EIGHT)

    def _earned_before(self, deal: Deal, members: list[Member]) -> dict[str, Earned]:
        """What each partner has earned on that day and in that month, where a cap asks for it."""
        leaf = members[0].agreement
        if leaf is None or not leaf.capped:
            return {}
        return {one.partner.code: self._earned_by(one.partner, deal) for one in members}

    def _earned_by(self, partner: Partner, deal: Deal) -> Earned:
        """Without the deal itself, where it is worked out once more."""
        once_more = deal.pk if deal.pk in self.again else 0
        day = deal.at.replace(hour=0, minute=0, second=0, microsecond=0)
        month = day.replace(day=1)
        found = []
        for word, start, end in (
            ("day", day, day + timedelta(days=1)),
            ("month", month, (month + timedelta(days=32)).replace(day=1)),
        ):
            key = (f"{partner.pk}/{word}/{once_more}", start)
            if key not in self._earned:
                rows = Accrual.objects.filter(partner=partner, at__gte=start, at__lt=end)
                if once_more:
                    rows = rows.exclude(deal=once_more)
                total = rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
                self._earned[key] = Earned(total, total)
            found.append(self._earned[key].day)
        return Earned(*found)

    def _remember(self, line: Accrual) -> None:
        day = line.at.replace(hour=0, minute=0, second=0, microsecond=0)
        for word, start in (("day", day), ("month", day.replace(day=1))):
            key = (f"{line.partner_id}/{word}/0", start)
            if key in self._earned:
                total = self._earned[key].day + line.amount
                self._earned[key] = Earned(total, total)

    def _missed(self, facts: Facts, agreement: Agreement, steps: list[Step]) -> dict[int, Decimal]:
        """What each level would have earned, had the trade been held long enough."""
        plan = agreement.plan(minimum_holding=False)
        found = accrue(facts, plan, Chain(tuple(steps)))
        return {line.level: line.amount for line in found.lines}

    def _line(self, deal: Deal, member: Member, line: Line, leaf: Member, facts: Facts) -> Accrual:
        paid_in = Currency(member.partner.payout_currency)
        worked_in = leaf.agreement.currency if leaf.agreement else paid_in
        amount, factors, sentence = line.amount, line.factors, line.sentence
        if worked_in != paid_in:
            rate = self._cross(worked_in, paid_in)
            trail = Trail(amount, factors).times(f"{worked_in} into {paid_in}", rate)
            trail = trail.equals(f"Reward in {paid_in}")
            amount, factors = trail.value, trail.factors
            sentence = f"{sentence} In {paid_in} that is {figure(amount)}."
        made = self._row(deal, member, base=line.base, rate=line.rate, amount=amount)
        made.arithmetic = as_arithmetic(factors, sentence) | {"held": held(facts)}
        return made

    def _nothing(
        self, deal: Deal, member: Member, why: str, missed: Decimal | None = None,
        facts: Facts | None = None,
    ) -> Accrual:  # fmt: skip
        """A line of zero that says why; it is what a partner sees who asks about the trade."""
        made = self._row(deal, member, base=Decimal(0), rate=Decimal(0), amount=Decimal(0))
        made.refusal = why[:200]
        sentence = f"{member.partner.code} earns nothing on deal {deal.ticket}: {why}"
        zero = Factor("Nothing is earned", Decimal(0), Operator.EQUALS)
        made.arithmetic = as_arithmetic([zero], sentence)
        if missed is not None and facts is not None and member.agreement is not None:
            made.arithmetic |= {
                "missed": f"{missed:f}",
                "held": held(facts),
                "minimum": member.agreement.minimum_holding_seconds,
            }
        return made

    def _row(
        self, deal: Deal, member: Member, *, base: Decimal, rate: Decimal, amount: Decimal
    ) -> Accrual:
        if deal.account is None:
            raise TypeError("A deal of nobody's account earns nobody anything.")
        return Accrual(
            partner=member.partner, client_id=deal.account.client_id, kind=Accrual.Kind.TRADE,
            level=member.place.level, deal=deal, version=member.version,
            deal_correction=self.corrections.get(deal.pk),
            lots=deal.lots_closed or deal.lots, base=base, rate=rate, amount=amount,
            currency=member.partner.payout_currency, at=deal.at, accrued_at=self.at,
        )  # fmt: skip
