"""`nostro demo`: the house with simulators of the outside world around it, and a past of its own.

Simulators are processes that speak the vendors' real protocols. What the brokerage is made of
stands in `nostro.site.demo`, which is told where they listen.
"""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nostro.site.commands import up
from nostro.site.commands.children import Children, DidNotStart

CARD_WEBHOOKS = "/hooks/in/cardwell"


@dataclass(frozen=True)
class Simulator:
    """Where one listens, and the secrets with which the house speaks to it."""

    url: str
    control_url: str
    secret: str
    webhook_secret: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """What else it said of itself: a second port, a certificate."""


def declare(parser: argparse.ArgumentParser) -> None:
    up.declare(parser)


def run(given: argparse.Namespace) -> int:
    os.environ["NOSTRO_DEMO"] = "1"
    return up.serve(given, opening)


def secret(purpose: str) -> str:
    """The same word at each start: simulators remember what they were set up with."""
    from nostro.core.secrets import derived

    return derived(f"demo/{purpose}").hex()[:32]


def bank_config(folder: Path) -> Path:
    from nostro.site.demo.outside import ACCOUNTS, FURTHER

    path = folder / "bank.json"
    accounts = [
        {"iban": iban, "currency": currency, "owner": "Meridian Markets", "balance": "2500000.00"}
        for currency, iban in ACCOUNTS.items()
    ] + [
        {"iban": iban, "currency": currency, "owner": "Meridian Markets", "balance": "0.00"}
        for (_, currency), iban in FURTHER.items()
    ]
    path.write_text(json.dumps({"name": "Aegean Bank", "bic": "AEGACY2N", "accounts": accounts}))
    return path


def platform_config(folder: Path, *, live: bool) -> Path:
    """The present trades at the weekend too, so that whoever looks then sees something."""
    path = folder / "platforms.json"
    path.write_text(json.dumps({"always_open": live}))
    return path


def simulators(folder: Path, base_url: str, *, live: bool) -> dict[str, list[str]]:
    """Each simulator's own arguments. In the past nobody listens for webhooks yet."""
    card = ["--secret-key", secret("psp"), "--webhook-secret", secret("psp webhooks")]
    if live:
        card += ["--webhook-url", base_url + CARD_WEBHOOKS]
    config = ["--config", str(platform_config(folder, live=live))]
    others = {
        "mt4": ["--secret", secret("mt4"), "--mask", secret("mt4"), "--password", secret("mt4")],
        "ctrader": ["--manager", "30001", "--password", secret("ctrader")],
    }
    provider = ["--secret-key", secret("lp")]  # of the seed of the platforms: one market for all
    return {
        "mt5": ["--manager", "1001", "--password", secret("mt5"), *config],
        # Six months were lived on one platform; the others were connected today.
        **({name: [*own, *config] for name, own in others.items()} if live else {}),
        **({"lp": provider} if live else {}),
        "bank": ["--secret-key", secret("bank"), "--config", str(bank_config(folder))],
        "psp": card,
    }


def start(children: Children, base_url: str, *, live: bool) -> dict[str, Simulator]:
    from django.conf import settings

    folder = Path(settings.NOSTRO_HOME) / "simulators"
    folder.mkdir(parents=True, exist_ok=True)
    said: dict[str, dict[str, Any]] = {}
    all_of_them = simulators(folder, base_url, live=live)
    for name, own in all_of_them.items():
        if name == "psp":
            said["bank"] = children.heard("bank")
            bank = f"http://127.0.0.1:{said['bank']['control_port']}"
            own.extend(["--bank-url", f"{bank}/receive"])
        place = folder / name
        place.mkdir(exist_ok=True)
        children.start_saying(name, f"simulators.{name}", "--home", str(place), *own)
    found = {name: simulator(name, said.get(name) or children.heard(name)) for name in all_of_them}
    tell_ports(folder, base_url, found)
    return found


def simulator(name: str, said: dict[str, Any]) -> Simulator:
    return Simulator(
        f"http://127.0.0.1:{said['port']}",
        f"http://127.0.0.1:{said['control_port']}",
        secret(name),
        secret("psp webhooks") if name == "psp" else "",
        {key: value for key, value in said.items() if key not in ("port", "control_port")},
    )


def tell_ports(folder: Path, base_url: str, found: dict[str, Simulator]) -> None:
    """Say where everything listens, for whoever wants to turn the simulators' control doors."""
    path = folder / "ports.json"
    path.touch(0o600)
    ports = {"house": base_url, **{name: asdict(one) for name, one in found.items()}}
    path.write_text(json.dumps(ports, indent=1))


def opening(children: Children, base_url: str, open_doors: Callable[[], None]) -> None:
    """Start the simulators; a new brokerage first lives through its past, then today begins.

    The doors open while the simulators of today start, which is quicker than one after the other.
    """
    if find_spec("simulators") is None:
        raise DidNotStart("The simulators are not here: run the demo from a checkout of Nostro.")
    demo = import_module("nostro.site.demo.build")
    print("nostro: starting the simulators", flush=True)
    if not demo.has_past():
        print("nostro: making six months of history", flush=True)
        demo.make_past(start(children, base_url, live=False))
        for name in ("mt5", "psp", "bank"):
            children.stop(name)
    open_doors()
    demo.go_live(start(children, base_url, live=True), base_url=base_url)
