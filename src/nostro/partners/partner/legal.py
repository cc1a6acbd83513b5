"""What the firm has published for its partners: their agreement, and how data are kept."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.compliance.queries import legal_texts
from nostro.compliance.queries.legal import legal_page
from nostro.core.acts import Act
from nostro.partners.queries import earnings
from nostro.ui.pages import PORTAL, portal_page, show

LEGAL = "/partner/legal/"
FOR_PARTNERS = ("partner", "privacy", "complaints")


@portal_page("partner", "legal/<slug:kind>/", "Legal document")
def text_view(request: HttpRequest, act: Act, kind: str) -> HttpResponse:
    """One text of the partner's firm."""
    texts = legal_texts(earnings.own_partner(act).entity_id)
    seen = [one for one in texts if one.kind in FOR_PARTNERS]
    context = legal_page(seen, kind, "/partner/", "/partner/") | {"shell": "ui/partner.html"}
    return show(request, act, "compliance/legal.html", context)


def links(request: HttpRequest, act: Act) -> dict[str, Any]:
    """The foot of every page of the portal."""
    if act.actor.kind != "partner":
        return {}
    named = [("Partner agreement", "partner/"), ("Privacy", "privacy/")]
    return {"legal_links": [{"title": title, "url": f"{LEGAL}{at}"} for title, at in named]}


PORTAL.append(links)
