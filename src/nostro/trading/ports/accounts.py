"""An account on a platform: as it is asked for, changed and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

type Raw = Mapping[str, Any]


class PasswordKind(StrEnum):
    MAIN = "main"
    INVESTOR = "investor"


class Right(StrEnum):
    """What whoever has signed in may do."""

    FULL = "full"
    CLOSE_ONLY = "close only"
    NONE = "none"


@dataclass(frozen=True)
class AccountRequest:
    """A trading account to be opened. `client_code` is our number of the client."""

    group: str
    leverage: int
    name: str
    password: str = field(repr=False)
    investor_password: str = field(repr=False)
    client_code: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    agent: int = 0


@dataclass(frozen=True)
class AccountChange:
    """What to change; `None` leaves it as it is. Where a platform cannot let an account close and
    no more (`CAN_CLOSE_ONLY`), it lets it trade nothing instead.
    """

    group: str | None = None
    leverage: int | None = None
    enabled: bool | None = None
    trading: Right | None = None
    password_change: bool | None = None
    name: str | None = None


@dataclass(frozen=True)
class PlatformAccount:
    login: int
    group: str
    name: str
    leverage: int
    enabled: bool
    trading: Right
    balance: Decimal
    credit: Decimal
    client_code: str
    comment: str
    registered_at: datetime | None
    last_seen_at: datetime | None
    raw: Raw = field(repr=False)
    email: str = field(default="", repr=False)


@dataclass(frozen=True)
class AccountState:
    """Where an account stands now. `margin_level` is a percentage, 0 without open positions."""

    login: int
    balance: Decimal
    credit: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    margin_level: Decimal
    floating: Decimal
    raw: Raw = field(repr=False)
