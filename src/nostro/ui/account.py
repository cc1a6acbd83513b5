"""A person's own account: sessions, second factor, the entity they work in, signing out."""

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.views.decorators.http import require_POST

from nostro.core.acts import Act
from nostro.kit.problems import NotFound
from nostro.ui import queries
from nostro.ui.addresses import STAFF, operation_url
from nostro.ui.answers import is_htmx, safe_next, trigger
from nostro.ui.arranging import arrange_view
from nostro.ui.forms import operation_view
from nostro.ui.home import home_view, next_view
from nostro.ui.live import live_view
from nostro.ui.pages import ENTITIES, KIND_HOME, show, staff_view
from nostro.ui.palette import find_view, palette_view

LINKS = [
    ("Password", "key", "account_change_password"),
    ("Second factor", "shield-lock", "mfa_index"),
    ("Passkeys", "fingerprint", "mfa_list_webauthn"),
]


def account_links() -> list[dict[str, str]]:
    """Where password, second factor and passkeys are kept, as far as this house has them."""
    found = []
    for title, icon, name in LINKS:
        try:
            found.append({"title": title, "icon": icon, "url": reverse(name)})
        except NoReverseMatch:
            continue
    return found


@staff_view
def profile_view(request: HttpRequest, act: Act) -> HttpResponse:
    context = {"title": act.actor.name, "face": act.actor.name, "links": account_links()}
    return show(request, act, "ui/pages/profile.html", context)


@staff_view
def sessions_view(request: HttpRequest, act: Act) -> HttpResponse:
    here = request.session.session_key
    rows: list[dict[str, Any]] = [
        {
            "row": one,
            "is_here": one.session_key == here,
            "end_url": operation_url("ui.end_session", one.pk),
        }
        for one in queries.sign_ins(act)
    ]
    return show(request, act, "ui/pages/sessions.html", {"title": "Sessions", "rows": rows})


@staff_view
def entity_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Work in one legal entity only, or in all again."""
    chosen = request.GET.get("id", "")
    request.session.pop("entity", None)
    if chosen:
        known = {one for ask in ENTITIES for one, _ in ask(act)}
        if not chosen.isdigit() or int(chosen) not in known:
            raise NotFound("There is no such entity.")
        request.session["entity"] = int(chosen)
    return HttpResponseRedirect(safe_next(request, STAFF))


@require_POST
def sign_out_view(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/")


def stale_view(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: its page was open while somebody signed in or out beside it."""
    if is_htmx(request):
        text = "This page is too old. Load it again, then repeat what you did."
        return trigger(HttpResponse(status=403), toast={"text": text, "tone": "bad"})
    return render(request, "stale.html", {"reason": reason}, status=403)


def front_view(request: HttpRequest) -> HttpResponse:
    """The front door leads everybody to their own part of the house."""
    home = KIND_HOME.get(getattr(request.user, "kind", ""))
    return HttpResponseRedirect(home or reverse("account_login"))


own_urls = [
    path("", front_view, name="front"),
    path("live", live_view, name="live"),
    path("palette", palette_view, name="palette"),
    path("sign-out", sign_out_view, name="sign_out"),
    path("staff/", home_view, name="home"),
    path("staff/arrange/", arrange_view, name="arrange"),
    path("staff/me/", profile_view, name="profile"),
    path("staff/me/sessions/", sessions_view, name="sessions"),
    path("staff/entity/", entity_view, name="entity"),
    path("staff/find/<str:model>", find_view, name="find"),
    path("staff/queues/<str:model>/<str:status>/next", next_view, name="queue_next"),
    path("staff/do/<str:name>", operation_view, name="do"),
    path("staff/do/<str:name>/<int:pk>", operation_view, name="do_to"),
]
"""The addresses of the kit itself."""
