"""A client's statements: their own wallets alone, month by month, on the page and as files."""

import pytest
from django.conf import settings
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.models import Record, User
from nostro.kit.money import Money
from nostro.ledger import chart
from nostro.ledger.models import LedgerAccount
from nostro.payments.operations import request_withdrawal
from nostro.payments.tests import make
from nostro.people.models import Client
from tests import make as house

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(act: Act) -> Client:
    """Paid in 900.00, asked 100.00 back."""
    who = house.client(currency="USD")
    house.funded(who, "900.00 USD")
    bank = make.bank_account(who)
    request_withdrawal(house.act_of(who), who, money=Money.of("100.00 USD"), destination=bank)
    return who


@pytest.fixture
def browser(ada: Client) -> Browser:
    made = Browser()
    user = User.objects.get(kind="client", person_id=ada.pk)
    made.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return made


def url_of(client: Client, leaf: str = "wallet") -> str:
    path = f"client/{client.pk}/{leaf}"
    return f"/room/statements/{LedgerAccount.objects.get(path=path, asset_id='USD').pk}/"


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_a_month_says_what_stood_what_moved_and_what_stands(ada: Client, browser: Browser) -> None:
    assert "US dollar" in text(browser.get("/room/statements/"))
    found = text(browser.get(url_of(ada)))
    for words in ("Deposit", "+900.00", "Set aside for a withdrawal", "−100.00", "Balance 800.00"):
        assert words in found
    assert chart.client_wallet(ada.pk).path not in found


def test_another_month_has_nothing_and_says_so(ada: Client, browser: Browser) -> None:
    found = text(browser.get(f"{url_of(ada)}?month=2020-02"))
    assert "Nothing moved in this month" in found
    assert "900.00" not in found


def test_a_month_is_taken_home_as_csv_and_pdf(ada: Client, browser: Browser) -> None:
    sheet = text(browser.get(f"{url_of(ada)}?form=csv"))
    assert "Balance at the end,,,800.00" in sheet
    assert browser.get(f"{url_of(ada)}?form=pdf").content.startswith(b"%PDF")


@pytest.mark.parametrize("wrong", ["month=then", "month=2026-13", "start=first", "form=exe"])
def test_what_makes_no_sense_is_refused_in_a_sentence(
    ada: Client, browser: Browser, wrong: str
) -> None:
    assert browser.get(f"{url_of(ada)}?{wrong}").status_code == 422


def test_nobody_reads_the_statement_of_somebody_else(ada: Client, browser: Browser) -> None:
    other = house.client(currency="USD")
    house.funded(other, "555.00 USD")
    before = Record.objects.count()
    for query in ("", "?form=csv", "?form=pdf"):
        answer = browser.get(f"{url_of(other)}{query}")
        assert answer.status_code == 404
        assert b"555" not in answer.content
    assert browser.get(url_of(ada, "held")).status_code == 404
    assert Record.objects.count() == before
