"""A malicious session that works as the application: history is closed to it, posting is not."""

import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from nostro.core.acts import Act, now
from nostro.core.approvals import agree_to_proposal
from nostro.core.doors import call
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.models import Entry, Hold, LedgerAccount, Period, Transfer
from nostro.ledger.operations import carry_out_hold, close_period, hold_money, reopen_period
from nostro.ledger.operations.posting import batch, call_of, lean_batch, single
from nostro.ledger.queries import verify
from nostro.ledger.tests.make import (
    PROVIDER,
    adjusted,
    deposit,
    euros,
    people,
    posting,
    reversed_by_hand,
    row,
)
from nostro.ui.pages import fresh

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = ("asset", "account", "balance", "tail", "day", "entry", "transfer", "hold", "period", "seal")
EDITS = {
    "INSERT": "INSERT INTO ledger_{0} SELECT * FROM ledger_{0}",
    "DELETE": "DELETE FROM ledger_{0}",
    "TRUNCATE": "TRUNCATE ledger_{0} CASCADE",
}
UPDATES = (
    "UPDATE ledger_balance SET credits = credits + 1",
    "UPDATE ledger_transfer SET units = 1",
    "UPDATE ledger_entry SET text = 'x'",
    "UPDATE ledger_account SET overdraft = true",
    "UPDATE ledger_asset SET scale = 3",
    "UPDATE ledger_period SET reopened_at = now()",
    "UPDATE ledger_hold SET units = 1",
    "UPDATE ledger_day SET debits = 0",
)
STEPS = (
    "SELECT ledger_touch(1, 0, 5, current_date, current_date)",
    "SELECT ledger_add_day(1, current_date, current_date, 0, 5)",
    "SELECT nostro_let_application_in()",
)
WAYS_OUT = (
    "SET session_replication_role = replica",
    "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
    "SET ROLE postgres",
    "DROP FUNCTION ledger_post(jsonb)",
    "CREATE TABLE public.ledger_mine (id bigint)",
)


@pytest.fixture
def session() -> Iterator[psycopg.Connection]:
    """A connection as the application's role, with an act and the posting word of its own."""
    known = connection.settings_dict
    with psycopg.connect(
        host=known["HOST"], port=known["PORT"] or None, dbname=known["NAME"], user="nostro_app"
    ) as made:
        made.autocommit = True
        made.execute("SELECT set_config('nostro.act', %s, false)", [str(uuid4())])
        made.execute("SELECT set_config('nostro.posting', 'yes', false)")
        yield made


def refused(session: psycopg.Connection, sql: str) -> bool:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(sql)
    return True


def test_the_application_cannot_write_the_ledgers_tables(session: psycopg.Connection) -> None:
    deposit(1, "100.00 EUR")
    tries = [sql.format(table) for table in KEPT for sql in EDITS.values()]
    assert all(refused(session, sql) for sql in (*tries, *UPDATES))
    assert (euros(1), verify()) == ("100.00 EUR", [])
    assert (Entry.objects.count(), Transfer.objects.count()) == (1, 1)


@pytest.mark.parametrize("sql", [*STEPS, *WAYS_OUT])
def test_the_application_cannot_step_around_posting(session: psycopg.Connection, sql: str) -> None:
    deposit(1, "100.00 EUR")
    assert refused(session, sql)
    assert (euros(1), verify()) == ("100.00 EUR", [])


def test_a_function_of_the_sessions_own_does_not_stand_in_for_ours(
    session: psycopg.Connection,
) -> None:
    deposit(1, "100.00 EUR")
    session.execute("CREATE TEMP TABLE ledger_balance (account_id bigint, credits numeric)")
    from nostro.ledger.tests.make import posting

    document = batch(Act.system(), [posting(1, "7.00 EUR", key="mine")])
    session.execute("SELECT ledger_post(%s)", [document])
    assert (euros(1), verify()) == ("107.00 EUR", [])


def test_the_application_may_post(session: psycopg.Connection) -> None:
    from nostro.ledger.tests.make import posting

    many = [posting(n, "5.00 EUR", key=f"k{n}") for n in range(1, 4)]
    session.execute("SELECT ledger_post_many(%s)", [lean_batch(Act.system(), many, in_full=True)])
    assert [euros(n) for n in range(1, 4)] == ["5.00 EUR"] * 3
    assert verify() == []


@pytest.fixture
def as_application() -> Iterator[None]:
    """Everything the house does itself is done as the application's role, as it is installed."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE nostro_app")
        yield
        cursor.execute("RESET ROLE")


LIES = (
    {"overdraft": True},
    {"overdraft": True, "hot": True},
    {"client_id": 8},
    {"client_id": None},
    {"owner": "house"},
    {"path": "client/nine/wallet"},
)


@pytest.mark.parametrize("lie", LIES)
def test_whoever_opens_an_account_cannot_say_that_it_is_another_kind(
    session: psycopg.Connection, lie: dict[str, object]
) -> None:
    wallet = chart.client_wallet(9).as_row() | lie
    function, given = single(Act.system(), posting(9, "5.00 EUR", key="lie"))
    given[-1] = json.dumps([{**PROVIDER.as_row(), "asset": "EUR"}, {**wallet, "asset": "EUR"}])
    given[11] = wallet["path"]
    with pytest.raises(psycopg.errors.CheckViolation):
        session.execute(call_of(function, given), given)
    assert not LedgerAccount.objects.filter(path__startswith="client/").exists()


def test_what_two_people_agree_on_is_carried_out_as_the_application(as_application: None) -> None:
    deposit(1, "100.00 EUR")
    deposit(2, "1.00 EUR")
    entry = adjusted(row(1), "10.00 EUR")
    assert euros(1) == "110.00 EUR"
    reversed_by_hand(entry)
    assert euros(1) == "100.00 EUR"

    maker, *others = people(3)
    given = {"money": "30.00 EUR", "to": row(2).pk, "reason": "A dispute."}
    proposal = call(maker, hold_money, row(1), given)
    for other in others[: proposal.people]:
        agree_to_proposal(other, proposal)
    carry_out_hold(Act.system(), Hold.objects.get(state="pending"), money=Money.of("5.00 EUR"))
    assert (euros(1), euros(2)) == ("95.00 EUR", "6.00 EUR")

    through = str((now() - timedelta(days=40)).date())
    closing = call(fresh(maker), close_period, None, {"through": through, "note": "All is named."})
    agree_to_proposal(others[0], closing)
    reopened = call(fresh(maker), reopen_period, Period.objects.get(), {"reason": "Too early."})
    agree_to_proposal(others[0], reopened)
    assert Period.objects.get().reopened_at is not None
    assert verify() == []
