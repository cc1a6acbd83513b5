"""The two reports of WebServices that are CSV: open positions, and closing deals."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simulators.ctrader.server import CTraderServer
from simulators.trading.records import BUY, ENTRY_IN, LOT, Deal, Position

OPEN = (
    "login", "positionId", "openTimestamp", "entryPrice", "direction", "volume", "symbol",
    "commission", "swap", "bookType", "stake", "spreadBetting", "usedMargin",
)  # fmt: skip
CLOSED = (
    "login", "positionId", "dealId", "openTimestamp", "closeTimestamp", "entryPrice",
    "closePrice", "direction", "volume", "symbol", "commission", "swap", "pnl",
    "depositConversionRate", "usdConversionRate", "bookType", "stake", "spreadBetting",
)  # fmt: skip


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def units(contract_size: Decimal, volume: int) -> Decimal:
    """Of what is traded; `volume` is in ten-thousandths of a lot."""
    return contract_size * volume / LOT


def open_positions(server: CTraderServer, positions: Iterable[Position]) -> bytes:
    rows = [_open_row(server, row) for row in positions]
    return _sheet(OPEN, rows)


def _open_row(server: CTraderServer, position: Position) -> list[Any]:
    account = server.store.accounts[position.login]
    instrument = server.instruments[position.symbol]
    at = server.now()
    currency = server.desk.group_of(account).currency
    to_usd = server.market.rate(currency, "USD", at)
    tied = server.desk.required_margin(account, instrument, position.action, position.volume, at)
    return [
        position.login, position.position, position.time_create_msc, plain(position.price_open),
        "BUY" if position.action == BUY else "SELL",
        plain(units(position.contract_size, position.volume)), position.symbol,
        plain(round(position.commission * to_usd, 2)), plain(position.storage), "BOOK_B", "0",
        "false", plain(round(tied, 2)),
    ]  # fmt: skip


def closed_positions(server: CTraderServer, deals: Iterable[Deal]) -> bytes:
    rows = [_closed_row(server, row) for row in deals if row.entry != ENTRY_IN]
    return _sheet(CLOSED, rows)


def _closed_row(server: CTraderServer, deal: Deal) -> list[Any]:
    currency = server.desk.group_of(server.store.accounts[deal.login]).currency
    to_usd = server.market.rate(currency, "USD", deal.time_msc)
    opened = server.traded('"position_id" = ?', [deal.position_id])
    return [
        deal.login, deal.position_id, deal.deal, opened[0].time_msc if opened else 0,
        deal.time_msc, plain(deal.price_position), plain(deal.price),
        "SELL" if deal.action == BUY else "BUY",
        plain(units(deal.contract_size, deal.volume_closed)), deal.symbol,
        plain(round(deal.commission * to_usd, 2)), plain(deal.storage), plain(deal.profit),
        plain(deal.rate_profit), plain(to_usd), "BOOK_B", "0", "false",
    ]  # fmt: skip


def _sheet(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()
