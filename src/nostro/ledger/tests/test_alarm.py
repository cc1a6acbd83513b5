"""The ledger is broken for once, and people see it until one of them has said why."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.db import connection
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden
from nostro.ledger import queries
from nostro.ledger.events import ProofAsked
from nostro.ledger.models import Alarm, Verification
from nostro.ledger.operations import ReasonNeeded, StillBroken, resolve_alarm
from nostro.ledger.queries import verify
from nostro.ledger.reactions import prove_now, verify_ledger, verify_what_came
from nostro.ledger.tests.make import deposit, euros, people, row
from tests import make

pytestmark = pytest.mark.django_db
PROOF = "/staff/ledger/proof/"
BANNER = "The ledger does not hold. Do not pay out"


@pytest.fixture(autouse=True)
def _quick(settings: LazySettings) -> Iterator[None]:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()
    yield
    caches["memory"].clear()


@contextmanager
def _without_triggers() -> Iterator[Any]:
    """As the owner of the tables, who alone can do this."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_balance DISABLE TRIGGER ALL")
        yield cursor
        cursor.execute("ALTER TABLE ledger_balance ENABLE TRIGGER ALL")


def stolen(cents: int, client: int = 1) -> None:
    """Somebody with the owner's password takes money out of a balance, past everything."""
    with _without_triggers() as cursor:
        cursor.execute(
            "UPDATE ledger_balance SET debits = debits + %s WHERE account_id = %s",
            [cents, row(client).pk],
        )


@pytest.fixture
def broken(act: Act) -> Alarm:
    deposit(1, "100.00 EUR")
    deposit(2, "50.00 EUR")
    stolen(4000)
    assert euros(1) == "60.00 EUR"
    verify_what_came(Act.system())
    return Alarm.objects.get()


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def browser_of(*names: str) -> Browser:
    caches["memory"].clear()
    return make.browser(make.staff(*names))


def test_the_proof_page_renews_itself_when_a_proof_ends() -> None:
    deposit(1, "10.00 EUR")
    page = text(browser_of("ledger.*").get(PROOF))
    topics = page.partition('data-live-topic="')[2].partition('"')[0].split()
    verify_ledger(Act.system())
    assert Record.objects.latest("pk").subject_type in topics
    assert f'data-live-url="{PROOF}"' in page and 'data-live-select="#proof"' in page


def test_a_broken_balance_raises_one_alarm_that_names_the_account(broken: Alarm) -> None:
    assert broken.status == "open"
    found = {one["invariant"] for one in broken.flaws}
    assert {"Debits equal credits in every asset", "Days add up to balances"} <= found
    assert row(1).pk in {one["account_id"] for one in broken.flaws}
    assert row(2).pk not in {one["account_id"] for one in broken.flaws}
    verify_what_came(Act.system())
    verify_ledger(Act.system())
    again = Alarm.objects.get()
    assert (again.pk, again.raised_at) == (broken.pk, broken.raised_at)
    assert again.broken_at > broken.broken_at
    assert Record.objects.filter(name="ledger.AlarmRaised").count() == 1
    assert Record.objects.filter(name="ledger.LedgerFlawFound").count() == 3


def test_a_ledger_that_holds_raises_none() -> None:
    deposit(1, "100.00 EUR")
    verify_what_came(Act.system())
    verify_ledger(Act.system())
    assert not Alarm.objects.exists()
    assert BANNER not in text(browser_of("ledger.*", "core.*", "ui.*").get("/staff/"))


def test_everybody_who_may_see_the_ledger_sees_it_on_every_page(broken: Alarm) -> None:
    seeing = browser_of("ledger.*", "people.*", "core.*", "ui.*")
    for page in ("/staff/", "/staff/people/clients/", "/staff/core/events/", PROOF):
        assert BANNER in text(seeing.get(page))
    home = text(seeing.get("/staff/"))
    assert "Ledger alarms" in home
    assert broken.flaws[0]["invariant"] in home
    other = browser_of("people.*", "core.*", "ui.*")
    assert BANNER not in text(other.get("/staff/people/clients/"))
    assert "Ledger alarms" not in text(other.get("/staff/"))


