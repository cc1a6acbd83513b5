"""What a platform's own names say: which instrument a symbol is, what a group is for.

Brokers put suffixes on symbols (EURUSD.m, XAUUSD#) and name groups by entity, currency and type;
a name that does not follow the habit is left to a person.
"""

import re
from dataclasses import dataclass

from nostro.trading.ports import Symbol

SUFFIX = re.compile(r"[.#_!+^-].*$")
CODE = re.compile(r"^[A-Z0-9]{2,20}$")
GROUP = re.compile(
    r"^(?:real\\|(?P<practice>demo\\|d-))?(?P<entity>[A-Z]{2,4})-(?P<currency>[A-Z]{3,5})"
    r"-(?P<account_type>[A-Za-z]+)"
    r"(?P<swap_free>-SF)?$"
)
MAJORS = {"USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD"}
METALS = {"XAU", "XAG", "XPT", "XPD"}
COINS = {"BTC", "ETH", "LTC", "XRP", "SOL", "ADA", "DOG", "USDT"}
FOLDERS = {
    "indices": "index", "index": "index", "energies": "energy", "energy": "energy",
    "stocks": "share", "shares": "share", "metals": "metal", "crypto": "crypto",
}  # fmt: skip


@dataclass(frozen=True)
class GroupParts:
    """What a group's path says: `real\\CY-EUR-Standard`, or its end where there are no folders;
    `-SF` where there are no swaps, `demo\\` or `d-` in front where money is virtual. The name of a
    type may be cut where the platform's names are short.
    """

    entity: str
    currency: str
    account_type: str
    swap_free: bool
    practice: bool


def code_of(name: str) -> str:
    """`EURUSD` of `EURUSD.m`, `EURUSD#` and `EURUSDm`; empty where the name is no code."""
    bare = SUFFIX.sub("", name)
    if len(bare) == 7 and bare[-1].islower():
        bare = bare[:-1]
    return bare if CODE.match(bare) else ""


def asset_class_of(symbol: Symbol) -> str:
    """The asset class that a symbol's currencies or folder say; empty where neither does."""
    code = code_of(symbol.name)
    base, quote = code[:3], code[3:]
    if len(code) == 6 and quote == symbol.profit_currency:
        if base in METALS:
            return "metal"
        if base in COINS:
            return "crypto"
        if base == symbol.base and base.isalpha():
            major = {base, quote} <= MAJORS and "USD" in (base, quote)
            return "fx_major" if major else "fx_minor"
    return FOLDERS.get(symbol.path.replace("/", "\\").split("\\")[0].lower(), "")


def group_parts(path: str) -> GroupParts | None:
    """What a path says, if it follows the habit."""
    found = GROUP.match(path)
    if found is None:
        return None
    kind, free = found["account_type"].lower(), found["swap_free"] is not None
    practice = found["practice"] is not None
    return GroupParts(found["entity"], found["currency"], kind, free, practice)
