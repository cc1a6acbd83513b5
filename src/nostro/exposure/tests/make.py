"""Builders: a platform with prices, groups in both books, and positions on them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from nostro.core.acts import Act, now
from nostro.exposure.live import BOOK
from nostro.kit import Lots
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import rates
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.ports import Position, Side, Symbol, Tick
from nostro.trading.tests import make as on_trading

PRICES = {
    "EURUSD": ("1.08000", "1.08010", "100000"), "USDJPY": ("149.990", "150.010", "100000"),
    "XAUUSD": ("2400.00", "2400.40", "100"), "EURUSD.m": ("1.08002", "1.08012", "100000"),
}  # fmt: skip


def symbol(name: str, size: str) -> Symbol:
    bare = name.partition(".")[0]
    return Symbol(
        name=name, path=rf"Forex\{name}", description="", base=bare[:3],
        profit_currency=bare[3:], margin_currency=bare[:3], digits=5,
        contract_size=Decimal(size), tick_size=Decimal("0.00001"), smallest=Lots("0.01"),
        largest=Lots(100), step=Lots("0.01"), swap_long=Decimal(0), swap_short=Decimal(0), raw={},
    )  # fmt: skip


@dataclass
class Market:
    """A platform, its prices, and the positions it shows."""

    platform: Platform
    shown: list[Position] = field(default_factory=list)

    def account(self, client: Client) -> TradingAccount:
        currency = "USD" if client.entity.code == "SC" else "EUR"
        return on_trading.account(client, self.platform, currency=currency)

    def hold(self, account: TradingAccount, name: str, side: int, lots: str, price: str) -> None:
        """The account holds a position from now on."""
        self.shown.append(
            Position(
                ticket=1000 + len(self.shown), login=account.login or 0, symbol=name,
                side=Side.BUY if side > 0 else Side.SELL, lots=Lots(lots),
                contract_size=Decimal(PRICES[name][2]), open_price=Decimal(price),
                current_price=Decimal(price), profit=Decimal(0), swap=Decimal(0),
                profit_rate=Decimal(1), opened_at=now(), comment="", raw={},
            )
        )  # fmt: skip
        self.read()

    def close_all(self) -> None:
        self.shown.clear()
        self.read()

    def quote(self, name: str, bid: str, ask: str, at: datetime | None = None) -> None:
        tick = Tick(name, Decimal(bid), Decimal(ask), at or now())
        trading.record_ticks(Act.system(), self.platform, ticks=[tick])
        self.fresh()

    def read(self) -> None:
        trading.record_positions(Act.system(), self.platform, positions=self.shown)
        self.fresh()

    def fresh(self) -> None:
        """As if a second and a minute had passed: prices and rates are read again."""
        rates._mids.cache_clear()
        BOOK.refresh(force=True)


def market() -> Market:
    """A platform with four symbols, two of which are one instrument."""
    platform = on_trading.platform()
    symbols = [symbol(name, size) for name, (_, _, size) in PRICES.items()]
    trading.read_catalogue(Act.system(), platform, symbols=symbols, groups=[])
    for code in ("SC", "CY"):
        on_trading.group(platform, code, "USD" if code == "SC" else "EUR")
    made = Market(platform)
    at = now() - timedelta(seconds=1)
    ticks = [Tick(n, Decimal(bid), Decimal(ask), at) for n, (bid, ask, _) in PRICES.items()]
    trading.record_ticks(Act.system(), platform, ticks=ticks)
    made.fresh()
    return made
