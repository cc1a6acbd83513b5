"""What anyone can ask about messages."""

from django.db import models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.messages.models import Message


@query(finds=Message, open_to=("client",))
def messages(act: Act) -> models.QuerySet[Message]:
    """What was said to clients, newest first. A client does not read old codes again."""
    rows = Message.objects.select_related("client", "client__entity", "client__brand")
    rows = visible(act.actor, rows.order_by("-queued_at", "-id"))
    return rows.filter(secret=False) if act.actor.kind == "client" else rows


def subjects(ids: set[int]) -> dict[int, str]:
    """The subjects of some messages, for timelines; those that held a code stay unsaid."""
    rows = Message.objects.filter(pk__in=ids).values_list("pk", "subject", "secret")
    return {pk: "A one-time code" if secret else subject for pk, subject, secret in rows}
