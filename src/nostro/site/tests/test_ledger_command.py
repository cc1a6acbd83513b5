"""Opening balances and the whole ledger by the command line; an alarm in the house's health."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.approvals import agree_to_proposal
from nostro.core.models import Proposal, Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.models import Alarm, Balance, Entry, Opening
from nostro.ledger.operations import resolve_alarm
from nostro.ledger.queries import balance
from nostro.ledger.reactions import verify_ledger
from nostro.site import health
from nostro.site.commands import main
from nostro.site.demo.build import DoesNotHold, see_that_it_holds
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database is not the command's own: it is left as it runs."""
    monkeypatch.setenv("DATABASE_URL", "postgresql:///the-tests-own")


@pytest.fixture
def ada(act: Act) -> Any:
    make.methods()
    return make.client(currency="USD")


def ended_with(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["ledger", *map(str, arguments)])
    return int(ended.value.code or 0)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "old.csv"
    path.write_text("account,currency,balance\n" + "\n".join(lines) + "\n")
    return path


def test_a_dry_run_says_line_by_line_what_is_wrong_and_keeps_nothing(
    ada: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Record.objects.count()
    lines = (f"client/{ada.pk}/wallet,USD,5.001", "client/999999/wallet,USD,5", "house/fees,USD,7")
    assert ended_with("import", written(tmp_path, *lines), "--post") == 1
    said = capsys.readouterr().out
    assert "line 2, balance “5.001”: This is finer than USD is paid in" in said
    assert "line 3, account “client/999999/wallet”: There is no client 999999" in said
    assert "3 lines, 2 of them not right" in said
    assert (Record.objects.count(), Opening.objects.count()) == (before, 0)


def test_a_clean_file_is_proposed_once_and_posted_when_a_person_agrees(
    ada: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, f"client/{ada.pk}/wallet,USD,5.00", "house/fees,USD,-7.00")
    assert ended_with("import", path, "--entity", "cy") == 0
    assert "USD: 2 lines, owed 5.00 USD, had -7.00 USD, net -2.00 USD" in capsys.readouterr().out
    assert not Opening.objects.exists()
    for _ in range(2):
        assert ended_with("import", path, "--entity", "cy", "--post") == 0
    assert "Nothing has changed." in capsys.readouterr().out
    proposal = Proposal.objects.get()
    assert (Opening.objects.count(), Entry.objects.count()) == (1, 0)

    agree_to_proposal(make.act_of(make.staff("ledger.*", "core.*")), proposal)
    assert balance(chart.client_wallet(ada.pk), "USD") == Money.of("5.00 USD")
    assert ended_with("import", path, "--post") == 1
    assert "Opened by E-" in capsys.readouterr().out
    assert Entry.objects.count() == 2


def test_a_call_that_names_nothing_is_answered_in_a_sentence(
    ada: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_with("import", tmp_path / "none.csv") == 1
    assert ended_with("import", written(tmp_path, "x"), "--entity", "XX") == 1
    assert ended_with("export", tmp_path / "none" / "out.zip", "--reason", "x") == 1
    said = capsys.readouterr().err
    assert "There is no file" in said
    assert "There is no legal entity XX." in said
    assert "There is no folder" in said
    assert "Traceback" not in said


def test_the_whole_ledger_is_written_to_a_folder_or_a_file(
    ada: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.funded(ada, "100.00 USD")
    assert ended_with("export", tmp_path, "--reason", " ") == 1
    assert list(tmp_path.iterdir()) == []
    assert ended_with("export", tmp_path, "--reason", "For the auditor.") == 0
    assert ended_with("export", tmp_path / "books.zip", "--reason", "For the auditor.") == 0
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    for path in files:
        assert "transfers.csv" in zipfile.ZipFile(path).namelist()
    hashes = {hashlib.sha256(one.read_bytes()).hexdigest() for one in files}
    told = Record.objects.filter(name="ledger.LedgerExported")
    assert {one.data["sha256"] for one in told} == hashes


def stolen(cents: int) -> None:
    one = Balance.objects.filter(overdraft=False, credits__gte=100).first()
    assert one is not None
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_balance DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE ledger_balance SET debits = debits + %s WHERE account_id = %s", [cents, one.pk]
        )
        cursor.execute("ALTER TABLE ledger_balance ENABLE TRIGGER ALL")


def test_health_tells_of_an_alarm_until_somebody_has_said_why(ada: Any) -> None:
    make.funded(ada, "100.00 USD")
    verify_ledger(Act.system())
    assert health.ledger().state == "ok"
    stolen(100)
    verify_ledger(Act.system())
    alarm = Alarm.objects.get()
    found = Browser().get("/healthz").json()["components"]["ledger"]
    assert found["state"] == "broken"
    assert f"{alarm} is open since" in found["sentence"]

    stolen(-100)
    verify_ledger(Act.system())
    assert health.ledger().state == "late"
    person = make.act_of(make.staff("ledger.*"))
    resolve_alarm(person, alarm, reason="Somebody edited a balance. It was put back.")
    assert health.ledger().state == "ok"


def test_the_demo_s_building_ends_where_a_proof_of_its_story_found_something(ada: Any) -> None:
    make.funded(ada, "10.00 USD")
    with pytest.raises(DoesNotHold, match="never proved"):
        see_that_it_holds()
    verify_ledger(Act.system(door="schedule"))
    see_that_it_holds()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_balance DISABLE TRIGGER ALL")
        cursor.execute("UPDATE ledger_balance SET credits = credits + 1 WHERE NOT overdraft")
        cursor.execute("ALTER TABLE ledger_balance ENABLE TRIGGER ALL")
    verify_ledger(Act.system(door="schedule"))
    with pytest.raises(DoesNotHold, match="Every balance is the sum of its legs"):
        see_that_it_holds()
