"""What can be taken out of accounts, as the room above that moves their money says it."""

from collections.abc import Callable, Mapping

from nostro.kit.money import Money

FREE: list[Callable[[int], Mapping[int, Money]]] = []
"""A higher room says here what a client can take out of each account, by its id."""


def free_of(client_id: int) -> dict[int, Money]:
    """What a client can take out of each account, by its id."""
    return {pk: money for one in FREE for pk, money in one(client_id).items()}
