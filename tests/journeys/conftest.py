"""A whole house for the journeys: the demo as anybody starts it, small, and a real browser.

The house lives as long as this folder's tests: a browser's event loop must not outlast them. With
`NOSTRO_JOURNEYS_HOME` set they walk through a demo that runs already and keeps its data there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PASSWORD = "nostro-demo-2026"
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
expect.set_options(timeout=20_000)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys take longest, so the process that walks them starts with them."""
    here = Path(__file__).parent
    items.sort(key=lambda item: not item.path.is_relative_to(here))


@dataclass
class House:
    """Where the running demo answers, and where it keeps its things."""

    url: str
    home: Path

    @property
    def ports(self) -> dict[str, Any]:
        """Where everything listens, as the demo has written it down."""
        found: dict[str, Any] = json.loads((self.home / "simulators" / "ports.json").read_text())
        return found

    def control(self, simulator: str, path: str, **body: Any) -> dict[str, Any]:
        """Turn something on the control door of a simulator."""
        url = f"{self.ports[simulator]['control_url']}/{path}"
        try:
            with _direct.open(url, json.dumps(body).encode(), timeout=30) as reply:
                answer: dict[str, Any] = json.load(reply)
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{path}: {refusal.read().decode()}") from refusal
        return answer

    def bank_statement(self, iban: str) -> bytes:
        """Today's camt.053 of one account, as the bank gives it to its customer."""
        bank = self.ports["bank"]
        request = urllib.request.Request(
            f"{bank['url']}/statements?account={iban}",
            headers={"Authorization": f"Bearer {bank['secret']}"},
        )
        with _direct.open(request, timeout=30) as reply:
            content: bytes = reply.read()
        return content

    def mail_to(self, address: str, *, containing: str, within: float = 30) -> str:
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


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`nostro demo` with a handful of clients, on a port of its own."""
    if given := os.environ.get("NOSTRO_JOURNEYS_HOME"):
        running = House("", Path(given))
        yield House(running.ports["house"], running.home)
        return
    home = tmp_path_factory.mktemp("house")
    env = {
        **os.environ, "NOSTRO_HOME": str(home), "NOSTRO_DEMO_CLIENTS": "14",
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
        found = re.search(r"^ready (http\S+)", log.read_text(errors="replace"), re.M)
        if found:
            return found.group(1)
        if started.poll() is not None:
            break
        time.sleep(0.25)
    raise AssertionError("The demo did not start:\n" + log.read_text(errors="replace")[-4000:])


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium where there is one, Playwright's own elsewhere."""
    with sync_playwright() as playwright:
        options: dict[str, Any] = {"executable_path": CHROMIUM} if CHROMIUM else {}
        opened = playwright.chromium.launch(
            args=["--no-sandbox", "--disable-background-networking"], **options
        )
        yield opened
        opened.close()


@contextmanager
def visit(browser: Browser, house: House, **more: Any) -> Iterator[BrowserContext]:
    """A browser of its own for one person, on a laptop unless told otherwise."""
    options = {"viewport": {"width": 1440, "height": 900}, **more}
    context = browser.new_context(base_url=house.url, **options)
    context.set_default_timeout(20_000)
    try:
        yield context
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    """A fresh visitor on a laptop."""
    with visit(browser, house) as context:
        yield context.new_page()


def sign_in(page: Page, address: str, password: str = PASSWORD) -> Page:
    page.goto("/account/login/")
    page.locator("input[name=login]").fill(address)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/" not in url)
    return page


@pytest.fixture(scope="package")
def people() -> dict[str, Page]:
    """Who is signed in, and their page."""
    return {}


@pytest.fixture(scope="module", autouse=True)
def home_they_go(people: dict[str, Page]) -> Iterator[None]:
    """Nobody looks at live pages any more once a journey has ended."""
    yield
    for page in people.values():
        page.goto("about:blank")


@pytest.fixture(scope="package")
def signed_in(
    browser: Browser, house: House, people: dict[str, Page]
) -> Iterator[Callable[[str], Page]]:
    """A page of somebody who is signed in; the same browser each time for the same person.

    Colleagues are called by their first names, everybody else by their e-mail.
    """

    def page_of(name: str) -> Page:
        if name not in people:
            address = name if "@" in name else f"{name}@meridian.example"
            context = browser.new_context(
                base_url=house.url, viewport={"width": 1440, "height": 900}, accept_downloads=True
            )
            context.set_default_timeout(20_000)
            people[name] = sign_in(context.new_page(), address)
        return people[name]

    yield page_of
    for opened in people.values():
        opened.context.close()
