"""What we expect to see on a bank account: sent payments, announced deposits, paid out batches."""

from datetime import UTC, date, datetime, timedelta

from rapidfuzz.fuzz import token_sort_ratio

from nostro.core.acts import now
from nostro.payments.models import Deposit, Leg
from nostro.people.models import Client
from nostro.reconciliation.matching import Expected
from nostro.reconciliation.models import BankAccount, Payout
from nostro.reconciliation.scoring import LIKE_A_NAME

AWAITED = (Deposit.Status.STARTED, Deposit.Status.PENDING)
OLDEST = timedelta(days=90)


def _day(moment: datetime | None) -> date:
    return (moment or now()).astimezone(UTC).date()


def sent_legs(account: BankAccount):  # type: ignore[no-untyped-def]
    """Payments this bank has taken and that no statement has shown yet."""
    return Leg.objects.filter(
        status=Leg.Status.SENT, deposit__isnull=True, provider__slug=account.provider,
        currency=account.currency,
    )  # fmt: skip


def expected_on(account: BankAccount, *, at: datetime) -> list[Expected]:
    """Every movement of ours that may appear on this account. Three statements."""
    return [*_legs(account), *_deposits(account, at), *_payouts(account)]


def _legs(account: BankAccount) -> list[Expected]:
    rows = sent_legs(account).select_related("destination")
    return [
        Expected(
            f"leg/{leg.pk}", -leg.money, _day(leg.sent_at), end_to_end_id=leg.key,
            references=frozenset({leg.key, leg.reference} - {""}),
            counterparty=leg.destination.holder if leg.destination else "",
        )
        for leg in rows
    ]  # fmt: skip


def _deposits(account: BankAccount, at: datetime) -> list[Expected]:
    rows = Deposit.objects.filter(
        provider__slug=account.provider, currency=account.currency, status__in=AWAITED,
        started_at__gt=at - OLDEST,
    ).select_related("client")  # fmt: skip
    return [
        Expected(
            f"deposit/{one.pk}", one.money, _day(one.started_at),
            references=frozenset({one.key, one.reference, one.payment_reference} - {""}),
            counterparty=one.client.name,
        )
        for one in rows
    ]  # fmt: skip


def _payouts(account: BankAccount) -> list[Expected]:
    rows = Payout.objects.filter(currency=account.currency, arrived_at=None, sums=True)
    return [
        Expected(
            f"payout/{one.pk}", one.money, one.arrival_date,
            references=frozenset({one.reference}),
        )
        for one in rows
        if one.amount
    ]  # fmt: skip


def payer_is(counterparty: str, client: Client) -> str:
    """Who sent the money, as the rules ask it: the client, somebody else, or nobody is named."""
    if not counterparty.strip():
        return "unnamed"
    likeness = token_sort_ratio(counterparty.casefold(), client.name.casefold())
    return "client" if likeness >= LIKE_A_NAME else "third party"
