"""How a page answers a browser: toasts now or on the next page, and events for its scripts."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


@dataclass(frozen=True)
class Toast:
    """A message that waits in the session for the next page."""

    text: str
    level_tag: str = "ok"

    def __str__(self) -> str:
        return self.text


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def told(request: HttpRequest, text: str, *, tone: str = "ok") -> None:
    """Say something on the next page this person opens."""
    request.session["toasts"] = [*request.session.get("toasts", []), [text, tone]]


def toasts(request: HttpRequest) -> list[Toast]:
    waiting = request.session.pop("toasts", None) if "toasts" in request.session else None
    return [Toast(text, tone) for text, tone in waiting or []]


def trigger(answer: HttpResponse, **events: Any) -> HttpResponse:
    """Tell the page's scripts what has happened, in htmx's header."""
    said = {name.replace("_", "-"): what for name, what in events.items()}
    answer["HX-Trigger"] = json.dumps(said)
    return answer


def safe_next(request: HttpRequest, otherwise: str) -> str:
    """Where to go next, if that is in our own house."""
    wanted = request.GET.get("next") or request.POST.get("next") or ""
    hosts = {request.get_host()}
    if wanted and url_has_allowed_host_and_scheme(wanted, hosts, request.is_secure()):
        return wanted
    return otherwise


def done(request: HttpRequest, text: str, *, tone: str = "ok", url: str = "") -> HttpResponse:
    """After an operation: close the dialog, refresh what is shown, say what was done."""
    going = safe_next(request, "")
    if is_htmx(request) and not going:
        toast = {"text": text, "tone": tone, "url": url}
        return trigger(HttpResponse(status=204), toast=toast, dialog_close=True, changed=True)
    told(request, text, tone=tone)
    target = going or url or "/"
    if is_htmx(request):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = target
        return answer
    return HttpResponseRedirect(target)
