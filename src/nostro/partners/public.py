"""The public door of partners: somebody follows a link and is taken to the registration.

A signed cookie remembers whose click counts. Nothing about the person is kept.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from nostro.core.acts import Act, now
from nostro.partners.models import Link
from nostro.partners.operations import record_click
from nostro.partners.queries import live_link
from nostro.ui.pages import PUBLIC

COOKIE = "nostro_ref"
SALT = "nostro.partners.click"
REGISTER = "/register"


def remembered(request: HttpRequest) -> Link | None:
    """The link whose click this browser still carries, where it has not expired or been forged."""
    try:
        held = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
        expires_at = datetime.fromisoformat(held["until"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    return live_link(str(held.get("code", ""))) if now() < expires_at else None


@require_GET
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """Count the click, remember whose it is, and go to the registration."""
    link = live_link(code)
    if link is None:
        return HttpResponseRedirect(REGISTER)
    earlier = remembered(request)
    act = Act.system(door="public")
    click = record_click(act, link, earlier=earlier)
    kept = click.kept_for or link
    answer = HttpResponseRedirect(f"{link.target}?{urlencode({'ref': kept.code})}")
    if click.kept_for is None:
        seconds = int((click.expires_at - click.at) / timedelta(seconds=1))
        held = {"code": link.code, "until": click.expires_at.isoformat()}
        answer.set_cookie(
            COOKIE, signing.dumps(held, salt=SALT), max_age=seconds, httponly=True,
            samesite="Lax", secure=request.is_secure(),
        )  # fmt: skip
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


PUBLIC.append(path("r/<str:code>", follow, name="partners.follow"))
