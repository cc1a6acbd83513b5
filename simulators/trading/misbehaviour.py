"""Ways in which a server and the line to it fail, on order: each is planned for a command and
used up by it. Which of them a platform knows is for its doors to say.
"""

from dataclasses import dataclass
from enum import StrEnum

ANY = "*"


class Misdeed(StrEnum):
    DROP_AFTER_ACTING = "drop_after_acting"
    DROP_BEFORE_ACTING = "drop_before_acting"
    SLOW = "slow"
    DUPLICATE_REPLY = "duplicate_reply"
    HALF_REPLY = "half_reply"
    WRONG_LENGTH = "wrong_length"
    REORDER = "reorder"
    FORGET_SESSIONS = "forget_sessions"
    ACT_LATE = "act_late"
    GARBLE = "garble"


@dataclass(slots=True)
class Plan:
    """What goes wrong, with which command, how many times more; `seconds` is how slow, or how long
    a request waits in the server's queue before it is acted on and never answered. What is garbled
    is the first amount of an answer.
    """

    what: Misdeed
    command: str = ANY
    times: int = 1
    seconds: float = 2.0


class Mischief:
    def __init__(self) -> None:
        self.plans: list[Plan] = []

    def take(self, command: str) -> Plan | None:
        """The first plan that fits a command, one time fewer from now on."""
        for plan in self.plans:
            if plan.command in (ANY, command):
                plan.times -= 1
                if plan.times <= 0:
                    self.plans.remove(plan)
                return plan
        return None
