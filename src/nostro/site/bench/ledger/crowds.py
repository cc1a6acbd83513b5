"""Several processes with a connection each: what an installation's workers do at once."""

import json
import os
import subprocess
import sys

from django.db import connection

ROUNDS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import django
django.setup()
{made}
print("ready", flush=True)
sys.stdin.readline()
done, start = 0, time.monotonic()
while time.monotonic() - start < float(sys.argv[1]):
    done += turn(done)
print(json.dumps(done / (time.monotonic() - start)), flush=True)
"""

OPERATIONS = """
from nostro.site.bench.operations.posting import posting
number = int(sys.argv[2])
receive = posting(f"w{{number}}/")
receive(1 + number)
def turn(done):
    receive(1 + (number * 7919 + done * 104729) % {wallets})
    return 1
"""

BATCHES = """
from nostro.site.bench.ledger.batches import Poster
number = int(sys.argv[2])
poster = Poster({wallets}, seed=number, prefix=f"b{{number}}/")
def turn(done):
    return poster.post({at_once})
"""


def through_operations(seconds: int, workers: int, wallets: int) -> int:
    """Whole operations a second."""
    return _rate(OPERATIONS.format(wallets=wallets), seconds, workers)


def in_batches(seconds: int, workers: int, wallets: int, at_once: int) -> int:
    """Transfers a second, so many entries a call, each call committed; any wallet of all."""
    return _rate(BATCHES.format(wallets=wallets, at_once=at_once), seconds, workers)


def _rate(made: str, seconds: int, workers: int) -> int:
    known = connection.settings_dict
    url = f"postgresql://{known['USER']}@/{known['NAME']}?host={known['HOST']}"
    env = {**os.environ, "DATABASE_URL": url}
    code = ROUNDS.format(made=made)
    command = [sys.executable, "-W", "ignore", "-c", code, str(seconds)]
    crowd = [
        subprocess.Popen(
            [*command, str(n)], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for n in range(workers)
    ]
    for one in crowd:
        assert one.stdout is not None
        one.stdout.readline()
    for one in crowd:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    rates: list[float] = [json.loads(one.communicate()[0]) for one in crowd]
    return round(sum(rates))
