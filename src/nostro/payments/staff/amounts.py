"""The palette finds the ledger's entries by an amount, beside the name of whose money it was, a
currency, or nothing but cents: payments are where people and the ledger meet.
"""

from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Q

from nostro.core.acts import Act
from nostro.kit.money import Currency, Money
from nostro.ledger import queries as ledger
from nostro.people import queries as people
from nostro.ui.addresses import url_of
from nostro.ui.palette import PROVIDERS, Group, Hit
from nostro.ui.words import AMOUNT, FEW, Search

MOST = 5
NEWEST = 50_000
"""Without a name only so many of the newest legs are looked through: amounts have no index."""


def _units(said: str, codes: list[str]) -> Q:
    """Exactly the amount in any of the currencies; where no cents were said, with any."""
    least = Decimal(said)
    step = Decimal("0.01") if "." in said else Decimal(1)
    ways = Q(pk__in=[])
    for code in codes:
        one = 10 ** Currency(code).scale
        ways |= Q(asset=code, units__gte=least * one, units__lt=(least + step) * one)
    return ways


def _whose(act: Act, names: list[str]) -> Q | None:
    """Legs on accounts of the clients of that name; `None` where nobody is called so."""
    ways = Search(" ".join(names)).ways(
        people.clients(act).model, ["last_name__holds", "first_name__holds"]
    )
    found = people.clients(act).filter(reduce(or_, ways, Q(pk__in=[])))
    ids = list(found.order_by().values_list("pk", flat=True)[:FEW])
    if not ids:
        return None
    return Q(source__client_id__in=ids) | Q(target__client_id__in=ids)


def entries(act: Act, words: str) -> Group | None:
    """Up to five entries that moved that much, newest first."""
    said = words.split()[:6]
    figures = [one for one in said if AMOUNT.fullmatch(one)]
    if len(figures) != 1 or not act.actor.may(ledger.transfers.name):
        return None
    known = ledger.currencies()
    others = [one for one in said if one not in figures]
    codes = [one.upper() for one in others if one.upper() in known]
    names = [one for one in others if one.upper() not in known]
    if not others and "." not in figures[0]:
        return None  # a whole number alone is the number of a thing
    legs = ledger.transfers(act).filter(_units(figures[0].replace(",", ""), codes or known))
    if names:
        if not act.actor.may(people.clients.name):
            return None
        whose = _whose(act, names)
        if whose is None:
            return None
        legs = legs.filter(whose)
    else:
        newest = ledger.transfers(act).values_list("pk", flat=True).first() or 0
        legs = legs.filter(pk__gt=newest - NEWEST)
    found = {leg.entry_id: leg for leg in legs[: 4 * MOST]}
    hits = [
        Hit(
            f"{leg.entry}, {Money.from_minor(int(leg.units), leg.asset_id)}",
            url_of(leg.entry), faint=leg.entry.text, icon="book-2",
            end=f"{leg.entry.effective_at:%-d %b %H:%M}",
        )
        for leg in list(found.values())[:MOST]
    ]  # fmt: skip
    return Group("Entries", hits)


PROVIDERS.append(entries)
