"""What anyone can ask about applications, documents, lists and hits."""

from typing import Any

from django.db import models

from nostro.compliance.models import (
    AgreementText,
    Application,
    CheckResult,
    Document,
    Flow,
    Hit,
    ListVersion,
    unsealed,
)
from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.models import User
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
        return rows.filter(entity__client__pk=act.actor.id or 0)
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


def numbers(model: type[models.Model], ids: set[int]) -> dict[int, str]:
    """How some things are called, for timelines."""
    return {row.pk: str(row) for row in model._base_manager.filter(pk__in=ids)}


def sign_in_of(client: Client) -> User:
    """The sign-in of a client who has just proven their address."""
    return User.objects.get(kind=User.Kind.CLIENT, person_id=client.pk)
