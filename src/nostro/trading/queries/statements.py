"""What happened on a trading account over some days: what stood, what moved it, what stands.

Figures are the database's, made of the deals as the platform has them by now: one that it corrected
later counts as corrected, on its own day. Credit is lent, so it is a sum of its own.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    Case,
    Count,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce

from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger.queries.proof import one_moment
from nostro.trading.models import (
    BalanceBreak,
    DailyReport,
    Deal,
    DealCorrection,
    Position,
    TradingAccount,
)
from nostro.trading.queries.activity import MOVED
from nostro.trading.queries.following import backfill_of

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MONTH = re.compile(r"\d{4}-\d{2}")
FIRST = date(2000, 1, 1)
"""Before any of the platforms."""
REACH = timedelta(days=4)
"""A platform need not report weekends and holidays: so far back a report still tells of an end."""
ZERO = Decimal(0)
EXACT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=24, decimal_places=8)
CREDIT = Q(action=Deal.Action.CREDIT)
TRADE = Q(action__in=(Deal.Action.BUY, Deal.Action.SELL))


class BadDays(Problem):
    """These are no days that a statement can be of."""


class NotReadYet(Problem):
    """The platform's past is still being read, so nobody knows what stood."""

    status = 409


@dataclass(frozen=True)
class Span:
    """Days of UTC, both included."""

    since: date
    last: date

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.since, time(), UTC)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    @property
    def said(self) -> str:
        if self.since == self.last:
            return f"{self.since:%-d %B %Y}"
        if self.since == first_of(self.last) and self.last == end_of(self.since):
            return f"{self.since:%B %Y}"
        # Of the first day what the last one does not say anyway.
        same_year = self.since.year == self.last.year
        same_month = same_year and self.since.month == self.last.month
        first = "%-d" if same_month else "%-d %B" if same_year else "%-d %B %Y"
        return f"{self.since.strftime(first)} to {self.last:%-d %B %Y}"


def first_of(day: date) -> date:
    return day.replace(day=1)


