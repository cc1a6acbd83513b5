"""The provider itself: its book and its outbox made one, and the session that is logged on now."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from simulators.lp import reports
from simulators.lp.book import Book, Execution
from simulators.lp.flow import Flow
from simulators.lp.framing import Message, Pairs, encode
from simulators.lp.outbox import Outbox, Sent, stamp
from simulators.web.faults import Fault, Faults

LINE_FAULTS = frozenset({
    "drop_after_sending", "drop_before_sending", "half_message", "duplicate", "skip_sequence",
    "wrong_checksum", "wrong_length", "delay", "reset_sequence", "silence",
})  # fmt: skip
SKIPPED, JUMPED = 1, 10
WRONG_LENGTH = 7

type Write = Callable[[bytes], None]


@dataclass(frozen=True)
class Names:
    """Who the provider and its one customer are on the wire."""

    sender: str = "LP"
    target: str = "NOSTRO"
    username: str = ""
    password: str = ""
    account: str = "NOSTRO-HEDGE"


@dataclass
class Connected:
    """How to reach whoever is logged on; `hang_up` ends the connection without a word."""

    write: Write
    hang_up: Callable[[], None]


class Provider:
    """Everything that is sent goes through `tell`, under one lock: numbers leave in order."""

    def __init__(self, home: Path, names: Names, seed: int) -> None:
        self.names = names
        self.book = Book(home, seed)
        self.flow = Flow(self.book, seed)
        self.faults = Faults(LINE_FAULTS, conversation=frozenset())
        self.outbox = Outbox(self.book.store, names.sender, names.target)
        self.lock = threading.RLock()
        self.connected: Connected | None = None

    def report(self, execute: Callable[[], Execution]) -> Execution:
        """Change the book and send the drop copy; kept for later where nobody is logged on."""
        with self.lock:
            with self.book.store.transaction():
                done = execute()
                body = reports.execution_report(done, self.names.account, self.names.sender)
                if self.faults.take("skip_sequence"):
                    self.outbox.next_out += SKIPPED
                sent = self.outbox.take("8", body)
            self._send(sent, faulty=True)
        return done

    def trade(self, seconds: float) -> None:
        """What the flow brings in so many seconds."""
        if self.flow.is_due(seconds):
            self.report(self.flow.execute)

    def tell(self, kind: str, body: Pairs) -> None:
        with self.lock:
            self._send(self.outbox.take(kind, body), faulty=False)

    def tell_again(self, first: int, last: int) -> None:
        """Answer a ResendRequest."""
        with self.lock:
            for pairs in self.outbox.again(first, last):
                self._write(encode(pairs))

    def answer_trades(self, asked: Message) -> None:
        """568, 569 (0 all, 1 what matches 580's dates and 55), one AE for each execution."""
        found = [one for one in self.book.standing() if _matches(one, asked)]
        total = len(found)
        with self.lock:
            self.tell("AQ", reports.trade_ack(asked, total, result="0", status="0"))
            for index, one in enumerate(found, 1):
                body = reports.trade_report(
                    one, asked, self.names.account, self.names.sender, total=total,
                    last=index == total,
                )  # fmt: skip
                self.tell("AE", body)

    def answer_positions(self, asked: Message) -> None:
        name = f"P{self.outbox.next_out}"
        names = self.names
        with self.lock:
            if asked.get(1) != names.account:
                body = reports.positions_refusal(
                    asked, name, names.sender, result="3", why="This account is not yours."
                )
                self.tell("AO", body)
                return
            day = date.fromisoformat(asked.get(715))
            holdings = self.book.holdings(day)
            ack = reports.positions_ack(asked, name, names.account, names.sender, len(holdings))
            self.tell("AO", ack)
            for body in reports.position_reports(
                holdings, asked, name, names.account, names.sender, day
            ):
                self.tell("AP", body)

    def reset(self) -> None:
        """As a provider that lost its store: both numbers at 1, the line closed, nobody told."""
        with self.lock:
            self.outbox.reset()
            self.hang_up()

    def hang_up(self) -> None:
        if self.connected:
            self.connected.hang_up()

    def _write(self, data: bytes) -> None:
        if self.connected:
            self.connected.write(data)

    def _send(self, sent: Sent, *, faulty: bool) -> None:
        pairs = self.outbox.message(sent)
        if not faulty or self.connected is None:
            self._write(encode(pairs))
            return
        if delay := self.faults.take("delay"):
            time.sleep(delay.seconds)
        if self.faults.take("drop_before_sending"):
            self.hang_up()
            return
        if self.faults.take("half_message"):
            whole = encode(pairs)
            self._write(whole[: len(whole) // 2])
            self.hang_up()
            return
        if self.faults.take("wrong_checksum"):
            self._write(encode(pairs, checksum_off=1))
        elif self.faults.take("wrong_length"):
            self._write(encode(pairs, length_off=WRONG_LENGTH))
        else:
            self._write(encode(pairs))
        if duplicate := self.faults.take("duplicate"):
            self._write(encode(self._duplicate(sent, duplicate)))
        if self.faults.take("reset_sequence"):
            self._jump()
        if self.faults.take("drop_after_sending"):
            self.hang_up()

    def _jump(self) -> None:
        """SequenceReset-Reset: the numbers between are given up, whatever they were."""
        following = self.outbox.next_out + JUMPED
        sent = self.outbox.take("4", [(36, str(following))])
        self.outbox.next_out = following
        self._write(encode(self.outbox.message(sent)))

    def _duplicate(self, sent: Sent, how: Fault) -> Pairs:
        """The same message: as a possible duplicate, without saying so, or anew (PossResend)."""
        match how.options.get("as", "possdup"):
            case "bare":
                return self.outbox.message(sent)
            case "resend":
                return self.outbox.message(self.outbox.take("8", [(97, "Y"), *sent.body]))
            case _:
                return self.outbox.repeated(sent)


def _matches(one: Execution, asked: Message) -> bool:
    """A trade whose TransactTime lies in the dates asked for, both included."""
    if asked.get(569) != "1":
        return True
    if asked.get(55) not in ("", one.order.symbol):
        return False
    moments = asked.all(60)
    at = stamp(one.at)
    if len(moments) == 2:
        return moments[0] <= at <= moments[1]
    days = asked.all(75)
    return not days or f"{one.at:%Y%m%d}" in days
