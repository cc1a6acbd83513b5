"""The smallest operation that moves money: what an act costs with nothing but its posting."""

from collections.abc import Callable
from itertools import count


def posting(prefix: str = "") -> Callable[[int], object]:
    """One operation that moves one euro from a hot account to a client's wallet."""
    from dataclasses import dataclass

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
        entry = post(act, "Received", move, key=f"bench/{prefix}{next(numbers)}", kind="bench")
        act.record(MoneyReceived(euro), about=None, client_id=client_id)
        return entry

    return lambda client_id: receive_money(Act.system(), client_id=client_id)
