"""Accruing: what partners earn on deals and on new clients, written once, with its arithmetic.

A batch takes the same handful of statements whatever its size: deals, chains, plans, partners,
openings, what exists; then one insert, one posting, one event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import HALF_UP, Money
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.operations import Move, Posting, post_many
from nostro.partners.events import AccrualCorrected, AcquisitionAccrued, PartnerAccrued
from nostro.partners.models import Accrual, ClientLink, Partner
from nostro.partners.operations.attribution import related
from nostro.partners.operations.computing import Batch, as_arithmetic
from nostro.partners.plans import Anchor, Happening, Referred, Trail, acquire, figure
from nostro.partners.queries.acquisitions import deposits_of, paid_for, plan_at
from nostro.partners.queries.chains import accruable
from nostro.payments.models import Deposit

PLACES = Decimal("0.000001")


class NothingToAccrue(Problem):
    """No partner earns on these deals, or all of them have been accrued."""

    status = 409


class BadCorrection(Problem):
    """A line that cannot be corrected, or a correction that changes nothing."""


@operation(title="Accrue deals", internal=True)
def accrue_deals(act: Act, *, deals: list[int]) -> int:
    """Write what partners earn on deals that closed positions. The number of lines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('partners.accrue'))")
    due = accruable(deals)
    if not due:
        raise NothingToAccrue("There is nothing to accrue on these deals.")
    lines = Batch(act.at, due).lines()
    made = Accrual.objects.bulk_create(lines, batch_size=2000)
    totals = post_accrued(act, made)
    partner_ids = sorted({one.partner_id for one in made})
    act.record(PartnerAccrued(len(made), len(due), partner_ids, totals), about=None)
    return len(made)


@dataclass(frozen=True)
class _Share:
    """What one partner's lines of one batch come to."""

    partner: Partner
    total: Decimal

    @property
    def payable(self) -> Money:
        exact = self.partner.unposted + self.total
        return Money.rounded(exact, self.partner.payout_currency, HALF_UP)


def post_accrued(act: Act, made: Iterable[Accrual]) -> list[Money]:
    """Post what can be paid of new lines, partner by partner; what is finer stays unposted.

    So a partner's lines always sum to what the ledger holds and this residue.
    """
    sums: dict[int, Decimal] = {}
    first: dict[int, int] = {}
    for line in made:
        sums[line.partner_id] = sums.get(line.partner_id, Decimal(0)) + line.amount
        first.setdefault(line.partner_id, line.pk)
    earning = [pk for pk, total in sums.items() if total]
    rows = Partner.objects.select_for_update(no_key=True).filter(pk__in=earning).order_by("pk")
    shares = [_Share(partner, sums[partner.pk]) for partner in rows]
    moved = [(one, one.payable) for one in shares]
    postings = [_posting(one.partner, money, first) for one, money in moved if money]
    for one, money in moved:
        one.partner.unposted += one.total - money.amount
    Partner.objects.bulk_update([one.partner for one in shares], ["unposted"])
    if postings:
        post_many(act, postings)
    return _totals(money for _, money in moved)


def _totals(moneys: Iterable[Money]) -> list[Money]:
    totals: dict[str, Money] = {}
    for money in moneys:
        totals[money.currency] = totals.get(money.currency, Money.zero(money.currency)) + money
    return list(totals.values())


def _posting(partner: Partner, money: Money, first: Mapping[int, int]) -> Posting:
    house, earned = chart.house_commission(), chart.partner_earned(partner.pk)
    source, target = (house, earned) if money.amount > 0 else (earned, house)
    return Posting(
        f"Commission of {partner.code}", [Move(abs(money), source=source, target=target)],
        key=f"accrual/{first[partner.pk]}", kind="commission", entity_id=partner.entity_id,
    )  # fmt: skip


