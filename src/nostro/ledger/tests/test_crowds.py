"""Many at once on the same accounts: no deadlock is seen, nothing is overdrawn."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from django.db import connection

from nostro.core.acts import Act
from nostro.ledger.models import Balance, Entry
from nostro.ledger.operations import NotEnoughMoney
from nostro.ledger.queries import verify
from nostro.ledger.reactions import roll_up
from nostro.ledger.tests.make import deposit, euros, move, moved, post_things, posting

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, EACH, CLIENTS = 16, 12, 5


def _work(number: int) -> list[str]:
    dice, trouble = Random(number), []
    try:
        for turn in range(EACH):
            one, two, three = dice.sample(range(1, CLIENTS + 1), 3)
            try:
                if turn % 3 == 0:
                    some = [posting(dice.choice((one, two)), "0.50 EUR") for _ in range(5)]
                    post_things(Act.system(), postings=some)
                else:
                    moved(move(one, two, "3.00 EUR"), move(two, three, "2.00 EUR"))
                if turn % 5 == 0:
                    roll_up()
            except NotEnoughMoney:
                pass
            except Exception as error:
                trouble.append(repr(error))
    finally:
        connection.close()
    return trouble


def test_sixteen_workers_on_overlapping_accounts() -> None:
    for client in range(1, CLIENTS + 1):
        deposit(client, "20.00 EUR")
    with ThreadPoolExecutor(WORKERS) as pool:
        assert [said for some in pool.map(_work, range(WORKERS)) for said in some] == []
    assert not Balance.objects.filter(overdraft=False, credits__lt=0).exists()
    assert verify() == []
    total = sum(float(euros(n).split()[0].replace(",", "")) for n in range(CLIENTS + 1))
    assert total == 0


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
