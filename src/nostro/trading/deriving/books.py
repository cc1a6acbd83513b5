"""Closed accounts that are not empty, and the ledger against what deals make."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import batched

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.trading import queries
from nostro.trading.deriving.noting import FEW, named, write
from nostro.trading.models import BalanceBreak, BreakDeal, Deal, Platform, TradingAccount
from nostro.trading.operations.breaks import Difference, Trace
from nostro.trading.ports import PLATFORMS
from nostro.trading.queries.credits import lending_now, lent_on
from nostro.trading.queries.deriving import BALANCE, CREDIT, Place, as_said

MANY = 100
LEDGER, LENT, KEPT = BalanceBreak.Kind.LEDGER, BalanceBreak.Kind.LENT, BalanceBreak.Kind.KEPT
IN_THE_BOOKS = [LEDGER, LENT, KEPT]
LONG_AGO = datetime.min.replace(tzinfo=UTC)


# ── Closed accounts ──


def closed_now(platform: Platform, line: str, *, every: bool) -> dict[int, Decimal]:
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
        standings = PLATFORMS.take(platform.slug, line).standings(some)
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
    return write(act, platform, found, agreeing, LONG_AGO)


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
    return write(act, platform, found, agreeing, LONG_AGO)


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
