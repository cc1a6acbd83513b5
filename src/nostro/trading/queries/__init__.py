"""What anyone can ask about trading."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import models
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.core.queries import query
from nostro.kit.money import Money
from nostro.ledger import chart
from nostro.ledger.queries import KNOWN
from nostro.people.models import Client
from nostro.rules.models import Decision
from nostro.trading.models import (
    BalanceBreak,
    DailyReport,
    Deal,
    DealCorrection,
    EquityPoint,
    Group,
    Instrument,
    OneTimeSecret,
    PastOrder,
    PendingOrder,
    Platform,
    PlatformSymbol,
    Position,
    TradingAccount,
)
from nostro.trading.queries.activity import traded as traded
from nostro.trading.queries.beside import break_deals as break_deals
from nostro.trading.queries.beside import deal_corrections as deal_corrections
from nostro.trading.queries.beside import taken_deals as taken_deals
from nostro.trading.queries.books import SENT as SENT
from nostro.trading.queries.books import Books as Books
from nostro.trading.queries.books import ByHand as ByHand
from nostro.trading.queries.books import Sent as Sent
from nostro.trading.queries.books import held as held
from nostro.trading.queries.books import loose_deal as loose_deal
from nostro.trading.queries.books import weigh as weigh
from nostro.trading.queries.closed import after_closing as after_closing
from nostro.trading.queries.closed import closed_accounts as closed_accounts
from nostro.trading.queries.closed import closed_breaks as closed_breaks
from nostro.trading.queries.closed import stirred as stirred
from nostro.trading.queries.credits import credits as credits
from nostro.trading.queries.credits import credits_on as credits_on
from nostro.trading.queries.credits import credits_over as credits_over
from nostro.trading.queries.debts import BELOW_ZERO as BELOW_ZERO
from nostro.trading.queries.debts import below_zero as below_zero
from nostro.trading.queries.debts import debts as debts
from nostro.trading.queries.debts import left_to_people as left_to_people
from nostro.trading.queries.deriving import KeptDeal as KeptDeal
from nostro.trading.queries.deriving import deals_sums as deals_sums
from nostro.trading.queries.deriving import real_accounts as real_accounts
from nostro.trading.queries.deriving import standing_breaks as standing_breaks
from nostro.trading.queries.following import backfill_of as backfill_of
from nostro.trading.queries.following import has_orphans as has_orphans
from nostro.trading.queries.following import kept_tickets as kept_tickets
from nostro.trading.queries.following import open_past as open_past
from nostro.trading.queries.following import throughput as throughput
from nostro.trading.queries.following import whole_history as whole_history
from nostro.trading.queries.free import FREE as FREE
from nostro.trading.queries.free import free_of as free_of
from nostro.trading.queries.idleness import Unused as Unused
from nostro.trading.queries.idleness import idle_since as idle_since
from nostro.trading.queries.idleness import unused as unused
from nostro.trading.queries.leverage import ClassCap as ClassCap
from nostro.trading.queries.leverage import above_cap as above_cap
from nostro.trading.queries.leverage import band_asked as band_asked
from nostro.trading.queries.leverage import capped as capped
from nostro.trading.queries.leverage import caps as caps
from nostro.trading.queries.leverage import ceilings as ceilings
from nostro.trading.queries.leverage import class_caps as class_caps
from nostro.trading.queries.leverage import kept as kept
from nostro.trading.queries.leverage import leverage_asked as leverage_asked
from nostro.trading.queries.leverage import leverage_cap as leverage_cap
from nostro.trading.queries.leverage import leverage_class as leverage_class
from nostro.trading.queries.news import above as above
from nostro.trading.queries.news import lowered as lowered
from nostro.trading.queries.news import news_windows as news_windows
from nostro.trading.queries.news import windows_now as windows_now
from nostro.trading.queries.offers import cost_of as cost_of
from nostro.trading.queries.open_lots import LotsApart as LotsApart
from nostro.trading.queries.open_lots import lots_apart as lots_apart
from nostro.trading.queries.practice import PracticeOffer as PracticeOffer
from nostro.trading.queries.practice import practice_asked as practice_asked
from nostro.trading.queries.practice import practice_end as practice_end
from nostro.trading.queries.practice import practice_end_asked as practice_end_asked
from nostro.trading.queries.practice import practice_held as practice_held
from nostro.trading.queries.practice import practice_offers as practice_offers
from nostro.trading.queries.practice import practice_terms as practice_terms
from nostro.trading.queries.restrictions import restrictions_of as restrictions_of
from nostro.trading.queries.restrictions import restrictions_on as restrictions_on
from nostro.trading.queries.rulings import in_force as in_force
from nostro.trading.queries.rulings import in_force_with_words as in_force_with_words
from nostro.trading.queries.swaps import Night as Night
from nostro.trading.queries.swaps import held_overnight as held_overnight
from nostro.trading.queries.swaps import nights_due as nights_due
from nostro.trading.queries.swaps import opened_unread as opened_unread
from nostro.trading.queries.swaps import swap_free_asked as swap_free_asked
from nostro.trading.queries.swaps import swap_free_days as swap_free_days
from nostro.trading.queries.swaps import swap_free_held as swap_free_held
from nostro.trading.queries.swaps import swap_free_money as swap_free_money
from nostro.trading.queries.swaps import swap_free_requests as swap_free_requests
from nostro.trading.queries.swaps import swap_free_terms as swap_free_terms
from nostro.trading.queries.swaps import swap_free_wished as swap_free_wished
from nostro.trading.queries.terms import on_its_way as on_its_way
from nostro.trading.queries.terms import terms_apart as terms_apart
from nostro.trading.queries.terms import terms_breaks as terms_breaks
from nostro.trading.queries.terms import watched as watched
from nostro.trading.queries.terms import with_terms as with_terms
from nostro.trading.queries.upkeep import OPEN as OPEN
from nostro.trading.queries.upkeep import heir_of as heir_of
from nostro.trading.queries.upkeep import overdue_openings as overdue_openings
from nostro.trading.queries.upkeep import rights_differ as rights_differ
from nostro.trading.queries.upkeep import unarchived as unarchived

GONE = [TradingAccount.Status.CLOSED, TradingAccount.Status.REFUSED]


@query(finds=TradingAccount, open_to=("client",))
def accounts(act: Act) -> models.QuerySet[TradingAccount]:
    """Trading accounts, newest first."""
    rows = TradingAccount.objects.select_related("client", "entity", "platform", "group")
    return visible(act.actor, rows.order_by("-requested_at", "-id"))


@query(finds=Deal, open_to=("client",))
def deals(act: Act) -> models.QuerySet[Deal]:
    """Deals, newest first."""
    related = ("account__client", "account__platform", "platform", "instrument")
    rows = Deal.objects.select_related(*related)
    return visible(act.actor, rows.order_by("-at", "-id"), client="account__client__")


@query(finds=Position, open_to=("client",))
def positions(act: Act) -> models.QuerySet[Position]:
    """Open positions, newest first."""
    rows = Position.objects.select_related("account__client", "account__platform", "instrument")
    return visible(act.actor, rows.order_by("-opened_at", "-id"), client="account__client__")


@query(finds=PendingOrder, open_to=("client",))
def orders(act: Act) -> models.QuerySet[PendingOrder]:
    """Orders that wait to be filled, newest first."""
    rows = PendingOrder.objects.select_related("account__client", "account__platform", "instrument")
    return visible(act.actor, rows.order_by("-placed_at", "-id"), client="account__client__")


@query(finds=PastOrder, open_to=("client",))
def past_orders(act: Act) -> models.QuerySet[PastOrder]:
    """Orders that ended unfilled, newest first."""
    rows = PastOrder.objects.select_related("account__client", "account__platform")
    return visible(act.actor, rows.order_by("-done_at", "-id"), client="account__client__")


@query(finds=OneTimeSecret, open_to=("client",))
def secrets(act: Act) -> models.QuerySet[OneTimeSecret]:
    """One-time links to credentials, newest first."""
    rows = OneTimeSecret.objects.select_related("account__client", "account__platform")
    return visible(act.actor, rows.order_by("-made_at", "-id"), client="account__client__")


@query(finds=BalanceBreak)
def breaks(act: Act) -> models.QuerySet[BalanceBreak]:
    """Balances that their deals do not explain, newest first."""
    rows = BalanceBreak.objects.select_related("account__client", "account__platform")
    return visible(act.actor, rows.order_by("-found_at", "-id"), client="account__client__")


@query(finds=DailyReport)
def days(act: Act) -> models.QuerySet[DailyReport]:
    """Ends of days as the platforms report them, newest first."""
    rows = DailyReport.objects.select_related("account__client", "account__platform", "found")
    return visible(act.actor, rows.order_by("-at", "-id"), client="account__client__")


@query(finds=Platform)
def platforms(act: Act) -> models.QuerySet[Platform]:
    """Trading platforms."""
    return Platform.objects.order_by("name")


@query(finds=PlatformSymbol)
def symbols(act: Act) -> models.QuerySet[PlatformSymbol]:
    """Symbols of platforms, and the instruments they are."""
    return PlatformSymbol.objects.select_related("platform", "instrument").order_by("name")


@query(finds=Instrument)
def instruments(act: Act) -> models.QuerySet[Instrument]:
    """What is traded."""
    return Instrument.objects.order_by("code")


@query(finds=Group)
def groups(act: Act) -> models.QuerySet[Group]:
    """Groups of platforms, with licence, currency and book."""
    rows = Group.objects.select_related("platform", "entity").order_by("path")
    allowed = act.actor.grants.scope.entities
    return rows if allowed is None else rows.filter(entity__in=allowed)


@dataclass(frozen=True)
class Offer:
    """A kind of account that a client may open."""

    account_type: str
    currency: str

    @property
    def value(self) -> str:
        return f"{self.account_type}/{self.currency}"


def offers(client: Client) -> list[Offer]:
    """What the client's legal entity offers on live platforms; their own currency first."""
    rows = Group.objects.filter(entity=client.entity, **Group.FOLLOWED, practice=False)
    found = rows.filter(swap_free=False).values_list("account_type", "currency").distinct()
    own = client.base_currency
    kinds = sorted(set(found), key=lambda one: (one[1] != own, one[0] != "standard", one[1]))
    return [Offer(*one) for one in kinds]


