"""What anyone can ask about liquidity providers, and how their word is held against ours."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery

from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.exposure import ports
from nostro.exposure.models import Fill, Fills, LiquidityProvider, PositionBreak, ProviderPosition
from nostro.trading.models import PlatformSymbol
from nostro.trading.rates import usd_rates

ZERO = Decimal(0)
CENT = Decimal("0.01")


def sees_all(act: Act) -> bool:
    """Providers are the house's own: for those who see every entity and every client of it."""
    scope = act.actor.grants.scope
    whole = (scope.entities, scope.desks, scope.countries, scope.owner) == (None,) * 4
    return act.actor.kind == "system" or (act.actor.kind == "staff" and whole)


def _own[Rows: models.QuerySet[Any]](act: Act, rows: Rows) -> Rows:
    return rows if sees_all(act) else rows.none()


@query(finds=LiquidityProvider)
def providers(act: Act) -> models.QuerySet[LiquidityProvider]:
    """Liquidity providers, and how the line to each of them stands."""
    return _own(act, LiquidityProvider.objects.order_by("name"))


@query(finds=ProviderPosition)
def provider_positions(act: Act) -> models.QuerySet[ProviderPosition]:
    """What we hold at providers, by symbol: by our fills, and as they say."""
    rows = ProviderPosition.objects.select_related("provider", "instrument")
    return _own(act, rows.order_by("provider__name", "symbol"))


@query(finds=Fill)
def fills(act: Act) -> Fills:
    """What providers filled for us, with corrections and cancellations, newest first."""
    rows: Fills = Fill.objects.judged()
    rows = rows.select_related("provider", "position__instrument")
    return _own(act, rows.order_by("-at", "-id"))


@query(finds=PositionBreak)
def position_breaks(act: Act) -> models.QuerySet[PositionBreak]:
    """Positions at providers that our fills do not explain."""
    rows = PositionBreak.objects.select_related("position__provider", "position__instrument")
    return _own(act, rows.order_by("-found_at", "-id"))


@query
def hedges_today(act: Act) -> Fills:
    """What providers filled since midnight UTC and still stands, newest first."""
    midnight = datetime.combine(act.at.astimezone(UTC).date(), time.min, UTC)
    return fills(act).standing().filter(at__gte=midnight)


def history_of(row: Fill) -> Fills:
    """A fill with what it corrects and what corrects it, as far as the chain goes."""
    rows = Fill.objects.judged().filter(provider=row.provider, session=row.session)
    names, asked = {row.exec_id}, set[str]()
    if row.corrects:
        names.add(row.corrects)
    while names - asked:
        asked |= names
        linked = rows.filter(Q(exec_id__in=names) | Q(corrects__in=names))
        for exec_id, corrects in linked.values_list("exec_id", "corrects"):
            names |= {exec_id, *filter(None, [corrects])}
    found: Fills = rows.filter(exec_id__in=names).select_related("position", "provider")
    return found.order_by("at", "id")


# ── Our exposure, with what is held at providers ──


@dataclass(frozen=True)
class Hedge:
    """One instrument: what clients hold net, what we hold at providers, what we are left with.

    Lots are the instrument's, amounts USD at mid, both from the clients' side: positive where
    they are long. `ratio` is per cent, nothing where clients hold next to nothing.
    """

    code: str
    name: str
    client_lots: Decimal
    client_usd: Decimal
    held_lots: Decimal
    held_usd: Decimal | None
    providers: str

    @property
    def left_lots(self) -> Decimal:
        return self.client_lots - self.held_lots

    @property
    def left_usd(self) -> Decimal | None:
        return None if self.held_usd is None else self.client_usd - self.held_usd

    @property
    def ratio(self) -> Decimal | None:
        if abs(self.client_lots) < CENT:
            return None
        return (self.held_lots / self.client_lots * 100).quantize(Decimal(1))


@dataclass(frozen=True)
class Held:
    """What is held of one instrument at all providers."""

    code: str
    name: str
    units: Decimal
    contract_size: Decimal
    usd: Decimal | None
    providers: str


def held_by_instrument() -> dict[str, Held]:
    """Instrument → what we hold of it at providers, priced by our platforms' newest mid. Three
    statements.
    """
    mid = PlatformSymbol.objects.filter(
        instrument=OuterRef("instrument"), bid__isnull=False, ask__isnull=False
    ).order_by("-tick_at")
    rows = ProviderPosition.objects.exclude(instrument=None).filter(provider__live=True)
    rows = rows.annotate(mid=Subquery(mid.values(m=(F("bid") + F("ask")) / 2)[:1]))
    found: dict[str, list[ProviderPosition]] = defaultdict(list)
    for one in rows.select_related("instrument", "provider"):
        if one.ours and one.instrument is not None:
            found[one.instrument.code].append(one)
    rates = usd_rates()
    held = {}
    for code, some in found.items():
        about, units = some[0].instrument, sum((one.ours for one in some), ZERO)
        assert about is not None
        mid_price = some[0].__dict__["mid"] or some[0].price
        rate = rates.get(about.quote)
        usd = (units * mid_price * rate).quantize(CENT) if mid_price and rate else None
        names = ", ".join(sorted({one.provider.name for one in some}))
        held[code] = Held(code, about.name, units, about.contract_size, usd, names)
    return held


