"""What anyone can ask about people and the firm."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count

from nostro.core.access import Actor, Grants, Scope, masks_for, visible
from nostro.core.acts import Act
from nostro.core.identity import ACTORS
from nostro.core.log import CLIENTS_SEEN
from nostro.core.models import Role, User
from nostro.core.queries import query
from nostro.people.models import (
    Brand,
    Client,
    ClientImport,
    ClientImportRow,
    Desk,
    LegalEntity,
    Note,
    Staff,
)
from nostro.ui.models import SignIn

MASKED = ("email", "phone", "address", "birth_date")
"""Personal data of a client that a role sees only where it was granted `people.client.<field>`."""


ACCOUNT_TYPES: list[Callable[[Brand], Sequence[tuple[str, str]]]] = []
"""Who knows which accounts a brand's firms offer, type and words of each: rooms above say so."""


def account_types(brand: Brand) -> list[tuple[str, str]]:
    """What somebody who registers with a brand may choose from; nothing where nobody knows."""
    return [one for ask in ACCOUNT_TYPES for one in ask(brand)]


@query(finds=Client, open_to=("client",))
def clients(act: Act) -> models.QuerySet[Client]:
    """Clients, newest first, as far as the asker sees them."""
    rows = visible(act.actor, Client.objects.order_by("-registered_at", "-id"), client="")
    rows = rows.select_related("entity", "brand", "owner")
    if act.actor.kind == "staff":
        masks = masks_for(act.actor, MASKED, prefix="people.client")
        return rows.masking(masks)  # type: ignore[attr-defined,no-any-return]
    return rows


@query(finds=LegalEntity, open_to=("client", "partner"))
def entities(act: Act) -> models.QuerySet[LegalEntity]:
    """Legal entities the asker works for."""
    rows = LegalEntity.objects.all()
    allowed = act.actor.grants.scope.entities
    if act.actor.kind == "staff" and allowed is not None:
        return rows.filter(pk__in=allowed)
    return rows


@query(finds=Brand)
def brands(act: Act) -> models.QuerySet[Brand]:
    """Brands of the house."""
    return Brand.objects.prefetch_related("entities").order_by("name")


@query(finds=Desk)
def desks(act: Act) -> models.QuerySet[Desk]:
    """Desks of the house."""
    return Desk.objects.order_by("name")


@query(finds=Staff)
def staff(act: Act) -> models.QuerySet[Staff]:
    """Colleagues."""
    rows = Staff.objects.select_related("desk", "user")
    return rows.prefetch_related("roles", "entities").order_by("name")


@query(finds=Note)
def notes(act: Act) -> models.QuerySet[Note]:
    """Notes about clients, newest first."""
    rows = visible(act.actor, Note.objects.select_related("author", "client"))
    return rows.order_by("-pinned", "-at") if act.actor.kind != "client" else rows.none()


@query(finds=Role)
def roles(act: Act) -> models.QuerySet[Role]:
    """Roles, and what each may do."""
    return Role.objects.order_by("title")


@query
def client_sign_ins(act: Act) -> models.QuerySet[SignIn]:
    """Where and when clients signed in, newest first."""
    seen = clients(act).order_by().values("pk")
    return SignIn.objects.filter(kind="client", person_id__in=seen).order_by("-at")


REFERRALS: list[Callable[[Collection[str]], set[str]]] = []
"""Who knows which of some codes, in small letters, belong to partners: the room above says so."""


@query(finds=ClientImport)
def imports(act: Act) -> models.QuerySet[ClientImport]:
    """Files of clients from other systems, newest first; where only some clients are seen, one's
    own.
    """
    rows = ClientImport.objects.select_related("stored").order_by("-made_at", "-id")
    if act.actor.kind == "staff" and act.actor.grants.scope != Scope():
        return rows.filter(maker_id=act.actor.id)
    return rows


