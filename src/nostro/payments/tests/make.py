"""Builders of payments: methods, a client of some standing, deposits on their way."""

from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act, clock_at, now
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance
from nostro.payments.models import Deposit, Destination, Method
from nostro.payments.operations import add_destination, send_to_client, set_method, start_deposit
from nostro.people.models import Client
from nostro.people.operations import set_risk
from tests import make as house

IBAN = "FR1420041010050500013M02606"


def methods() -> None:
    """Card and bank, as clients see them."""
    for slug, name, icon in (
        ("card", "Card", "credit-card"), ("bank", "Bank transfer", "building-bank"),
    ):  # fmt: skip
        set_method(
            Act.system(), slug=slug, name=name, icon=icon, currencies=["USD", "EUR", "GBP"],
            least=Decimal(10), most=Decimal(50000), speed="seconds",
        )  # fmt: skip


def client(
    *, risk: str = "low", days: int = 60, first_name: str = "Ada", last_name: str = "Lovelace",
    email: str = "",
) -> Client:  # fmt: skip
    """A verified client under the Seychelles licence, known for a while."""
    with clock_at(now() - timedelta(days=days)):
        made = house.client("SC", first_name=first_name, last_name=last_name, email=email)
        set_risk(Act.system(), made, risk=risk, score=12)
    made.refresh_from_db()
    return made


def started(who: Client, amount: str = "500.00 USD", *, method: str = "card") -> Deposit:
    return start_deposit(
        Act.system(), who, money=Money.of(amount), method=Method.objects.get(slug=method)
    )


def bank_account(who: Client) -> Destination:
    """One that is old enough to be paid to."""
    with clock_at(now() - timedelta(days=3)):
        return add_destination(Act.system(), who, iban=IBAN, holder=who.name)


def wallet(who: Client, currency: str = "USD") -> Money:
    return balance(chart.client_wallet(who.pk), currency)


def held(who: Client, currency: str = "USD") -> Money:
    return balance(chart.client_held(who.pk), currency)


def clerk(*names: str) -> Act:
    """An act of somebody in payments."""
    return house.act_of(house.staff(*(names or ("payments.*",))))


def given(giver: Client, money: str = "20.00 EUR") -> None:
    """Money on its way to another client of the same firm."""
    other = house.client(giver.entity.code)
    send_to_client(
        house.act_of(giver), giver, number=other.number, email=other.email, money=Money.of(money)
    )
