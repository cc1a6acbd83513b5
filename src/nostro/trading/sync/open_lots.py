"""A platform's own sum of its open positions, held against what is kept of them here.

Trading goes on between the two readings, so a difference is said only where it is the same at two
looks; one that is gone is gone at once.
"""

import logging
from collections.abc import Sequence

from nostro.core.acts import Act
from nostro.kit.vendors import Refused, VendorTrouble
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.deriving import logins_of
from nostro.trading.models import Platform
from nostro.trading.ports import PLATFORMS, Position
from nostro.trading.queries import LotsApart

log = logging.getLogger("nostro.trading.sync")

EVERY, REST = 5.0, 60.0
"""Seconds until a doubt is looked at again, and between looks without one."""
AGAIN, SELDOM = 600.0, 3600.0
"""After a sum that did not come, and where the platform makes none."""
SUM = "The platform's own sum of open lots"


class OpenLots:
    """What seemed to differ at the last look, and what of it could not be read."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.unread: dict[str, str] = {}
        self._doubts: dict[str, LotsApart] = {}

    def look(self, act: Act, positions: Sequence[Position]) -> float:
        """One look, with the positions that were just kept; in how many seconds the next is due.
        Nothing else waits for a platform that does not answer this.
        """
        self.unread = {}
        try:
            theirs = PLATFORMS.take(self.platform.slug).exposure()
        except VendorTrouble as trouble:
            self._doubts = {}
            if isinstance(trouble, Refused):
                self._note(act, {})
                return SELDOM
            log.warning("%s does not sum up open lots: %s", self.platform.slug, trouble)
            self.unread = {SUM: str(trouble)}
            return AGAIN
        known = set(logins_of(self.platform))
        others = [one for one in positions if one.login not in known]
        self._weigh(act, queries.lots_apart(self.platform, theirs, others))
        return EVERY if self._doubts else REST

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