def end_of(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def span_of(said: dict[str, str], today: date) -> Span:
    """The days that were asked for: a `month`, or `since` and `until`; this month where nothing
    was. A month that runs ends today. Raises a sentence for what is none.
    """
    if said.get("month") and not (said.get("since") or said.get("until")):
        month = said["month"]
        day = f"{month}-01" if MONTH.fullmatch(month) else month
        since = _day(day, "month", "a month", "2026-11")
        last = min(end_of(since), max(today, since))
    else:
        last = _day(said.get("until") or f"{today}", "until")
        since = _day(said.get("since") or f"{first_of(last)}", "since")
    if since > last:
        raise BadDays("The first day comes after the last one.", field="since")
    if last > today:
        raise BadDays(f"{last:%-d %B %Y} has not come yet.", field="until")
    if since < FIRST:
        raise BadDays(f"No account is that old. Begin in {FIRST:%Y} or later.", field="since")
    return Span(since, last)


def _day(text: str, name: str, what: str = "a day", example: str = "2026-11-20") -> date:
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadDays(f"“{text[:20]}” is not {what}. Write {example}.", field=name)


def months(account: TradingAccount, today: date) -> list[date]:
    """The first day of each month since an account was opened, newest first."""
    month, found = first_of(today), list[date]()
    since = first_of((account.opened_at or account.requested_at).astimezone(UTC).date())
    while month >= since and len(found) < 120:
        found.append(month)
        month = first_of(month - timedelta(days=1))
    return found


@dataclass(frozen=True)
class Part:
    """What moved a balance, of one kind, in these days."""

    label: str
    money: Money


@dataclass(frozen=True)
class Sums:
    """What stood, what came and went by kind, what stands: opening and parts are closing, exactly.
    `exact` is the opening as finely as the platform counts.
    """

    exact: Decimal
    opening: Money
    parts: Sequence[Part]
    closing: Money

    @property
    def moved(self) -> Money:
        return self.closing - self.opening

    @property
    def is_empty(self) -> bool:
        return not (self.opening or self.closing or any(one.money for one in self.parts))


@dataclass(frozen=True)
class Stood:
    """What the platform itself showed at a moment: its report of a day, or as read last, `live`."""

    at: datetime
    balance: Money
    equity: Money
    live: bool = False


@dataclass(frozen=True)
class Statement:
    """An account over some days. `began` and `ended` are nothing where the platform reported no day
    there; `open_trades` are there where the days end now; `doubt` where a break of it stands.
    """

    account: TradingAccount
    span: Span
    balance: Sums
    credit: Sums
    lines: int
    began: Stood | None
    ended: Stood | None
    is_now: bool
    doubt: bool
    open_trades: Sequence[Position] = field(default=())


@contextmanager
def one_sight() -> Iterator[None]:
    """Sums and lines that are asked for within are of the same deals, whatever comes meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        one_moment(cursor)
        yield


def page_of(
    account: TradingAccount, span: Span, now: datetime, *, before: str = "", most: int
) -> tuple[Statement, list[Deal]]:
    """A statement with its newest lines, or those before a deal; one more than `most` of them
    where there are more.
    """
    with one_sight():
        found = statement(account, span, now)
        return found, list(lines(found, before)[: most + 1])


def statement(account: TradingAccount, span: Span, now: datetime) -> Statement:
    """The sums of an account over some days. Five statements or so, however many deals."""
    past = backfill_of(account.platform)
    opened = account.opened_at
    if past and past.status != "done" and (opened is None or opened < past.until):
        raise NotReadYet(
            "What happened earlier on this account is still being read from the platform. Its "
            "statements are ready once that is done."
        )
    rows = Deal.objects.filter(account=account, at__lt=span.ends).order_by()
    found = rows.aggregate(lines=Count("pk", filter=_in(span) & _tells()), **_asked(span))
    later = DealCorrection.objects.filter(deal__account=account, deal__at__lt=span.ends).order_by()
    corrected = later.aggregate(**_corrected(span))
    is_now = span.last == now.astimezone(UTC).date()
    trades = Position.objects.filter(account=account).select_related("instrument", "account")
    breaks = BalanceBreak.objects.filter(account=account, healed_at=None)
    return Statement(
        account, span, _sums(account, found, corrected, ""),
        _sums(account, found, corrected, LENT), found["lines"],
        _reported(account, span.begins), _now(account) if is_now else _reported(account, span.ends),
        is_now, breaks.filter(kind__in=["balance", "credit"]).exists(),
        list(trades.order_by("opened_at", "pk")) if is_now else (),
    )  # fmt: skip


def _in(span: Span, path: str = "") -> Q:
    return Q((f"{path}at__gte", span.begins))


def _tells() -> Q:
    """Deals that a statement lists: all but those that only opened a trade, and cost nothing."""
    free = Q(profit=0, swap=0, commission=0, fee=0)
    corrected = Q(Exists(DealCorrection.objects.filter(deal=OuterRef("pk"))))
    return ~(TRADE & Q(entry="in") & free) | corrected


ALWAYS = ("Deposits", "Withdrawals", "Result of trades", "Swap", "Commission")
"""Told also where nothing was of them."""
PARTS: dict[str, Sequence[tuple[str, Q]]] = {
    "Deposits": [("profit", Q(action=Deal.Action.BALANCE, profit__gt=0))],
    "Withdrawals": [("profit", Q(action=Deal.Action.BALANCE, profit__lt=0))],
    "Bonus": [("profit", Q(action=Deal.Action.BONUS))],
    "Result of trades": [("profit", TRADE)],
    "Swap": [("swap", ~CREDIT)],
    "Commission": [("commission", ~CREDIT), ("profit", Q(action=Deal.Action.COMMISSION))],
    "Fees and charges": [("fee", ~CREDIT), ("profit", Q(action=Deal.Action.CHARGE))],
    "Adjustments": [("profit", Q(action=Deal.Action.CORRECTION))],
    "Other": [("profit", Q(action=Deal.Action.OTHER))],
}
"""By which figures of which deals a balance is moved: each figure of a deal is in one of them."""
CREDIT_PARTS = {"Given": Q(profit__gt=0), "Taken back": Q(profit__lte=0)}
OPENING, LATER, LENT = "opening", "Corrected since", "credit "


def _as(of: str, label: str) -> str:
    """What a sum is called in the statement that asks for it."""
    return f"{of}{label}".replace(" ", "_")


def _asked(span: Span) -> dict[str, Any]:
    inside = _in(span)
    asked: dict[str, Any] = {
        _as("", OPENING): _total(MOVED, ~inside & ~CREDIT),
        _as(LENT, OPENING): _total(MOVED, ~inside & CREDIT),
    }
    for label, figures in PARTS.items():
        sums = [_total(F(name), inside & which) for name, which in figures]
        asked[_as("", label)] = sum(sums[1:], sums[0])
    for label, which in CREDIT_PARTS.items():
        asked[_as(LENT, label)] = _total(MOVED, inside & CREDIT & which)
    return asked


def _corrected(span: Span) -> dict[str, Any]:
    inside, credit = _in(span, "deal__"), Q(deal__action=Deal.Action.CREDIT)
    return {
        _as(of, label): _total(F("delta"), when & which)
        for of, which in (("", ~credit), (LENT, credit))
        for label, when in ((OPENING, ~inside), (LATER, inside))
    }


def _total(what: Any, which: Q) -> Any:
    return Coalesce(Sum(what, filter=which), Value(ZERO), output_field=EXACT)


def _sums(
    account: TradingAccount, found: dict[str, Decimal], corrected: dict[str, Decimal], of: str
) -> Sums:
    """A platform may count finer than its currency pays: what that makes of the sum is a part."""
    labels = CREDIT_PARTS if of else PARTS
    exact = {label: found[_as(of, label)] for label in labels} | {LATER: corrected[_as(of, LATER)]}
    opening = found[_as(of, OPENING)] + corrected[_as(of, OPENING)]
    begins, ends = account.money(opening), account.money(opening + sum(exact.values(), ZERO))
    parts = [
        Part(_named(account, label), account.money(amount))
        for label, amount in exact.items()
        if amount or (label in ALWAYS and not of)
    ]
    rest = ends - begins - sum((one.money for one in parts), account.money(ZERO))
    return Sums(opening, begins, [*parts, *([Part("Rounding", rest)] if rest else [])], ends)


VIRTUAL = {"Deposits": "Virtual money put in", "Withdrawals": "Virtual money taken out"}


def _named(account: TradingAccount, label: str) -> str:
    return VIRTUAL.get(label, label) if account.practice else label


def _reported(account: TradingAccount, until: datetime) -> Stood | None:
    rows = DailyReport.objects.filter(account=account, at__lte=until, at__gt=until - REACH)
    found = rows.order_by("-at").first()
    if found is None:
        return None
    return Stood(found.at, account.money(found.balance), account.money(found.equity))


def _now(account: TradingAccount) -> Stood | None:
    if account.read_at is None:
        return None
    return Stood(account.read_at, account.balance_money, account.equity_money, live=True)


def lines(found: Statement, before: str = "") -> QuerySet[Deal]:
    """What a statement lists, newest first, from a deal backwards where its number is given. Each
    has its corrections, as `later`, and as `moved` what the days until there did to the balance.
    """
    account, span = found.account, found.span
    rows = Deal.objects.filter(_in(span), account=account, at__lt=span.ends)
    if before:
        named = before.isdecimal() and len(before) < 19
        last = rows.filter(pk=before).first() if named else None
        if last is None:
            raise NotFound("There is no such place in this statement. Start from its first page.")
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    own = DealCorrection.objects.filter(deal=OuterRef("pk")).order_by().values("deal")
    deltas = Coalesce(Subquery(own.annotate(all=Sum("delta")).values("all")), Value(ZERO))
    moved = Case(When(CREDIT, then=Value(ZERO)), default=MOVED + deltas, output_field=EXACT)
    running = Window(Sum(moved), order_by=[F("at").asc(), F("pk").asc()])
    corrections = Prefetch("corrections", DealCorrection.objects.order_by("pk"), to_attr="later")
    rows = rows.filter(_tells()).annotate(moved=running)
    return rows.select_related("instrument").prefetch_related(corrections).order_by("-at", "-id")


def stands(found: Statement, deal: Deal) -> Money:
    """The balance after a line."""
    moved: Decimal = deal.__dict__["moved"]
    return found.account.money(found.balance.exact + moved)


def result_of(account: TradingAccount, deal: Deal) -> Money:
    """What a line did, with what the platform made of it later."""
    corrected = sum((one.delta for one in deal.__dict__["later"]), ZERO)
    return account.money(deal.profit + deal.swap + deal.commission + deal.fee + corrected)
