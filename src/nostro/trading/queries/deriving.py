"""What our deals make of balances and credits, and how each of them reads as we last knew it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import batched
from operator import attrgetter

from django.db.models import (
    Case,
    CharField,
    Count,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from nostro.core.queries import one_of
from nostro.trading import ports
from nostro.trading.models import BalanceBreak, Deal, DealCorrection, Platform, TradingAccount
from nostro.trading.queries.activity import MOVED

FIGURES = ("lots", "lots_closed", "price", "profit", "swap", "commission", "fee", "symbol")
"""What a platform may change of a deal that others reckon with."""
SEEN = attrgetter(
    "lots", "closed_lots", "price", "profit", "swap", "commission", "fee", "symbol"
)  # fmt: skip
"""The same figures of a deal as an adapter reads it."""
KEPT = Decimal("1e-8")
"""To this we keep figures."""
PORTION, MOST_LOGINS = 20_000, 100
"""Deals, and accounts, that a look asks for at once."""
Figure = Decimal | str
Place = tuple[int, str]
"""A login, and which of its figures."""
BALANCE, CREDIT = "balance", "credit"
"""The two figures that deals add up to. Credit is lent, and no part of the balance."""
KIND = Case(
    When(action=Deal.Action.CREDIT, then=Value(CREDIT)), default=Value(BALANCE),
    output_field=CharField(),
)  # fmt: skip


def _deals_of(platform: Platform, logins: Sequence[int]) -> QuerySet[Deal]:
    """The deals of these logins, by indexes: those of accounts, and those that have none yet."""
    accounts = TradingAccount.objects.filter(platform=platform, login__in=logins)
    ids = list(accounts.values_list("pk", flat=True))
    own = Q(account__in=ids) | Q(account=None, login__in=logins)
    return Deal.objects.filter(own, platform=platform)


def deals_sums(platform: Platform, logins: Sequence[int], before: datetime) -> dict[Place, Decimal]:
    """Login and kind → what its deals before a moment make of it, with what was corrected later."""
    rows = _deals_of(platform, logins).filter(at__lt=before).order_by()
    kinds = rows.annotate(kind=KIND).values_list("login", "kind")
    sums = {(login, kind): total for login, kind, total in kinds.annotate(total=Sum(MOVED))}
    corrected = DealCorrection.objects.filter(deal__in=rows).order_by()
    deltas = corrected.values_list("deal__login", "deal__action").annotate(total=Sum("delta"))
    for login, action, delta in deltas:
        sums[login, kind_of(action)] += delta
    return sums


def kind_of(action: str) -> str:
    return CREDIT if action == Deal.Action.CREDIT else BALANCE


@dataclass(frozen=True, slots=True)
class KeptDeal:
    """A deal as we last knew it: its figures, what it moved, and whether it is gone by now."""

    id: int
    ticket: int
    login: int
    kind: str
    figures: tuple[Figure, ...]
    moved: Decimal
    gone: bool = False

    @property
    def place(self) -> Place:
        return self.login, self.kind

    def differs(self, now: ports.Deal) -> bool:
        """Whether the platform has it otherwise now, to what we keep of a figure."""
        seen = SEEN(now)
        return self.gone or (self.figures != seen and bool(apart(self.figures, seen)))


def apart(was: Iterable[Figure], now: Iterable[Figure]) -> dict[str, Figure]:
    """The figures that are others now, by their names, as they are now."""
    pairs = zip(FIGURES, was, now, strict=True)
    return {name: after for name, before, after in pairs if plain(before) != plain(after)}


def plain(figure: Figure) -> Figure:
    if isinstance(figure, Decimal):
        return Decimal(figure).quantize(KEPT, rounding=ROUND_HALF_UP)
    return figure[:32]


def tickets_since(platform: Platform, logins: Sequence[int], since: datetime) -> set[int]:
    """The tickets of these logins' deals from a moment on, without those known to be gone."""
    rows = _deals_of(platform, logins).filter(at__gte=since).order_by()
    told = DealCorrection.objects.filter(deal__in=rows).order_by("pk")
    newest = dict(told.values_list("deal__ticket", "gone"))
    there = set(rows.values_list("ticket", flat=True).iterator())
    return there - {ticket for ticket, gone in newest.items() if gone}


