"""Deals read from platforms: kept once each, and settled in the ledger account by account.

A batch of two thousand costs the same few statements as one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import batched
from typing import Any

from django.db import connection

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.queries import one_of
from nostro.kit.problems import Problem
from nostro.trading import ports
from nostro.trading.events import DealsAdopted, DealsCorrected, DealsRecorded
from nostro.trading.models import Deal, DealCorrection, Platform, SyncCursor
from nostro.trading.operations.settling import settle, settle_corrections
from nostro.trading.queries.deriving import FIGURES, SEEN, apart, as_corrected, as_said

MOST = 2000
ACTIONS = {
    ports.DealKind.BUY: "buy", ports.DealKind.SELL: "sell", ports.DealKind.BALANCE: "balance",
    ports.DealKind.CREDIT: "credit", ports.DealKind.CHARGE: "charge",
    ports.DealKind.CORRECTION: "correction", ports.DealKind.BONUS: "bonus",
    ports.DealKind.COMMISSION: "commission",
}  # fmt: skip
ENTRIES = {
    ports.DealEntry.IN: "in", ports.DealEntry.OUT: "out", ports.DealEntry.REVERSED: "inout",
    ports.DealEntry.CLOSED_BY: "outby",
}  # fmt: skip
TRADES = (ports.DealKind.BUY, ports.DealKind.SELL)

INSERT = """
WITH given AS (
  -- A column each: of a million rows the names alone would be more than the figures.
  SELECT * FROM unnest(%(ticket)s::bigint[], %(login)s::bigint[], %(position)s::bigint[],
    %(action)s::text[], %(entry)s::text[], %(symbol)s::text[], %(lots)s::numeric[],
    %(lots_closed)s::numeric[], %(contract_size)s::numeric[], %(price)s::numeric[],
    %(price_open)s::numeric[], %(bid)s::numeric[], %(ask)s::numeric[], %(profit)s::numeric[],
    %(swap)s::numeric[], %(commission)s::numeric[], %(fee)s::numeric[], %(rate_profit)s::numeric[],
    %(comment)s::text[], %(at)s::timestamptz[], %(order)s::bigint[], %(reason)s::text[],
    %(platform_time)s::bigint[]) AS d(ticket, login, position, action, entry,
    symbol, lots, lots_closed, contract_size, price, price_open, bid, ask, profit, swap,
    commission, fee, rate_profit, comment, at, "order", reason, platform_time)
), opening AS (
  SELECT DISTINCT ON (position) position, price, at FROM given
   WHERE entry = 'in' AND position <> 0 ORDER BY position, ticket
)
INSERT INTO trading_deal (platform_id, ticket, login, account_id, position, action, entry, symbol,
  instrument_id, lots, lots_closed, contract_size, price, price_open, bid, ask, profit, swap,
  commission, fee, rate_profit, comment, at, opened_at, read_at, "order", reason, platform_time_ms)
SELECT %(platform)s, g.ticket, g.login, a.id, g.position, g.action, g.entry, g.symbol,
  s.instrument_id, g.lots, g.lots_closed, g.contract_size, g.price,
  coalesce(nullif(g.price_open, 0), k.price, o.price, 0), g.bid, g.ask, g.profit, g.swap,
  g.commission, g.fee, g.rate_profit, g.comment, g.at, coalesce(k.at, o.at), %(now)s,
  g."order", g.reason, g.platform_time
  FROM given g
  LEFT JOIN trading_tradingaccount a ON a.platform_id = %(platform)s AND a.login = g.login
  LEFT JOIN trading_platformsymbol s ON s.platform_id = %(platform)s AND s.name = g.symbol
  LEFT JOIN opening o ON o.position = g.position
  -- One look each by the index, whatever the statistics of a table that grows this fast say.
  LEFT JOIN LATERAL (
    SELECT t.price, t.at FROM trading_deal t
     WHERE t.platform_id = %(platform)s AND t.position = g.position AND t.entry = 'in'
       AND g.position <> 0
     ORDER BY t.ticket LIMIT 1
  ) k ON true
 ORDER BY g.ticket
