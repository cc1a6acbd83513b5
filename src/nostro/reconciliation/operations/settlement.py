"""Payment providers beside the ledger: the batches they pay out, the balances they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import HALF_EVEN, Money
from nostro.ledger import chart
from nostro.ledger.queries import balance
from nostro.payments.models import Leg, Provider
from nostro.payments.ports import ProviderBalance, ProviderPayout, SettlementLine
from nostro.reconciliation.events import PaymentsChased, PayoutsRecorded, ProviderCompared
from nostro.reconciliation.models import (
    BankAccount,
    Break,
    Payout,
    ProviderComparison,
    money_of,
)
from nostro.reconciliation.operations.breaks import close_break, open_break
from nostro.reconciliation.operations.statements import reconcile
from nostro.reconciliation.queries.expected import sent_legs
from nostro.reconciliation.queries.settlement import unpaid_gross

LATE = timedelta(days=3)
DEAD = {"failed", "canceled"}


@dataclass(frozen=True)
class Batch:
    """A payout with its lines, as the provider told them."""

    payout: ProviderPayout
    lines: tuple[SettlementLine, ...]

    @property
    def fee(self) -> Money:
        return sum((one.fee for one in self.lines), Money.zero(self.payout.money.currency))

    @property
    def sums(self) -> bool:
        zero = Money.zero(self.payout.money.currency)
        nets = sum((one.net for one in self.lines), zero)
        return nets == self.payout.money and all(
            one.gross - one.fee == one.net for one in self.lines
        )


@operation(internal=True)
def record_payouts(act: Act, provider: Provider, *, batches: Sequence[Batch]) -> list[Payout]:
    """Keep the batches a provider has paid out, once each, and look for them at the bank."""
    wanted = {one.payout.reference: one for one in batches if one.payout.state not in DEAD}
    known = Payout.objects.filter(provider=provider.slug, reference__in=wanted)
    for reference in known.values_list("reference", flat=True):
        del wanted[reference]
    made = Payout.objects.bulk_create(_payout(act, provider, one) for one in wanted.values())
    act.record(PayoutsRecorded(provider.slug, len(made)), about=provider)
    for one in made:
        if not one.sums:
            open_break(
                act, Break.Kind.PAYOUT, key=f"payout/{one.pk}", money=one.money, entity_id=None,
                cause=f"The lines of {one} do not make {one.money}.",
            )  # fmt: skip
    currencies = {one.currency for one in made}
    for account in BankAccount.objects.select_for_update().filter(currency__in=currencies):
        reconcile(act, account)
    return made


def _payout(act: Act, provider: Provider, batch: Batch) -> Payout:
    lines = [
        {
            "reference": one.reference, "kind": one.kind, "source": one.source,
            "gross": str(one.gross.amount), "fee": str(one.fee.amount),
            "net": str(one.net.amount),
        }
        for one in batch.lines
    ]  # fmt: skip
    money = batch.payout.money
    return Payout(
        provider=provider.slug, reference=batch.payout.reference, amount=money.amount,
        currency=money.currency, fee=batch.fee.amount, arrival_date=batch.payout.arrival_date,
        lines=lines, sums=batch.sums, recorded_at=act.at,
    )  # fmt: skip


@operation(internal=True)
def compare_provider(
    act: Act, provider: Provider, *, held: ProviderBalance
) -> list[ProviderComparison]:
    """Put what a provider holds beside the clearing account, fees it will keep taken off."""
    theirs: dict[str, Money] = {}
    for money in (*held.available, *held.pending):
        theirs[money.currency] = theirs.get(money.currency, Money.zero(money.currency)) + money
    made = []
    for currency, there in sorted(theirs.items()):
        ours = -balance(chart.provider_clearing(provider.slug), currency)
        gross, count = unpaid_gross(provider, currency)
        fees = gross.times(provider.fee_percent / 100, HALF_EVEN)
        row = ProviderComparison.objects.create(
            provider=provider.slug, currency=currency, ours=ours.amount, fees=fees.amount,
            theirs=there.amount, at=act.at,
        )  # fmt: skip
        act.record(ProviderCompared(provider.slug, there, ours - fees), about=provider)
        _break_or_close(act, provider, row, rounding=Money.from_minor(count, currency))
        made.append(row)
    return made


def _break_or_close(
    act: Act, provider: Provider, row: ProviderComparison, *, rounding: Money
) -> None:
    key = f"provider/{provider.slug}/{row.currency}"
    if abs(row.difference) <= rounding:
        close_break(act, key, "Provider and ledger agree")
        return
    open_break(
        act, Break.Kind.PROVIDER, key=key, money=row.difference, entity_id=None,
        cause=f"{provider} holds {_said(row.theirs, row)}, the ledger has {_said(row.ours, row)}"
        f" of which {_said(row.fees, row)} is agreed to be its fee.",
    )  # fmt: skip


def _said(value: Decimal, row: ProviderComparison) -> Money:
    return money_of(value, row.currency)


@operation(internal=True)
def chase_payments(act: Act, account: BankAccount) -> int:
    """Payments the bank took days ago and that no statement shows: a break each."""
    late: list[Leg] = list(
        sent_legs(account).filter(sent_at__lt=act.at - LATE).select_related("withdrawal")
    )
    for leg in late:
        open_break(
            act, Break.Kind.MISSING, key=f"leg/{leg.pk}", money=-leg.money, account=account,
            entity_id=leg.withdrawal.entity_id,
            cause=f"{leg.withdrawal} was sent and is on no statement since.",
        )  # fmt: skip
    act.record(PaymentsChased(len(late)), about=account)
    return len(late)
