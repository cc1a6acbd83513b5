"""A whole house for the journeys: the demo as anybody starts it, small, and a real browser."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class House:
    """Where the running demo answers, and where it keeps its things."""

    url: str
    home: Path

    def mail_to(self, address: str, *, containing: str, within: float = 20) -> str:
        """The newest e-mail to somebody that says this."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            for path in sorted((self.home / "mail").glob("*"), key=os.path.getmtime, reverse=True):
                text = path.read_text(errors="replace")
                for said in reversed(text.split("-" * 79)):
                    if address in said and containing in said:
                        return said
            time.sleep(0.2)
        raise AssertionError(f"No e-mail to {address} says {containing!r}.")

    def code_for(self, address: str) -> str:
        said = self.mail_to(address, containing="code")
        found = re.search(r"\b(\d{6})\b", said.partition("\n\n")[2] or said)
        assert found, said
        return found.group(1)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`nostro demo` with a handful of clients, on a port of its own."""
    home = tmp_path_factory.mktemp("house")
    env = {
        **os.environ, "NOSTRO_HOME": str(home), "NOSTRO_DEMO_CLIENTS": "12",
        "DJANGO_SETTINGS_MODULE": "nostro.site.settings", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    env.pop("DATABASE_URL", None)
    port = 20_000 + os.getpid() % 20_000
    log = (home / "demo.log").open("w+")
    command = [sys.executable, "-m", "nostro.site.commands", "demo", "--port", str(port)]
    started = subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=log, stderr=log)
    try:
        yield House(_ready(started, Path(log.name)), home)
    finally:
        started.terminate()
        started.wait(60)


def _ready(started: "subprocess.Popen[bytes]", log: Path) -> str:
    for _ in range(1200):
        found = re.search(r"^ready (http\S+)", log.read_text(), re.M)
        if found:
            return found.group(1)
        if started.poll() is not None:
            break
        time.sleep(0.25)
    raise AssertionError("The demo did not start:\n" + log.read_text()[-4000:])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium where there is one, Playwright's own elsewhere."""
    with sync_playwright() as playwright:
        options = {"executable_path": CHROMIUM} if CHROMIUM else {}
        opened = playwright.chromium.launch(
            args=["--no-sandbox", "--disable-background-networking"],
            **options,  # type: ignore[arg-type]
        )
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    """A fresh visitor on a laptop."""
    context = browser.new_context(base_url=house.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    opened = context.new_page()
    yield opened
    context.close()
