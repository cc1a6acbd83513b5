"""The staff pages: who sees them, what they say, and what stays masked."""

from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, now
from nostro.ledger.queries import Closing, checks
from nostro.payments.models import Withdrawal
from nostro.people.models import Client, Staff
from nostro.reconciliation.models import Break, Match, StatementFile
from nostro.reconciliation.tests.conftest import House
from tests import make

pytestmark = pytest.mark.django_db
PAGES = ["standing", "breaks", "matches", "statements", "client-money"]


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    """These tests are about pages; how staff prove who they are is tested where it is done."""
    settings.NOSTRO_REQUIRE_MFA = False


def signed_in(person: Staff) -> Browser:
    browser = Browser()
    browser.force_login(person.user)
    return browser


@pytest.fixture
def read(house: House, ada: Client) -> House:
    """A payment that matched, and a receipt that nobody knows."""
    assert house.pay_out(ada, "300.00").status == Withdrawal.Status.SENT
    house.receive("640.00", debtor_name="Wilhelm Steiner", remittance="savings")
    house.read()
    return house


@pytest.mark.parametrize("page", PAGES)
def test_finance_sees_every_page_and_others_none(act: Act, page: str) -> None:
    ours = signed_in(make.staff("reconciliation.*"))
    theirs = signed_in(make.staff("people.*"))
    assert ours.get(f"/staff/reconciliation/{page}/").status_code == 200
    assert theirs.get(f"/staff/reconciliation/{page}/").status_code == 403


def test_the_first_page_says_where_every_account_stands(read: House) -> None:
    said = signed_in(make.staff("reconciliation.*")).get("/staff/reconciliation/standing/")
    body = said.content.decode()
    assert "250,340.00" in body
    assert "Agrees, with breaks" in body
    assert "Unknown credit" in body


def test_a_payer_is_masked_for_those_who_may_not_see_names(read: House) -> None:
    file, found = StatementFile.objects.get(), Break.objects.get()
    addresses = [f"statements/{file.pk}/", f"breaks/{found.pk}/"]
    addresses += [f"matches/{Match.objects.get().pk}/", "accounts/1/"]
    masked = signed_in(make.staff("reconciliation.*"))
    plain = signed_in(make.staff("reconciliation.*", unmasked=["reconciliation.*"]))
    for address in addresses[:2]:
        url = f"/staff/reconciliation/{address}"
        assert b"Steiner" not in masked.get(url).content
        assert b"Steiner" in plain.get(url).content
    assert masked.get(f"/staff/reconciliation/{addresses[2]}").status_code == 200


def test_another_entitys_statement_is_not_there(read: House) -> None:
    make.entity("UK")
    theirs = signed_in(make.staff("reconciliation.*", entities=["UK"]))
    file = StatementFile.objects.get()
    assert theirs.get(f"/staff/reconciliation/statements/{file.pk}/").status_code == 404
    assert b"250,340.00" not in theirs.get("/staff/reconciliation/standing/").content


def test_what_no_bank_line_explains_stands_on_the_checklist_before_closing(read: House) -> None:
    day = now().date()
    found = {one.text: one for one in checks(Act.system(), Closing(day))}
    assert found["Every bank line is matched"].end == "1 line"
    assert found["No difference is open"].state == "fail"
    other = make.entity("UK").pk
    assert {one.text: one for one in checks(Act.system(), Closing(day, other))}[
        "Every bank line is matched"
    ].state == "ok"
