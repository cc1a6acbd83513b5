"""Settings of the tests: the real engine, without waiting for the disk, and cheap passwords."""

from nostro.site.settings import *  # noqa: F403
from nostro.site.settings import DATABASES

DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The second factor has tests of its own; everywhere else a password will do.
NOSTRO_REQUIRE_MFA = False
