"""Operations a second: a whole act each, from the permission to the record, posting one entry."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count

from nostro.site.bench import Figures

CLIENTS = 100


def posting() -> Callable[[int], object]:
    """One operation that moves one euro from a hot account to a client's wallet."""
    from nostro.core.acts import Act
    from nostro.core.events import Event
    from nostro.core.operations import operation
    from nostro.kit.money import Money
    from nostro.ledger import chart
    from nostro.ledger.operations import Move, post

    @dataclass(frozen=True)
    class MoneyReceived(Event, says="{actor} received {money}", group="money"):
        money: Money

    numbers, euro = count(1), Money.of("1.00 EUR")

    @operation(internal=True)
    def receive_money(act: Act, *, client_id: int) -> int:
        """Post one payment to a client's wallet."""
        move = Move(euro, chart.provider_clearing("bench"), chart.client_wallet(client_id))
        entry = post(act, "Received", move, key=f"bench/{next(numbers)}", kind="bench")
        act.record(MoneyReceived(euro), about=None, client_id=client_id)
        return entry

    return lambda client_id: receive_money(Act.system(), client_id=client_id)


def measure(seconds: int) -> Figures:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    receive = posting()
    for client_id in range(CLIENTS):
        receive(client_id)
    with CaptureQueriesContext(connection) as captured:
        receive(0)
    figures = {"statements an operation": len(captured)}

    def worker(until: float, number: int) -> int:
        done = 0
        while time.monotonic() < until:
            receive((number * 31 + done) % CLIENTS)
            done += 1
        connection.close()
        return done

    for threads in (1, 4):
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(threads) as pool:
            done = sum(pool.map(partial(worker, until), range(threads)))
        figures[f"operations a second, {threads} at once"] = done // seconds
    return figures
