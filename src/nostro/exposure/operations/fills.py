"""What providers report: kept once each, with the marks up to which it is kept.

A batch of a thousand costs the same few statements as one. What is held is moved by taking away
what the executions concerned stood for before, and adding what they stand for afterwards.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.exposure import ports
from nostro.exposure.events import FillsCompared, FillsRecorded, NumbersBroken
from nostro.exposure.models import Fill, LiquidityProvider, ProviderPosition
from nostro.kit.problems import Problem
from nostro.trading.instruments import code_of
from nostro.trading.models import Instrument

type Report = ports.Fill | ports.FillCorrection

DAY = timedelta(days=1)
HELD = """
UPDATE exposure_providerposition p
   SET held = p.held + s.total, held_then = p.held_then + s.total * %(asked)s
  FROM (
    SELECT f.position_id, sum(f.side * f.quantity) * %(sign)s AS total FROM exposure_fill f
     WHERE f.provider_id = %(provider)s AND f.kind <> 'cancelled'
       AND (f.session, f.exec_id) IN (
         SELECT * FROM jsonb_to_recordset(%(names)s::jsonb) AS n(session text, exec_id text))
       AND NOT EXISTS (
         SELECT 1 FROM exposure_fill c WHERE c.provider_id = f.provider_id
            AND c.session = f.session AND c.corrects = f.exec_id AND c.corrects <> '')
     GROUP BY f.position_id
  ) s
 WHERE p.id = s.position_id
"""
INSERT = """
INSERT INTO exposure_fill (provider_id, position_id, session, exec_id, kind, origin, corrects,
  order_id, client_order_id, account, currency, side, quantity, price, order_quantity, cumulative,
  remaining, at, trade_date, value_date, read_at)
SELECT %(provider)s, p.id, g.session, g.exec_id, g.kind, %(origin)s, g.corrects, g.order_id,
  g.client_order_id, g.account, g.currency, g.side, g.quantity, g.price, g.order_quantity,
  g.cumulative, g.remaining, g.at, g.trade_date, g.value_date, %(now)s
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(
    symbol text, session text, exec_id text, kind text, corrects text, order_id text,
    client_order_id text, account text, currency text, side smallint, quantity numeric,
    price numeric, order_quantity numeric, cumulative numeric, remaining numeric,
    at timestamptz, trade_date date, value_date date, place int)
  JOIN exposure_providerposition p ON p.provider_id = %(provider)s AND p.symbol = g.symbol
 ORDER BY g.place
