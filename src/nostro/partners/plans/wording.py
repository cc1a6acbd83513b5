"""A line's arithmetic in a partner's words: what stands beside each factor on the page."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from nostro.partners.plans.arithmetic import figure, percent

WORDS = {
    "Lots": "lots that your client traded",
    "Contract size": "units in one lot of {symbol}",
    "Into the payout currency": "into {currency}",
    "Spread at the open": "of spread a unit at the open",
    "Spread at the close": "of spread a unit at the close",
    "Spread in money": "{currency} of spread",
    "Half of the open and half of the close": "the open and the close, averaged",
    "Volume in lots": "lots that count",
    "Commission charged": "{currency} of commission your client paid",
    "Price at the close": "the price at the close",
    "One pip": "one pip of {symbol}",
    "Nothing is earned": "{currency}, yours",
}


def in_words(
    factors: Sequence[Mapping[str, Any]], *, symbol: str, currency: str
) -> list[dict[str, str]]:
    """One line a factor: its sign, its figure and its words. The last one is the partner's.

    An equals that only repeats the line above says nothing, so it is left out.
    """
    lines: list[dict[str, str]] = []
    shown = ""
    for index, factor in enumerate(factors):
        value, sign = Decimal(factor["value"]), str(factor["operator"])
        last, equals = index == len(factors) - 1, sign == "="
        if equals and not last and figure(value) == shown:
            continue
        drawn, text = _said(str(factor["label"]), value, last=last)
        lines.append(
            {
                "sign": sign,
                "value": drawn,
                "text": text.format(symbol=symbol, currency=currency),
                "kind": "eq is-end" if last else "eq" if equals else "",
            }
        )
        shown = figure(value) if not sign or equals else ""
    return lines


def _said(label: str, value: Decimal, *, last: bool) -> tuple[str, str]:
    """The figure and the words of one factor."""
    cents = f"{value:,.2f}" if value == round(value, 2) else figure(value)
    if last:
        return cents, "{currency}, yours"
    if label.startswith("Earned by "):
        return cents, "{currency} earned by the partner below"
    if label == "Lots":
        return cents, WORDS[label]
    if label.partition(" (")[0].partition(",")[0].endswith(" a lot"):
        return cents, "{currency} for each lot"
    if re.match(r"[\d.,]+ ?% o", label):
        return percent(value), "your share" if " of the " in label else "on top, for you"
    return figure(value), WORDS.get(label, label[:1].lower() + label[1:])
