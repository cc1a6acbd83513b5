"""Simulated traders: who they are, when they look at the market and what they do there.

Pure: a character follows from seed and login, a decision from seed, login and turn. A robot sees
the future of the price with the probability of its foresight, which is how some of them win.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from simulators.market import DAY, HOUR, MINUTE, SECOND, Instrument, Market
from simulators.trading.margin import margin_of, rounded
from simulators.trading.records import BUY, CLIENT, EXPERT, LOT, MOBILE, SELL, WEB

_POPULAR = {
    "EURUSD": 24, "XAUUSD": 20, "GBPUSD": 12, "USDJPY": 10, "BTCUSD": 7, "US500": 7, "DE40": 5,
    "AUDUSD": 5, "WTI": 4, "USDCHF": 3, "EURGBP": 3, "CADJPY": 2, "XAGUSD": 3, "AAPL": 3,
}  # fmt: skip
_MONTH = 30 * DAY
_LARGEST_SHARE = Decimal("0.4")
"""Of the free margin, that a robot ties up in one trade."""


@dataclass(frozen=True, slots=True)
class Character:
    """`boldness` is what a trade is worth as a multiple of equity; `holding` in milliseconds.

    `stubbornness` is how likely a loss is carried on instead of taken (the disposition effect).
    """

    trades_per_month: float
    symbols: tuple[str, ...]
    holding: float
    boldness: Decimal
    foresight: float
    stubbornness: float
    partial_closes: float
    limit_orders: float
    reason: int
    expert_id: int


@dataclass(frozen=True, slots=True)
class Purse:
    """What a robot knows of its account, in the deposit currency."""

    equity: Decimal
    free: Decimal
    currency: str
    leverage: int
    markup: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision to trade. With `limit` it is a pending order at that price until `expire_at`;
    `fill_at` is when the market will touch it, or 0.
    """

    instrument: Instrument
    action: int
    volume: int
    close_at: int
    keep_volume: int
    limit: Decimal | None = None
    fill_at: int = 0
    expire_at: int = 0


def character(seed: int, login: int) -> Character:
    rng = Random(f"{seed}/{login}/character")
    favourites: list[str] = []
    names, weights = list(_POPULAR), list(_POPULAR.values())
    for _ in range(rng.randint(2, 5)):
        favourites += rng.choices(names, weights)
    hours = rng.choices([0.4, 5.0, 40.0], [20, 50, 30])[0] * rng.lognormvariate(0, 0.4)
    boldness = min(max(rng.lognormvariate(0.5, 0.8), 0.2), 12.0)
    stubbornness = rng.uniform(0, 0.6)
    if rng.random() < 0.1:
        boldness, stubbornness = boldness * 6 + 5, 0.93
    is_expert = rng.random() < 0.15
    return Character(
        trades_per_month=rng.uniform(10, 28),
        symbols=tuple(dict.fromkeys(favourites)),
        holding=hours * HOUR,
        boldness=Decimal(f"{boldness:.4f}"),
        foresight=min(max(rng.gauss(0.48, 0.07), 0.3), 0.7),
        stubbornness=stubbornness,
        partial_closes=rng.uniform(0, 0.25),
        limit_orders=rng.uniform(0, 0.2),
        reason=EXPERT if is_expert else rng.choices([CLIENT, MOBILE, WEB], [45, 45, 10])[0],
        expert_id=rng.randint(1_000, 999_999) if is_expert else 0,
    )


def decision(seed: int, login: int, turn: int) -> Random:
    """The dice of one turn of one robot."""
    return Random(f"{seed}/{login}/{turn}")


def pause(who: Character, worth: Decimal, rng: Random) -> int:
    """Milliseconds until the next look at the market; `worth` is the equity in US dollars.

    Small accounts trade less often.
    """
    eagerness = 0.3 if worth < 250 else 0.6 if worth < 1000 else 1.0
    return int(rng.expovariate(1) * _MONTH / (who.trades_per_month * eagerness)) + MINUTE


