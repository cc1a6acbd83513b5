"""What one lot of a symbol is: neither the Report Server's tables nor the plugin say it.

Pairs of currencies and metals are known by their names, whatever suffix a broker gave them; the
rest an operator fills in, a line each. What nobody knows has no contract.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

CURRENCIES = {
    "AUD", "CAD", "CHF", "CNH", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN",
    "NOK", "NZD", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
}  # fmt: skip
METALS = {"XAU": Decimal(100), "XAG": Decimal(5000)}
"""Troy ounces in a lot, by the market's habit."""
CURRENCY_LOT = Decimal(100_000)


@dataclass(frozen=True)
class Contract:
    """`size` is in units of `base`; profit and margin are counted in their currencies."""

    size: Decimal
    base: str
    profit: str
    margin: str


def contracts_in(text: str) -> dict[str, Contract]:
    """The lines of `US500 1 USD` or `BTCUSD 1 USD BTC`. Raises `ValueError` naming the line."""
    found = {}
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        words = line.split()
        try:
            name, size, profit = words[0], Decimal(words[1]), words[2]
        except (IndexError, InvalidOperation) as error:
            raise ValueError(f"{line!r} is not a symbol, a size and a currency.") from error
        if len(words) > 4 or not size.is_finite() or size <= 0:
            raise ValueError(f"{line!r} is not a symbol, a size and a currency.")
        margin = words[3] if len(words) == 4 else profit
        base = name[:-3] if name.endswith(profit) and len(name) > 3 else name
        found[name] = Contract(size, base, profit, margin)
    return found


def contract_of(symbol: str, filled_in: dict[str, Contract]) -> Contract | None:
    if symbol in filled_in:
        return filled_in[symbol]
    base, profit = symbol[:3].upper(), symbol[3:6].upper()
    if profit not in CURRENCIES:
        return None
    if base in CURRENCIES:
        return Contract(CURRENCY_LOT, base, profit, base)
    if base in METALS:
        return Contract(METALS[base], base, profit, base)
    return None
