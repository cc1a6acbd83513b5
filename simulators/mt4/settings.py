"""How a server is set up: its plugin, its report database, groups and ranges, with defaults that
suffice. A JSON file may replace any of it; see the README for an example.
"""

import json
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulators.market import ServerZone
from simulators.trading.groups import usual_groups
from simulators.trading.records import HEDGED, Group

LONGEST_GROUP = 15


def _name(kind: str, code: str, currency: str, sort: str) -> str:
    """Fifteen letters are all there is: `CY-USD-Standard`, and a demo group is `d-CY-USD-Stan`."""
    name = f"{code}-{currency}-{sort}"
    return name if kind == "real" else f"d-{code}-{currency}-{sort[:4]}"


def default_groups() -> tuple[Group, ...]:
    """Every ticket stands for itself on this platform, so there is no netting group."""
    return tuple(row for row in usual_groups(_name) if row.margin_mode == HEDGED)


@dataclass(frozen=True, slots=True)
class Settings:
    secret: str = "wik-secret"
    mask: str = "wik-mask"
    code_page: str = "cp1252"
    database: str = "report"
    user: str = "nostro"
    password: str = "Report1!"
    groups: tuple[Group, ...] = field(default_factory=default_groups)
    zone: ServerZone = field(default_factory=ServerZone)
    build: int = 1440
    first_login: int = 500_001
    last_login: int = 599_999
    first_ticket: int = 20_000_001
    idle_seconds: float = 180.0
    always_open: bool = False

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """From a JSON object whose keys are the names above; what is absent keeps its default."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        unknown = set(raw) - {row.name for row in fields(cls)}
        if unknown:
            raise ValueError(f"{path} has settings nobody knows: {', '.join(sorted(unknown))}.")
        if "groups" in raw:
            raw["groups"] = tuple(_read_group(row) for row in raw["groups"])
        if "zone" in raw:
            raw["zone"] = ServerZone(**raw["zone"])
        return replace(cls(), **raw)


def _read_group(row: dict[str, Any]) -> Group:
    """Amounts are strings, so that they stay exact."""
    exact: dict[str, Any] = {
        name: Decimal(str(row[name]))
        for name in ("margin_call", "stop_out", "markup", "commission") if name in row
    }  # fmt: skip
    group = Group(**{**row, **exact})
    if len(group.group) > LONGEST_GROUP:
        raise ValueError(f"{group.group} is longer than {LONGEST_GROUP} letters.")
    return group
