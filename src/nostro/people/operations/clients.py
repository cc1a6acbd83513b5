"""A client's file: details, standing, level, risk, who looks after them, notes and tags."""

from datetime import date

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.people.countries import COUNTRIES
from nostro.people.events import (
    ClientActivated,
    ClientMoved,
    DetailsChanged,
    ExternalNumberSet,
    LevelSet,
    NoteAdded,
    NoteCorrected,
    OwnerAssigned,
    PartnerLinked,
    RiskSet,
    TagAdded,
    TagRemoved,
)
from nostro.people.importing import READS_LIKE_OURS, is_elsewhere
from nostro.people.models import Client, Note, Staff, Tag


class NothingChanged(Problem):
    """What was sent is what stands there already."""


class BadDetail(Problem):
    """A detail that cannot be true."""


@operation(open_to=("client",), title="Change details", icon="pencil")
def change_details(
    act: Act,
    client: Client,
    *,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
    address: str = "",
    nationality: str = "",
    birth_date: date | None = None,
    country: str = "",
) -> Client:
    """Correct or complete a client's details. Empty fields stay as they are."""
    if birth_date and birth_date >= act.at.date():
        raise BadDetail("A birth date lies in the past.", field="birth_date")
    for name, value in (("country", country), ("nationality", nationality)):
        if value and value not in COUNTRIES:
            raise BadDetail("Choose a country from the list.", field=name)
    wanted = {
        "first_name": first_name.strip(), "last_name": last_name.strip(), "phone": phone.strip(),
        "address": address.strip(), "nationality": nationality, "birth_date": birth_date,
        "country": country,
    }  # fmt: skip
    changed = [name for name, value in wanted.items() if value and getattr(client, name) != value]
    if not changed:
        raise NothingChanged("That is what stands there already.")
    for name in changed:
        setattr(client, name, wanted[name])
    client.save(update_fields=changed)
    act.record(DetailsChanged(changed), about=client)
    return client


def _move(act: Act, client: Client, status: str, reason: str) -> Client:
    was = client.status
    client.move_to(status)
    act.record(ClientMoved(was, status, reason), about=client)
    return client


@operation(internal=True)
def move_to_review(act: Act, client: Client, *, reason: str) -> Client:
    """The application is being looked at."""
    return _move(act, client, Client.Status.IN_REVIEW, reason)


@operation(title="Activate", icon="check")
def activate_client(act: Act, client: Client, *, reason: str) -> Client:
    """Let the client do what their verification level allows."""
    client.move_to(Client.Status.ACTIVE)
    act.record(ClientActivated(reason), about=client)
    return client


@operation(title="Restrict", icon="lock", tone="refuse")
def restrict_client(act: Act, client: Client, *, reason: str) -> Client:
    """Close positions and withdraw only, until it is lifted."""
    return _move(act, client, Client.Status.RESTRICTED, reason)


@operation(title="Refuse", icon="x", tone="refuse")
def refuse_client(act: Act, client: Client, *, reason: str) -> Client:
    """Refuse to open a relationship, with the reason."""
    return _move(act, client, Client.Status.REFUSED, reason)


@operation(title="Close", icon="x", tone="refuse")
def close_client(act: Act, client: Client, *, reason: str) -> Client:
    """End the relationship. Records are kept as long as the licence asks."""
    return _move(act, client, Client.Status.CLOSED, reason)


@operation(title="Set level", icon="shield-check")
def set_level(act: Act, client: Client, *, level: int, reason: str) -> Client:
    """Set the verification level, 0 to 2, with the reason."""
    if not 0 <= level <= 2:
        raise BadDetail("A verification level is 0, 1 or 2.", field="level")
    was, client.level = client.level, level
    client.save(update_fields=["level"])
    act.record(LevelSet(level, was, reason), about=client)
    return client


@operation(internal=True)
def set_risk(
    act: Act, client: Client, *, risk: str, score: int, decision: int | None = None
) -> Client:
    """Write down the risk that the rules computed."""
    if risk not in Client.Risk.values:
        raise BadDetail("A risk is low, medium or high.", field="risk")
    was, client.risk, client.risk_score = client.risk, risk, score
    client.save(update_fields=["risk", "risk_score"])
    act.record(RiskSet(risk, was, score, decision), about=client)
    return client


