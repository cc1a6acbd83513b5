"""What is sealed cannot be rewritten quietly, not even by the owner of the tables."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import InternalError, ProgrammingError, connection, transaction

from nostro.core.acts import Act
from nostro.core.approvals import agree_to_proposal
from nostro.core.doors import call
from nostro.core.models import Proposal, Record
from nostro.ledger.events import EntriesSealed, SealAnswered
from nostro.ledger.models import Alarm, Entry, Seal
from nostro.ledger.operations import NothingUnlike, answer_seals, resolve_alarm
from nostro.ledger.queries import broken_seals, verify
from nostro.ledger.queries.seals import IN_THE_LOG, SEALED
from nostro.ledger.reactions import seal_what_is_proved, verify_ledger, verify_what_came
from nostro.ledger.tests.make import deposit, held, post_things, posting, row
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def sealed() -> None:
    """A proof of all of it, and the seal over what it went over."""
    verify_ledger(Act.system())
    seal_what_is_proved(Act.system())


@contextmanager
def past_every_wall() -> Iterator[Any]:
    """As a superuser who switches all triggers off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor


def flaws() -> list[str]:
    return [one.invariant for one in broken_seals()]


def test_what_a_proof_went_over_is_sealed_and_the_log_says_the_digest() -> None:
    post_things(Act.system(), postings=[posting(n, "10.00 EUR") for n in range(1, 6)])
    held(1, 2, "3.00 EUR")

    sealed()

    one = Seal.objects.get()
    newest = Entry.objects.latest("pk").pk
    assert (one.first, one.last, one.entries) == (1, newest, Entry.objects.count())
    said = Record.objects.get(name=EntriesSealed.name)
    assert said.data == {"through": newest, "sha256": one.sha256}
    assert broken_seals() == []


def test_seals_follow_one_another_and_nothing_is_sealed_twice() -> None:
    deposit(1, "10.00 EUR")
    sealed()
    sealed()
    deposit(1, "11.00 EUR")
    deposit(2, "12.00 EUR")
    sealed()

    first, second = Seal.objects.order_by("pk")
    assert (second.first, second.entries) == (first.last + 1, 2)
    assert broken_seals() == []


def test_what_came_after_the_last_proof_is_not_sealed_yet() -> None:
    deposit(1, "10.00 EUR")
    seal_what_is_proved(Act.system())
    assert not Seal.objects.exists()


def test_nothing_is_sealed_while_somebody_who_was_there_at_the_proof_still_writes() -> None:
    """Numbers of entries are drawn before they are committed: one below may still come in."""
    deposit(1, "10.00 EUR")
    known = connection.settings_dict
    with psycopg.connect(
        host=known["HOST"], port=known["PORT"] or None, dbname=known["NAME"], user=known["USER"]
    ) as slow:
        slow.execute("SELECT pg_current_xact_id()")
        deposit(1, "11.00 EUR")
        sealed()
        assert not Seal.objects.exists()
        slow.rollback()

    seal_what_is_proved(Act.system())
    assert Seal.objects.get().entries == 2


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET text = 'A gift' WHERE id = (SELECT min(id) FROM ledger_entry)",
        "UPDATE ledger_entry SET decision = 7 WHERE id = (SELECT min(id) FROM ledger_entry)",
        "UPDATE ledger_entry SET act = gen_random_uuid()",
        "UPDATE ledger_transfer SET units = units + 1",
        "UPDATE ledger_hold SET expires_at = now()",
        "DELETE FROM ledger_entry WHERE id = (SELECT min(id) FROM ledger_entry)",
        "UPDATE ledger_seal SET sha256 = repeat('0', 64)",
        "DELETE FROM ledger_seal WHERE id = (SELECT min(id) FROM ledger_seal)",
        "DELETE FROM ledger_seal",
    ],
)
def test_whoever_rewrites_what_is_sealed_is_found(sql: str) -> None:
    deposit(1, "10.00 EUR")
    held(1, 2, "3.00 EUR")
    sealed()
    deposit(2, "10.00 EUR")
    sealed()

    with past_every_wall() as cursor:
        cursor.execute(sql)

    assert SEALED in flaws()


def test_an_entry_of_an_act_that_never_was_is_found_once_it_is_sealed() -> None:
    deposit(1, "10.00 EUR")
    with past_every_wall() as cursor:
        cursor.execute("UPDATE ledger_entry SET act = gen_random_uuid()")

    sealed()

    assert flaws() == [IN_THE_LOG]


