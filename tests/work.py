"""A worker as a process of its own, for tests that kill one."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import quote

from django.db import connection

from nostro.core.jobs import health
from nostro.payments.tests.conftest import until

CHECKOUT = Path(__file__).parents[1]


def database_url() -> str:
    known = connection.settings_dict
    host = quote(str(known["HOST"]), safe="")
    return f"postgresql://{known['USER']}:@/{known['NAME']}?host={host}"


STARTED: list["Worker"] = []
"""Those that nobody has ended yet."""


class Worker:
    """`nostro work`, a process of its own, that can be killed as a power cut would."""

    def __init__(self, concurrency: int = 1) -> None:
        self.said = TemporaryFile("w+")  # noqa: SIM115 (open as long as the worker)
        env = {
            **os.environ, "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "nostro.site.test_settings",
        }  # fmt: skip
        command = [sys.executable, "-m", "nostro.site.commands", "work"]
        command += ["--concurrency", str(concurrency)]
        self.program = subprocess.Popen(
            command, cwd=CHECKOUT, env=env, stdout=self.said, stderr=self.said
        )
        STARTED.append(self)

    def does(self, true: Callable[[], bool], what: str) -> None:
        """Wait for what it does; a worker that has ended by itself says why."""

        def done() -> bool:
            if self.program.poll() is not None:
                self.said.seek(0)
                raise AssertionError(f"The worker ended: {self.said.read()[-2000:]}")
            return true()

        try:
            until(done, what, 180)
        except AssertionError as late:
            self.said.seek(0)
            raise AssertionError(f"{late} The worker said: {self.said.read()[-1500:]}") from late

    def kill(self) -> None:
        """SIGKILL: it closes nothing, rolls nothing back, says nothing."""
        self.program.kill()
        self.program.wait(20)

    def finish(self) -> None:
        """Until nothing is due any more, then an orderly end."""
        self.does(lambda: health().due == 0, "the queue is empty")
        time.sleep(0.5)
        self.program.terminate()
        self.program.wait(40)
