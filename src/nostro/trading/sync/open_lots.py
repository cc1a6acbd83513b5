"""A platform's own sum of its open positions, held against what is kept of them here.

Trading goes on between two readings, so the sum is asked for before and after the positions, and a
difference is said only where it is the same at two looks; one that is gone is gone at once.
"""

import logging
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from time import monotonic

from nostro.core.acts import Act
from nostro.kit import Lots
from nostro.kit.vendors import Refused, VendorTrouble
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.deriving import logins_of
from nostro.trading.models import Platform
from nostro.trading.ports import PLATFORMS, Position
from nostro.trading.queries import LotsApart

log = logging.getLogger("nostro.trading.sync")

FIRST, EVERY, REST = 15.0, 5.0, 60.0
"""Seconds until the first look, until a doubt is looked at again, and between looks without one."""
AGAIN, SELDOM = 600.0, 3600.0
"""After a sum that did not come, and where the platform makes none."""
NONE = (Lots(0), Lots(0))
SUM = "The platform's own sum of open lots"


@dataclass(frozen=True)
class Sums:
    """Lots bought and sold by symbol, and the symbols of which they moved while the positions were
    read.
    """

    theirs: dict[str, tuple[Lots, Lots]]
    moved: set[str]


class OpenLots:
    """What seemed to differ at the last look, and what of it could not be read; `wait` is in how
    many seconds the next one is due.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.unread: dict[str, str] = {}
        self.wait = FIRST
        self._asked_at = monotonic()
        self._doubts: dict[str, LotsApart] = {}

    def read(self, act: Act) -> tuple[list[Position], Sums | None]:
        """The platform's open positions; and where it is time for them its sums, asked for before
        and after. Nothing waits for a platform that does not answer those.
        """
        before = self._sum(act) if monotonic() >= self._asked_at + self.wait else None
        line = PLATFORMS.take(self.platform.slug)
        positions = [one for page in line.positions() for one in page]
        after = None if before is None else self._sum(act)
        if before is None or after is None:
            return positions, None
        named = before.keys() | after.keys()
        moved = {one for one in named if before.get(one, NONE) != after.get(one, NONE)}
        return positions, Sums(after, moved)

    def _sum(self, act: Act) -> dict[str, tuple[Lots, Lots]] | None:
        self._asked_at, self.unread = monotonic(), {}
        try:
            return PLATFORMS.take(self.platform.slug).exposure()
        except Refused:
            self._note(act, {})
            self._doubts, self.wait = {}, SELDOM
        except VendorTrouble as trouble:
            log.warning("%s does not sum up open lots: %s", self.platform.slug, trouble)
            self.unread = {SUM: str(trouble)}
            self._doubts, self.wait = {}, AGAIN
        return None

    def compare(self, act: Act, sums: Sums | None, positions: Sequence[Position]) -> None:
        """Hold the sums, where there are some, against the positions, once these are kept."""
        if sums is None:
            return
        known = set(logins_of(self.platform))
        others = [one for one in positions if one.login not in known]
        found = queries.lots_apart(self.platform, sums.theirs, others)
        self._weigh(act, {one.symbol: one for one in found}, {one[:32] for one in sums.moved})

    def _weigh(self, act: Act, found: Mapping[str, LotsApart], moved: Set[str]) -> None:
        """What stands is said anew only when another difference is sure. What was traded meanwhile
        cannot be judged, and is left as it is.
        """
        said = {one: self.platform.apart[one] for one in moved & self.platform.apart.keys()}
        doubts = {one: self._doubts[one] for one in moved & self._doubts.keys()}
        for symbol in found.keys() - moved:
            standing, one = self.platform.apart.get(symbol), found[symbol]
            fresh, before = one.said(act.at), self._doubts.get(symbol)
            if standing and standing["difference"] == fresh["difference"]:
                said[symbol] = standing
            elif before and before.difference == one.difference:
                said[symbol] = fresh
            else:
                doubts[symbol] = one
                if standing:
                    said[symbol] = standing
        self._doubts = doubts
        self.wait = EVERY if doubts or moved & found.keys() else REST
        self._note(act, said)

    def _note(self, act: Act, said: dict[str, dict[str, object]]) -> None:
        if said != self.platform.apart:
            trading.note_open_lots(act, self.platform, apart=said)
