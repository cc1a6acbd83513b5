"""The report database, as any MySQL client sees it."""

from datetime import datetime
from pathlib import Path

import pymysql
import pytest

from simulators.mt4.tables import TABLES
from simulators.mt4.tests.running import MONDAY, RawClient, Simulator

OPEN = datetime(1970, 1, 1)  # noqa: DTZ001


def trades(simulator: Simulator, login: int) -> list[dict[str, object]]:
    return simulator.select("SELECT * FROM mt4_trades WHERE LOGIN = %s ORDER BY TICKET", login)


def test_the_tables_and_their_columns_are_the_report_servers(simulator: Simulator) -> None:
    names = [next(iter(row.values())) for row in simulator.select("SHOW TABLES")]
    assert sorted(names) == sorted(TABLES)
    for name, table in TABLES.items():
        rows = simulator.select(f"DESCRIBE {name}")
        assert [row["Field"] for row in rows] == list(table.columns)


def test_money_is_a_row_that_opens_and_closes_in_one_moment(
    simulator: Simulator, client: RawClient
) -> None:
    login = client.funded()
    client.call("changecredit", login=login, value="20.50", comment="x" * 40)
    money, credit = trades(simulator, login)
    assert (money["CMD"], money["PROFIT"], money["COMMENT"]) == (6, 1000.0, "first deposit")
    assert (credit["CMD"], credit["PROFIT"], credit["COMMENT"]) == (7, 20.5, "x" * 31)
    assert money["OPEN_TIME"] == money["CLOSE_TIME"] == datetime(2026, 1, 5, 10)  # noqa: DTZ001


def test_a_part_closed_ends_its_ticket_and_the_rest_has_a_new_one(
    simulator: Simulator, client: RawClient
) -> None:
    login = client.funded()
    ticket = simulator.trade(login, "0.10")
    rest = simulator.control("/close", {"position": ticket, "lots": "0.04"})["rest"]
    _, closed, standing = trades(simulator, login)
    assert (closed["TICKET"], closed["VOLUME"], closed["COMMENT"]) == (ticket, 4, f"to #{rest}")
    assert (standing["TICKET"], standing["VOLUME"]) == (rest, 6)
    assert (standing["COMMENT"], standing["CLOSE_TIME"]) == (f"from #{ticket}", OPEN)
    assert standing["OPEN_PRICE"] == closed["OPEN_PRICE"]
    # Commission: 3.50 a lot and side, on both sides of what closed and one of what stands.
    assert (closed["COMMISSION"], standing["COMMISSION"]) == (-0.28, -0.21)
    (user,) = simulator.select("SELECT * FROM mt4_users WHERE LOGIN = %s", login)
    assert user["BALANCE"] == pytest.approx(1000 - 0.28 + float(str(closed["PROFIT"])))


def test_rows_that_did_not_change_keep_the_time_they_were_written(tmp_path: Path) -> None:
    with Simulator(tmp_path) as running, running.client() as client:
        running.control("/clock", {"at": MONDAY})
        login = client.funded()
        (before,) = trades(running, login)
        running.control("/clock", {"at": "2026-01-05T09:00:00"})
        ticket = running.trade(login, "0.01")
        money, opened = trades(running, login)
        assert money == before
        assert opened["MODIFY_TIME"] == datetime(2026, 1, 5, 11)  # noqa: DTZ001
        running.control("/replication", {"runs": False})
        running.control("/close", {"position": ticket})
        assert trades(running, login) == [money, opened]
        running.control("/replication", {"runs": True})
        assert trades(running, login)[1]["CLOSE_TIME"] != OPEN


def test_nobody_writes_and_only_one_user_reads(simulator: Simulator) -> None:
    for statement in ("DELETE FROM mt4_trades", "UPDATE mt4_users SET BALANCE = 1"):
        with pytest.raises(pymysql.MySQLError):
            simulator.select(statement)
    for user, password in (("nostro", "wrong"), ("root", ""), ("", "")):
        with pytest.raises(pymysql.MySQLError):
            pymysql.connect(
                host="127.0.0.1", port=simulator.ready["database_port"], user=user,
                password=password,
            )  # fmt: skip


def test_the_same_seed_leaves_the_same_rows_however_time_is_cut(tmp_path: Path) -> None:
    found = []
    for name, stops in (("one", ["20"]), ("many", ["08", "13", "20"])):
        with Simulator(tmp_path / name) as running, running.client() as client:
            running.control("/clock", {"at": MONDAY})
            for group in ("SC-USD-Raw", "SC-USD-Standard"):
                client.funded(group, "5000")
            for day in stops:
                running.control("/advance", {"to": f"2026-01-{day}T08:00:00"})
            columns = "TICKET, LOGIN, CMD, VOLUME, OPEN_TIME, CLOSE_TIME, PROFIT, SWAPS, COMMENT"
            found.append(running.select(f"SELECT {columns} FROM mt4_trades ORDER BY TICKET"))  # noqa: S608
            daily = running.select("SELECT COUNT(*) AS n FROM mt4_daily")
            assert daily[0]["n"] == 30
    assert found[0] == found[1]
    assert {row["CMD"] for row in found[0]} >= {0, 1, 6}
