"""The house as an ASGI application, for the web server."""

import gc
import os

from django.core.asgi import get_asgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nostro.site.settings")


def keep_for_good() -> None:
    """What is loaded once is no garbage: to look through it again would stop a page for long."""
    get_resolver()._populate()
    gc.collect()
    gc.freeze()


application = get_asgi_application()
keep_for_good()
