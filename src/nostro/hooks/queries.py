"""What anyone can ask about keys and webhooks, and the feed of events as outsiders read it."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models

from nostro.core import secrets
from nostro.core.access import Scope
from nostro.core.acts import Act, now
from nostro.core.events import EVENTS
from nostro.core.log import Cursor, records
from nostro.core.models import Record, User
from nostro.core.queries import query
from nostro.hooks.events import DeliveriesAttempted, DeliveriesQueued, DeliveryReplayed
from nostro.hooks.models import ApiKey, Delivery, Endpoint
from nostro.hooks.operations.keys import hashed

ABOUT_DELIVERIES = {DeliveriesAttempted.name, DeliveriesQueued.name, DeliveryReplayed.name}
"""Never sent: each delivery would cause the next one."""
KEPT_FROM_CLIENTS = ("compliance", "notes")
"""What staff found or wrote about a client is not told to them: tipping off is an offence."""


def _own[M: models.Model](
    act: Act, rows: models.QuerySet[M], *, path: str = ""
) -> models.QuerySet[M]:
    """Everybody's for staff with no limit to their rows; one's own for all others."""
    actor = act.actor
    if actor.kind == "system" or (actor.kind == "staff" and actor.grants.scope == Scope()):
        return rows
    mine = {f"{path}owner__kind": actor.kind, f"{path}owner__person_id": actor.id}
    return rows.filter(**mine)


@query(finds=ApiKey, open_to=("client", "partner"))
def api_keys(act: Act) -> models.QuerySet[ApiKey]:
    """API keys, newest first."""
    rows = ApiKey.objects.select_related("owner", "bucket").order_by("-made_at", "-pk")
    return _own(act, rows)


@query(finds=Endpoint, open_to=("client",))
def endpoints(act: Act) -> models.QuerySet[Endpoint]:
    """Webhook endpoints, newest first."""
    return _own(act, Endpoint.objects.select_related("owner").order_by("-made_at", "-pk"))


@query(finds=Delivery, open_to=("client",))
def deliveries(act: Act) -> models.QuerySet[Delivery]:
    """What was sent to endpoints or waits for it, newest first."""
    rows = Delivery.objects.select_related("endpoint", "endpoint__owner").order_by("-pk")
    return _own(act, rows, path="endpoint__")


def owner_of_token(token: str) -> tuple[User, ApiKey] | None:
    """Who a key speaks for, while it is neither revoked nor expired."""
    key = ApiKey.objects.select_related("owner").filter(token_hash=hashed(token)).first()
    if key is None or key.revoked_at is not None:
        return None
    if key.expires_at is not None and key.expires_at <= now():
        return None
    return key.owner, key


class OldestOpen(models.Func):
    """The transaction before which every writer has ended: nobody can commit behind it."""

    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    arity = 0
    output_field = models.BigIntegerField()


def events_after(
    act: Act, after: Cursor, *, limit: int, names: Collection[str] | None = None
) -> models.QuerySet[Record]:
    """The log in the order of commits, behind a cursor, as far as the asker may see it."""
    later = models.Q(xid__gt=after.xid) | models.Q(xid=after.xid, id__gt=after.id)
    # The first condition says less than `later`, and lets the index begin at the cursor.
    rows = records(act).filter(models.Q(xid__gte=after.xid), later, xid__lt=OldestOpen())
    if names is not None:
        rows = rows.filter(name__in=names)
    if act.actor.kind == "client":
        kept = [one.name for one in EVENTS.values() if one.group in KEPT_FROM_CLIENTS]
        own = models.Q(actor_kind="client", actor_id=act.actor.id)
        rows = rows.filter(~models.Q(name__in=kept) | own)
    return rows.order_by("xid", "id")[:limit]


def told(record: Record) -> dict[str, Any]:
    """An event as it leaves the house: in the API's feed and in a webhook's body alike."""
    return {
        "id": record.pk,
        "cursor": str(Cursor(record.xid, record.pk)),
        "event": record.name,
        "at": record.at.isoformat(),
        "subject": {"type": record.subject_type, "id": record.subject_id},
        "client_id": record.client_id,
        "entity_id": record.entity_id,
        "actor": {"kind": record.actor_kind, "id": record.actor_id},
        "data": record.data,
    }


def secret_of(endpoint: Endpoint) -> str:
    return str(secrets.opened({"secret": endpoint.sealed_secret})["secret"])


def private_allowed() -> bool:
    """Whether webhooks may go to the house's own network: for development and the demo."""
    return bool(settings.NOSTRO_PRIVATE_WEBHOOKS)
