"""Each account's balance derived anew, against what its platform shows."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from nostro.core.acts import Act
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.deriving.books import closed_now, compare_books, compare_closed
from nostro.trading.deriving.looking import AHEAD, RECENT, Change, Look
from nostro.trading.deriving.noting import note
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.operations.deals import NothingChanged, NothingToAdopt
from nostro.trading.ports import PLATFORMS, TradingPlatform
from nostro.trading.queries.deriving import BALANCE, CREDIT, Place, in_portions


def logins_of(platform: Platform, **only: bool) -> list[int]:
    rows = TradingAccount.objects.filter(platform=platform, status__in=queries.OPEN, **only)
    return [one.login for one in rows.order_by("login").only("login") if one.login is not None]


def recheck(
    act: Act, platform: Platform, *, since: datetime, logins: Sequence[int] | None = None,
    line: str = "",
) -> int:  # fmt: skip
    """Derive each balance anew, or that of some `logins`: our deals before `since`, the platform's
    own from then on. Virtual money is not looked at: nobody is owed it.

    An account that moves while it is looked at is left for the next time. A closed one is looked at
    where something happened on it, and each of them once an hour. Answers how many breaks were
    opened.
    """
    since = since.replace(microsecond=0)
    opened, derived, closed = 0, dict[Place, Decimal](), dict[int, Decimal]()
    if logins is None:
        if queries.has_orphans(platform):
            with suppress(NothingToAdopt):
                trading.adopt_deals(act, platform)
        closed = closed_now(platform, line, every=act.at - since >= AHEAD)
        logins = [*logins_of(platform, practice=False), *closed]
    else:
        real = queries.real_accounts(platform, logins)
        logins = [one for one in logins if one in real]
    for some in in_portions(platform, logins, since):
        opened += _recheck_some(act, platform, some, since, line, derived)
    opened += compare_books(act, platform, logins, derived)
    return opened + compare_closed(act, platform, closed)


def _recheck_some(
    act: Act, platform: Platform, logins: list[int], since: datetime, line: str,
    all_: dict[Place, Decimal],
) -> int:  # fmt: skip
    connection = PLATFORMS.take(platform.slug, line)
    edge = max(since, connection.server_time().replace(microsecond=0) - RECENT)
    look = Look(act, platform, logins, since)
    if since < edge:
        look.read(connection.deals(since, edge, logins=logins), since, edge)
    # However long the past takes to be read, only the end of it can move.
    before = _standings(connection, logins)
    until = connection.server_time() + AHEAD
    look.read(connection.deals(edge, until, logins=logins), edge, until)
    after = _standings(connection, logins)
    derived = look.ended(queries.deals_sums(platform, logins, since))
    still = {place for place, amount in after.items() if before.get(place) == amount}
    agree = {place for place in still if after[place] == derived[place]}
    _correct(act, platform, [one for one in look.changes if one.kept.place in agree])
    differ = {place: (after[place], derived[place]) for place in sorted(still - agree)}
    all_ |= derived
    return note(act, platform, differ, agree, look, since)


def _standings(connection: TradingPlatform, logins: list[int]) -> dict[Place, Decimal]:
    """Login and kind → what the platform shows."""
    found: dict[Place, Decimal] = {}
    for login, (balance, credit) in connection.standings(logins).items():
        found |= {(login, BALANCE): balance, (login, CREDIT): credit}
    return found


def _correct(act: Act, platform: Platform, changes: Sequence[Change]) -> None:
    """What the platform's own balance agrees with is what happened: our deals follow."""
    if wanted := [(one.kept.id, one.now) for one in changes if not one.late]:
        with suppress(NothingChanged):
            trading.correct_deals(act, platform, changes=wanted)
