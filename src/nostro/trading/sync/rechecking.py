"""Balances derived anew beside the live look, by a thread and a line of their own: however many
accounts differ, and however long their histories are, what is new is read meanwhile.

Each look sees what happened of late. Where that does not explain a difference, the account's whole
history is read at once, the oldest difference first. With a little of the time that is left every
account is read so, one after the other: a deal of long ago that was changed without its money makes
no difference that anything else would show.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread
from time import monotonic

from nostro.core.acts import Act
from nostro.core.jobs import released
from nostro.kit.problems import Problem
from nostro.kit.vendors import VendorTrouble
from nostro.trading import queries
from nostro.trading.deriving import logins_of, recheck
from nostro.trading.models import Platform
from nostro.trading.ports import PLATFORMS
from nostro.trading.queries.deriving import MOST_LOGINS, in_portions, unexplained

log = logging.getLogger("nostro.trading.sync")

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
LINE = "recheck"
BEAT = 5.0
RECHECKS = ((40.0, timedelta(hours=1)), (3600.0, timedelta(days=3)))
"""Every so many seconds, the balances are derived anew with the deals of so long."""
BUDGET = 20.0
"""Seconds of one turn for whole histories; then what is due is looked at first."""
AGAIN, SELDOM = 60.0, 6 * 3600.0
"""A difference that a whole history did not explain is looked at again, ever later."""
ROUND_EVERY, ROUND_SHARE = 20.0, 0.02
"""How often some accounts are read whole without a reason, and the share of time it may take."""
DERIVING = "The balances derived anew"


class Rechecks:
    """What one platform's rechecks remember; `unread` says what of them fails again and again."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.unread: dict[str, str] = {}
        self.due: dict[str, float] = {}
        self._tries: dict[int, tuple[int, float]] = {}
        self._round: deque[int] = deque()
        self._stop = Event()
        self._thread: Thread | None = None
        self._error: Exception | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._run, name="recheck", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises what nobody foresaw, if it ended the thread."""
        if self._error:
            raise self._error

    def stop(self) -> None:
        """Returns once the look that runs has ended."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=20)

    def _run(self) -> None:
        failures = 0
        try:
            while not self._stop.wait(BEAT * 2 ** min(failures, 4)):
                try:
                    self.turn()
                    failures = 0
                    self.unread = {}
                except VendorTrouble as trouble:
                    failures += 1
                    log.warning("%s, balances: %s", self.platform.slug, trouble)
                    if failures > 1:
                        self.unread = {DERIVING: str(trouble)}
        except Exception as error:
            self._error = error
        finally:
            with suppress(Problem):  # whose settings are gone has no line to close
                PLATFORMS.take(self.platform.slug, LINE).close()
            released()

    def turn(self) -> None:
        """Whatever is due. Raises what the adapter raises; what failed stays due."""
        if not queries.whole_history(self.platform):
            return  # no balance can be derived from half a history
        for seconds, back in RECHECKS:
            self._every(f"recheck {seconds}", seconds, 0.5, partial(self._look, back))
        self._explain()
        self._every("round", ROUND_EVERY, ROUND_SHARE, self._go_round)

    def _every(self, what: str, seconds: float, share: float, work: Callable[[], None]) -> None:
        """Do something every so many seconds, and never for more than a share of the time."""
        begun = monotonic()
        if begun < self.due.setdefault(what, begun + seconds):
            return
        work()
        ended = monotonic()
        self.due[what] = max(begun + seconds, ended + (ended - begun) * (1 / share - 1))

    def _look(self, back: timedelta) -> None:
        server_now = PLATFORMS.take(self.platform.slug, LINE).server_time()
        recheck(Act.system(door="sync"), self.platform, since=server_now - back, line=LINE)

    def _explain(self) -> None:
        """Whole histories for differences of which nobody knows the deal."""
        unknown = unexplained(self.platform)
        self._tries = {pk: tried for pk, tried in self._tries.items() if pk in unknown}
        begun = monotonic()
        waiting = {
            pk: login for pk, login in unknown.items()
            if self._tries.get(pk, (0, 0.0))[1] <= begun
        }  # fmt: skip
        for some in self._portions(list(dict.fromkeys(waiting.values()))):
            since = monotonic()
            self._whole(some)
            for pk, login in waiting.items():
                if login in some:
                    tries, _ = self._tries.get(pk, (0, 0.0))
                    wait = min(AGAIN * 4**tries, SELDOM)
                    self._tries[pk] = tries + 1, monotonic() + wait
            if monotonic() - begun > BUDGET or self._stop.wait((monotonic() - since) / 2):
                break

    def _go_round(self) -> None:
        if not self._round:
            self._round.extend(logins_of(self.platform, practice=False))
        next_ = [self._round[place] for place in range(min(MOST_LOGINS, len(self._round)))]
        for some in self._portions(next_):
            self._whole(some)
            for _ in some:
                self._round.popleft()
            break

    def _portions(self, logins: list[int]) -> Iterator[list[int]]:
        return in_portions(self.platform, logins, EARLIEST)

    def _whole(self, logins: list[int]) -> None:
        act = Act.system(door="sync")
        recheck(act, self.platform, since=EARLIEST, logins=logins, line=LINE)