ON CONFLICT (platform_id, ticket) DO NOTHING
RETURNING id
"""


class TooMany(Problem):
    """More deals than one batch holds."""


class NothingToAdopt(Problem):
    """Every deal of our accounts is known to be theirs."""

    status = 409


class NothingChanged(Problem):
    """The platform has these deals as they were last known here."""

    status = 409


@operation(internal=True, lock=False)
def record_deals(
    act: Act,
    platform: Platform,
    *,
    deals: Sequence[ports.Deal],
    read_to: datetime | None = None,
) -> list[int]:
    """Keep deals as the platform has them; those that are known already change nothing.

    What trading did to each account follows in the ledger. Answers the ids of new deals.
    """
    if len(deals) > MOST:
        raise TooMany(f"{len(deals)} deals are too many for one batch of {MOST}.")
    given: dict[str, Any] = {"platform": platform.pk, "now": act.at, **_columns(deals)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, given)
        ids = [int(row[0]) for row in cursor.fetchall()]
    if ids:
        settle(act, platform, ids)
    if read_to is not None:
        newest = max((one.ticket for one in deals), default=0)
        remember(platform, read_to, newest)
    act.record(DealsRecorded(platform.pk, len(ids), ids), about=platform)
    return ids


def _columns(deals: Sequence[ports.Deal]) -> dict[str, str]:
    """The figures of deals as arrays of the database, by the names of their columns."""
    trades = [one.kind in TRADES for one in deals]
    entries = [ENTRIES.get(one.entry, "none") for one in deals]
    return {
        "ticket": _array(one.ticket for one in deals),
        "login": _array(one.login for one in deals),
        "position": _array(
            one.position if trade else 0 for one, trade in zip(deals, trades, strict=True)
        ),
        "action": _array(ACTIONS.get(one.kind, "other") for one in deals),
        "entry": _array(
            entry if trade else "none" for entry, trade in zip(entries, trades, strict=True)
        ),
        "symbol": _array(_quoted(one.symbol[:32]) for one in deals),
        "lots": _array(one.lots for one in deals),
        "lots_closed": _array(one.closed_lots for one in deals),
        "contract_size": _array(one.contract_size for one in deals),
        "price": _array(one.price for one in deals),
        "price_open": _array(one.position_price for one in deals),
        "bid": _array(one.bid for one in deals), "ask": _array(one.ask for one in deals),
        "profit": _array(one.profit for one in deals), "swap": _array(one.swap for one in deals),
        "commission": _array(one.commission for one in deals),
        "fee": _array(one.fee for one in deals),
        "rate_profit": _array(one.profit_rate or 1 for one in deals),
        "comment": _array(_quoted(one.comment[:64]) for one in deals),
        "at": _array(one.at for one in deals),
        "order": _array(
            one.order or "NULL" if trade else "NULL"
            for one, trade in zip(deals, trades, strict=True)
        ),
        "reason": _array(f'"{one.reason}"' if one.reason else "NULL" for one in deals),
        "platform_time": _array(one.platform_time or "NULL" for one in deals),
    }  # fmt: skip


def _array(values: Iterable[object]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def remember(platform: Platform, read_to: datetime, newest: int = 0) -> None:
    """How far deals have been read. It never goes back."""
    cursor, made = SyncCursor.objects.get_or_create(
        platform=platform, defaults={"read_to": read_to, "last_ticket": newest}
    )
    if not made and (read_to > cursor.read_to or newest > cursor.last_ticket):
        cursor.read_to = max(read_to, cursor.read_to)
        cursor.last_ticket = max(newest, cursor.last_ticket)
        cursor.save(update_fields=["read_to", "last_ticket"])


ADOPT = """
UPDATE trading_deal d SET account_id = a.id FROM trading_tradingaccount a
 WHERE d.platform_id = %(platform)s AND d.account_id IS NULL
   AND a.platform_id = d.platform_id AND a.login = d.login
RETURNING d.id
"""


@operation(internal=True, lock=False)
def adopt_deals(act: Act, platform: Platform) -> list[int]:
    """Give deals that were read while their account was being opened to it: they are settled then,
    and once. Answers their ids.
    """
    ids = adopt(act, platform)
    if not ids:
        raise NothingToAdopt("Every deal of our accounts is known to be theirs.")
    return ids


def adopt(act: Act, platform: Platform) -> list[int]:
    """Who adopts a deal at the same time waits for it, and finds that it has an owner."""
    with connection.cursor() as cursor:
        cursor.execute(ADOPT, {"platform": platform.pk})
        ids = sorted(int(row[0]) for row in cursor.fetchall())
    for some in batched(ids, MOST):
        settle(act, platform, some)
    if ids:
        act.record(DealsAdopted(platform.pk, len(ids), ids), about=platform)
    return ids


@operation(internal=True, lock=False)
def correct_deals(
    act: Act, platform: Platform, *, changes: Sequence[tuple[int, ports.Deal | None]]
) -> list[int]:
    """Add to deals what the platform made of them later: `(our id, how it reads now)` each, the
    latter nothing where the deal is gone.

    No deal is edited. The difference to what was last known follows in the ledger, one entry an
    account. Answers the ids of the deals that are others now.
    """
    ids = [pk for pk, _ in changes]
    # Two looks at once see the same change: the second waits here, and finds it written down.
    rows = Deal.objects.select_for_update(no_key=True).filter(pk__in=one_of(ids))
    kept = {one.pk: one for one in rows.order_by("pk")}
    known: dict[int, list[DealCorrection]] = {}
    for one in DealCorrection.objects.filter(deal__in=one_of(ids)).order_by("pk"):
        known.setdefault(one.deal_id, []).append(one)
    wanted = [_correction(act, kept[pk], known.get(pk, []), now) for pk, now in changes]
    made = DealCorrection.objects.bulk_create(one for one in wanted if one is not None)
    if not made:
        raise NothingChanged("These deals read as they did.")
    settle_corrections(act, platform, made, known)
    ids = [one.deal_id for one in made]
    act.record(DealsCorrected(platform.pk, len(ids), ids), about=platform)
    return ids


def _correction(
    act: Act, kept: Deal, known: Sequence[DealCorrection], now: ports.Deal | None
) -> DealCorrection | None:
    """What is another since the last correction; nothing where nothing is. `changed` is to the deal
    as it was read first, so that the newest correction says all.
    """
    own = [getattr(kept, name) for name in FIGURES]
    changed = apart(own, SEEN(now)) if now else {}
    moved = now.profit + now.swap + now.commission + now.fee if now else Decimal(0)
    before = kept.profit + kept.swap + kept.commission + kept.fee
    delta = moved - before - sum((one.delta for one in known), Decimal(0))
    last = known[-1] if known else DealCorrection(gone=False)
    was = apart(own, as_corrected(own, last.changed))
    if (now is None, changed) == (last.gone, was) and not delta:
        return None
    gone, told = now is None, as_said(changed)
    return DealCorrection(deal=kept, delta=delta, gone=gone, found_at=act.at, changed=told)
