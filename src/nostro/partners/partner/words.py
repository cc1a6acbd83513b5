"""What the portal's pages have in common: masked clients, tickets, addresses, the next payout."""

from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest

from nostro.core.acts import Act
from nostro.partners.models import Accrual, Link, Partner
from nostro.partners.operations.statements import month_after
from nostro.partners.queries import earnings
from nostro.ui.pages import PORTAL

TOPIC = "partners.accrual"


def person_line(request: HttpRequest, act: Act) -> dict[str, Any]:
    """Who is signed in and with whom: the brand, and the firm's own words below."""
    if act.actor.kind != "partner":
        return {}
    partner = earnings.own_partner(act)
    words = [one[0] for one in partner.name.split()[:2]]
    line = f"Partner {partner.code}"
    entity = partner.entity
    around = {
        "person": {"name": partner.name, "initials": "".join(words), "line": line},
        "losing_percent": entity.risk_warning_percent,
        "firm_line": f"{entity.name}, {entity.address}. Authorised by {entity.regulator}, "
        f"licence {entity.licence}.",
    }
    brand = entity.brands.order_by("pk").first()
    if brand is None:
        return around
    named = {"name": brand.name, "short": brand.name}
    return {**around, "brand": named, "brand_css": f"/brand/{brand.slug}.css"}


PORTAL.append(person_line)


def masked(line: Accrual) -> str:
    """A client as a partner may name one."""
    letters = (line.client.first_name[:1], line.client.last_name[:1])
    return " ".join(f"{letter.upper()}••••" for letter in letters if letter)


def grouped(number: int) -> str:
    """A ticket in groups of three, so that it can be read aloud."""
    return f"{number:,}".replace(",", " ")


def symbol_of(line: Accrual) -> str:
    if line.deal is None:
        return ""
    return line.deal.instrument.code if line.deal.instrument else line.deal.symbol


def next_payout(act: Act, partner: Partner) -> dict[str, Any]:
    following = month_after(act.at.date())
    return {
        "day": f"3 {following:%b}",
        "words": f"All of {act.at:%B}, to {partner.paid_to}",
    }


def address_of(link: Link) -> str:
    """The link as it is shared."""
    return f"{settings.BASE_URL}/r/{link.code}"


def shared(link: Link) -> dict[str, Any]:
    address = address_of(link)
    code = segno.make(address, micro=False, error="m")
    buffer = BytesIO()
    code.save(buffer, kind="svg", xmldecl=False, svgns=True, border=0, scale=1, omitsize=True,
              svgclass=None, lineclass=None)  # fmt: skip
    return {
        "link": link,
        "address": address,
        "short": address.partition("//")[2],
        "qr": buffer.getvalue().decode(),
    }