@operation(title="Assign", icon="user")
def assign_owner(act: Act, client: Client, *, owner: Staff) -> Client:
    """Say who looks after the client."""
    client.owner = owner
    client.save(update_fields=["owner"])
    act.record(OwnerAssigned(owner.pk), about=client)
    return client


@operation(internal=True)
def link_partner(act: Act, client: Client, *, partner_id: int, how: str) -> Client:
    """Write down through which partner the client came, and how we know."""
    client.partner_id = partner_id
    client.save(update_fields=["partner_id"])
    act.record(PartnerLinked(partner_id, how), about=client)
    return client


@operation(title="Set their number elsewhere", verb="Set number", icon="hash")
def set_external_number(act: Act, client: Client, *, number: str) -> Client:
    """Write down which number the client has in another system, such as the one before this. It
    finds them in files of logins. Empty takes it away.
    """
    wanted = number.strip()
    if wanted == client.external_number:
        raise NothingChanged("That is what stands there already.", field="number")
    if len(wanted) > 40:
        raise BadDetail("A number has 40 letters at most.", field="number")
    if not is_elsewhere(wanted):
        raise BadDetail(f"This is no number elsewhere: {READS_LIKE_OURS}.", field="number")
    other = Client.objects.filter(external_number=wanted).exclude(external_number="").first()
    if other is not None:
        raise BadDetail(f"{other} has this number already.", field="number")
    client.external_number = wanted
    client.save(update_fields=["external_number"])
    act.record(ExternalNumberSet(), about=client)
    return client


@operation(title="Add a note", icon="note", lock=False)
def add_note(act: Act, client: Client, *, text: str, pinned: bool = False) -> Note:
    """Write something down about the client. Notes are never edited."""
    if not text.strip():
        raise BadDetail("Write something.", field="text")
    note = Note.objects.create(
        client=client, author_id=act.actor.id if act.actor.kind == "staff" else None,
        text=text.strip(), pinned=pinned, at=act.at,
    )  # fmt: skip
    act.record(NoteAdded(note.pk), about=client)
    return note


@operation(title="Correct a note", icon="pencil")
def correct_note(act: Act, note: Note, *, text: str, pinned: bool = False) -> Note:
    """Write it anew. The old note is kept, and no longer shown."""
    if not text.strip():
        raise BadDetail("Write something.", field="text")
    if Note.objects.filter(supersedes=note).exists():
        raise NothingChanged("This note has been corrected already. Correct the newer one.")
    if (text.strip(), pinned) == (note.text, note.pinned):
        raise NothingChanged("That is what stands there already.", field="text")
    newer = Note.objects.create(
        client_id=note.client_id, author_id=act.actor.id if act.actor.kind == "staff" else None,
        text=text.strip(), pinned=pinned, at=act.at, supersedes=note,
    )  # fmt: skip
    act.record(NoteCorrected(newer.pk, note.pk), about=newer)
    return newer


@operation(title="Add a tag", icon="tag", lock=False)
def tag_client(act: Act, client: Client, *, tag: str) -> Client:
    """Put a word on the client."""
    if not tag.strip():
        raise BadDetail("Write a word.", field="tag")
    if len(tag.strip()) > 40:
        raise BadDetail("A tag has 40 letters at most.", field="tag")
    _, made = Tag.objects.get_or_create(client=client, text=tag.strip().lower())
    if not made:
        raise NothingChanged("The client has this tag already.", field="tag")
    act.record(TagAdded(tag.strip().lower()), about=client)
    return client


@operation(title="Remove a tag", icon="tag", lock=False)
def untag_client(act: Act, client: Client, *, tag: str) -> Client:
    """Take a word off the client."""
    gone, _ = Tag.objects.filter(client=client, text=tag).delete()
    if not gone:
        raise NothingChanged("The client does not have this tag.", field="tag")
    act.record(TagRemoved(tag), about=client)
    return client
