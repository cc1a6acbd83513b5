"""Country names and codes, as documents and sanctions lists write them, made one: ISO 3166 alpha-2.

Lists write "Iran (Islamic Republic of)" and "Burma", a German passport writes "D"; screening can
only compare what has one spelling.
"""

import re
from functools import lru_cache

import pycountry
from anyascii import anyascii

from nostro.people.countries import ALPHA3, COUNTRIES

_OTHER_NAMES = {
    "burma": "MM", "north korea": "KP", "south korea": "KR", "korea north": "KP",
    "korea south": "KR", "congo democratic republic of the": "CD",
    "democratic republic of the congo": "CD", "congo republic of the": "CG", "ivory coast": "CI",
    "cote d ivoire": "CI", "cape verde": "CV", "macau": "MO", "palestinian": "PS",
    "west bank": "PS", "gaza": "PS", "region gaza": "PS", "state of palestine": "PS",
    "russia": "RU", "turkey": "TR", "uk": "GB", "england": "GB", "usa": "US", "uae": "AE",
    "the gambia": "GM", "the bahamas": "BS", "bahamas the": "BS", "gambia the": "GM",
    "kosovo": "XK", "syria": "SY", "laos": "LA", "vietnam": "VN", "iran": "IR", "venezuela": "VE",
    "bolivia": "BO", "tanzania": "TZ", "moldova": "MD", "brunei": "BN", "libyan arab jamahiriya":
    "LY", "swaziland": "SZ", "macedonia": "MK", "virgin islands british": "VG", "micronesia": "FM",
    "saint vincent and the grenadines": "VC", "st vincent and the grenadines": "VC",
    "saint kitts and nevis": "KN", "libya": "LY", "hong kong": "HK", "czech republic": "CZ",
    "the netherlands": "NL", "zaire": "CD", "crimea": "UA", "region crimea": "UA",
    "macedonia the former yugoslav republic of": "MK", "st kitts nevis": "KN",
    "china hong kong special administrative region": "HK", "kyrgyz republic": "KG", "taiwan": "TW",
}  # fmt: skip
_DOCUMENT_CODES = {"D": "DE", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB",
                   "RKS": "XK"}  # fmt: skip
"""ICAO 9303-3, section 5, where it departs from ISO 3166."""


@lru_cache(maxsize=2048)
def country_code(text: str) -> str | None:
    """The alpha-2 code of a country by its name or code; None if nobody knows such a country."""
    plain = " ".join(re.findall(r"[a-z]+", anyascii(text).lower()))
    if not plain:
        return None
    if text in _DOCUMENT_CODES:
        return _DOCUMENT_CODES[text]
    return _known().get(plain) or _known().get(plain.removeprefix("the "))


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    known: dict[str, str] = {}
    for code, common in COUNTRIES.items():
        country = pycountry.countries.get(alpha_2=code)
        formal = [getattr(country, form, "") for form in ("name", "official_name")]
        forms = [code, ALPHA3[code], common, *formal]
        for form in filter(None, forms):
            known[" ".join(re.findall(r"[a-z]+", anyascii(form).lower()))] = code
    return known | _OTHER_NAMES
