"""Every address of the house: the rooms' doors are opened here, then the pages they declared."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

from nostro.site import forms as forms
from nostro.site import menu as menu
from nostro.site.api import urlpatterns as api_urls
from nostro.site.health import healthz
from nostro.site.sections import section_urls
from nostro.site.sign_in import no_page
from nostro.ui import pages
from nostro.ui.account import own_urls

DOORS = ("staff", "trader", "partner", "public", "api")

for room in apps.get_app_configs():
    if room.name.startswith("nostro."):
        for door in DOORS:
            if find_spec(f"{room.name}.{door}"):
                import_module(f"{room.name}.{door}")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    *own_urls,
    # What one signs in with is the house's record of a person: no page changes it past operations.
    path("account/email/", no_page),
    path("account/", include("allauth.urls")),
    *api_urls(),
    *pages.urlpatterns(),
    *section_urls(),
]
