"""What a platform shows now: open positions, quotes, where each account stands.

Readings replace one another, and each kind is written in one statement.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.trading import ports
from nostro.trading.events import MarketRead
from nostro.trading.models import Platform, SyncCursor
from nostro.trading.operations.deals import remember

POSITIONS = """
WITH given AS (
  SELECT p.*, a.id AS account_id, s.instrument_id
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS p(
      ticket bigint, login bigint, symbol text, side smallint, lots numeric,
      contract_size numeric, price_open numeric, price numeric, profit numeric, swap numeric,
      rate_profit numeric, opened_at timestamptz)
    JOIN trading_tradingaccount a ON a.platform_id = %(platform)s AND a.login = p.login
    LEFT JOIN trading_platformsymbol s ON s.platform_id = %(platform)s AND s.name = p.symbol
), gone AS (
  DELETE FROM trading_position t WHERE t.platform_id = %(platform)s
     AND NOT EXISTS (SELECT 1 FROM given g WHERE g.ticket = t.ticket)
)
INSERT INTO trading_position (platform_id, ticket, account_id, symbol, instrument_id, side, lots,
  contract_size, price_open, price, profit, swap, rate_profit, opened_at, read_at)
SELECT %(platform)s, ticket, account_id, symbol, instrument_id, side, lots, contract_size,
  price_open, price, profit, swap, rate_profit, opened_at, %(now)s FROM given
ON CONFLICT (platform_id, ticket) DO UPDATE SET account_id = excluded.account_id,
  symbol = excluded.symbol, instrument_id = excluded.instrument_id, side = excluded.side,
  lots = excluded.lots, contract_size = excluded.contract_size,
  price_open = excluded.price_open, price = excluded.price, profit = excluded.profit,
  swap = excluded.swap, rate_profit = excluded.rate_profit, read_at = excluded.read_at
"""

ORDERS = """
WITH given AS (
  SELECT o.*, a.id AS account_id, s.instrument_id
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS o(
      ticket bigint, login bigint, symbol text, kind text, lots numeric, price numeric,
      stop_loss numeric, take_profit numeric, placed_at timestamptz, expires_at timestamptz)
    JOIN trading_tradingaccount a ON a.platform_id = %(platform)s AND a.login = o.login
    LEFT JOIN trading_platformsymbol s ON s.platform_id = %(platform)s AND s.name = o.symbol
), gone AS (
  DELETE FROM trading_pendingorder t WHERE t.platform_id = %(platform)s
     AND NOT EXISTS (SELECT 1 FROM given g WHERE g.ticket = t.ticket)
)
INSERT INTO trading_pendingorder (platform_id, ticket, account_id, symbol, instrument_id, kind,
  lots, price, stop_loss, take_profit, placed_at, expires_at, read_at)
SELECT %(platform)s, ticket, account_id, symbol, instrument_id, kind, lots, price, stop_loss,
  take_profit, placed_at, expires_at, %(now)s FROM given
ON CONFLICT (platform_id, ticket) DO UPDATE SET account_id = excluded.account_id,
  symbol = excluded.symbol, instrument_id = excluded.instrument_id, kind = excluded.kind,
  lots = excluded.lots, price = excluded.price, stop_loss = excluded.stop_loss,
  take_profit = excluded.take_profit, expires_at = excluded.expires_at, read_at = excluded.read_at
"""

PAST_ORDERS = """
INSERT INTO trading_pastorder (platform_id, ticket, account_id, symbol, kind, state, lots,
  open_lots, price, placed_at, done_at)
SELECT %(platform)s, o.ticket, a.id, o.symbol, o.kind, o.state, o.lots, o.open_lots, o.price,
  o.placed_at, o.done_at
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS o(
    ticket bigint, login bigint, symbol text, kind text, state text, lots numeric,
    open_lots numeric, price numeric, placed_at timestamptz, done_at timestamptz)
  JOIN trading_tradingaccount a ON a.platform_id = %(platform)s AND a.login = o.login
ON CONFLICT (platform_id, ticket) DO NOTHING
"""

TICKS = """
UPDATE trading_platformsymbol s SET bid = t.bid, ask = t.ask, tick_at = t.at
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS t(
    symbol text, bid numeric, ask numeric, at timestamptz)
 WHERE s.platform_id = %(platform)s AND s.name = t.symbol
"""

ACCOUNTS = """
WITH given AS (
  SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(
    login bigint, balance numeric, credit numeric, equity numeric, margin numeric,
    free_margin numeric)
), moved AS (
  UPDATE trading_tradingaccount a SET balance = g.balance, credit = g.credit, equity = g.equity,
    margin = g.margin, free_margin = g.free_margin, read_at = %(now)s
    FROM given g WHERE a.platform_id = %(platform)s AND a.login = g.login
  RETURNING a.id, a.balance, a.equity
)
INSERT INTO trading_equitypoint (account_id, at, balance, equity)
SELECT m.id, date_bin('15 minutes', %(now)s, timestamptz '2001-01-01 00:00:00+00'),
  m.balance, m.equity
  FROM moved m
 WHERE m.equity IS DISTINCT FROM (
   SELECT p.equity FROM trading_equitypoint p WHERE p.account_id = m.id
    ORDER BY p.at DESC LIMIT 1)
