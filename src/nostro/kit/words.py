"""Words that people write: kept whole, or refused with how much may be said. Never cut."""

from nostro.kit.problems import Problem

REASON = 200
"""Letters of a reason or a note that is kept beside what was done."""


class TooLong(Problem):
    """More was written than is kept. Nothing was cut, and nothing was done."""


def whole(text: str, field: str = "reason", *, most: int = REASON) -> str:
    """The text as it was written, without the space around it; `field` is the input it came in.

    Raises `TooLong` beyond `most` letters.
    """
    said = text.strip()
    if len(said) > most:
        raise TooLong(
            f"This has {len(said):,} letters; {most:,} are kept. Say it shorter.", field=field
        )
    return said
