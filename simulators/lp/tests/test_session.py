"""The session layer, asked by messages that simplefix wrote and read: a codec of other authors."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import simplefix  # type: ignore[import-untyped]

from simulators.lp.tests.conftest import PASSWORD
from simulators.web.launch import Running

PATIENCE = 20.0


class Customer:
    """One connection. Nothing is sent that a test did not ask for."""

    def __init__(self, provider: Running, *, number: int = 1) -> None:
        self.socket = socket.create_connection(("127.0.0.1", provider.port), timeout=PATIENCE)
        self.number = number
        self._parser = simplefix.FixParser()

    def message(self, kind: str, *fields: tuple[int, object], number: int | None = None) -> bytes:
        if number is None:
            number, self.number = self.number, self.number + 1
        message = simplefix.FixMessage()
        message.append_pair(8, "FIX.4.4")
        message.append_pair(35, kind)
        message.append_pair(49, "NOSTRO")
        message.append_pair(56, "LP")
        message.append_pair(34, number)
        message.append_pair(52, f"{datetime.now(UTC):%Y%m%d-%H:%M:%S}")
        for tag, value in fields:
            message.append_pair(tag, value)
        encoded: bytes = message.encode()
        return encoded

    def send(self, kind: str, *fields: tuple[int, object], number: int | None = None) -> None:
        self.socket.sendall(self.message(kind, *fields, number=number))

    def log_on(self, *fields: tuple[int, object], number: int | None = None) -> dict[int, str]:
        heartbeat = next((value for tag, value in fields if tag == 108), 60)
        other = [pair for pair in fields if pair[0] != 108]
        self.send("A", (98, 0), (108, heartbeat), (554, PASSWORD), *other, number=number)
        return self.hear()

    def hear(self) -> dict[int, str]:
        """The next message; EOFError where the provider hangs up."""
        while (found := self._parser.get_message()) is None:
            data = self.socket.recv(4096)
            if not data:
                raise EOFError
            self._parser.append_buffer(data)
        assert found.encode(raw=True) == found.encode()  # its own length and checksum
        return {int(tag): value.decode("latin-1") for tag, value in found.pairs}


@pytest.fixture
def customer(provider: Running) -> Customer:
    one = Customer(provider)
    assert one.log_on()[35] == "A"
    return one


def fill(provider: Running, **what: str) -> str:
    usual = {"symbol": "EUR/USD", "side": "buy", "quantity": "100000"}
    return str(provider.control("fill", **{**usual, **what})["exec_id"])


def test_a_logon_is_answered_with_one(provider: Running) -> None:
    answer = Customer(provider).log_on((108, 45))

    assert (answer[35], answer[98], answer[108], answer[34]) == ("A", "0", "45", "1")
    assert (answer[49], answer[56]) == ("LP", "NOSTRO")


@pytest.mark.parametrize(("fields", "why"), [
    (((98, 0), (108, 30), (554, "open")), "Username or password is wrong."),
    (((98, 0), (108, 30)), "Username or password is wrong."),
    (((98, 1), (108, 30), (554, PASSWORD)), "A logon needs MsgSeqNum, EncryptMethod 0 and "
     "HeartBtInt."),
])  # fmt: skip
def test_a_stranger_is_turned_away_and_moves_no_numbers(
    provider: Running, fields: tuple[tuple[int, object], ...], why: str
) -> None:
    stranger = Customer(provider)
    stranger.send("A", *fields)

    assert stranger.hear()[58] == why
    with pytest.raises(EOFError):
        stranger.hear()
    state = provider.state()
    assert (state["next_out"], state["next_in"], state["logged_on"]) == (1, 1, False)


def test_who_does_not_log_on_first_is_hung_up_on(provider: Running) -> None:
    stranger = Customer(provider)
    stranger.send("0")

    with pytest.raises(EOFError):
        stranger.hear()


def test_a_test_request_is_answered_with_its_words(customer: Customer) -> None:
    customer.send("1", (112, "are you there"))

    answer = customer.hear()
    assert (answer[35], answer[112]) == ("0", "are you there")


def test_a_silent_customer_is_asked_and_then_left(provider: Running) -> None:
    customer = Customer(provider)
    customer.log_on((108, 1))
    kinds = []
    with pytest.raises(EOFError):
        while True:
            kinds.append(customer.hear()[35])

    assert {"0", "1"} >= set(kinds) and kinds.count("1") == 1


def test_reports_are_sent_again_as_possible_duplicates_and_the_rest_is_filled_over(
    provider: Running, customer: Customer
) -> None:
    first = fill(provider)
    customer.hear()
    customer.send("1", (112, "x"))
    customer.hear()
    second = fill(provider)
    customer.hear()

    customer.send("2", (7, 1), (16, 0))
    told = [customer.hear() for _ in range(4)]

    assert [one[35] for one in told] == ["4", "8", "4", "8"]
    assert [one[34] for one in told] == ["1", "2", "3", "4"]
    assert (told[0][36], told[0][123], told[2][36]) == ("2", "Y", "4")
    assert (told[1][17], told[3][17]) == (first, second)
    assert all(one[43] == "Y" and one[122] <= one[52] for one in told)


def test_a_part_may_be_asked_for_again(provider: Running, customer: Customer) -> None:
    names = [fill(provider) for _ in range(3)]
    for _ in names:
        customer.hear()

    customer.send("2", (7, 3), (16, 3))
    again = customer.hear()
    customer.send("1", (112, "done"))

    assert (again[34], again[17]) == ("3", names[1])
    assert customer.hear()[112] == "done"


def test_a_number_too_high_is_asked_for_and_a_gap_fill_accepted(customer: Customer) -> None:
    customer.send("1", (112, "early"), number=5)
    asked = customer.hear()
    assert (asked[35], asked[7], asked[16]) == ("2", "2", "0")
    customer.send("4", (43, "Y"), (123, "Y"), (36, 6), number=2)
    customer.send("1", (112, "late"), number=6)

    assert customer.hear()[112] == "late"


def test_a_number_too_low_ends_the_session(customer: Customer) -> None:
    customer.send("1", (112, "x"), number=1)

    assert customer.hear()[58] == "MsgSeqNum too low, expecting 2 but received 1"
    with pytest.raises(EOFError):
        customer.hear()


def test_a_possible_duplicate_that_was_seen_is_ignored(customer: Customer) -> None:
    customer.send("1", (43, "Y"), (112, "old"), number=1)
    customer.send("1", (112, "new"))

    assert customer.hear()[112] == "new"


@pytest.mark.parametrize("spoil", [
    lambda raw: raw[:-4] + (b"%03d\x01" % ((int(raw[-4:-1]) + 1) % 256)),
    lambda raw: raw.replace(b"\x019=", b"\x019=9", 1),
    lambda raw: raw.replace(b"\x0135=", b"\x0136=", 1),
    lambda raw: raw[: len(raw) // 2],
    lambda raw: b"\x00\xff noise \x01" + raw[10:],
], ids=["checksum", "length", "type", "half", "noise"])  # fmt: skip
def test_what_is_garbled_is_ignored_and_missed(
    customer: Customer, spoil: Callable[[bytes], bytes]
) -> None:
    customer.socket.sendall(spoil(customer.message("1", (112, "garbled"))))
    # A length too long swallows what follows until the end that it promised.
    for name in range(24):
        customer.send("1", (112, f"clear {name}"))

    asked = customer.hear()
    assert (asked[35], asked[7]) == ("2", "2")


def test_both_sides_begin_anew_when_a_logon_asks_for_it(provider: Running) -> None:
    Customer(provider).log_on()
    fill(provider)
    customer = Customer(provider)

    answer = customer.log_on((141, "Y"))

    assert (answer[34], answer[141]) == ("1", "Y")
    state = provider.state()
    assert (state["next_out"], state["next_in"]) == (2, 2)


@pytest.mark.parametrize(("kind", "fields", "tag", "reason"), [
    ("AD", ((569, 0), (263, 0)), "568", "1"),
    ("AN", ((710, "p"), (724, 0), (715, "20260105"), (60, "20260105-00:00:00")), "1", "1"),
    ("AN", ((710, "p"), (724, 0), (715, "soon"), (60, "20260105-00:00:00"), (1, "X")), "715", "6"),
    ("4", ((123, "Y"), (36, 1)), "36", "5"),
])  # fmt: skip
def test_a_request_without_its_fields_is_rejected_by_number_and_field(
    customer: Customer, kind: str, fields: tuple[tuple[int, object], ...], tag: str, reason: str
) -> None:
    customer.send(kind, *fields)

    told = customer.hear()
    assert (told[35], told[45], told[372], told[371]) == ("3", "2", kind, tag)
    assert told[373] == reason


def test_what_is_not_spoken_here_is_said(customer: Customer) -> None:
    customer.send("D", (11, "order"))

    told = customer.hear()
    assert (told[35], told[45], told[372], told[380]) == ("j", "2", "D", "3")


def test_a_stranger_s_name_in_the_session_ends_it(customer: Customer) -> None:
    customer.socket.sendall(
        simplefix.FixMessage.encode(_with_sender(customer.message("0"), "SOMEONE"))
    )

    rejected = customer.hear()
    assert (rejected[35], rejected[373]) == ("3", "9")
    assert customer.hear()[35] == "5"


def _with_sender(raw: bytes, name: str) -> simplefix.FixMessage:
    parser = simplefix.FixParser()
    parser.append_buffer(raw)
    message = parser.get_message()
    changed = simplefix.FixMessage()
    for tag, value in message.pairs:
        if tag not in (b"9", b"10"):
            changed.append_pair(tag, name if tag == b"49" else value)
    return changed


def test_goodbye_is_answered(customer: Customer) -> None:
    customer.send("5")

    assert customer.hear()[35] == "5"
    with pytest.raises(EOFError):
        customer.hear()


def test_numbers_and_reports_survive_a_restart(start: Callable[..., Running]) -> None:
    provider = start("--seed", "3")
    customer = Customer(provider)
    customer.log_on()
    first = fill(provider)
    provider.stop()
    again = start("--seed", "3")
    second = fill(again)

    customer = Customer(again, number=2)
    assert customer.log_on()[34] == "4"
    customer.send("2", (7, 1), (16, 0))
    told = [customer.hear() for _ in range(4)]

    assert [(one[35], one[34]) for one in told] == [("4", "1"), ("8", "2"), ("8", "3"), ("4", "4")]
    assert [told[1][17], told[2][17]] == [first, second]


def test_a_seed_repeats_names_and_prices(tmp_path_factory: pytest.TempPathFactory) -> None:
    told = []
    for _ in range(2):
        home = tmp_path_factory.mktemp("lp")
        provider = Running("lp", home, "--secret-key", PASSWORD, "--seed", "9")
        provider.control("clock", at="2026-01-05T09:00:00Z")
        told.append(provider.control("fill", symbol="EUR/USD", side="buy", quantity="1000"))
        provider.stop()

    assert told[0] == told[1]


@pytest.mark.parametrize(("path", "body"), [
    ("fill", {"symbol": "EURUSD", "side": "buy", "quantity": "1"}),
    ("fill", {"symbol": "EUR/USD", "side": "up", "quantity": "1"}),
    ("fill", {"symbol": "EUR/USD", "side": "buy", "quantity": "-1"}),
    ("fill", {"symbol": "EUR/USD", "side": "buy", "quantity": "2", "ordered": "1"}),
    ("fill", {"order": "none", "quantity": "1"}),
    ("correct", {"exec_id": "none"}),
    ("cancel", {"exec_id": "none"}),
    ("misbehave", {"what": "server_error"}),
])  # fmt: skip
def test_an_order_that_makes_no_sense_changes_nothing(
    provider: Running, path: str, body: dict[str, str]
) -> None:
    before = provider.state()
    with pytest.raises(Exception, match="400"):
        provider.control(path, **body)

    assert provider.state()["holdings"] == before["holdings"]
    assert provider.state()["next_out"] == before["next_out"]
