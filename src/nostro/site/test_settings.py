"""Settings of the tests: the real engine, without waiting for the disk, and cheap passwords."""

import os
import tempfile

_home = os.environ.get("NOSTRO_HOME", f"{tempfile.gettempdir()}/nostro-test")
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if not _home.endswith(f"-{_worker}" if _worker else ""):
    # A server each: the feed waits for every open transaction of its server, a neighbour's too.
    _home = f"{_home}-{_worker}"
os.environ["NOSTRO_HOME"] = _home
# Tests look behind the house's back; what the application's role is refused has its own tests.
os.environ["NOSTRO_AS_OWNER"] = "1"

from nostro.site.settings import *  # noqa: E402, F403
from nostro.site.settings import DATABASES  # noqa: E402

DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The second factor has tests of its own; everywhere else a password will do.
NOSTRO_REQUIRE_MFA = False
