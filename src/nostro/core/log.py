"""Reading the log: one feed in commit order, and what somebody may see of it."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.core.queries import query
from nostro.kit.problems import Forbidden


@dataclass(frozen=True)
class Cursor:
    """Where a reader of the feed stands. Ids alone would lose what commits late."""

    xid: int = 0
    id: int = 0

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        xid, _, id = (text or "0-0").partition("-")
        return cls(int(xid), int(id or 0))

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"


def feed(after: Cursor, *, limit: int = 500) -> list[Record]:
    """Events in commit order after a cursor: only those whose writers can no longer be overtaken.

    An event is shown once every transaction that began before it has ended, so a slow one is
    waited for and never jumped over.
    """
    return list(
        Record.objects.raw(
            "SELECT * FROM core_record WHERE (xid, id) > (%s, %s)"
            " AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            " ORDER BY xid, id LIMIT %s",
            [after.xid, after.id, limit],
        )
    )


def feed_end() -> Cursor:
    """The newest place in the feed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xid, id FROM core_record"
            " WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            " ORDER BY xid DESC, id DESC LIMIT 1"
        )
        found = cursor.fetchone()
    return Cursor(*found) if found else Cursor()


@query(finds=Record, open_to=("client",))
def records(act: Act) -> models.QuerySet[Record]:
    """The log, as far as the asker may see it: by legal entity, and by client where limited."""
    rows = Record.objects.order_by("-at", "-id")
    actor = act.actor
    if actor.kind == "client":
        return rows.filter(client_id=actor.id)
    scope = actor.grants.scope
    if actor.kind == "staff" and scope.entities is not None:
        nobodys = models.Q(entity_id=None, client_id=None)
        theirs = models.Q(entity_id=None, client_id__in=clients_seen(act))
        rows = rows.filter(models.Q(entity_id__in=scope.entities) | nobodys | theirs)
    if actor.kind == "staff" and scope.narrow:
        rows = rows.filter(client_id__in=clients_seen(act))
    return rows if actor.kind in ("staff", "system") else rows.none()


CLIENTS_SEEN: list = []  # type: ignore[type-arg]
"""`people` puts its query of visible client ids here: the log knows ids, not people."""


def clients_seen(act: Act) -> Any:
    """The ids of the clients that the asker may see."""
    try:
        return CLIENTS_SEEN[0](act) if CLIENTS_SEEN else []
    except Forbidden:
        return []
