"""The initiator's side of a FIX session: a machine that eats messages and says what to send.

It opens no socket and keeps nothing: bytes to be sent lie in `outgoing`, the marks are read off it.
What we send is administrative or a question that would be stale, so a request to send again is
answered by a gap fill, and a number higher than the provider expects does no harm.
"""

import re
from collections.abc import Iterable

from nostro.exposure.adapters.fix44.settings import Fix44Settings
from nostro.exposure.adapters.fix44.wire import BadMessage, Message, dump, moment_text
from nostro.exposure.ports import Clock, Marks
from nostro.kit import Refused, Retry

HEARTBEAT, TEST_REQUEST, RESEND_REQUEST, REJECT, SEQUENCE_RESET, LOGOUT, LOGON = "012345A"
PASSED_ON = frozenset({"8", "AE", "AQ", "AO", "AP", REJECT, "j"})
REQUIRED_TAG_MISSING, VALUE_WRONG, COMP_ID_WRONG, UNKNOWN_TYPE = "1", "5", "9", "11"
TIMES_ASKED = 3
_EXPECTING = re.compile(r"(?i)expect\w*\D{0,12}(\d{1,9})")


class Expecting(Exception):
    """The provider counts further than we do, and says where it is."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


class Session:
    """From the logon to the logout. `is_broken` says that numbers were given up or begun anew."""

    def __init__(
        self, settings: Fix44Settings, marks: Marks, clock: Clock, *, reset: bool = False
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.next_sent, self.next_received = marks.next_sent, marks.next_received
        self.outgoing = bytearray()
        self.heartbeat = settings.heartbeat
        self.is_logged_on = False
        self.is_broken = False
        self._reset = reset
        self._asked = (0, 0)
        self._is_leaving = False

    @property
    def marks(self) -> Marks:
        return Marks(self.next_sent, self.next_received)

    def send(self, kind: str, fields: Iterable[tuple[int, str]] = ()) -> int:
        """Queue a message and return its number."""
        number = self.next_sent
        self.next_sent += 1
        self._is_leaving |= kind == LOGOUT
        self.outgoing += dump([*self._header(kind, number), *fields])
        return number

    def log_on(self) -> None:
        settings = self.settings
        fields = [(98, "0"), (108, str(settings.heartbeat))]
        if self._reset:
            self.next_sent = self.next_received = 1
            self.is_broken = True
            fields.append((141, "Y"))
        if settings.username:
            fields.append((553, settings.username))
        if password := settings.password.get_secret_value():
            fields.append((554, password))
        self.send(LOGON, fields)

    def take(self, message: Message) -> Message | None:
        """A message that came in its turn and is not the session's own; all else is dealt with."""
        try:
            number = message.whole(34)
        except BadMessage as error:
            self.send(LOGOUT, [(58, "MsgSeqNum is missing")])
            raise Retry("The provider sent a message without a number.") from error
        self._check_names(message, number)
        if not self.is_logged_on:
            self._take_first(message, number)
            return None
        if message.type == SEQUENCE_RESET and message.text(123, "N") != "Y":
            self._follow_reset(message)
            return None
        if number < self.next_received:
            self._take_low(message, number)
            return None
        if number > self.next_received:
            self._take_high(message, number)
            return None
        self.next_received += 1
        return self._take_next(message, number)

    def refuse(self, message: Message, error: BadMessage) -> None:
        """Tell the provider that a message in its turn cannot be read, and go on without it."""
        self.is_broken = True
        fields = [(45, message.text(34)), (372, message.type), (373, REQUIRED_TAG_MISSING)]
        self.send(REJECT, [*fields, *([(371, str(error.tag))] if error.tag else [])])

    def _header(self, kind: str, number: int) -> list[tuple[int, str]]:
        return [
            (35, kind), (49, self.settings.sender), (56, self.settings.target),
            (34, str(number)), (52, moment_text(self.clock())),
        ]  # fmt: skip

    def _check_names(self, message: Message, number: int) -> None:
        names = (message.text(49, ""), message.text(56, ""))
        if names == (self.settings.target, self.settings.sender):
            return
        self.send(REJECT, [(45, str(number)), (372, message.type), (373, COMP_ID_WRONG)])
        self.send(LOGOUT, [(58, "SenderCompID or TargetCompID is wrong")])
        raise Refused(f"Someone else answers: {names[0]} to {names[1]}.", code="comp_id")

    def _take_first(self, message: Message, number: int) -> None:
        if message.type == LOGOUT:
            why = message.text(58, "no reason given")
            if found := _EXPECTING.search(why):
                raise Expecting(int(found[1]))
            raise Refused(f"The provider does not let us in: {why}", code="logon")
        if message.type != LOGON:
            raise Retry("The provider answered our logon with something else.")
        if message.text(141, "N") == "Y" and not self._reset:
            self._refuse_reset("sequence_reset", "The provider wants to begin its numbers anew.")
        if number < self.next_received:
            self._refuse_reset(
                "sequence_too_low",
                f"The provider is at number {number}, we expect {self.next_received}.",
            )
        self.is_logged_on = True
        if interval := message.text(108, ""):
            self.heartbeat = int(interval) if interval.isdecimal() else self.heartbeat
        if number == self.next_received:
            self.next_received += 1
        else:
            self._ask_again(number, repeated=False)

    def _refuse_reset(self, code: str, why: str) -> None:
        self.send(LOGOUT, [(58, "MsgSeqNum too low or reset without agreement")])
        raise Refused(f"{why} Agree with it on a new beginning.", code=code)

    def _follow_reset(self, message: Message) -> None:
        """Reset mode: its own number does not count. Numbers may only be given up."""
        following = message.whole(36)
        if following < self.next_received:
            self._reject_value(message)
            return
        self.is_broken |= following > self.next_received
        self.next_received = following

    def _reject_value(self, message: Message) -> None:
        self.send(REJECT, [
            (45, message.text(34)), (371, "36"), (372, message.type), (373, VALUE_WRONG),
        ])  # fmt: skip

    def _take_low(self, message: Message, number: int) -> None:
        if message.text(43, "N") != "Y":
            self.send(LOGOUT, [
                (58, f"MsgSeqNum too low, expecting {self.next_received} but received {number}"),
            ])  # fmt: skip
            raise Refused(
                f"The provider sent number {number} again, as something new.",
                code="sequence_too_low",
            )

    def _take_high(self, message: Message, number: int) -> None:
        """Something is missing. What came too early is sent again with it."""
        if message.type == LOGOUT:
            self._take_farewell(message)
        if message.type == RESEND_REQUEST:  # else both sides would wait for one another
            self._fill_gap(message)
        self._ask_again(number, repeated=message.text(43, "N") == "Y")

    def _ask_again(self, number: int, *, repeated: bool) -> None:
        """Once a gap; again where the repetition has come to pass over it."""
        gap, times = self._asked
        if gap != self.next_received:
            times = 0
        elif not repeated:
            return
        if times >= TIMES_ASKED:
            raise Retry(f"The provider does not send number {self.next_received} as it should.")
        self._asked = (self.next_received, times + 1)
        self.send(RESEND_REQUEST, [(7, str(self.next_received)), (16, "0")])

    def _take_next(self, message: Message, number: int) -> Message | None:
        match message.type:
            case kind if kind in PASSED_ON:
                return message
            case "0":
                pass
            case "1":
                self.send(HEARTBEAT, [(112, message.text(112, "0"))])
            case "2":
                self._fill_gap(message)
            case "4":
                following = message.whole(36)
                if following <= number:
                    self._reject_value(message)
                else:
                    self.next_received = following
            case "5":
                self._take_farewell(message)
            case "A":
                raise Retry("The provider logged on a second time.")
            case _:
                self.send("j", [(45, str(number)), (372, message.type), (380, "3")])
        return None

    def _fill_gap(self, message: Message) -> None:
        """Nothing of ours is worth repeating."""
        first, last = message.whole(7), message.whole(16)
        following = min(last + 1, self.next_sent) if last else self.next_sent
        if 0 < first < following:
            header = self._header(SEQUENCE_RESET, first)
            sent_at = header[-1][1]
            self.outgoing += dump([
                *header, (43, "Y"), (122, sent_at), (123, "Y"), (36, str(following)),
            ])  # fmt: skip

    def _take_farewell(self, message: Message) -> None:
        if not self._is_leaving:
            self.send(LOGOUT)
        why = message.text(58, "")
        raise Retry(f"The provider logged us out. {why}".strip())
