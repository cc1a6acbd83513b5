"""How a vendor can fail us. An adapter raises exactly one of these, and nothing else."""

from collections.abc import Callable, Iterable


class VendorTrouble(Exception):
    """Something outside the house did not do what we asked."""


class Retry(VendorTrouble):
    """Nothing happened there, and asking again later is safe."""

    def __init__(self, reason: str, *, after: float = 30.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Waiting(Retry):
    """A try of ours is under way, or may still happen: the vendor is not to blame."""


class Refused(VendorTrouble):
    """The vendor said no and will say no again."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Unknown(VendorTrouble):
    """It may or may not have happened: ask before you repeat."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unread:
    """Records of a vendor that could not be read, by their names, until somebody asks for them."""

    MOST = 1000

    def __init__(self, *unreadable: type[Exception]) -> None:
        """`unreadable` is what reading a record raises where the record is to blame."""
        self._unreadable: tuple[type[Exception], ...] = (*unreadable, ArithmeticError, ValueError)
        self._found: dict[str, str] = {}

    def each[Row, Read](
        self, rows: Iterable[Row], reading: Callable[[Row], Read], name: Callable[[Row], str]
    ) -> list[Read]:
        """What was read of the rows, without those that cannot be: they are noted by `name`."""
        given = list(rows)
        try:
            return [reading(row) for row in given]
        except self._unreadable:
            pass  # seldom, so nobody pays for looking at each by itself
        read = []
        for row in given:
            try:
                read.append(reading(row))
            except self._unreadable as error:
                self.note(name(row), error)
        return read

    def note(self, name: str, reason: object) -> None:
        if len(self._found) < self.MOST:
            self._found[name[:100]] = str(reason)[:200]

    def told(self) -> dict[str, str]:
        """Each with why it could not be read. Telling forgets."""
        found, self._found = self._found, {}
        return found
