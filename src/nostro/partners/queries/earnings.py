"""What the portal shows: sums by day, client and instrument, the funnel, the tree.

A partner never learns who a client is: only initials and a number leave these queries.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, Sum
from django.db.models.functions import Left, TruncDay, TruncMonth

from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.kit.money import HALF_UP, Money
from nostro.ledger import chart
from nostro.ledger.queries import balance
from nostro.partners.models import (
    Accrual,
    Assignment,
    Click,
    ClientLink,
    Edge,
    Link,
    Partner,
    Plan,
)
from nostro.partners.plans import percent
from nostro.partners.queries import accruals, partners
from nostro.partners.queries.chains import MOST_LEVELS, below
from nostro.payments.models import Deposit
from nostro.people.countries import country_name
from nostro.people.models import Client
from nostro.trading.models import Deal

VERIFIED = (Client.Status.ACTIVE, Client.Status.RESTRICTED, Client.Status.CLOSED)


@dataclass(frozen=True)
class Brought:
    """A client as a partner may see one."""

    pk: int
    initials: str
    country: str
    status: str
    since: datetime
    lots: Decimal
    earned: Money

    @property
    def masked(self) -> str:
        return " ".join(f"{letter}••••" for letter in self.initials)

    @property
    def number(self) -> str:
        return f"C-{self.pk}"


@dataclass(frozen=True)
class Funnel:
    """From click to trade, over some days."""

    clicks: int
    registered: int
    verified: int
    funded: int
    trading: int


def own_partner(act: Act) -> Partner:
    """The partner who asks."""
    return partners(act).get(pk=act.actor.id or 0)


def total(act: Act, currency: str, since: datetime, until: datetime) -> tuple[Money, int]:
    """What was earned in a time, corrections included, and on how many trades."""
    rows = accruals(act).filter(at__gte=since, at__lt=until).order_by()
    found = rows.aggregate(
        earned=Sum("amount"),
        trades=Count("deal", distinct=True, filter=Q(kind=Accrual.Kind.TRADE, amount__gt=0)),
    )
    return Money.rounded(found["earned"] or Decimal(0), currency, HALF_UP), found["trades"]


@dataclass(frozen=True)
class Summed:
    """What some lines come to."""

    earned: Money
    lines: int


def summed(rows: Any, currency: str) -> Summed:
    found = rows.aggregate(earned=Sum("amount"), lines=Count("pk"))
    money = Money.rounded(found["earned"] or Decimal(0), currency, HALF_UP)
    return Summed(money, found["lines"])


def unpaid(partner: Partner) -> Money:
    """What the ledger owes a partner now."""
    return balance(chart.partner_earned(partner.pk), partner.payout_currency)


def above(partner_id: int, at: datetime) -> list[tuple[int, Partner]]:
    """Everybody above a partner at a time, the nearest first."""
    found: list[tuple[int, Partner]] = []
    current = partner_id
    while len(found) < MOST_LEVELS:
        live = Edge.objects.filter(child=current, starts_at__lte=at)
        edge = live.filter(Q(ends_at=None) | Q(ends_at__gt=at)).select_related("parent").first()
        if edge is None:
            break
        found.append((len(found) + 1, edge.parent))
        current = edge.parent_id
    return found


def on_plan(plan: Plan, at: datetime) -> list[int]:
    """Partners who are paid by a plan at a time."""
    newest = (
        Assignment.objects.filter(starts_at__lte=at)
        .order_by("partner_id", "-starts_at")
        .distinct("partner_id")
        .values_list("partner_id", "version__plan_id")
    )
    return [partner_id for partner_id, plan_id in newest if plan_id == plan.pk]


def by_time(
    act: Act, since: datetime, until: datetime, *, months: bool = False
) -> dict[datetime, tuple[Decimal, Decimal]]:
    """Day (or month) → what own clients and sub-partners' clients earned."""
    rows = accruals(act).filter(at__gte=since, at__lt=until).order_by()
    cut = TruncMonth("at") if months else TruncDay("at")
    sums = rows.annotate(cut=cut).values("cut").annotate(
        own=Sum("amount", filter=Q(level=1), default=Decimal(0)),
        sub=Sum("amount", filter=Q(level__gt=1), default=Decimal(0)),
    )  # fmt: skip
    return {one["cut"]: (one["own"], one["sub"]) for one in sums.order_by("cut")}


def _brought(rows: Iterable[Any], currency: str) -> list[Brought]:
    return [
        Brought(
            one["client"], f"{one['first']}{one['last']}".upper(), country_name(one["land"]),
            one["standing"], one["since"], one["lots"] or Decimal(0),
            Money.rounded(one["earned"] or Decimal(0), currency, HALF_UP),
        )
        for one in rows
    ]  # fmt: skip