def hedges_of(rows: Iterable[tuple[str, str, Decimal, Decimal]]) -> list[Hedge]:
    """What clients hold, `(code, name, net lots, net USD)`, beside what we hold at providers."""
    held = held_by_instrument()
    found = []
    for code, name, lots, usd in rows:
        there = held.pop(code, None)
        found.append(
            Hedge(
                code, name, lots, usd, there.units / there.contract_size if there else ZERO,
                there.usd if there else ZERO, there.providers if there else "",
            )
        )  # fmt: skip
    found += [
        Hedge(one.code, one.name, ZERO, ZERO, one.units / one.contract_size, one.usd,
              one.providers)
        for one in held.values()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-abs(one.left_usd or one.client_usd), one.code))


# ── Their word against ours ──


def newest_trade_date(provider: LiquidityProvider) -> date | None:
    rows = Fill.objects.filter(provider=provider).order_by("-at").values_list("trade_date")
    found = rows.first()
    return found[0] if found else None


def _known(provider: LiquidityProvider) -> dict[int, PositionBreak]:
    """Position → its newest break that has not ended."""
    rows = PositionBreak.objects.filter(position__provider=provider).exclude(status="settled")
    return {one.position_id: one for one in rows.order_by("pk")}


def unexplained(provider: LiquidityProvider) -> list[ProviderPosition]:
    """Positions that differ by anything but what a break that stands says already."""
    known = _known(provider)
    rows = ProviderPosition.objects.filter(provider=provider).select_related("provider")
    return [
        one
        for one in rows.order_by("symbol")
        if one.difference and not (one.pk in known and known[one.pk].difference == one.difference)
    ]


def agreed(provider: LiquidityProvider) -> list[PositionBreak]:
    """Breaks of positions on which both sides agree by now."""
    rows = PositionBreak.objects.filter(position__provider=provider).exclude(status="settled")
    return [one for one in rows.select_related("position") if not one.position.difference]


def held_against(
    provider: LiquidityProvider, trades: Sequence[ports.Fill], since: datetime, until: datetime
) -> tuple[list[ports.Fill], list[Fill]]:
    """Trades of the provider that we have not, and fills of ours that it has not, in a window."""
    names = {one.exec_id for one in trades}
    ours = Fill.objects.filter(provider=provider, exec_id__in=names)
    known = set(ours.values_list("session", "exec_id"))
    missing = [one for one in trades if (one.session, one.exec_id) not in known]
    standing: Fills = Fill.objects.standing()
    rows = standing.filter(provider=provider, at__gte=since, at__lte=until)
    gone = rows.exclude(exec_id__in=names).select_related("position")
    return missing, list(gone.order_by("at", "id"))


def that_agree(
    provider: LiquidityProvider, missing: Sequence[ports.Fill], gone: Sequence[Fill]
) -> tuple[list[Fill], dict[int, list[Fill]]]:
    """Of the fills that the provider has not, those without which its position agrees once what
    was missing is kept; and the others by position.
    """
    more: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for trade in missing:
        more[trade.symbol] += trade.quantity if trade.side == ports.LpSide.BUY else -trade.quantity
    by_position: dict[int, list[Fill]] = defaultdict(list)
    for fill in gone:
        by_position[fill.position_id].append(fill)
    meant: list[Fill] = []
    for position in ProviderPosition.objects.filter(pk__in=list(by_position)):
        some = by_position[position.pk]
        less = sum((one.signed for one in some), ZERO)
        if position.difference == more[position.symbol] - less:
            meant += by_position.pop(position.pk)
    return meant, dict(by_position)


@dataclass(frozen=True)
class ProviderStanding:
    """How a provider does today: fills that stand, symbols that are held, open breaks."""

    fills_today: int = 0
    symbols: int = 0
    unmapped: int = 0
    breaks: int = 0


def provider_standings(act: Act, rows: Iterable[LiquidityProvider]) -> dict[int, ProviderStanding]:
    """Provider → how it stands. Four statements for all of them."""
    ids = [one.pk for one in rows]
    midnight = datetime.combine(act.at.astimezone(UTC).date(), time.min, UTC)

    def counted(found: models.QuerySet[Any], path: str) -> dict[int, int]:
        return dict(found.order_by().values_list(path).annotate(Count("pk")))

    today = counted(Fill.objects.filter(provider__in=ids, at__gte=midnight), "provider")
    held = ProviderPosition.objects.filter(provider__in=ids)
    symbols = counted(held.exclude(held=-F("brought")), "provider")
    unmapped = counted(held.filter(instrument=None), "provider")
    opened = PositionBreak.objects.filter(position__provider__in=ids, status="open")
    breaks = counted(opened, "position__provider")
    return {
        pk: ProviderStanding(
            today.get(pk, 0), symbols.get(pk, 0), unmapped.get(pk, 0), breaks.get(pk, 0)
        )
        for pk in ids
    }
