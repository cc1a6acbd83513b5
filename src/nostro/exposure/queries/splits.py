"""What a net is made of: the open positions behind one instrument, summed in the database by who
brought the client, where the client lives, or the group of the account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.exposure.live import BOOK, CARRIED
from nostro.kit.problems import NotFound
from nostro.trading.models import Position

SPLITS = {
    "partner": "account__client__partner_id",
    "country": "account__client__country",
    "group": "account__group_id",
}
"""By what a net is split, and where a position says it."""
ZERO = Decimal(0)
BOTH = "both"


@dataclass(frozen=True)
class Part:
    """A part of a net: `key` is a partner's id, a country or a group's id, None where there is
    none. `net` in USD at mid, of so many clients; `share` of the whole net in per cent, below zero
    where the part is held against it, nothing where the whole is flat.
    """

    key: Any
    clients: int
    net_lots: Decimal
    net: Decimal
    share: Decimal | None


def in_book(book: str) -> Q:
    """Positions of one book; accounts without a group are carried by us."""
    inside = Q(account__group__book=book)
    return inside | Q(account__group=None) if book == "b" else inside


@query
def positions_behind(act: Act, *, code: str, book: str = "b") -> QuerySet[Position]:
    """The open positions behind a figure, the largest first."""
    named = Q(instrument__code=code) | Q(instrument=None, symbol=code)
    rows = visible(act.actor, Position.objects.all(), client="account__client__")
    rows = rows.select_related("account__platform", "instrument").filter(named, CARRIED)
    rows = rows if book == BOTH else rows.filter(in_book(book))
    return rows.order_by((F("lots") * F("contract_size")).desc(), "pk")


@query
def split(act: Act, *, code: str, by: str, book: str = "b", most: int = 8) -> list[Part]:
    """One instrument's net by partner, country or group, the largest parts first. One statement."""
    if by not in SPLITS:
        raise NotFound(f"A net is split by {', '.join(SPLITS)}.")
    rows = positions_behind(act, code=code, book=book).order_by()
    sums = rows.values_list(SPLITS[by]).annotate(
        clients=Count("account__client", distinct=True), net_lots=Sum(F("side") * F("lots"))
    )
    found = list(sums)
    whole = sum((net_lots for *_, net_lots in found), ZERO)
    price = _usd_a_lot(code)
    parts = [
        Part(
            key, clients, net_lots, (net_lots * price).quantize(Decimal("0.01")),
            # A small part held against the whole is 0 %, never minus nothing.
            (net_lots / whole * 100).quantize(Decimal(1)) + ZERO if whole else None,
        )
        for key, clients, net_lots in found
    ]  # fmt: skip
    return sorted(parts, key=lambda one: (-abs(one.net_lots), str(one.key)))[:most]


def _usd_a_lot(code: str) -> Decimal:
    """What a lot is worth at mid in the live book; zero where it has no price."""
    cells = BOOK.cells(by_client=True)
    priced = [one for one in cells if one.code == code and one.net and not one.unpriced_lots]
    return _over(
        (abs(one.net) for one in priced), (abs(one.long_lots - one.short_lots) for one in priced)
    )


def _over(above: Iterable[Decimal], below: Iterable[Decimal]) -> Decimal:
    lots = sum(below, ZERO)
    return sum(above, ZERO) / lots if lots else ZERO
