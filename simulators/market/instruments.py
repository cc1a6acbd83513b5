"""What can be traded: some fourteen instruments of a retail broker, with their terms."""

from dataclasses import dataclass
from decimal import Decimal

from simulators.market.zone import DAY, MINUTE, weekday

FOREX, CFD_LEVERAGE = 0, 4
SWAP_POINTS, SWAP_INTEREST = 1, 5
WEDNESDAY, FRIDAY, NO_DAY = 3, 5, 7
TECHNOLOGY_SECTOR = 9
CURRENCY_SECTOR, CRYPTO_SECTOR, INDEX_SECTOR, COMMODITY_SECTOR = 12, 13, 14, 15


@dataclass(frozen=True, slots=True)
class Sessions:
    """Trading hours as (open, close) minutes of the server's day; Sunday is day 0."""

    hours: tuple[int, int]
    days: tuple[int, ...]

    def of(self, day: int) -> list[tuple[int, int]]:
        return [self.hours] if day in self.days else []

    def is_open(self, local: int) -> bool:
        minute = local % DAY // MINUTE
        return weekday(local) in self.days and self.hours[0] <= minute < self.hours[1]

    def last_close(self, local: int) -> int:
        """The latest closing time before a local moment outside the sessions."""
        midnight = local - local % DAY
        for back in range(8):
            close = midnight - back * DAY + self.hours[1] * MINUTE
            if close <= local and weekday(midnight - back * DAY) in self.days:
                return close
        raise ValueError("These sessions are never open.")

    def next_open(self, local: int) -> int:
        midnight = local - local % DAY
        for ahead in range(9):
            opening = midnight + ahead * DAY + self.hours[0] * MINUTE
            if opening >= local and weekday(midnight + ahead * DAY) in self.days:
                return opening
        raise ValueError("These sessions are never open.")


_WEEK = (1, 2, 3, 4, 5)
CURRENCY_HOURS = Sessions((5, 23 * 60 + 55), _WEEK)
EXCHANGE_HOURS = Sessions((60, 23 * 60 + 55), _WEEK)
NEW_YORK_HOURS = Sessions((16 * 60 + 30, 23 * 60), _WEEK)
ALWAYS = Sessions((0, 24 * 60), (0, 1, 2, 3, 4, 5, 6))


@dataclass(frozen=True, slots=True)
class Instrument:
    """Spreads, mark-ups and point swaps are in points, volumes in ten-thousandths of a lot.

    `spread` is what a Raw group sees; a Standard group pays `markup` on top. `margin_rate`
    multiplies the margin that the account's leverage gives. `start` and `volatility` (a year's
    standard deviation) shape the price, unless both sides are currencies the market knows.
    """

    symbol: str
    path: str
    description: str
    base: str
    profit: str
    margin: str
    digits: int
    contract_size: Decimal
    spread: int
    markup: int
    calc_mode: int
    margin_rate: Decimal
    swap_mode: int
    swap_long: Decimal
    swap_short: Decimal
    triple_swap_day: int
    volume_min: int
    volume_step: int
    volume_max: int
    sessions: Sessions
    sector: int
    start: float = 1.0
    volatility: float = 0.0

    @property
    def point(self) -> Decimal:
        return Decimal(1).scaleb(-self.digits)


def _pair(
    symbol: str, name: str, digits: int, spread: int, markup: int, swaps: tuple[str, str]
) -> Instrument:
    base, profit = symbol[:3], symbol[3:]
    return Instrument(
        symbol, f"Forex\\{symbol}", name, base, profit, base, digits, Decimal(100_000), spread,
        markup, FOREX, Decimal(1), SWAP_POINTS, Decimal(swaps[0]), Decimal(swaps[1]), WEDNESDAY,
        100, 100, 1_000_000, CURRENCY_HOURS, CURRENCY_SECTOR,
    )  # fmt: skip


def _metal(
    symbol: str, name: str, digits: int, size: int, spread: int, markup: int, swaps: tuple[str, str]
) -> Instrument:
    return Instrument(
        symbol, f"Metals\\{symbol}", name, symbol[:3], "USD", "USD", digits, Decimal(size), spread,
        markup, CFD_LEVERAGE, Decimal(1), SWAP_POINTS, Decimal(swaps[0]), Decimal(swaps[1]),
        WEDNESDAY, 100, 100, 500_000, EXCHANGE_HOURS, COMMODITY_SECTOR,
    )  # fmt: skip


def _contract(
    path: str, name: str, currency: str, digits: int, size: int, spread: int, markup: int,
    rate: int, hours: Sessions, sector: int, start: float, volatility: float, step: int = 1000,
) -> Instrument:  # fmt: skip
    symbol = path.split("\\")[-1]
    return Instrument(
        symbol, path, name, currency, currency, currency, digits, Decimal(size), spread, markup,
        CFD_LEVERAGE, Decimal(rate), SWAP_INTEREST, Decimal("-7.5"), Decimal("1.5"), FRIDAY,
        step, step, 10_000_000, hours, sector, start, volatility,
    )  # fmt: skip


_BITCOIN = Instrument(
    "BTCUSD", "Crypto\\BTCUSD", "Bitcoin vs US Dollar", "BTC", "USD", "USD", 2, Decimal(1), 800,
    2200, CFD_LEVERAGE, Decimal(20), SWAP_INTEREST, Decimal(-18), Decimal(-6), NO_DAY,
    100, 100, 500_000, ALWAYS, CRYPTO_SECTOR,
)  # fmt: skip

INSTRUMENTS: tuple[Instrument, ...] = (
    _pair("EURUSD", "Euro vs US Dollar", 5, 2, 10, ("-7.2", "2.9")),
    _pair("GBPUSD", "Pound Sterling vs US Dollar", 5, 4, 11, ("-4.1", "-0.8")),
    _pair("USDJPY", "US Dollar vs Japanese Yen", 3, 3, 11, ("11.6", "-24.3")),
    _pair("AUDUSD", "Australian Dollar vs US Dollar", 5, 4, 11, ("-3.4", "0.4")),
    _pair("USDCHF", "US Dollar vs Swiss Franc", 5, 5, 12, ("7.1", "-13.2")),
    _pair("EURGBP", "Euro vs Pound Sterling", 5, 5, 12, ("-6.3", "1.7")),
    _pair("CADJPY", "Canadian Dollar vs Japanese Yen", 3, 9, 15, ("6.2", "-15.4")),
    _metal("XAUUSD", "Gold vs US Dollar", 2, 100, 9, 16, ("-38.5", "17.2")),
    _metal("XAGUSD", "Silver vs US Dollar", 3, 5000, 14, 12, ("-4.9", "1.6")),
    _BITCOIN,
    _contract("Indices\\US500", "US 500 Index", "USD", 1, 1, 4, 3, 2, EXCHANGE_HOURS,
              INDEX_SECTOR, 5250.0, 0.15),
    _contract("Indices\\DE40", "Germany 40 Index", "EUR", 1, 1, 8, 7, 2, EXCHANGE_HOURS,
              INDEX_SECTOR, 18200.0, 0.17),
    _contract("Energies\\WTI", "WTI Crude Oil", "USD", 2, 1000, 2, 2, 4, EXCHANGE_HOURS,
              COMMODITY_SECTOR, 78.0, 0.32, 100),
    _contract("Stocks\\AAPL", "Apple Inc", "USD", 2, 1, 4, 5, 10, NEW_YORK_HOURS,
              TECHNOLOGY_SECTOR, 191.0, 0.26, 10_000),
)  # fmt: skip
