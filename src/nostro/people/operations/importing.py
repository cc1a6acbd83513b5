"""Clients from another system: a file is checked line by line, agreed to by a second person, and
brought over in the background. Nothing is kept of a line before that.

Nobody is written to. Whoever is brought over signs in once they have asked for a new password.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import batched
from typing import Any

from django.conf.locale import LANG_INFO

from nostro.core.acts import Act
from nostro.core.approvals import BY_OTHERS
from nostro.core.files import Upload, read, store
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Currency
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.people import importing, queries
from nostro.people.events import (
    ClientImported,
    ClientsImported,
    ImportChecked,
    ImportCompleted,
    ImportDropped,
    ImportRead,
    ImportStarted,
)
from nostro.people.importing import Firm, Line
from nostro.people.models import Brand, Client, ClientImport, ClientImportRow, LegalEntity
from nostro.people.operations.agreed import check_still, check_unchanged, proposed_only_in

Status, Row = ClientImport.Status, ClientImportRow.Status
PORTION = 5000
LANGUAGES = frozenset(one for one in LANG_INFO if len(one) <= 5)


class NothingToImport(Problem):
    """No line of it can be brought over."""

    status = 409


@operation(title="Import clients", icon="users-plus", lock=False)
def read_import(act: Act, *, file: Upload) -> ClientImport:
    """Check a file of clients from another system. Nobody is brought over yet."""
    for _ in importing.FORMAT.lines(file.content):
        pass  # what is no CSV further down is said now: nobody waits for the check of such a file
    made = ClientImport.objects.create(
        stored=store(act, replace(file, content_type="text/csv"), client_id=None),
        maker_id=act.actor.id if act.actor.kind == "staff" else None, made_at=act.at,
        status=Status.CHECKING,
    )  # fmt: skip
    act.record(ImportRead(), about=made)
    return made


@operation(title="Check again", icon="refresh")
def check_import_again(act: Act, client_import: ClientImport) -> ClientImport:
    """Check who is not brought over once more: what was in the way may be mended by now."""
    client_import.move_to(Status.CHECKING)
    client_import.rows.exclude(status=Row.DONE).delete()
    act.record(ImportRead(), about=client_import)
    return client_import


@operation(internal=True)
def check_import(act: Act, client_import: ClientImport) -> ClientImport:
    """Write down what would become of each line. Then it waits for people."""
    check_still(client_import, Status.CHECKING)
    entities = _entities(client_import)
    done = set(client_import.rows.values_list("number", flat=True))
    lines = _lines(act, client_import, entities.values())
    for some in batched((one for one in lines if one.number not in done), PORTION):
        faults = _taken(some)
        ClientImportRow.objects.bulk_create(
            ClientImportRow(
                found_in=client_import, number=one.number, said=faults[one.number][:300],
                status=Row.REFUSED if faults[one.number] else Row.PLANNED, at=act.at,
                entity=entities.get(one.values.get("entity", "")),
                country=str(one.values.get("country", ""))[:2],
            )
            for one in some
        )  # fmt: skip
    counts = queries.import_counts([client_import])[client_import.pk]
    nobody_new = counts.done and not counts.planned
    client_import.move_to(Status.DONE if nobody_new else Status.READY)
    act.record(ImportChecked(counts.planned, counts.refused), about=client_import)
    return client_import


def _entities(client_import: ClientImport) -> dict[str, LegalEntity]:
    return {one.code: one for one in queries.entities_of(client_import.maker_id)}


def _lines(
    act: Act, client_import: ClientImport, entities: Iterable[LegalEntity]
) -> Iterable[Line]:
    brands = {one.code: {brand.slug for brand in one.brands.all()} for one in entities}
    firm = Firm(brands, LANGUAGES, act.at.date())
    return importing.read(read(client_import.stored), firm)


def _taken(lines: Sequence[Line]) -> dict[int, str]:
    """Line → what keeps it from being brought over, in itself or because of who is here already."""
    right = [one.values for one in lines if not one.fault]
    emails = _there(User, "email", {one["email"] for one in right})
    numbers = _there(Client, "external_number", {one["external_number"] for one in right} - {""})
    codes = {one["partner"].lower() for one in right} - {""}
    partners = {code for ask in queries.REFERRALS for code in ask(codes)} if codes else set()

    def said(values: Mapping[str, Any]) -> str:
        if values["email"] in emails:
            return "Somebody signs in with this e-mail address already."
        if values["external_number"] in numbers:
            return "A client has this external number already."
        if values["partner"] and values["partner"].lower() not in partners:
            return f"No partner has the code “{values['partner']}”."
        return ""

    return {one.number: one.fault or said(one.values) for one in lines}


def _there(model: Any, name: str, wanted: Collection[str]) -> set[str]:
    rows = model.objects.filter(**{f"{name}__in": sorted(wanted)})
    return set(rows.values_list(name, flat=True)) if wanted else set()


@operation(title="Bring over", icon="users-plus",
           confirm="A second person has to agree. Nobody is written to.")  # fmt: skip
def start_import(act: Act, client_import: ClientImport) -> ClientImport:
    """Open a file for each client of the list that can be brought over, in the background."""
    counts = queries.import_counts([client_import])[client_import.pk]
    if client_import.status != Status.READY:
        raise WrongState(f"{client_import} is {client_import.status_label.lower()}.")
    if not counts.planned:
        raise NothingToImport("Nobody can be brought over: each line says why.")
    check_unchanged(act, start_import.name, client_import)
    client_import.move_to(Status.RUNNING, started_at=act.at)
    act.record(ImportStarted(counts.planned), about=client_import)
    return client_import


BY_OTHERS.add(start_import.name)
proposed_only_in(start_import.name, Status.READY)


@operation(title="Drop", icon="trash", tone="refuse")
def drop_import(act: Act, client_import: ClientImport, *, reason: str) -> ClientImport:
    """Put a file aside that is not going to be brought over."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    client_import.move_to(Status.DROPPED, reason=whole(reason), ended_at=act.at)
    act.record(ImportDropped(whole(reason)), about=client_import)
    return client_import


