"""The kit's own addresses with the sample room's pages."""

from django.urls import include, path

from nostro.ui import pages
from nostro.ui.account import own_urls
from nostro.ui.tests import sample as sample

urlpatterns = [*own_urls, path("account/", include("allauth.urls")), *pages.urlpatterns()]
