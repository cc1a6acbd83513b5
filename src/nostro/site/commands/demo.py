"""`nostro demo`: the house with simulators of the outside world around it, and a past of its own.

Simulators are processes that speak the vendors' real protocols. What the brokerage is made of
stands in `nostro.site.demo`, which is told where they listen.
"""

import argparse
import json
import os
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from nostro.site.commands import up
from nostro.site.commands.children import Children, DidNotStart

CLIENT_BANK = "GB33BUKB20201555555555"
HOUSE_BANK = "GB94BARC10201530093459"
CARD_WEBHOOKS = "/webhooks/payments/cardwell"


@dataclass(frozen=True)
class Simulator:
    """Where one listens, and the secrets with which the house speaks to it."""

    url: str
    control_url: str
    secret: str
    webhook_secret: str = ""


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
    path = folder / "bank.json"
    owner = {"currency": "EUR", "owner": "Meridian Markets", "balance": "250000.00"}
    accounts = [{"iban": iban, **owner} for iban in (CLIENT_BANK, HOUSE_BANK)]
    path.write_text(json.dumps({"name": "Harbour Bank", "accounts": accounts}))
    return path


def simulators(folder: Path, base_url: str) -> dict[str, list[str]]:
    """Each simulator's own arguments."""
    card = ["--webhook-secret", secret("psp webhooks"), "--webhook-url", base_url + CARD_WEBHOOKS]
    return {
        "mt5": ["--manager", "1001", "--password", secret("mt5")],
        "psp": ["--secret-key", secret("psp"), *card],
        "bank": ["--secret-key", secret("bank"), "--config", str(bank_config(folder))],
    }


def opening(children: Children, base_url: str) -> None:
    """Start the simulators, then let the brokerage build what is missing of its past."""
    from django.conf import settings

    if find_spec("simulators") is None:
        raise DidNotStart("The simulators are not here: run the demo from a checkout of Nostro.")
    folder = Path(settings.NOSTRO_HOME) / "simulators"
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, own in simulators(folder, base_url).items():
        print(f"nostro: starting the simulator {name}", flush=True)
        place = folder / name
        place.mkdir(exist_ok=True)
        said = children.start_saying(name, f"simulators.{name}", "--home", str(place), *own)
        found[name] = Simulator(
            f"http://127.0.0.1:{said['port']}",
            f"http://127.0.0.1:{said['control_port']}",
            secret(name),
            secret("psp webhooks") if name == "psp" else "",
        )
    import_module("nostro.site.demo").build(found, base_url=base_url)
