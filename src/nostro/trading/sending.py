"""What a platform does once, though its answers get lost.

No platform knows our keys, so what was sent is looked for by its reference before it is sent again.
But a server may hold a request in its queue for longer than we wait for the answer, so what is not
found yet is not sent again before it could not happen any more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from nostro.core.acts import Act, now
from nostro.kit.vendors import Refused, Waiting
from nostro.trading import operations as trading
from nostro.trading.models import Platform
from nostro.trading.ports import PLATFORMS
from nostro.trading.queries.following import tried_at


class SaidNo(Refused):
    """The platform refused what was sent: it did not happen, nor will it."""


@dataclass(frozen=True)
class Done:
    """A ticket or a login; `found` where an earlier try had done it."""

    number: int
    found: bool


def once(
    act: Act, platform: Platform, reference: str, find: Callable[[], int | None],
    send: Callable[[], int],
) -> Done:  # fmt: skip
    """What `find` finds by the reference, or what `send` has then done.

    Raises what the platform raises: `SaidNo` where it refuses what is sent, and `Waiting` while an
    earlier try may still happen.
    """
    wait = timedelta(seconds=PLATFORMS.take(platform.slug).queue_seconds())
    tried = tried_at(platform, reference)
    # Reckoned before it is looked for: what happens in between is found the next time.
    left = (tried + wait - now()).total_seconds() if tried else 0.0
    found = find()
    if found is not None:
        return Done(found, found=True)
    if left > 0:
        raise Waiting(f"{reference} was sent to {platform}, which may still do it.", after=left)
    own = Act.system(cause=act.cause, door=act.door)
    trading.note_sending(own, platform, reference=reference)
    try:
        return Done(send(), found=False)
    except Refused as no:
        raise SaidNo(no.reason, code=no.code) from no