@dataclass(frozen=True)
class Standing:
    """How a platform does now: its newest deal, accounts, and how long since it was read."""

    accounts: int = 0
    last_deal_at: datetime | None = None
    unmapped: int = 0


def standings(platforms: Iterable[Platform]) -> dict[int, Standing]:
    """Platform → how it stands. Three statements for all of them."""
    ids = [one.pk for one in platforms]
    held = dict(
        TradingAccount.objects.filter(platform__in=ids, status__in=OPEN)
        .values_list("platform")
        .annotate(Count("pk"))
        .order_by()
    )
    unknown = dict(
        PlatformSymbol.objects.filter(platform__in=ids, instrument=None)
        .values_list("platform")
        .annotate(Count("pk"))
        .order_by()
    )
    newest = {
        pk: Deal.objects.filter(platform=pk).order_by("-at").values_list("at", flat=True).first()
        for pk in ids
    }
    return {pk: Standing(held.get(pk, 0), newest[pk], unknown.get(pk, 0)) for pk in ids}


@dataclass(frozen=True)
class Card:
    """A trading account as its owner sees it at a glance."""

    account: TradingAccount
    open_trades: int
    floating: Money
    free: Money
    curve: Sequence[EquityPoint] = field(default=())

    @property
    def since(self) -> Money | None:
        """The equity that the curve starts from."""
        return self.account.money(self.curve[0].equity) if self.curve else None


