"""What one look at the deals of some accounts sees of them, and keeps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import batched
from operator import attrgetter

from nostro.core.acts import Act
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import BreakDeal, Platform
from nostro.trading.operations.breaks import Trace
from nostro.trading.operations.deals import MOST
from nostro.trading.ports import Deal as Seen
from nostro.trading.ports import DealKind
from nostro.trading.queries.deriving import (
    BALANCE,
    CREDIT,
    FIGURES,
    SEEN,
    KeptDeal,
    Place,
    apart,
    as_said,
    kept_of,
    tickets_since,
)
from nostro.trading.queries.following import read_to

AHEAD = timedelta(days=1)
"""How far past the server's own time we ask: no deal is later, and none is left out."""
RECENT, LATE = timedelta(hours=1), timedelta(minutes=2)
"""What can still move, and how late a deal may come and be new all the same."""


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


def _moved(one: Seen) -> Decimal:
    return one.profit + one.swap + one.commission + one.fee


@dataclass(frozen=True)
class Change:
    """A deal that the platform has otherwise than we last knew it, or not any more; or that came
    `late`, into a past that was read before.
    """

    kept: KeptDeal
    now: Seen | None
    late: bool = False

    @property
    def moved(self) -> Decimal:
        """What it does to what the platform's deals add up to."""
        if self.late:
            return self.kept.moved
        return (_moved(self.now) if self.now else Decimal(0)) - self.kept.moved

    @property
    def trace(self) -> Trace:
        """What is another by it, for whoever looks at the break."""
        kept = dict(zip(FIGURES, self.kept.figures, strict=True))
        told = as_said({name: value for name, value in kept.items() if value})
        if self.late:
            return Trace(self.kept.id, BreakDeal.Why.LATE, {}, told)
        if self.now is None:
            return Trace(self.kept.id, BreakDeal.Why.GONE, told, {})
        other = apart(self.kept.figures, SEEN(self.now))
        was = {} if self.kept.gone else {name: kept[name] for name in other}
        return Trace(self.kept.id, BreakDeal.Why.CHANGED, as_said(was), as_said(other))


class Look:
    """One look at the deals of some accounts, page by page: a long history is never held."""

    def __init__(
        self, act: Act, platform: Platform, logins: Sequence[int], since: datetime
    ) -> None:
        self.act, self.platform = act, platform
        self.changes: list[Change] = []
        self._sums: dict[Place, Decimal] = defaultdict(Decimal)
        # Asked before the platform is: what another one keeps meanwhile is not missing there.
        self._missing = tickets_since(platform, logins, since)
        self._read_to = read_to(platform)
        self._fresh: list[Seen] = []
        self._late: list[int] = []

    def read(self, pages: Iterable[Sequence[Seen]], since: datetime, until: datetime) -> None:
        """Deals from `since` to before `until`: what they make, and what is another than it was."""
        for page in pages:
            found = [one for one in page if since <= one.at < until]
            kept = kept_of(self.platform, [one.ticket for one in found])
            for one in found:
                kind = CREDIT if one.kind == DealKind.CREDIT else BALANCE
                self._sums[one.login, kind] += _moved(one)
                self._missing.discard(one.ticket)
                if (known := kept.get(one.ticket)) is None:
                    self._fresh.append(one)
                elif known.differs(one):
                    self.changes.append(Change(known, one))
            if len(self._fresh) >= MOST:
                self._keep()

    def _keep(self) -> None:
        keep(self.act, self.platform, self._fresh)
        if self._read_to:
            late = self._read_to - LATE
            self._late += [one.ticket for one in self._fresh if one.at < late]
        self._fresh = []

    def ended(self, earlier: Mapping[Place, Decimal]) -> dict[Place, Decimal]:
        """What the deals make in all, with what they made `earlier`. What was not seen is gone."""
        self._keep()
        gone = kept_of(self.platform, sorted(self._missing)).values()
        late = kept_of(self.platform, self._late).values()
        self.changes += [Change(one, None) for one in gone if not one.gone]
        self.changes += [Change(one, None, late=True) for one in late]
        for place, amount in earlier.items():
            self._sums[place] += amount
        return self._sums
