"""One connection of the acceptor: the FIX session layer, and the requests it passes on."""

import secrets
import select
import socket
import time
from contextlib import suppress
from datetime import UTC, date, datetime

from simulators.lp.framing import Message, Pairs, Reader, encode
from simulators.lp.outbox import stamp
from simulators.lp.provider import Connected, Provider

LOOK_SECONDS = 0.1
LOGON_SECONDS = 10.0
SEND_SECONDS = 10.0
CHUNK = 65536
IMPATIENCE = 1.2
"""After so many heartbeat intervals of silence it asks; after as many more it ends the session."""
REQUIRED_TAG_MISSING, VALUE_WRONG, FORMAT_WRONG, COMP_ID_WRONG = "1", "5", "6", "9"
NEEDS = {"2": (7, 16), "4": (36,), "AD": (568, 569), "AN": (1, 60, 710, 715, 724)}


class HangUp(Exception):
    """The connection ends."""


class Session:
    def __init__(self, provider: Provider, line: socket.socket) -> None:
        self.provider = provider
        self.outbox = provider.outbox
        self._line = line
        self._reader = Reader()
        self._connected = Connected(self._write, self._hang_up)
        self._heartbeat = 0.0
        self._logged_on = False
        self._asked_up_to = 0
        self._tested_at: float | None = None
        self._heard_at = self._sent_at = time.monotonic()

    def converse(self) -> None:
        """Until either side has had enough."""
        self._line.settimeout(SEND_SECONDS)
        try:
            while True:
                ready, _, _ = select.select([self._line], [], [], LOOK_SECONDS)
                if ready:
                    self._take(self._line.recv(CHUNK))
                self._look_at_the_time()
        except (HangUp, OSError, ValueError):
            pass  # select answers ValueError for a socket that was closed meanwhile
        finally:
            with self.provider.lock:
                if self.provider.connected is self._connected:
                    self.provider.connected = None
            self._line.close()

    def _take(self, data: bytes) -> None:
        if not data:
            raise HangUp
        for message in self._reader.feed(data):
            self._heard_at, self._tested_at = time.monotonic(), None
            if self._logged_on:
                self._hear(message)
            else:
                self._log_on(message)

    def _write(self, data: bytes) -> None:
        self._sent_at = time.monotonic()
        try:
            self._line.sendall(data)
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        with suppress(OSError):  # it may be down already
            self._line.shutdown(socket.SHUT_RDWR)

    def _look_at_the_time(self) -> None:
        if fault := self.provider.faults.take("silence"):
            time.sleep(fault.seconds)
        now = time.monotonic()
        if not self._logged_on:
            if now - self._heard_at > LOGON_SECONDS:
                raise HangUp
            return
        if not self._heartbeat:
            return
        patience = IMPATIENCE * self._heartbeat
        if self._tested_at is not None and now - self._tested_at > patience:
            raise HangUp
        if self._tested_at is None and now - self._heard_at > patience:
            self._tested_at = now
            self.provider.tell("1", [(112, f"T{self.outbox.next_out}")])
        elif now - self._sent_at >= self._heartbeat:
            self.provider.tell("0", [])

    def _log_on(self, message: Message) -> None:
        """A stranger moves no numbers: what refuses them is not kept."""
        names = self.provider.names
        if message.type != "A":
            raise HangUp
        if (message.get(49), message.get(56)) != (names.target, names.sender):
            self._turn_away("SenderCompID or TargetCompID is unknown.")
        given = message.get(554).encode("latin-1")
        known = secrets.compare_digest(given, names.password.encode())
        if not known or message.get(553) != names.username:
            self._turn_away("Username or password is wrong.")
        number, heartbeat = message.number(34), message.number(108)
        if message.get(98) != "0" or number is None or heartbeat is None:
            self._turn_away("A logon needs MsgSeqNum, EncryptMethod 0 and HeartBtInt.")
        assert number is not None and heartbeat is not None
        with self.provider.lock:
            reset = message.get(141) == "Y"
            if reset:
                self.outbox.reset()
            if number < self.outbox.next_in:
                self._turn_away(_too_low(self.outbox.next_in, number))
            self.provider.hang_up()  # of two connections the newer one is alive
            self.provider.connected = self._connected
            self._logged_on, self._heartbeat = True, float(heartbeat)
            if number == self.outbox.next_in:
                self.outbox.next_in = number + 1
            body: Pairs = [(98, "0"), (108, str(heartbeat))]
            self.provider.tell("A", [*body, *([(141, "Y")] if reset else [])])
            if number > self.outbox.next_in:
                self._ask_again(number)

    def _turn_away(self, why: str) -> None:
        header: Pairs = [
            (35, "5"), (49, self.outbox.sender), (56, self.outbox.target),
            (34, str(self.outbox.next_out)), (52, stamp(datetime.now(UTC))),
        ]  # fmt: skip
        self._write(encode([*header, (58, why)]))
        raise HangUp

    def _hear(self, message: Message) -> None:
        number = message.number(34)
        if number is None:
            self._say_goodbye("MsgSeqNum is missing.")
            return
        names = self.provider.names
        if (message.get(49), message.get(56)) != (names.target, names.sender):
            self._reject(message, COMP_ID_WRONG, 49)
            self._say_goodbye("SenderCompID or TargetCompID is wrong.")
        if message.type == "4" and message.get(123) != "Y":
            self._follow(message)
            return
        expected = self.outbox.next_in
        if number < expected:
            if not message.is_repeat:
                self._say_goodbye(_too_low(expected, number))
            return
        if number > expected:
            if message.type == "2":  # both sides may miss something: theirs is answered first
                self._answer(message)
            if message.type == "5":
                self._answer(message)
            self._ask_again(number)
            return
        self.outbox.next_in = number + 1
        self._answer(message)

    def _ask_again(self, number: int) -> None:
        """Once for each gap: what is on its way need not be asked for twice."""
        if self._asked_up_to < self.outbox.next_in:
            self._asked_up_to = number
            self.provider.tell("2", [(7, str(self.outbox.next_in)), (16, "0")])

    def _follow(self, message: Message) -> None:
        """SequenceReset: the next number may only grow."""
        following = message.number(36)
        if following is None or following < self.outbox.next_in:
            self._reject(message, VALUE_WRONG, 36)
        else:
            self.outbox.next_in = following

    def _answer(self, message: Message) -> None:
        if not message.get(52):
            self._reject(message, REQUIRED_TAG_MISSING, 52)
            return
        for tag in NEEDS.get(message.type, ()):
            if not message.get(tag):
                self._reject(message, REQUIRED_TAG_MISSING, tag)
                return
        match message.type:
            case "0" | "3" | "j":
                pass
            case "1":
                self.provider.tell("0", [(112, message.get(112))])
            case "2":
                self._send_again(message)
            case "4":
                self._follow(message)
            case "5":
                self.provider.tell("5", [])
                raise HangUp
            case "AD":
                self.provider.answer_trades(message)
            case "AN":
                self._answer_positions(message)
            case _:
                self.provider.tell("j", [
                    (45, message.get(34)), (372, message.type), (380, "3"),
                    (58, "This kind of message is not spoken here."),
                ])  # fmt: skip

    def _answer_positions(self, message: Message) -> None:
        try:
            date.fromisoformat(message.get(715))
        except ValueError:
            self._reject(message, FORMAT_WRONG, 715)
        else:
            self.provider.answer_positions(message)

    def _send_again(self, message: Message) -> None:
        first, last = message.number(7), message.number(16)
        if first is None or last is None or first == 0:
            self._reject(message, FORMAT_WRONG, 7)
        else:
            self.provider.tell_again(first, last)

    def _reject(self, message: Message, reason: str, tag: int) -> None:
        self.provider.tell("3", [
            (45, message.get(34)), (371, str(tag)), (372, message.type), (373, reason),
        ])  # fmt: skip

    def _say_goodbye(self, why: str) -> None:
        self.provider.tell("5", [(58, why)])
        raise HangUp


def _too_low(expected: int, number: int) -> str:
    return f"MsgSeqNum too low, expecting {expected} but received {number}"