def entry(
    who: Character, purse: Purse, instruments: Mapping[str, Instrument], market: Market, at: int,
    rng: Random, *, holding: float | None = None,
) -> Entry | None:  # fmt: skip
    """What the robot does now; nothing if its markets are closed or its purse is too thin."""
    choices = [instruments[name] for name in who.symbols if name in instruments]
    open_now = [row for row in choices if market.is_open(row, at)]
    if not open_now:
        return None
    instrument = rng.choice(open_now)
    length = int((holding or who.holding) * rng.lognormvariate(-0.2, 0.7)) + 20 * SECOND
    close_at = _while_open(instrument, market, at + length, rng)
    action = _side(who, instrument, market, at, close_at, rng)
    volume = _volume(who, purse, instrument, market, at, rng)
    if not volume:
        return None
    keep = 0
    if rng.random() < who.partial_closes:
        keep = volume // 2 // instrument.volume_step * instrument.volume_step
    plan = Entry(instrument, action, volume, close_at, keep)
    if holding is None and rng.random() < who.limit_orders:
        return _as_limit(plan, purse, market, at, rng)
    return plan


def opening(
    who: Character, instruments: Mapping[str, Instrument], market: Market, at: int, rng: Random
) -> int:
    """When to look again if all favourites are closed: some time after the first one opens."""
    opens = [market.next_open(instruments[name], at) for name in who.symbols if name in instruments]
    return (min(opens) if opens else at + DAY) + int(rng.uniform(0.02, 6) * HOUR)


def later(who: Character, instrument: Instrument, market: Market, at: int, rng: Random) -> int:
    """When to close what a partial close has kept, or what could not be closed now."""
    length = int(who.holding * rng.uniform(0.3, 1.5)) + MINUTE
    return _while_open(instrument, market, at + length, rng)


def _while_open(instrument: Instrument, market: Market, at: int, rng: Random) -> int:
    opens = market.next_open(instrument, at)
    return at if opens == at else opens + int(rng.uniform(0.01, 2) * HOUR)


def _side(
    who: Character, instrument: Instrument, market: Market, at: int, close_at: int, rng: Random
) -> int:
    rises = market.quote(instrument, close_at).bid > market.quote(instrument, at).bid
    sees = rng.random() < who.foresight
    return BUY if rises == sees else SELL


def _volume(
    who: Character, purse: Purse, instrument: Instrument, market: Market, at: int, rng: Random
) -> int:
    """In ten-thousandths of a lot, a whole number of steps; 0 if even the least is too much."""
    price = market.quote(instrument, at, markup=purse.markup).ask
    rate = market.rate(instrument.profit, purse.currency, at)
    lot_worth = instrument.contract_size * price * rate
    wish = purse.equity * who.boldness * Decimal(f"{rng.uniform(0.5, 1.5):.3f}")
    lots = wish * LOT / lot_worth
    steps = int(lots) // instrument.volume_step
    volume = min(max(steps * instrument.volume_step, instrument.volume_min), instrument.volume_max)
    margin_rate = market.rate(instrument.margin, purse.currency, at)
    margin = margin_of(instrument, volume, price, margin_rate, purse.leverage)
    affordable = purse.free * _LARGEST_SHARE
    if margin > affordable:
        volume = int(volume * affordable / margin) if affordable > 0 else 0
        volume = volume // instrument.volume_step * instrument.volume_step
    return volume if volume >= instrument.volume_min else 0


def _as_limit(plan: Entry, purse: Purse, market: Market, at: int, rng: Random) -> Entry:
    """The same trade at a better price. Eight looks ahead tell when the market will touch it."""
    instrument = plan.instrument
    quote = market.quote(instrument, at, markup=purse.markup)
    better = Decimal(f"{rng.uniform(0.0005, 0.003):.5f}")
    away = -better if plan.action == BUY else better
    touch = quote.ask if plan.action == BUY else quote.bid
    limit = rounded(touch * (1 + away), instrument.digits)
    expire_at = at + int(rng.uniform(4, 30) * HOUR)
    fill_at = 0
    for look in _looks(at, expire_at, 8):
        seen = market.quote(instrument, look, markup=purse.markup)
        reached = seen.ask <= limit if plan.action == BUY else seen.bid >= limit
        if reached and market.is_open(instrument, look):
            fill_at = look
            break
    return Entry(
        instrument, plan.action, plan.volume, plan.close_at, plan.keep_volume, limit, fill_at,
        expire_at,
    )  # fmt: skip


def _looks(begins: int, ends: int, count: int) -> Sequence[int]:
    return [begins + (ends - begins) * step // count for step in range(1, count)]
