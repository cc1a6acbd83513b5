"""Where initiators connect: a bound port, and a thread for each connection."""

import socket
import threading

from simulators.lp.provider import Provider
from simulators.lp.session import Session


class Acceptor:
    """Port 0 lets the system choose; `port` says which one it chose."""

    def __init__(self, host: str, port: int) -> None:
        self._listener = socket.create_server((host, port))
        self.port: int = self._listener.getsockname()[1]

    def serve(self, answer: Provider) -> None:
        threading.Thread(target=self._accept, args=[answer], daemon=True).start()

    def close(self) -> None:
        """No new connections; those that stand end with the program."""
        self._listener.close()

    def _accept(self, provider: Provider) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(provider, line)
            threading.Thread(target=session.converse, daemon=True).start()
