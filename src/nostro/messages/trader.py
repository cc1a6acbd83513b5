"""The client's own inbox: everything we wrote, as it was sent."""

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.messages import queries
from nostro.ui.pages import portal_page, show


@portal_page("client", "messages/", "Messages", icon="bell")
def inbox(request: HttpRequest, act: Act) -> HttpResponse:
    """What we wrote, newest first."""
    return show(request, act, "messages/inbox.html", {"letters": list(queries.messages(act)[:50])})
