"""Deals that a platform changed or deleted: what they earned is corrected by lines beside it.

A batch takes the same handful of statements whatever its size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.partners.events import AccrualsFollowedDeals
from nostro.partners.models import Accrual
from nostro.partners.operations.accruals import NothingToAccrue, post_accrued
from nostro.partners.operations.computing import GONE, Batch, as_arithmetic
from nostro.partners.plans import Factor, Operator, Trail, figure
from nostro.trading.models import DealCorrection

SHOWN = {"lots_closed": "lots", "price": "closing price", "commission": "commission"}
"""What a partner may know of a change. A client's result is not theirs to see."""


@operation(title="Follow changed deals", internal=True)
def follow_deals(act: Act, *, deals: list[int]) -> int:
    """Correct what deals earned that the platform changed or deleted. The number of new lines.

    A deleted deal earns nothing, whatever a person made of its lines; on a changed one, what a
    person corrected stays beside what the plan makes of it now.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('partners.accrue'))")
    histories = _histories(deals)
    by_deal: dict[int, list[Accrual]] = {}
    for one in histories:
        by_deal.setdefault(one.deal_id, []).append(one.line)
    seen = {pk: max(one.deal_correction_id or 0 for one in some) for pk, some in by_deal.items()}
    before = Batch(act.at, list(by_deal), again=by_deal, until=seen)
    after = Batch(act.at, list(by_deal), again=by_deal)
    was, now = _by_place(before.lines()), _by_place(after.lines())
    made = [
        _line(act, one, found, trail)
        for one in histories
        if (found := after.corrections.get(one.deal_id))
        and (trail := _difference(one, found, was, now)).value
    ]
    if not made:
        raise NothingToAccrue("What these deals earned is what it was.")
    made = Accrual.objects.bulk_create(made, batch_size=2000)
    totals = post_accrued(act, made)
    partner_ids = sorted({one.partner_id for one in made})
    count = len({one.deal_id for one in made})
    act.record(AccrualsFollowedDeals(len(made), count, partner_ids, totals), about=None)
    return len(made)


@dataclass
class _History:
    """A line as it was first written, and the corrections of it so far, each of the one before."""

    line: Accrual
    corrections: list[Accrual]

    @property
    def deal_id(self) -> int:
        return self.line.deal_id or 0

    @property
    def place(self) -> tuple[int, int, int]:
        return self.deal_id, self.line.partner_id, self.line.level

    @property
    def last(self) -> Accrual:
        return self.corrections[-1] if self.corrections else self.line

    @property
    def stands(self) -> Decimal:
        return self.line.amount + sum((one.amount for one in self.corrections), Decimal(0))

    @property
    def by_plan(self) -> Decimal:
        """Without what people corrected."""
        followed = (one.amount for one in self.corrections if one.deal_correction_id)
        return self.line.amount + sum(followed, Decimal(0))


def _histories(deals: Sequence[int]) -> list[_History]:
    rows = Accrual.objects.filter(deal__in=deals).select_related("partner").order_by("pk")
    lines: list[_History] = []
    of: dict[int, _History] = {}
    for row in rows:
        if row.corrects_id is None:
            lines.append(_History(row, []))
            of[row.pk] = lines[-1]
        else:
            of[row.pk] = of[row.corrects_id]
            of[row.pk].corrections.append(row)
    return lines


def _by_place(lines: Iterable[Accrual]) -> dict[tuple[int, int, int], Accrual]:
    return {(one.deal_id or 0, one.partner_id, one.level): one for one in lines}


def _difference(
    history: _History, correction: DealCorrection,
    was: Mapping[tuple[int, int, int], Accrual], now: Mapping[tuple[int, int, int], Accrual],
) -> Trail:  # fmt: skip
    """What is missing of the right amount, or too much, factor by factor."""
    if correction.gone:
        trail = Trail.start("It should have been", Decimal(0))
        return trail.minus("Accrued", history.stands).equals("The difference")
    old, new, line = was.get(history.place), now.get(history.place), history.line
    if old is None and new is None:
        return Trail(Decimal(0))  # The tree was changed since, so the plans say nothing of it.
    right = new.amount if new else Decimal(0)
    if old is not None and old.amount and old.amount != line.amount:
        # Rates or caps have moved since: the change is what counts, not what they make of it today.
        trail = Trail.start("Accrued first", line.amount)
        changed = ("Now, at today's rates", right)
        trail = trail.share(changed, ("Before, at today's rates", old.amount), "By the plan")
    elif new is None or new.refusal:
        trail = Trail.start("It should have been", right)
    else:
        factors = (
            Factor(one["label"], Decimal(one["value"]), Operator(one["operator"]))
            for one in new.factors
        )
        trail = Trail(right, tuple(factors))
    return trail.minus("Accrued", history.by_plan).equals("The difference")


def _line(act: Act, history: _History, correction: DealCorrection, trail: Trail) -> Accrual:
    line = history.line
    reason = _reason(correction)
    sentence = f"{figure(trail.value)} {line.currency} on {line}: {reason}"
    return Accrual(
        partner_id=line.partner_id, client_id=line.client_id, level=line.level,
        kind=Accrual.Kind.CORRECTION, deal_id=line.deal_id, version_id=line.version_id,
        lots=Decimal(0), base=line.base, rate=line.rate, amount=trail.value,
        currency=line.currency, corrects=history.last, deal_correction=correction,
        arithmetic=as_arithmetic(trail.factors, sentence) | {"reason": reason},
        at=act.at, accrued_at=act.at,
    )  # fmt: skip


def _reason(correction: DealCorrection) -> str:
    if correction.gone:
        return GONE
    told = [
        f"{SHOWN[name]} {figure(abs(Decimal(value)))}"
        for name, value in correction.changed.items()
        if name in SHOWN
    ]
    return f"The platform changed this trade: {', '.join(told) or 'its figures'}."
