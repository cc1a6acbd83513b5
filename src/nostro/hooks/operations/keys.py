"""API keys: made by the person they speak for, shown once, ended at any time."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

from nostro.core.acts import Act
from nostro.core.models import User
from nostro.core.operations import OPERATIONS, operation
from nostro.core.queries import QUERIES
from nostro.core.states import WrongState
from nostro.hooks.events import ApiKeyMade, ApiKeyRevoked
from nostro.hooks.models import ApiKey
from nostro.kit.problems import Forbidden, Problem

MARK = "nst_"


class NoSuchName(Problem):
    """A pattern that matches nothing the house can do, ask or say."""


def hashed(token: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def owner_of(act: Act) -> User:
    """The sign-in that acts. A key makes nothing that would outlive or outreach it."""
    if act.actor.key is not None:
        raise Forbidden("Sign in for this: a key cannot make keys or endpoints.")
    user = User.objects.filter(kind=act.actor.kind, person_id=act.actor.id).first()
    if user is None or act.actor.id is None:
        raise Forbidden("Only a person can own this.")
    return user


def known(patterns: Iterable[str], names: Iterable[str], *, field: str) -> list[str]:
    """The patterns, each once, if each of them names something."""
    chosen, names = list(dict.fromkeys(one.strip() for one in patterns)), list(names)
    if not chosen:
        raise NoSuchName("Name at least one.", field=field)
    for pattern in chosen:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise NoSuchName(f"“{pattern}” names nothing here.", field=field)
    return chosen


@operation(
    title="New API key", verb="Make the key", icon="key", open_to=("client", "partner")
)  # fmt: skip
def create_api_key(
    act: Act, *, name: str, scopes: list[str], expires_at: datetime | None = None
) -> ApiKey:
    """A key with which a program acts as you, within these names. It is shown once."""
    user = owner_of(act)
    if not name.strip() or len(name) > 60:
        raise Problem("Give it a name of 60 letters at most.", field="name")
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= act.at):
        raise Problem("Choose a moment to come, with its time zone.", field="expires_at")
    doable = [one.name for one in OPERATIONS.values() if not one.internal]
    chosen = known(scopes, [*doable, *QUERIES], field="scopes")
    token = MARK + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        owner=user, name=name, prefix=token[:12], token_hash=hashed(token), scopes=chosen,
        made_at=act.at, expires_at=expires_at,
    )  # fmt: skip
    act.record(ApiKeyMade(key.pk, key.prefix, chosen), about=key)
    key.show_once(token)
    return key


@operation(
    title="Revoke API key", verb="Revoke", icon="key-off", tone="refuse",
    confirm="Programs that use it are refused at once.", open_to=("client", "partner"),
)  # fmt: skip
def revoke_api_key(act: Act, key: ApiKey) -> ApiKey:
    """End a key. It cannot be given back."""
    if key.revoked_at is not None:
        raise WrongState("This key was revoked already.")
    key.revoked_at = act.at
    key.save(update_fields=["revoked_at"])
    act.record(ApiKeyRevoked(key.pk, key.prefix), about=key)
    return key
