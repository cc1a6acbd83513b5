"""What can have happened to a platform, and what was read from it."""

from dataclasses import dataclass
from datetime import datetime

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class PlatformAdded(Event, says="{actor} connected the platform {subject}", icon="server"):
    slug: str


@dataclass(frozen=True)
class SymbolsRead(Event, says="Symbols read from {subject}: {count}", icon="list"):
    count: int


@dataclass(frozen=True)
class GroupAdded(Event, says="{actor} added the group {path}", icon="list"):
    path: str


@dataclass(frozen=True)
class GroupChanged(
    Event, says="{actor} corrected the group {subject}: {now}, it was {was}", icon="pencil"
):
    group_id: int
    now: str
    was: str


@dataclass(frozen=True)
class PlatformLeft(
    Event, says="{actor} stopped following {subject}: {reason}", icon="player-pause", tone="warn"
):
    platform_id: int
    reason: str


@dataclass(frozen=True)
class PlatformFollowed(
    Event, says="{actor} follows {subject} again: {reason}", icon="player-play", tone="ok"
):
    platform_id: int
    reason: str


@dataclass(frozen=True)
class InstrumentAdded(Event, says="{actor} added the instrument {subject}", icon="list"):
    code: str


@dataclass(frozen=True)
class SymbolMapped(
    Event, says="{actor} said that {subject} is {code}; older deals that became so: {older}",
    icon="list",
):  # fmt: skip
    """`was` is what it had been. Older deals of that one keep it; those of none become `code`."""

    code: str
    older: int = 0
    was: str = ""


@dataclass(frozen=True)
class BookSet(Event, says="{actor} moved {subject} to book {book}, it was {was}", icon="scale"):
    group_id: int
    book: str
    was: str


@dataclass(frozen=True)
class PlatformTroubled(
    Event, says="{subject} does not answer: {trouble}", icon="alert-triangle", tone="bad"
):
    platform_id: int
    trouble: str


@dataclass(frozen=True)
class PlatformAnswered(Event, says="{subject} answers again", icon="check", tone="ok"):
    platform_id: int


@dataclass(frozen=True)
class SendingTried(Event, says="{subject} is sent to the platform", icon="send", group="readings"):
    """Written before it is sent. `times` is how often that was by then."""

    platform_id: int
    reference: str
    times: int


@dataclass(frozen=True)
class RecordsSetAside(
    Event, says="Records of {subject} that cannot be read: {count}", icon="file-alert", tone="warn"
):
    """`count` is how many there are now; which and why stands beside the platform."""

    platform_id: int
    count: int


@dataclass(frozen=True)
class OpenLotsCompared(
    Event, says="Symbols of {subject} whose open lots are others here: {count}", icon="scale",
    tone="warn",
):  # fmt: skip
    """Written where it changed. `count` is how many there are now; which stands beside the
    platform.
    """

    platform_id: int
    count: int


@dataclass(frozen=True)
class MarketRead(
    Event, says="Read from {subject}: {positions} open, {ticks} quoted",
    icon="refresh", group="readings",
):  # fmt: skip
    """What a platform shows now: written only where it differs from what was there."""

    positions: int
    ticks: int
    accounts: int


@dataclass(frozen=True)
class DealsRecorded(Event, says="Deals read from {subject}: {count}", icon="chart-candle"):
    """One event a batch. `deal_ids` are ours, in the order of tickets."""

    platform_id: int
    count: int
    deal_ids: list[int]


@dataclass(frozen=True)
class DealsAdopted(
    Event, says="Deals of {subject} were found to be of accounts of ours: {count}", icon="user-plus"
):
    """Read before their account was known here. One event a batch, `deal_ids` are ours."""

    platform_id: int
    count: int
    deal_ids: list[int]


@dataclass(frozen=True)
class DealsCorrected(
    Event, says="{subject} changed deals that had been read: {count}", icon="pencil", tone="warn"
):
    """One event a batch. `deal_ids` are ours; what changed stands beside each deal."""

    platform_id: int
    count: int
    deal_ids: list[int]


@dataclass(frozen=True)
class DealTaken(
    Event, says="{actor} took deal {ticket} of {subject} into the ledger: {money}", icon="book-2"
):
    """Booked on the platform without us, and posted here by hand."""

    deal_id: int
    ticket: int
    money: Money
    against: str
    reason: str


@dataclass(frozen=True)
class BalanceBreakFound(
    Event, says="The balance of {subject} is not what its deals make it", icon="alert-triangle",
    tone="bad",
):  # fmt: skip
    account_id: int
    break_id: int


@dataclass(frozen=True)
class BreakTraced(Event, says="The deals behind {subject} were found: {count}", icon="search"):
    break_id: int
    count: int


@dataclass(frozen=True)
class BreakHealed(Event, says="{subject} stands no more", icon="check", tone="ok"):
    """The figures agree again, or another difference stands in its place."""

    break_id: int


@dataclass(frozen=True)
class BreakExplained(Event, says="{actor} explained a break: {note}", icon="check", tone="ok"):
    break_id: int
    note: str


@dataclass(frozen=True)
class BackfillBegun(Event, says="The past of {subject} is read in the background", icon="history"):
    platform_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class BackfillStopped(
    Event, says="{actor} stopped reading the past of {subject}: {reason}", icon="player-pause",
    tone="warn",
):  # fmt: skip
    platform_id: int
    reason: str


@dataclass(frozen=True)
class BackfillResumed(
    Event, says="{actor} let the past of {subject} be read on", icon="player-play", tone="ok"
):
    platform_id: int


@dataclass(frozen=True)
class BackfillDone(
    Event, says="The past of {subject} is read: {deals} deals", icon="checks", tone="ok"
):
    platform_id: int
    deals: int


@dataclass(frozen=True)
class DaysCompared(
    Event, says="Ends of days of {subject} held against our deals: {count}", icon="calendar"
):
    """`breaks` is how many differences were found that did not stand already."""

    platform_id: int
    count: int
    breaks: int
