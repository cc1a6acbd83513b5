"""The page kit."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "nostro.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"
