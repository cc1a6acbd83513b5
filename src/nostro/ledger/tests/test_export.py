"""Everything that the ledger knows, in one file that adds up by itself."""

import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.db import connection

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.kit import Money
from nostro.kit.money import Rate
from nostro.kit.problems import Forbidden
from nostro.ledger import chart
from nostro.ledger.models import Entry, LedgerAccount
from nostro.ledger.operations import exchange, quote_rate
from nostro.ledger.queries import whole_ledger
from nostro.ledger.queries.export import TABLES
from nostro.ledger.reactions import roll_up, verify_ledger
from nostro.ledger.tests.make import (
    adjusted,
    deposit,
    held,
    move,
    moved,
    reversed_by_hand,
    row,
)
from tests import make

pytestmark = pytest.mark.django_db
Tables = dict[str, list[dict[str, str]]]
PAGE = "/staff/ledger/export/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: LazySettings) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()


@pytest.fixture
def lived(act: Act) -> Any:
    """A ledger with some of everything in it."""
    ada = make.client(currency="USD", last_name="Lovelace")
    make.funded(ada, "100.00 USD")
    deposit(1, "100.00 EUR")
    deposit(2, "0.000000000000000007 ETH")
    roll_up()
    moved(move(1, 2, "30.00 EUR"), move(2, 1, "0.01 EUR"))
    held(1, 2, "5.00 EUR")
    quote = quote_rate(
        Act.system(), sells="EUR", buys="USD", mid=Rate("1.1"), spread=Decimal("0.01"), source="t"
    )
    usd = LedgerAccount.objects.get(path=chart.client_wallet(ada.pk).path, asset_id="USD")
    exchange(Act.system(), quote, money=Money.of("10.00 EUR"), source=row(1), target=usd)
    reversed_by_hand(adjusted(usd, "1.00 USD"), "Said by Ada Lovelace.")
    verify_ledger(Act.system())
    return ada


def opened(content: bytes) -> tuple[zipfile.ZipFile, Tables]:
    book = zipfile.ZipFile(io.BytesIO(content))
    assert book.testzip() is None
    tables = {
        name: list(csv.DictReader(io.StringIO(book.read(f"{name}.csv").decode())))
        for name in TABLES
    }
    return book, tables


def written() -> tuple[zipfile.ZipFile, Tables, Any]:
    file = io.BytesIO()
    made = whole_ledger(Act.system(), file)
    return *opened(file.getvalue()), made


def test_adding_up_the_transfers_gives_the_balances(lived: Any) -> None:
    _, tables, _ = written()
    stands: dict[str, int] = defaultdict(int)
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for leg in tables["transfers"]:
        stands[leg["source"]] -= int(leg["units"])
        stands[leg["target"]] += int(leg["units"])
        amounts[leg["source"]] -= Decimal(leg["amount"])
        amounts[leg["target"]] += Decimal(leg["amount"])
    assert {one["account"]: int(one["units"]) for one in tables["balances"]} == {
        one["id"]: stands[one["id"]] for one in tables["accounts"]
    }
    for one in tables["balances"]:
        assert Decimal(one["balance"]) == amounts[one["account"]]
    days: dict[str, int] = defaultdict(int)
    for one in tables["days"]:
        days[one["account"]] += int(one["credits"]) - int(one["debits"])
    assert {pk: units for pk, units in days.items() if units} == {
        pk: units for pk, units in stands.items() if units
    }
    ether = next(one for one in tables["balances"] if one["asset"] == "ETH" and one["units"] == "7")
    assert ether["balance"] == "0.000000000000000007"


def test_every_asset_balances_and_every_hold_stands_on_its_balance(lived: Any) -> None:
    _, tables, _ = written()
    assert {one["asset"] for one in tables["totals"] if int(one["debits"])} == {"USD", "EUR", "ETH"}
    for one in tables["totals"]:
        assert one["debits"] == one["credits"] == one["moved"]
    pending = sum(int(one["units"]) for one in tables["holds"] if one["state"] == "pending")
    assert pending == sum(int(one["pending_debits"]) for one in tables["balances"]) == 500


