"""What a platform's own names say: which instrument a symbol is, what a group is for.

Brokers put suffixes on symbols (EURUSD.m, XAUUSD#, US500Cash), call one thing by many names (GOLD,
XAUUSD) and name groups by entity, currency and type; a name that does not follow the habit is left
to a person.
"""

import re
from dataclasses import dataclass
from typing import Literal

from nostro.trading.ports import Symbol

LeverageClass = Literal[
    "fx_major", "fx_minor", "gold", "index_major", "index", "commodity", "share", "crypto"
]
SIGN = ".#_!+^-"
SUFFIX = re.compile(rf"[{SIGN}].*$")
WORD = re.compile(r"(Cash|Cent|Ecn|Fut|Micro|Mini|Prime|Pro|Raw|Spot|Std|Stp|Var|Vip|Zero|[a-z]+)$")
CODE = re.compile(r"^[A-Z0-9]{2,20}$")
GROUP = re.compile(
    r"^(?:real\\|(?P<practice>demo\\|d-))?(?P<entity>[A-Z]{2,4})-(?P<currency>[A-Z]{3,5})"
    r"-(?P<account_type>[A-Za-z]+)"
    r"(?P<swap_free>-SF)?$"
)
MAJORS = {"USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD"}
METALS = {"XAU", "XAG", "XPT", "XPD"}
COINS = {"BTC", "ETH", "LTC", "XRP", "SOL", "ADA", "DOG", "USDT"}
NAMES = {
    "XAUUSD": "GOLD GOLDUSD", "XAGUSD": "SILVER SILVERUSD",
    "US30": "DJ30 WS30 DJI30 DJIA DOW30 USA30 WALLST30",
    "US500": "SPX500 SP500 USA500 USSPX500", "US2000": "RUSSELL2000 RTY2000",
    "US100": "NAS100 USTEC NDX100 USTECH USTECH100 NASDAQ100 USNDAQ100 USA100",
    "DE40": "GER40 DAX40 DAX DEU40 GERMANY40", "UK100": "FTSE100 GBR100", "FR40": "FRA40 CAC40",
    "EU50": "EUSTX50 ESTX50 STOXX50 EUR50 EURO50", "JP225": "JPN225 NIKKEI225 NI225 N225",
    "AU200": "AUS200 ASX200", "HK50": "HSI50 HKG50 HKIND",
    "WTI": "XTIUSD USOIL WTIUSD USOUSD WTICOUSD", "NATGAS": "XNGUSD NGAS NATGASUSD",
    "BRENT": "XBRUSD UKOIL BRENTUSD UKOUSD BCOUSD", "BTCUSD": "XBTUSD BITCOIN",
    "ETHUSD": "ETHEREUM XETUSD",
}  # fmt: skip
"""The house's code of a thing, and what else it is usually called."""
CODES = {name: code for code, names in NAMES.items() for name in names.split()}
CLASSES = {
    **dict.fromkeys(
        ("US30", "US500", "US2000", "US100", "DE40", "UK100", "FR40", "EU50", "JP225", "AU200",
         "HK50"), "index",
    ),
    **dict.fromkeys(("WTI", "BRENT", "NATGAS"), "energy"),
}  # fmt: skip
MAJOR_CURRENCIES = {"USD", "EUR", "JPY", "GBP", "CAD", "CHF"}
MAJOR_INDICES = {"UK100", "FR40", "DE40", "US30", "US500", "US100", "JP225", "AU200", "EU50"}
"""Of which ESMA Decision (EU) 2018/796, Art. 1, makes major pairs and major indices."""
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
    """`EURUSD` of `EURUSD.m`, `EURUSD#` and `EURUSDpro`, `XAUUSD` of `GOLD.m`; empty where the
    name is no code.
    """
    bare = _bare(name)
    return CODES.get(bare, bare)


def _bare(name: str) -> str:
    bare = WORD.sub("", SUFFIX.sub("", name.strip().lstrip(SIGN)))
    return bare if CODE.match(bare) else ""


def meant_by(symbol: Symbol) -> str:
    """The code of what a symbol is. In a folder of shares GOLD and DAX are companies and funds."""
    return _bare(symbol.name) if is_share(symbol) else code_of(symbol.name)


def is_share(symbol: Symbol) -> bool:
    return _folder_class(symbol) == "share"


def _folder_class(symbol: Symbol) -> str:
    return FOLDERS.get(symbol.path.replace("/", "\\").split("\\")[0].lower(), "")


def asset_class_of(symbol: Symbol) -> str:
    """The asset class that a symbol's currencies or folder say; empty where neither does."""
    code = meant_by(symbol)
    if is_share(symbol):
        return "share"
    if code in CLASSES:
        return CLASSES[code]
    base, quote = code[:3], code[3:]
    if len(code) == 6 and quote == symbol.profit_currency:
        if base in METALS:
            return "metal"
        if base in COINS:
            return "crypto"
        if base == symbol.base and base.isalpha():
            major = {base, quote} <= MAJORS and "USD" in (base, quote)
            return "fx_major" if major else "fx_minor"
    return _folder_class(symbol)


def leverage_class_of(code: str, asset_class: str, base: str, quote: str) -> LeverageClass:
    """The kind of an instrument as the regulators' leverage caps tell kinds apart: EURGBP is a
    major pair to them and AUDUSD is not, gold is more than other metals.

    Raises `ValueError` for an asset class that is none of ours.
    """
    if asset_class in ("fx_major", "fx_minor"):
        return "fx_major" if {base, quote} <= MAJOR_CURRENCIES else "fx_minor"
    if asset_class == "metal":
        return "gold" if base == "XAU" else "commodity"
    if asset_class == "index":
        return "index_major" if code in MAJOR_INDICES else "index"
    if asset_class == "energy":
        return "commodity"
    if asset_class == "share":
        return "share"
    if asset_class == "crypto":
        return "crypto"
    raise ValueError(f"There is no asset class {asset_class}.")


def group_parts(path: str) -> GroupParts | None:
    """What a path says, if it follows the habit."""
    found = GROUP.match(path)
    if found is None:
        return None
    kind, free = found["account_type"].lower(), found["swap_free"] is not None
    practice = found["practice"] is not None
    return GroupParts(found["entity"], found["currency"], kind, free, practice)
