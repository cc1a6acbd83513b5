"""The book in this process: positions read again when they change, prices every second.

Tickets repeat from one platform to the next, so positions go by their own id. Symbols of one
instrument are merged under its code, and each keeps its own platform's price.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from time import monotonic

import numpy as np
from django.db import connection
from django.db.models import Q

from nostro.exposure.netting import LOT, Book, Instrument, Position, Snapshot
from nostro.trading.models import PlatformSymbol
from nostro.trading.models import Position as OpenPosition
from nostro.trading.rates import usd_rates

FRESH = 1.0
"""Seconds after which prices are read again."""
RELOAD = 60.0
"""Seconds after which positions are read again even if they look the same."""
CELL, OWNER = "cell", "owner"
CARRIED = Q(platform__live=True, account__practice=False)
"""The positions whose risk is the house's: with real money, on a live platform."""
MARK = """
SELECT count(*), coalesce(sum(hashtextextended(concat_ws(':', p.id, p.side, p.lots, p.price_open,
         p.account_id, p.instrument_id, a.group_id, g.book), 0)), 0)
  FROM trading_position p
  JOIN trading_tradingaccount a ON a.id = p.account_id AND NOT a.practice
  LEFT JOIN trading_group g ON g.id = a.group_id
"""


@dataclass(frozen=True)
class Cell:
    """What one book of one legal entity carries of one instrument, in lots and USD."""

    entity_id: int
    book: str
    code: str
    client_id: int | None
    long_lots: Decimal
    short_lots: Decimal
    net: Decimal
    gross: Decimal
    floating: Decimal
    unpriced_lots: Decimal
    ticked_at: datetime | None


@dataclass(frozen=True)
class Known:
    """An instrument on the page, and whose symbols it merges."""

    code: str
    name: str
    asset_class: str
    base: str
    quote: str


def _usd(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


def _lots(value: int) -> Decimal:
    return Decimal(value) / LOT


def _moment(seconds: float) -> datetime | None:
    return None if np.isnan(seconds) else datetime.fromtimestamp(seconds, UTC)


class LiveBook:
    """One netting book with what it takes to keep it fresh. Safe to ask from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._book = Book([], (CELL, OWNER))
        self._mark: tuple[object, ...] = ()
        self._catalogue: frozenset[tuple[object, ...]] = frozenset()
        self._priced = self._loaded = -RELOAD
        self.known: dict[str, Known] = {}

    def refresh(self, *, force: bool = False) -> None:
        """Read prices, and positions where something about them has changed."""
        with self._lock:
            self._refresh(force)

    def cells(self, *, by_client: bool = False) -> list[Cell]:
        """The book by legal entity, book and instrument, and by client where asked."""
        with self._lock:
            self._refresh(False)
            return list(_cells(self._book.snapshot(OWNER if by_client else CELL)))

    def what_if(self, moves: Mapping[str, float], *, by_client: bool = False) -> list[Cell]:
        """The same if prices moved: −0.05 is down 5 %, by instrument code or for `""` all."""
        with self._lock:
            self._refresh(False)
            every = moves.get("", 0.0)
            whole = {code: moves.get(code, every) for code in self.known}
            dimension = OWNER if by_client else CELL
            return list(_cells(self._book.what_if(whole, dimension)))

    @property
    def count(self) -> int:
        return len(self._book)

    def _refresh(self, force: bool) -> None:
        if not force and monotonic() - self._priced < FRESH:
            return
        symbols = list(
            PlatformSymbol.objects.select_related("instrument").only(
                "platform_id", "name", "bid", "ask", "tick_at", "instrument__code",
                "instrument__name", "instrument__asset_class", "instrument__base",
                "instrument__quote",
            )
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(MARK)
            mark = tuple(cursor.fetchone())
        catalogue = frozenset((s.platform_id, s.name, s.instrument_id) for s in symbols)
        stale = monotonic() - self._loaded > RELOAD
        if force or stale or mark != self._mark or catalogue != self._catalogue:
            self._load(symbols)
            self._mark, self._catalogue, self._loaded = mark, catalogue, monotonic()
        self._price(symbols)
        self._priced = monotonic()

    def _load(self, symbols: Iterable[PlatformSymbol]) -> None:
        instruments = [_instrument(one) for one in symbols]
        there = {one.symbol for one in instruments}
        rows = OpenPosition.objects.filter(CARRIED).values_list(
            "pk", "platform_id", "symbol", "side", "lots", "contract_size", "price_open",
            "account__entity_id", "account__group__book", "account__client_id", "account__login",
        )  # fmt: skip
        positions = [_position(row) for row in rows]
        unlisted = {one.symbol for one in positions} - there
        instruments += [Instrument(one, "", "", one.partition("/")[2]) for one in sorted(unlisted)]
        self._book = Book(instruments, (CELL, OWNER))
        codes = {one.symbol: one.underlying for one in instruments}
        self._book.replace_all(_tagged(one, codes[one.symbol]) for one in positions)
        self.known = {
            one.instrument.code: Known(
                one.instrument.code, one.instrument.name, one.instrument.asset_class,
                one.instrument.base, one.instrument.quote,
            )
            for one in symbols
            if one.instrument is not None
        }  # fmt: skip

    def _price(self, symbols: Iterable[PlatformSymbol]) -> None:
        rates = {code: float(rate) for code, rate in usd_rates().items()}
        for one in symbols:
            if one.bid is None or one.ask is None or one.instrument is None:
                continue
            at = one.tick_at.timestamp() if one.tick_at else float("nan")
            fx = rates.get(one.instrument.quote, float("nan"))
            symbol = f"{one.platform_id}/{one.name}"
            self._book.tick(symbol, float(one.bid), float(one.ask), fx=fx, at=at)


def _instrument(one: PlatformSymbol) -> Instrument:
    symbol, known = f"{one.platform_id}/{one.name}", one.instrument
    if known is None:
        return Instrument(symbol, "", "", one.name)
    return Instrument(symbol, known.base, known.quote, known.code, known.asset_class)


def _position(row: tuple[object, ...]) -> Position:
    pk, platform, symbol, side, lots, size, price, entity, book, client, login = row
    tags = {"entity": str(entity), "book": str(book or "b"), "client": str(client)}
    return Position(
        int(str(pk)), int(str(login or 0)), f"{platform}/{symbol}", int(str(side)),
        int(Decimal(str(lots)) * LOT), float(str(size)), float(str(price)), float("nan"), tags,
    )  # fmt: skip


def _tagged(one: Position, code: str) -> Position:
    cell = f"{one.tags['entity']}|{one.tags['book']}|{code}"
    tags = {CELL: cell, OWNER: f"{cell}|{one.tags['client']}"}
    return Position(
        one.ticket, one.login, one.symbol, one.side, one.lots, one.contract_size, one.open_price,
        one.fx, tags,
    )  # fmt: skip


def _cells(snapshot: Snapshot) -> Iterator[Cell]:
    for at, key in enumerate(snapshot.keys):
        entity, book, code, *client = key.split("|")
        net, gross = int(snapshot.net_lots[at]), int(snapshot.gross_lots[at])
        yield Cell(
            int(entity), book, code, int(client[0]) if client else None,
            _lots((gross + net) // 2), _lots((gross - net) // 2),
            _usd(float(snapshot.net_notional[at])), _usd(float(snapshot.gross_notional[at])),
            _usd(float(np.nan_to_num(snapshot.floating[at]))),
            _lots(int(snapshot.unpriced_lots[at])), _moment(float(snapshot.oldest_tick_at[at])),
        )  # fmt: skip


BOOK = LiveBook()
"""The one book of this process."""
