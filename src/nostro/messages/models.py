"""Messages to clients: what was said, when, and whether it left the house."""

from typing import ClassVar

from django.db import models

from nostro.core import secrets
from nostro.core.states import HasStates
from nostro.people.models import Client


class Wording(models.TextChoices):
    """What a colleague may send, each with a text of its own in `templates/messages/email`."""

    OWN = "own_words", "In your own words"
    CALLED = "we_called", "We tried to call you"
    LONGER = "takes_longer", "Your request takes a little longer"
    DETAILS = "confirm_details", "Please look over your details"


class Message(HasStates):
    """One e-mail to a client. The body is encrypted with the client's key; a `secret` one (a
    code) is shown to nobody afterwards.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENT = "sent", "Sent"
        REFUSED = "refused", "Refused"

    moves: ClassVar = {Status.QUEUED: {Status.SENT, Status.REFUSED}}

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    template = models.SlugField(max_length=40)
    subject = models.CharField(max_length=160)
    sealed = models.BinaryField()
    secret = models.BooleanField(default=False)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-queued_at", "-id"], name="messages_message_newest"),
            models.Index(fields=["client", "-queued_at"], name="messages_message_client"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def entity_id(self) -> int:
        return self.client.entity_id

    @property
    def body(self) -> str:
        """The words as they were sent. Raises `Shredded` once the client was erased."""
        _, key = secrets.client_key(self.client_id)
        return secrets.decrypt(key, bytes(self.sealed), b"message").decode()
