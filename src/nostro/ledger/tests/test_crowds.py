"""Many at once on the same accounts: no deadlock is seen, nothing is overdrawn."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from django.db import connection
from django.db.models import F, Sum

from nostro.core.acts import Act
from nostro.kit import Money
from nostro.ledger.models import Balance, Entry, Hold
from nostro.ledger.operations import NotEnoughMoney, carry_out_hold, release_hold
from nostro.ledger.queries import balance, holds, verify
from nostro.ledger.reactions import roll_up
from nostro.ledger.tests.make import (
    deposit,
    held,
    move,
    moved,
    post_things,
    posting,
    row,
    wallet,
)

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, EACH, CLIENTS = 16, 24, 5
REFUSED: list[int] = []


def _step(dice: Random, turn: int, one: int, two: int, three: int) -> None:
    """In turn: a batch of deposits, money given to another, one entry of two legs, and money held
    with what becomes of it. Holds and transfers race for what there is.
    """
    way = turn % 4
    if way == 0:
        some = [posting(dice.choice((one, two)), "0.20 EUR") for _ in range(5)]
        post_things(Act.system(), postings=some)
    elif way == 1:
        moved(move(one, two, "3.00 EUR"))
    elif way == 2:
        moved(move(one, two, "3.00 EUR"), move(two, three, "2.00 EUR"))
    else:
        hold = held(one, two, "7.00 EUR")
        match dice.randrange(4):
            case 0:
                carry_out_hold(Act.system(), hold)
            case 1:
                carry_out_hold(Act.system(), hold, money=Money.of("2.00 EUR"))
            case 2:
                release_hold(Act.system(), hold, reason="x")
            case _:
                pass  # it stays: what it has set aside nobody may spend
    if turn % 5 == 0:
        roll_up()


def _overdrawn() -> list[int]:
    """Accounts with less than was set aside of them: looked for all the time, not at the end."""
    spent = F("debits") + F("pending_debits")
    found = Balance.objects.filter(overdraft=False, credits__lt=spent)
    return list(found.values_list("account", flat=True))


def _work(number: int) -> list[str]:
    dice, trouble, refused = Random(number), list[str](), list[int]()
    try:
        for turn in range(EACH):
            one, two, three = dice.sample(range(1, CLIENTS + 1), 3)
            try:
                _step(dice, turn, one, two, three)
            except NotEnoughMoney:
                refused.append(turn)
            except Exception as error:
                trouble.append(repr(error))
            trouble += [f"{one} is overdrawn" for one in _overdrawn()]
    finally:
        connection.close()
    REFUSED.extend(refused)
    return trouble


def test_sixteen_workers_on_overlapping_accounts() -> None:
    REFUSED.clear()
    for client in range(1, CLIENTS + 1):
        deposit(client, "20.00 EUR")
    with ThreadPoolExecutor(WORKERS) as pool:
        assert [said for some in pool.map(_work, range(WORKERS)) for said in some] == []
    assert REFUSED, "where nobody was refused, nobody came near an overdraft"
    assert Hold.objects.filter(state=Hold.State.PENDING).exists()
    assert verify() == []
    _pending_is_what_open_holds_set_aside()
    stand = [balance(wallet(client), "EUR") for client in range(CLIENTS + 1)]
    assert sum(stand, Money.zero("EUR")) == Money.zero("EUR")


def _pending_is_what_open_holds_set_aside() -> None:
    for client in range(1, CLIENTS + 1):
        there = Balance.objects.get(account=row(client))
        own = holds(Act.system()).filter(source=row(client)).aggregate(all=Sum("units"))["all"]
        assert there.pending_debits == (own or 0)
        assert there.credits - there.debits >= there.pending_debits


def test_one_key_from_eight_at_once_is_one_entry() -> None:
    def once(_: int) -> int:
        try:
            return post_things(
                Act.system(),
                postings=[posting(n, "1.00 EUR", key=f"same/{n}") for n in range(1, 20)],
            )[3]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(once, range(8)))
    assert len(found) == 1
    assert Entry.objects.count() == 19
    assert verify() == []