@query(finds=ClientImportRow)
def import_rows(act: Act) -> models.QuerySet[ClientImportRow]:
    """Lines of imports with what becomes of each, as far as their file is seen."""
    rows = ClientImportRow.objects.select_related("found_in", "client", "entity")
    return rows.filter(found_in__in=imports(act).order_by()).order_by("found_in", "number")


@dataclass(frozen=True)
class ImportCounts:
    """How many lines of an import stand where."""

    planned: int = 0
    refused: int = 0
    done: int = 0

    @property
    def total(self) -> int:
        return self.planned + self.refused + self.done


def import_counts(rows: Sequence[ClientImport]) -> dict[int, ImportCounts]:
    """Import → how its lines stand. One statement."""
    found: dict[int, dict[str, int]] = {one.pk: {} for one in rows}
    lines = ClientImportRow.objects.filter(found_in__in=rows).order_by()
    for pk, status, many in lines.values_list("found_in", "status").annotate(many=Count("pk")):
        found[pk][status] = many
    return {pk: ImportCounts(**counts) for pk, counts in found.items()}


def import_reasons(row: ClientImport) -> list[tuple[str, int]]:
    """Why lines are refused, the most frequent sentence first."""
    rows = row.rows.filter(status=ClientImportRow.Status.REFUSED).order_by()
    return list(rows.values_list("said").annotate(many=Count("pk")).order_by("-many", "said")[:12])


def import_totals(row: ClientImport) -> list[Any]:
    """By legal entity and country: lines that are, or were, brought over."""
    rows = row.rows.exclude(status=ClientImportRow.Status.REFUSED).order_by(
        "entity__name", "country"
    )
    return list(rows.values("entity__name", "country").annotate(many=Count("pk")))


def entities_of(staff_id: int | None) -> models.QuerySet[LegalEntity]:
    """The legal entities that a colleague works for; all of them for the house itself."""
    rows = LegalEntity.objects.prefetch_related("brands")
    person = Staff.objects.filter(pk=staff_id or 0).prefetch_related("entities").first()
    limited = [one.pk for one in person.entities.all()] if person else []
    return rows.filter(pk__in=limited) if limited else rows


def printed(model: type[models.Model], ids: set[int]) -> dict[int, str]:
    """How things are called now, for sentences that only know their ids."""
    return {one.pk: str(one) for one in model._base_manager.filter(pk__in=ids)}


def client_names(ids: set[int]) -> dict[int, str]:
    rows = Client.objects.filter(pk__in=ids).only("first_name", "last_name")
    return {one.pk: one.name for one in rows}


def noted_clients(ids: set[int]) -> dict[int, int]:
    """Which client each of these notes is about."""
    return dict(Note.objects.filter(pk__in=ids).values_list("pk", "client_id"))


def staff_actor(user: User) -> Actor | None:
    """A colleague with all that their roles grant, in two statements."""
    person = (
        Staff.objects.filter(user=user, left_at=None).prefetch_related("roles", "entities").first()
    )
    if person is None:
        return None
    roles = list(person.roles.all())
    limited = [entity.pk for entity in person.entities.all()]
    scope = Scope(
        entities=frozenset(limited) if limited else None,
        desks=frozenset([person.desk_id]) if person.desk_id else None,
        countries=frozenset(person.countries) if person.countries else None,
        owner=person.pk if person.own_clients_only else None,
    )
    grants = Grants(
        names=frozenset(name for role in roles for name in role.names),
        scope=scope,
        unmasked=frozenset(name for role in roles for name in role.unmasked),
    )
    return Actor("staff", person.pk, person.name, grants)


def client_actor(user: User) -> Actor | None:
    """A client in the trader room: what is open to clients, on their own things."""
    client = Client.objects.filter(pk=user.person_id or 0).first()
    if client is None or client.status == Client.Status.CLOSED:
        return None
    return Actor("client", client.pk, client.name, Grants())


ACTORS["staff"] = staff_actor
ACTORS["client"] = client_actor
CLIENTS_SEEN.append(lambda act: clients(act).order_by().values("pk"))
