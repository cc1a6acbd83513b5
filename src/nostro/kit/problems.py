"""Problems: what a person can be told, in a sentence about what they can do.

Everything that is not a `Problem` is a fault of ours and crashes loudly. The code and the status
follow RFC 9457 (problem details for HTTP APIs).
"""

import re
from typing import ClassVar


class Problem(Exception):
    """A refusal with its reason. Nothing has been changed when one is raised."""

    status: ClassVar[int] = 422

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field

    @property
    def code(self) -> str:
        """`NotEnoughMoney` is `not-enough-money` on the wire."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(self).__name__).lower()

    def __str__(self) -> str:
        return self.sentence


class NotFound(Problem):
    """No such thing, or none that the asker may see: the two are one answer on purpose."""

    status = 404


class Forbidden(Problem):
    """The asker's role does not include this operation or query."""

    status = 403
