"""Lists that a server answers otherwise than with an array."""

import pytest
from pydantic import SecretStr

from nostro.trading.adapters.mt5 import Mt5
from nostro.trading.adapters.mt5.settings import Mt5Settings
from nostro.trading.adapters.mt5.tests.peer import PASSWORD, done, peer

CLOCK = '{"Daylight" : "0", "DaylightState" : "0", "TimeZone" : "0"}'


def mt5(port: int) -> Mt5:
    return Mt5(Mt5Settings(host="127.0.0.1", port=port, login=1001, password=SecretStr(PASSWORD)))


def commands(heard: list[str]) -> list[str]:
    return [one.partition("|")[0] for one in heard]


@pytest.mark.parametrize("sort", ["POSITION", "ORDER"])
def test_nothing_at_all_is_no_reason_to_ask_for_every_account(sort: str) -> None:
    def answer(command: str) -> list[bytes]:
        if command == f"{sort}_GET_BATCH":
            return [f"{command}|RETCODE=13 Not found|\r\n".encode("utf-16le")]
        return done(command, document=CLOCK)

    with peer(answer) as server:
        platform = mt5(server.port)
        reading = platform.positions if sort == "POSITION" else platform.orders
        assert [list(reading()), list(reading())] == [[], []]
        platform.close()

    asked = commands(server.heard)
    assert asked.count(f"{sort}_GET_BATCH") == 2
    assert "USER_LOGINS" not in asked


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_there() -> None:
    rows = ", ".join(
        f'{{"Position" : "{ticket}", "Login" : "7", "Volume" : "{volume}"}}'
        for ticket, volume in ((1, "100"), (2, "a lot"), (3, "300"))
    )

    def answer(command: str) -> list[bytes]:
        return done(command, document=f"[{rows}]" if command.startswith("POSITION") else CLOCK)

    with peer(answer) as server:
        platform = mt5(server.port)
        ((first, last),) = platform.positions()
        assert (first.ticket, last.ticket) == (1, 3)
        assert platform.unread() == {"position 2": "Volume is 'a lot', which is not a number."}
        assert platform.unread() == {}
        platform.close()


def test_a_group_that_is_refused_or_unreadable_is_named_and_the_others_are_there() -> None:
    usual = '{{"Group" : "real\\\\{0}", "Currency" : "{1}"}}'
    told = iter([usual.format("A", "USD"), None, "{ no JSON", "{ no JSON", usual.format("D", "?")])

    def answer(command: str) -> list[bytes]:
        if command == "GROUP_TOTAL":
            return done(command, "TOTAL=4|")
        if command != "GROUP_NEXT":
            return done(command)
        document = next(told)
        if document is None:
            return [f"{command}|RETCODE=8 No rights|\r\n".encode("utf-16le")]
        return done(command, document=document)

    with peer(answer) as server:
        platform = mt5(server.port)
        assert [one.name for one in platform.groups()] == ["real\\A"]
        assert sorted(platform.unread()) == ["group 2 of 4", "group 3 of 4", "group real\\D"]
        platform.close()
