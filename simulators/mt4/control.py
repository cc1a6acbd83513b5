"""The control door with what only this platform can suffer: a report database that lags, goes
away, has another layout or bad rows, a clock that is off, a ticket that a dealer deletes.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulators.mt4.codes import code_of
from simulators.mt4.database import Database
from simulators.mt4.plugin import Plugin
from simulators.mt4.tables import TABLES
from simulators.trading.control import Control
from simulators.trading.denied import Denied
from simulators.trading.records import LOT, Deal

type Answer = Mapping[str, Any]


def refused(denied: Denied) -> Answer:
    return {"retcode": int(code_of(denied))}


class Mt4Control(Control):
    """Positions go by their tickets here."""

    def __init__(self, plugin: Plugin, database: Database) -> None:
        super().__init__(plugin, details=self._ticket_of, refused=refused)
        self._venue = plugin.venue
        self._database = database
        self._paths |= {
            ("POST", "/delete-trade"): self._delete_deal,
            ("POST", "/database"): self._turn_database,
            ("POST", "/replication"): self._turn_replication,
            ("POST", "/drop-column"): self._drop_column,
            ("POST", "/spoil"): self._spoil,
            ("POST", "/shift-clock"): self._shift_clock,
        }

    def _ticket_of(self, deal: Deal) -> Answer:
        trade = self._venue.book.open.get(deal.position_id)
        return {"ticket": trade.ticket if trade else deal.position_id}

    def _close(self, asked: dict[str, Any]) -> Answer:
        """What is left of a ticket closed in part goes on under `rest`."""
        ticket = int(asked["position"])
        volume = _volume(asked["lots"]) if "lots" in asked else 0
        deal, closed = self._venue.close_ticket(ticket, volume)
        rest = self._venue.book.open.get(deal.position_id)
        return {
            "ticket": ticket, "position": ticket, "rest": rest.ticket if rest else None,
            "price": str(deal.price), "profit": str(deal.profit),
            "commission": str(closed.commission), "swap": str(closed.swaps),
        }  # fmt: skip

    def _delete_deal(self, asked: dict[str, Any]) -> Answer:
        """A dealer here sees tickets, and no deals."""
        ticket = int(asked["ticket"])
        self._venue.delete_trade(ticket, balance=bool(asked.get("balance")))
        return {"deleted": ticket}

    def _change_deal(self, asked: dict[str, Any]) -> Answer:
        read = {"profit": Decimal, "price": Decimal, "symbol": str}
        names = {"price": "close_price"}
        told = {names.get(one, one): read[one](str(asked[one])) for one in read if one in asked}
        if "lots" in asked:
            told["volume"] = _volume(asked["lots"]) * 100 // LOT
        ticket = int(asked["ticket"])
        self._venue.change_trade(ticket, balance=bool(asked.get("balance")), **told)
        return {"changed": ticket}

    def _turn_database(self, asked: dict[str, Any]) -> Answer:
        self._database.turn(bool(asked["up"]))
        return {"up": self._database.is_up}

    def _turn_replication(self, asked: dict[str, Any]) -> Answer:
        self._database.report.replicate()
        self._database.report.runs = bool(asked["runs"])
        return {"runs": self._database.report.runs}

    def _drop_column(self, asked: dict[str, Any]) -> Answer:
        table, column = str(asked["table"]), str(asked["column"])
        self._database.report.drop_column(table, column)
        return {"columns": self._database.report.columns(table)}

    def _spoil(self, asked: dict[str, Any]) -> Answer:
        """`{"table": …, "key": …, "values": {"COMMENT": {"hex": "ff"}, "PROFIT": null}}`."""
        table = str(asked["table"])
        values = {
            name: bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
            for name, value in dict(asked["values"]).items()
        }
        if not values.keys() <= TABLES[table].columns.keys():
            raise ValueError("A column that the table has not.")
        self._database.report.spoil(table, asked["key"], values)
        return {"spoilt": sorted(values)}

    def _shift_clock(self, asked: dict[str, Any]) -> Answer:
        self._venue.shift_clock(int(asked["minutes"]))
        self._venue.store.commit()
        return {"server_time": self._venue.server_seconds()}


def _volume(lots: object) -> int:
    """In the floor's ten-thousandths of a lot; the platform knows only whole hundredths."""
    hundredths = Decimal(str(lots)) * 100
    if hundredths != int(hundredths) or hundredths <= 0:
        raise ValueError("Lots are positive and have two decimal places at most.")
    return int(hundredths) * LOT // 100
