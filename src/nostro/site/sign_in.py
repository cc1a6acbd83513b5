"""Signing in by allauth, with what the house decides otherwise: nobody signs up past the rooms."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponse


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Clients register in the trader room, partners and staff are added by people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def no_page(request: HttpRequest) -> HttpResponse:
    """Where the library has a page that this house must not have."""
    raise Http404
