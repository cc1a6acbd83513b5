"""One session with a MetaTrader 5 server: it logs in when first asked, asks one thing at a time,
and after any doubt about the line throws it away.

The line is the raw Web API or its HTTPS door, as the settings say. What was not written cannot
have happened, so a line that fails before is `Retry`; after that a read is still `Retry`, but a
write is `Unknown`.
"""

from collections.abc import Iterator, Mapping
from threading import RLock
from time import monotonic
from typing import Protocol

from nostro.kit import Refused, Retry, Unknown
from nostro.trading.adapters.mt5 import wire
from nostro.trading.adapters.mt5.codes import DONE, trouble
from nostro.trading.adapters.mt5.raw import RawLine
from nostro.trading.adapters.mt5.rest import RestLine
from nostro.trading.adapters.mt5.settings import Mt5Settings


class Line(Protocol):
    """What either door is to the client. Each method raises `OSError` or `BadPacket`."""

    used_at: float

    def log_in(self) -> None:
        """Raises `Refused` or `Retry` where the server says no."""

    def ask(
        self, command: str, parameters: Mapping[str, object], *, within: float, writes: bool
    ) -> wire.Reply:
        """The answer to a command, whatever it says. Raises also `Forgotten` where the server
        knows nobody on the line any more, and `Unreached` where the line is gone.
        """

    def listen(
        self, command: str, parameters: Mapping[str, object], *, within: float
    ) -> Iterator[wire.Reply]:
        """The same in pieces as they come, each within so many seconds."""

    def quit(self) -> None:
        """Say goodbye."""

    def drop(self) -> None:
        """Close it. Raises nothing."""


class Client:
    """Asks a server. Safe to share between threads, which then wait for one another."""

    def __init__(self, settings: Mt5Settings) -> None:
        self.settings = settings
        self._line: Line | None = None
        self._lock = RLock()

    def read(self, command: str, parameters: Mapping[str, object] | None = None) -> wire.Reply:
        """Ask for something. Raises `Retry` or `Refused`."""
        return self._ask(command, parameters or {}, writes=False)

    def write(self, command: str, parameters: Mapping[str, object]) -> wire.Reply:
        """Ask to change something. Raises `Retry`, `Refused` or `Unknown`."""
        return self._ask(command, parameters, writes=True)

    def listen(self, command: str, parameters: Mapping[str, object]) -> Iterator[wire.Reply]:
        """Ask for a long list and have it piece by piece. Raises `Retry` or `Refused`.

        The line is nobody else's until the last piece. Whoever asks meanwhile gets another one.
        """
        try:
            yield from self._pieces(command, parameters)
            return
        except (wire.Forgotten, wire.Astray):
            pass  # which a server says before it says anything else
        try:
            yield from self._pieces(command, parameters)
        except wire.Forgotten as error:
            raise Refused(NO_RIGHT) from error
        except wire.Astray as error:
            raise Retry(f"No answer to {command}: {error}") from error

    def _pieces(self, command: str, parameters: Mapping[str, object]) -> Iterator[wire.Reply]:
        with self._lock:
            line, self._line = self._connected(), None
        whole = False
        try:
            for reply in line.listen(command, parameters, within=self.settings.answer_timeout):
                if reply.code not in DONE:
                    whole = True
                    raise trouble(reply.code, reply.words, writes=False)
                yield reply
            whole = True
        except (wire.Forgotten, wire.Astray):
            raise
        except (OSError, wire.BadPacket, wire.Unreached) as error:
            raise Retry(f"No answer to {command}: {error}") from error
        finally:
            self._give_back(line, whole=whole)

    def _give_back(self, line: Line, *, whole: bool) -> None:
        """A line with a rest of an answer on it is no use, nor is a second one."""
        with self._lock:
            if whole and self._line is None:
                self._line = line
            else:
                line.drop()

    def close(self) -> None:
        with self._lock:
            line, self._line = self._line, None
            if line is None:
                return
            try:
                line.quit()
            except (OSError, wire.BadPacket, wire.Forgotten, wire.Unreached):
                pass  # the line is gone already, which is what was wanted
            finally:
                line.drop()

    def _ask(self, command: str, parameters: Mapping[str, object], *, writes: bool) -> wire.Reply:
        with self._lock:
            reply = self._answer_at_last(command, parameters, writes=writes)
        if reply.code not in DONE:
            raise trouble(reply.code, reply.words, writes=writes)
        return reply

    def _answer_at_last(
        self, command: str, parameters: Mapping[str, object], *, writes: bool
    ) -> wire.Reply:
        """Once more on a new line, where surely nothing was done on the old one."""
        try:
            return self._answer(command, parameters, writes=writes)
        except (wire.Forgotten, wire.Astray):
            self._drop()
        try:
            return self._answer(command, parameters, writes=writes)
        except wire.Forgotten as error:
            self._drop()
            raise Refused(NO_RIGHT) from error
        except wire.Astray as error:
            self._drop()
            raise Retry(f"No answer to {command}: {error}") from error

    def _answer(
        self, command: str, parameters: Mapping[str, object], *, writes: bool
    ) -> wire.Reply:
        line = self._connected()
        try:
            return line.ask(command, parameters, within=self.settings.answer_timeout, writes=writes)
        except (OSError, wire.BadPacket) as error:
            if isinstance(error, wire.Astray) and not writes:
                raise
            self._drop()
            if writes:
                raise Unknown(f"{command} was sent, and no answer came: {error}") from error
            raise Retry(f"No answer to {command}: {error}") from error
        except wire.Unreached as error:
            self._drop()
            raise Retry(f"The platform cannot be reached: {error}") from error
        except BaseException:
            self._drop()
            raise

    def _connected(self) -> Line:
        """A line that is logged in. One that idled is replaced before anything is written to it."""
        line = self._line
        if line and monotonic() - line.used_at > self.settings.idle_limit:
            self.close()
        if self._line is None:
            try:
                line = (RestLine if self.settings.door == "https" else RawLine)(self.settings)
            except OSError as error:
                raise Retry(f"The platform cannot be reached: {error}") from error
            try:
                line.log_in()
            except wire.Unreached as error:
                line.drop()
                raise Retry(f"The platform cannot be reached: {error}") from error
            except (OSError, wire.BadPacket) as error:
                line.drop()
                raise Retry(f"The platform did not let us in: {error}") from error
            except wire.Forgotten as error:
                line.drop()
                raise Refused(NOT_LET_IN) from error
            except BaseException:
                line.drop()
                raise
            self._line = line
        return self._line

    def _drop(self) -> None:
        if self._line:
            self._line.drop()
            self._line = None


NO_RIGHT = "The manager account has no right to do this on the platform."
NOT_LET_IN = "The server does not let this manager in: login, password or our address is not right."
