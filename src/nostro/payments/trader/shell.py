"""What every page of the trader room shows around itself: the brand, and the firm's own words."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from nostro.core.acts import Act
from nostro.payments.queries.reasons import brand_colour
from nostro.people.models import Client
from nostro.people.queries import clients
from nostro.ui.pages import PORTAL, PUBLIC

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
HOUSE_COLOUR = "#0b6e5f"
NEW = (Client.Status.REGISTERED, Client.Status.IN_REVIEW)


def client_of(act: Act) -> Client:
    """The client who is signed in."""
    found: Client = clients(act).get(pk=act.actor.id or 0)
    return found


def surroundings(request: HttpRequest, act: Act) -> dict[str, Any]:
    """Brand, risk warning and licence of the client's own legal entity."""
    if act.actor.kind != "client":
        return {}
    client = client_of(act)
    entity, brand = client.entity, client.brand
    return {
        "brand": {"name": brand.name, "short": brand.name},
        "brand_css": f"/brand/{brand.slug}.css",
        "person": {
            "name": client.name, "initials": client.first_name[:1] + client.last_name[:1],
            "line": "New client" if client.status in NEW else f"Client {client.number}",
        },
        "messages_url": "/room/messages/",
        "losing_percent": entity.risk_warning_percent,
        "firm_line": f"{entity.name}, {entity.address}. Authorised by {entity.regulator}, "
        f"licence {entity.licence}.",
    }  # fmt: skip


def brand_view(request: HttpRequest, slug: str) -> HttpResponse:
    """The one variable that colours everything: a file, because styles are never inline."""
    found = brand_colour(slug)
    colour = found if COLOUR.fullmatch(found) else HOUSE_COLOUR
    answer = HttpResponse(f":root {{ --n-brand: {colour}; }}\n", content_type="text/css")
    answer["Cache-Control"] = "public, max-age=300"
    return answer


PORTAL.append(surroundings)
PUBLIC.append(path("brand/<slug:slug>.css", brand_view, name="payments.brand"))