def kept_of(platform: Platform, tickets: Sequence[int]) -> dict[int, KeptDeal]:
    """Ticket → the deal as we last knew it, of those that we have. Two statements."""
    rows = Deal.objects.filter(platform=platform, ticket__in=one_of(tickets)).order_by()
    columns = list(rows.values_list("ticket", "pk", "login", "action", *FIGURES))
    later: dict[int, list[tuple[bool, dict[str, str], Decimal]]] = {}
    corrected = DealCorrection.objects.filter(deal__in=one_of([row[1] for row in columns]))
    told = corrected.order_by("pk").values_list("deal", "gone", "changed", "delta")
    for pk, gone, changed, delta in told:
        later.setdefault(pk, []).append((gone, changed, delta))
    found = {}
    for ticket, pk, login, action, *figures in columns:
        moved, gone = sum(figures[3:7], Decimal(0)), False
        if pk in later:
            gone, changed, _ = later[pk][-1]
            moved += sum((delta for _, _, delta in later[pk]), Decimal(0))
            figures = as_corrected(figures, changed)
        found[ticket] = KeptDeal(
            pk, ticket, login, kind_of(action), tuple(figures), moved, gone
        )  # fmt: skip
    return found


def in_portions(platform: Platform, logins: Sequence[int], since: datetime) -> Iterator[list[int]]:
    """These logins in portions that have not too many deals of ours from a moment on: an account
    with more than that is one by itself.
    """
    for some in batched(logins, MOST_LOGINS):
        rows = _deals_of(platform, some).filter(at__gte=since).order_by()
        counts = dict(rows.values_list("login").annotate(count=Count("pk")))
        portion: list[int] = []
        held = 0
        for login in some:
            held += counts.get(login, 0)
            if portion and held > PORTION:
                yield portion
                portion, held = [], counts.get(login, 0)
            portion.append(login)
        yield portion


def unexplained(platform: Platform) -> dict[int, int]:
    """Break → login, of balances and credits that differ by nobody knows which deal, the oldest
    difference first.
    """
    kinds = [BalanceBreak.Kind.BALANCE, BalanceBreak.Kind.CREDIT]
    rows = BalanceBreak.objects.filter(account__platform=platform, kind__in=kinds, healed_at=None)
    unknown = rows.filter(traces=None, account__login__isnull=False).order_by("found_at", "pk")
    return {one.pk: one.account.login or 0 for one in unknown.select_related("account")}


def as_corrected(figures: Sequence[Figure], changed: dict[str, str]) -> list[Figure]:
    """Figures of a deal with those that its newest correction has otherwise."""
    return [
        (changed[name] if name == "symbol" else Decimal(changed[name])) if name in changed else own
        for name, own in zip(FIGURES, figures, strict=True)
    ]


def as_said(figures: Mapping[str, Figure]) -> dict[str, str]:
    """Figures as they are kept beside a deal, without the zeros that only a column holds."""
    return {
        name: value if isinstance(value, str) else f"{value.normalize():f}"
        for name, value in figures.items()
    }


def real_accounts(platform: Platform, logins: Sequence[int]) -> dict[int, TradingAccount]:
    """Login → the account with real money behind it."""
    rows = TradingAccount.objects.filter(platform=platform, login__in=logins, practice=False)
    return {one.login: one for one in rows.select_related("platform") if one.login is not None}


def standing_breaks(platform: Platform, logins: Sequence[int]) -> QuerySet[BalanceBreak]:
    """Breaks that are not healed, each with the moment of the first deal behind it, as `first`."""
    rows = BalanceBreak.objects.filter(account__platform=platform, account__login__in=logins)
    return rows.filter(healed_at=None).annotate(first=Min("traces__deal__at")).order_by("pk")
