"""Who knocks: a program with an API key, or a person who is signed in in a browser.

Either way it is the owner who acts, with the owner's own grants and rows; a key only narrows.
"""

from dataclasses import replace

from django.http import HttpRequest
from ninja.utils import check_csrf

from nostro.core.access import Grants
from nostro.core.acts import Act
from nostro.core.identity import act_of, actor_of
from nostro.hooks.operations import take_token
from nostro.hooks.queries import owner_of_token
from nostro.kit.problems import Forbidden
from nostro.site.api.problems import Malformed, NotSignedIn, TooManyRequests
from nostro.ui.pages import needs_second_factor, staff_act

LONGEST_KEY = 200


def entered(request: HttpRequest) -> Act:
    """The act of a request."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Malformed(f"An idempotency key has {LONGEST_KEY} printable letters at most.")
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind:
        return by_key(request, token.strip() if kind.lower() == "bearer" else "")
    return by_session(request)


def by_key(request: HttpRequest, token: str) -> Act:
    """A program that bears a key. Its scopes narrow what its owner may."""
    found = owner_of_token(token)
    if found is None:
        raise NotSignedIn("Send an API key that is neither revoked nor expired.")
    user, key = found
    wait = take_token(key.pk)
    if wait:
        raise TooManyRequests(wait)
    try:
        actor = actor_of(user)
    except Forbidden as problem:
        raise NotSignedIn(problem.sentence) from problem
    grants: Grants = replace(actor.grants, within=frozenset(key.scopes))
    return Act(
        replace(actor, grants=grants, key=key.pk),
        key=request.headers.get("Idempotency-Key", ""),
        door="api",
        address=str(request.META.get("REMOTE_ADDR", ""))[:45],
        device=request.headers.get("User-Agent", "")[:200],
    )


def by_session(request: HttpRequest) -> Act:
    """A person in a browser: within their chosen entity, with CSRF and a second factor."""
    if not request.user.is_authenticated:
        raise NotSignedIn("Send an API key, or sign in.")
    if check_csrf(request) is not None:
        raise Forbidden("Send the CSRF token with this.")
    if getattr(request.user, "kind", "") != "staff":
        return act_of(request, door="api")
    if needs_second_factor(request):
        raise Forbidden("Set up your second factor first.")
    return replace(staff_act(request), door="api")
