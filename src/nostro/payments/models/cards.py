"""Cards that a provider keeps for their owners: we hold a name for each, and never the number."""

from django.db import models

from nostro.core import secrets
from nostro.people.models import Client

SEALED_ABOUT = b"card"


class SavedCard(models.Model):
    """A client's card on file at one provider, until it is forgotten."""

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="cards", db_index=False
    )
    method = models.ForeignKey("payments.Method", on_delete=models.PROTECT, db_index=False)
    provider = models.ForeignKey("payments.Provider", on_delete=models.PROTECT, db_index=False)
    label = models.CharField(max_length=60, help_text="Visa •••• 4242")
    sealed = models.BinaryField(help_text="The provider's name for it, encrypted")
    fingerprint = models.CharField(max_length=64)
    saved_at = models.DateTimeField()
    used_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "saved card"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "provider", "fingerprint"], name="payments_card_once"
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def entity_id(self) -> int:
        return self.client.entity_id

    def seal(self, token: str) -> None:
        """Keep what the provider calls it, with the client's own key."""
        _, key = secrets.client_key(self.client_id)
        self.sealed = secrets.encrypt(key, token.encode(), SEALED_ABOUT)

    @property
    def token(self) -> str:
        """What the provider calls it, for its adapter alone; "" once it was forgotten there.

        Raises `Shredded` once the client was erased.
        """
        if not self.sealed:
            return ""
        _, key = secrets.client_key(self.client_id)
        return secrets.decrypt(key, bytes(self.sealed), SEALED_ABOUT).decode()
