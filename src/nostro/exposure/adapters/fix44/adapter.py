"""A liquidity provider as a `DropCopy`: one connection, which knows only what its caller gave it.

Whatever goes wrong, the connection is dropped and the caller's marks stay where they were: the
provider then sends again what was not kept.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from time import monotonic

from nostro.exposure.adapters.fix44 import records
from nostro.exposure.adapters.fix44.session import Expecting, Session
from nostro.exposure.adapters.fix44.settings import Fix44Settings
from nostro.exposure.adapters.fix44.wire import BadMessage, Framer, Message, moment_text
from nostro.exposure.ports import (
    BEGINNING,
    Answer,
    Batch,
    Clock,
    Fill,
    FillCorrection,
    LpPosition,
    Marks,
)
from nostro.kit import Refused, Retry

CHUNK = 65536
SHORTEST_WAIT = 0.001
IMPATIENCE = 1.2
"""After so many heartbeat intervals of silence the provider is asked for a sign of life; after as
many more the line is dropped."""
FAREWELL_SECONDS = 2.0
AFTER_A_DROP = 5.0
REJECTED = "2"
SNAPSHOT, MATCHED_TRADES, POSITIONS = "0", "1", "0"
NONE_FOUND = "2"
HOUSE_ACCOUNT = "3"

type Report = Fill | FillCorrection


class Line:
    """A socket with a session on it."""

    def __init__(self, settings: Fix44Settings, session: Session) -> None:
        self.session = session
        self._framer = Framer()
        address = (settings.host, settings.port)
        self._socket = socket.create_connection(address, settings.connect_timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.encryption:
            context = ssl.create_default_context()
            self._socket = context.wrap_socket(self._socket, server_hostname=settings.host)
        self._sent_at = self._heard_at = monotonic()
        self._tested_at: float | None = None

    def close(self) -> None:
        self._socket.close()

    def ready(self) -> Message | None:
        """The next message for the room among those that have arrived."""
        try:
            while (message := self._framer.next()) is not None:
                if (found := self.session.take(message)) is not None:
                    return found
            return None
        finally:
            self._flush()

    def wait(self, deadline: float) -> Message | None:
        """The next message for the room, or None once the deadline has passed."""
        while (found := self.ready()) is None:
            if not self._listen(deadline):
                return None
        return found

    def wait_for_logon(self, deadline: float) -> None:
        """No message of the room is taken, so none is lost."""
        while not self.session.is_logged_on:
            try:
                if (message := self._framer.next()) is not None:
                    self.session.take(message)
                    continue
            finally:
                self._flush()
            if not self._listen(deadline):
                raise Retry("The provider does not answer our logon.")

    def _listen(self, deadline: float) -> bool:
        """More bytes, or a look at the time; False once the deadline has passed."""
        left = max(deadline - monotonic(), SHORTEST_WAIT)
        self._socket.settimeout(min(left, self.session.heartbeat / 4 or left))
        try:
            data = self._socket.recv(CHUNK)
        except TimeoutError:
            self._look_at_the_time()
            return monotonic() < deadline
        if not data:
            raise ConnectionError("The provider closed the connection.")
        self._heard_at, self._tested_at = monotonic(), None
        self._framer.feed(data)
        self._look_at_the_time()
        return True

    def _look_at_the_time(self) -> None:
        heartbeat, now = self.session.heartbeat, monotonic()
        if not (heartbeat and self.session.is_logged_on):
            return
        patience = IMPATIENCE * heartbeat
        if self._tested_at is not None and now - self._tested_at > patience:
            raise Retry("The provider shows no sign of life.", after=AFTER_A_DROP)
        if self._tested_at is None and now - self._heard_at > patience:
            self._tested_at = now
            self.session.send("1", [(112, f"T{self.session.next_sent}")])
        elif now - self._sent_at >= heartbeat:
            self.session.send("0")
        self._flush()

    def _flush(self) -> None:
        if self.session.outgoing:
            data = bytes(self.session.outgoing)
            self.session.outgoing.clear()
            self._socket.settimeout(self.session.settings.connect_timeout)
            self._socket.sendall(data)
            self._sent_at = monotonic()


class Fix44:
    """Speaks to one provider with one pair of CompIDs."""

    def __init__(self, settings: Fix44Settings) -> None:
        self.settings = settings
        self.name = f"{settings.sender}>{settings.target}"
        self._line: Line | None = None
        self._used = 1
        """The number after the highest that we have sent: too low is fatal, too high is not."""
        self._is_broken = False

    def receive(self, marks: Marks, *, clock: Clock, within: float) -> Batch:
        reports: list[Report] = []
        with self._connected(marks, clock) as line:
            message = line.wait(monotonic() + within)
            while message is not None:
                self._read(line, message, reports)
                # With a report in hand nothing more is waited for.
                message = line.ready() if reports else line.wait(monotonic())
            return self._batch(line, reports)

    def begin_anew(self, *, clock: Clock) -> Batch:
        self._drop()
        self._log_on(BEGINNING, clock, reset=True)
        with self._connected(None, clock) as line:
            return self._batch(line, [])

    def trades(
        self, marks: Marks, since: datetime, until: datetime, *, clock: Clock
    ) -> Answer[Fill]:
        with self._connected(marks, clock) as line:
            name = _request_name(clock, line)
            moments = (moment_text(since), moment_text(until))
            number = line.session.send("AD", [
                (568, name), (569, MATCHED_TRADES), (263, SNAPSHOT),
                *records.dates(since, until, moments),
            ])  # fmt: skip
            trades: list[Fill] = []

            def is_complete(message: Message) -> bool:
                if message.type == "AQ" and message.text(568) == name:
                    if message.text(750) == REJECTED:
                        raise Refused("The provider gives no trades.", code=message.text(749))
                    return message.whole(748) == 0
                if message.type == "AE" and message.text(568, "") == name:
                    trades.append(records.captured(message, self.name, self.settings.account))
                    is_last = message.text(912, "N") == "Y"
                    return is_last or str(len(trades)) == message.text(748, "")
                return False

            reports = self._until(line, number, is_complete)
            return Answer(tuple(trades), self._batch(line, reports))

    def positions(self, marks: Marks, day: date, *, clock: Clock) -> Answer[LpPosition]:
        with self._connected(marks, clock) as line:
            name = _request_name(clock, line)
            number = line.session.send("AN", [
                (710, name), (724, POSITIONS), (263, SNAPSHOT), (453, "1"),
                (448, self.settings.sender), (447, "D"), (452, "3"), (1, self.settings.account),
                (581, HOUSE_ACCOUNT), (715, f"{day:%Y%m%d}"), (60, moment_text(clock())),
            ])  # fmt: skip
            positions: list[LpPosition] = []

            def is_complete(message: Message) -> bool:
                if message.type not in ("AO", "AP") or message.text(710, "") != name:
                    return False
                if message.type == "AP":
                    positions.append(records.position(message, day))
                elif message.text(728) == NONE_FOUND:
                    return True
                elif message.text(729) == REJECTED:
                    why = message.text(58, "The provider gives no positions.")
                    raise Refused(why, code=message.text(728))
                return str(len(positions)) == message.text(727, "")

            reports = self._until(line, number, is_complete)
            return Answer(tuple(positions), self._batch(line, reports))

    def close(self, marks: Marks, *, clock: Clock) -> Marks:
        """The provider's own farewell stays uncounted: it is filled over at the next logon."""
        line = self._line
        if line is None:
            return marks
        with suppress(OSError, Retry, Refused, BadMessage):
            line.session.send("5")
            deadline = monotonic() + FAREWELL_SECONDS
            while line.wait(deadline) is not None:
                pass
        next_sent = line.session.next_sent
        self._drop()
        return Marks(max(marks.next_sent, next_sent), marks.next_received)

    def _read(self, line: Line, message: Message, reports: list[Report]) -> None:
        """What an ExecutionReport says; what cannot be read is rejected and leaves a mark."""
        if message.type != "8":
            return
        try:
            found = records.report(message, self.name, self.settings.account)
        except BadMessage as error:
            line.session.refuse(message, error)
            return
        if found is not None:
            reports.append(found)

    def _until(
        self, line: Line, number: int, is_complete: Callable[[Message], bool]
    ) -> list[Report]:
        """Read until a question is answered, and keep the reports that come in between."""
        reports: list[Report] = []
        deadline = monotonic() + self.settings.answer_timeout
        while (message := line.wait(deadline)) is not None:
            if message.type in ("3", "j") and message.text(45) == str(number):
                why = message.text(58, f"reason {message.text(373, message.text(380, '?'))}")
                raise Refused(f"The provider rejected our question: {why}", code="rejected")
            self._read(line, message, reports)
            if is_complete(message):
                return reports
        raise Retry("The provider does not answer.", after=AFTER_A_DROP)

    def _batch(self, line: Line, reports: list[Report]) -> Batch:
        is_broken = self._is_broken or line.session.is_broken
        self._is_broken = line.session.is_broken = False
        return Batch(tuple(reports), line.session.marks, is_broken)

    @contextmanager
    def _connected(self, marks: Marks | None, clock: Clock) -> Iterator[Line]:
        """The standing line where it stands at these marks (None: wherever), else a new one."""
        if self._line and marks is not None and self._line.session.marks != marks:
            self._drop()
        if self._line is None:
            self._log_on(marks or BEGINNING, clock, reset=self.settings.reset_on_logon)
        assert self._line is not None
        self._line.session.clock = clock
        try:
            yield self._line
        except BadMessage as error:
            self._drop()
            raise Refused(
                f"The provider's answer cannot be read: {error}", code="unreadable"
            ) from error
        except OSError as error:
            self._drop()
            raise Retry(f"The connection ended: {error}", after=AFTER_A_DROP) from error
        except BaseException:
            self._drop()
            raise

    def _log_on(self, marks: Marks, clock: Clock, *, reset: bool) -> None:
        if reset:
            self._used = 1
        for attempt in (1, 2):
            start = Marks(max(marks.next_sent, self._used), marks.next_received)
            session = Session(self.settings, start, clock, reset=reset)
            try:
                self._line = Line(self.settings, session)
                session.log_on()
                self._line.wait_for_logon(monotonic() + self.settings.answer_timeout)
                return
            except Expecting as error:
                self._drop()
                if attempt == 2 or error.number <= start.next_sent:
                    raise Refused(
                        "The provider does not accept our numbers.", code="sequence_refused"
                    ) from error
                self._used = error.number
            except (OSError, BadMessage) as error:
                self._drop()
                raise Retry(
                    f"The provider cannot be reached, or ends our logon without a word: {error}"
                ) from error
            except BaseException:
                self._drop()
                raise

    def _drop(self) -> None:
        if self._line:
            self._used = max(self._used, self._line.session.next_sent)
            self._is_broken |= self._line.session.is_broken
            self._line.close()
            self._line = None


def _request_name(clock: Clock, line: Line) -> str:
    """Unique for ever: the moment, and the number of the message."""
    return f"{clock():%Y%m%d%H%M%S%f}-{line.session.next_sent}"
