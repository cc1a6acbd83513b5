"""The public API, `/api/v1`: every operation, every query and the feed of events.

It is generated from the registries that the pages use, so no door can do what it cannot.
"""

from nostro.site.api.routes import api, urlpatterns

__all__ = ["api", "urlpatterns"]
