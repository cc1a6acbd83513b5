"""Builders: a client who has come all the way, and a wish to have money back."""

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.payments import operations as payments
from nostro.payments.models import Withdrawal
from nostro.people.models import Client
from tests import make


def paid_in(code: str = "CY", amount: str = "1000.00 USD") -> Client:
    """A client who registered, was verified and paid in."""
    client = make.client(code)
    make.funded(client, amount)
    return client


def asked_back(client: Client, amount: str = "100.00 USD") -> Withdrawal:
    """A withdrawal by this client, as the rule decides it."""
    return payments.request_withdrawal(Act.system(), client, money=Money.of(amount))
