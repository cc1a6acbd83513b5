"""The door that payment providers knock at: `POST /hooks/in/<provider>`.

What proves itself is kept and acknowledged at once; it is read in a reaction. What does not prove
itself changes nothing, and is counted.
"""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from nostro.core import limits
from nostro.core.access import SYSTEM
from nostro.core.acts import Act
from nostro.core.shelves import NotConfigured
from nostro.kit.vendors import Refused
from nostro.payments import operations as payments
from nostro.payments import queries
from nostro.payments.ports import PROVIDERS
from nostro.ui.pages import PUBLIC

LARGEST = 256 * 1024
MOST, MOST_REFUSED = 1200, 30
"""Messages a minute from one address, and such that did not prove themselves."""


def _too_many(name: str, most: int) -> bool:
    """Whether this minute's count has passed `most`."""
    return limits.tries(name, seconds=60) > most


def _answer(status: int, code: str, said: str) -> JsonResponse:
    """RFC 9457, so that a provider's own log shows why."""
    body = {"type": "about:blank", "title": said, "status": status, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json")


@csrf_exempt
@require_POST
def notice_view(request: HttpRequest, slug: str) -> JsonResponse:
    """One message of one provider."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    refused = f"payments.refused.{slug}.{address}"
    if _too_many(f"payments.notice.{slug}.{address}", MOST):
        return _answer(429, "too-many", "Too many messages. Try again in a minute.")
    # The length is asked before the body is: nobody makes us read what we would not keep.
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length) > LARGEST or len(request.body) > LARGEST:
        return _answer(413, "too-large", "The message is larger than any we take.")
    act = Act(SYSTEM, door="webhook", address=address)
    provider = queries.providers(act).filter(slug=slug, kind__in=list(PROVIDERS.kinds())).first()
    if provider is None:
        return _answer(404, "no-such-provider", "No such provider is connected.")
    try:
        told = PROVIDERS.take(slug).verify_webhook(dict(request.headers), request.body, act.at)
    except NotConfigured as problem:
        return _answer(503, problem.code, problem.sentence)
    except Refused as no:
        # Who proves itself is always heard, even from an address that others lie from: only the
        # lies are limited, and those beyond the limit are not even written down.
        if _too_many(refused, MOST_REFUSED):
            return _answer(429, "too-many", "Too many messages. Try again in a minute.")
        payments.notice_refused(act, provider, code=no.code or "refused")
        return _answer(400, no.code or "refused", no.reason.partition(":")[0])
    payments.receive_notice(act, provider, told=told)
    return JsonResponse({"received": True})


PUBLIC.append(path("hooks/in/<slug:slug>", notice_view, name="payments.notice"))
