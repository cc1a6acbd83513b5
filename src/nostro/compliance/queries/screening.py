"""Screening: the index over the lists in force, whom to look for, and what is known already."""

import hashlib
import hmac
import json
from functools import lru_cache

from django.db import models

from nostro.compliance import matching
from nostro.compliance.lists import ListEntry
from nostro.compliance.models import Hit, ListedEntry, ListVersion
from nostro.compliance.names import Kind
from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.log import records
from nostro.people.models import Client


def entry_of(row: ListedEntry) -> ListEntry:
    return ListEntry(
        row.list, row.entry_id, Kind(row.kind), tuple(row.names), tuple(row.weak_names),
        tuple(row.birth_dates), tuple(row.countries), tuple(row.identifiers),
        tuple(row.programmes), row.content_hash,
    )  # fmt: skip


def lists_in_force() -> tuple[tuple[str, int], ...]:
    """The current version of each list, by name: what a screening was made against."""
    rows = ListVersion.objects.values_list("list").annotate(models.Max("number"))
    return tuple(sorted(rows))


@lru_cache(maxsize=1)
def _index(lists: tuple[tuple[str, int], ...]) -> matching.Index:
    rows = ListedEntry.objects.filter(until=None).order_by("pk")
    return matching.Index([entry_of(row) for row in rows.iterator()])


def index_in_force() -> matching.Index:
    """The index over every list in force, built once a process for each set of versions."""
    return _index(lists_in_force())


def index_of_delta(name: str, number: int) -> matching.Index:
    """The index over what one version brought that was not there before."""
    rows = ListedEntry.objects.filter(list=name, since=number, until=None)
    return matching.Index([entry_of(row) for row in rows])


def query_for(client: Client) -> matching.Query:
    """Whom to look for. Birth date and countries always go along: fewer strangers are found."""
    kind = Kind.PERSON if client.kind == "individual" else Kind.ORGANISATION
    return matching.Query(
        name=client.name, kind=kind, birth_date=client.birth_date,
        countries=frozenset(filter(None, (client.country, client.nationality))),
    )  # fmt: skip


def asked_hash(query: matching.Query) -> str:
    """What a decision about a hit was made on: it does not hold for other details."""
    asked = json.dumps([query.name, str(query.birth_date), sorted(query.countries)])
    return hmac.new(secrets.derived("screening"), asked.encode(), hashlib.sha256).hexdigest()


def record_of(act: Act) -> int | None:
    """The client whom the record is about that caused an act."""
    return records(act).filter(pk=act.cause or 0).values_list("client_id", flat=True).first()


def unknown_hits(client: Client, found: list[matching.Hit]) -> bool:
    """Whether any of these is new for the client as they are described today."""
    asked = asked_hash(query_for(client))
    known = Hit.objects.filter(client=client, asked_hash=asked)
    return bool({one.content_hash for one in found} - set(
        known.values_list("content_hash", flat=True)
    ))  # fmt: skip
