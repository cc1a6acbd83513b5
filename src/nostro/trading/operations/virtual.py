"""Virtual money on its way to a practice account: asked of the platform, and what it answered."""

from decimal import Decimal
from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.trading.events import VirtualMoneyAsked, VirtualMoneyBooked, VirtualMoneyRefused
from nostro.trading.models import TradingAccount

VIRTUAL = "NSV"
"""What the references of virtual money begin with."""


def ask_virtual_money(act: Act, account: TradingAccount) -> None:
    """What is due is asked of the platform, under a reference of its own."""
    account.virtual_reference = f"{VIRTUAL}{uuid4().hex[:20].upper()}"
    account.save(update_fields=["virtual_due", "virtual_reference"])
    event = VirtualMoneyAsked(
        account.pk, account.money(account.virtual_due), account.virtual_reference
    )
    act.record(event, about=account)


@operation(internal=True)
def virtual_money_booked(act: Act, account: TradingAccount, *, ticket: int) -> TradingAccount:
    """The platform has put the virtual money on the account."""
    money = account.money(account.virtual_due)
    account.virtual_due, account.virtual_reference = Decimal(0), ""
    account.save(update_fields=["virtual_due", "virtual_reference"])
    act.record(VirtualMoneyBooked(account.pk, money, ticket), about=account)
    return account


@operation(internal=True)
def virtual_money_refused(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """The platform would not: the account stays as it is, and can be topped up later."""
    money = account.money(account.virtual_due)
    account.virtual_due, account.virtual_reference = Decimal(0), ""
    account.save(update_fields=["virtual_due", "virtual_reference"])
    act.record(VirtualMoneyRefused(account.pk, money, reason[:200]), about=account)
    return account