@operation(internal=True, lock=False)
def accrue_acquisition(act: Act, deposit: Deposit) -> Accrual:
    """Write what a new client's deposit earns the partner who brought them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('partners.accrue'))")
    line = acquisition_line(act, deposit)
    if line is None:
        raise NothingToAccrue("This deposit earns no partner anything.")
    line.save()
    post_accrued(act, [line])
    act.record(AcquisitionAccrued(line.pk, line.partner_id, line.money), about=line)
    return line


def acquisition_line(act: Act, deposit: Deposit) -> Accrual | None:
    """The line a deposit would earn now, or nothing. Asked before, and again inside."""
    at = deposit.settled_at or act.at
    link = ClientLink.objects.select_related("partner__user", "client").filter(
        client_id=deposit.client_id, starts_at__lte=at
    ).order_by("-starts_at").first()  # fmt: skip
    if link is None or (link.ends_at and link.ends_at <= at):
        return None
    partner, client = link.partner, link.client
    version = plan_at(partner.pk, at)
    offer = version.agreement.new_client if version else None
    done = Accrual.objects.filter(deposit=deposit, partner=partner).exists()
    if version is None or offer is None or done or partner.status != Partner.Status.ACTIVE:
        return None
    currency = version.agreement.currency
    happened = tuple(
        Happening("deposit", moment, amount)
        for moment, amount in deposits_of(client.pk, currency, until=at)
    )
    referred = Referred(
        client.country, happened, {Anchor.REGISTRATION: client.registered_at},
        related=related(partner, client),
    )  # fmt: skip
    found = acquire(offer.offer, referred, paid=paid_for(partner.pk, client.pk))
    if found.arithmetic is None or found.due <= 0:
        return None
    deposited = sum((one.amount for one in happened), Decimal(0))
    sentence = (
        f"{partner.code} earns {figure(found.due)} {currency} for the new client "
        f"{client.number}, whose deposits came to {figure(deposited)}."
    )
    return Accrual(
        partner=partner, client=client, kind=Accrual.Kind.ACQUISITION, level=1, deposit=deposit,
        version=version, base=deposited.quantize(PLACES),
        rate=Decimal(1), amount=found.due.quantize(PLACES), currency=currency,
        arithmetic=as_arithmetic(found.arithmetic.factors, sentence), at=at, accrued_at=act.at,
    )  # fmt: skip


@operation(title="Correct", icon="receipt-refund", tone="refuse")
def correct_accrual(
    act: Act, accrual: Accrual, *, right_amount: Decimal = Decimal(0), reason: str
) -> Accrual:
    """Say what a line should have been. It stays as it was; the difference is a line of its own."""
    if not reason.strip():
        raise BadCorrection("Say why, the partner reads it.", field="reason")
    if Accrual.objects.filter(corrects=accrual).exists():
        raise BadCorrection(f"{accrual} has been corrected already. Correct the correction.")
    if right_amount != right_amount.quantize(PLACES):
        raise BadCorrection("A line has six decimal places at most.", field="right_amount")
    trail = Trail.start("It should have been", right_amount).minus("Accrued", accrual.amount)
    trail = trail.equals("The difference")
    if not trail.value:
        raise BadCorrection("That is what the line says already.", field="right_amount")
    sentence = f"{figure(trail.value)} {accrual.currency} on {accrual}: {reason.strip()}"
    made = Accrual.objects.create(
        partner_id=accrual.partner_id, client_id=accrual.client_id, level=accrual.level,
        kind=Accrual.Kind.CORRECTION, deal_id=accrual.deal_id, deposit_id=accrual.deposit_id,
        version_id=accrual.version_id, lots=Decimal(0), base=accrual.base, rate=accrual.rate,
        amount=trail.value, currency=accrual.currency, corrects=accrual,
        arithmetic=as_arithmetic(trail.factors, sentence) | {"reason": whole(reason)},
        at=act.at, accrued_at=act.at,
    )  # fmt: skip
    post_accrued(act, [made])
    about = AccrualCorrected(accrual.pk, made.pk, accrual.partner_id, whole(reason))
    act.record(about, about=made)
    return made
