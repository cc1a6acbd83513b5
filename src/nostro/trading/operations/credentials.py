"""Passwords of trading accounts: shown to their owner once, behind a link that expires.

What is stored is sealed under the link's own token, which is stored nowhere: it is made again from
the house's key whenever the link is shown to its owner. Once opened, the seal is emptied.
"""

import base64
import hashlib
import hmac
import json
import secrets as random_words
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.trading.events import (
    CredentialsMade,
    CredentialsViewed,
    LookingPasswordKept,
    PasswordsAsked,
)
from nostro.trading.models import OneTimeSecret, TradingAccount

LIVES = timedelta(hours=72)
SIGNS_IN = (
    TradingAccount.Status.OPEN, TradingAccount.Status.CLOSE_ONLY, TradingAccount.Status.READ_ONLY,
)  # fmt: skip
"""States in which an owner signs in on the platform, and so needs passwords."""


class LinkUsed(Problem):
    """A one-time link that was opened before, or has expired."""

    status = 410


@dataclass(frozen=True)
class Credentials:
    """What a client signs in with on the platform. Never kept in plain anywhere. `investor` is the
    password only to look, empty where there is no new one.
    """

    platform: str
    login: int
    main: SecretStr
    investor: SecretStr


def token_of(secret: OneTimeSecret) -> str:
    """The token of the link: for its owner's eyes, and never stored."""
    return _token(secret.salt)


def _token(salt: str) -> str:
    digest = hmac.digest(secrets.derived("one-time links"), salt.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _seal_key(token: str) -> bytes:
    return hmac.digest(secrets.derived("credentials"), token.encode(), "sha256")


def make_secret(act: Act, account: TradingAccount, *, main: str, investor: str) -> OneTimeSecret:
    """Seal passwords behind a new link; earlier links of the account end."""
    OneTimeSecret.objects.filter(account=account, opened_at=None).update(
        expires_at=act.at, sealed=""
    )
    salt = random_words.token_hex(16)
    token = _token(salt)
    plain = json.dumps({"main": main, "investor": investor}).encode()
    sealed = secrets.encrypt(_seal_key(token), plain, salt.encode())
    made = OneTimeSecret.objects.create(
        account=account, salt=salt, token_hash=_hash(token), made_at=act.at,
        sealed=base64.b64encode(sealed).decode(), expires_at=act.at + LIVES,
    )  # fmt: skip
    act.record(CredentialsMade(account.pk, made.pk), about=account)
    return made


@operation(open_to=("client",), title="Show credentials", verb="Show", icon="key")
def view_credentials(act: Act, secret: OneTimeSecret, *, token: str) -> Credentials:
    """Show login and passwords, this once. Afterwards the link is empty."""
    account = secret.account
    if not act.actor.is_client(account.client_id):
        raise Forbidden("Only the account's owner opens its credentials.")
    if not hmac.compare_digest(_hash(token), secret.token_hash):
        raise NotFound("There is no such link.")
    if secret.opened_at or secret.expires_at <= act.at or not secret.sealed:
        raise LinkUsed("This link was opened before or has expired. Ask for new passwords.")
    sealed = base64.b64decode(secret.sealed)
    plain = json.loads(secrets.decrypt(_seal_key(token), sealed, secret.salt.encode()))
    secret.opened_at, secret.sealed = act.at, ""
    secret.save(update_fields=["opened_at", "sealed"])
    act.record(CredentialsViewed(account.pk), about=account)
    return Credentials(
        account.platform.name, account.login or 0,
        SecretStr(plain["main"]), SecretStr(plain["investor"]),
    )  # fmt: skip


@operation(open_to=("client",), title="New passwords", icon="key",
           confirm="The passwords used now stop working.")  # fmt: skip
def ask_passwords(act: Act, account: TradingAccount) -> TradingAccount:
    """Ask the platform for new passwords. They come behind a link that opens once."""
    if account.status not in SIGNS_IN:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    act.record(PasswordsAsked(account.pk), about=account)
    return account


@operation(internal=True)
def passwords_set(
    act: Act, account: TradingAccount, *, main: str, investor: str, refused: str = ""
) -> TradingAccount:
    """The platform has taken new passwords; or the main one alone, and `refused` the read-only one,
    which stays what it was then.
    """
    make_secret(act, account, main=main, investor=investor)
    if refused:
        act.record(LookingPasswordKept(account.pk, refused[:200]), about=account)
    return account
