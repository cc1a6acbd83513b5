"""The same tables in a real MariaDB, with the rows of the simulated server: what the adapter reads
there is what it read here.
"""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pymysql
import pytest
from pymysql.cursors import Cursor

from nostro.kit import Refused, Retry
from nostro.trading.adapters.mt4.tests.conftest import CHECKOUT, Server, funded, running

TABLES = ("mt4_users", "mt4_trades", "mt4_prices", "mt4_daily", "mt4_config")
HOUR = timedelta(hours=1)


@dataclass
class MariaDb:
    home: Path
    port: int = 0
    program: "subprocess.Popen[bytes]" = field(init=False)

    def start(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.program = subprocess.Popen(
            ["mariadbd", "--no-defaults", "--user=root", f"--datadir={self.home / 'data'}",
             f"--socket={self.home / 's'}", f"--port={self.port}", "--bind-address=127.0.0.1",
             "--skip-name-resolve", "--innodb-buffer-pool-size=16M"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ends = monotonic() + 60
        while True:
            try:
                pymysql.connect(unix_socket=str(self.home / "s"), user="root").close()
                return
            except pymysql.MySQLError:
                if monotonic() > ends or self.program.poll() is not None:
                    raise
                sleep(0.1)

    def say(self, *statements: str) -> None:
        with (
            pymysql.connect(unix_socket=str(self.home / "s"), user="root", autocommit=True) as line,
            line.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)

    def stop(self) -> None:
        self.program.terminate()
        self.program.wait(timeout=60)


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    if not (shutil.which("mariadbd") and shutil.which("mariadb-install-db")):
        pytest.skip("There is no MariaDB server here: Debian has it in mariadb-server-core.")
    home = tmp_path_factory.mktemp("maria")
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={home / 'data'}",
         "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True, capture_output=True,
    )  # fmt: skip
    one = MariaDb(home)
    one.start()
    made = subprocess.run(
        [sys.executable, "-m", "simulators.mt4.tables"], cwd=CHECKOUT, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    one.say(
        "CREATE DATABASE report CHARACTER SET cp1251", "USE report",
        *filter(None, map(str.strip, made.split(";\n"))),
        "CREATE USER nostro@'%' IDENTIFIED BY 'Report1!'",
        "GRANT SELECT ON report.* TO nostro@'%'",
    )  # fmt: skip
    yield one
    one.stop()


def copy(server: Server, mariadb: MariaDb) -> None:
    """Every row, as any client would read and write it."""
    source = pymysql.connect(
        host="127.0.0.1", port=server.settings.database_port, user="nostro", password="Report1!",
        database="report",
    )  # fmt: skip
    target = pymysql.connect(
        unix_socket=str(mariadb.home / "s"), user="root", database="report", autocommit=True
    )
    with source, target, source.cursor() as reading, target.cursor() as writing:
        for table in TABLES:
            _copy_table(table, reading, writing)


def _copy_table(table: str, reading: Cursor, writing: Cursor) -> None:
    reading.execute(f"SELECT * FROM {table}")  # noqa: S608
    rows = reading.fetchall()
    names = ", ".join(f"`{column[0]}`" for column in reading.description or ())
    marks = ", ".join(["%s"] * len(reading.description or ()))
    writing.execute(f"DELETE FROM {table}")  # noqa: S608
    writing.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


def bare(records: Iterable[Any]) -> list[Any]:
    """Without the raw rows: the same double may be written 5000 or 5000.0."""
    return [replace(one, raw={}) for one in records]


def pages(found: Iterable[Iterable[Any]]) -> list[Any]:
    return bare(one for page in found for one in page)


def test_a_real_mariadb_says_what_the_simulated_one_said(mariadb: MariaDb, tmp_path: Path) -> None:
    with running(tmp_path / "mt4") as server:
        here = server.adapter()
        logins = [
            funded(here, f"real {n}", group, "5000.00 USD")
            for n, group in enumerate(("CY-USD-Standard", "SC-USD-Raw", "SC-USD-Standard"))
        ]
        server.order("advance", to="2026-06-20T08:00:00")
        ticket = server.trade(logins[1], lots="0.10")
        server.order("close", position=ticket, lots="0.04")
        copy(server, mariadb)
        there = server.adapter(database_port=mariadb.port)
        now = here.server_time()
        span = (now - timedelta(days=30), now + HOUR)

        assert there.logins() == here.logins() == logins
        for name in ("accounts", "account_states"):
            assert bare(getattr(there, name)(logins)) == bare(getattr(here, name)(logins))
        open_now = pages(here.positions())
        assert pages(there.positions()) == open_now != []
        deals = pages(here.deals(*span))
        assert pages(there.deals(*span)) == deals
        assert len(deals) > 10
        some: dict[str, Any] = {"logins": [logins[1]], "offset": 2}
        assert pages(there.deals(*span, **some)) == pages(here.deals(*span, **some))
        assert there.ticks(["EURUSD"]) == here.ticks(["EURUSD"])
        assert bare(there.symbols()) == bare(here.symbols())
        assert there.find_account("real 1") == logins[1]
        since = now - timedelta(days=21)
        assert there.find_balance_operation(logins[0], "real 0/fund", since) is not None
        here.close()
        there.close()


def test_what_a_real_mariadb_refuses_and_when_it_is_gone(mariadb: MariaDb, tmp_path: Path) -> None:
    with running(tmp_path / "mt4") as server:
        there = server.adapter(database_port=mariadb.port)
        logins = there.logins()
        for changed, code in (
            ({"database_user": "nobody"}, "1045"), ({"database_name": "mysql"}, "1044"),
            ({"table_prefix": "none_"}, "1146"),
        ):  # fmt: skip
            with pytest.raises(Refused) as refusal:
                server.adapter(database_port=mariadb.port, **changed).logins()
            assert refusal.value.code == code
        mariadb.say("ALTER TABLE report.mt4_trades DROP COLUMN SWAPS")
        with pytest.raises(Refused) as refusal:
            for page in there.deals(there.server_time() - timedelta(days=60), there.server_time()):
                assert page
        assert "SWAPS" in refusal.value.reason
        mariadb.stop()
        with pytest.raises(Retry):
            there.logins()
        mariadb.start()
        again = server.adapter(database_port=mariadb.port)
        assert again.logins() == logins
