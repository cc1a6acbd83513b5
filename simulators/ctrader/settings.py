"""How a server is set up: managers, broker, groups, ranges. A JSON file may replace any of it."""

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
    """Who may connect; the same login is for both doors."""

    login: int = 30_001
    password: str = "Manager1!"


def _name(kind: str, code: str, currency: str, sort: str) -> str:
    return f"{kind}\\{code}-{currency}-{sort}"


@dataclass(frozen=True, slots=True)
class Settings:
    """`list_limit` is the most traders of one answer, `row_limit` the most rows of one message.

    `idle_seconds` without a message from the client end a session of the Manager API.
    """

    managers: tuple[Manager, ...] = (Manager(),)
    broker: str = "meridian"
    plant: str = "simulated"
    environment: str = "live"
    groups: tuple[Group, ...] = field(default_factory=lambda: tuple(usual_groups(_name)))
    zone: ServerZone = field(default_factory=ServerZone)
    first_login: int = 5_100_001
    first_ticket: int = 300_001
    list_limit: int = 100_000
    row_limit: int = 5_000
    heartbeat_seconds: float = 10.0
    idle_seconds: float = 60.0
    always_open: bool = False

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """From a JSON object whose keys are the names above; what is absent keeps its default."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        unknown = set(raw) - {row.name for row in fields(cls)}
        if unknown:
            raise ValueError(f"{path} has settings nobody knows: {', '.join(sorted(unknown))}.")
        if "managers" in raw:
            raw["managers"] = tuple(Manager(**row) for row in raw["managers"])
        if "groups" in raw:
            raw["groups"] = tuple(_group(row) for row in raw["groups"])
        if "zone" in raw:
            raw["zone"] = ServerZone(**raw["zone"])
        return replace(cls(), **raw)


def _group(row: dict[str, Any]) -> Group:
    """`margin_mode` is "hedged" or "netting"; amounts are strings, so that they stay exact."""
    exact: dict[str, Any] = {
        name: Decimal(str(row[name]))
        for name in ("margin_call", "stop_out", "markup", "commission") if name in row
    }  # fmt: skip
    mode = {"hedged": HEDGED, "netting": NETTING}[row.get("margin_mode", "hedged")]
    return Group(**{**row, **exact, "margin_mode": mode})
