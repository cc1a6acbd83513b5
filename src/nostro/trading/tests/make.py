"""Builders of the trading room: platforms, groups, accounts and what is read of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from nostro.core.acts import Act
from nostro.kit import Lots
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading.models import Group, Platform, TradingAccount
from nostro.trading.ports import Deal, DealEntry, DealKind
from tests import make

_numbers = count(1)
MORNING = datetime(2026, 6, 1, 8, tzinfo=UTC)


def platform(settings: dict[str, Any] | None = None, *, slug: str = "mt5-live") -> Platform:
    """A connected platform; without settings there is nothing behind it."""
    nowhere = {"host": "127.0.0.1", "port": 9, "login": 1001, "password": "Manager1!"}
    make.entity("CY"), make.entity("UK"), make.entity("SC")
    return trading.add_platform(
        Act.system(), slug=slug, name="MT5 Live", kind="mt5", settings=settings or nowhere
    )


def group(on: Platform, code: str = "SC", currency: str = "USD", kind: str = "standard") -> Group:
    """A group of the usual name."""
    path = rf"real\{code}-{currency}-{kind.capitalize()}"
    found = Group.objects.filter(platform=on, path=path).first()
    return found or trading.add_group(
        Act.system(), on, path=path, entity=make.entity(code), currency=currency,
        account_type=kind,
    )  # fmt: skip


def account(client: Client, on: Platform, **more: Any) -> TradingAccount:
    """An open account without a server behind it."""
    group(on)
    wanted = {"account_type": "standard", "currency": "USD", **more}
    made = trading.request_account(Act.system(), client, **wanted)
    return trading.account_opened(
        Act.system(), made, login=900_000 + next(_numbers), main="Main-pass1", investor="Look-only1"
    )


def deal(ticket: int, login: int, **more: Any) -> Deal:
    """A deal as an adapter reads it."""
    zero = Decimal(0)
    given: dict[str, Any] = {
        "order": ticket, "position": ticket, "kind": DealKind.BUY, "entry": DealEntry.IN,
        "symbol": "EURUSD", "lots": Lots("0.10"), "closed_lots": Lots(0),
        "contract_size": Decimal(100_000), "price": Decimal("1.10000"), "position_price": zero,
        "bid": zero, "ask": zero, "profit": zero, "swap": zero, "commission": zero, "fee": zero,
        "profit_rate": Decimal(1), "comment": "", "at": MORNING + timedelta(seconds=ticket % 10**6),
        "platform_time": 0, "raw": {}, **more,
    }  # fmt: skip
    return Deal(ticket=ticket, login=login, **given)
