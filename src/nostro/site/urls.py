"""Every address of the house."""

from django.urls import URLPattern, URLResolver, path

from nostro.site.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [path("healthz", healthz, name="healthz")]
