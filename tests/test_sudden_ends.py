"""A posting process and its database are killed in the middle of batches: nothing is half there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

POSTER = """
import sys, warnings
warnings.simplefilter("ignore")
import django
django.setup()
from nostro.core.acts import Act
from nostro.ledger.queries import balances, verify
from nostro.ledger.tests.make import post_things, posting, wallet

def some(number):
    return [posting(1 + n % 7, "1.00 EUR", key=f"batch/{number}/{n}") for n in range(200)]

if sys.argv[1] == "prove":
    from nostro.ledger.models import Entry
    keys = list(Entry.objects.values_list("key", flat=True))
    whole = {}
    for key in keys:
        whole[key.split("/")[1]] = whole.get(key.split("/")[1], 0) + 1
    assert set(whole.values()) <= {200}, whole
    for number in whole:
        post_things(Act.system(), postings=some(number))
    assert Entry.objects.count() == len(keys)
    found = balances([wallet(n).path for n in range(1, 8)])
    assert sum(one["EUR"].minor for one in found.values()) == 100 * len(keys)
    assert verify() == [], verify()
    print("proved", len(keys), flush=True)
else:
    for number in range(1000):
        post_things(Act.system(), postings=some(number))
        print(number, flush=True)
"""


def _run(home: Path, *given: str) -> "subprocess.Popen[str]":
    env = {**os.environ, "NOSTRO_HOME": str(home), "DJANGO_SETTINGS_MODULE": "nostro.site.settings"}
    for name in ("DATABASE_URL", "NOSTRO_AS_OWNER"):
        env.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", *given], env=env, stdout=subprocess.PIPE, text=True
    )


def _said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    home = tmp_path / "house"
    home.mkdir()
    for folder in (home, tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # the embedded server does not run as root
    return home


def test_after_kill_9_nothing_is_half_there_and_retries_change_nothing(house: Path) -> None:
    from nostro.site.database import start_embedded, stop_embedded

    folder = house / "database"
    start_embedded(folder)
    try:
        migrate = _run(house, "-m", "nostro.site.commands", "migrate", "--quiet")
        assert migrate.wait(600) == 0
        for victim in ("poster", "database"):
            poster = _run(house, "-c", POSTER, "post")
            assert _said(poster) == "0"
            assert _said(poster) == "1"
            time.sleep(0.05)
            if victim == "poster":
                poster.kill()
            else:
                first = (folder / "postmaster.pid").read_text().splitlines()[0]
                os.kill(int(first), signal.SIGKILL)
            poster.communicate(timeout=300)
            assert poster.returncode != 0
            proof = _run(house, "-c", POSTER, "prove")
            said, _ = proof.communicate(timeout=600)
            assert (proof.returncode, said.split()[0]) == (0, "proved")
    finally:
        stop_embedded(folder)
