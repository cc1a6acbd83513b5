"""Signing in by allauth, with what the house decides otherwise: nobody signs up past the rooms,
and who changes a password or a second factor is on record.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.dispatch import Signal
from django.http import Http404, HttpRequest, HttpResponse

from nostro.core.models import User
from nostro.people import operations as people
from nostro.ui import operations as pages
from nostro.ui.models import SignIn
from nostro.ui.sessions import act_by

PASSWORDS = {
    password_changed: "signed in", password_set: "signed in", password_reset: "by e-mail",
}  # fmt: skip
FACTORS = {
    authenticator_added: "added", authenticator_reset: "renewed", authenticator_removed: "removed",
}  # fmt: skip
KINDS = {
    "totp": "an authenticator app",
    "webauthn": "a passkey",
    "recovery_codes": "recovery codes",
}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Clients register in the trader room, partners and staff are added by people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def no_page(request: HttpRequest) -> HttpResponse:
    """Where the library has a page that this house must not have."""
    raise Http404


def new_password(sender: Any, request: HttpRequest, user: User, signal: Signal, **_: Any) -> None:
    """Every session of before ends with the password it was opened by; this one goes on anew."""
    act = act_by(request, user)
    if act is None:
        return
    people.note_password(act, user=user, how=PASSWORDS[signal])
    for row in SignIn.objects.filter(user=user, ended_at=None):
        pages.end_session(act, row)
    if request.user == user and request.session.session_key:
        pages.note_sign_in(act, user=user, session_key=request.session.session_key)


def new_factor(
    sender: Any, request: HttpRequest, user: User, authenticator: Any, signal: Signal, **_: Any
) -> None:
    act = act_by(request, user)
    if act is not None:
        people.note_factor(act, user=user, kind=KINDS[authenticator.type], what=FACTORS[signal])


def listen() -> None:
    for signal in PASSWORDS:
        signal.connect(new_password, dispatch_uid="nostro.site.password")
    for signal in FACTORS:
        signal.connect(new_factor, dispatch_uid="nostro.site.factor")
