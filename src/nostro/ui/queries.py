"""What people can ask of the pages themselves: their own views and their own sessions."""

from django.contrib.sessions.models import Session
from django.db import models

from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.ui.models import Arrangement, SavedView, SignIn


@query(finds=SavedView, open_to=("staff",))
def saved_views(act: Act) -> models.QuerySet[SavedView]:
    """Your own views."""
    if act.actor.kind != "staff" or act.actor.id is None:
        return SavedView.objects.none()
    return SavedView.objects.filter(staff_id=act.actor.id).order_by("name")


@query(finds=Arrangement, open_to=("staff",))
def arrangements(act: Act) -> models.QuerySet[Arrangement]:
    """How your own home is arranged."""
    if act.actor.kind != "staff" or act.actor.id is None:
        return Arrangement.objects.none()
    return Arrangement.objects.filter(staff_id=act.actor.id)


@query(finds=SignIn, open_to=("staff", "client", "partner"))
def sign_ins(act: Act) -> models.QuerySet[SignIn]:
    """Where you are signed in."""
    if act.actor.id is None:
        return SignIn.objects.none()
    own = SignIn.objects.filter(kind=act.actor.kind, person_id=act.actor.id, ended_at=None)
    alive = Session.objects.filter(expire_date__gt=act.at).values("session_key")
    return own.filter(session_key__in=alive).order_by("-at")
