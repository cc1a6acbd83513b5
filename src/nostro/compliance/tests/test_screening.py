from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from nostro.compliance import operations, queries, reactions
from nostro.compliance.models import Document, Hit, ListedEntry, ListVersion
from nostro.compliance.operations.screening import LoadedAlready, NotAList
from nostro.compliance.tests import make as papers
from nostro.compliance.tests.shared import DEMO_LIST
from nostro.core.acts import Act, clock_at
from nostro.core.files import Upload
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden
from nostro.messages.models import Message
from nostro.people import operations as people
from nostro.people.models import Client
from tests import make

pytestmark = pytest.mark.django_db


def edited(tmp_path: Path, *, was: str, now: str) -> Path:
    path = tmp_path / DEMO_LIST.name
    path.write_text(DEMO_LIST.read_text().replace(was, now))
    return path


def listed(birth_date: date = date(1968, 3, 14)) -> Client:
    """An active client who bears a listed name."""
    client = make.client(first_name="Vargo", last_name="Zelenkov", country="RS")
    return people.change_details(Act.system(), client, birth_date=birth_date, nationality="RS")


def test_a_list_is_loaded_once_and_told_apart_by_its_entries() -> None:
    version = papers.lists()
    assert version.entries == ListedEntry.objects.filter(until=None).count() > 0
    assert (version.added, version.changed, version.removed) == (version.entries, 0, 0)
    before = Record.objects.count()
    with pytest.raises(LoadedAlready):
        operations.load_list(Act.system(), path=DEMO_LIST)
    assert (ListVersion.objects.count(), Record.objects.count()) == (1, before)


@pytest.mark.parametrize("content", [b"", b"<html/>", b"not xml", b"PK\x03\x04"])
def test_what_is_no_list_changes_nothing(tmp_path: Path, content: bytes) -> None:
    papers.lists()
    path = tmp_path / "list.xml"
    path.write_bytes(content)
    before = ListedEntry.objects.count(), Record.objects.count()
    with pytest.raises(NotAList):
        operations.load_list(Act.system(), path=path)
    assert (ListedEntry.objects.count(), Record.objects.count()) == before


def test_only_who_may_loads_a_list() -> None:
    with pytest.raises(Forbidden):
        operations.upload_list(
            make.act_of(make.staff("compliance.hits")),
            file=Upload("un.xml", DEMO_LIST.read_bytes()),
        )
    officer = make.act_of(make.staff("compliance.*"))
    made = operations.upload_list(officer, file=Upload("../un.xml", DEMO_LIST.read_bytes()))
    assert made.list == "UN"


def test_a_new_version_keeps_what_stayed_and_ends_what_went(tmp_path: Path) -> None:
    first = papers.lists()
    path = edited(tmp_path, was="<DATE>1968-03-14</DATE>", now="<DATE>1968-03-15</DATE>")
    second = operations.load_list(Act.system(), path=path)
    assert (second.added, second.changed, second.removed) == (0, 1, 0)
    ended = ListedEntry.objects.get(until=second.number)
    assert (ended.since, ended.birth_dates) == (first.number, ["1968-03-14"])


def test_a_client_who_is_ours_already_is_found_when_a_list_comes() -> None:
    client, stranger = listed(), make.client(first_name="Ada", last_name="Lovelace")
    papers.lists()
    drain()
    hit = Hit.objects.get()
    assert (hit.client_id, hit.status) == (client.pk, Hit.Status.OPEN)
    assert not Hit.objects.filter(client=stranger).exists()


def test_a_cleared_hit_stays_cleared_until_the_entry_changes(tmp_path: Path) -> None:
    client = listed(birth_date=date(1969, 6, 1))
    papers.lists()
    drain()
    officer = make.act_of(make.staff("compliance.*"))
    operations.clear_hit(officer, Hit.objects.get(), note="Another person")

    index = queries.index_in_force()
    found = index.search(queries.query_for(client))
    assert found
    assert not queries.unknown_hits(client, found)

    path = edited(tmp_path, was="<DATE>1968-03-14</DATE>", now="<DATE>1969-06-01</DATE>")
    operations.load_list(Act.system(), path=path)
    drain()
    assert sorted(Hit.objects.values_list("status", flat=True)) == ["cleared", "open"]


def test_a_client_whose_name_changes_is_screened_anew() -> None:
    papers.lists()
    client = make.client(first_name="Ada", last_name="Lovelace", country="RS")
    drain()
    assert not Hit.objects.exists()
    people.change_details(Act.system(), client, first_name="Vargo", last_name="Zelenkov")
    drain()
    assert Hit.objects.get().client_id == client.pk


def test_a_confirmed_hit_restricts_an_active_client_and_is_said_once() -> None:
    client = listed()
    papers.lists()
    drain()
    officer, hit = make.act_of(make.staff("compliance.*")), Hit.objects.get()
    operations.confirm_hit(officer, hit, note="The same passport")
    client.refresh_from_db()
    assert client.status == Client.Status.RESTRICTED
    with pytest.raises(WrongState):
        operations.clear_hit(officer, hit, note="No, after all")


def test_a_hit_explains_itself_and_knows_its_list() -> None:
    papers.lists()
    listed()
    drain()
    hit = Hit.objects.get()
    assert hit.said["factors"][0][0] == "name"
    assert (hit.entry.list, hit.list_version) == ("SANCTIONS", 1)
    assert hit.score >= hit.threshold


def test_the_index_is_built_anew_for_a_new_version(tmp_path: Path) -> None:
    papers.lists()
    before = queries.index_in_force()
    assert queries.index_in_force() is before
    operations.load_list(Act.system(), path=edited(tmp_path, was="ZELENKOV", now="OBERHOLZ"))
    assert queries.index_in_force() is not before


def test_a_document_that_runs_out_is_said_three_times_and_then_restricts() -> None:
    papers.lists()
    expires = Act.system().at.date() + timedelta(days=31)
    made = papers.application(replace(papers.ANNA, expiry_date=expires))
    operations.submit_application(make.act_of(made.client), made)
    drain()
    assert Document.objects.get(kind="passport").expiry_date == expires
    for left in (30, 14, 1, 0):
        day = datetime(expires.year, expires.month, expires.day, 4, tzinfo=UTC)
        with clock_at(day - timedelta(days=left)):
            reactions.watch_expiry(Act.system())
            reactions.watch_expiry(Act.system())
    assert Message.objects.filter(template="document_expires").count() == 3
    made.client.refresh_from_db()
    assert made.client.status == Client.Status.ACTIVE
    with clock_at(day + timedelta(days=1)):
        reactions.watch_expiry(Act.system())
    made.client.refresh_from_db()
    assert made.client.status == Client.Status.RESTRICTED
