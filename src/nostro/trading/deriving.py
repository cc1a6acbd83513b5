"""Balances derived anew: our deals and the platform's own against the balance that it shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import batched
from operator import attrgetter

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import BalanceBreak, BreakDeal, Deal, Platform, TradingAccount
from nostro.trading.operations.breaks import Difference, KnownBreak, Trace, within
from nostro.trading.operations.deals import MOST, NothingChanged, NothingToAdopt
from nostro.trading.ports import PLATFORMS, DealKind, TradingPlatform
from nostro.trading.ports import Deal as Seen
from nostro.trading.queries.credits import lending_now, lent_on
from nostro.trading.queries.deriving import (
    BALANCE,
    CREDIT,
    FIGURES,
    SEEN,
    KeptDeal,
    Place,
    apart,
    as_said,
)

AHEAD = timedelta(days=1)
"""How far past the server's own time we ask: no deal is later, and none is left out."""
MANY, FEW = 100, 10
LEDGER, LENT, KEPT = BalanceBreak.Kind.LEDGER, BalanceBreak.Kind.LENT, BalanceBreak.Kind.KEPT
IN_THE_BOOKS = [LEDGER, LENT, KEPT]
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def logins_of(platform: Platform, **only: bool) -> list[int]:
    rows = TradingAccount.objects.filter(platform=platform, status__in=queries.OPEN, **only)
    return [one.login for one in rows.order_by("login").only("login") if one.login is not None]


def keep(
    act: Act, platform: Platform, found: Sequence[Seen], *, read_to: datetime | None = None,
    looks: bool = True,
) -> list[int]:  # fmt: skip
    """Record the deals that are not kept yet, in batches; our ids of them. What is kept already is
    not written again; one that `looks` for it first does not send it either.
    """
    known = queries.kept_tickets(platform, [one.ticket for one in found]) if looks else set()
    fresh = sorted((one for one in found if one.ticket not in known), key=attrgetter("ticket"))
    batches = list(batched(fresh, MOST))
    ids: list[int] = []
    for index, some in enumerate(batches):
        last = index == len(batches) - 1
        ids += trading.record_deals(act, platform, deals=some, read_to=read_to if last else None)
    return ids


def recheck(act: Act, platform: Platform, *, since: datetime) -> int:
    """Derive each balance anew: our deals before `since`, the platform's own from then on. Virtual
    money is not looked at: nobody is owed it.

    An account that moves while it is looked at is left for the next time. A closed one is looked at
    where something happened on it, and each of them once an hour. Answers how many breaks were
    opened.
    """
    since = since.replace(microsecond=0)
    if queries.has_orphans(platform):
        with suppress(NothingToAdopt):
            trading.adopt_deals(act, platform)
    opened, derived = 0, dict[Place, Decimal]()
    closed = _closed(platform, every=act.at - since >= AHEAD)
    logins = [*logins_of(platform, practice=False), *closed]
    for some in batched(logins, MANY):
        opened += _recheck_some(act, platform, list(some), since, derived)
    opened += compare_books(act, platform, logins, derived)
    return opened + compare_closed(act, platform, closed)


def _recheck_some(
    act: Act, platform: Platform, logins: list[int], since: datetime, all_: dict[Place, Decimal]
) -> int:
    connection = PLATFORMS.take(platform.slug)
    before = _standings(connection, logins)
    # Asked before the platform is: what another one keeps meanwhile is not missing there.
    ours = queries.kept_since(platform, logins, since)
    until = connection.server_time() + AHEAD
    pages = connection.deals(since, until, logins=logins)
    theirs = [one for page in pages for one in page if one.at >= since]
    after = _standings(connection, logins)
    keep(act, platform, theirs)
    derived: dict[Place, Decimal] = defaultdict(Decimal)
    derived |= queries.deals_sums(platform, logins, since)
    changes = _changes(ours, theirs, derived)
    still = {place for place, amount in after.items() if before.get(place) == amount}
    agree = {place for place in still if after[place] == derived[place]}
    _correct(act, platform, [one for one in changes if one.kept.place in agree])
    differ = {place: (after[place], derived[place]) for place in sorted(still - agree)}
    all_ |= derived
    return _note(act, platform, differ, agree, changes, since)


def _standings(connection: TradingPlatform, logins: list[int]) -> dict[Place, Decimal]:
    """Login and kind → what the platform shows."""
    found: dict[Place, Decimal] = {}
    for login, (balance, credit) in connection.standings(logins).items():
        found |= {(login, BALANCE): balance, (login, CREDIT): credit}
    return found


