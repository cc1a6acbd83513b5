"""What is looked at when money is asked back, and the facts the approval rule gets."""

from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.kit.money import Currency, Money
from nostro.payments.decisions import WithdrawalAsked
from nostro.payments.models import Check, Deposit, Destination, Withdrawal
from nostro.payments.queries import asked_after, ended_deposits, got_since
from nostro.people.models import Client
from nostro.trading.rates import in_usd

THIRD_PARTY = timedelta(days=90)
"""How long money that another client gave makes a person look at what is taken out."""


def checked(act: Act, withdrawal: Withdrawal, destination: Destination | None) -> list[Check]:
    """Every check with its sentence; nothing is saved here."""
    client = withdrawal.client
    past = {status for (status,) in ended_deposits(client.pk)}
    deposited, disputed = Deposit.Status.SETTLED in past, Deposit.Status.CHARGED_BACK in past
    given = sum((one for (one,) in got_since(client.pk, act.at - THIRD_PARTY)), Decimal(0))
    found = [
        ("documents", client.level >= 2, "Documents are approved", f"level {client.level}"),
        ("deposits", deposited, "Money was paid in before", ""),
        ("chargebacks", not disputed, "No chargeback", ""),
        ("standing", client.status == Client.Status.ACTIVE, "The client is not restricted", ""),
        (
            "third_party",
            not given,
            f"No money came from other clients in {THIRD_PARTY.days} days",
            f"{given:,.2f} USD" if given else "",
        ),
    ]
    if destination is not None:
        waited = destination.usable_from <= act.at
        found.append(("destination", waited, "The bank account is older than a day", ""))
    return [
        Check(withdrawal=withdrawal, code=code, passed=bool(ok), sentence=said, figure=figure)
        for code, ok, said, figure in found
    ]


def facts_for(
    act: Act, withdrawal: Withdrawal, destination: Destination | None, *, failed: int
) -> WithdrawalAsked:
    """The inputs of `payments.approval`."""
    client = withdrawal.client
    since = act.at - timedelta(hours=24)
    asked = [
        Money(amount.normalize(), Currency(code)) for amount, code in asked_after(client.pk, since)
    ]
    total = sum((in_usd(one) for one in asked), Decimal(0))
    used = (
        destination is None
        or Withdrawal.objects.filter(destination=destination, status="paid").exists()
    )
    return WithdrawalAsked(
        amount=in_usd(withdrawal.money),
        total_24h=total,
        risk=client.risk or "none",
        level=Decimal(client.level),
        entity=client.entity.code,
        country=client.country,
        new_destination=not used,
        verified_days=Decimal((act.at - client.status_at).days),
        checks_failed=Decimal(failed),
    )
