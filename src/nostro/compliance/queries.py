"""What anyone can ask about applications, documents, lists and hits."""

import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

from django.db import models

from nostro.compliance import matching
from nostro.compliance.lists import ListEntry
from nostro.compliance.models import (
    AgreementText,
    Application,
    CheckResult,
    Document,
    Flow,
    Hit,
    ListedEntry,
    ListVersion,
    unsealed,
)
from nostro.compliance.names import Kind
from nostro.core import secrets
from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.log import records
from nostro.core.queries import query
from nostro.people.models import Client


@query(finds=Application, open_to=("client",))
def applications(act: Act) -> models.QuerySet[Application]:
    """Applications, newest first."""
    rows = Application.objects.select_related(
        "client", "client__entity", "client__brand", "flow", "questionnaire"
    )
    return visible(act.actor, rows.order_by("-started_at", "-id"))


@query(finds=Document, open_to=("client",))
def documents(act: Act) -> models.QuerySet[Document]:
    """Documents of clients, newest first."""
    rows = Document.objects.select_related("client", "client__entity", "file", "file__key")
    return visible(act.actor, rows.order_by("-uploaded_at", "-id"))


@query(finds=Hit)
def hits(act: Act) -> models.QuerySet[Hit]:
    """Possible hits on lists, newest first. Clients never see them."""
    rows = Hit.objects.select_related("client", "client__entity", "entry")
    return visible(act.actor, rows.order_by("-found_at", "-id"))


@query(finds=AgreementText, open_to=("client",))
def agreement_texts(act: Act) -> models.QuerySet[AgreementText]:
    """The texts clients agree to, every version of them."""
    rows = AgreementText.objects.select_related("entity").order_by("entity", "kind", "-number")
    if act.actor.kind == "client":
        return rows.filter(entity__client__pk=act.actor.id)
    allowed = act.actor.grants.scope.entities
    return rows if allowed is None else rows.filter(entity_id__in=allowed)


@query(finds=Flow)
def flows(act: Act) -> models.QuerySet[Flow]:
    """The versions of the onboarding flows."""
    return Flow.objects.order_by("-published_at")


@query(finds=ListVersion)
def list_versions(act: Act) -> models.QuerySet[ListVersion]:
    """Loaded sanctions lists, newest first."""
    return ListVersion.objects.order_by("-loaded_at", "-id")


def results(application: Application) -> list[dict[str, Any]]:
    """The checks of the latest run, with their sentences and evidence; what failed comes first."""
    order = {"fail": 0, "review": 1, "pass": 2}
    rows = CheckResult.objects.filter(application=application, run=application.run)
    found = [
        {"code": row.code, "verdict": row.verdict, "required": row.required,
         **unsealed(application.client_id, row.said_sealed)}
        for row in rows.order_by("pk")
    ]  # fmt: skip
    return sorted(found, key=lambda one: order[str(one["verdict"])])


def duplicates(document: Document) -> list[int]:
    """Clients of the house, other than its own, who sent the same document."""
    same = models.Q(sent_sha256=document.sent_sha256)
    if document.number_hash:
        same |= models.Q(number_hash=document.number_hash)
    rows = Document.objects.filter(same).exclude(client_id=document.client_id)
    return sorted(set(rows.values_list("client_id", flat=True)))


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


def numbers(model: type[models.Model], ids: set[int]) -> dict[int, str]:
    """How some things are called, for timelines."""
    return {row.pk: str(row) for row in model._base_manager.filter(pk__in=ids)}


def asked_hash(query: matching.Query) -> str:
    """What a decision about a hit was made on: it does not hold for other details."""
    asked = json.dumps([query.name, str(query.birth_date), sorted(query.countries)])
    return hmac.new(secrets.derived("screening"), asked.encode(), hashlib.sha256).hexdigest()


def record_of(act: Act) -> int | None:
    """The client whom the record is about that caused an act."""
    return records(act).filter(pk=act.cause).values_list("client_id", flat=True).first()


def unknown_hits(client: Client, found: list[matching.Hit]) -> bool:
    """Whether any of these is new for the client as they are described today."""
    asked = asked_hash(query_for(client))
    known = Hit.objects.filter(client=client, asked_hash=asked)
    return bool({one.content_hash for one in found} - set(
        known.values_list("content_hash", flat=True)
    ))  # fmt: skip
