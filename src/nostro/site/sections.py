"""A room's own address, `/staff/<room>/`, which is nobody's page: it leads to the first one."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from nostro.core.acts import Act
from nostro.kit.problems import NotFound
from nostro.ui.addresses import STAFF
from nostro.ui.pages import PAGES, pages_of, staff_view


@staff_view
def section_view(request: HttpRequest, act: Act, section: str) -> HttpResponse:
    """To where the navigation leads, among what its reader may open."""
    found = pages_of(section, act.actor)
    if not found:
        raise NotFound("There is nothing here that you may open.")
    return HttpResponseRedirect(found[0].url)


def section_urls() -> list[URLPattern]:
    """One for each room with pages; a page that stands at such an address comes before it."""
    rooms = sorted({one.section for one in PAGES.values() if one.title})
    return [path(f"{STAFF.lstrip('/')}{room}/", section_view, {"section": room}) for room in rooms]
