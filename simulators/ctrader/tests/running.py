"""Runs the simulator as the program it is, and speaks to both of its doors over TLS."""

import json
import ssl
from collections.abc import Mapping
from hashlib import md5
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from socket import create_connection
from typing import Any, Self

from simulators.ctrader import messages
from simulators.nursery import Program

PASSWORD = md5(b"Manager1!").hexdigest()


class Answered(Exception):
    """An answer that is an error."""

    def __init__(self, code: str, status: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Simulator:
    """A running program; leaving the context stops it with SIGTERM and awaits a clean end."""

    def __init__(self, home: Path, *more: str) -> None:
        self.home = home
        self._more = more
        self.token = ""

    def __enter__(self) -> Self:
        self._program = Program("ctrader", "--home", str(self.home), "--seed", "7", *self._more)
        self.ready = json.loads(self._program.stdout.readline())
        self.tls = ssl.create_default_context(cafile=self.ready["certificate"])
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

    def web(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """JSON or text; raises `Answered` for an error. Signs in when there is no token yet."""
        if not self.token and not path.endswith("/token"):
            sent = {"login": 30001, "hashedPassword": PASSWORD}
            self.token = self.web("POST", "/v2/webserv/managers/token", sent)["webservToken"]
        asked = "&".join(
            f"{name}={value}" for name, value in {**query, "token": self.token}.items()
        )
        connection = HTTPSConnection("127.0.0.1", self.ready["port"], timeout=20, context=self.tls)
        try:
            connection.request(
                method, f"{path}?{asked}", None if body is None else json.dumps(body)
            )
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status >= 400:
            raise Answered(json.loads(text)["error"]["errorCode"], response.status)
        is_json = response.getheader("Content-Type") == "application/json"
        return json.loads(text) if is_json and text else text

    def add_trader(self, group: str = "real\\SC-USD-Standard", **more: object) -> int:
        currency = group.partition("-")[2][:3]
        wanted = {
            "accessRights": "FULL_ACCESS", "accountType": "HEDGED", "balance": 0,
            "brokerName": "meridian", "depositCurrency": currency, "groupName": group,
            "hashedPassword": md5(b"Main-pass1").hexdigest(), "leverageInCents": 10_000,
            "totalMarginCalculationType": "MAX", "name": "Ada", "lastName": "Lovelace",
        }  # fmt: skip
        return int(self.web("POST", "/v2/webserv/traders", {**wanted, **more})["login"])

    def pay_in(self, login: int, amount: str, kind: str = "DEPOSIT", **more: object) -> int:
        sent = {"login": login, "preciseAmount": float(amount), "type": kind, **more}
        found = self.web("POST", f"/v2/webserv/traders/{login}/changebalance", sent)
        return int(found["balanceHistoryId"])

    def manager(self, **changed: object) -> "ManagerClient":
        return ManagerClient(self, changed)


class ManagerClient:
    """Writes and reads containers; raises `Answered` for an error, EOFError for a dropped line."""

    def __init__(self, simulator: Simulator, changed: Mapping[str, object]) -> None:
        raw = create_connection(("127.0.0.1", simulator.ready["manager_port"]), timeout=20)
        self.socket = simulator.tls.wrap_socket(raw, server_hostname="localhost")
        self.events: list[tuple[int, bytes]] = []
        self.number = 0
        self.hello = self.receive()
        sent = {"plantId": "simulated", "environmentName": "live", "login": 30001,
                "passwordHash": PASSWORD, **changed}  # fmt: skip
        self.permissions = self.ask(301, "Auth", "AuthRes", **sent)["permission"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, kind: int, name: str, **fields: object) -> str:
        self.number += 1
        body = messages.packed(name, payloadType=kind, **fields)
        self.socket.sendall(messages.container(kind, body, f"m{self.number}"))
        return f"m{self.number}"

    def receive(self) -> dict[str, Any]:
        frame = self._exactly(int.from_bytes(self._exactly(4)))
        return messages.unpacked("Container", frame)

    def ask(self, kind: int, request: str, reply: str, **fields: object) -> Any:
        """The answer; events on the way to it are kept."""
        number = self.send(kind, request, **fields)
        while True:
            found = self.receive()
            payload = found.get("payload", b"")
            if found.get("clientMsgId") != number:
                self.events.append((found["payloadType"], payload))
                continue
            if found["payloadType"] == messages.ERROR:
                raise Answered(str(messages.unpacked("Error", payload)["errorCode"]))
            return messages.unpacked(reply, payload)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError("The server hung up.")
            data += more
        return data
