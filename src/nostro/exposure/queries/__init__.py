"""What anyone can ask about exposure: the live book, exact nets, limits, alerts, a shock."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from django.db import models
from django.db.models import Count, F, Sum

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.exposure.live import BOOK, CARRIED, Cell
from nostro.exposure.models import Alert, Limit, Reading
from nostro.exposure.queries.exact import (
    Net,
    by_currency,
    carried,
    exact_nets,
    in_force,
    instrument_kind,
    overrides_of,
)
from nostro.exposure.queries.providers import (
    Hedge,
    agreed,
    fills,
    hedges_of,
    hedges_today,
    held_against,
    history_of,
    newest_trade_date,
    position_breaks,
    provider_positions,
    provider_standings,
    providers,
    sees_all,
    that_agree,
    unexplained,
)
from nostro.exposure.queries.splits import SPLITS, Part, in_book, positions_behind, split
from nostro.exposure.queries.toxic import Quick, toxic_flow
from nostro.people.models import Client
from nostro.people.queries import clients
from nostro.trading.models import Deal, DealCorrection, Position
from nostro.trading.rates import usd_rates

__all__ = [
    "SPLITS", "Hedge", "Net", "Part", "Quick", "agreed", "alerts", "behind", "carried",
    "exact_nets", "exposure", "fills", "hedges", "hedges_today", "held_against", "history_of",
    "in_force", "instrument_kind", "limits", "newest_trade_date", "overrides_of",
    "position_breaks", "positions_behind", "provider_positions", "provider_standings", "providers",
    "readings_today", "result_today", "split", "that_agree", "toxic_flow", "unexplained",
    "what_if",
]  # fmt: skip

ZERO = Decimal(0)
BOTH = "both"
STALE = timedelta(seconds=30)
"""Prices older than this are said to be old."""


def _of_entity[M: models.Model](act: Act, rows: models.QuerySet[M]) -> models.QuerySet[M]:
    """The house's own are for those who see all of it; an entity's for those who work for it."""
    if act.actor.kind not in ("staff", "system"):
        return rows.none()
    scope = act.actor.grants.scope
    return rows if scope.entities is None else rows.filter(entity_id__in=scope.entities)


@query(finds=Limit)
def limits(act: Act) -> models.QuerySet[Limit]:
    """Limits that were set by hand; where none is, the rule holds."""
    return _of_entity(
        act, Limit.objects.select_related("entity", "set_by").order_by("kind", "code")
    )


@query(finds=Alert)
def alerts(act: Act) -> models.QuerySet[Alert]:
    """Limits that were reached, newest first."""
    rows = Alert.objects.select_related("entity", "owner").order_by("-raised_at", "-id")
    return _of_entity(act, rows)


# ── The live book ──


@dataclass
class Row:
    """One instrument of the book. `open` is carried by us, the rest of `net` is passed on."""

    code: str
    name: str = ""
    asset_class: str = ""
    long_lots: Decimal = ZERO
    short_lots: Decimal = ZERO
    net: Decimal = ZERO
    open: Decimal = ZERO
    floating: Decimal = ZERO
    unpriced_lots: Decimal = ZERO
    ticked_at: datetime | None = None

    def add(self, cell: Cell) -> None:
        self.long_lots += cell.long_lots
        self.short_lots += cell.short_lots
        self.net += cell.net
        self.open += cell.net if cell.book == "b" else ZERO
        self.floating += cell.floating
        self.unpriced_lots += cell.unpriced_lots
        known = [at for at in (self.ticked_at, cell.ticked_at) if at]
        self.ticked_at = min(known, default=None)

    @property
    def net_lots(self) -> Decimal:
        return self.long_lots - self.short_lots

    @property
    def house_result(self) -> Decimal:
        """What clients have lost or won, from our side."""
        return -self.floating

    @property
    def passed_on(self) -> Decimal | None:
        """Of this net, the per cent in the A book; nothing where the books pull apart."""
        passed = self.net - self.open
        if not self.net or passed * self.net < 0 or self.open * self.net < 0:
            return None
        return abs(passed / self.net * 100).quantize(Decimal(1))


@dataclass(frozen=True)
class Exposure:
    """The book as somebody sees it at one moment."""

    book: str
    rows: list[Row]
    currencies: list[tuple[str, Decimal]]
    positions: int
    platforms: int
    ticked_at: datetime | None
    oldest: Row | None
    entities: frozenset[int] | None = field(default=None)

    def is_stale(self, at: datetime) -> bool:
        """Whether even the newest price is old, or there is none for what is held."""
        return bool(self.rows) and (self.ticked_at is None or at - self.ticked_at > STALE)

    @property
    def net(self) -> Decimal:
        return sum((row.net for row in self.rows), ZERO)

    @property
    def sum_of_nets(self) -> Decimal:
        return sum((abs(row.net) for row in self.rows), ZERO)

    @property
    def house_result(self) -> Decimal:
        return sum((row.house_result for row in self.rows), ZERO)

    @property
    def passed_on(self) -> Decimal | None:
        gross = sum((abs(row.net - row.open) + abs(row.open) for row in self.rows), ZERO)
        passed = sum((abs(row.net - row.open) for row in self.rows), ZERO)
        return (passed / gross * 100).quantize(Decimal(1)) if gross else None


def _sees(act: Act) -> tuple[Callable[[Cell], bool], bool]:
    """Which cells somebody sees, and whether clients have to be told apart for it."""
    scope = act.actor.grants.scope
    if act.actor.kind == "system":
        return (lambda cell: True), False
    narrow = scope.desks is not None or scope.countries is not None or scope.owner is not None
    if narrow:
        own = visible(act.actor, Client.objects.order_by(), client="")
        seen = set(own.values_list("pk", flat=True))
        return (lambda cell: cell.client_id in seen), True
    allowed = scope.entities
    return (lambda cell: allowed is None or cell.entity_id in allowed), False


def _cells(act: Act, book: str, *, moves: Mapping[str, float] | None = None) -> list[Cell]:
    sees, by_client = _sees(act)
    found = BOOK.what_if(moves, by_client=by_client) if moves else BOOK.cells(by_client=by_client)
    return [one for one in found if sees(one) and book in (BOTH, one.book)]


def _rows(cells: Iterable[Cell]) -> list[Row]:
    rows: dict[str, Row] = {}
    for cell in cells:
        if cell.code not in rows:
            known = BOOK.known.get(cell.code)
            name, kind = (known.name, known.asset_class) if known else ("", "")
            rows[cell.code] = Row(cell.code, name, kind)
        rows[cell.code].add(cell)
    return sorted(rows.values(), key=lambda row: (-abs(row.net), row.code))


def _legs(rows: Iterable[Row]) -> Iterable[tuple[str, str, Decimal]]:
    for row in rows:
        known = BOOK.known.get(row.code)
        if known and known.base and known.quote and known.base != known.quote:
            yield known.base, known.quote, row.net


@query
def exposure(act: Act, *, book: str = "b") -> Exposure:
    """What the book carries now, by instrument and by currency."""
    rows = _rows(_cells(act, book))
    seen = visible(act.actor, Position.objects.all(), client="account__client__")
    seen = seen.filter(CARRIED)
    if book != BOTH:
        seen = seen.filter(in_book(book))
    held = seen.order_by().aggregate(count=Count("pk"), platforms=Count("platform", distinct=True))
    ticked = [row for row in rows if row.ticked_at]
    ages = sorted(ticked, key=lambda row: row.ticked_at or datetime.min.replace(tzinfo=UTC))
    return Exposure(
        book, rows, by_currency(_legs(rows)), held["count"], held["platforms"],
        ages[-1].ticked_at if ages else None, ages[0] if ages else None,
        act.actor.grants.scope.entities,
    )  # fmt: skip


@query
def what_if(act: Act, *, moves: dict[str, float], book: str = "b") -> list[tuple[Row, Decimal]]:
    """What the house would win or lose if prices moved: each instrument with the change."""
    before = {row.code: row for row in _rows(_cells(act, book))}
    after = _rows(_cells(act, book, moves=moves))
    changed = [
        (before[row.code], row.house_result - before[row.code].house_result) for row in after
    ]
    return sorted(changed, key=lambda one: (one[1], one[0].code))


@query
def hedges(act: Act) -> list[Hedge]:
    """What clients hold net in both books, what we hold at providers, and what we are left with,
    by instrument. For those who see the whole house.
    """
    if not sees_all(act):
        return []
    rows = _rows(_cells(act, BOTH))
    return hedges_of((row.code, row.name, row.net_lots, row.net) for row in rows)


@dataclass(frozen=True)
class Behind:
    """Who carries part of a net: a client, with the share of it that is theirs."""

    client: Client
    net: Decimal
    share: Decimal | None


@query
def behind(act: Act, *, code: str, book: str = "b", most: int = 5) -> list[Behind]:
    """The clients behind one instrument's net, the largest first."""
    sees, _ = _sees(act)
    found = [
        cell
        for cell in BOOK.cells(by_client=True)
        if cell.code == code and sees(cell) and book in (BOTH, cell.book)
    ]
    nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for cell in found:
        nets[cell.client_id or 0] += cell.net
    total = sum(nets.values(), ZERO)
    largest = sorted(nets, key=lambda pk: (-abs(nets[pk]), pk))[:most]
    known = clients(act).in_bulk(largest)
    return [
        Behind(
            known[pk], nets[pk], (nets[pk] / total * 100).quantize(Decimal(1)) if total else None
        )
        for pk in largest
        if pk in known
    ]