ON CONFLICT (provider_id, session, exec_id) DO NOTHING
RETURNING id, kind, at
"""


class OutOfStep(Problem):
    """Somebody else has kept what this session reported meanwhile."""

    status = 409


@operation(internal=True)
def record_fills(
    act: Act, provider: LiquidityProvider, *, batch: ports.Batch, after: ports.Marks,
    lag_ms: int | None = None,
) -> list[int]:  # fmt: skip
    """Keep a batch of the drop copy and the marks that come with it. What is known already
    changes nothing; a correction stands beside its fill.

    `after` is where the session stood before it. Answers the ids of what is new.
    """
    if provider.marks != after:
        raise OutOfStep(f"{provider} has been listened to by somebody else.")
    found = _keep(act, provider, batch.reports, Fill.Origin.COPY)
    provider.next_sent, provider.next_received = batch.marks.next_sent, batch.marks.next_received
    if batch.is_broken:
        provider.missed_from = provider.missed_from or provider.heard_at or act.at - DAY
        provider.begin_anew = False
        act.record(NumbersBroken(provider.pk), about=provider)
    provider.heard_at = act.at
    provider.lag_ms = provider.lag_ms if lag_ms is None else lag_ms
    newest = [at for _, _, at in found]
    provider.last_fill_at = max([*newest, *filter(None, [provider.last_fill_at])], default=None)
    provider.save(
        update_fields=[
            "next_sent", "next_received", "missed_from", "begin_anew", "heard_at", "lag_ms",
            "last_fill_at",
        ]
    )  # fmt: skip
    ids = [pk for pk, _, _ in found]
    trades = sum(kind == Fill.Kind.TRADE for _, kind, _ in found)
    if found or not batch.is_broken:
        act.record(FillsRecorded(provider.pk, trades, len(ids) - trades, ids), about=provider)
    return ids


@operation(internal=True, lock=False, reading=True)
def keep_marks(
    act: Act, provider: LiquidityProvider, *, marks: ports.Marks, after: ports.Marks
) -> None:
    """The line stands and nothing was reported: where the session is now."""
    rows = LiquidityProvider.objects.filter(
        pk=provider.pk, next_sent=after.next_sent, next_received=after.next_received
    )
    moved = {"next_sent": marks.next_sent, "next_received": marks.next_received}
    if not rows.update(**moved, heard_at=act.at):
        raise OutOfStep(f"{provider} has been listened to by somebody else.")
    provider.next_sent, provider.next_received = marks.next_sent, marks.next_received
    provider.heard_at = act.at


@operation(internal=True, lock=False, reading=True)
def read_positions(
    act: Act, provider: LiquidityProvider, *, theirs: Mapping[str, tuple[Decimal, Decimal]]
) -> None:
    """Write what the provider says that we hold: `symbol → (net, price)`; of the rest, nothing."""
    _name_symbols(provider, theirs)
    rows = list(ProviderPosition.objects.filter(provider=provider))
    for one in rows:
        one.theirs, price = theirs.get(one.symbol, (Decimal(0), one.price))
        one.price, one.theirs_at, one.held_then = price, act.at, one.held
    ProviderPosition.objects.bulk_update(rows, ["theirs", "price", "theirs_at", "held_then"])


@operation(internal=True, lock=False, reading=True)
def keep_compared(act: Act, provider: LiquidityProvider, *, trouble: str) -> None:
    """Positions were held against the fills just now, or why they could not be."""
    moved = {"compare_trouble": trouble[:200]} | ({} if trouble else {"compared_at": act.at})
    LiquidityProvider.objects.filter(pk=provider.pk).update(**moved)


@operation(internal=True)
def keep_comparison(
    act: Act, provider: LiquidityProvider, *, missing: Sequence[ports.Fill], gone: Sequence[Fill],
) -> list[int]:  # fmt: skip
    """Keep trades that the drop copy did not bring, and take back fills that the provider does
    not have among its trades. No fill may be missing from here on.
    """
    found = _keep(act, provider, missing, Fill.Origin.ASKED)
    taken = [
        ports.FillCorrection(ports.CorrectionKind.CANCELLED, one.exec_id, _taken_back(one))
        for one in gone
    ]
    found += _keep(act, provider, taken, Fill.Origin.GONE)
    provider.missed_from = None
    provider.save(update_fields=["missed_from"])
    ids = [pk for pk, _, _ in found]
    act.record(FillsCompared(provider.pk, len(missing), len(gone), ids), about=provider)
    return ids


def _taken_back(one: Fill) -> ports.Fill:
    """The cancellation of a fill that the provider does not know any more."""
    return ports.Fill(
        session=one.session, exec_id=f"gone/{one.exec_id}", order_id=one.order_id,
        client_order_id=one.client_order_id, account=one.account, symbol=one.position.symbol,
        currency=one.currency,
        side=ports.LpSide.BUY if one.side > 0 else ports.LpSide.SELL, quantity=one.quantity,
        price=one.price, at=one.at, trade_date=one.trade_date, value_date=one.value_date,
        order_quantity=None, cumulative=None, remaining=None,
    )  # fmt: skip


def _keep(
    act: Act, provider: LiquidityProvider, reports: Sequence[Report], origin: str
) -> list[tuple[int, str, Any]]:
    """Insert what is new; `(id, kind, moment)` of each. Five statements, however many."""
    if not reports:
        return []
    rows = [{**_row(one), "place": place} for place, one in enumerate(reports)]
    _name_symbols(provider, {row["symbol"] for row in rows})
    names = {(row["session"], row[name]) for row in rows for name in ("exec_id", "corrects")}
    named = json.dumps([{"session": one, "exec_id": two} for one, two in sorted(names) if two])
    asked = int(origin != Fill.Origin.COPY)
    given: dict[str, Any] = {"provider": provider.pk, "names": named, "asked": asked}
    with connection.cursor() as cursor:
        cursor.execute(HELD, {**given, "sign": -1})
        what: dict[str, Any] = {"rows": json.dumps(rows), "origin": str(origin), "now": act.at}
        cursor.execute(INSERT, {**given, **what})
        found = cursor.fetchall()
        cursor.execute(HELD, {**given, "sign": 1})
    return [(int(pk), str(kind), at) for pk, kind, at in found]


def _name_symbols(provider: LiquidityProvider, symbols: Iterable[str]) -> None:
    """A row for each symbol; its instrument where the name says it: EUR/USD is EURUSD."""
    wanted = set(symbols)
    known = ProviderPosition.objects.filter(provider=provider, symbol__in=wanted)
    wanted -= set(known.values_list("symbol", flat=True))
    if not wanted:
        return
    codes = {one: code_of(one.replace("/", "").upper()) for one in wanted}
    there = {one.code: one for one in Instrument.objects.filter(code__in=codes.values())}
    ProviderPosition.objects.bulk_create(
        ProviderPosition(provider=provider, symbol=one, instrument=there.get(codes[one]))
        for one in sorted(wanted)
    )


def _row(report: Report) -> dict[str, Any]:
    kind, corrects, fill = Fill.Kind.TRADE.value, "", report
    if isinstance(report, ports.FillCorrection):
        kind, corrects, fill = report.kind.value, report.corrects, report.fill
    assert isinstance(fill, ports.Fill)

    def text(value: Decimal | None) -> str | None:
        return None if value is None else str(value)

    return {
        "symbol": fill.symbol, "session": fill.session, "exec_id": fill.exec_id,
        "kind": kind, "corrects": corrects, "order_id": fill.order_id[:64],
        "client_order_id": fill.client_order_id[:64], "account": fill.account[:64],
        "currency": fill.currency[:10], "side": 1 if fill.side == ports.LpSide.BUY else -1,
        "quantity": str(fill.quantity), "price": str(fill.price),
        "order_quantity": text(fill.order_quantity), "cumulative": text(fill.cumulative),
        "remaining": text(fill.remaining), "at": fill.at.isoformat(),
        "trade_date": fill.trade_date.isoformat(),
        "value_date": fill.value_date.isoformat() if fill.value_date else None,
    }  # fmt: skip
