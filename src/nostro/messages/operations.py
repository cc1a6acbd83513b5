"""Everything anyone can do with messages: write one, and bring back whether it left."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.messages.events import MessageQueued, MessageRefused, MessageSent
from nostro.messages.models import Message
from nostro.people.models import Client

SECRET = frozenset({"email_code"})
"""Templates whose words open a door: nobody reads them again, neither staff nor the client."""


@operation(internal=True, lock=False)
def queue_message(
    act: Act, client: Client, *, template: str, context: dict[str, Any] | None = None
) -> Message:
    """Write an e-mail to a client. It leaves right after this is committed."""
    shown = {
        "client": client, "brand": client.brand, "entity": client.entity,
        "base_url": settings.BASE_URL, **(context or {}),
    }  # fmt: skip
    text = render_to_string(f"messages/email/{template}.txt", shown)
    subject, _, body = text.strip().partition("\n")
    _, key = secrets.client_key(client.pk)
    message = Message.objects.create(
        client=client, template=template, subject=subject.strip()[:160],
        sealed=secrets.encrypt(key, body.strip().encode(), b"message"),
        secret=template in SECRET, queued_at=act.at, status=Message.Status.QUEUED,
    )  # fmt: skip
    act.record(MessageQueued(message.pk, template), about=message)
    return message


@operation(internal=True, reads=("client",))
def message_sent(act: Act, message: Message) -> Message:
    """The mail server took it."""
    message.move_to(Message.Status.SENT, sent_at=act.at)
    act.record(MessageSent(message.pk), about=message)
    return message


@operation(internal=True, reads=("client",))
def message_refused(act: Act, message: Message) -> Message:
    """The mail server will not take it."""
    message.move_to(Message.Status.REFUSED)
    act.record(MessageRefused(message.pk), about=message)
    return message