def test_the_manifest_has_the_rows_and_the_hash_of_every_file(lived: Any) -> None:
    book, tables, made = written()
    said = json.loads(book.read("manifest.json"))
    assert set(said["files"]) == {f"{name}.csv" for name in TABLES}
    for name, rows in tables.items():
        content = book.read(f"{name}.csv")
        assert said["files"][f"{name}.csv"] == {
            "rows": len(rows), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip
    assert made.rows == sum(map(len, tables.values()))
    assert made.through_entry_id == said["through_entry"] == Entry.objects.latest("pk").pk
    assert len(tables["entries"]) == Entry.objects.count()


def test_what_somebody_typed_and_who_people_are_stays_in_the_house(lived: Any) -> None:
    book, _, _ = written()
    everything = b"".join(book.read(name) for name in book.namelist())
    for word in (b"Lovelace", b"Ada", lived.email.encode(), b"A fee taken twice"):
        assert word not in everything


def test_it_leaves_by_the_page_with_a_reason_and_a_trace(lived: Any) -> None:
    browser = make.browser(make.staff("ledger.*", "core.*"))
    assert "transfers.csv" in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, {"reason": "  "}).status_code == 422
    assert not Record.objects.filter(name="ledger.LedgerExported").exists()
    answer = browser.post(PAGE, {"reason": "For the auditor."})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    _, tables = opened(content)
    told = Record.objects.get(name="ledger.LedgerExported")
    assert told.data["reason"] == "For the auditor."
    assert told.data["sha256"] == hashlib.sha256(content).hexdigest()
    assert told.data["rows"] == sum(map(len, tables.values()))
    assert "For the auditor." in browser.get(PAGE).content.decode()


def test_it_does_not_leave_with_whoever_sees_a_part_or_may_not(lived: Any) -> None:
    nobody = make.browser(make.staff("ledger.accounts", "ledger.whole_ledger"))
    assert nobody.post(PAGE, {"reason": "x"}).status_code == 403
    cypriot = make.staff("ledger.*", entities=["CY"])
    refused = make.browser(cypriot).post(PAGE, {"reason": "x"})
    assert refused.status_code == 422
    assert "sees a part of it" in refused.content.decode()
    with pytest.raises(Forbidden):
        whole_ledger(make.act_of(cypriot), io.BytesIO())
    assert not Record.objects.filter(name="ledger.LedgerExported").exists()


class Meanwhile(io.BytesIO):
    """A file in whose every write somebody else posts: between the tables, and inside of them."""

    posted = 0

    def write(self, piece: Any) -> int:
        def post() -> None:
            deposit(2, "1.00 EUR")
            held(2, 1, "0.25 EUR")
            roll_up()
            connection.close()

        if self.posted < 12:
            self.posted += 1
            somebody = Thread(target=post)
            somebody.start()
            somebody.join()
        return super().write(piece)


@pytest.mark.django_db(transaction=True)
def test_the_export_is_of_one_moment_while_postings_go_on() -> None:
    deposit(1, "100.00 EUR")
    moved(move(1, 2, "30.00 EUR"))
    before = Entry.objects.count()
    file = Meanwhile()
    made = whole_ledger(Act.system(), file)

    assert file.posted == 12
    assert Entry.objects.count() == before + 24
    book, tables = opened(file.getvalue())
    ids = [int(one["id"]) for one in tables["entries"]]
    through = made.through_entry_id
    assert before <= len(ids) < before + 24, "most of it was posted after the moment"
    assert ids == list(Entry.objects.filter(pk__lte=through).order_by("pk").values_list(
        "pk", flat=True))  # fmt: skip
    assert json.loads(book.read("manifest.json"))["through_entry"] == through
    stands: dict[str, int] = defaultdict(int)
    for leg in tables["transfers"]:
        stands[leg["source"]] -= int(leg["units"])
        stands[leg["target"]] += int(leg["units"])
    assert {one["account"]: int(one["units"]) for one in tables["balances"]} == stands
    kept = {one["id"] for one in tables["entries"]}
    assert {one["entry"] for name in ("transfers", "holds") for one in tables[name]} <= kept
    assert len(tables["transfers"]) + len(tables["holds"]) == len(kept)
    assert all(one["debits"] == one["credits"] for one in tables["totals"])
