"""What the firm has published: complaints, privacy, every text that a client agreed to."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.compliance import queries
from nostro.compliance.queries.legal import legal_page
from nostro.core.acts import Act
from nostro.people import queries as people_queries
from nostro.ui.pages import PORTAL, portal_page, show

LEGAL = "/room/legal/"


def _shown(request: HttpRequest, act: Act, kind: str = "") -> HttpResponse:
    client = people_queries.clients(act).get(pk=act.actor.id or 0)
    texts = [one for one in queries.legal_texts(client.entity_id) if one.kind != "partner"]
    context = legal_page(texts, kind, LEGAL, "/room/") | {"shell": "ui/trader.html"}
    return show(request, act, "compliance/legal.html", context)


@portal_page("client", "legal/", "Legal documents")
def legal_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Every text of the firm in its newest version."""
    return _shown(request, act)


@portal_page("client", "legal/<slug:kind>/", "Legal document")
def text_view(request: HttpRequest, act: Act, kind: str) -> HttpResponse:
    """One text."""
    return _shown(request, act, kind)


def links(request: HttpRequest, act: Act) -> dict[str, Any]:
    """The foot of every page. It asks nothing: whether a text is published is seen on its page."""
    if act.actor.kind != "client":
        return {}
    named = [("Complaints", "complaints/"), ("Legal documents", ""), ("Privacy", "privacy/")]
    return {"legal_links": [{"title": title, "url": f"{LEGAL}{at}"} for title, at in named]}


PORTAL.append(links)
