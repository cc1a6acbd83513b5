"""Sends what was written, and writes when other rooms did something a client waits for.

Higher rooms are heard by the names of their events, so this room need not know them.
"""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from nostro.core.acts import Act
from nostro.core.events import Event
from nostro.core.jobs import on
from nostro.core.log import records
from nostro.core.secrets import Shredded
from nostro.kit.vendors import Retry
from nostro.messages import operations
from nostro.messages.events import MessageQueued, MessageWritten
from nostro.messages.models import Message
from nostro.people.models import Client

SPOKEN = {
    "payments.DepositSettled": "deposit_settled",
    "payments.ClientTransferReceived": "client_money_received",
    "payments.ClientTransferRefused": "client_money_refused",
    "payments.WithdrawalPaid": "withdrawal_paid",
    "payments.WithdrawalRefused": "withdrawal_refused",
    "trading.AccountOpened": "account_opened",
    "trading.PracticeOpened": "practice_opened",
    "trading.PracticeNoticed": "practice_ends",
    "trading.DormancyNoticed": "account_idle",
    "trading.LeverageFallNoticed": "leverage_falls",
    "trading.LeverageLowered": "leverage_lowered",
    "trading.LeverageApproved": "leverage_given",
    "trading.LeverageRequestRefused": "leverage_refused",
    "trading.SwapFreeGiven": "swap_free_given",
    "trading.SwapFreeRefused": "swap_free_refused",
    "trading.SwapFreeEnded": "swap_free_ended",
}
"""Events after which the client is written to, and the template that says it."""


@on(MessageQueued, MessageWritten)
def send_message(act: Act, event: MessageQueued | MessageWritten, key: str) -> None:
    """Hand a message to the mail server. Its Message-ID is its own, so a repeat can be seen."""
    message = Message.objects.select_related("client", "client__brand").get(pk=event.message_id)
    if message.status != Message.Status.QUEUED:
        return
    domain = settings.BASE_URL.partition("://")[2].partition(":")[0] or "localhost"
    try:
        EmailMessage(
            message.subject,
            message.body,
            f"{message.client.brand.name} <no-reply@{domain}>",
            [message.client.email],
            headers={"Message-ID": f"<message-{message.pk}@{domain}>"},
        ).send()
    except (Shredded, smtplib.SMTPRecipientsRefused):
        operations.message_refused(act, message)
        return
    except (OSError, smtplib.SMTPException) as trouble:
        raise Retry(f"The mail server does not take it: {trouble}") from trouble
    operations.message_sent(act, message)


@on(*SPOKEN)
def write_about(act: Act, event: Event, key: str) -> None:
    """Tell the client what happened to their money or account, in the event's own figures."""
    record = records(act).get(pk=act.cause or 0)
    client = (
        Client.objects.filter(pk=record.client_id or 0).select_related("entity", "brand").first()
    )
    if client is not None:
        said = {"event": event}
        operations.queue_message(act, client, template=SPOKEN[record.name], context=said)
