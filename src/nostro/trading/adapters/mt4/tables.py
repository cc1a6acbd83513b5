"""The Report Server's tables: one connection to its database, that only ever reads.

Strict about the columns that money hangs on, lenient about the rest: text that is in no alphabet
becomes readable marks, a missing value is zero or empty, and a day that never was is no day.
"""

import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from threading import RLock
from time import monotonic
from typing import Any

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import convert_datetime, encoders
from pymysql.cursors import DictCursor

from nostro.kit import Refused, Retry
from nostro.trading.adapters.mt4.clock import EPOCH
from nostro.trading.adapters.mt4.settings import Mt4Settings

DENIED = frozenset({1044, 1045, 1142, 1143, 1698})
UNKNOWN_DATABASE, UNKNOWN_COLUMN, UNKNOWN_TABLE = 1049, 1054, 1146
READ: dict[Any, Any] = {
    **encoders,
    FIELD_TYPE.DATETIME: convert_datetime,
    FIELD_TYPE.TIMESTAMP: convert_datetime,
}
"""Times alone are converted. The server writes a double in the fewest digits that are it, and those
are taken as they are written.
"""
LARGEST = Decimal(10) ** 15


def number(text: str, what: str) -> Decimal:
    """What was written, 0 where nothing was. Raises `Retry`: a question changed nothing."""
    try:
        value = Decimal(text.strip() or "0")
    except InvalidOperation as error:
        raise Retry(f"The platform says {text!r} for {what}, which is no number.") from error
    if not value.is_finite() or abs(value) > LARGEST:
        raise Retry(f"The platform says {text!r} for {what}, which is no number.")
    return value


class Row:
    """One row. A column that is asked for by `text` and the others has to be there."""

    def __init__(self, table: str, values: Mapping[str, Any], code_page: str) -> None:
        self._table = table
        self._values = {name.upper(): value for name, value in values.items()}
        self._code_page = code_page

    @property
    def raw(self) -> dict[str, str]:
        return {name: self._read(value) for name, value in self._values.items()}

    def _value(self, name: str) -> Any:
        if name not in self._values:
            raise Refused(f"The table {self._table} has no column {name}.", code="1054")
        return self._values[name]

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        return self._read(self._value(name)).rstrip()

    def _read(self, value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, bytes):
            return str(value)
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode(self._code_page, errors="replace")
        return text.replace("\0", "")

    def decimal(self, name: str) -> Decimal:
        return number(self._read(self._value(name)), f"{name} in {self._table}")

    def integer(self, name: str) -> int:
        return int(self.decimal(name))

    def moment(self, name: str) -> datetime | None:
        """A time by the server's clock; the beginning of 1970 means there is none."""
        value = self._value(name)
        return value if isinstance(value, datetime) and value > EPOCH else None


class Tables:
    """Safe to share between threads, which then wait for one another."""

    def __init__(self, settings: Mt4Settings) -> None:
        self.settings = settings
        self._connection: pymysql.Connection[DictCursor] | None = None
        self._used_at = 0.0
        self._lock = RLock()

    def select(self, table: str, rest: str = "", given: Sequence[object] = ()) -> list[Row]:
        """Whole rows of a table; `rest` is what stands after its name. Raises `Retry`, where the
        database does not answer, or `Refused`, where it will not.
        """
        name = self._name(table)
        statement = f"SELECT * FROM `{name}` {rest}"  # noqa: S608 - no value stands in it
        with self._lock:
            try:
                connection = self._connected()
                with connection.cursor() as cursor:
                    cursor.execute(statement, tuple(given) or None)
                    found = cursor.fetchall()
            except (pymysql.MySQLError, OSError, ValueError, IndexError) as error:
                self.close()
                raise _trouble(error) from error
            except BaseException:
                self.close()
                raise
            self._used_at = monotonic()
        return [Row(name, values, self.settings.code_page) for values in found]

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is None:
                return
            with suppress(pymysql.MySQLError, OSError):
                connection.close()

    def _name(self, table: str) -> str:
        """Some servers write the tables' names in capitals, and some databases mind."""
        prefix = self.settings.table_prefix
        return prefix + (table.upper() if prefix.isupper() else table)

    def _connected(self) -> "pymysql.Connection[DictCursor]":
        """A line. One that idled is replaced before it is asked."""
        settings = self.settings
        if self._connection and monotonic() - self._used_at > settings.idle_limit:
            self.close()
        if self._connection is None:
            self._connection = pymysql.connect(
                host=settings.database_host,
                port=settings.database_port,
                user=settings.database_user,
                password=settings.database_password.get_secret_value(),
                database=settings.database_name,
                charset="utf8mb4",
                use_unicode=False,
                conv=READ,
                cursorclass=DictCursor,
                # Every question sees what is there now, not what was at the first one.
                autocommit=True,
                connect_timeout=int(settings.connect_timeout) or 1,
                read_timeout=settings.answer_timeout,
                write_timeout=settings.answer_timeout,
                ssl=ssl.create_default_context() if settings.database_tls else None,
                ssl_disabled=not settings.database_tls,
            )
        return self._connection


def _trouble(error: Exception) -> Retry | Refused:
    said = error.args[0] if error.args else None
    words = str(error.args[1]) if len(error.args) > 1 else str(error)
    if said in DENIED:
        return Refused("The report database does not let this user read.", code=str(said))
    if said == UNKNOWN_DATABASE:
        return Refused("There is no report database of this name.", code=str(said))
    if said in (UNKNOWN_COLUMN, UNKNOWN_TABLE):
        return Refused(f"The report database is not laid out as it should be: {words}.",
                       code=str(said))  # fmt: skip
    return Retry(f"The report database does not answer: {words or type(error).__name__}")
