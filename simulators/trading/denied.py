"""Why the floor says no, in words that belong to no platform: each has codes of its own."""

from enum import StrEnum


class Why(StrEnum):
    BAD_REQUEST = "bad request"
    NOT_FOUND = "not found"
    NO_MONEY = "no money"
    TOO_MUCH = "too much money"
    BAD_VOLUME = "bad volume"
    NOT_OPEN = "position is not open"


class Denied(Exception):
    """Something that is refused and changes nothing."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why
