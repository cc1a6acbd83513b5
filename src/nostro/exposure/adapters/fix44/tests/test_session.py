"""The session by itself, told what a provider might say; and a captured conversation again."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr

from nostro.exposure.adapters.fix44 import Fix44, Fix44Settings, records
from nostro.exposure.adapters.fix44.session import Expecting, Session
from nostro.exposure.adapters.fix44.wire import BadMessage, Framer, Message, dump, parse
from nostro.exposure.ports import CorrectionKind, Fill, FillCorrection, Marks
from nostro.kit import Refused, Retry

CAPTURE = Path(__file__).parent / "session.fix"
MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SENT_AT = "20260105-09:00:00"
KNOWN = Marks(5, 10)


def settings(port: int = 1) -> Fix44Settings:
    return Fix44Settings(
        host="127.0.0.1", port=port, encryption=False, sender="NOSTRO", target="LP",
        username="nostro", password=SecretStr("sesame"), account="NOSTRO-HEDGE", answer_timeout=2,
    )  # fmt: skip


def said(kind: str, number: int, *fields: tuple[int, str]) -> Message:
    """A message of the provider."""
    head = ((49, "LP"), (56, "NOSTRO"), (34, str(number)), (52, SENT_AT))
    return Message(kind, (*head, *fields))


def fill(number: int, *fields: tuple[int, str]) -> Message:
    return said(
        "8", number, *fields, (37, "O"), (17, f"X{number}"), (150, "F"), (39, "2"), (55, "EUR/USD"),
        (54, "1"), (32, "5"), (31, "1.1"), (151, "0"), (14, "5"), (6, "1.1"), (60, SENT_AT),
    )  # fmt: skip


def sent(session: Session) -> list[Message]:
    framer = Framer()
    framer.feed(bytes(session.outgoing))
    session.outgoing.clear()
    return list(framer.messages())


def logged_on(marks: Marks = KNOWN) -> Session:
    session = Session(settings(), marks, lambda: MONDAY)
    session.log_on()
    session.take(said("A", marks.next_received, (98, "0"), (108, "30")))
    sent(session)
    return session


def test_a_captured_conversation_repeats_word_for_word() -> None:
    """Recorded between the adapter and the simulator: fills, a wrong checksum, a correction and a
    cancellation.
    """
    session, framer = Session(settings(), Marks(), lambda: MONDAY), Framer()
    session.log_on()
    told: list[Fill | FillCorrection] = []
    ours: list[Message] = []
    for line in CAPTURE.read_bytes().removesuffix(b"\n").split(b"\n"):
        if line.startswith(b"< "):
            framer.feed(line[2:])
            for message in framer.messages():
                if message.type == "5":
                    session.send("5")
                    with pytest.raises(Retry, match="logged us out"):
                        session.take(message)
                elif found := session.take(message):
                    one = records.report(found, "NOSTRO>LP", "NOSTRO-HEDGE")
                    assert one is not None
                    told.append(one)
        else:
            length = line.index(b"\x0135=") + 1
            ours.append(parse(line[2:][length - 2 : -7]))

    assert [type(one).__name__ for one in told] == [
        "Fill", "Fill", "Fill", "FillCorrection", "FillCorrection",
    ]  # fmt: skip
    gold, better, taken_back = told[2:]
    assert isinstance(gold, Fill) and isinstance(better, FillCorrection)
    assert isinstance(told[0], Fill) and isinstance(taken_back, FillCorrection)
    assert (better.kind, better.corrects) == (CorrectionKind.CORRECTED, gold.exec_id)
    assert (taken_back.kind, taken_back.corrects) == (CorrectionKind.CANCELLED, told[0].exec_id)
    assert framer.garbled == 1
    assert [_timeless(one) for one in sent(session)] == [_timeless(one) for one in ours]
    assert session.marks == Marks(4, 8)


def _timeless(message: Message) -> tuple[str, list[tuple[int, str]]]:
    return message.type, [pair for pair in message.fields if pair[0] != 52]


def test_a_logon_says_who_we_are_and_how_often_we_speak() -> None:
    session = Session(settings(), Marks(5, 10), lambda: MONDAY)
    session.log_on()

    [logon] = sent(session)
    assert logon.fields == (
        (49, "NOSTRO"), (56, "LP"), (34, "5"), (52, "20260105-09:00:00.000"), (98, "0"),
        (108, "30"), (553, "nostro"), (554, "sesame"),
    )  # fmt: skip


def test_a_gap_is_asked_for_once_and_what_came_early_comes_again() -> None:
    session = logged_on()

    assert session.take(fill(13)) is None
    assert session.take(fill(14)) is None
    [asked] = sent(session)
    assert (asked.type, asked.text(7), asked.text(16)) == ("2", "11", "0")
    assert session.take(fill(11, (43, "Y"))) is not None
    session.take(said("4", 12, (43, "Y"), (123, "Y"), (36, "13")))
    assert session.take(fill(13, (43, "Y"))) is not None
    assert session.take(fill(13, (43, "Y"))) is None
    assert session.take(fill(14, (43, "Y"))) is not None
    assert session.marks.next_received == 15


def test_a_repetition_that_leaves_out_the_gap_is_asked_for_again_but_not_for_ever() -> None:
    session = logged_on()
    session.take(fill(12))
    session.take(fill(12, (43, "Y")))
    session.take(fill(12, (43, "Y")))
    assert [one.text(7) for one in sent(session)] == ["11"] * 3

    with pytest.raises(Retry, match="number 11"):
        session.take(fill(12, (43, "Y")))


def test_our_own_messages_are_filled_over_when_they_are_asked_for() -> None:
    session = logged_on(Marks(5, 10))
    session.take(said("2", 11, (7, "2"), (16, "0")))

    [filling] = sent(session)
    assert (filling.type, filling.text(34), filling.text(123), filling.text(36)) == (
        "4", "2", "Y", "6",
    )  # fmt: skip
    assert filling.text(43) == "Y" and filling.text(122) == filling.text(52)
    assert session.marks.next_sent == 6


def test_a_request_to_send_again_is_answered_although_something_is_missing() -> None:
    session = logged_on()
    session.take(said("2", 15, (7, "1"), (16, "3")))

    filling, asked = sent(session)
    assert (filling.type, filling.text(34), filling.text(36)) == ("4", "1", "4")
    assert (asked.type, asked.text(7)) == ("2", "11")


def test_a_test_request_is_answered() -> None:
    session = logged_on()
    session.take(said("1", 11, (112, "there?")))

    [answer] = sent(session)
    assert (answer.type, answer.text(112)) == ("0", "there?")


def test_a_number_too_low_is_refused_and_said() -> None:
    session = logged_on()
    with pytest.raises(Refused) as refused:
        session.take(fill(4))

    assert refused.value.code == "sequence_too_low"
    assert [one.type for one in sent(session)] == ["5"]


@pytest.mark.parametrize(("answer", "code"), [
    (said("A", 3, (98, "0"), (108, "30")), "sequence_too_low"),
    (said("A", 1, (98, "0"), (108, "30"), (141, "Y")), "sequence_reset"),
    (said("5", 10, (58, "Wrong password")), "logon"),
    (Message("A", ((49, "ELSE"), (56, "NOSTRO"), (34, "10"))), "comp_id"),
])  # fmt: skip
def test_an_answer_to_the_logon_that_needs_a_person_is_refused(answer: Message, code: str) -> None:
    session = Session(settings(), Marks(5, 10), lambda: MONDAY)
    session.log_on()
    with pytest.raises(Refused) as refused:
        session.take(answer)

    assert refused.value.code == code
    assert session.marks.next_received == 10


def test_a_provider_that_says_which_number_it_expects_is_believed() -> None:
    session = Session(settings(), Marks(5, 10), lambda: MONDAY)
    session.log_on()
    words = "MsgSeqNum too low, expecting 12 but received 5"

    with pytest.raises(Expecting) as expecting:
        session.take(said("5", 10, (58, words)))

    assert expecting.value.number == 12


@pytest.mark.parametrize("message", [
    Message("0", ((49, "LP"), (56, "NOSTRO"))),
    said("5", 11),
    said("A", 11, (98, "0"), (108, "30")),
], ids=["no number", "logout", "second logon"])  # fmt: skip
def test_what_ends_a_session_can_be_tried_again(message: Message) -> None:
    with pytest.raises(Retry):
        logged_on().take(message)


def test_numbers_may_be_given_up_but_not_taken_back() -> None:
    session = logged_on()
    session.take(said("4", 99, (36, "5")))
    assert (session.marks.next_received, session.is_broken) == (11, False)
    [rejected] = sent(session)
    assert (rejected.type, rejected.text(371), rejected.text(373)) == ("3", "36", "5")

    session.take(said("4", 1, (36, "40")))
    assert (session.marks.next_received, session.is_broken) == (40, True)


@pytest.mark.parametrize("tag", [17, 37, 55, 54, 32, 31, 60, 14, 151])
def test_a_fill_without_what_makes_it_one_is_no_fill(tag: int) -> None:
    whole = fill(11)
    poorer = Message("8", tuple(pair for pair in whole.fields if pair[0] != tag))

    with pytest.raises(BadMessage) as bad:
        records.report(poorer, "s", "a")

    assert bad.value.tag == tag


@pytest.mark.parametrize("kind", ["0", "4", "8", "I", "A"])
def test_what_happens_to_an_order_alone_is_no_fill(kind: str) -> None:
    assert records.report(said("8", 11, (150, kind)), "s", "a") is None


@contextmanager
def peer(*answers: bytes, patient: bool) -> Iterator[int]:
    """A server that says these bytes, one after each thing it hears, and then waits or leaves."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = listener.accept()
        with line:
            for answer in answers:
                line.recv(4096)
                line.sendall(answer)
            while patient and line.recv(4096):
                pass

    server = Thread(target=serve, daemon=True)
    server.start()
    yield listener.getsockname()[1]
    listener.close()
    server.join(10)


