"""How a server is set up: its managers, groups, time zone and ranges, with defaults that suffice.

A JSON file may replace any of it; see the README for an example.
"""

import json
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulators.market import ServerZone
from simulators.trading.groups import usual_groups
from simulators.trading.records import HEDGED, NETTING, Group


@dataclass(frozen=True, slots=True)
class Manager:
    """Who may connect. `groups` is a mask of what is visible; no addresses means any."""

    login: int = 1001
    password: str = "Manager1!"
    groups: str = "*"
    accountant: bool = True
    addresses: tuple[str, ...] = ()


def _name(kind: str, code: str, currency: str, sort: str) -> str:
    return f"{kind}\\{code}-{currency}-{sort}"


@dataclass(frozen=True, slots=True)
class Settings:
    managers: tuple[Manager, ...] = (Manager(),)
    groups: tuple[Group, ...] = field(default_factory=lambda: tuple(usual_groups(_name)))
    zone: ServerZone = field(default_factory=ServerZone)
    build: int = 4755
    first_login: int = 800_001
    last_login: int = 899_999
    first_ticket: int = 10_000_001
    ping_seconds: float = 20.0
    idle_seconds: float = 180.0
    always_open: bool = False
    gateway: bool = False
    """Whether a gateway stands before the REST door, which knows sessions by a cookie."""

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """From a JSON object whose keys are the names above; what is absent keeps its default."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        unknown = set(raw) - {row.name for row in fields(cls)}
        if unknown:
            raise ValueError(f"{path} has settings nobody knows: {', '.join(sorted(unknown))}.")
        if "managers" in raw:
            raw["managers"] = tuple(_read_manager(row) for row in raw["managers"])
        if "groups" in raw:
            raw["groups"] = tuple(_read_group(row) for row in raw["groups"])
        if "zone" in raw:
            raw["zone"] = ServerZone(**raw["zone"])
        return replace(cls(), **raw)


def _read_manager(row: dict[str, Any]) -> Manager:
    given: dict[str, Any] = {**row, "addresses": tuple(row.get("addresses", ()))}
    return Manager(**given)


def _read_group(row: dict[str, Any]) -> Group:
    """`margin_mode` is "hedged" or "netting"; amounts are strings, so that they stay exact."""
    modes = {"hedged": HEDGED, "netting": NETTING}
    exact: dict[str, Any] = {
        name: Decimal(str(row[name]))
        for name in ("margin_call", "stop_out", "markup", "commission") if name in row
    }  # fmt: skip
    mode = modes[row.get("margin_mode", "hedged")]
    given: dict[str, Any] = {**row, **exact, "margin_mode": mode}
    return Group(**given)
