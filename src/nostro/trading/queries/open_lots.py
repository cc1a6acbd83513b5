"""What a platform's own sum of its open positions says, beside what is kept of them here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from nostro.kit import Lots
from nostro.trading.models import Platform
from nostro.trading.ports import Position, Side

type Sides = tuple[Decimal, Decimal]
"""Lots bought, and lots sold."""

APART = """
WITH theirs AS (
  SELECT symbol, sum(bought) AS bought, sum(sold) AS sold
    FROM jsonb_to_recordset(%(theirs)s::jsonb) AS t(symbol text, bought numeric, sold numeric)
   GROUP BY symbol
), held AS (
  SELECT symbol, side, lots, true AS ours FROM trading_position WHERE platform_id = %(platform)s
   UNION ALL
  SELECT p.symbol, p.side, p.lots, false
    FROM jsonb_to_recordset(%(others)s::jsonb) AS p(
      login bigint, symbol text, side smallint, lots numeric)
   WHERE NOT EXISTS (SELECT 1 FROM trading_tradingaccount a
                      WHERE a.platform_id = %(platform)s AND a.login = p.login)
), here AS (
  SELECT symbol, sum(lots) FILTER (WHERE ours AND side > 0) AS bought,
         sum(lots) FILTER (WHERE ours AND side < 0) AS sold,
         sum(lots) FILTER (WHERE NOT ours AND side > 0) AS bought_by_others,
         sum(lots) FILTER (WHERE NOT ours AND side < 0) AS sold_by_others
    FROM held GROUP BY symbol
), sides AS (
  SELECT symbol, coalesce(t.bought, 0), coalesce(t.sold, 0), coalesce(h.bought, 0),
         coalesce(h.sold, 0), coalesce(h.bought_by_others, 0), coalesce(h.sold_by_others, 0)
    FROM theirs t FULL JOIN here h USING (symbol)
)
SELECT * FROM sides AS b(symbol, t_bought, t_sold, bought, sold, o_bought, o_sold)
 WHERE abs(t_bought - bought - o_bought) > %(finest)s OR abs(t_sold - sold - o_sold) > %(finest)s
 ORDER BY symbol
"""
FINEST = Decimal("0.00001")
"""Of each position a hundred-millionth of a lot may be rounded off, and of their sum another."""


@dataclass(frozen=True)
class LotsApart:
    """A symbol of which a platform sums up other open lots than are known here: `ours`, and those
    of accounts that are not of this house, which are read and not kept.
    """

    symbol: str
    theirs: Sides
    ours: Sides
    others: Sides

    @property
    def difference(self) -> Sides:
        bought, sold = (
            there - here - beside
            for there, here, beside in zip(self.theirs, self.ours, self.others, strict=True)
        )
        return bought, sold

    def said(self, since: datetime) -> dict[str, Any]:
        """As it is kept beside the platform: exact texts, bought and sold, and since when."""
        kept = {"theirs": self.theirs, "ours": self.ours, "others": self.others,
                "difference": self.difference}  # fmt: skip
        texts = {name: [f"{one.normalize():f}" for one in both] for name, both in kept.items()}
        return {**texts, "since": since.isoformat()}


def lots_apart(
    platform: Platform, theirs: Mapping[str, tuple[Lots, Lots]], others: Iterable[Position]
) -> list[LotsApart]:
    """Symbols whose open lots differ, by name: one statement, whatever there is of positions.

    `theirs` is the platform's own sum, `others` the positions that may be of nobody here.
    """
    summed = [
        {"symbol": name[:32], "bought": str(bought), "sold": str(sold)}
        for name, (bought, sold) in theirs.items()
    ]
    strange = [
        {"login": one.login, "symbol": one.symbol[:32], "lots": str(one.lots),
         "side": 1 if one.side == Side.BUY else -1}
        for one in others
    ]  # fmt: skip
    given: dict[str, Any] = {
        "theirs": json.dumps(summed), "others": json.dumps(strange), "platform": platform.pk,
        "finest": FINEST,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(APART, given)
        rows = cursor.fetchall()
    return [
        LotsApart(symbol, (t_bought, t_sold), (bought, sold), (o_bought, o_sold))
        for symbol, t_bought, t_sold, bought, sold, o_bought, o_sold in rows
    ]
