"""From a sign-in to an actor. `people` and `partners` say who somebody is; `core` only asks."""

from collections.abc import Callable

from django.http import HttpRequest

from nostro.core.access import Actor
from nostro.core.acts import Act
from nostro.core.models import User
from nostro.kit.problems import Forbidden

ACTORS: dict[str, Callable[[User], Actor | None]] = {}
"""Kind of user → who it is, with all it has been granted; `None` where access has ended."""


def actor_of(user: User) -> Actor:
    """Who signed in. Raises `Forbidden` for whoever has no person behind the sign-in."""
    known = ACTORS.get(user.kind)
    actor = known(user) if known and user.is_active else None
    if actor is None:
        raise Forbidden("This sign-in is not open any more.")
    return actor


def act_of(request: HttpRequest, *, door: str) -> Act:
    """The act of a request: one actor lookup a request, the key from `Idempotency-Key`."""
    user = request.user
    if not isinstance(user, User):
        raise Forbidden("Sign in first.")
    cached = getattr(request, "nostro_actor", None)
    actor = cached or actor_of(user)
    request.nostro_actor = actor  # type: ignore[attr-defined]
    return Act(
        actor,
        key=request.headers.get("Idempotency-Key", "")[:200],
        door=door,
        address=str(request.META.get("REMOTE_ADDR", ""))[:45],
        device=request.headers.get("User-Agent", "")[:200],
    )
