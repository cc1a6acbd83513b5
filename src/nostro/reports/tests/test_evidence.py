"""The evidence pack: one file that can be read, computed with and checked without this house."""

import csv
import hashlib
import io
import json
import zipfile

import pytest

from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.core.models import Record
from nostro.kit.problems import Forbidden, NotFound
from nostro.reports.operations.evidence import NoReason, export_client
from nostro.reports.tests.make import asked_back, paid_in
from tests import make


def opened(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return {name: pack.read(name).decode() for name in pack.namelist()}


def test_a_pack_tells_the_whole_history_with_its_rules_and_money(act: Act) -> None:
    client = paid_in()
    asked_back(client)

    files = opened(export_client(act, client, reason="the regulator asked"))

    events = json.loads(files["events.json"])
    assert events[0]["name"] == "people.ClientRegistered"
    assert [one["id"] for one in events] == sorted(one["id"] for one in events)
    points = {one["point"] for one in json.loads(files["decisions.json"])}
    assert {"payments.routing", "payments.approval"} <= points
    rows = list(csv.DictReader(io.StringIO(files["ledger.csv"])))
    assert (rows[0]["kind"], rows[0]["given"]) == ("deposit", "1000.00")
    for word in ("the regulator asked", "payments.approval v1", client.name):
        assert word in files["index.html"]


def test_a_pack_names_the_hash_of_each_file_in_it(act: Act) -> None:
    files = opened(export_client(act, paid_in(), reason="audit"))

    page = files.pop("index.html")

    for text in files.values():
        assert hashlib.sha256(text.encode()).hexdigest() in page


def test_taking_a_file_out_is_recorded_with_its_reason_and_hash(act: Act) -> None:
    client = paid_in()

    content = export_client(act, client, reason="the regulator asked")

    record = Record.objects.get(name="reports.ClientExported")
    assert record.client_id == client.pk
    assert record.data["reason"] == "the regulator asked"
    assert record.data["sha256"] == hashlib.sha256(content).hexdigest()


def test_without_a_reason_nothing_leaves_the_house(act: Act) -> None:
    client = paid_in()
    before = Record.objects.count()

    with pytest.raises(NoReason):
        export_client(act, client, reason="  ")

    assert Record.objects.count() == before


def test_who_may_not_see_the_client_cannot_export_them(act: Act) -> None:
    client = paid_in("CY")
    elsewhere = make.staff("reports.*", "people.clients", entities=["UK"])
    ungranted = make.staff("people.*")

    with pytest.raises(NotFound):
        call(make.act_of(elsewhere), export_client, client.pk, {"reason": "curious"})
    with pytest.raises(Forbidden):
        call(make.act_of(ungranted), export_client, client.pk, {"reason": "curious"})

    assert not Record.objects.filter(name="reports.ClientExported").exists()


def test_a_cell_that_looks_like_a_formula_is_text(act: Act) -> None:
    from nostro.reports.operations.evidence import _table

    assert _table(["a"], [["=1+1"]]) == "a\r\n'=1+1\r\n"
