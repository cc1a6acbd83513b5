"""The venue as a MetaTrader 5 server: group masks, symbols that a manager adds, its reports."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from simulators.market import Instrument
from simulators.mt5.catalogue import read_symbol
from simulators.mt5.codes import Code, Refusal
from simulators.mt5.settings import Settings
from simulators.mt5.wire import position_document
from simulators.trading.records import Account, Group, Position
from simulators.trading.store import Store
from simulators.trading.venue import Venue

_SYMBOL_FACT = "symbol/"


def matches(mask: str, name: str) -> bool:
    r"""Whether a group mask such as `demo\*,!demo\test*` takes a name; later parts win."""
    taken = False
    for part in mask.split(","):
        pattern = part.strip()
        excludes = pattern.startswith("!")
        # A bracket is an ordinary character of a mask.
        if fnmatchcase(name, pattern.removeprefix("!").replace("[", "[[]").replace("?", "[?]")):
            taken = not excludes
    return taken


class TradeServer(Venue):
    def __init__(self, home: Path, settings: Settings, seed: int) -> None:
        self.settings = settings
        store = Store(home, "mt5")
        store.start_counters(
            {"login": settings.first_login, "deal": settings.first_ticket,
             "order": settings.first_ticket}
        )  # fmt: skip
        for group in settings.groups:
            store.keep_group(group)
        super().__init__(store, seed, settings.zone, always_open=settings.always_open)

    def known_instruments(self) -> dict[str, Instrument]:
        known = super().known_instruments()
        for name, text in self.store.facts.items():
            if name.startswith(_SYMBOL_FACT):
                symbol = name.removeprefix(_SYMBOL_FACT)
                known.pop(symbol, None)
                if text:
                    known[symbol] = read_symbol(json.loads(text))
        return known

    def describe(self, position: Position, group: Group, at: int) -> object:
        return position_document(self.desk, position, group, at)

    def group(self, name: str) -> Group:
        r"""By its path. Some clients escape backslashes twice, so `real\\A` means `real\A`."""
        group = self.store.groups.get(name) or self.store.groups.get(name.replace("\\\\", "\\"))
        if group is None:
            raise Refusal(Code.NOT_FOUND)
        return group

    def accounts_in(self, mask: str, visible: str) -> Iterable[Account]:
        """Accounts whose group a mask takes, in order of login, as far as a manager sees them."""
        mask = mask.replace("\\\\", "\\")
        names = {
            name for name in self.store.groups if matches(mask, name) and matches(visible, name)
        }
        rows = self.store.accounts
        return [rows[login] for login in sorted(rows) if rows[login].group in names]

    def keep_symbol(self, symbol: str, document: dict[str, object] | None) -> None:
        """Add or replace an instrument; without a document it is deleted."""
        if document is None:
            traded = {row.symbol for row in self.store.positions.values()}
            if symbol in traded | {row.symbol for row in self.store.pending.values()}:
                raise Refusal(Code.NOT_EMPTY)
            del self.instruments[symbol]
        else:
            self.instruments[symbol] = read_symbol(document)
        self.store.facts[_SYMBOL_FACT + symbol] = json.dumps(document) if document else ""
