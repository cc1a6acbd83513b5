"""How a server is set up: its managers, groups, time zone and ranges, with defaults that suffice.

A JSON file may replace any of it; see the README for an example.
"""

import json
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulators.market import ServerZone
from simulators.mt5.records import HEDGED, NETTING, ZERO, Group

RAW_COMMISSION = Decimal("3.50")


@dataclass(frozen=True, slots=True)
class Manager:
    """Who may connect. `groups` is a mask of what is visible; no addresses means any."""

    login: int = 1001
    password: str = "Manager1!"
    groups: str = "*"
    accountant: bool = True
    addresses: tuple[str, ...] = ()


def _group(name: str, currency: str, company: str, leverage: int, **more: Any) -> Group:
    return Group(name, currency, company=company, leverage=leverage, **more)


def _raw(name: str, currency: str, company: str, leverage: int) -> Group:
    return _group(name, currency, company, leverage, markup=ZERO, commission=RAW_COMMISSION)


def default_groups() -> list[Group]:
    cyprus, britain, seychelles = (
        "Simulated Markets (CY) Ltd", "Simulated Markets (UK) Ltd", "Simulated Markets (SC) Ltd",
    )  # fmt: skip
    return [
        _group(r"real\CY-USD-Standard", "USD", cyprus, 30),
        _group(r"real\CY-EUR-Standard", "EUR", cyprus, 30),
        _raw(r"real\CY-USD-Raw", "USD", cyprus, 30),
        _raw(r"real\CY-EUR-Raw", "EUR", cyprus, 30),
        _group(r"real\UK-GBP-Standard", "GBP", britain, 30),
        _group(r"real\UK-USD-Standard", "USD", britain, 30),
        _raw(r"real\UK-GBP-Raw", "GBP", britain, 30),
        _group(r"real\SC-USD-Standard", "USD", seychelles, 500),
        _group(r"real\SC-EUR-Standard", "EUR", seychelles, 500),
        _raw(r"real\SC-USD-Raw", "USD", seychelles, 500),
        _raw(r"real\SC-EUR-Raw", "EUR", seychelles, 500),
        _group(r"real\SC-USD-Netting", "USD", seychelles, 200, margin_mode=NETTING),
        _group(r"demo\CY-USD-Standard", "USD", cyprus, 30),
        _group(r"demo\CY-EUR-Standard", "EUR", cyprus, 30),
        _group(r"demo\UK-GBP-Standard", "GBP", britain, 30),
        _group(r"demo\SC-USD-Standard", "USD", seychelles, 500),
        _raw(r"demo\SC-USD-Raw", "USD", seychelles, 500),
    ]


@dataclass(frozen=True, slots=True)
class Settings:
    managers: tuple[Manager, ...] = (Manager(),)
    groups: tuple[Group, ...] = field(default_factory=lambda: tuple(default_groups()))
    zone: ServerZone = field(default_factory=ServerZone)
    build: int = 4755
    first_login: int = 800_001
    last_login: int = 899_999
    first_ticket: int = 10_000_001
    ping_seconds: float = 20.0
    idle_seconds: float = 180.0
    always_open: bool = False

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
