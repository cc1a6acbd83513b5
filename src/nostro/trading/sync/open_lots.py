"""A platform's own sum of its open positions, held against what is kept of them here.

Trading goes on between the two readings, so a difference is said only where it is the same at two
looks; one that is gone is gone at once.
"""

import logging
from collections.abc import Sequence
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
SUM = "The platform's own sum of open lots"


class OpenLots:
    """What seemed to differ at the last look, and what of it could not be read; `wait` is in how
    many seconds the next one is due.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.unread: dict[str, str] = {}
        self.wait = FIRST
        self._since = monotonic()
        self._doubts: dict[str, LotsApart] = {}

    def ask(self, act: Act) -> dict[str, tuple[Lots, Lots]] | None:
        """The platform's sum, where it is time to ask for it: right before its positions are read,
        so that little is traded in between. Nothing waits for a platform that does not answer.
        """
        if monotonic() < self._since + self.wait:
            return None
        self._since, self.unread = monotonic(), {}
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

    def compare(
        self, act: Act, theirs: dict[str, tuple[Lots, Lots]] | None, positions: Sequence[Position]
    ) -> None:
        """Hold the sum, where there is one, against the positions that were just kept."""
        if theirs is None:
            return
        known = set(logins_of(self.platform))
        others = [one for one in positions if one.login not in known]
        self._weigh(act, queries.lots_apart(self.platform, theirs, others))
        self.wait = EVERY if self._doubts else REST

    def _weigh(self, act: Act, found: Sequence[LotsApart]) -> None:
        """What stands is said anew only when another difference is sure."""
        said, doubts = {}, {}
        for one in found:
            standing = self.platform.apart.get(one.symbol)
            fresh, before = one.said(act.at), self._doubts.get(one.symbol)
            if standing and standing["difference"] == fresh["difference"]:
                said[one.symbol] = standing
            elif before and before.difference == one.difference:
                said[one.symbol] = fresh
            else:
                doubts[one.symbol] = one
                if standing:
                    said[one.symbol] = standing
        self._doubts = doubts
        self._note(act, said)

    def _note(self, act: Act, said: dict[str, dict[str, object]]) -> None:
        if said != self.platform.apart:
            trading.note_open_lots(act, self.platform, apart=said)
