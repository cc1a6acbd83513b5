"""Return codes of the platform, and the one word that goes with each.

A real server writes a sentence after the number. Third-party clients cut the value at its first
blank and fail on a second one, so the words here are single.
"""

from enum import IntEnum

from simulators.trading.denied import Denied, Why


class Code(IntEnum):
    DONE = 0
    ERROR = 2
    PARAMS = 3
    DATA = 4
    PERMISSIONS = 8
    NOT_FOUND = 13
    DUPLICATE = 17
    CLIENT_INVALID = 1000
    ACCOUNT_INVALID = 1001
    CLIENT_OLD = 1010
    NO_MANAGER_CONFIG = 1011
    ADDRESS_BLOCKED = 1012
    NOT_EMPTY = 2003
    LOGINS_EXHAUSTED = 3002
    LOGIN_PROHIBITED = 3003
    LOGIN_EXISTS = 3004
    INVALID_PASSWORD = 3006
    HAS_TRADES = 3008
    DIFFERENT_CURRENCY = 3010
    MAX_MONEY = 4005
    SYMBOL_NOT_FOUND = 6001
    INVALID_VOLUME = 10014
    TRADE_DISABLED = 10017
    NO_MONEY = 10019
    POSITION_CLOSED = 10036
    NOT_SUPPORTED = 12002

    @property
    def words(self) -> str:
        """`13 NotFound`."""
        return f"{int(self)} {self.name.title().replace('_', '')}"


class Refusal(Exception):
    """A command that is answered with a return code and changes nothing."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.words)
        self.code = code


_WORDS = {
    Why.BAD_REQUEST: Code.PARAMS, Why.NOT_FOUND: Code.NOT_FOUND, Why.NO_MONEY: Code.NO_MONEY,
    Why.TOO_MUCH: Code.MAX_MONEY, Why.BAD_VOLUME: Code.INVALID_VOLUME,
    Why.NOT_OPEN: Code.POSITION_CLOSED,
}  # fmt: skip


def code_of(denied: Denied) -> Code:
    """What the platform calls what the floor denies."""
    return _WORDS[denied.why]
