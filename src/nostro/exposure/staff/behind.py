"""Who and what is behind one instrument's net: clients, or partners, countries and groups."""

from typing import Any

from nostro.core.acts import Act
from nostro.exposure import queries
from nostro.exposure.staff.figures import lots, short
from nostro.people.countries import country_name
from nostro.ui.addresses import reached, url_of
from nostro.ui.figures import arithmetic
from nostro.ui.templatetags.nostro import MINUS
from nostro.ui.timeline import NAMES

KINDS = {"partner": "partners.partner", "group": "trading.group"}
"""What the parts of a split are called by; countries have names of their own."""


def concentration(act: Act, seen: queries.Exposure, code: str) -> list[dict[str, Any]]:
    """The clients behind one instrument's net; nothing for those who see no clients."""
    if not code or not act.actor.may("people.clients"):
        return []
    total = next((short(row.net) for row in seen.rows if row.code == code), "—")
    return [
        {"client": one.client, "url": url_of(one.client), "net": short(one.net),
         "share": "—" if one.share is None else f"{one.share}%".replace("-", MINUS),
         "why": arithmetic(f"Their share of {code}", ("Their net, USD", short(one.net)),
                           ("Net of all clients, USD", total),
                           note="Below zero they hold against the rest.")}
        for one in queries.behind(act, code=code, book=seen.book)
    ]  # fmt: skip


def split(act: Act, seen: queries.Exposure, code: str, by: str) -> list[dict[str, Any]]:
    """The net of one instrument by partner, country or group, each with its name and why."""
    if not code or by not in splits(act):
        return []
    parts = queries.split(act, code=code, by=by, book=seen.book)
    names = NAMES[KINDS[by]]({one.key for one in parts if one.key}) if by in KINDS else {}
    drawn = []
    for one in parts:
        title, url = names.get(one.key) or (country_name(one.key) if by == "country" else "", "")
        share = "—" if one.share is None else f"{one.share}%".replace("-", MINUS)
        clients = "1 client" if one.clients == 1 else f"{one.clients} clients"
        drawn.append(
            {"title": title or f"No {by}", "url": reached(act.actor, url), "net": short(one.net),
             "small": clients, "share": share, "key": one.key or 0,
             "why": arithmetic(f"Share of {code}", ("Net lots", lots(one.net_lots, sign=True)),
                               ("Net, USD", short(one.net)), ("Of clients", one.clients),
                               ("Share of the whole net", share),
                               note="Open positions at mid. Below zero: held against the rest.")}
        )  # fmt: skip
    return drawn


def splits(act: Act) -> list[str]:
    """By what the reader may see a net split."""
    needs = {"partner": "partners.partners", "country": "people.clients",
             "group": "trading.groups"}  # fmt: skip
    return [by for by in queries.SPLITS if act.actor.may(needs[by])]
