"""Balances derived anew: our deals and the platform's own against the balance that it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import batched

from nostro.core.acts import Act
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.operations.breaks import KnownBreak
from nostro.trading.operations.deals import MOST
from nostro.trading.ports import PLATFORMS, DealKind
from nostro.trading.ports import Deal as Seen

AHEAD = timedelta(days=1)
"""How far past the server's own time we ask: no deal is later, and none is left out."""
MANY = 100


def logins_of(platform: Platform, **only: bool) -> list[int]:
    rows = TradingAccount.objects.filter(platform=platform, status__in=queries.OPEN, **only)
    return [one.login for one in rows.order_by("login").only("login") if one.login is not None]


def keep(
    act: Act, platform: Platform, found: Sequence[Seen], *, read_to: datetime | None = None
) -> list[int]:
    """Record the deals that are not kept yet, in batches; our ids of them."""
    known = queries.kept_tickets(platform, [one.ticket for one in found])
    fresh = sorted((one for one in found if one.ticket not in known), key=lambda one: one.ticket)
    batches = list(batched(fresh, MOST))
    ids: list[int] = []
    for index, some in enumerate(batches):
        last = index == len(batches) - 1
        ids += trading.record_deals(act, platform, deals=some, read_to=read_to if last else None)
    return ids


def recheck(act: Act, platform: Platform, *, since: datetime) -> int:
    """Derive each balance anew: our deals before `since`, the platform's own from then on. Virtual
    money is not looked at: nobody is owed it.

    An account that moves while it is looked at is left for the next time. Answers how many
    breaks were opened.
    """
    since = since.replace(microsecond=0)
    opened = 0
    for some in batched(logins_of(platform, practice=False), MANY):
        opened += _recheck_some(act, platform, list(some), since)
    return opened


def _recheck_some(act: Act, platform: Platform, logins: list[int], since: datetime) -> int:
    connection = PLATFORMS.take(platform.slug)
    before = connection.balances(logins)
    until = connection.server_time() + AHEAD
    pages = connection.deals(since, until, logins=logins)
    theirs = [one for page in pages for one in page if one.at >= since]
    after = connection.balances(logins)
    keep(act, platform, theirs)
    derived = queries.deals_sums(platform, logins, since)
    ours = queries.kept_since(platform, logins, since)
    changes: list[Change] = []
    for one in theirs:
        if one.kind != DealKind.CREDIT:
            moved = one.profit + one.swap + one.commission + one.fee
            derived[one.login] = derived.get(one.login, Decimal(0)) + moved
            kept = ours.pop(one.ticket, None)
            if kept is not None and kept.moved != moved:
                changes.append(Change(one.ticket, kept, moved - kept.moved, one))
    changes += [Change(ticket, kept, -kept.moved, None) for ticket, kept in ours.items()]
    still = {login for login, balance in after.items() if before.get(login) == balance}
    agree = {login for login in still if after[login] == derived.get(login, Decimal(0))}
    meant = [one for one in changes if one.kept.login in agree and one.delta]
    if meant:
        given = [(one.kept.id, one.delta, one.now) for one in meant]
        trading.correct_deals(act, platform, changes=given)
    return sum(
        _open_break(act, platform, login, after[login], derived.get(login, Decimal(0)), changes)
        for login in sorted(still - agree)
    )


@dataclass(frozen=True)
class Change:
    """A deal that the platform has otherwise than we read it, or not any more."""

    ticket: int
    kept: queries.KeptDeal
    delta: Decimal
    now: Seen | None

    @property
    def gone(self) -> bool:
        return self.now is None


def _open_break(
    act: Act, platform: Platform, login: int, shown: Decimal, derived: Decimal,
    changes: Sequence[Change],
) -> int:  # fmt: skip
    account = TradingAccount.objects.get(platform=platform, login=login)
    theirs = [one for one in changes if one.kept.login == login]
    causes = [
        f"{said} deal {', '.join(str(one.ticket) for one in some[:10])}."
        for said, some in (
            ("Gone from the platform, though its balance keeps what they did:",
             sorted((one for one in theirs if one.gone), key=lambda one: one.ticket)),
            ("Changed on the platform, and not its balance:",
             [one for one in theirs if not one.gone]),
        ) if some
    ]  # fmt: skip
    cause = " ".join(causes) or "The platform's deals do not add up to the balance it shows."
    try:
        trading.open_break(act, account, shown=shown, derived=derived, cause=cause)
    except KnownBreak:
        return 0
    return 1
