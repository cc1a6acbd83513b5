"""Group, leverage and rights read back: a dealer changes them by hand, and nobody here would know.

Some accounts at a time, so that a platform with very many is asked for few at once. What seems to
differ is looked at once more before anything is said, and not while a change of ours is on its way.
"""

from collections import deque
from contextlib import suppress

from nostro.core.acts import Act
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import Platform
from nostro.trading.operations.breaks import KnownBreak
from nostro.trading.operations.terms import TermsApart
from nostro.trading.ports import PLATFORMS
from nostro.trading.queries.terms import Apart, Place

PORTION = 500
"""Accounts that one look reads."""
EVERY, REST = 5.0, 60.0
"""Seconds between two looks of one round, and between two rounds."""


class Terms:
    """What is still to be looked at in this round, and what seemed to differ the last time."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._left: deque[int] = deque()
        self._doubts: dict[Place, tuple[int, Apart]] = {}

    def look(self, act: Act) -> float:
        """One look at some accounts; in how many seconds the next one is due."""
        again = sorted({login for login, _ in self._doubts.values()})[:PORTION]
        if not self._left:
            self._left.extend(queries.watched(self.platform))
        next_ = [self._left.popleft() for _ in range(min(PORTION - len(again), len(self._left)))]
        logins = [*again, *(one for one in next_ if one not in set(again))]
        if logins:
            self._compare(act, logins)
        return EVERY if self._left or self._doubts else REST

    def _compare(self, act: Act, logins: list[int]) -> None:
        ours = queries.with_terms(self.platform, logins)
        theirs = PLATFORMS.take(self.platform.slug).accounts(logins)
        seen = {ours[one.login].pk for one in theirs if one.login in ours}
        differ: dict[Place, tuple[int, Apart]] = {}
        for one in theirs:
            if account := ours.get(one.login):
                apart = queries.terms_apart(account, one)
                differ |= {(account.pk, kind): (one.login, said) for kind, said in apart.items()}
        standing = {(one.account_id, one.kind): one for one in queries.terms_breaks(seen)}
        known = {
            place for place, one in standing.items()
            if place in differ and (one.here, one.there) == differ[place][1]
        }  # fmt: skip
        doubtful = {place: said for place, said in differ.items() if place not in known}
        moves = queries.on_its_way(doubtful, act.at) if doubtful else set()
        sure = [
            place for place, said in doubtful.items()
            if self._doubts.get(place) == said and place not in moves
        ]  # fmt: skip
        self._doubts = {place: said for place, said in doubtful.items() if place not in sure}
        agreeing = [one.pk for place, one in standing.items() if place not in differ]
        found = [TermsApart(*place, *differ[place][1]) for place in sorted(sure)]
        if found or agreeing:
            with suppress(KnownBreak):
                trading.note_terms(act, self.platform, found=found, agreeing=agreeing)