@dataclass(frozen=True)
class Change:
    """A deal that the platform has otherwise than we last knew it, or not any more."""

    kept: KeptDeal
    now: Seen | None

    @property
    def trace(self) -> Trace:
        """What is another by it, for whoever looks at the break."""
        kept = dict(zip(FIGURES, self.kept.figures, strict=True))
        if self.now is None:
            told = {name: value for name, value in kept.items() if value}
            return Trace(self.kept.id, BreakDeal.Why.GONE, as_said(told), {})
        other = apart(self.kept.figures, SEEN(self.now))
        was = {} if self.kept.gone else {name: kept[name] for name in other}
        return Trace(self.kept.id, BreakDeal.Why.CHANGED, as_said(was), as_said(other))


def _changes(
    ours: dict[int, KeptDeal], theirs: Sequence[Seen], derived: dict[Place, Decimal]
) -> list[Change]:
    """Add the platform's own deals to what is derived; what is another than we knew it."""
    changes = []
    for one in theirs:
        kind = CREDIT if one.kind == DealKind.CREDIT else BALANCE
        derived[one.login, kind] += one.profit + one.swap + one.commission + one.fee
        kept = ours.pop(one.ticket, None)
        if kept is not None and kept.differs(one):
            changes.append(Change(kept, one))
    return changes + [Change(kept, None) for kept in ours.values() if not kept.gone]


def _correct(act: Act, platform: Platform, changes: Sequence[Change]) -> None:
    """What the platform's own balance agrees with is what happened: our deals follow."""
    if changes:
        with suppress(NothingChanged):
            trading.correct_deals(
                act, platform, changes=[(one.kept.id, one.now) for one in changes]
            )  # fmt: skip


def _note(
    act: Act, platform: Platform, differ: dict[Place, tuple[Decimal, Decimal]], agree: set[Place],
    changes: Sequence[Change], since: datetime,
) -> int:  # fmt: skip
    """Breaks for what differs; those that this look could see and that agree again are healed."""
    logins = sorted({login for login, _ in differ} | {login for login, _ in agree})
    standing = queries.standing_breaks(platform, logins).select_related("account")
    healed = [
        one.pk for one in standing
        if (one.account.login, one.kind) in agree and within(one, since)
    ]  # fmt: skip
    behind: dict[Place, list[Change]] = defaultdict(list)
    for one in changes:
        behind[one.kept.place].append(one)
    accounts = queries.real_accounts(platform, [login for login, _ in differ]) if differ else {}
    found = [
        _difference(accounts[place[0]], place[1], figures, behind[place])
        for place, figures in differ.items()
    ]
    return _write(act, platform, found, healed, since)


def _write(
    act: Act, platform: Platform, found: list[Difference], healed: list[int], since: datetime
) -> int:
    if not found and not healed:
        return 0
    try:
        return trading.note_differences(
            act, platform, found=found, agreeing=healed, seen_from=since
        )  # fmt: skip
    except KnownBreak:
        return 0


def _difference(
    account: TradingAccount, kind: str, figures: tuple[Decimal, Decimal], changes: list[Change]
) -> Difference:
    changes = sorted(changes, key=lambda one: one.kept.ticket)
    causes = [
        f"{said} deal {named(one.kept.ticket for one in some)}."
        for said, some in (
            (f"Gone from the platform, though its {kind} keeps what they did:",
             [one for one in changes if one.now is None]),
            (f"Changed on the platform, and not its {kind}:",
             [one for one in changes if one.now is not None]),
        ) if some
    ]  # fmt: skip
    cause = " ".join(causes) or f"The platform's deals do not add up to the {kind} it shows."
    return Difference(account.pk, kind, *figures, cause, tuple(one.trace for one in changes))


def named(tickets: Iterable[int]) -> str:
    """Some tickets in a sentence: the first few, and how many more the break lists."""
    all_ = list(tickets)
    more = f" and {len(all_) - FEW} more" if len(all_) > FEW else ""
    return ", ".join(map(str, all_[:FEW])) + more


# ── Closed accounts ──


def _closed(platform: Platform, *, every: bool) -> dict[int, Decimal]:
    """Closed accounts to look at, with what the platform shows on each: those on which something
    happened, and of `every` one those that are not empty.
    """
    stirred = queries.stirred(platform)
    asked = stirred
    if every:
        rows = queries.closed_accounts(platform).values_list("login", flat=True)
        asked = [one for one in rows if one is not None]
    shown: dict[int, Decimal] = {}
    for some in batched(asked, MANY):
        standings = PLATFORMS.take(platform.slug).standings(some)
        shown |= {login: balance + credit for login, (balance, credit) in standings.items()}
    return {login: money for login, money in shown.items() if money or login in set(stirred)}


