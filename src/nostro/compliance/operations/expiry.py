"""Documents run out: the client is reminded, and on the day the account is restricted."""

from nostro.compliance.events import ExpiryReminded
from nostro.compliance.models import Document
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.messages.operations import queue_message
from nostro.people import operations as people
from nostro.people.models import Client


@operation(internal=True)
def remind_of_expiry(act: Act, document: Document, *, days: int) -> Document:
    """Tell the client that a document runs out."""
    said = {"expiry_date": f"{document.expiry_date:%d %B %Y}"}
    queue_message(act, document.client, template="document_expires", context=said)
    act.record(ExpiryReminded(days), about=document)
    return document


@operation(internal=True)
def restrict_expired(act: Act, document: Document) -> Document:
    """Restrict an active client whose identity document has run out."""
    client = Client.objects.select_for_update().get(pk=document.client_id)
    people.restrict_client(act, client, reason="The identity document has expired")
    return document
