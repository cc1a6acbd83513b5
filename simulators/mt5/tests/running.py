"""Runs the simulator as the program it is, and speaks to it over plain sockets."""

import json
import secrets
import socket
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from simulators.mt5.authentication import Stream, answer, key_schedule, password_digest
from simulators.mt5.framing import HEADER_BYTES, PREFIX, Header, parse_line, print_line
from simulators.nursery import Program


class Answered(Exception):
    """A return code other than 0."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Simulator:
    """A running program; leaving the context stops it with SIGTERM and awaits a clean end."""

    def __init__(self, home: Path, *more: str) -> None:
        self.home = home
        self._more = more

    def __enter__(self) -> Self:
        self._program = Program("mt5", "--home", str(self.home), "--seed", "7", *self._more)
        self.ready = json.loads(self._program.stdout.readline())
        self.port: int = self.ready["port"]
        return self

    def __exit__(self, *_: object) -> None:
        self._program.terminate()
        output, _errors = self._program.communicate(timeout=20)
        assert (self._program.returncode, output) == (0, "")

    def control(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST with a body, GET without; the status is in the answer if it is not 200."""
        connection = HTTPConnection("127.0.0.1", self.ready["control_port"], timeout=60)
        connection.request("GET" if body is None else "POST", path, json.dumps(body or {}))
        response = connection.getresponse()
        result: dict[str, Any] = json.loads(response.read())
        connection.close()
        return result if response.status == 200 else {**result, "status": response.status}

    def client(self, *, encrypted: bool = False, password: str = "Manager1!") -> "RawClient":
        return RawClient(self.port, encrypted=encrypted, password=password)


class RawClient:
    """Writes and reads packets; raises `Answered` for a refusal and EOFError for a dropped line."""

    def __init__(self, port: int, *, encrypted: bool, password: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.number = 0
        self.headers: list[Header] = []
        self._outgoing: Stream | None = None
        self._incoming: Stream | None = None
        self.socket.sendall(PREFIX)
        digest = password_digest(password)
        method = "AES256OFB" if encrypted else "NONE"
        started = self.call(
            "AUTH_START", VERSION=3211, AGENT="test", LOGIN=1001, TYPE="MANAGER",
            CRYPT_METHOD=method,
        )  # fmt: skip
        given = answer(digest, bytes.fromhex(started["SRV_RAND"]))
        mine = secrets.token_bytes(16)
        accepted = self.call("AUTH_ANSWER", SRV_RAND_ANSWER=given, CLI_RAND=mine.hex())
        assert accepted["CLI_RAND_ANSWER"] == answer(digest, mine)
        if encrypted:
            material = bytes.fromhex(accepted["CRYPT_RAND"])
            key, outgoing, incoming = key_schedule(digest, material)
            self._outgoing, self._incoming = Stream(key, outgoing), Stream(key, incoming)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, text: str, parts: int = 1) -> None:
        """One body, in as many packets as asked for."""
        self.number += 1
        body = text.encode("utf-16le")
        size = -(-len(body) // parts)
        for start in range(0, len(body), size):
            part = body[start : start + size]
            sealed = self._outgoing.apply(part) if self._outgoing else part
            header = Header(len(sealed), self.number, start + size < len(body))
            self.socket.sendall(header.dump() + sealed)

    def receive(self) -> tuple[dict[str, str], Any]:
        body = b""
        while True:
            header = Header.parse(self._exactly(HEADER_BYTES))
            self.headers.append(header)
            part = self._exactly(header.length)
            body += self._incoming.apply(part) if self._incoming else part
            if header.length and not header.continues:
                break
        line = parse_line(body.decode("utf-16le"))
        code = int(line.params["RETCODE"].split(" ")[0])
        if code:
            raise Answered(code)
        return line.params, json.loads(line.body) if line.body else None

    def call(self, command: str, **params: object) -> dict[str, str]:
        """The parameters of the answer."""
        self.send(print_line(command, {name: str(value) for name, value in params.items()}))
        return self.receive()[0]

    def get(self, command: str, **params: object) -> Any:
        """The JSON document of the answer."""
        self.send(print_line(command, {name: str(value) for name, value in params.items()}))
        return self.receive()[1]

    def add_user(self, group: str = "real\\SC-USD-Standard", **more: object) -> int:
        wanted = {
            "LOGIN": 0, "PASS_MAIN": "Main-pass1", "PASS_INVESTOR": "Look-only1", "GROUP": group,
            "NAME": "Ada Lovelace", "LEVERAGE": 100, "RIGHTS": 0x1E3,
        }  # fmt: skip
        return int(self.call("USER_ADD", **{**wanted, **more})["LOGIN"])

    def pay_in(self, login: int, amount: str, comment: str = "paid in") -> int:
        params = {"LOGIN": login, "TYPE": 2, "BALANCE": amount, "COMMENT": comment}
        return int(self.call("TRADE_BALANCE", **params)["TICKET"])

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError("The server hung up.")
            data += more
        return data
