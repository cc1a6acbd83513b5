"""Staff pages of messages: what was said to whom, and whether it arrived."""

import re
from typing import Any

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.core.secrets import Shredded
from nostro.messages import operations, queries
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.ui.actions import Action
from nostro.ui.additions import extend
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Column, Date, Person
from nostro.ui.details import DetailPage, Tab, kv, table, template
from nostro.ui.fields import LABELS
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View
from nostro.ui.timeline import NAMES

TONES = {"queued": "wait", "sent": "ok", "refused": "bad"}


def said(row: Message) -> str:
    """The subject; of a message that held a code, without the code."""
    return re.sub(r"\d{4,}", "••••••", row.subject) if row.secret else row.subject


def _occasion(row: Message) -> str:
    return row.template.replace("_", " ").capitalize()


def _names(ids: set[int]) -> dict[int, tuple[str, str]]:
    found = queries.subjects(ids)
    return {pk: (f"“{subject}”", f"{message.url}{pk}/") for pk, subject in found.items()}


def _body(act: Act, row: Message) -> dict[str, Any]:
    if row.secret:
        return {"hidden": "This message held a code. Nobody reads it again."}
    try:
        return {"body": row.body}
    except Shredded as gone:
        return {"hidden": gone.sentence}


message = DetailPage(
    room="messages",
    slug="messages",
    model=Message,
    rows=queries.messages,
    title=said,
    subtitle=lambda row: f"to {row.client.name}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    panels=[
        template("What it says", "messages/body.html", _body),
        kv(
            "Delivery",
            [
                Person("client"),
                Date("queued_at", "Written"),
                Date("sent_at", "Sent"),
                Column(_occasion, "Occasion"),
            ],
        ),
    ],
)

messages = ListPage(
    room="messages",
    slug="messages",
    title="Messages",
    rows=queries.messages,
    columns=[
        Date("queued_at", "Written", sort="queued_at"),
        Person("client.name", "Client", sort="client__last_name"),
        Column(said, "Subject", cut=True),
        Column(_occasion, "Occasion", low=3, quiet=True),
        Badge("status", colors=TONES),
    ],
    filters=[
        choice("status", Message.Status.choices),
        text("client", "client__last_name__holds"),
        date_range("queued_at", title="Written"),
    ],
    views=[
        View("All", counted=False),
        View("Not sent yet", status=Message.Status.QUEUED),
        View("Refused", status=Message.Status.REFUSED),
    ],
    inspector=message,
    search=["subject", "client__last_name__holds", "client__first_name__holds"],
    order="-queued_at",
    empty="Nothing was said yet. What the house writes to clients appears here by itself.",
    icon="message",
)
NAMES["messages.message"] = _names
LABELS["heading"] = "Subject"

# ── On a client's page ──


def _said_to(act: Act, row: Client) -> QuerySet[Message]:
    return queries.messages(act).filter(client=row)


extend(
    "people.client",
    place=70,
    actions=[Action(operations.message_client, title="Message", on_top=True)],
    tabs=[
        Tab(
            "messages",
            "Messages",
            [
                table(
                    "Messages",
                    lambda act, row: _said_to(act, row)[:50],
                    [
                        Date("queued_at", "Written"),
                        Column(said, "Subject", url=url_of, cut=True),
                        Column(_occasion, "Occasion", low=2, quiet=True),
                        Badge("status", colors=TONES),
                    ],
                    empty="Nothing was said to this client yet.",
                    may=queries.messages.name,
                )
            ],
            count=lambda act, row: _said_to(act, row).count()
            if act.actor.may(queries.messages.name) else None,
        )
    ],
)  # fmt: skip
