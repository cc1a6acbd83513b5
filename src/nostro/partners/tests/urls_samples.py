"""The addresses of this room alone, opened by name as the site opens every room's doors."""

from importlib import import_module

from django.http import HttpRequest, HttpResponse
from django.urls import path

from nostro.ui import pages

for door in ("staff", "partner", "public"):
    import_module(f"nostro.partners.{door}")


def elsewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse("elsewhere")


urlpatterns = [
    *pages.urlpatterns(),
    path("register", elsewhere),
]
