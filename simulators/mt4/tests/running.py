"""The simulator as a program of its own, and a plain client that knows its plugin's wire."""

import json
import socket
from hashlib import md5
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

import pymysql
from pymysql.cursors import DictCursor

from simulators.nursery import Program

SECRET, MASK = "wik-secret", b"wik-mask"
MONDAY = "2026-01-05T08:00:00"


class Answered(Exception):
    """The server's own return code."""


class Simulator:
    def __init__(self, home: Path, *more: str) -> None:
        self.home = home
        self._more = more

    def __enter__(self) -> Self:
        self._program = Program("mt4", "--home", str(self.home), "--seed", "7", *self._more)
        self.ready = json.loads(self._program.stdout.readline())
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

    def trade(self, login: int, lots: str) -> int:
        asked = {"login": login, "symbol": "EURUSD", "side": "buy", "lots": lots}
        return int(self.control("/trade", asked)["details"]["ticket"])

    def select(self, statement: str, *given: object) -> list[dict[str, Any]]:
        with pymysql.connect(
            host="127.0.0.1", port=self.ready["database_port"], user="nostro",
            password="Report1!", database="report", cursorclass=DictCursor,
        ) as line, line.cursor() as cursor:  # fmt: skip
            cursor.execute(statement, given or None)
            return list(cursor.fetchall())

    def client(self, *, secret: str = SECRET) -> "RawClient":
        return RawClient(self.ready["port"], secret)


class RawClient:
    """Raises `Answered` for a refusal and EOFError for a dropped line."""

    def __init__(self, port: int, secret: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.secret = secret
        self.number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, action: str, **values: object) -> None:
        self.number += 1
        pairs = {"action": action, "request_id": self.number, **values}
        pairs["hash"] = md5(f"{self.number}{action}{self.secret}".encode()).hexdigest()
        text = "&".join(f"{name}={value}" for name, value in pairs.items()) + "\0"
        self.socket.sendall(masked(text.encode("cp1252")))

    def receive(self) -> dict[str, str]:
        size = b""
        while not size.endswith(b"\n"):
            size += self._exactly(1)
        text = masked(self._exactly(int(size))).decode("cp1252")
        pairs = dict(pair.split("=", 1) for pair in text.split("&"))
        if pairs["result"] != "1":
            raise Answered(int(pairs["error"]))
        return pairs

    def call(self, action: str, **values: object) -> dict[str, str]:
        self.send(action, **values)
        return self.receive()

    def funded(self, group: str = "SC-USD-Raw", amount: str = "1000") -> int:
        made = self.call(
            "createaccount", group=group, login=0, name="Ada Lovelace", leverage=100,
            password="Main-pass1", password_investor="Look-only1",
        )  # fmt: skip
        self.call("changebalance", login=made["login"], value=amount, comment="first deposit")
        return int(made["login"])

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError("The server hung up.")
            data += more
        return data


def masked(data: bytes) -> bytes:
    return bytes(byte ^ MASK[place % len(MASK)] for place, byte in enumerate(data))
