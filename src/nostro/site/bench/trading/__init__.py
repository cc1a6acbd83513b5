"""Deals from a platform's socket to rows that can be queried, beside a bare COPY of the same rows.

A simulator in a process of its own holds a history; the follower reads it as it reads any platform:
strides into the past, pages, batches of two thousand with their postings in the ledger, while new
deals come. Both processes and the database share the machine. Then the lag is read.

NOSTRO_DEALS says how many deals the history has (40,000), NOSTRO_PLATFORM what it is read from:
MetaTrader 5 by raw TCP (mt5) or by HTTPS (mt5-rest), MetaTrader 4 (mt4) or cTrader (ctrader).
`nostro bench trading --deals 1000000 --platform mt4` says the same. The last tenth of a history
ought to be read as fast as the first, with as much memory.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nostro.kit.problems import Problem
from nostro.site.bench import Floor, Result

SECRET = "Bench-manager-1"  # noqa: S105  (of a server that lives as long as the measurement)
FLOORS = {"deals_per_second": Floor(5_000)}
DEALS, FEWEST = 40_000, 1_000


@dataclass(frozen=True)
class Way:
    """A way to a platform: whose it is, what its simulator is told, and how it is connected."""

    platform: str
    told: tuple[str, ...]
    settings: Callable[[Mapping[str, Any]], dict[str, Any]]


def _mt5(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": said["port"], "login": 1001, "password": SECRET}


def _mt5_rest(said: Mapping[str, Any]) -> dict[str, Any]:
    by = {"host": "localhost", "port": said["rest_port"], "door": "https"}
    return _mt5(said) | by | {"certificate": Path(said["certificate"]).read_text()}


def _mt4(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": "127.0.0.1", "port": said["port"], "secret": SECRET, "mask": "",
        "database_host": "127.0.0.1", "database_port": said["database_port"],
        "database_user": "nostro", "database_password": SECRET,
    }  # fmt: skip


def _ctrader(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": "localhost", "port": said["port"], "manager_port": said["manager_port"],
        "login": 30001, "password": SECRET, "plant": "simulated", "broker": "meridian",
        "certificate": Path(said["certificate"]).read_text(),
    }  # fmt: skip


MANAGER = ("--manager", "1001", "--password", SECRET)
WAYS = {
    "mt5": Way("mt5", MANAGER, _mt5), "mt5-rest": Way("mt5", MANAGER, _mt5_rest),
    "mt4": Way("mt4", ("--secret", SECRET, "--mask", "", "--password", SECRET), _mt4),
    "ctrader": Way("ctrader", ("--manager", "30001", "--password", SECRET), _ctrader),
}  # fmt: skip


def measure(seconds: int) -> Result:
    way, deals = _wanted()
    with tempfile.TemporaryDirectory(prefix="nostro-bench-trading-") as home:
        own = ["--home", home, *way.told, "--config", _config(Path(home))]
        command = [sys.executable, "-m", f"simulators.{way.platform}", *own]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
            try:
                from nostro.site.bench.trading.reading import measured

                said = json.loads(server.stdout.readline() if server.stdout else b"")
                control = f"http://127.0.0.1:{said['control_port']}"
                return measured(control, way.platform, way.settings(said), seconds, deals)
            finally:
                server.terminate()


def _wanted() -> tuple[Way, int]:
    name = os.environ.get("NOSTRO_PLATFORM") or "mt5"
    if name not in WAYS:
        raise Problem(f"No platform is called {name}. There are: {', '.join(WAYS)}.")
    said = os.environ.get("NOSTRO_DEALS") or str(DEALS)
    if not said.isdecimal() or int(said) < FEWEST:
        raise Problem(f"{said} is no number of deals to measure with: at least {FEWEST:,}.")
    return WAYS[name], int(said)


def _config(folder: Path) -> str:
    """Markets that never close: the measurement may be made at a weekend."""
    path = folder / "settings.json"
    path.write_text('{"always_open": true}')
    return str(path)
