"""Actions by their name, and how their values are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from simulators.mt4.codes import Code, Refusal
from simulators.mt4.trade_server import TradeServer
from simulators.trading.records import Account

type Values = Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What is answered; with rows, even none, they come last."""

    values: Mapping[str, object] = field(default_factory=dict)
    rows: Sequence[Sequence[object]] | None = None


type Action = Callable[[TradeServer, Values], Reply]

ACTIONS: dict[str, Action] = {}


def action(name: str) -> Callable[[Action], Action]:
    def add(function: Action) -> Action:
        ACTIONS[name] = function
        return function

    return add


def whole(values: Values, name: str, default: int | None = None) -> int:
    """Without a default it has to be there."""
    try:
        return int(values[name])
    except KeyError:
        if default is None:
            raise Refusal(Code.INVALID_DATA) from None
        return default
    except ValueError as error:
        raise Refusal(Code.INVALID_DATA) from error


def amount(values: Values, name: str) -> Decimal:
    try:
        value = Decimal(values.get(name, ""))
    except InvalidOperation as error:
        raise Refusal(Code.INVALID_DATA) from error
    if not value.is_finite():
        raise Refusal(Code.INVALID_DATA)
    return value


def account(server: TradeServer, values: Values) -> Account:
    found = server.store.accounts.get(whole(values, "login"))
    if found is None:
        raise Refusal(Code.BAD_ACCOUNT)
    return found
