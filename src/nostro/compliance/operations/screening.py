"""Sanctions lists as versions, and what is said of each possible hit."""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from nostro.compliance import matching
from nostro.compliance.events import (
    HitCleared,
    HitConfirmed,
    HitFound,
    ListLoaded,
    ScreeningDone,
)
from nostro.compliance.lists import LARGEST_FILE, ListEntry, ListRead, read_ofac, read_un
from nostro.compliance.models import Hit, ListedEntry, ListVersion, sealed
from nostro.compliance.queries.screening import asked_hash
from nostro.core.acts import Act
from nostro.core.files import Upload
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.people import operations as people
from nostro.people.models import Client

BATCH = 2000
MOST_UNREAD = 500


class NotAList(Problem):
    """Nothing in the file could be read as a sanctions list."""


class LoadedAlready(Problem):
    """The same list, word for word, is in force."""


class NoteNeeded(Problem):
    """A decision about a person needs its reason."""


def read_list(path: Path) -> ListRead:
    """A list by what the file is: a folder or archive of OFAC's, or XML in the UN's format."""
    if not path.exists():
        raise NotAList(f"There is no file {path.name}.")
    if path.is_dir() or path.suffix.lower() == ".zip":
        return read_ofac(path)
    if path.stat().st_size > LARGEST_FILE:
        raise NotAList("The file is too large for a list.")
    stem = path.stem.upper()[:16]
    return read_un(path, name="UN" if "UN" in stem or "CONSOLIDATED" in stem else stem)


@operation(internal=True)
def load_list(act: Act, *, path: Path) -> ListVersion:
    """Load a sanctions list from a file on this machine, as a new version."""
    return _loaded(act, read_list(path))


@operation(title="Load a list", icon="table-import")
def upload_list(act: Act, *, file: Upload) -> ListVersion:
    """Load OFAC's archive (.zip) or a list in the UN's format (.xml). Clients are screened
    against what is new right after.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name).name
        path.write_bytes(file.content)
        return _loaded(act, read_list(path))


def _loaded(act: Act, read: ListRead) -> ListVersion:
    if not read.entries:
        why = read.unread[0] if read.unread else "The file holds no entry"
        raise NotAList(f"{why}.", field="file")
    name = read.entries[0].list
    entries = {one.entry_id: one for one in read.entries}
    digest = hashlib.sha256(
        json.dumps(sorted(one.content_hash for one in entries.values())).encode()
    ).hexdigest()
    before = ListVersion.objects.filter(list=name).order_by("-number").first()
    if before is not None and before.sha256 == digest:
        raise LoadedAlready(f"{before} has exactly these entries.", field="file")
    number = before.number + 1 if before else 1
    current = ListedEntry.objects.filter(list=name, until=None)
    known = dict(current.values_list("entry_id", "content_hash"))
    fresh = [one for key, one in entries.items() if known.get(key) != one.content_hash]
    changed = {one.entry_id for one in fresh if one.entry_id in known}
    removed = known.keys() - entries.keys()
    current.filter(entry_id__in=changed | removed).update(until=number)
    ListedEntry.objects.bulk_create([_row(one, number) for one in fresh], batch_size=BATCH)
    version = ListVersion.objects.create(
        list=name, number=number, sha256=digest, entries=len(entries), changed=len(changed),
        added=len(fresh) - len(changed), removed=len(removed), loaded_at=act.at,
        unread=read.unread[:MOST_UNREAD],
    )  # fmt: skip
    act.record(
        ListLoaded(name, number, version.added, version.changed, version.removed, len(read.unread)),
        about=version,
    )
    return version


def _row(entry: ListEntry, number: int) -> ListedEntry:
    return ListedEntry(
        list=entry.list, entry_id=entry.entry_id, kind=entry.kind.value, names=entry.names,
        weak_names=entry.weak_names, birth_dates=entry.birth_dates, countries=entry.countries,
        identifiers=entry.identifiers, programmes=entry.programmes,
        content_hash=entry.content_hash, since=number,
    )  # fmt: skip


def keep_hits(
    act: Act, client: Client, query: matching.Query, found: Sequence[matching.Hit]
) -> list[Hit]:
    """Write down what is new, inside an operation. What was cleared for these data stays so."""
    asked = asked_hash(query)
    known = set(
        Hit.objects.filter(client=client, asked_hash=asked).values_list("content_hash", flat=True)
    )
    new = [one for one in found if one.content_hash not in known]
    rows = {
        row.content_hash: row
        for row in ListedEntry.objects.filter(
            content_hash__in=[one.content_hash for one in new], until=None
        )
    }
    made = []
    for one in new:
        row = rows.get(one.content_hash)
        if row is None:
            continue
        hit = Hit.objects.create(
            client=client, entry=row, content_hash=one.content_hash, asked_hash=asked,
            score=Decimal(str(one.score)), threshold=Decimal(str(matching.THRESHOLD)),
            list_version=row.since, found_at=act.at, status=Hit.Status.OPEN,
            said_sealed=sealed(client.pk, _said(one)),
        )  # fmt: skip
        act.record(HitFound(hit.pk, one.list, f"{one.score:.2f}"), about=hit)
        made.append(hit)
    return made


def _said(hit: matching.Hit) -> dict[str, object]:
    factors = [[one.code, round(one.change, 4), one.sentence] for one in hit.explanation]
    return {"name": hit.name, "factors": factors}


@operation(internal=True, lock=False)
def screened(
    act: Act, client: Client, *, query: matching.Query, hits: list[matching.Hit]
) -> list[Hit]:
    """Keep what a screening of one client found."""
    new = keep_hits(act, client, query, hits)
    act.record(ScreeningDone(len(hits), len(new)), about=client)
    return new


def _note(hit: Hit, note: str) -> bytes:
    if len(note.strip()) < 3:
        raise NoteNeeded("Say in a few words why.", field="note")
    return sealed(hit.client_id, {**hit.said, "note": note.strip()})


@operation(title="Not them", verb="Not them", icon="check")
def clear_hit(act: Act, hit: Hit, *, note: str) -> Hit:
    """Say that the client is somebody else. It holds until their data or the entry change."""
    hit.move_to(Hit.Status.CLEARED, said_sealed=_note(hit, note), decided_by=act.actor.id)
    act.record(HitCleared(hit.pk), about=hit)
    return hit


@operation(title="Is them", verb="Is them", icon="alert-octagon", tone="refuse")
def confirm_hit(act: Act, hit: Hit, *, note: str) -> Hit:
    """Say that the client is the one on the list. An active account is restricted at once."""
    hit.move_to(Hit.Status.CONFIRMED, said_sealed=_note(hit, note), decided_by=act.actor.id)
    act.record(HitConfirmed(hit.pk), about=hit)
    client = Client.objects.select_for_update().get(pk=hit.client_id)
    if client.status == Client.Status.ACTIVE:
        people.restrict_client(act, client, reason="A hit on a list was confirmed")
    return hit