ON CONFLICT (account_id, at) DO UPDATE SET balance = excluded.balance, equity = excluded.equity
"""

POINT = """
INSERT INTO trading_platformpoint AS p (platform_id, at, lag_ms, clock_offset_seconds)
VALUES (%s, date_bin('15 minutes', %s, timestamptz '2001-01-01 00:00:00+00'), %s, %s)
ON CONFLICT (platform_id, at) DO UPDATE SET lag_ms = greatest(p.lag_ms, excluded.lag_ms),
  clock_offset_seconds = excluded.clock_offset_seconds
WHERE (p.lag_ms, p.clock_offset_seconds) IS DISTINCT FROM
  (greatest(p.lag_ms, excluded.lag_ms), excluded.clock_offset_seconds)
"""


@operation(internal=True, lock=False)
def record_positions(
    act: Act, platform: Platform, *, positions: Sequence[ports.Position],
    orders: Sequence[ports.Order] | None = None,
) -> None:  # fmt: skip
    """Replace the platform's open positions, and its orders where they are given, by those it
    shows now.
    """
    _run(POSITIONS, act, platform, [_position(one) for one in positions])
    if orders is not None:
        _run(ORDERS, act, platform, [_order(one) for one in orders])
    act.record(MarketRead(len(positions), 0, 0), about=platform)


@operation(internal=True, lock=False)
def record_ticks(act: Act, platform: Platform, *, ticks: Sequence[ports.Tick]) -> None:
    """Write the newest quote of each symbol."""
    _run(TICKS, act, platform, [_tick(one) for one in ticks])
    act.record(MarketRead(0, len(ticks), 0), about=platform)


@operation(internal=True, lock=False)
def read_accounts(act: Act, platform: Platform, *, states: Sequence[ports.AccountState]) -> None:
    """Write where accounts stand, and a point of their curve where the equity moved."""
    _run(ACCOUNTS, act, platform, [_state(one) for one in states])
    act.record(MarketRead(0, 0, len(states)), about=platform)


@operation(internal=True, lock=False, reading=True)
def record_market(
    act: Act,
    platform: Platform,
    *,
    positions: Sequence[ports.Position] | None = None,
    orders: Sequence[ports.Order] | None = None,
    ticks: Sequence[ports.Tick] = (),
    states: Sequence[ports.AccountState] = (),
    read_to: datetime | None = None,
    lag_ms: int | None = None,
    clock_offset: int = 0,
) -> None:
    """Everything one look at a platform showed, in one act. Positions and orders stay where none
    are given.
    """
    if positions is not None:
        _run(POSITIONS, act, platform, [_position(one) for one in positions])
    if orders is not None:
        _run(ORDERS, act, platform, [_order(one) for one in orders])
    if ticks:
        _run(TICKS, act, platform, [_tick(one) for one in ticks])
    if states:
        _run(ACCOUNTS, act, platform, [_state(one) for one in states])
    if read_to is not None:
        remember(platform, read_to)
    Platform.objects.filter(pk=platform.pk).update(
        read_at=act.at, clock_offset_seconds=clock_offset, lag_ms=lag_ms
    )
    with connection.cursor() as cursor:
        cursor.execute(POINT, [platform.pk, act.at, lag_ms, clock_offset])


@operation(internal=True, lock=False, reading=True)
def record_past_orders(
    act: Act, platform: Platform, *, orders: Sequence[ports.Order], read_to: datetime
) -> None:
    """Keep orders that ended unfilled, once each, and how far the platform's past was read."""
    ended = [one for one in orders if one.done_at is not None]
    if ended:
        _run(PAST_ORDERS, act, platform, [_past(one) for one in ended])
    SyncCursor.objects.filter(platform=platform).update(orders_to=read_to)


def _past(one: ports.Order) -> dict[str, Any]:
    return {
        "ticket": one.ticket, "login": one.login, "symbol": one.symbol[:32], "kind": one.kind,
        "state": one.state, "lots": str(one.lots), "open_lots": str(one.open_lots),
        "price": str(one.price), "placed_at": one.placed_at.isoformat(),
        "done_at": one.done_at.isoformat() if one.done_at else None,
    }  # fmt: skip


def _run(sql: str, act: Act, platform: Platform, rows: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"rows": json.dumps(rows), "platform": platform.pk, "now": act.at}
        cursor.execute(sql, given)


def _position(one: ports.Position) -> dict[str, Any]:
    return {
        "ticket": one.ticket, "login": one.login, "symbol": one.symbol[:32],
        "side": 1 if one.side == ports.Side.BUY else -1, "lots": str(one.lots),
        "contract_size": str(one.contract_size), "price_open": str(one.open_price),
        "price": str(one.current_price), "profit": str(one.profit), "swap": str(one.swap),
        "rate_profit": str(one.profit_rate or 1), "opened_at": one.opened_at.isoformat(),
    }  # fmt: skip


def _order(one: ports.Order) -> dict[str, Any]:
    return {
        "ticket": one.ticket, "login": one.login, "symbol": one.symbol[:32], "kind": one.kind,
        "lots": str(one.open_lots), "price": str(one.price), "stop_loss": str(one.stop_loss),
        "take_profit": str(one.take_profit), "placed_at": one.placed_at.isoformat(),
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
    }  # fmt: skip


def _tick(one: ports.Tick) -> dict[str, Any]:
    return {
        "symbol": one.symbol, "bid": str(one.bid), "ask": str(one.ask), "at": one.at.isoformat(),
    }  # fmt: skip


def _state(one: ports.AccountState) -> dict[str, Any]:
    return {
        "login": one.login, "balance": str(one.balance), "credit": str(one.credit),
        "equity": str(one.equity), "margin": str(one.margin),
        "free_margin": str(one.free_margin),
    }  # fmt: skip
