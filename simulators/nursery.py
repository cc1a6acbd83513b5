"""Starts simulators as processes of their own, for tests: each is forked from a server that has
loaded them all, so that the hundredth one need not import a parser of SQL anew.
"""

import os
import runpy
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TextIO

NAMES = ("bank", "ctrader", "lp", "mt4", "mt5", "psp")
_context = get_context("forkserver")
_context.set_forkserver_preload([__name__, *(f"simulators.{name}.__main__" for name in NAMES)])


class Program:
    """A running simulator, much as `subprocess.Popen` has it."""

    def __init__(self, name: str, *arguments: str) -> None:
        import_module(f"simulators.{name}")  # says here, and not there, that there is no such one
        heard, says = _context.Pipe(duplex=False)
        self.args = [f"simulators.{name}", *arguments]
        self._process = _context.Process(target=_run, args=(self.args, says), daemon=True)
        self._process.start()
        says.close()
        self.stdout: TextIO = os.fdopen(os.dup(heard.fileno()), encoding="utf-8")
        heard.close()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended; `TimeoutExpired` where it does not."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """What it still said until it ended; nothing where that was asked before."""
        self.wait(timeout)
        if self.stdout.closed:
            return "", None
        with self.stdout:
            return self.stdout.read(), None

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        self.stdout.close()


def _run(arguments: Sequence[str], says: Connection) -> None:
    os.dup2(says.fileno(), 1)
    says.close()
    sys.argv = list(arguments)
    sys.modules.pop(f"{arguments[0]}.__main__", None)  # what it needs is loaded, it runs itself
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
