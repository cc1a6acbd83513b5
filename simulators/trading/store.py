"""What survives a restart: SQLite in the home folder. Accounts, open positions, pending orders
and groups live in memory as well; deals, closed orders and daily reports are only here.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from simulators.trading.records import Account, Daily, Deal, Group, Order, Position

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
else:
    DataclassInstance = object

sqlite3.register_adapter(Decimal, str)

_TYPES = {int: "INTEGER", str: "TEXT", Decimal: "TEXT"}
_COUNTERS = ("login", "deal", "order")


@lru_cache(maxsize=65_536)
def _exact(text: str) -> Decimal:
    """Prices and zeros come again and again."""
    return Decimal(text)


class Table[Row: DataclassInstance]:
    """One SQLite table whose columns are the fields of a dataclass. Money is kept as text."""

    def __init__(
        self, connection: sqlite3.Connection, row: type[Row], key: Sequence[str], name: str = ""
    ) -> None:
        self._connection = connection
        self._row = row
        self._name = name or row.__name__.lower()
        kinds = get_type_hints(row)
        names = [field.name for field in fields(row)]
        self._values = attrgetter(*names)
        self._money = [place for place, name in enumerate(names) if kinds[name] is Decimal]
        columns = ", ".join(f'"{name}" {_TYPES[kinds[name]]} NOT NULL' for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        keys = ", ".join(f'"{name}"' for name in key)
        connection.execute(
            f'CREATE TABLE IF NOT EXISTS "{self._name}" ({columns}, PRIMARY KEY ({keys}))'
        )
        self._add_missing({name: _TYPES[kinds[name]] for name in names})
        marks = ", ".join("?" * len(names))
        self._insert = f'INSERT OR REPLACE INTO "{self._name}" ({listed}) VALUES ({marks})'  # noqa: S608
        self._delete = f'DELETE FROM "{self._name}" WHERE "{key[0]}" = ?'  # noqa: S608
        self._select = f'SELECT {listed} FROM "{self._name}"'  # noqa: S608

    def _add_missing(self, wanted: dict[str, str]) -> None:
        """Columns that a newer simulator has and the file of an older one has not."""
        there = self._connection.execute(f'PRAGMA table_info("{self._name}")')
        known = {row[1] for row in there.fetchall()}
        for name, kind in wanted.items():
            if name not in known:
                empty = "''" if kind == "TEXT" else "0"
                self._connection.execute(
                    f'ALTER TABLE "{self._name}" '
                    f'ADD COLUMN "{name}" {kind} NOT NULL DEFAULT {empty}'
                )

    def index(self, *columns: str) -> None:
        name = f"{self._name}_{'_'.join(columns)}"
        listed = ", ".join(f'"{column}"' for column in columns)
        self._connection.execute(
            f'CREATE INDEX IF NOT EXISTS "{name}" ON "{self._name}" ({listed})'
        )

    def save(self, rows: Iterable[Row]) -> None:
        self._connection.executemany(self._insert, map(self._values, rows))

    def delete(self, keys: Iterable[Any]) -> None:
        self._connection.executemany(self._delete, ((key,) for key in keys))

    def select(self, where: str = "", params: Sequence[Any] = (), tail: str = "") -> list[Row]:
        return [self.revive(row) for row in self.fetch(where, params, tail)]

    def fetch(
        self, where: str = "", params: Sequence[Any] = (), tail: str = ""
    ) -> list[tuple[Any, ...]]:
        """Rows as the file has them, to be revived when they are looked at."""
        condition = f" WHERE {where}" if where else ""
        return self._connection.execute(f"{self._select}{condition} {tail}", params).fetchall()

    def count(self, where: str = "", params: Sequence[Any] = ()) -> int:
        condition = f" WHERE {where}" if where else ""
        text = f'SELECT count(*) FROM "{self._name}"{condition}'  # noqa: S608
        (total,) = self._connection.execute(text, params).fetchone()
        return int(total)

    def revive(self, row: Sequence[Any]) -> Row:
        values = list(row)
        for place in self._money:
            values[place] = _exact(values[place])
        return self._row(*values)


class Store:
    """Rows in memory, what has changed of them, and the file they are written to by `commit`."""

    def __init__(self, home: Path, name: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        # Statements run in the event loop alone, so no second thread ever sees the connection.
        self._connection = sqlite3.connect(home / f"{name}.sqlite3")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
        )
        self._groups = Table(self._connection, Group, ["group"])
        self._accounts = Table(self._connection, Account, ["login"])
        self._archived = Table(self._connection, Account, ["login"], "archived")
        self._positions = Table(self._connection, Position, ["position"])
        self._pending = Table(self._connection, Order, ["order"], "pending")
        self.orders = Table(self._connection, Order, ["order"], "history")
        self.deals = Table(self._connection, Deal, ["deal"])
        self.dailies = Table(self._connection, Daily, ["datetime", "login"])
        self.orders.index("login", "time_done_msc")
        self.deals.index("login", "time_msc")
        self.deals.index("time_msc")
        self.deals.index("position_id")
        self.dailies.index("login", "datetime")
        self._read()

    def _read(self) -> None:
        self.facts: dict[str, str] = dict(
            self._connection.execute("SELECT name, value FROM facts").fetchall()
        )
        self.groups = {row.group: row for row in self._groups.select()}
        self.accounts = {row.login: row for row in self._accounts.select()}
        self.archived = {row.login: row for row in self._archived.select()}
        self.positions = {row.position: row for row in self._positions.select()}
        self.pending = {row.order: row for row in self._pending.select()}
        self._open_of: dict[int, dict[int, Position]] = {}
        for position in self.positions.values():
            self._open_of.setdefault(position.login, {})[position.position] = position
        self._new_deals: list[Deal] = []
        self._new_orders: list[Order] = []
        self._new_dailies: list[Daily] = []
        self._changed_accounts: set[int] = set()
        self._changed_archived: set[int] = set()
        self._changed_positions: set[int] = set()
        self._changed_pending: set[int] = set()

    def next(self, counter: str) -> int:
        """The next ticket; a ticket is never given out twice, restarts included."""
        number = int(self.facts[counter])
        self.facts[counter] = str(number + 1)
        return number

    def start_counters(self, first: dict[str, int]) -> None:
        for name in _COUNTERS:
            self.facts.setdefault(name, str(first[name]))

    def open_of(self, login: int) -> list[Position]:
        return list(self._open_of.get(login, {}).values())

    def pending_of(self, login: int) -> list[Order]:
        return [order for order in self.pending.values() if order.login == login]

    def keep_account(self, account: Account) -> None:
        self.accounts[account.login] = account
        self._changed_accounts.add(account.login)

    def keep_position(self, position: Position) -> None:
        self.positions[position.position] = position
        self._open_of.setdefault(position.login, {})[position.position] = position
        self._changed_positions.add(position.position)

    def keep_pending(self, order: Order) -> None:
        self.pending[order.order] = order
        self._changed_pending.add(order.order)

    def keep_group(self, group: Group) -> None:
        self.groups[group.group] = group
        self._groups.save([group])

    def drop_account(self, account: Account) -> None:
        del self.accounts[account.login]
        self._changed_accounts.add(account.login)

    def archive(self, account: Account) -> None:
        """Out of sight, with everything that is known of it."""
        self.drop_account(account)
        self.archived[account.login] = account
        self._changed_archived.add(account.login)

    def restore(self, login: int) -> Account:
        account = self.archived.pop(login)
        self._changed_archived.add(login)
        self.keep_account(account)
        return account

    def drop_position(self, position: Position) -> None:
        del self.positions[position.position]
        del self._open_of[position.login][position.position]
        self._changed_positions.add(position.position)

    def drop_pending(self, order: Order) -> None:
        del self.pending[order.order]
        self._changed_pending.add(order.order)

    def drop_group(self, group: Group) -> None:
        del self.groups[group.group]
        self._groups.delete([group.group])

    def add_deal(self, deal: Deal) -> None:
        self._new_deals.append(deal)

    def add_order(self, order: Order) -> None:
        self._new_orders.append(order)

    def add_daily(self, daily: Daily) -> None:
        self._new_dailies.append(daily)

    def flush(self) -> None:
        """Write new deals and orders, so that queries see them before the commit."""
        self.deals.save(self._new_deals)
        self.orders.save(self._new_orders)
        self.dailies.save(self._new_dailies)
        self._new_deals.clear()
        self._new_orders.clear()
        self._new_dailies.clear()

    def commit(self) -> None:
        self.flush()
        _settle(self._accounts, self.accounts, self._changed_accounts)
        _settle(self._archived, self.archived, self._changed_archived)
        _settle(self._positions, self.positions, self._changed_positions)
        _settle(self._pending, self.pending, self._changed_pending)
        self._connection.executemany(
            "INSERT OR REPLACE INTO facts VALUES (?, ?)", self.facts.items()
        )
        self._connection.commit()

    def close(self) -> None:
        self.commit()
        self._connection.close()


def _settle[Row: DataclassInstance](
    table: Table[Row], rows: dict[int, Row], changed: set[int]
) -> None:
    table.save(rows[key] for key in changed if key in rows)
    table.delete(key for key in changed if key not in rows)
    changed.clear()