def cards(act: Act, rows: models.QuerySet[TradingAccount] | None = None) -> list[Card]:
    """The asker's accounts with open trades and the day's equity. Four statements for all."""
    shown = list((accounts(act) if rows is None else rows).exclude(status__in=GONE))
    ids = [one.pk for one in shown]
    open_trades = {
        row["account"]: (row["count"], row["total"])
        for row in Position.objects.filter(account__in=ids)
        .values("account")
        .annotate(count=Count("pk"), total=Sum(F("profit") + F("swap")))
        .order_by()
    }
    day: dict[int, list[EquityPoint]] = {}
    points = EquityPoint.objects.filter(account__in=ids, at__gte=act.at - timedelta(days=1))
    for point in points.order_by("account", "at"):
        day.setdefault(point.account_id, []).append(point)
    free = {
        pk: money for who in {one.client_id for one in shown} for pk, money in free_of(who).items()
    }
    found = []
    for one in shown:
        count, total = open_trades.get(one.pk, (0, Decimal(0)))
        left = free.get(one.pk, one.free_money)
        found.append(Card(one, count, one.money(total), left, day.get(one.pk, [])))
    return found


PENDING: list[Callable[[Sequence[TradingAccount]], Mapping[int, str]]] = []
"""Higher rooms say here what is on its way to or from which accounts, by their ids."""


