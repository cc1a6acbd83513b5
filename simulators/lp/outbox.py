"""What the provider has sent and what comes next, kept on disk: numbers survive a restart, and any
message can be sent again.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from simulators.lp.framing import Pairs
from simulators.web.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS sent (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL
);
"""
ADMINISTRATIVE = frozenset(["0", "1", "2", "3", "4", "5", "A"])


def stamp(at: datetime) -> str:
    """UTCTimestamp with milliseconds."""
    return f"{at:%Y%m%d-%H:%M:%S}.{at.microsecond // 1000:03d}"


@dataclass(frozen=True)
class Sent:
    """A message as it was first sent; `body` is what follows the header."""

    number: int
    type: str
    at: str
    body: Pairs

    @property
    def is_administrative(self) -> bool:
        return self.type in ADMINISTRATIVE


class Outbox:
    """Both sequence numbers of one session. `sender` is the provider."""

    def __init__(self, store: Store, sender: str, target: str) -> None:
        self._store = store
        self.sender = sender
        self.target = target

    @property
    def next_out(self) -> int:
        return int(self._store.setting("next_out") or 1)

    @next_out.setter
    def next_out(self, number: int) -> None:
        self._store.set("next_out", str(number))

    @property
    def next_in(self) -> int:
        return int(self._store.setting("next_in") or 1)

    @next_in.setter
    def next_in(self, number: int) -> None:
        self._store.set("next_in", str(number))

    def reset(self) -> None:
        """Both sides begin at 1 again; what was sent before can no longer be asked for."""
        with self._store.transaction():
            self._store.write("DELETE FROM sent")
            self.next_out = self.next_in = 1

    def take(self, kind: str, body: Pairs) -> Sent:
        """Give a message its number and keep it, before anything is sent."""
        with self._store.transaction():
            number = self.next_out
            sent = Sent(number, kind, stamp(datetime.now(UTC)), body)
            self._store.write(
                "INSERT INTO sent VALUES (?, ?, ?, ?)", number, kind, sent.at, json.dumps(body)
            )
            self.next_out = number + 1
        return sent

    def kept(self, first: int, last: int) -> list[Sent]:
        rows = self._store.rows(
            "SELECT * FROM sent WHERE number BETWEEN ? AND ? ORDER BY number", first, last
        )
        return [
            Sent(
                row["number"], row["type"], row["at"], [(t, v) for t, v in json.loads(row["body"])]
            )
            for row in rows
        ]

    def message(self, sent: Sent) -> Pairs:
        """As it is sent the first time."""
        return self._header(sent.type, sent.number, sent.at) + sent.body

    def repeated(self, sent: Sent) -> Pairs:
        """As it is sent again: PossDupFlag, a new SendingTime, and the first one beside it."""
        now = stamp(datetime.now(UTC))
        header = self._header(sent.type, sent.number, now)
        return [*header, (43, "Y"), (122, sent.at), *sent.body]

    def filling(self, first: int, following: int) -> Pairs:
        """SequenceReset-GapFill over [first, following)."""
        now = stamp(datetime.now(UTC))
        header = self._header("4", first, now)
        return [*header, (43, "Y"), (122, now), (123, "Y"), (36, str(following))]

    def _header(self, kind: str, number: int, at: str) -> Pairs:
        return [(35, kind), (49, self.sender), (56, self.target), (34, str(number)), (52, at)]

    def again(self, first: int, last: int) -> list[Pairs]:
        """What answers a ResendRequest: reports again, one gap fill over each stretch between."""
        last = min(last or self.next_out - 1, self.next_out - 1)
        answer: list[Pairs] = []
        gap = first
        for sent in self.kept(first, last):
            if sent.is_administrative:
                continue
            if gap < sent.number:
                answer.append(self.filling(gap, sent.number))
            answer.append(self.repeated(sent))
            gap = sent.number + 1
        if gap <= last:
            answer.append(self.filling(gap, last + 1))
        return answer
