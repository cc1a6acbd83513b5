"""`nostro up`: the whole house on one machine, from the database to the page.

The parent owns the embedded database: the children get its address, so that one process starts
it and the same one stops it, after everything else has ended.
"""

import argparse
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress

import django
from django.core.management import call_command

from nostro.site.commands.children import Children, DidNotStart
from nostro.site.database import AS_OWNER, as_application, home, migrated, start_embedded

Opening = Callable[[Children, str, Callable[[], None]], None]
"""What happens after the migrations and before the house works: given the house's address, and
what opens its doors, which it calls once people may look.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    port = int(os.environ.get("PORT", "8000"))
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=port, help="port to listen on (PORT, or 8000)")


def run(given: argparse.Namespace) -> int:
    return serve(given)


def serve(given: argparse.Namespace, opening: Opening | None = None) -> int:
    """Start everything, say `ready`, and hold until told to stop or until a part ends."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    url = os.environ.setdefault("NOSTRO_URL", f"http://{given.host}:{given.port}")
    embedded = not os.environ.get("DATABASE_URL")
    print("nostro: starting the database", flush=True)
    os.environ[AS_OWNER] = "1"
    django.setup()
    try:
        prepare(embedded)
        with Children() as children:
            if opening is None:
                open_doors(children, given)
            elif not stopping.is_set():
                opening(children, url, lambda: open_doors(children, given))
            if not stopping.is_set():
                begin_work(children)
                answered = wait_for(f"http://{given.host}:{given.port}", children, stopping)
                if answered:
                    print(f"ready {url}", flush=True)
            code = hold(children, stopping)
            print("nostro: stopping", flush=True)
        return code
    finally:
        stop_database(embedded)


def prepare(embedded: bool) -> None:
    """Tell children where the database is, and bring schema and static files up to date."""
    print("nostro: bringing the database to this version", flush=True)
    migrated()
    if embedded:
        os.environ["DATABASE_URL"] = as_application(start_embedded(home() / "database"))
    call_command("collectstatic", interactive=False, verbosity=0)


def open_doors(children: Children, given: argparse.Namespace) -> None:
    children.start(
        "web", "granian", "--interface", "asginl", "--host", given.host, "--port", str(given.port),
        "--no-ws", "--log-level", "warning", "--workers-kill-timeout", "5",
        "nostro.site.asgi:application",
    )  # fmt: skip


def begin_work(children: Children) -> None:
    from django.db import connections

    connections.close_all()
    children.start("worker", "nostro.site.commands", "work")


def wait_for(url: str, children: Children, stopping: threading.Event, *, seconds: int = 90) -> bool:
    """Whether the house answers, before it is told to stop."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(seconds * 5):
        if stopping.wait(0.2):
            return False
        if ended := children.ended():
            raise DidNotStart(f"The {ended} ended while starting. Is {url} taken already?")
        with suppress(urllib.error.URLError, OSError), direct.open(f"{url}/healthz", timeout=30):
            return True
    raise DidNotStart(f"Nothing answers at {url} after {seconds} seconds.")


def hold(children: Children, stopping: threading.Event) -> int:
    """Wait for Ctrl-C; a part that ends by itself ends the house, with 1."""
    while not stopping.wait(0.5):
        if ended := children.ended():
            print(f"nostro: the {ended} ended by itself", flush=True)
            return 1
    return 0


def stop_database(embedded: bool) -> None:
    from django.db import connections

    from nostro.site.database import stop_embedded

    connections.close_all()
    if embedded:
        stop_embedded(home() / "database")
