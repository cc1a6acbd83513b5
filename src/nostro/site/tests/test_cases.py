"""Open cases: what waits about one client, from every room that lets something wait."""

from datetime import timedelta

import pytest
from django.urls import get_resolver

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.payments.models import Withdrawal
from nostro.payments.operations import refuse_withdrawal, request_withdrawal
from nostro.payments.tests import make as payments
from nostro.payments.tests.test_pages import signed_in
from nostro.people.models import Client
from nostro.sales.models import Task
from nostro.sales.operations import set_task
from nostro.site.cases import cases
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    """A large withdrawal of hers waits for people, in a house whose pages are all there."""
    assert get_resolver().url_patterns
    who = payments.client()
    make.funded(who, "20000.00 USD")
    account = payments.bank_account(who)
    request_withdrawal(Act.system(), who, money=Money.of("12000.00 USD"), destination=account)
    return who


def test_what_waits_about_a_client_is_a_case_and_what_is_of_others_is_none(ada: Client) -> None:
    other = payments.client(first_name="Grace", last_name="Hopper")
    act = make.act_of(make.staff("payments.*", "people.*"))
    (found,) = cases(act, ada)
    assert found.number.startswith("W-")
    assert found.url.startswith("/staff/payments/withdrawals/")
    assert found.due_at is not None and found.since is not None
    assert found.due_at > found.since
    assert cases(act, other) == []


def test_what_a_colleague_may_not_see_is_no_case_to_them(ada: Client) -> None:
    assert cases(make.act_of(make.staff("people.*")), ada) == []


def test_tasks_stand_in_a_panel_of_their_own(ada: Client) -> None:
    act = make.act_of(make.staff("sales.*", "people.*"))
    set_task(act, ada, how=Task.How.CALL, text="Call back", until=act.at + timedelta(hours=2))
    assert cases(act, ada) == []


def test_the_clients_page_shows_them_with_their_clocks_or_says_that_there_are_none(
    ada: Client, settings: pytest.FixtureRequest
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]
    browser = signed_in(make.staff("payments.*", "people.*"))
    shown = browser.get(f"/staff/people/clients/{ada.pk}/").text
    panel = shown.partition("Open cases")[2].partition("</section>")[0]
    assert "W-" in panel and "data-due=" in panel
    other = payments.client(first_name="Grace", last_name="Hopper")
    shown = browser.get(f"/staff/people/clients/{other.pk}/").text
    assert "Nothing about this client waits for a decision." in shown


def test_where_nothing_waits_any_more_the_last_decision_is_told(ada: Client) -> None:
    officer = make.act_of(make.staff("payments.*", "people.*", "core.records"))
    other = make.act_of(make.staff("payments.*"))
    waits = Withdrawal.objects.get()
    refuse_withdrawal(other, waits, reason="The account is somebody else's")
    found = cases(officer, ada)
    assert found == []
    assert found.empty.startswith("Nothing waits for a decision. Last one closed ")
    assert f"refused {waits}: The account is somebody else's." in found.empty
    assert cases(other, ada).empty == "", "who may not read the log is told nothing of it"


def test_all_queues_are_asked_in_one_statement_and_only_those_with_something_again(
    ada: Client, django_assert_max_num_queries: object
) -> None:
    act = make.act_of(make.staff("*"))
    cases(act, ada)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert len(cases(act, ada)) == 1
