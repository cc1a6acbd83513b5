"""How a step towards a vendor runs: alone on its thing, under a key of its own."""

from nostro.core.acts import Act
from nostro.trading.reactions.steps import alone as alone


def part_of(act: Act, name: object) -> Act:
    """An act of its own for each part of a reaction, so that each has a key of its own."""
    key = f"{act.key}/{name}" if act.key else ""
    return Act.system(cause=act.cause, key=key, door=act.door)
