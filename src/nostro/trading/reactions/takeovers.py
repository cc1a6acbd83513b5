"""How accounts are taken over: portion by portion, each a job that begins where the last one ended.

What is on the platform is read again right before an account becomes somebody's.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from nostro.core.acts import Act
from nostro.core.jobs import on
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden
from nostro.kit.vendors import Refused
from nostro.kit.words import REASON
from nostro.people.operations.agreed import BegunAgain
from nostro.trading import operations as trading
from nostro.trading.deriving import AHEAD, keep
from nostro.trading.events import (
    LoginsCompared,
    LoginsListed,
    LoginsTakenOver,
    TakeoverCompleted,
    TakeoverRead,
    TakeoverStarted,
)
from nostro.trading.models import Platform, Takeover, TakeoverRow
from nostro.trading.ports import PLATFORMS
from nostro.trading.queries.takeovers import Standing, next_takeover_rows

log = logging.getLogger("nostro.trading")
COMPARED, TAKEN = 500, 200
"""Rows of a portion."""
BACK = timedelta(hours=1)
Status, Row = Takeover.Status, TakeoverRow.Status


def _takeover(act: Act) -> Takeover:
    record = Record.objects.filter(pk=act.cause or 0).values("subject_id")
    return Takeover.objects.select_related("platform", "stored").get(pk__in=record)


@contextmanager
def _unless_begun_again(takeover: Takeover) -> Iterator[None]:
    """Who came in between began a chain of jobs of their own: this one ends."""
    try:
        yield
    except BegunAgain as no:
        log.info("A portion of %s is left alone: %s", takeover, no.sentence)


def _own(act: Act) -> Act:
    """Without a key: a portion that was written is not chosen again."""
    return Act.system(cause=act.cause, door=act.door)


@on(TakeoverRead)
def list_logins(act: Act, event: TakeoverRead, key: str) -> None:
    """Ask the platform which logins there are."""
    takeover = _takeover(act)
    if takeover.status != Status.COMPARING or next_takeover_rows(takeover, Row.CHOSEN, 1):
        return
    try:
        found = PLATFORMS.take(takeover.platform.slug).logins()
    except Refused as no:
        _give_up(act, takeover, no.reason)
        return
    with _unless_begun_again(takeover):
        trading.list_logins(_own(act), takeover, found=found)


@on(LoginsListed, LoginsCompared)
def compare_logins(act: Act, event: LoginsListed | LoginsCompared, key: str) -> None:
    """Hold the next logins against our clients."""
    takeover = _takeover(act)
    rows = next_takeover_rows(takeover, Row.CHOSEN, COMPARED)
    if takeover.status != Status.COMPARING or not rows:
        return
    ids = [one.pk for one in rows]
    try:
        seen = standings(act, takeover.platform, rows)
        with _unless_begun_again(takeover):
            trading.compare_logins(_own(act), takeover, rows=ids, seen=seen)
    except (Refused, Forbidden) as no:
        _give_up(act, takeover, _why(no))


@on(TakeoverStarted, LoginsTakenOver)
def take_over_logins(act: Act, event: TakeoverStarted | LoginsTakenOver, key: str) -> None:
    """Give the next accounts to their clients, as the platform shows them now."""
    takeover = _takeover(act)
    rows = next_takeover_rows(takeover, Row.PLANNED, TAKEN)
    if takeover.status != Status.RUNNING or not rows:
        return
    ids = [one.pk for one in rows]
    try:
        seen = standings(act, takeover.platform, rows)
        with _unless_begun_again(takeover):
            trading.take_over_logins(_own(act), takeover, rows=ids, seen=seen)
    except (Refused, Forbidden) as no:
        with _unless_begun_again(takeover):
            trading.interrupt_takeover(_own(act), takeover, reason=_why(no))


@on(TakeoverCompleted)
def read_open_trades(act: Act, event: TakeoverCompleted, key: str) -> None:
    """The open trades and orders of accounts that are known only now."""
    platform = _takeover(act).platform
    line = PLATFORMS.take(platform.slug)
    positions = [one for page in line.positions() for one in page]
    orders = [one for page in line.orders() for one in page]
    trading.record_positions(_own(act), platform, positions=positions, orders=orders)


def _why(no: Refused | Forbidden) -> str:
    return no.reason if isinstance(no, Refused) else no.sentence


def _give_up(act: Act, takeover: Takeover, reason: str) -> None:
    try:
        trading.drop_takeover(_own(act), takeover, reason=reason[:REASON])
    except WrongState as no:
        log.info("%s is not given up: %s", takeover, no.sentence)


def standings(
    act: Act, platform: Platform, rows: Sequence[TakeoverRow]
) -> dict[int, Standing]:  # fmt: skip
    """How logins stand on their platform, by login, and the newest of their deals kept here."""
    line = PLATFORMS.take(platform.slug)
    logins = sorted({one.login for one in rows if one.login is not None})
    if not logins:
        return {}
    before = line.standings(logins)
    there = sorted(before)
    if not there:
        return {}
    now = line.server_time()
    pages = line.deals(now - BACK, now + AHEAD, logins=there)
    keep(_own(act), platform, [one for page in pages for one in page])
    held = Counter(one.login for page in line.positions(there) for one in page)
    return {
        one.login: Standing(
            one, held[one.login], steady=before.get(one.login) == (one.balance, one.credit)
        )
        for one in line.accounts(there)
    }
