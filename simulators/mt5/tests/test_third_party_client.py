"""A client that this project did not write speaks to the simulator as it would to a broker."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from pymt5pure import MT5Api, MT5Client  # type: ignore[import-untyped]
from pymt5pure.exceptions import (  # type: ignore[import-untyped]
    InvalidPacket,
    ResponseError,
)

from simulators.mt5.tests.running import Simulator


class QuickClient(MT5Client):  # type: ignore[misc]
    """Its keep-alive thread sleeps between pings and is awaited at exit, so it sleeps briefly."""

    ping_interval = 0.2

    def _keepalive_worker(self) -> None:
        # The thread does not learn that the socket has been closed until it writes to it.
        with suppress(OSError):
            super()._keepalive_worker()


@pytest.fixture(params=[True, False], ids=["encrypted", "plain"])
def client(simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[MT5Client]:
    connected = QuickClient("127.0.0.1", simulator.port, timeout=20, is_crypt=request.param)
    connected.connect("1001", "Manager1!")
    yield connected
    connected.disconnect()


def add_user(client: MT5Client, **more: object) -> int:
    answer = client(
        "USER_ADD",
        **{"LOGIN": 0, "PASS_MAIN": "Main-pass1", "PASS_INVESTOR": "Look-only1",
           "GROUP": "real\\CY-EUR-Standard", "NAME": "Grace Hopper", "LEVERAGE": 30,
           "COUNTRY": "Cyprus", "ZIPCODE": "1010", **more},
    )  # fmt: skip
    return int(answer.params["LOGIN"])


def test_it_connects_and_learns_the_builds(client: MT5Client) -> None:
    assert client.is_authorized
    assert client.version_access == client.version_trade == "4755"


def test_it_adds_a_user_and_reads_it_back(client: MT5Client) -> None:
    login = add_user(client, COMMENT="a=b|c")
    user = client("USER_GET", LOGIN=login).json
    assert user["Login"] == str(login)
    assert user["Group"] == "real\\CY-EUR-Standard"
    assert user["ZIPCode"] == user["ZipCode"] == "1010"
    assert user["Comment"] == "a=b|c"
    assert login in MT5Api(client).user_logins("real\\CY-*")


def test_it_changes_a_balance_and_finds_the_deal(client: MT5Client) -> None:
    login = add_user(client)
    ticket = client(
        "TRADE_BALANCE", LOGIN=login, TYPE=2, BALANCE="250.50", COMMENT="N-17", CHECK_MARGIN=1
    ).params["TICKET"]
    deal = client("DEAL_GET", TICKET=ticket).json
    assert (deal["Profit"], deal["Comment"], deal["Action"]) == ("250.50", "N-17", "2")
    assert client("USER_ACCOUNT_GET", LOGIN=login).json["Balance"] == "250.50"


def test_it_pages_through_deals(client: MT5Client) -> None:
    login = add_user(client)
    for number in range(103):
        client("TRADE_BALANCE", LOGIN=login, TYPE=2, BALANCE="1", COMMENT=f"N-{number}")
    window = {"LOGIN": login, "FROM": 0, "TO": 4_000_000_000}
    assert client("DEAL_GET_TOTAL", **window).params["TOTAL"] == "103"
    first = client("DEAL_GET_PAGE", OFFSET=0, TOTAL=500, **window).json
    second = client("DEAL_GET_PAGE", OFFSET=100, TOTAL=100, **window).json
    assert (len(first), len(second)) == (100, 3)
    assert [deal["Comment"] for deal in first + second] == [f"N-{n}" for n in range(103)]


def test_it_reads_symbols_and_groups_into_its_own_objects(client: MT5Client) -> None:
    api = MT5Api(client)
    assert api.symbol_total() == 14
    assert {api.symbol_next(index).Symbol for index in range(14)} >= {"EURUSD", "AAPL"}
    assert api.symbol_get("XAUUSD").ContractSize == 100.0
    assert api.symbol_get_group("EURUSD", "real\\SC-USD-Raw").SpreadDiff == 0
    assert api.symbol_get_group("EURUSD", "real\\SC-USD-Standard").SpreadDiff == 10
    assert api.group_total() == 21


def test_it_is_told_of_a_refusal(client: MT5Client) -> None:
    with pytest.raises(ResponseError, match="13 NotFound"):
        client("USER_GET", LOGIN=1)
    with pytest.raises(ResponseError, match="12002 NotSupported"):
        client("MAKE_COFFEE", SUGAR=1)
    assert client("TEST_ACCESS").status_code == 0


def test_it_does_not_get_in_with_a_wrong_password(simulator: Simulator) -> None:
    stranger = QuickClient("127.0.0.1", simulator.port, timeout=20)
    with pytest.raises((ResponseError, InvalidPacket), match="1001"):
        stranger.connect("1001", "Manager2!")
    stranger.disconnect()
    assert not stranger.is_authorized