@operation(internal=True)
def import_clients(act: Act, client_import: ClientImport, *, most: int) -> ClientImport:
    """Bring over the next `most` clients. Whoever has come to be here meanwhile is refused."""
    check_still(client_import, Status.RUNNING)
    rows = list(
        client_import.rows.select_for_update()
        .filter(status=Row.PLANNED).order_by("number")[:most]
    )  # fmt: skip
    by_number = {one.number: one for one in rows}
    entities = _entities(client_import)
    lines = [
        one for one in _lines(act, client_import, entities.values()) if one.number in by_number
    ]
    faults = _taken(lines)
    for line in lines:
        row, row.at = by_number[line.number], act.at
        row.status, row.said = Row.REFUSED, faults[line.number][:300]
    fit = [one for one in lines if not faults[one.number]]
    clients = _made(act, fit, entities)
    for line, client in zip(fit, clients, strict=True):
        row = by_number[line.number]
        row.status, row.client = Row.DONE, client
    ClientImportRow.objects.bulk_update(rows, ["status", "said", "client", "at"], batch_size=500)
    ids = [one.pk for one in clients]
    act.record(ClientsImported(len(ids), len(rows) - len(ids), ids), about=client_import)
    if not client_import.rows.filter(status=Row.PLANNED).exists():
        counts = queries.import_counts([client_import])[client_import.pk]
        client_import.move_to(Status.DONE, ended_at=act.at)
        act.record(ImportCompleted(counts.done, counts.refused), about=client_import)
    return client_import


def _made(act: Act, lines: Sequence[Line], entities: Mapping[str, LegalEntity]) -> list[Client]:
    """The clients of some lines with a sign-in each, in the same statements for any number."""
    brands = {one.slug: one for one in Brand.objects.all()}
    clients = [_client(act, one.values, entities[one.values["entity"]], brands) for one in lines]
    Client.objects.bulk_create(clients)
    users = [User(email=one.email, kind=User.Kind.CLIENT, person_id=one.pk) for one in clients]
    for user in users:
        user.set_unusable_password()
    User.objects.bulk_create(users)
    for client, line in zip(clients, lines, strict=True):
        values = line.values
        event = ClientImported(
            values["entity"], values["brand"], client.country, client.referral_code,
            client.status, client.level,
        )  # fmt: skip
        act.record(event, about=client)
    return clients


def _client(
    act: Act, values: Mapping[str, Any], entity: LegalEntity, brands: Mapping[str, Brand]
) -> Client:
    """They have accounts where they come from, so none is opened for them (`account_type`)."""
    day = values["registered"]
    since = datetime.combine(day, time(12), UTC) if day else act.at
    return Client(
        entity=entity, brand=brands[values["brand"]], email=values["email"],
        first_name=values["first_name"], last_name=values["last_name"], phone=values["phone"],
        country=values["country"], nationality=values["nationality"],
        birth_date=values["birth_date"], address=values["address"], language=values["language"],
        category=values["category"], level=values["level"], referral_code=values["partner"],
        external_number=values["external_number"], account_type="",
        base_currency=Currency(values["currency"] or entity.base_currency),
        registered_at=min(since, act.at), status=values["status"], status_at=act.at,
    )  # fmt: skip
