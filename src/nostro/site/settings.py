"""Django's settings. What a firm may change comes from the environment, named in the README."""

import os
from pathlib import Path

from nostro.site.database import database, home, session_secret

NOSTRO_HOME = str(home())
SECRET_KEY = session_secret(home())
NOSTRO_DEMO = os.environ.get("NOSTRO_DEMO", "") == "1"
NOSTRO_SIMULATORS = os.environ.get("NOSTRO_SIMULATORS", "")
NOSTRO_HEALTH_TOKEN = os.environ.get("NOSTRO_HEALTH_TOKEN", "")
NOSTRO_PRIVATE_WEBHOOKS = os.environ.get("NOSTRO_PRIVATE_WEBHOOKS", "") == "1"

DEBUG = False
ALLOWED_HOSTS = os.environ.get("NOSTRO_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
BASE_URL = os.environ.get("NOSTRO_URL", "http://127.0.0.1:8000")

INSTALLED_APPS = [
    "nostro.core.apps.CoreConfig",
    "nostro.ui",
    "nostro.bulk",
    "nostro.people",
    "nostro.ledger",
    "nostro.rules",
    "nostro.messages",
    "nostro.hooks",
    "nostro.compliance",
    "nostro.trading",
    "nostro.payments",
    "nostro.partners",
    "nostro.exposure",
    "nostro.reconciliation",
    "nostro.sales",
    "nostro.reports",
    "nostro.site",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "nostro.site.static_files.StaticFiles",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

DATABASES = {"default": database()}
AUTH_USER_MODEL = "core.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "nostro.site.urls"
ASGI_APPLICATION = "nostro.site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
            "builtins": [
                "django.templatetags.static",
                "django.contrib.humanize.templatetags.humanize",
            ],
        },
    }
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = str(Path(NOSTRO_HOME) / "static")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Every script, style and connection comes from here; nothing inline, nothing from elsewhere.
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'", *os.environ.get("NOSTRO_FORM_ACTIONS", "").split()],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = BASE_URL.startswith("https://")
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "nostro.ui.account.stale_view"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SILENCED_SYSTEM_CHECKS = ["auth.E003", "auth.W004"]
FORMS_URLFIELD_ASSUME_HTTPS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
PROCRASTINATE_WORKER_DEFAULTS = {"concurrency": 4, "delete_jobs": "successful"}

# Signing in: by e-mail and password, a passkey, or both with a code. Registration is our own.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "nostro.site.sign_in.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = BASE_URL.startswith("http://")
MFA_TOTP_ISSUER = "Nostro"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
# Staff need a second factor, but for the demo, whose passwords are printed anyway.
NOSTRO_REQUIRE_MFA = not NOSTRO_DEMO

# What limits how often somebody may try is shared by all servers and outlives them: allauth counts
# in the default cache. What only spares a page a look stays in the memory of each.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_shared",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

EMAIL_BACKEND = os.environ.get(
    "NOSTRO_EMAIL_BACKEND",
    "django.core.mail.backends.filebased.EmailBackend"
    if NOSTRO_DEMO
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_FILE_PATH = str(Path(NOSTRO_HOME) / "mail")
EMAIL_HOST = os.environ.get("NOSTRO_SMTP_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("NOSTRO_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("NOSTRO_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("NOSTRO_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("NOSTRO_SMTP_TLS", "") == "1"
DEFAULT_FROM_EMAIL = os.environ.get("NOSTRO_EMAIL_FROM", "no-reply@nostro.example")

# What goes wrong is said on the error stream, with its trace; never with a person's data.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "nostro": {"level": "INFO"},
    },
}
