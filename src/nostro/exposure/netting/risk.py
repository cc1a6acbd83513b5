"""What the net positions could cost: margin, value at risk, stress, and who stands behind them."""

from enum import StrEnum

import numpy as np

from nostro.exposure.netting.sums import Aggregate, Floats, Prices


class MarginRule(StrEnum):
    """How hedged positions of one symbol are margined."""

    SUM = "sum"
    LARGER_LEG = "larger_leg"
    NET = "net"


def margin(total: Aggregate, prices: Prices, rates: Floats, rule: MarginRule) -> Floats:
    """Margin per row, in the reporting currency. `rates` per instrument, as a share of notional."""
    longs, shorts = total.long_units, -total.short_units
    match rule:
        case MarginRule.SUM:
            units = longs + shorts
        case MarginRule.LARGER_LEG:
            units = np.maximum(longs, shorts)
        case MarginRule.NET:
            units = np.abs(longs - shorts)
    return total.notional(prices, units) * rates[total.symbol]


def stress(scenarios: Floats, notional: Floats) -> Floats:
    """The result of each scenario (rows of relative moves) on signed net notionals."""
    return np.asarray(scenarios @ notional, dtype=np.float64)


def value_at_risk(returns: Floats, notional: Floats, *, percentile: float = 1.0) -> float:
    """The loss that all but `percentile` per cent of the scenarios stay within; never below zero.

    Historical simulation: `returns` are scenarios × instruments of relative moves.
    """
    return max(0.0, -float(np.percentile(stress(returns, notional), percentile)))


def concentration(values: Floats) -> tuple[Floats, float]:
    """Each one's share of the gross, and the Herfindahl index (1 where one holds it all)."""
    sizes = np.abs(values)
    whole = float(sizes.sum())
    shares = sizes / whole if whole else np.zeros_like(sizes)
    return np.asarray(shares, dtype=np.float64), float((shares**2).sum())