@query(open_to=("partner",))
def top_clients(
    act: Act, currency: str, since: datetime, until: datetime, most: int = 3
) -> list[Brought]:
    """Own clients who earned the most in a time."""
    rows = (
        accruals(act)
        .filter(at__gte=since, at__lt=until, level=1)
        .order_by()
        .values(
            "client", standing=F("client__status"), land=F("client__country"),
            first=Left("client__first_name", 1), last=Left("client__last_name", 1),
        )
        .annotate(earned=Sum("amount"), lots=Sum("lots"), since=Min("at"))
        .filter(earned__gt=0)
        .order_by("-earned", "client")
    )  # fmt: skip
    return _brought(rows[:most], currency)


@query(open_to=("partner",))
def clients(act: Act, currency: str) -> list[Brought]:
    """Own clients, masked, the newest first, with what they traded and earned in all."""
    earned = accruals(act).filter(level=1, client=OuterRef("client")).order_by().values("client")
    rows = (
        ClientLink.objects.filter(partner_id=act.actor.id or 0, ends_at=None)
        .values(
            "client", standing=F("client__status"), land=F("client__country"),
            first=Left("client__first_name", 1), last=Left("client__last_name", 1),
            since=F("starts_at"),
        )
        .annotate(
            earned=earned.annotate(sum=Sum("amount")).values("sum"),
            lots=earned.annotate(sum=Sum("lots")).values("sum"),
        )
        .order_by("-since", "-client")
    )  # fmt: skip
    return _brought(rows[:200], currency)


@query(open_to=("partner",))
def clients_count(act: Act) -> int:
    """How many clients a partner has now."""
    return ClientLink.objects.filter(partner_id=act.actor.id or 0, ends_at=None).count()


@dataclass(frozen=True)
class Below:
    """A sub-partner, by their name, and what they brought."""

    partner: Partner
    level: int
    clients: int
    earned: Money


@query(open_to=("partner",))
def sub_partners(act: Act, currency: str, since: datetime, until: datetime) -> list[Below]:
    """Partners below, level by level, with what their own clients' trades earned the asker."""
    levels = below(int(act.actor.id or 0), act.at)
    if not levels:
        return []
    found = Partner.objects.filter(pk__in=levels).annotate(
        brought=Count("client_links", filter=Q(client_links__ends_at=None), distinct=True)
    )
    leaf = Accrual.objects.filter(deal=OuterRef("deal"), level=1).values("partner")[:1]
    lines = accruals(act).filter(at__gte=since, at__lt=until, level__gt=1).order_by()
    sums = dict(
        lines.annotate(leaf=leaf).values("leaf").annotate(sum=Sum("amount")).values_list(
            "leaf", "sum"
        )
    )  # fmt: skip
    made = [
        Below(
            one, levels[one.pk], one.brought,
            Money.rounded(sums.get(one.pk) or Decimal(0), currency, HALF_UP),
        )
        for one in found
    ]  # fmt: skip
    return sorted(made, key=lambda one: (one.level, -one.earned.amount, one.partner.name))


@query(open_to=("partner",))
def funnel(act: Act, since: datetime) -> Funnel:
    """Clicks, registrations, verified, funded and trading clients since a day."""
    own = {"partner_id": act.actor.id or 0}
    clicks = Click.objects.filter(link__partner_id=act.actor.id or 0, at__gte=since).count()
    funded = Deposit.objects.filter(client=OuterRef("client"), settled_at__isnull=False)
    traded = Deal.objects.filter(
        account__client=OuterRef("client"), account__practice=False, action__in=("buy", "sell")
    )
    counts = (
        ClientLink.objects.filter(**own, starts_at__gte=since)
        .annotate(funded=Exists(funded), traded=Exists(traded))
        .aggregate(
            registered=Count("pk"),
            verified=Count("pk", filter=Q(client__status__in=VERIFIED)),
            funds=Count("pk", filter=Q(client__status__in=VERIFIED, funded=True)),
            trades=Count("pk", filter=Q(client__status__in=VERIFIED, funded=True, traded=True)),
        )
    )
    return Funnel(
        clicks, counts["registered"], counts["verified"], counts["funds"], counts["trades"]
    )


