"""The server's clock: it runs with the wall, or stands still where a test has put it."""

from time import time


class Clock:
    """`skew` is by how many milliseconds a running clock is wrong."""

    def __init__(self, frozen_at: int | None = None, skew: int = 0) -> None:
        self._frozen_at = frozen_at
        self.skew = skew

    @property
    def is_frozen(self) -> bool:
        return self._frozen_at is not None

    def now(self) -> int:
        return int(time() * 1000) + self.skew if self._frozen_at is None else self._frozen_at

    def freeze(self, at: int) -> None:
        self._frozen_at = at

    def release(self) -> None:
        self._frozen_at = None
