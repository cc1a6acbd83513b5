"""The house as an ASGI application, for the web server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nostro.site.settings")
application = get_asgi_application()
