"""Entries in opposite order on the same accounts never wait for each other in a circle.

Operations begin again where the database broke a circle, so here its functions are called without
them: whoever waits for the lower account of two must not have the higher one already.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from queue import Queue
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from nostro.core.acts import Act
from nostro.ledger.operations import Move, Posting
from nostro.ledger.operations.posting import batch, call_of, lean_batch, single
from nostro.ledger.queries import verify
from nostro.ledger.tests.make import deposit, move, row

pytestmark = pytest.mark.django_db(transaction=True)
Call = tuple[str, list[Any]]
ROUNDS = 40
_numbers = count(1)


def entry(*moves: Move) -> Posting:
    return Posting("moved", moves, f"order/{next(_numbers)}", "tests")


def by_one(*moves: Move) -> Call:
    return single(Act.system(), entry(moves[0]))


def by_legs(*moves: Move) -> Call:
    return single(Act.system(), entry(*moves))


def by_set(*moves: Move) -> Call:
    return "ledger_post_many", [lean_batch(Act.system(), [entry(one) for one in moves])]


def by_set_in_full(*moves: Move) -> Call:
    entries = [entry(one) for one in moves]
    return "ledger_post_many", [lean_batch(Act.system(), entries, in_full=True)]


def by_hold(*moves: Move) -> Call:
    return "ledger_hold", [batch(Act.system(), [entry(moves[0])])]


WAYS = (by_one, by_legs, by_set, by_hold)


@contextmanager
def cursor_of_its_own() -> Iterator[Any]:
    """A transaction that bears an act, and nobody who begins it again."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('nostro.act', %s, true)", [str(uuid4())])
            yield cursor
    finally:
        connection.close()


def called(call: Call, pid: Queue[int] | None = None) -> str:
    """What the database says against it; nothing where it is done."""
    function, given = call
    try:
        with cursor_of_its_own() as cursor:
            if pid is not None:
                cursor.execute("SELECT pg_backend_pid()")
                pid.put(cursor.fetchone()[0])
            cursor.execute(call_of(function, given), given)
    except DatabaseError as error:
        return repr(error)
    return ""


def _waits(cursor: Any, pid: int) -> bool:
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [pid])
    return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("giver", [1, 2])
def test_who_waits_for_the_lower_account_does_not_have_the_higher_one(way: Any, giver: int) -> None:
    for client in (1, 2):
        deposit(client, "50.00 EUR")
    low, high = sorted((row(1).pk, row(2).pk))
    taker, more = 3 - giver, move(giver, 3 - giver, "2.00 EUR")
    call, pid = way(move(giver, taker, "1.00 EUR"), more), Queue[int]()
    lock = "SELECT 1 FROM ledger_balance WHERE account_id = %s FOR NO KEY UPDATE"
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(lock, [low])
            posted = pool.submit(called, call, pid)
            waiting = pid.get()
            while not _waits(cursor, waiting):
                assert not posted.done(), posted.result()
            cursor.execute(f"{lock} NOWAIT", [high])
        assert posted.result() == ""
    assert verify() == []


def test_opposite_entries_many_at_once_make_no_deadlock_that_anybody_had_to_undo() -> None:
    for client in (1, 2, 3, 4):
        deposit(client, "900.00 EUR")
    there = [move(1, 2, "1.00 EUR"), move(3, 4, "1.00 EUR"), move(2, 3, "1.00 EUR")]
    back = [move(4, 3, "1.00 EUR"), move(2, 1, "1.00 EUR"), move(3, 2, "1.00 EUR")]
    start = Barrier(len(WAYS) * 2)

    def post(number: int) -> list[str]:
        way, moves = WAYS[number // 2], (there, back)[number % 2]
        said = []
        for _ in range(ROUNDS):
            start.wait()
            said.append(called(way(*moves)))
        return [one for one in said if one]

    with ThreadPoolExecutor(len(WAYS) * 2) as pool:
        assert [one for some in pool.map(post, range(len(WAYS) * 2)) for one in some] == []
    assert verify() == []


@pytest.mark.parametrize("way", [by_legs, by_set_in_full])
def test_two_who_open_the_same_accounts_in_opposite_order_do_not_wait_in_a_circle(way: Any) -> None:
    start = Barrier(2)

    def post(number: int) -> list[str]:
        said = []
        for turn in range(ROUNDS):
            one, other = 1000 + 2 * turn, 1001 + 2 * turn
            moves = [move(0, one, "3.00 EUR"), move(0, other, "3.00 EUR")]
            start.wait()
            said.append(called(way(*(moves[::-1] if number else moves))))
        return [one for one in said if one]

    with ThreadPoolExecutor(2) as pool:
        assert [one for some in pool.map(post, range(2)) for one in some] == []
    assert verify() == []


def test_a_giver_who_has_too_little_is_refused_without_waiting_with_the_taker_in_hand() -> None:
    for client in (1, 2):
        deposit(client, "50.00 EUR")
    (low, giver), (high, taker) = sorted((row(n).pk, n) for n in (1, 2))
    pid: Queue[int] = Queue()
    lock = "SELECT 1 FROM ledger_balance WHERE account_id = %s FOR NO KEY UPDATE"
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(lock, [low])
            posted = pool.submit(called, by_one(move(giver, taker, "60.00 EUR")), pid)
            waiting = pid.get()
            while not posted.done() and not _waits(cursor, waiting):
                pass
            if not posted.done():
                cursor.execute(f"{lock} NOWAIT", [high])
        assert "not enough" in posted.result()
