"""The site: where rooms are put together."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "nostro.site"
    label = "nostro_site"

    def ready(self) -> None:
        from nostro.site.sign_in import listen

        listen()