def compare_closed(act: Act, platform: Platform, shown: Mapping[int, Decimal]) -> int:
    """Breaks for closed accounts that hold something, or on which something happened: `shown` is
    what the platform shows on each. One that holds nothing any more heals; one that never did heals
    once a person has explained it.
    """
    accounts = queries.real_accounts(platform, list(shown))
    late = queries.after_closing(accounts.values())
    found = [
        _of_closed(account, shown[login], late.get(account.pk, []))
        for login, account in sorted(accounts.items())
        if shown[login] or account.pk in late
    ]
    differ = {one.account_id for one in found}
    agreeing = [
        one.pk for one in queries.closed_breaks(platform)
        if one.account.status != TradingAccount.Status.CLOSED or (
            one.account_id not in differ and one.account.login in shown
            and (one.shown or one.status == BalanceBreak.Status.EXPLAINED)
        )
    ]  # fmt: skip
    return _write(act, platform, found, agreeing, LONG_AGO)


def _of_closed(account: TradingAccount, shown: Decimal, late: Sequence[Deal]) -> Difference:
    since = f"Closed here on {account.status_at:%-d %b %Y}"
    said = f"{since}, and the platform shows {account.money(shown)} on it"
    tickets = named(one.ticket for one in late)
    cause = f"{said}. Deals since then: {tickets}." if late else f"{said}."
    traces = []
    for one in late:
        pairs = (("lots", one.lots), ("profit", one.profit + one.swap + one.commission + one.fee))
        figures = as_said({name: value for name, value in pairs if value})
        traces.append(Trace(one.pk, BreakDeal.Why.UNASKED, {}, figures))
    return Difference(account.pk, BalanceBreak.Kind.CLOSED, shown, Decimal(0), cause, tuple(traces))


# ── The ledger ──


def compare_books(
    act: Act, platform: Platform, logins: Sequence[int], derived: Mapping[Place, Decimal]
) -> int:
    """The ledger's trading accounts against what deals make, `derived`, and credit against what was
    asked for here and what the ledger has of that. One look for all accounts, and another for those
    that seem to differ.
    """
    accounts = queries.real_accounts(platform, logins)
    held = queries.held(list(accounts.values()))
    rows = queries.standing_breaks(platform, logins).filter(kind__in=IN_THE_BOOKS)
    standing = {(one.account_id, one.kind): one.pk for one in rows}
    marked = {account_id for account_id, _ in standing}
    zero, lends = Decimal(0), lent_on(list(accounts.values()))
    doubtful = [
        one for login, one in accounts.items()
        if held[one.pk] != one.money(derived.get((login, BALANCE), zero))
        or derived.get((login, CREDIT)) or one.pk in marked or one.pk in lends
    ]  # fmt: skip
    moving = lending_now(doubtful, act.at)
    found: list[Difference] = []
    agreeing: list[int] = []
    for books in queries.weigh(doubtful, act.at):
        pairs = [(LEDGER, books.held, books.made), (LENT, books.lent, books.asked)]
        if books.account.pk not in moving and books.lent == books.asked:
            pairs.append((KEPT, books.asked, books.lent_here))
        for kind, here, there in pairs:
            if here != there:
                found.append(_in_books(books, kind, here, there))
            elif place := standing.get((books.account.pk, kind)):
                agreeing.append(place)
    return _write(act, platform, found, agreeing, LONG_AGO)


def _in_books(books: queries.Books, kind: str, here: Money, there: Money) -> Difference:
    loose = [one for one in books.loose if kind != KEPT and one.of_credit == (kind == LENT)]
    said = {
        LENT: f"The platform lends {here}, and {there} of it was asked for here",
        KEPT: f"The platform lends {here}, and the ledger has {there} of it. What was written off "
        "with a negative balance is asked of the platform every hour",
    }.get(BalanceBreak.Kind(kind), f"The ledger holds {here}, the platform's deals make {there}")
    told = "; ".join(_told(one) for one in loose[:FEW])
    more = f"; and {len(loose) - FEW} more" if len(loose) > FEW else ""
    cause = f"{said}: {told}{more}." if told else f"{said}."
    traces = tuple(_loose(one) for one in loose)
    return Difference(books.account.pk, kind, here.amount, there.amount, cause, traces)


def _told(one: queries.ByHand) -> str:
    name = f"deal {one.ticket} “{one.comment}”" if one.comment else f"deal {one.ticket}"
    if one.asked or one.gone:
        return f"{name} is {'gone from' if one.gone else 'another on'} the platform"
    return f"{name} bears none of our references"


def _loose(one: queries.ByHand) -> Trace:
    if one.gone:
        return Trace(one.deal_id, BreakDeal.Why.GONE, {"profit": f"{one.loose.amount:f}"}, {})
    why = BreakDeal.Why.CHANGED if one.asked else BreakDeal.Why.UNASKED
    figures = {"profit": f"{one.moved.amount:f}", "comment": one.comment}
    return Trace(one.deal_id, why, {}, {name: value for name, value in figures.items() if value})