@query
def result_today(act: Act, *, book: str = "b") -> Decimal:
    """What the house won or lost today on trades that closed, with swap, commission and what the
    platforms corrected of them since, in USD.
    """
    midnight = datetime.combine(act.at.astimezone(UTC).date(), time.min, UTC)
    kinds = [Deal.Action.BUY, Deal.Action.SELL]
    rows = visible(act.actor, Deal.objects.all(), client="account__client__")
    rows = rows.filter(at__gte=midnight, action__in=kinds, platform__live=True)
    rows = rows.exclude(account__practice=True)
    rows = rows if book == BOTH else rows.filter(in_book(book))
    moved = Sum(F("profit") + F("swap") + F("commission") + F("fee"))
    sums = rows.order_by().values_list("account__currency").annotate(total=moved)
    later = DealCorrection.objects.filter(deal__in=rows.order_by().values("pk")).order_by()
    deltas = later.values_list("deal__account__currency").annotate(total=Sum("delta"))
    rates = usd_rates()
    both = (*sums, *deltas)
    return -sum((total * rates.get(code or "USD", ZERO) for code, total in both), ZERO)


@query
def readings_today(act: Act, *, book: str = "b") -> list[tuple[datetime, dict[str, Decimal]]]:
    """The nets of the day so far, by instrument, as far as the asker sees whole entities."""
    scope = act.actor.grants.scope
    if scope.desks is not None or scope.countries is not None or scope.owner is not None:
        return []
    midnight = datetime.combine(act.at.astimezone(UTC).date(), time.min, UTC)
    found = []
    for one in Reading.objects.filter(at__gte=midnight).order_by("at"):
        nets: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for entity, books in one.nets.items():
            if scope.entities is None or int(entity) in scope.entities:
                for name, codes in books.items():
                    for code, net in codes.items():
                        nets[code] += Decimal(net) if book in (BOTH, name) else ZERO
        found.append((one.at, dict(nets)))
    return found
