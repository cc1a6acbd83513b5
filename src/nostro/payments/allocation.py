"""Back to source: which part of a withdrawal goes where, and why. Pure; shown before confirming.

Card deposits inside their refund window come first, the oldest first, each up to what has not
been refunded yet; the rest is profit and goes to the client's own bank account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nostro.kit.money import Money
from nostro.kit.problems import Problem


class NoWayOut(Problem):
    """Part of the money has nowhere to go yet."""


@dataclass(frozen=True)
class Source:
    """A settled deposit that can still be refunded: `left` of `paid`, until a day."""

    deposit_id: int
    provider_id: int
    label: str
    paid: Money
    left: Money
    refundable_until: datetime


@dataclass(frozen=True)
class Part:
    """One leg of a withdrawal. Without a deposit it goes to the bank account."""

    money: Money
    deposit_id: int | None
    reason: str
    provider_id: int | None = None


def allocate(
    money: Money, sources: Sequence[Source], *, has_bank: bool, at: datetime
) -> list[Part]:
    """Split by the rule; the parts always sum to `money`. Raises `NoWayOut`.

    `sources` come oldest first and in the currency of `money`.
    """
    parts: list[Part] = []
    rest = money
    for source in sources:
        if not rest or source.refundable_until <= at:
            continue
        taken = min(rest, source.left)
        if taken.amount <= 0:
            continue
        reason = f"Card first. {source.left} of {source.paid} paid in is still refundable."
        parts.append(Part(taken, source.deposit_id, reason, source.provider_id))
        rest -= taken
    if rest and not has_bank:
        raise NoWayOut(
            f"{rest} cannot go back to a card. Add a bank account in your own name for it.",
            field="destination",
        )
    if rest:
        why = "The rest is profit" if parts else "Nothing is left to refund to a card"
        parts.append(Part(rest, None, f"{why}, so it goes to a bank account in your own name."))
    return parts