def test_the_proof_page_shows_the_flaw_with_its_rows(broken: Alarm) -> None:
    found = text(browser_of("ledger.*", "core.*").get(PROOF))
    assert f"/staff/ledger/accounts/{row(1).pk}/" in found
    assert 'title="client/1/wallet"' in found
    assert "Failed: " in found
    assert "has not been proved since" in found
    alone = text(browser_of("ledger.*").get(f"/staff/ledger/alarms/{broken.pk}/"))
    assert "Days add up to balances" in alone


def test_it_is_not_resolved_while_it_is_broken_and_then_by_a_person_with_a_reason(
    broken: Alarm,
) -> None:
    person = people(1)[0]
    with pytest.raises(StillBroken):
        resolve_alarm(person, broken, reason="All is well.")
    stolen(-4000)
    verify_what_came(Act.system())
    with pytest.raises(StillBroken):
        resolve_alarm(person, broken, reason="What came is well.")
    before = Record.objects.count()
    assert Alarm.objects.get().status == "open"

    browser = browser_of("ledger.*", "core.*", "ui.*")
    assert browser.post("/staff/do/ledger.prove_ledger").status_code in (200, 302)
    asked = Record.objects.get(name="ledger.ProofAsked")
    prove_now(Act.system(cause=asked.pk), ProofAsked(), f"proof/{asked.pk}")
    assert verify() == []
    caches["memory"].clear()
    assert "The ledger holds again." in text(browser.get("/staff/"))
    for act, reason, problem in (
        (Act.system(), "x", Forbidden), (person, " ", ReasonNeeded),
        (make.act_of(make.staff("people.*")), "x", Forbidden),
    ):  # fmt: skip
        with pytest.raises(problem):
            resolve_alarm(act, broken, reason=reason)
    assert Record.objects.filter(name="ledger.AlarmResolved").count() == 0

    resolve_alarm(person, broken, reason="A balance was edited by hand. It was put back.")
    broken.refresh_from_db()
    assert (broken.status, broken.resolved_by) == ("resolved", person.actor.id)
    assert Record.objects.count() > before
    caches["memory"].clear()
    found = text(browser.get(PROOF))
    assert "It was put back." in found
    assert "has-banner" not in found
    with pytest.raises(WrongState):
        resolve_alarm(person, broken, reason="Twice.")


def test_what_breaks_again_is_another_alarm(broken: Alarm) -> None:
    stolen(-4000)
    verify_ledger(Act.system())
    resolve_alarm(people(1)[0], broken, reason="Put back.")
    stolen(1)
    verify_ledger(Act.system())
    assert list(Alarm.objects.order_by("pk").values_list("status", flat=True)) == [
        "resolved", "open",
    ]  # fmt: skip


def test_who_may_only_look_cannot_prove_or_resolve(broken: Alarm) -> None:
    looker = browser_of("ledger.verifications", "ledger.alarms", "ledger.accounts")
    before = Verification.objects.count()
    assert "ledger.prove_ledger" not in text(looker.get(PROOF))
    assert looker.post("/staff/do/ledger.prove_ledger").status_code == 403
    assert looker.post(f"/staff/do/ledger.resolve_alarm/{broken.pk}").status_code == 403
    assert Verification.objects.count() == before


def test_books_are_not_closed_over_an_alarm_that_a_later_proof_does_not_see(broken: Alarm) -> None:
    stolen(-4000)
    verify_what_came(Act.system())
    assert Verification.objects.latest("pk").flaws == []

    def proof() -> tuple[str, str]:
        found = queries.checks(Act.system(), queries.Closing(date(2026, 10, 31)))
        point = next(one for one in found if "invariants hold" in one.text)
        return point.state, point.end

    assert proof() == ("fail", f"{broken} is open")
    verify_ledger(Act.system())
    resolve_alarm(people(1)[0], broken, reason="The owner has put it back.")
    assert proof()[0] == "ok"


def test_a_proof_of_what_came_is_not_taken_for_one_of_all(act: Act) -> None:
    deposit(1, "10.00 EUR")
    verify_what_came(Act.system())
    found = queries.checks(Act.system(), queries.Closing(date(2026, 10, 31)))
    point = next(one for one in found if "invariants hold" in one.text)
    assert (point.state, point.note) == ("warn", "The whole ledger was not proved yet.")
