"""Deals from a platform's socket to rows that can be queried, beside a bare COPY of the same rows.

A MetaTrader 5 simulator in a process of its own holds a history; the follower reads it as it reads
any platform: strides into the past, pages, batches of a thousand with their postings in the ledger,
while new deals come. Both processes and the database share the machine. Then the lag is read.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from nostro.site.bench import Floor, Result

SECRET = "Bench-manager-1"  # noqa: S105  (of a server that lives as long as the measurement)
FLOORS = {"deals_per_second": Floor(5_000)}


def measure(seconds: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="nostro-bench-mt5-") as home:
        own = ["--home", home, "--manager", "1001", "--password", SECRET]
        command = [sys.executable, "-m", "simulators.mt5", *own, "--config", _config(Path(home))]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
            try:
                from nostro.site.bench.trading.reading import measured

                said = json.loads(server.stdout.readline() if server.stdout else b"")
                control = f"http://127.0.0.1:{said['control_port']}"
                return measured(control, int(said["port"]), seconds, SECRET)
            finally:
                server.terminate()


def _config(folder: Path) -> str:
    """Markets that never close: the measurement may be made at a weekend."""
    path = folder / "settings.json"
    path.write_text('{"always_open": true}')
    return str(path)
