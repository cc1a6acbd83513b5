"""The server as one thing: its records, its market, its clock and what happens in it.

Both doors, the Web API and the control door, act through it; it knows nothing of sockets.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

from simulators.market import INSTRUMENTS, SECOND, Instrument, Market
from simulators.market.zone import iso
from simulators.mt5.catalogue import read_symbol
from simulators.mt5.clock import Clock
from simulators.mt5.codes import Code, Refusal
from simulators.mt5.desk import Desk, Trade
from simulators.mt5.floor import Floor
from simulators.mt5.records import Account, Deal, Group
from simulators.mt5.settings import Settings
from simulators.mt5.store import Store

_SYMBOL_FACT = "symbol/"
_LONGEST_BEAT = 5 * SECOND


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


class TradeServer:
    def __init__(self, home: Path, settings: Settings, seed: int) -> None:
        self.settings = settings
        self.store = Store(home)
        self.store.start_counters(
            {"login": settings.first_login, "deal": settings.first_ticket,
             "order": settings.first_ticket}
        )  # fmt: skip
        for group in settings.groups:
            self.store.keep_group(group)
        seed = int(self.store.facts.setdefault("seed", str(seed)))
        frozen = self.store.facts.get("frozen_at", "")
        self.clock = Clock(int(frozen) if frozen else None)
        self.market = Market(seed, settings.zone, always_open=settings.always_open)
        self.instruments = self._instruments()
        self.desk = Desk(self.store, self.market, self.instruments)
        self.floor = Floor(self.desk, seed, self.clock.now())
        self.opens_per_minute = 0.0
        self._last_live = 0
        self._live_trades = int(self.store.facts.get("live_trades", "0"))
        self.store.commit()

    def _instruments(self) -> dict[str, Instrument]:
        known = {row.symbol: row for row in INSTRUMENTS}
        for name, text in self.store.facts.items():
            if name.startswith(_SYMBOL_FACT):
                symbol = name.removeprefix(_SYMBOL_FACT)
                known.pop(symbol, None)
                if text:
                    known[symbol] = read_symbol(json.loads(text))
        return known

    def now(self) -> int:
        return self.clock.now()

    def server_seconds(self) -> int:
        return self.settings.zone.local(self.now()) // 1000

    # What the control door does.

    def freeze(self, at: int) -> None:
        """Stop the clock at a moment. Nothing that lies between happens; robots plan anew."""
        self.opens_per_minute = 0.0
        self.clock.freeze(at)
        self.store.facts["frozen_at"] = str(at)
        self.floor.jump(at)
        self.store.commit()

    def advance(self, to: int, step: int) -> None:
        """Let market and robots live until a moment, and stand still there."""
        self.floor.step = step
        self.floor.run(to)
        self.clock.freeze(to)
        self.store.facts["frozen_at"] = str(to)
        self.store.commit()

    def go_live(self, trades_per_minute: float) -> None:
        """Back to the wall clock. Opening and closing are both trades, so half of them open."""
        if self.clock.is_frozen:
            self.clock.release()
            self.store.facts["frozen_at"] = ""
            self.floor.jump(self.now())
        self.opens_per_minute = trades_per_minute / 2
        self._last_live = self.now()
        self.store.commit()

    def live_tick(self) -> None:
        """One beat of live trading: what is due, and as many new trades as time has earned."""
        if self.clock.is_frozen or not self.opens_per_minute:
            return
        now = self.now()
        self.floor.run(now)
        gap = int(60_000 / self.opens_per_minute)
        # What a sleeping machine has missed is not made up for in one beat.
        self._last_live = max(self._last_live, now - _LONGEST_BEAT)
        while self._last_live + gap <= now:
            self._last_live += gap
            self._live_trades += 1
            self.floor.trade_now(self._live_trades, now)
        self.store.facts["live_trades"] = str(self._live_trades)
        self.store.commit()

    def trade(self, login: int, symbol: str, action: int, volume: int) -> Deal:
        """One known deal, whatever the hour; the robot leaves its position alone."""
        account = self.store.accounts.get(login)
        if account is None:
            raise Refusal(Code.NOT_FOUND)
        instrument = self.instrument(symbol)
        if volume < instrument.volume_min or volume % instrument.volume_step:
            raise Refusal(Code.INVALID_VOLUME)
        now = self.now()
        needed = self.desk.required_margin(account, instrument, action, volume, now)
        if needed > self.desk.state(account, now).free:
            raise Refusal(Code.NO_MONEY)
        deal = self.desk.open(account, instrument, Trade(action, volume), now)
        self.floor.watch(account, now)
        self.store.commit()
        return deal

    def close(self, number: int, volume: int = 0) -> Deal:
        position = self.store.positions.get(number)
        if position is None:
            raise Refusal(Code.POSITION_CLOSED)
        deal = self.desk.close(position, self.now(), volume=volume)
        self.store.commit()
        return deal

    def delete_deal(self, ticket: int) -> Deal:
        """A dealer deletes a deal. As on a real server the balance stays what it was."""
        found = self.store.deals.select('"deal" = ?', [ticket])
        if not found:
            raise Refusal(Code.NOT_FOUND)
        self.store.deals.delete([ticket])
        self.store.commit()
        return found[0]

    def summary(self) -> dict[str, object]:
        return {
            "clock": iso(self.now()),
            "server_time": self.server_seconds(),
            "frozen": self.clock.is_frozen,
            "trades_per_minute": self.opens_per_minute * 2,
            "accounts": len(self.store.accounts),
            "groups": len(self.store.groups),
            "positions": len(self.store.positions),
            "pending_orders": len(self.store.pending),
            "orders": self.store.orders.count(),
            "deals": self.store.deals.count(),
        }

    # What the Web API asks for by name.

    def account(self, login: int) -> Account:
        account = self.store.accounts.get(login)
        if account is None:
            raise Refusal(Code.NOT_FOUND)
        return account

    def group(self, name: str) -> Group:
        r"""By its path. Some clients escape backslashes twice, so `real\\A` means `real\A`."""
        group = self.store.groups.get(name) or self.store.groups.get(name.replace("\\\\", "\\"))
        if group is None:
            raise Refusal(Code.NOT_FOUND)
        return group

    def instrument(self, symbol: str) -> Instrument:
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise Refusal(Code.NOT_FOUND)
        return instrument

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

    def change_balance(
        self, account: Account, kind: int, amount: Decimal, *, comment: str = "", dealer: int = 0,
        check_margin: bool = True,
    ) -> Deal:  # fmt: skip
        """Money in or out, and a word to the robot that lives of it."""
        now = self.now()
        deal = self.desk.change_balance(
            account, kind, amount, now, comment=comment, dealer=dealer, check_margin=check_margin
        )
        self.floor.wake(account, now)
        return deal

    def shut(self) -> None:
        self.store.close()
