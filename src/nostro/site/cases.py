"""Open cases on a client's page: whatever of any room waits for a decision about this client.

They are the queues of the house again, asked about one person: a case is a thing in a state that
waits for somebody, so a room that gains a queue gains its cases, and nothing is kept twice.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import unescape
from typing import Any

from django.db import models
from django.db.models import Value
from django.utils.html import strip_tags

from nostro.core import log
from nostro.core.acts import Act
from nostro.kit.problems import Forbidden
from nostro.people.models import Client
from nostro.sales.models import Task
from nostro.ui.additions import extend
from nostro.ui.addresses import url_of
from nostro.ui.columns import Clock, Column
from nostro.ui.details import table
from nostro.ui.keyset import together
from nostro.ui.queues import QUEUES, Queue
from nostro.ui.timeline import lines

MOST = 10
BESIDE = (Task,)
"""What has a panel of its own on the page."""


@dataclass(frozen=True)
class Case:
    """One thing that waits: by its number, in which queue, since when and until when."""

    number: str
    title: str
    url: str
    since: datetime | None
    due_at: datetime | None


class Cases(list[Case]):
    """Cases; where there are none, `empty` tells of the last one that was closed."""

    empty = ""


@cache
def client_of(model: type[models.Model]) -> str:
    """The look-up that leads from a thing to its client, "" where it is about none."""
    fields = _fields(model)
    for name in ("client", "client_id"):
        if name in fields:
            return name
    for name, one in fields.items():
        if isinstance(one, models.ForeignKey) and "client" in _fields(one.related_model):
            return f"{name}__client"
    return ""


def _fields(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    return {one.name: one for one in model._meta.get_fields() if isinstance(one, models.Field)}


def cases(act: Act, client: Client) -> Cases:
    """What waits about a client and may be seen by who asks, the most pressing first.

    One statement for all queues, and one for each of those that has something; where nothing
    waits, one for what was decided last.
    """
    asked: dict[str, tuple[Queue, models.QuerySet[models.Model]]] = {}
    for queue in QUEUES.values():
        path = client_of(queue.model)
        if not path or queue.model in BESIDE:
            continue
        try:
            rows = queue.waiting(act)
        except Forbidden:
            continue
        whose = {path: client.pk}
        asked[queue.key] = (queue, rows.filter(**whose))
    looks = [
        rows.annotate(of=Value(key)).values_list("of", "pk", queue.since, "due_at")[:MOST]
        for key, (queue, rows) in asked.items()
    ]
    waits: dict[str, dict[int, tuple[datetime | None, datetime | None]]] = defaultdict(dict)
    for key, pk, since, due_at in together(looks) if looks else ():
        waits[key][pk] = (since, due_at)
    found = [
        Case(str(one), queue.heading, url_of(one) or f"{queue.page}?open={one.pk}", *clocks[one.pk])
        for key, clocks in waits.items()
        for queue, rows in (asked[key],)
        for one in rows.filter(pk__in=clocks)
    ]
    found.sort(key=lambda one: (one.due_at is None, one.due_at and one.due_at.timestamp()))
    shown = Cases(found[:MOST])
    if not shown:
        shown.empty = last_closed(act, client, {str(queue.model._meta.label_lower)
                                                for queue, _ in asked.values()})  # fmt: skip
    return shown


def last_closed(act: Act, client: Client, kinds: set[str]) -> str:
    """In a sentence, what a colleague decided last about this client; "" where nobody ever did."""
    if not act.actor.may(log.records.name):
        return ""
    rows = log.records(act).filter(client_id=client.pk, actor_kind="staff", subject_type__in=kinds)
    told = lines(act, list(rows.order_by("-at", "-id")[:1]))
    if not told:
        return ""
    at, text = told[0].at, strip_tags(told[0].text)
    return f"Nothing waits for a decision. Last one closed {at:%-d %b %Y}: {unescape(text)}."


extend(
    "people.client",
    place=75,
    panels=[
        table(
            "Open cases", cases,
            [
                Column("number", "Case", url=lambda one: one.url), Column("title", "Waits in"),
                Clock("due_at", "Until", since="since"),
            ],
            empty="Nothing about this client waits for a decision.",
            side=True,
        )
    ],
)  # fmt: skip
