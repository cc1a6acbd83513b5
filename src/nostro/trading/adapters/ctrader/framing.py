"""Containers of the Manager API on the wire: four bytes of length, high byte first, and a
ProtoMessage that says of what type its payload is and which request it answers.
"""

from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from nostro.trading.adapters.ctrader.schema import message

HEADER_BYTES = 4
LARGEST_FRAME = 15_000_000
"""The vendor's own client takes no longer ones (`ctrader-open-api`, MAX_LENGTH)."""


class BadFrame(Exception):
    """Bytes that are not the Manager API's."""


@dataclass(frozen=True, slots=True)
class Container:
    """`number` is the request's, and empty in an event."""

    kind: int
    payload: bytes
    number: str = ""

    def dump(self) -> bytes:
        whole = message("ProtoMessage")(payloadType=self.kind, payload=self.payload)
        if self.number:
            whole.clientMsgId = self.number
        body: bytes = whole.SerializeToString()
        return len(body).to_bytes(HEADER_BYTES) + body


def length_of(header: bytes) -> int:
    """Of the body that follows, in bytes."""
    length = int.from_bytes(header)
    if not 0 < length <= LARGEST_FRAME:
        raise BadFrame(f"A frame of {length} bytes is none of the Manager API.")
    return length


def parse(body: bytes) -> Container:
    whole = read("ProtoMessage", body)
    if not whole.IsInitialized():
        raise BadFrame("The answer does not say what it is.")
    return Container(whole.payloadType, whole.payload, whole.clientMsgId)


def read(name: str, body: bytes) -> Any:
    """A message of a known type. Fields nobody has told us of are skipped."""
    try:
        return message(name).FromString(body)
    except DecodeError as error:
        raise BadFrame(f"The answer is no {name}.") from error
