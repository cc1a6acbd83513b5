"""A session at WebServices as it went over the wire, kept in `web_session.txt`: a line `>` is a
request with its body, `<` the status and body that came back, as JSON strings.

The capture is of the simulated server, as no broker's is at hand: it holds both sides to what they
said when it was made, not to what a real server says. The token is another one each time.
"""

import json
import ssl
from decimal import Decimal
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from nostro.kit import Refused
from nostro.trading.adapters.ctrader import cids
from nostro.trading.adapters.ctrader.settings import CTraderSettings
from nostro.trading.adapters.ctrader.tests.peer import settings
from nostro.trading.adapters.ctrader.webservices import WebServices, md5_hex
from nostro.trading.adapters.tests.conftest import KINDS, running
from nostro.trading.adapters.tests.peer import http, peer, reply

CAPTURE = Path(__file__).parent / "web_session.txt"
LINES = CAPTURE.read_text().splitlines()
SENT = [line[2:].split(" ", 2) for line in LINES if line.startswith("> ")]
CAME = [(int(line[2:5]), str(json.loads(line[6:]))) for line in LINES if line.startswith("< ")]
TOKEN = "the-token"
TRADERS = "/v2/webserv/traders"


def converse(web: WebServices, known: CTraderSettings) -> list[object]:
    """What the capture is of."""
    made = web.write("POST", TRADERS, {
        "accessRights": "FULL_ACCESS", "accountType": "HEDGED", "balance": 0,
        "brokerName": "meridian", "depositCurrency": "USD",
        "groupName": "real\\CY-USD-Standard", "hashedPassword": md5_hex("Passw0rd!"),
        "leverageInCents": 3000, "totalMarginCalculationType": "MAX", "name": "Ada",
        "lastName": "Łucja", "description": "capture/1",
        "contactDetails": {"documentId": "C-1", "email": "ada@example.com"},
    })  # fmt: skip
    login = int(made["login"])
    one = f"{TRADERS}/{login}"
    cids.link(web, known, login, "ada@example.com", "Passw0rd!")
    cids.link(web, known, login, "ada@example.com", "Passw0rd!")
    body: dict[str, object] = {
        "login": login, "comment": "capture/2", "externalId": "capture/2", "type": "DEPOSIT"
    }  # fmt: skip
    moved = web.write("POST", f"{one}/changebalance", body, Decimal("250.00"))
    web.write("PATCH", one, {"leverageInCents": 1000, "name": "Ada & co"})
    web.write(
        "POST", f"{one}/changepassword", {"login": login, "hashedPassword": md5_hex("N3w=pass&")}
    )
    fits = web.check(
        f"{one}/checkpassword", {"login": login, "hashedPassword": md5_hex("Wrong=p4ss")}
    )
    found = web.read(one)
    with pytest.raises(Refused) as refusal:
        web.write("POST", f"{one}/changebalance", {**body, "type": "WITHDRAW"}, Decimal("250.01"))
    return [
        login, moved["balanceHistoryId"], fits, found["leverageInCents"], found["balance"],
        found["name"], refusal.value.code,
    ]  # fmt: skip


SAID = [5100001, 300021, {"passwordCorrect": False}, 1000, 25000, "Ada & co", "NOT_ENOUGH_MONEY"]


def test_our_side_asks_and_understands_what_it_did() -> None:
    left = iter(zip(SENT, CAME, strict=True))

    def replay(first: str, body: bytes) -> bytes:
        method, address, _ = first.split()
        (said_method, said_address, said_body), (status, text) = next(left)
        assert (method, address) == (said_method, said_address)
        assert body.decode() == json.loads(said_body)
        return reply(text.encode(), f"{status} OK")

    with peer(http(replay)) as server:
        known = settings(server.port)
        web = WebServices(known)
        assert converse(web, known) == SAID
        web.close()
    assert list(left) == []


def test_the_simulated_server_says_what_it_said(tmp_path: Path) -> None:
    with running(KINDS["ctrader"], tmp_path) as server:
        server.order("clock", at="2026-06-01T10:00:00")
        context = ssl.create_default_context(cafile=server.ready["certificate"])
        line = HTTPSConnection("localhost", server.ready["port"], context=context, timeout=20)
        token = ""
        for (method, address, body), (status, text) in zip(SENT, CAME, strict=True):
            sent = json.loads(body).encode() or None
            line.request(method, address.replace(TOKEN, token), sent)
            response = line.getresponse()
            heard = response.read().decode()
            if address.endswith("/token"):
                token, heard = json.loads(heard)["webservToken"], text
            assert (response.status, heard) == (status, text)
        line.close()