def raw(message: Message) -> bytes:
    return dump([(35, message.type), *message.fields])


LOGON = raw(said("A", 1, (98, "0"), (108, "30")))


@pytest.mark.parametrize(("answers", "patient"), [
    ((), False),
    ((b"",), False),
    ((LOGON[:20],), False),
    ((LOGON[:20],), True),
    ((LOGON[:-4] + b"999\x01",), True),
    ((LOGON.replace(b"\x019=", b"\x019=9", 1),), True),
    ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), False),
    ((raw(said("0", 1)),), True),
], ids=["nobody", "hang-up", "half", "half and silence", "checksum", "length", "web server",
        "heartbeat"])  # fmt: skip
def test_a_logon_that_is_not_answered_as_it_should_be_can_be_tried_again(
    answers: tuple[bytes, ...], patient: bool
) -> None:
    with peer(*answers, patient=patient) as port, pytest.raises(Retry):
        Fix44(settings(port)).receive(Marks(), clock=lambda: MONDAY, within=1)


def test_a_report_that_cannot_be_read_is_rejected_and_leaves_a_mark() -> None:
    unreadable = Message("8", tuple(pair for pair in fill(2).fields if pair[0] != 31))
    with peer(LOGON + raw(unreadable) + raw(fill(3)), patient=True) as port:
        adapter = Fix44(settings(port))
        batch = adapter.receive(Marks(), clock=lambda: MONDAY, within=5)
        adapter.close(batch.marks, clock=lambda: MONDAY)

    assert [type(one) for one in batch.reports] == [Fill]
    assert batch.is_broken
    assert batch.marks == Marks(3, 4)


@pytest.mark.parametrize("answer", [
    said("3", 2, (45, "2"), (58, "no such thing")),
    said("j", 2, (45, "2"), (380, "3")),
    said("AO", 2, (721, "1"), (710, "?")),
], ids=["reject", "business reject", "half an answer"])  # fmt: skip
def test_a_question_that_is_rejected_is_refused(answer: Message) -> None:
    name = f"{MONDAY:%Y%m%d%H%M%S%f}-2"
    fields = tuple((tag, name if value == "?" else value) for tag, value in answer.fields)
    with (
        peer(LOGON, raw(Message(answer.type, fields)), patient=True) as port,
        pytest.raises(Refused),
    ):
        Fix44(settings(port)).positions(Marks(), MONDAY.date(), clock=lambda: MONDAY)
