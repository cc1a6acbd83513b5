"""What is a person's own in either portal: how they sign in, on which devices, and the way out."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.ui import operations as pages
from nostro.ui import queries
from nostro.ui.account import account_links
from nostro.ui.answers import told
from nostro.ui.models import SignIn
from nostro.ui.pages import portal_page, show

SHELLS = {"client": "ui/trader.html", "partner": "ui/partner.html"}
BROWSERS = {
    "Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome",
    "Safari/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac",
    "Linux": "Linux",
}  # fmt: skip


@portal_page("client", "profile/", "Profile and security")
@portal_page("partner", "profile/", "Profile and security")
def profile(request: HttpRequest, act: Act) -> HttpResponse:
    """How one signs in, and every device that is signed in."""
    if request.method == "POST":
        pages.end_session(act, find(act, SignIn, request.POST.get("session", "")))
        told(request, "That device is signed out.")
        return HttpResponseRedirect(request.path)
    here = request.session.session_key
    sessions = [
        {"row": one, "name": device(one.device), "is_here": one.session_key == here}
        for one in queries.sign_ins(act)
    ]
    context = {
        "shell": SHELLS[act.actor.kind], "links": account_links(),
        "sessions": sorted(sessions, key=lambda one: not one["is_here"]),
    }  # fmt: skip
    return show(request, act, "people/profile.html", context)


def device(agent: str) -> str:
    """What a browser says of itself, as people would: `Firefox, Windows`."""
    known = (
        next((name for sign, name in names.items() if sign in agent), "")
        for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, known)) or "Unknown device"