def link_figures(rows: Iterable[Link]) -> list[dict[str, Any]]:
    """Each link with its clicks, registrations and first deposits, in three statements."""
    listed = list(rows)
    ids = [one.pk for one in listed]
    clicks = _counted(Click.objects.filter(link__in=ids))
    through = ClientLink.objects.filter(link__in=ids)
    registered = _counted(through)
    funded = Deposit.objects.filter(client=OuterRef("client"), settled_at__isnull=False)
    paid = _counted(through.filter(Exists(funded)))
    return [
        {"link": one, "clicks": clicks.get(one.pk, 0), "registered": registered.get(one.pk, 0),
         "funded": paid.get(one.pk, 0)}
        for one in listed
    ]  # fmt: skip


def _counted(rows: Any) -> dict[int, int]:
    found = rows.order_by().values("link").annotate(count=Count("pk"))
    return {one["link"]: one["count"] for one in found}


@dataclass(frozen=True)
class Instrument:
    """A statement's lines on one instrument: lots, and amounts by level."""

    name: str
    lots: Decimal
    levels: tuple[Decimal, Decimal, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.levels, Decimal(0))


def by_instrument(rows: Any, most: int = 5) -> list[Instrument]:
    """The largest instruments, and the others together. Level 3 stands for all below it too."""
    sums = (
        rows.exclude(kind=Accrual.Kind.CORRECTION)
        .order_by()
        .values("level", name=F("deal__instrument__code"), symbol=F("deal__symbol"))
        .annotate(sum=Sum("amount"), lots=Sum("lots", filter=Q(amount__gt=0)))
    )
    found: dict[str, Instrument] = {}
    for one in sums:
        name = one["name"] or one["symbol"] or "New clients"
        found[name] = _added(found.get(name), name, one)
    ordered = sorted(found.values(), key=lambda one: (-one.total, one.name))
    rest = ordered[most:]
    if len(rest) < 2:
        return ordered
    levels = tuple(sum((one.levels[i] for one in rest), Decimal(0)) for i in range(3))
    lots = sum((one.lots for one in rest), Decimal(0))
    others = Instrument(f"{len(rest)} others", lots, (levels[0], levels[1], levels[2]))
    return [*ordered[:most], others]


def _added(before: Instrument | None, name: str, row: dict[str, Any]) -> Instrument:
    levels = list(before.levels if before else (Decimal(0),) * 3)
    levels[min(row["level"], 3) - 1] += row["sum"]
    lots = (before.lots if before else Decimal(0)) + (row["lots"] or Decimal(0))
    return Instrument(name, lots, (levels[0], levels[1], levels[2]))


@dataclass(frozen=True)
class Above:
    """One level of a trade's chain, as the asker may see it."""

    level: int
    name: str
    is_you: bool
    amount: Decimal
    rate: str
    words: str


def chain_of(act: Act, line: Accrual) -> list[Above]:
    """Who earned on the trade. Names appear only of those who agreed, or stand below the asker."""
    if line.deal_id is None:
        return []
    rows = Accrual.objects.filter(deal_id=line.deal_id, corrects=None).select_related("partner")
    found = []
    for one in rows.order_by("level"):
        you = one.partner_id == line.partner_id
        seen = you or one.level < line.level or one.partner.shows_name
        name = f"You, {one.partner}" if you else str(one.partner) if seen else "A partner above"
        found.append(Above(one.level, name, you, one.amount, rate_of(one), _position(one, line)))
    return found


def beside(act: Act, line: Accrual) -> list[Accrual]:
    """The lines of the asker's own that correct this one, or that it corrects, oldest first."""
    rows = accruals(act).filter(
        partner=line.partner_id, level=line.level, deal=line.deal_id, deposit=line.deposit_id
    )
    return list(rows.exclude(pk=line.pk).order_by("pk"))


def _position(one: Accrual, line: Accrual) -> str:
    if one.partner_id == line.partner_id:
        return f"By {one.version.plan}" if one.version else "No plan at that time"
    if one.level < line.level:
        return "Brought the client" if one.level == 1 else "Stands under you"
    return "Brought you" if one.level == line.level + 1 else "Stands above them"


def rate_of(line: Accrual) -> str:
    """The line's rate in a few words: `30%`, `6.00 a lot`."""
    times = [one for one in line.factors if one["operator"] == "×" and "into" not in one["label"]]
    if not times:
        return ""
    label, value = str(times[-1]["label"]), Decimal(times[-1]["value"])
    if re.match(r"[\d.,]+ ?% o", label):
        return percent(value)
    unit = label.partition(" (")[0].partition(",")[0].partition(" ")[2]
    return f"{value:,.2f} {unit}".strip()


def month_start(at: datetime) -> datetime:
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def day_start(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def month_before(start: datetime) -> datetime:
    return (start - timedelta(days=1)).replace(day=1)
