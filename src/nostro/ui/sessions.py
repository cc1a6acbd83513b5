"""Signing in and out leaves a record: who, when and how, with the device on the act's row."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from nostro.core.acts import Act
from nostro.core.identity import actor_of
from nostro.core.models import User
from nostro.kit.problems import Forbidden
from nostro.ui import operations
from nostro.ui.models import SignIn


def act_by(request: HttpRequest, user: User) -> Act | None:
    try:
        actor = actor_of(user)
    except Forbidden:
        return None
    return Act(
        actor,
        door="sign-in",
        address=str(request.META.get("REMOTE_ADDR", ""))[:45],
        device=request.headers.get("User-Agent", "")[:200],
    )


def signed_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    act = act_by(request, user)
    if act is None:
        return
    if request.session.session_key is None:
        request.session.create()
    operations.note_sign_in(act, user=user, session_key=str(request.session.session_key))


def signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    act = act_by(request, user) if user is not None else None
    if act is None:
        return
    key = request.session.session_key
    for row in SignIn.objects.filter(session_key=key, user=user, ended_at=None):
        operations.end_session(act, row)


def listen() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="nostro.ui.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="nostro.ui.signed_out")
