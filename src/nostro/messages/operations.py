"""Everything anyone can do with messages: write one, and bring back whether it left."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.messages.events import MessageQueued, MessageRefused, MessageSent, MessageWritten
from nostro.messages.models import Message, Wording
from nostro.people.models import Client, Staff

SECRET = frozenset({"email_code"})
"""Templates whose words open a door: nobody reads them again, neither staff nor the client."""
HEADING, LETTERS = 160, 4000


class NothingSaid(Problem):
    """A message in one's own words has a subject and a text."""


class TooLong(Problem):
    """More than a message holds."""


@operation(internal=True, lock=False)
def queue_message(
    act: Act, client: Client, *, template: str, context: dict[str, Any] | None = None
) -> Message:
    """Write an e-mail to a client. It leaves right after this is committed."""
    message = _written(act, client, template, context or {})
    act.record(MessageQueued(message.pk, template), about=message)
    return message


@operation(lock=False, title="Message", verb="Send", icon="message")
def message_client(
    act: Act,
    client: Client,
    *,
    wording: Wording = Wording.OWN,
    heading: str = "",
    text: str = "",
) -> Message:
    """Write to a client: it leaves by e-mail and stands in their trader room. A ready wording says
    its subject itself; your own words need a subject and a text.
    """
    heading, text = " ".join(heading.split()), text.strip()
    if wording == Wording.OWN and not heading:
        raise NothingSaid("Give your message a subject.", field="heading")
    if wording == Wording.OWN and not text:
        raise NothingSaid("Write what you want to say.", field="text")
    if wording != Wording.OWN and heading:
        raise NothingSaid(f"“{wording.label}” is the subject. Leave this empty.", field="heading")
    if len(heading) > HEADING:
        raise TooLong(f"A subject has at most {HEADING} letters.", field="heading")
    if len(text) > LETTERS:
        raise TooLong(
            f"A message has at most {LETTERS:,} letters; this has {len(text):,}.", field="text"
        )
    own = Staff.objects.filter(pk=act.actor.id or 0).first() if act.actor.kind == "staff" else None
    said = {"heading": heading, "text": text, "sender": own.name if own else ""}
    message = _written(act, client, wording, said)
    act.record(MessageWritten(message.pk, wording), about=message)
    return message


def _written(act: Act, client: Client, template: str, context: dict[str, Any]) -> Message:
    shown = {
        "client": client, "brand": client.brand, "entity": client.entity,
        "base_url": settings.BASE_URL, **context,
    }  # fmt: skip
    text = render_to_string(f"messages/email/{template}.txt", shown)
    subject, _, body = text.strip().partition("\n")
    _, key = secrets.client_key(client.pk)
    return Message.objects.create(
        client=client, template=template, subject=subject.strip()[:160],
        sealed=secrets.encrypt(key, body.strip().encode(), b"message"),
        secret=template in SECRET, queued_at=act.at, status=Message.Status.QUEUED,
    )  # fmt: skip


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
