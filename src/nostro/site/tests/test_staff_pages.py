"""Proposals and events as staff see them."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.test import Client

from nostro.core import approvals
from nostro.core.access import Actor, Grants
from nostro.core.acts import Act
from nostro.core.approvals import Need
from nostro.core.identity import ACTORS
from nostro.core.models import Proposal, User
from tests import make

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    caches["memory"].clear()
    grants = Grants(frozenset({"core.*", "ui.*"}))
    monkeypatch.setitem(
        ACTORS, "staff", lambda user: Actor("staff", user.person_id, "Eleni Markou", grants)
    )
    user = User.objects.create_user("eleni@example.com", None, kind="staff", person_id=7)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def proposal(act: Act) -> Proposal:
    need = Need(people=2, permission="core.agree_to_proposal", within=timedelta(hours=4))
    made: Proposal = approvals.propose(
        act, None, operation="ui.save_view", raw={"page": "x", "name": "y"}, need=need
    )
    return made


def test_open_proposals_are_listed_with_their_clock(browser: Client, proposal: Proposal) -> None:
    page = browser.get("/staff/core/proposals/").text

    assert f'data-row="{proposal.pk}"' in page
    assert "Save view" in page
    assert "data-due=" in page


def test_a_proposal_says_aloud_who_can_agree(browser: Client, proposal: Proposal) -> None:
    page = browser.get(f"/staff/core/proposals/{proposal.pk}/").text

    assert "Save view waits for 2 more people" in page
    assert "you can give it" in page
    assert f'data-dialog="/staff/do/core.agree_to_proposal/{proposal.pk}"' in page
    assert "take_back" not in page


def test_a_word_is_given_once(browser: Client, proposal: Proposal) -> None:
    url = f"/staff/do/core.agree_to_proposal/{proposal.pk}"

    assert browser.post(url, {"note": "Fine."}, headers=HTMX).status_code == 204
    page = browser.get(f"/staff/core/proposals/{proposal.pk}/").text

    assert "You have said your word on this one." in page
    assert "1 of 2 agreed" in page


def test_my_work_leads_to_the_proposal_that_waits_longest(
    browser: Client, proposal: Proposal
) -> None:
    home = browser.get("/staff/").text
    answer = browser.get("/staff/queues/core.proposal/open/next")

    assert "Second person" in home
    assert "1 thing waits for you" in home
    assert answer["Location"] == f"/staff/core/proposals/{proposal.pk}/"


def test_what_a_role_cannot_agree_to_is_no_work_of_its_own(browser: Client, act: Act) -> None:
    need = Need(people=1, permission="ledger.adjust", within=timedelta(hours=4))
    approvals.propose(
        act, None, operation="ui.save_view", raw={"page": "x", "name": "y"}, need=need
    )
    home = browser.get("/staff/").text

    assert "Nothing waits for you." in home
    assert "Nothing waits in" in home


def test_a_name_leads_only_where_one_may_go(browser: Client, proposal: Proposal) -> None:
    make.client("SC")
    page = browser.get("/staff/core/events/").text

    assert "registered" in page
    assert 'href="/staff/people/clients/' not in page
    assert f'href="/staff/core/proposals/{proposal.pk}/"' in page


def test_events_are_sentences(browser: Client, proposal: Proposal) -> None:
    page = browser.get("/staff/core/events/").text

    assert "</b> proposed <a" in page
    assert ": Save view" in page
    assert "signed in" in page
    assert browser.get("/staff/core/events/?view=access").status_code == 200
    assert browser.get("/staff/core/events/?room=ui.").text.count("data-row=") == 1


def test_every_registered_page_opens(browser: Client) -> None:
    from nostro.ui.pages import PAGES

    lists = [page for page in PAGES.values() if page.title and page.allowed(_everything())]
    assert lists
    for page in lists:
        if page.room == "core":
            assert browser.get(page.url).status_code == 200


def _everything() -> Actor:
    return Actor("staff", 7, "Eleni Markou", Grants(frozenset({"*"})))


def test_nobody_changes_the_address_they_sign_in_with_past_the_operations(browser: Client) -> None:
    given = {"action_add": "", "email": "other@example.com"}

    assert browser.get("/account/email/").status_code == 404
    assert browser.post("/account/email/", given).status_code == 404
    assert "/account/email/" not in browser.get("/staff/me/").text


def test_a_rooms_own_address_leads_to_its_first_page_that_one_may_open(browser: Client) -> None:
    first = browser.get("/staff/core/")
    assert first.status_code == 302
    assert browser.get(first["Location"]).status_code == 200

    assert browser.get("/staff/payments/").status_code == 404
    assert browser.get("/staff/attic/").status_code == 404
    assert Client().get("/staff/core/").status_code == 302
