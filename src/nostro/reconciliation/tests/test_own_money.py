"""The firm's own money beside its clients': paid in where too little is there, and taken out."""

from datetime import timedelta

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.files import Upload
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.people.models import Client
from nostro.reconciliation.models import Break
from nostro.reconciliation.operations import (
    add_bank_account,
    explain_break,
    read_statement,
    reconcile_client_money,
)
from nostro.reconciliation.operations.breaks import WrongEntry
from nostro.reconciliation.tests import test_statements as camt
from nostro.reconciliation.tests.conftest import House
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stood() -> str:
    """Too little for what Ada is owed."""
    return "1000.00"


def eur(text: str) -> Money:
    return Money.of(f"{text} EUR")


def funding() -> Money:
    return balance(chart.house_funding(), "EUR")


def test_a_shortfall_ends_with_the_firms_own_money(house: House, ada: Client) -> None:
    entity, today = house.account.entity, now().date()
    house.read()
    reconcile_client_money(Act.system(), entity, day=today - timedelta(days=1))
    short = Break.objects.get(kind=Break.Kind.SHORTFALL)
    assert short.money == eur("-4000.00")
    assert "explain the credit as own money" in short.cause

    house.receive("4500.00", debtor_name="Meridian, own funds")
    house.read()
    credit = Break.objects.get(kind=Break.Kind.CREDIT)
    explain_break(Act.system(), credit, cause="Treasury of today", entry="own_money")

    assert funding() == eur("4500.00")
    assert balance(chart.unallocated(), "EUR") == eur("0.00")
    with clock_at(now() + timedelta(days=1)):
        (report,) = reconcile_client_money(Act.system(), entity, day=today)
    assert (report.resource_money, report.requirement_money) == (eur("5500.00"), eur("5000.00"))
    short.refresh_from_db()
    assert short.status == Break.Status.EXPLAINED
    assert verify() == []


def test_own_money_that_is_taken_out_again_is_no_charge(act: Act) -> None:
    account = add_bank_account(
        act, provider="aegean", name="Aegean", iban="CY17002001280000001200527600",
        currency="EUR", entity=make.entity("CY"),
    )  # fmt: skip
    said = camt.balance("OPBD", "500") + camt.balance("CLBD", "420") + camt.entry("80", "DBIT")
    read_statement(act, account, raw=Upload("statement.xml", camt.camt(said)))
    found, before = Break.objects.get(), Record.objects.count()
    with pytest.raises(WrongEntry):
        explain_break(act, found, cause="Excess", entry="house_income")
    assert (funding(), Record.objects.count()) == (eur("0.00"), before)

    explain_break(act, found, cause="Excess of last month", entry="own_money")
    assert funding() == eur("-80.00")
    assert balance(account.chart, "EUR") == eur("80.00")
    assert verify() == []
