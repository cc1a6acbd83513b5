"""The report database: what the server replicates into tables, at a distance that a test may set.

Rows that did not change stay as they are, with the time they were last written. It lives in
memory and is made anew from the server's own records after a restart.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlglot

from simulators.market.zone import SECOND
from simulators.mt4.orders import Trade
from simulators.mt4.tables import CONFIG, DAILY, PRICES, TABLES, TRADES, USERS, ReportTable
from simulators.mt4.trade_server import TradeServer
from simulators.trading.margin import position_profit
from simulators.trading.records import ENABLED, TRADE_DISABLED, Account, Daily

type Row = Mapping[str, Any]

_PASSWORD_CHANGE = 0x2
_COMMENT_BYTES = 31
_UNCOMPARED = "MODIFY_TIME"


def written(seconds: int) -> str:
    """Seconds of the server's clock as a database has them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


class Report:
    def __init__(self, server: TradeServer) -> None:
        self.server = server
        self.runs = True
        self._connection = sqlite3.connect(":memory:")
        self._columns = {name: list(table.columns) for name, table in TABLES.items()}
        self._spoilt: dict[tuple[str, Any], dict[str, Any]] = {}
        self._last_daily = -1
        for table in TABLES.values():
            for statement in table.statements:
                (translated,) = sqlglot.transpile(statement, read="mysql", write="sqlite")
                self._connection.execute(translated)

    def columns(self, table: str) -> list[str]:
        return self._columns[table]

    def drop_column(self, table: str, column: str) -> None:
        """As on a server of another version."""
        self._columns[table].remove(column)
        self._connection.execute(f'DROP INDEX IF EXISTS "{table}_{column.lower()}"')
        self._connection.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')

    def spoil(self, table: str, key: int | str, values: Row) -> None:
        """From now on the row has these values, whatever the server says."""
        self._spoilt.setdefault((table, key), {}).update(values)
        self.replicate()
        row = self._row(TABLES[table], (key,))
        if row is None:
            raise KeyError(f"{table} has no row {key}.")
        self._keep(TABLES[table], row)

    def select(self, statement: str) -> tuple[list[Sequence[Any]], list[str]]:
        """Rows and the names of their columns. Raises what SQLite raises."""
        cursor = self._connection.execute(statement)
        return cursor.fetchall(), [column[0] for column in cursor.description or ()]

    def replicate(self) -> None:
        """Bring the tables to where the server is, unless replication stands still."""
        if not self.runs:
            return
        self.server.store.flush()
        self._take(PRICES, self._prices())
        self._take(USERS, map(self._user, self.server.store.accounts.values()))
        self._drop_missing_users()
        self._take_trades()
        self._take_dailies()
        self._take(CONFIG, [
            {"CONFIG": 1, "VALUE_INT": self.server.settings.build, "VALUE_STR": None},
            {"CONFIG": 2, "VALUE_INT": None, "VALUE_STR": "Simulated Markets"},
        ])  # fmt: skip
        self._connection.commit()

    def _take_trades(self) -> None:
        book = self.server.book
        for ticket, trade in list(book.changed.items()):
            if trade is None:
                self._connection.execute('DELETE FROM "mt4_trades" WHERE "TICKET" = ?', [ticket])
            elif not trade.is_open:
                self._take(TRADES, [_trade(trade)])
        book.changed.clear()
        self._take(TRADES, map(self._open_trade, book.open.values()))

    def _take_dailies(self) -> None:
        found = self.server.store.dailies.select('"datetime" > ?', [self._last_daily])
        self._take(DAILY, map(_daily, found))
        self._last_daily = max((row.datetime for row in found), default=self._last_daily)

    def _drop_missing_users(self) -> None:
        there, _ = self.select('SELECT "LOGIN" FROM "mt4_users"')
        gone = [(login,) for (login,) in there if login not in self.server.store.accounts]
        self._connection.executemany('DELETE FROM "mt4_users" WHERE "LOGIN" = ?', gone)

    def _take(self, table: ReportTable, rows: Iterable[Row]) -> None:
        for row in rows:
            exact = {name: _plain(value) for name, value in row.items()}
            there = self._row(table, [exact[name] for name in table.key])
            wanted = exact | self._spoilt.get((table.name, exact[table.key[0]]), {})
            if there is None or any(
                there[name] != wanted[name] for name in there.keys() & wanted.keys()
            ):
                self._keep(table, exact)

    def _row(self, table: ReportTable, key: Sequence[Any]) -> dict[str, Any] | None:
        where = " AND ".join(f'"{name}" = ?' for name in table.key)
        cursor = self._connection.execute(f'SELECT * FROM "{table.name}" WHERE {where}', key)  # noqa: S608
        found = cursor.fetchone()
        names = [column[0] for column in cursor.description]
        return None if found is None else dict(zip(names, found, strict=True))

    def _keep(self, table: ReportTable, row: Row) -> None:
        spoilt = self._spoilt.get((table.name, row[table.key[0]]), {})
        whole = {**row, _UNCOMPARED: written(self.server.server_seconds()), **spoilt}
        there = {name: whole[name] for name in self._columns[table.name] if name in whole}
        names = ", ".join(f'"{name}"' for name in there)
        marks = ", ".join("?" * len(there))
        self._connection.execute(
            f'INSERT OR REPLACE INTO "{table.name}" ({names}) VALUES ({marks})',  # noqa: S608
            list(there.values()),
        )

    # What the tables say of the server's records.

    def _prices(self) -> Iterable[Row]:
        now, market = self.server.now(), self.server.market
        for symbol, instrument in self.server.instruments.items():
            quote = market.quote(instrument, now)
            yield {
                "SYMBOL": symbol, "TIME": written(self.server.desk.stamp(quote.at) // SECOND),
                "BID": quote.bid, "ASK": quote.ask, "LOW": quote.bid, "HIGH": quote.bid,
                "DIRECTION": 0, "DIGITS": instrument.digits,
                "SPREAD": int((quote.ask - quote.bid) / instrument.point),
            }  # fmt: skip

    def _user(self, account: Account) -> Row:
        figures, group = self.server.figures(account), self.server.store.groups[account.group]
        return {
            "LOGIN": account.login, "GROUP": account.group, "ENABLE": account.rights & ENABLED,
            "ENABLE_CHANGE_PASS": int(bool(account.rights & _PASSWORD_CHANGE)),
            "ENABLE_READONLY": int(bool(account.rights & TRADE_DISABLED)),
            "PASSWORD_PHONE": account.phone_password, "NAME": account.name,
            "COUNTRY": account.country, "CITY": account.city, "STATE": account.state,
            "ZIPCODE": account.zip_code, "ADDRESS": account.address, "PHONE": account.phone,
            "EMAIL": account.email, "COMMENT": account.comment, "ID": account.id,
            "STATUS": account.status, "REGDATE": written(account.registration),
            "LASTDATE": written(account.last_access), "LEVERAGE": account.leverage,
            "AGENT_ACCOUNT": account.agent, "TIMESTAMP": account.registration,
            "BALANCE": figures.balance, "PREVMONTHBALANCE": account.balance_prev_month,
            "PREVBALANCE": account.balance_prev_day, "CREDIT": figures.credit,
            "EQUITY": figures.equity, "MARGIN": figures.margin, "MARGIN_LEVEL": figures.level,
            "MARGIN_FREE": figures.free, "CURRENCY": group.currency,
        }  # fmt: skip

    def _open_trade(self, trade: Trade) -> Row:
        """With what it would bring now."""
        position = self.server.store.positions[trade.position]
        instrument = self.server.instruments[trade.symbol]
        now, market = self.server.now(), self.server.market
        group = self.server.desk.group_of(self.server.store.accounts[trade.login])
        quote = market.quote(instrument, now, markup=group.markup)
        return {
            **_trade(trade), "CLOSE_PRICE": quote.bid if trade.cmd == 0 else quote.ask,
            "PROFIT": position_profit(position, instrument, group, market, now),
            "SWAPS": position.storage,
            "CONV_RATE2": market.rate(instrument.profit, group.currency, now),
        }  # fmt: skip


def _trade(trade: Trade) -> Row:
    return {
        "TICKET": trade.ticket, "LOGIN": trade.login, "SYMBOL": trade.symbol,
        "DIGITS": trade.digits, "CMD": trade.cmd, "VOLUME": trade.volume,
        "OPEN_TIME": written(trade.open_time), "OPEN_PRICE": trade.open_price, "SL": 0, "TP": 0,
        "CLOSE_TIME": written(trade.close_time), "EXPIRATION": written(trade.expiration),
        "REASON": trade.reason, "CONV_RATE1": trade.rate_open, "CONV_RATE2": trade.rate_close,
        "COMMISSION": trade.commission, "COMMISSION_AGENT": 0, "SWAPS": trade.swaps,
        "CLOSE_PRICE": trade.close_price, "PROFIT": trade.profit, "TAXES": 0,
        "COMMENT": _cut(trade.comment), "INTERNAL_ID": 0, "MARGIN_RATE": trade.rate_margin,
        "TIMESTAMP": trade.timestamp, "MAGIC": trade.magic,
    }  # fmt: skip


def _daily(row: Daily) -> Row:
    return {
        "LOGIN": row.login, "TIME": written(row.datetime), "GROUP": row.group, "BANK": "",
        "BALANCE_PREV": row.balance_prev_day, "BALANCE": row.balance,
        "DEPOSIT": row.daily_balance, "CREDIT": row.credit, "PROFIT_CLOSED": row.daily_profit,
        "PROFIT": row.profit, "EQUITY": row.profit_equity, "MARGIN": row.margin,
        "MARGIN_FREE": row.margin_free,
    }  # fmt: skip


def _cut(comment: str) -> str:
    """Its 32 bytes hold 31 letters and the NUL that ends them."""
    return comment.encode(errors="replace")[:_COMMENT_BYTES].decode(errors="ignore")


def _plain(value: Any) -> Any:
    """Amounts are doubles on this platform."""
    return float(value) if isinstance(value, Decimal) else value
