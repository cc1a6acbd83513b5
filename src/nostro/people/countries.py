"""Countries by ISO 3166-1 alpha-2, with English short names and the alpha-3 of passports."""

import pycountry

COUNTRIES: dict[str, str] = {
    one.alpha_2: getattr(one, "common_name", one.name)
    for one in sorted(pycountry.countries, key=lambda one: getattr(one, "common_name", one.name))
}

ALPHA3: dict[str, str] = {one.alpha_2: one.alpha_3 for one in pycountry.countries}
ALPHA2: dict[str, str] = {three: two for two, three in ALPHA3.items()}


def country_name(code: str) -> str:
    return COUNTRIES.get(code, code)