def on_the_way(account: TradingAccount) -> str:
    """Why an account may not be moved or closed yet, for money that is still on its way."""
    return all_on_the_way([account]).get(account.pk, "")


def all_on_the_way(accounts: Sequence[TradingAccount]) -> dict[int, str]:
    """The accounts with money on its way, each with what it is. A statement or two for all."""
    found: dict[int, str] = {}
    for one in PENDING:
        found = {**one(accounts), **found}
    return found


def with_positions(accounts: Sequence[TradingAccount]) -> None:
    """Read the open trades and waiting orders of all these accounts; each then knows its own."""
    models.prefetch_related_objects(list(accounts), "position_set", "orders")


def group_at(platform_id: int, path: str) -> Group | None:
    return Group.objects.filter(platform=platform_id, path=path).first()


def sibling(group: Group, swap_free: bool) -> Group | None:
    """The group that differs in nothing but swaps."""
    like = Group.objects.filter(
        platform=group.platform_id, entity=group.entity_id, currency=group.currency,
        account_type=group.account_type, swap_free=swap_free, practice=group.practice,
    )  # fmt: skip
    return like.order_by(models.Case(models.When(book=group.book, then=0), default=1), "pk").first()


def named[M: models.Model](model: type[M], ids: set[int], *with_: str) -> models.QuerySet[M]:
    """Things of the room by their ids, for sentences that name them."""
    rows = model._base_manager.filter(pk__in=ids)
    return rows.select_related(*with_) if with_ else rows


def decision_of(account: TradingAccount) -> Decision | None:
    """The decision that placed an account, or left it to a person."""
    return decision_kept(account.decision)


def decision_kept(pk: int | None) -> Decision | None:
    """A rule's answer with its version, where one was asked."""
    return Decision.objects.select_related("version").filter(pk=pk or 0).first()


def placed_by(account: TradingAccount) -> Record | None:
    """The event by which a person put the account where it stands; nothing where a rule did."""
    path = account.group.path if account.group else ""
    here = models.Q(name="trading.AccountDecided", data__group_path=path)
    here |= models.Q(name="trading.GroupAsked", data__path=path)
    rows = Record.objects.filter(
        here, subject_type="trading.tradingaccount", subject_id=account.pk
    ).exclude(operation="trading.retry_opening")
    newest = rows.order_by("-pk").first()
    return newest if newest and newest.actor_kind == "staff" else None


def closed_trades(account: TradingAccount) -> models.QuerySet[Deal]:
    """The deals that ended or moved something on an account, newest first."""
    ended = Q(entry__in=["out", "outby", "inout"]) | ~Q(action__in=["buy", "sell"])
    rows = Deal.objects.select_related("instrument").filter(ended, account=account)
    later = models.Prefetch("corrections", DealCorrection.objects.order_by("pk"), to_attr="later")
    return rows.prefetch_related(later).order_by("-at", "-id")


def lots_by_day(account: TradingAccount, since: datetime) -> dict[date, Decimal]:
    """UTC day → lots that were opened or closed on it."""
    rows = Deal.objects.filter(account=account, at__gte=since, action__in=["buy", "sell"])
    days = rows.annotate(day=TruncDate("at", tzinfo=UTC)).order_by().values_list("day")
    return dict(days.annotate(total=Sum("lots")))


def _accounts_on_platforms(paths: set[str]) -> dict[str, chart.Account]:
    """Of these paths, those of logins that were opened here: for opening balances."""
    logins = [int(one.rpartition("/")[2]) for one in paths]
    rows = TradingAccount.objects.filter(login__in=logins, login__isnull=False, practice=False)
    charted = (
        chart.client_trading(client_id, slug, int(login or 0))
        for client_id, slug, login in rows.values_list("client_id", "platform__slug", "login")
    )
    return {one.path: one for one in charted if one.path in paths}


def _on_the_way(paths: set[str]) -> dict[str, chart.Account]:
    charted = map(chart.transit, Platform.objects.values_list("slug", flat=True))
    return {one.path: one for one in charted if one.path in paths}


KNOWN["trading"] = _accounts_on_platforms
KNOWN["transit"] = _on_the_way
