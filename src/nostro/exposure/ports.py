"""What exposure needs from liquidity providers: a copy of what they filled, and what we hold there.

Moments are UTC, amounts are exact, quantities are in units of the base (not in lots). An adapter
raises only `Retry` (nothing is lost, ask again), `Refused` (a no that stays a no until a person
acts) and `Unknown`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from nostro.core.shelves import Shelf

type Clock = Callable[[], datetime]
"""The house's clock, aware and in UTC: every message says when it was sent."""


class LpSide(StrEnum):
    """Our side of the trade."""

    BUY = "buy"
    SELL = "sell"


class CorrectionKind(StrEnum):
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Fill:
    """One execution at the provider, in full or in part of an order.

    `exec_id` is unique within `session`: keep each pair once, for a provider may report an
    execution again under a new number. `symbol` is the provider's name (EUR/USD), `quantity` and
    `order_quantity` are units of `currency` ("" where the provider does not say it), `price` is in
    the quote currency for one unit. `cumulative` and `remaining` are the order's after this fill.
    `account` is ours at the provider. `order_quantity`, `cumulative` and `remaining` are None
    where only the trade was asked for.
    """

    session: str
    exec_id: str
    order_id: str
    client_order_id: str
    account: str
    symbol: str
    currency: str
    side: LpSide
    quantity: Decimal
    price: Decimal
    at: datetime
    trade_date: date
    value_date: date | None
    order_quantity: Decimal | None
    cumulative: Decimal | None
    remaining: Decimal | None


@dataclass(frozen=True)
class FillCorrection:
    """A fill reported earlier was other than it was said to be, or never was.

    `corrects` is the `exec_id` of that fill, or of its latest correction. CORRECTED: `fill` is
    what takes its place, under an `exec_id` of its own. CANCELLED: `fill` repeats what is taken
    back, `cumulative` and `remaining` are the order's without it.
    """

    kind: CorrectionKind
    corrects: str
    fill: Fill


@dataclass(frozen=True)
class LpPosition:
    """What we hold at the provider in one symbol at the end of a business day, or so far today.

    `long` and `short` are units of the base, neither is negative. `price` is what the provider
    values it at, in the quote currency for one unit; `is_final` says that it is the settlement
    price of that day and no estimate.
    """

    account: str
    symbol: str
    currency: str
    long: Decimal
    short: Decimal
    price: Decimal
    is_final: bool
    business_date: date

    @property
    def net(self) -> Decimal:
        """Units, negative where we are short."""
        return self.long - self.short


@dataclass(frozen=True)
class Marks:
    """How far a session has come: the number we send next and the one that we expect next.

    Both begin at 1. Keep them in the transaction that keeps what came with them: what was not
    kept then comes again.
    """

    next_sent: int = 1
    next_received: int = 1


BEGINNING = Marks()


@dataclass(frozen=True)
class Batch:
    """What came in, in the provider's order, and the marks once it is kept.

    `is_broken`: the provider began its numbers anew or gave some up, so that a fill may have been
    missed: compare with `trades`.
    """

    reports: tuple[Fill | FillCorrection, ...]
    marks: Marks
    is_broken: bool = False


@dataclass(frozen=True)
class Answer[Item]:
    """What was asked for, and what else came in while we waited: keep both."""

    items: tuple[Item, ...]
    batch: Batch


class DropCopy(Protocol):
    """Listens to one liquidity provider. Keeps no state of ours and never touches our database.

    The caller keeps the marks and gives them with every call; where they are not those of the
    standing connection (a transaction was rolled back, a worker started anew) it connects again
    from them. Call `receive` again and again: nothing is answered between calls, and a provider
    ends a connection that stays silent for longer than the agreed interval. One caller at a time.
    """

    def receive(self, marks: Marks, *, clock: Clock, within: float) -> Batch:
        """Reports as soon as there are any; none once `within` seconds have passed.

        After `Retry` or `Unknown` call again with the same marks. `Refused` with the code
        `sequence_too_low` means that the provider has forgotten where it was: once a person has
        agreed with it, go on from `begin_anew`.
        """

    def begin_anew(self, *, clock: Clock) -> Batch:
        """Agree with the provider that both numbers are 1. What was not received before is lost
        to `receive`: compare with `trades`.
        """

    def trades(
        self, marks: Marks, since: datetime, until: datetime, *, clock: Clock
    ) -> Answer[Fill]:
        """The trades that stand between two moments, both included; corrections are in them."""

    def positions(self, marks: Marks, day: date, *, clock: Clock) -> Answer[LpPosition]:
        """Our positions as of the provider's business day; none where it holds none."""

    def close(self, marks: Marks, *, clock: Clock) -> Marks:
        """Say goodbye, and return the marks to keep. The next call connects again."""


DROP_COPIES: Shelf[DropCopy] = Shelf("drop_copies")
