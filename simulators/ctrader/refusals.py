"""What the server says no with. The names are the platform's (ProtoErrorCode, ProtoCSErrorCode);
that WebServices wraps them in `error` with the HTTP status of their sort is an inference.
"""

from simulators.trading.denied import Denied, Why


class Refusal(Exception):
    """A request that changes nothing. `status` is what HTTP says to it."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status


def no_trader(login: object) -> Refusal:
    return Refusal("TRADER_NOT_FOUND", f"There is no trader {login}.", 404)


def invalid(description: str) -> Refusal:
    return Refusal("INVALID_REQUEST", description)


_CODES = {
    Why.BAD_REQUEST: "INVALID_REQUEST", Why.NOT_FOUND: "ENTITY_NOT_FOUND",
    Why.NO_MONEY: "NOT_ENOUGH_MONEY", Why.TOO_MUCH: "CHANGE_BALANCE_BAD_AMOUNT",
    Why.BAD_VOLUME: "TRADING_BAD_VOLUME", Why.NOT_OPEN: "POSITION_NOT_OPEN",
}  # fmt: skip


def refusal_of(denied: Denied) -> Refusal:
    """What the platform calls what the floor denies."""
    return Refusal(_CODES[denied.why], f"Refused: {denied.why}.")
