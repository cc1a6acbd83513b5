"""The trade server's return codes, as the plugin hands them on."""

from enum import IntEnum

from simulators.trading.denied import Denied, Why


class Code(IntEnum):
    OK = 0
    ERROR = 2
    INVALID_DATA = 3
    NOT_ENOUGH_RIGHTS = 7
    SECURITY = 11
    BAD_ACCOUNT = 65
    BAD_VOLUME = 131
    TRADE_DISABLED = 133
    NO_MONEY = 134

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")


class Refusal(Exception):
    """What the server does not do, and says so."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.words)
        self.code = code


_CODES = {
    Why.NOT_FOUND: Code.BAD_ACCOUNT, Why.NO_MONEY: Code.NO_MONEY, Why.BAD_VOLUME: Code.BAD_VOLUME,
    Why.NOT_OPEN: Code.INVALID_DATA,
}  # fmt: skip


def code_of(denied: Denied) -> Code:
    return _CODES.get(denied.why, Code.INVALID_DATA)
