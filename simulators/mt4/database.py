"""The report database's door: any MySQL client may read the tables, nobody may write.

Questions are put to SQLite, in whose language sqlglot says them.
"""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, cast

from mysql_mimic import ResultColumn, Session, User
from mysql_mimic.auth import IdentityProvider, NativePasswordAuthPlugin
from mysql_mimic.connection import Connection
from mysql_mimic.control import LocalControl
from mysql_mimic.errors import ErrorCode, MysqlError
from mysql_mimic.results import AllowedResult
from mysql_mimic.stream import MysqlStream
from mysql_mimic.types import ColumnType
from sqlglot import expressions

from simulators.mt4.report import Report
from simulators.mt4.settings import Settings
from simulators.mt4.tables import TABLES
from simulators.trading.misbehaviour import Mischief, Misdeed

log = logging.getLogger(__name__)

UNKNOWN_DATABASE, UNKNOWN_COLUMN, UNKNOWN_TABLE, READ_ONLY = 1049, 1054, 1146, 1290
_KINDS = {
    "INT": ColumnType.LONG, "DOUBLE": ColumnType.DOUBLE, "DATETIME": ColumnType.DATETIME,
    "CHAR": ColumnType.STRING, "BLOB": ColumnType.BLOB,
}  # fmt: skip
_DECLARED = {
    name: _KINDS[kind.split("(")[0].split()[0]]
    for table in TABLES.values()
    for name, kind in table.columns.items()
}
"""By the column's name, which means the same in every table."""


def _error(code: int, message: str) -> MysqlError:
    # The package numbers only its own errors; on the wire any number goes.
    return MysqlError(message, code=cast(ErrorCode, code))


def _written(_: ResultColumn, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class Identities(IdentityProvider):
    """The one user there is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def get_user(self, username: str) -> User:
        """A stranger is a user whom no password lets in: nobody learns which names there are."""
        is_known = username == self._settings.user
        password = self._settings.password if is_known else secrets.token_hex()
        secret = NativePasswordAuthPlugin.create_auth_string(password)
        return User(username, secret, NativePasswordAuthPlugin.name)


class ReportSession(Session):
    """`hang_up` closes the line, where an order to misbehave says so."""

    def __init__(
        self, report: Report, settings: Settings, mischief: Mischief, hang_up: Callable[[], None]
    ) -> None:
        super().__init__()
        self._report = report
        self._settings = settings
        self._mischief = mischief
        self._hang_up = hang_up

    async def use(self, database: str) -> None:
        self._check(database)
        await super().use(database)

    def _check(self, database: str | None) -> None:
        if database not in (None, self._settings.database):
            raise _error(UNKNOWN_DATABASE, f"Unknown database '{database}'")

    async def schema(self) -> dict[str, dict[str, dict[str, str]]]:
        tables = {
            name: {
                column: table.columns[column].split()[0] for column in self._report.columns(name)
            }
            for name, table in TABLES.items()
        }
        return {self._settings.database: tables}

    async def query(
        self, expression: expressions.Expression, sql: str, attrs: dict[str, str]
    ) -> AllowedResult:
        # The database that a client names at the beginning is not told to `use`.
        self._check(self.database)
        if not isinstance(expression, expressions.Query):
            raise _error(READ_ONLY, "The report database is read-only")
        plan = self._mischief.take("SELECT")
        if plan and plan.what is Misdeed.SLOW:
            await asyncio.sleep(plan.seconds)
        elif plan:
            self._hang_up()
            raise ConnectionError("The line was dropped, as ordered.")
        for table in expression.find_all(expressions.Table):
            table.set("db", None)
        self._report.replicate()
        try:
            rows, names = self._report.select(expression.sql(dialect="sqlite"))
        except sqlite3.OperationalError as error:
            raise _translated(error) from error
        return rows, [self._column(name, rows, place) for place, name in enumerate(names)]

    def _column(self, name: str, rows: Sequence[Sequence[Any]], place: int) -> ResultColumn:
        kind = _DECLARED.get(name)
        if kind is None:
            seen = next((row[place] for row in rows if row[place] is not None), "")
            kinds = {int: ColumnType.LONGLONG, float: ColumnType.DOUBLE}
            kind = kinds.get(type(seen), ColumnType.VAR_STRING)
        return ResultColumn(name, kind, text_encoder=_written)


def _translated(error: sqlite3.OperationalError) -> MysqlError:
    said = str(error)
    _, _, name = said.partition(": ")
    if said.startswith("no such column"):
        return _error(UNKNOWN_COLUMN, f"Unknown column '{name}' in 'field list'")
    if said.startswith("no such table"):
        return _error(UNKNOWN_TABLE, f"Table '{name}' doesn't exist")
    return _error(ErrorCode.PARSE_ERROR, said)


class Database:
    """Listens while it is up; a database that is gone closes every line, old and new."""

    def __init__(self, report: Report, settings: Settings, mischief: Mischief) -> None:
        self.report = report
        self.is_up = True
        self._mischief = mischief
        self._settings = settings
        self._control = LocalControl()
        self._writers: set[asyncio.StreamWriter] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self.is_up:
                await self._serve(reader, writer)
        except (EOFError, ConnectionError) as reason:
            log.info("A database session ends: %r", reason)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(
            stream=MysqlStream(reader, writer),
            session=ReportSession(self.report, self._settings, self._mischief, writer.close),
            control=self._control,
            identity_provider=Identities(self._settings),
        )
        connection.connection_id = await self._control.add(connection)
        try:
            await connection.start()
        finally:
            await self._control.remove(connection.connection_id)

    def turn(self, up: bool) -> None:
        self.is_up = up
        if not up:
            for writer in self._writers:
                writer.close()
