"""What positions are worth and what they tie up: pure arithmetic over records and quotes."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from simulators.market import Instrument, Market
from simulators.market.instruments import FOREX, SWAP_POINTS
from simulators.trading.records import BUY, LOT, SELL, ZERO, Account, Group, Position

_UNITS = tuple(Decimal(1).scaleb(-digits) for digits in range(10))
_YEAR_DAYS = 360
"""Interest swaps count 360 days in a year, as the platform does."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """In the deposit currency; `level` is a percentage and 0 without margin."""

    balance: Decimal
    credit: Decimal
    profit: Decimal
    storage: Decimal
    margin: Decimal

    @property
    def floating(self) -> Decimal:
        return self.profit + self.storage

    @property
    def equity(self) -> Decimal:
        return self.balance + self.credit + self.floating

    @property
    def free(self) -> Decimal:
        return self.equity - self.margin

    @property
    def level(self) -> Decimal:
        if not self.margin:
            return ZERO
        return (self.equity / self.margin * 100).quantize(Decimal("0.01"))


def rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(_UNITS[digits], rounding=ROUND_HALF_UP)


def raw_profit(action: int, size: Decimal, volume: int, opened: Decimal, now: Decimal) -> Decimal:
    """In the profit currency; `size` is the contract size."""
    difference = now - opened if action == BUY else opened - now
    return difference * size * volume / LOT


def units(instrument: Instrument, volume: int) -> Decimal:
    return instrument.contract_size * volume / LOT


def margin_of(
    instrument: Instrument, volume: int, price: Decimal, rate: Decimal, leverage: int
) -> Decimal:
    """Unrounded, in the deposit currency; `rate` is from the margin currency to it."""
    tied = units(instrument, volume) * instrument.margin_rate * rate / leverage
    return tied if instrument.calc_mode == FOREX else tied * price


def position_profit(
    position: Position, instrument: Instrument, group: Group, market: Market, at: int
) -> Decimal:
    """What closing now would bring, in the deposit currency."""
    quote = market.quote(instrument, at, markup=group.markup)
    raw = raw_profit(
        position.action, position.contract_size, position.volume, position.price_open,
        quote.bid if position.action == BUY else quote.ask,
    )  # fmt: skip
    rate = market.rate(instrument.profit, group.currency, at)
    return rounded(raw * rate, group.currency_digits)


def swap_of(
    position: Position, instrument: Instrument, group: Group, market: Market, at: int
) -> Decimal:
    """The swap of one night, in the deposit currency; negative is charged."""
    swap = instrument.swap_long if position.action == BUY else instrument.swap_short
    if instrument.swap_mode == SWAP_POINTS:
        raw = units(instrument, position.volume) * swap * instrument.point
    else:
        price = market.quote(instrument, at).bid
        raw = units(instrument, position.volume) * price * swap / 100 / _YEAR_DAYS
    rate = market.rate(instrument.profit, group.currency, at)
    return rounded(raw * rate, group.currency_digits)


def account_state(
    account: Account,
    group: Group,
    positions: Iterable[Position],
    instruments: dict[str, Instrument],
    market: Market,
    at: int,
) -> AccountState:
    """Opposite positions in one symbol tie up the margin of the larger side alone."""
    profit = storage = ZERO
    legs: dict[str, dict[int, Decimal]] = {}
    for position in positions:
        instrument = instruments[position.symbol]
        profit += position_profit(position, instrument, group, market, at)
        storage += position.storage + position.commission
        sides = legs.setdefault(position.symbol, {BUY: ZERO, SELL: ZERO})
        sides[position.action] += margin_of(
            instrument, position.volume, position.price_open, position.rate_margin, account.leverage
        )
    margin = sum((max(sides.values()) for sides in legs.values()), ZERO)
    return AccountState(
        account.balance, account.credit, profit, storage, rounded(margin, group.currency_digits)
    )
