"""The addresses of this room alone, as the site collects them."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from nostro.partners import partner, public, staff
from nostro.ui import pages

assert partner.home is not None and staff.partners is not None


def elsewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse("elsewhere")


urlpatterns = [
    *public.urlpatterns,
    *pages.urlpatterns(),
    path("register", elsewhere),
]
