"""What an account's licence allows of leverage, class by class, beside what is open on it."""

from decimal import Decimal
from typing import Any

from nostro.core.acts import Act
from nostro.trading import operations, queries
from nostro.trading.models import TradingAccount
from nostro.trading.queries.leverage import given
from nostro.ui.actions import allow_when
from nostro.ui.details import template

ROUND = Decimal("1.05")
"""Prices move between the platform's look and ours: so much more is no difference."""


def _leverage(act: Act, row: TradingAccount) -> dict[str, Any]:
    if row.login is None:
        return {"caps": []}
    caps = queries.class_caps(row)
    needed = row.money(sum((one.needed for one in caps), row.margin * 0))
    return {
        "account": row,
        "caps": [(one, row.money(one.needed) if one.open_worth else None) for one in caps],
        "needed": needed,
        "short": needed if needed > row.money(row.margin * ROUND) else None,
        "cap": queries.leverage_cap(row),
        "kept": queries.kept(row, act.at),
        "given": given(row, act.at),
    }


leverage_panel = template("Leverage by what is traded", "trading/leverage.html", _leverage)


def _may_keep(act: Act, row: TradingAccount) -> str | None:
    return "" if row.status in queries.OPEN and not row.practice else None


allow_when(operations.keep_leverage, _may_keep)
allow_when(operations.end_kept_leverage, lambda act, row: "" if queries.kept(row, act.at) else None)
