"""The wall behind posting: whoever writes the tables, a transfer names what there is."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from nostro.core.acts import Act
from nostro.ledger.models import LedgerAccount, Transfer
from nostro.ledger.operations import AccountClosed, close_account
from nostro.ledger.queries import verify
from nostro.ledger.tests.make import deposit, euros, move, moved, row

pytestmark = pytest.mark.django_db(transaction=True)

WRITE = """
INSERT INTO ledger_transfer (entry_id, leg, source_id, target_id, asset_id, units, source_seq,
                             source_balance, target_seq, target_balance)
VALUES ({entry}, 9, {source}, {target}, '{asset}', 1, 900, 0, 901, 0)
"""


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """A session of the tables' owner that says the posting functions' words itself."""
    known = connection.settings_dict
    with psycopg.connect(
        host=known["HOST"], port=known["PORT"] or None, dbname=known["NAME"], user=known["USER"]
    ) as made:
        made.autocommit = True
        made.execute("SELECT set_config('nostro.act', %s, false)", [str(uuid4())])
        made.execute("SELECT set_config('nostro.posting', 'yes', false)")
        yield made


@pytest.fixture
def there() -> dict[str, object]:
    """What a transfer of client 1 to client 2 in euros would name."""
    deposit(1, "10.00 EUR")
    deposit(2, "10.00 EUR")
    deposit(3, "10.00 USD")
    entry = Transfer.objects.latest("id").entry_id
    return {"entry": entry, "source": row(1).pk, "target": row(2).pk, "asset": "EUR"}


def dollars() -> int:
    return LedgerAccount.objects.get(path="client/3/wallet", asset="USD").pk


def test_a_transfer_that_names_what_there_is_is_written(
    owner: psycopg.Connection, there: dict[str, object]
) -> None:
    owner.execute(WRITE.format(**there))
    assert Transfer.objects.filter(leg=9).count() == 1


@pytest.mark.parametrize("wrong", ["entry", "source", "target", "asset", "same", "currency"])
def test_a_transfer_that_names_what_is_not_there_is_refused(
    owner: psycopg.Connection, there: dict[str, object], wrong: str
) -> None:
    if wrong == "same":
        there["target"] = there["source"]
    elif wrong == "currency":
        there["target"] = dollars()
    else:
        there[wrong] = "XXX" if wrong == "asset" else 999_999
    with pytest.raises(psycopg.errors.CheckViolation, match="between two accounts of its asset"):
        owner.execute(WRITE.format(**there))
    assert not Transfer.objects.filter(leg=9).exists()
    assert verify() == []


@pytest.mark.parametrize("target", ["nobody's", "dollars"])
def test_what_came_past_the_wall_is_found_by_the_proof(
    owner: psycopg.Connection, there: dict[str, object], target: str
) -> None:
    """A superuser can switch the triggers off, as whoever restores half a dump does."""
    there["target"] = dollars() if target == "dollars" else 999_999
    owner.execute("SET session_replication_role = replica")

    owner.execute(WRITE.format(**there))

    assert verify() != []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET id = id + 1000",
        "UPDATE ledger_account SET asset_id = 'USD'",
        "UPDATE ledger_account SET path = path || '/mine'",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_transfer SET source_id = target_id",
    ],
)
def test_what_a_transfer_names_stays(
    owner: psycopg.Connection, there: dict[str, object], sql: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(sql)
    assert (euros(1), euros(2), verify()) == ("10.00 EUR", "10.00 EUR", [])


@pytest.mark.parametrize("client", [0, 1])
def test_whoever_closes_an_account_waits_for_what_is_being_posted(
    owner: psycopg.Connection, client: int
) -> None:
    """Of a hot account (0) as of a kept one: nothing is ever posted to what is closed."""
    deposit(1, "5.00 EUR")
    moved(move(1, 0, "5.00 EUR"))
    said: list[str] = []

    def close() -> None:
        try:
            close_account(Act.system(), row(client))
            said.append("closed")
        except AccountClosed:
            said.append("refused")
        finally:
            connection.close()

    with owner.transaction():
        owner.execute(
            "SELECT ledger_post_one('t', 't', NULL, now(), now(), NULL, NULL, NULL, '', 'late',"
            " %s, %s, 'EUR', '500', '[]')",
            [row(0).path, row(1).path],
        )
        closing = threading.Thread(target=close)
        closing.start()
        while not owner.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            assert closing.is_alive(), said
    closing.join()
    assert said == ["refused"]
    assert (euros(1), verify()) == ("5.00 EUR", [])


def test_the_word_of_a_single_posting_bears_no_posting_without_an_act(
    owner: psycopg.Connection, there: dict[str, object]
) -> None:
    owner.execute("SELECT set_config('nostro.act', '', false)")
    with pytest.raises(psycopg.Error):
        owner.execute(
            "SELECT ledger_post_one('t', 't', NULL, now(), now(), NULL, NULL, NULL, '', 'bare',"
            " %s, %s, 'EUR', '500', '[]')",
            [row(0).path, row(1).path],
        )
    assert (euros(1), verify()) == ("10.00 EUR", [])


@pytest.mark.parametrize("client", [0, 1])
def test_nobody_posts_from_an_account_to_itself_whichever_function_they_call(
    owner: psycopg.Connection, there: dict[str, object], client: int
) -> None:
    with pytest.raises(psycopg.Error, match="from one account to another"):
        owner.execute(
            "SELECT ledger_post_one('t', 't', NULL, now(), now(), NULL, NULL, NULL, '', 'self',"
            " %s, %s, 'EUR', '999999', '[]')",
            [row(client).path, row(client).path],
        )
    assert verify() == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_balance SET overdraft = true WHERE account_id = {source}",
        "UPDATE ledger_balance SET closed = true WHERE account_id = {source}",
        "UPDATE ledger_transfer SET asset_id = 'USD' WHERE target_id = {source}",
    ],
)
def test_the_proof_sees_what_a_superuser_changed_about_an_account(
    owner: psycopg.Connection, there: dict[str, object], sql: str
) -> None:
    owner.execute("SET session_replication_role = replica")
    owner.execute(sql.format(**there))
    assert verify() != []
