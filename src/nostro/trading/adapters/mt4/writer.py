"""How an MT4 server is written to. The platform has no interface of its own for that, so brokers
buy one, and not all the same: this is what the adapter needs of any of them.

A writer is also asked what the tables cannot say, or cannot say yet: they follow the server at a
distance. Every call raises only `Retry`, `Refused` or `Unknown`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from nostro.trading import ports


@dataclass(frozen=True)
class Live:
    """An account as the server itself has it now. Amounts are as the platform writes them."""

    login: int
    group: str
    name: str
    leverage: int
    enabled: bool
    trading: bool
    balance: Decimal
    credit: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    margin_level: Decimal
    registered: int
    """Seconds of the server's clock, 0 where it does not say."""
    values: dict[str, str]


@dataclass(frozen=True)
class LiveGroup:
    """`currency` is as the platform writes it: USC is a cent."""

    name: str
    currency: str
    margin_call: Decimal
    stop_out: Decimal
    raw: dict[str, Any]


class Writer(Protocol):
    """Seconds are the server's own clock, counted as if it were UTC."""

    def open_account(self, request: ports.AccountRequest, *, key: str) -> int:
        """The login of a new account that bears the key as its comment."""

    def change_account(self, login: int, change: ports.AccountChange) -> None: ...

    def set_password(self, login: int, password: str, kind: ports.PasswordKind) -> None: ...

    def check_password(self, login: int, password: str, kind: ports.PasswordKind) -> bool: ...

    def change_money(self, login: int, amount: Decimal, *, credit: bool, comment: str) -> int:
        """The ticket of the operation, or 0 where the answer has none."""

    def find_money(self, login: int, comment: str, since: int, until: int) -> int | None:
        """The ticket of the balance operation with this comment."""

    def find_account(self, comment: str, group: str) -> int | None:
        """The login of the account with this comment in a group, `*` for all of them."""

    def account(self, login: int) -> Live:
        """Refused with code 65 where there is none."""

    def groups(self) -> list[LiveGroup]: ...

    def server_seconds(self) -> int: ...

    def close(self) -> None: ...
