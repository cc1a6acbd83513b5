"""The command line: clear errors, a proof that can fail, and a house that ends cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from nostro.core import seal
from nostro.core.tests.parcels import all_settled
from nostro.site import database
from nostro.site.bench import Result
from nostro.site.bench.operations import posting
from nostro.site.commands import COMMANDS, main
from nostro.site.commands.bench import as_page
from nostro.site.commands.demo import simulators


def ended_with(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database is not the command's own: it is left as it runs."""
    monkeypatch.setenv("DATABASE_URL", "postgresql:///the-tests-own")


def test_every_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended_with("--help") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["up", "--port", "many"], ["lists", "load"]])
def test_a_call_that_makes_no_sense_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_with(*arguments) == 2
    assert "usage: nostro" in capsys.readouterr().err


@pytest.mark.usefixtures("elsewhere")
def test_an_error_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended_with("bench", "nothing") == 1
    assert ended_with("lists", "load", "missing.xml") == 1
    said = capsys.readouterr().err
    assert "No benchmark is called nothing." in said
    assert "There is no file missing.xml." in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.django_db(transaction=True)
def test_verify_ends_with_zero_only_while_everything_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    posting()(1)
    all_settled()
    seal.seal()
    assert ended_with("verify") == 0
    assert "1 sealed records, none changed" in capsys.readouterr().out

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE core_record SET actor_id = 9")
        cursor.execute("SET session_replication_role = DEFAULT")

    assert ended_with("verify") == 1
    assert "Log: The first 1 records are not those that were sealed." in capsys.readouterr().out


def test_the_page_of_figures_says_what_is_asked_of_them() -> None:
    found = Result({"page_p95_ms": 150.1, "clients": 5}, {}, {})
    page = as_page({"pages": found, "ledger": Result({}, {}, {"single_over_tpcb": 1.5})})
    assert "| page_p95_ms (figure) | 150.1 | at most 150: missed |" in page
    assert "| clients (figure) | 5 |  |" in page
    assert "| single_over_tpcb (ratio) | 1.5 | at least 1.5: met |" in page


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.django_db
def test_the_doctor_names_each_part_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended_with("doctor") == 0
    assert ended_with("doctor", "--strict") == 1
    shown = capsys.readouterr().out
    assert "ok      schema: Every migration is applied." in shown
    assert "late    worker: No worker has been heard. Start one: nostro work." in shown


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.django_db
def test_a_database_that_another_version_made_is_left_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(database.AS_OWNER, "1")
    recorder = MigrationRecorder(connection)
    recorder.record_applied("ledger", "0008_lean_batches")
    recorder.record_unapplied("ledger", "0007_application_role")
    before = set(recorder.applied_migrations())

    assert ended_with("migrate", "--quiet") == 1
    said = capsys.readouterr().err
    assert "another version of Nostro (ledger.0008_lean_batches is not known here)" in said
    assert "Start with an empty database: name an empty one in DATABASE_URL." in said
    assert "Traceback" not in said

    assert ended_with("doctor") == 1
    assert "schema: Another version made this database" in capsys.readouterr().out

    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(database.OtherVersion, match=f"move {database.home()} away"):
        database.migrated()  # as `nostro up` and `nostro demo` do

    assert set(recorder.applied_migrations()) == before


@pytest.mark.django_db
def test_what_others_did_to_tables_of_their_own_is_no_other_version() -> None:
    MigrationRecorder(connection).record_applied("account", "0099_of_a_later_library")

    assert database.unknown_migration() is None


def test_simulators_get_the_same_secrets_at_each_start(tmp_path: Path) -> None:
    first = simulators(tmp_path, "http://127.0.0.1:8000", live=True)

    assert first == simulators(tmp_path, "http://127.0.0.1:8000", live=True)
    assert json.loads((tmp_path / "bank.json").read_text())["accounts"]


def test_the_house_starts_answers_and_ends_with_its_database(tmp_path: Path) -> None:
    home, port = tmp_path / "house", free_port()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # the embedded server does not run as root
    env = {**os.environ, "NOSTRO_HOME": str(home), "PORT": str(port)}
    env.pop("DATABASE_URL", None)
    env["DJANGO_SETTINGS_MODULE"] = "nostro.site.settings"
    command = [sys.executable, "-m", "nostro.site.commands", "up"]
    house = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert house.stdout is not None
        said = ""
        while not said.startswith("ready"):
            said = house.stdout.readline()
            assert said, f"it ended with {house.wait()}"
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"http://127.0.0.1:{port}/healthz", timeout=30) as reply:
            body = json.load(reply)
        assert said.strip() == f"ready http://127.0.0.1:{port}"
        assert body["components"]["database"]["state"] == "ok"
        assert (home / "database" / "postmaster.pid").exists()
    finally:
        house.send_signal(signal.SIGINT)
        house.communicate(timeout=60)

    assert house.returncode == 0
    assert not (home / "database" / "postmaster.pid").exists()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)
