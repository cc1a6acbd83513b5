"""Reading a picture takes seconds, and most tests send in the same specimens."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from nostro.compliance import reading


@pytest.fixture(scope="session", autouse=True)
def the_same_picture_is_read_once() -> Iterator[None]:
    """The recogniser itself answers, once for each picture of a run."""
    engine = reading._engine
    read: dict[tuple[object, ...], Any] = {}

    def recognise(pixels: reading.Pixels, **how: Any) -> Any:
        key = (pixels.shape, hashlib.sha256(pixels.tobytes()).digest(), *sorted(how.items()))
        if key not in read:
            read[key] = engine()(pixels, **how)
        return read[key]

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(reading, "_engine", lambda: recognise)
        yield
