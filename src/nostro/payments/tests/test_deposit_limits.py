"""How much a client may pay in: a rule says the most of a day and of 30 days."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.kit import Money
from nostro.payments.decisions import PAY_IN
from nostro.payments.models import Deposit, Method
from nostro.payments.operations import fail_deposit, settle_deposit, start_deposit
from nostro.payments.operations.deposits import OverLimit
from nostro.payments.tests import make
from nostro.payments.tests.test_pages import signed_in
from nostro.people.models import Client
from nostro.rules.models import Decision
from tests import make as house

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    """At high risk: 10,000 USD a day, 20,000 USD in 30 days."""
    who = make.client(risk="high")
    house.methods()
    return who


def pays(who: Client, amount: str, *, days: int) -> Deposit:
    """Paid in so many days ago."""
    with clock_at(now() - timedelta(days=days)):
        made = make.started(who, amount)
        settle_deposit(Act.system(), made, received=made.money)
    return made


def refused(who: Client, amount: str) -> OverLimit:
    before = Record.objects.count(), Deposit.objects.count(), Decision.objects.count()
    with pytest.raises(OverLimit) as over:
        start_deposit(
            house.act_of(who), who, money=Money.of(amount), method=Method.objects.get(slug="card")
        )
    assert before == (Record.objects.count(), Deposit.objects.count(), Decision.objects.count())
    return over.value


def test_the_limit_of_30_days_names_itself_and_what_is_left(ada: Client) -> None:
    pays(ada, "9000.00 USD", days=29)
    pays(ada, "9500.00 USD", days=10)
    over = refused(ada, "1500.01 USD")
    assert over.sentence == (
        "You can pay in up to 20,000.00 USD within 30 days. 1,500.00 USD of it is left for now."
    )
    made = make.started(ada, "1500.00 USD")
    assert made.status == Deposit.Status.STARTED
    assert "Nothing of it is left" in refused(ada, "10.00 USD").sentence


def test_what_is_older_than_30_days_counts_no_more(ada: Client) -> None:
    pays(ada, "9000.00 USD", days=31)
    pays(ada, "9000.00 USD", days=20)
    assert make.started(ada, "9900.00 USD").status == Deposit.Status.STARTED


def test_the_limit_of_a_day_is_held_beside_it(ada: Client) -> None:
    pays(ada, "6000.00 USD", days=0)
    over = refused(ada, "4000.50 USD")
    assert "10,000.00 USD within 24 hours. 4,000.00 USD of it is left" in over.sentence


def test_what_was_declined_does_not_count_and_a_page_left_open_counts_for_a_day(
    ada: Client,
) -> None:
    fail_deposit(Act.system(), make.started(ada, "9000.00 USD"), reason="Declined.")
    with clock_at(now() - timedelta(days=2)):
        make.started(ada, "9000.00 USD")
    make.started(ada, "9000.00 USD")
    assert refused(ada, "1000.01 USD").left == Money.of("1000.00 USD")


def test_what_is_left_is_said_in_the_currency_that_would_be_paid(ada: Client) -> None:
    pays(ada, "8000.00 USD", days=0)
    over = refused(ada, "9000.00 EUR")
    assert over.left.currency == "EUR"
    assert Decimal(1000) < over.left.amount < Decimal(2000)


def test_the_totals_reach_the_rule_and_the_answer_is_kept(ada: Client) -> None:
    pays(ada, "3000.00 USD", days=5)
    make.started(ada, "500.00 USD")
    kept = Decision.objects.filter(point=PAY_IN.name).latest("pk")
    assert (kept.inputs["total_24h"], kept.inputs["total_30d"]) == ("500.00", "3500.00")
    assert kept.rows == ["high-risk"]


def test_the_page_offers_what_is_left_instead(ada: Client) -> None:
    pays(ada, "8000.00 USD", days=0)
    browser: Browser = signed_in(ada)
    card = Method.objects.get(slug="card")
    answer = browser.post(
        "/room/deposit/", {"amount": "5000", "currency": "USD", "method": str(card.pk)}
    )
    assert answer.status_code == 422
    assert "2,000.00 USD of it is left" in answer.text
    assert "Pay in 2,000.00 USD instead" in answer.text
    assert "/room/deposit/?amount=2000" in answer.text
