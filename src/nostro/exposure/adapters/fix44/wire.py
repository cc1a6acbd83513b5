"""FIX 4.4 on the wire: fields in order, a length before and a checksum after them.

Strict in what is written. In what is read, bytes that are no whole and right message are garbled
and passed over, as the session layer says: the gap they leave is asked for again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

SOH = "\x01"
START = b"8=FIX.4.4\x019="
LARGEST_BODY = 1 << 20
CHECKSUM_BYTES = 7
_LENGTH = re.compile(rb"(\d{1,7})\x01")
_CHECKSUM = re.compile(rb"10=(\d{3})\x01")
_LONGEST_LENGTH = 8
_MOMENT = re.compile(r"(\d{8}-\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?")
DATA: Mapping[int, int] = {
    90: 91, 93: 89, 95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357, 358: 359,
    360: 361, 362: 363, 364: 365, 445: 446, 618: 619, 621: 622,
}  # fmt: skip
"""Fields that say how many bytes the next one has; that one may hold anything, a separator too."""

type Fields = Iterable[tuple[int, str]]


class BadMessage(Exception):
    """A message whose fields do not say what they should."""

    def __init__(self, reason: str, *, tag: int = 0) -> None:
        super().__init__(reason)
        self.tag = tag


@dataclass(frozen=True)
class Message:
    """A message as it was sent: the type and every field after it, in order."""

    type: str
    fields: tuple[tuple[int, str], ...] = field(repr=False)

    def text(self, tag: int, default: str | None = None) -> str:
        """The first value of a field. Raises `BadMessage` where it is missing without default."""
        for known, value in self.fields:
            if known == tag and value:
                return value
        if default is None:
            raise BadMessage(f"{self.type} has no field {tag}.", tag=tag)
        return default

    def whole(self, tag: int) -> int:
        """A whole number, not negative."""
        text = self.text(tag)
        if not (text.isascii() and text.isdecimal()):
            raise BadMessage(f"{text!r} is no whole number.", tag=tag)
        return int(text)

    def decimal(self, tag: int, default: Decimal | None = None) -> Decimal:
        """Exact digits; neither exponents nor NaN are FIX's."""
        text = self.text(tag, None if default is None else "")
        if not text and default is not None:
            return default
        try:
            found = Decimal(text)
        except InvalidOperation as error:
            raise BadMessage(f"{text!r} is no number.", tag=tag) from error
        if not found.is_finite() or "e" in text.lower():
            raise BadMessage(f"{text!r} is no number.", tag=tag)
        return found

    def moment(self, tag: int) -> datetime:
        """UTCTimestamp, in seconds or finer; what is finer than microseconds is cut off."""
        text = self.text(tag)
        match = _MOMENT.fullmatch(text)
        if match is None:
            raise BadMessage(f"{text!r} is no moment.", tag=tag)
        try:
            # 60 is a leap second, which no datetime knows.
            leap = match[1].endswith(":60")
            base = match[1][:-2] + "59" if leap else match[1]
            at = datetime.strptime(base, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        except ValueError as error:
            raise BadMessage(f"{text!r} is no moment.", tag=tag) from error
        fraction = int((match[2] or "").ljust(6, "0")[:6])
        return at + timedelta(seconds=int(leap), microseconds=fraction)

    def day(self, tag: int) -> date | None:
        """LocalMktDate; None where it is missing."""
        text = self.text(tag, "")
        if not text:
            return None
        try:
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
        except ValueError as error:
            raise BadMessage(f"{text!r} is no date.", tag=tag) from error

    def group(self, count: int, first: int) -> list["Message"]:
        """The entries of a repeating group: each begins with the field `first`.

        The last entry runs on to the end of the message, so ask it for its own fields only.
        """
        at = next((i for i, (tag, _) in enumerate(self.fields) if tag == count), len(self.fields))
        entries: list[list[tuple[int, str]]] = []
        for tag, value in self.fields[at + 1 :]:
            if tag == first:
                entries.append([])
            if entries:
                entries[-1].append((tag, value))
        wanted = self.whole(count) if at < len(self.fields) else 0
        if len(entries) < wanted:
            raise BadMessage(f"Group {count} has fewer than {wanted} entries.", tag=count)
        return [Message(self.type, tuple(entry)) for entry in entries[:wanted]]


def moment_text(at: datetime) -> str:
    """UTCTimestamp in milliseconds."""
    at = at.astimezone(UTC)
    return f"{at:%Y%m%d-%H:%M:%S}.{at.microsecond // 1000:03d}"


def dump(fields: Fields) -> bytes:
    """The bytes of a message. `fields` begin with the type and leave out 8, 9 and 10."""
    parts = []
    for tag, value in fields:
        if not value or SOH in value:
            raise ValueError(f"Field {tag} cannot say {value!r}.")
        parts.append(f"{tag}={value}{SOH}")
    body = "".join(parts).encode("latin-1")
    head = START + b"%d\x01" % len(body)
    return head + body + b"10=%03d\x01" % ((sum(head) + sum(body)) % 256)


def parse(body: bytes) -> Message:
    """The fields between 9 and 10. Raises `BadMessage`."""
    fields: list[tuple[int, str]] = []
    at, counted = 0, (0, 0)
    while at < len(body):
        equals = body.find(b"=", at)
        name = body[at : max(equals, at)]
        if not name.isdigit() or name[:1] == b"0" or len(name) > 9:
            raise BadMessage("A field has no number.")
        tag, start = int(name), equals + 1
        end = start + counted[1] if tag == counted[0] else body.find(b"\x01", start)
        if end < start or body[end : end + 1] != b"\x01":
            raise BadMessage(f"Field {tag} does not end.", tag=tag)
        value = body[start:end].decode("latin-1")
        counted = (0, 0)
        if tag in DATA and value.isascii() and value.isdecimal():
            counted = (DATA[tag], int(value))
        fields.append((tag, value))
        at = end + 1
    if not fields or fields[0][0] != 35:
        raise BadMessage("The third field is not the type.", tag=35)
    return Message(fields[0][1], tuple(fields[1:]))


class Framer:
    """Cuts a stream into messages. `garbled` counts what was passed over."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.garbled = 0

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def messages(self) -> Iterator[Message]:
        """Those that are there whole."""
        while (message := self.next()) is not None:
            yield message

    def next(self) -> Message | None:
        """The first message that is there whole; None where more bytes are needed."""
        while True:
            start = self._buffer.find(START)
            if start < 0:
                del self._buffer[: max(0, len(self._buffer) - len(START) + 1)]
                return None
            del self._buffer[:start]
            length = _LENGTH.match(self._buffer, len(START))
            if length is None and len(self._buffer) < len(START) + _LONGEST_LENGTH:
                if self._may_be_a_length():
                    return None
            elif length is not None and int(length[1]) <= LARGEST_BODY:
                end = length.end() + int(length[1])
                if len(self._buffer) < end + CHECKSUM_BYTES:
                    return None
                if (message := self._read(length.end(), end)) is not None:
                    return message
                continue
            self._pass_over()

    def _may_be_a_length(self) -> bool:
        return all(byte in b"0123456789" for byte in self._buffer[len(START) :])

    def _read(self, start: int, end: int) -> Message | None:
        """What lies between, where checksum and fields are right."""
        checksum = _CHECKSUM.match(self._buffer, end)
        if checksum is None or int(checksum[1]) != sum(self._buffer[:end]) % 256:
            self._pass_over()
            return None
        body = bytes(self._buffer[start:end])
        del self._buffer[: checksum.end()]
        try:
            return parse(body)
        except BadMessage:
            self.garbled += 1
            return None

    def _pass_over(self) -> None:
        """The next message is looked for inside this one: its length cannot be trusted."""
        self.garbled += 1
        del self._buffer[:1]
