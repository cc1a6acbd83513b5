"""Commands that read ticks. A transaction number tells a client's last look from what is new."""

from decimal import Decimal

from simulators.market import DAY, MINUTE, Instrument, Quote
from simulators.market.prices import TICK
from simulators.mt5.commands.registry import Reply, Request, command
from simulators.mt5.trade_server import matches
from simulators.mt5.wire import Fields, fixed, tick_document

_NONE, _UP, _DOWN = 0, 1, 2
_SAMPLE = 15 * MINUTE
_RAW = Decimal(0)


def _wanted(request: Request) -> list[Instrument]:
    """A comma list of symbols, or masks of them."""
    mask = request.text("SYMBOL")
    return [row for name, row in request.server.instruments.items() if matches(mask, name)]


def _number(tick: int) -> int:
    return tick // TICK


def _ticks(request: Request, markup: Decimal) -> Reply:
    seen = request.number("TRANS_ID", 0)
    server = request.server
    at = server.now()
    rows = []
    for instrument in _wanted(request):
        quote = server.market.quote(instrument, at, markup=markup)
        if _number(quote.at) > seen:
            local = server.settings.zone.local(quote.at)
            rows.append(tick_document(instrument.symbol, instrument.digits, quote, local))
    return Reply({"TRANS_ID": str(max(seen, _number(at)))}, rows)


@command("TICK_LAST")
def tick_last(request: Request) -> Reply:
    return _ticks(request, _RAW)


@command("TICK_LAST_GROUP")
def tick_last_group(request: Request) -> Reply:
    return _ticks(request, request.server.group(request.text("GROUP")).markup)


@command("TICK_STAT")
def tick_stat(request: Request) -> Reply:
    seen = request.number("TRANS_ID", 0)
    at = request.server.now()
    rows = []
    for instrument in _wanted(request):
        quote = request.server.market.quote(instrument, at, markup=_RAW)
        if _number(quote.at) > seen:
            rows.append(_statistics(request, instrument, quote))
    return Reply({"TRANS_ID": str(max(seen, _number(at)))}, rows)


def _statistics(request: Request, instrument: Instrument, quote: Quote) -> Fields:
    """The day so far, looked at every quarter of an hour."""
    market, zone = request.server.market, request.server.settings.zone
    local = zone.local(quote.at)
    begins = quote.at - local % DAY
    day = [
        market.quote(instrument, moment, markup=_RAW)
        for moment in range(begins + _SAMPLE, quote.at, _SAMPLE)
    ]
    day.append(quote)
    before = market.quote(instrument, quote.at - TICK, markup=_RAW)
    digits = instrument.digits
    zero = fixed(_RAW, digits)
    fields: Fields = {
        "Symbol": instrument.symbol, "Digits": str(digits), "Datetime": str(local // 1000),
        "DatetimeMsc": str(local),
        **_side("Bid", [row.bid for row in day], before.bid, digits),
        **_side("Ask", [row.ask for row in day], before.ask, digits),
        "Last": zero, "LastLow": zero, "LastHigh": zero, "LastDir": "0",
    }  # fmt: skip
    for name in ("Volume", "VolumeLow", "VolumeHigh", "TradeVolume", "TradeBuyVolume",
                 "TradeSellVolume"):  # fmt: skip
        fields |= {name: "0", f"{name}Real": "0.00"}
    for name in ("VolumeDir", "TradeDeals", "TradeTurnover", "TradeInterest", "TradeBuyOrders",
                 "TradeSellOrders"):  # fmt: skip
        fields[name] = "0"
    first = day[0].bid
    change = (quote.bid - first) / first * 100
    fields |= {
        "PriceOpen": fixed(first, digits), "PriceClose": zero, "PriceChange": fixed(change, 2),
        "PriceVolatility": "0.00", "PriceTheoretical": zero,
    }  # fmt: skip
    return fields


def _side(name: str, prices: list[Decimal], before: Decimal, digits: int) -> Fields:
    now = prices[-1]
    direction = _UP if now > before else _DOWN if now < before else _NONE
    return {
        name: fixed(now, digits), f"{name}Low": fixed(min(prices), digits),
        f"{name}High": fixed(max(prices), digits), f"{name}Dir": str(direction),
    }  # fmt: skip