def test_a_seal_that_does_not_read_as_it_did_raises_the_alarm_at_night() -> None:
    deposit(1, "10.00 EUR")
    sealed()
    with past_every_wall() as cursor:
        cursor.execute("UPDATE ledger_entry SET text = 'A gift'")

    assert verify() == []
    verify_ledger(Act.system())

    assert [one["invariant"] for one in Alarm.objects.get().flaws] == [SEALED]


def test_what_does_not_hold_is_not_sealed_nor_is_anything_while_an_alarm_is_open() -> None:
    deposit(1, "10.00 EUR")
    with past_every_wall() as cursor:
        cursor.execute("UPDATE ledger_balance SET debits = debits + 1")
    sealed()
    assert not Seal.objects.exists()

    with past_every_wall() as cursor:
        cursor.execute("UPDATE ledger_balance SET debits = debits - 1 WHERE debits > 0")
        cursor.execute("UPDATE ledger_balance SET debits = 0 WHERE account_id = %s", [row(1).pk])
    sealed()

    assert verify() == []
    assert Alarm.objects.get().status == Alarm.Status.OPEN
    assert not Seal.objects.exists()


def test_a_proof_of_what_came_alone_seals_nothing() -> None:
    deposit(1, "10.00 EUR")
    verify_what_came(Act.system())
    seal_what_is_proved(Act.system())
    assert not Seal.objects.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET text = 'A gift'",
        "UPDATE ledger_entry SET act = gen_random_uuid()",
        "DELETE FROM ledger_seal",
    ],
)
def test_two_people_answer_for_what_does_not_read_as_it_was_sealed_and_the_alarm_can_end(
    sql: str, settings: LazySettings
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    deposit(1, "10.00 EUR")
    sealed()
    with past_every_wall() as cursor:
        cursor.execute(sql)
    verify_ledger(Act.system())
    alarm = Alarm.objects.get()
    maker, other = make.staff("ledger.*", "core.*"), make.staff("ledger.*", "core.*")

    asked = call(
        make.act_of(maker), answer_seals, alarm, {"reason": "Restored from a copy of May."}
    )
    assert isinstance(asked, Proposal)
    assert flaws() != []
    agree_to_proposal(make.act_of(other), asked)

    assert flaws() == []
    assert Record.objects.filter(name=SealAnswered.name).exists()
    verify_ledger(Act.system())
    resolve_alarm(make.act_of(maker), alarm, reason="A copy was restored.")
    with past_every_wall() as cursor:
        cursor.execute("UPDATE ledger_entry SET kind = 'gift'")
    assert (SEALED in flaws()) is (sql != "DELETE FROM ledger_seal")


def test_there_is_nothing_to_answer_for_where_everything_reads_as_it_did() -> None:
    deposit(1, "10.00 EUR")
    sealed()
    with past_every_wall() as cursor:
        cursor.execute("UPDATE ledger_balance SET debits = debits + 1")
    verify_ledger(Act.system())
    with pytest.raises(NothingUnlike):
        answer_seals(Act.system(), Alarm.objects.get(), reason="Nothing.")


def test_two_who_seal_at_once_seal_everything_once() -> None:
    post_things(Act.system(), postings=[posting(n, "1.00 EUR") for n in range(1, 50)])
    verify_ledger(Act.system())

    def seal() -> None:
        try:
            seal_what_is_proved(Act.system())
        finally:
            connection.close()

    crowd = [threading.Thread(target=seal) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert Seal.objects.get().entries == 49
    assert broken_seals() == []


@pytest.mark.parametrize(
    "sql", ["DELETE FROM ledger_seal", "UPDATE ledger_seal SET last = 1", "TRUNCATE ledger_seal"]
)
def test_a_seal_stays(sql: str) -> None:
    deposit(1, "10.00 EUR")
    sealed()
    with (
        pytest.raises((ProgrammingError, InternalError)),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT set_config('nostro.act', 'x', true)")
        cursor.execute("SELECT set_config('nostro.posting', 'yes', true)")
        cursor.execute(sql)
    assert Seal.objects.count() == 1


def test_the_proof_page_says_through_where_the_ledger_is_sealed(settings: LazySettings) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    deposit(1, "10.00 EUR")
    sealed()

    page = make.browser(make.staff("ledger.*")).get("/staff/ledger/proof/").content.decode()

    one = Seal.objects.get()
    assert f"E-{one.last}" in page
    assert one.sha256 in page
    assert SEALED in page
