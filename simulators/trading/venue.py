"""A platform's server as one thing: its records, its market, its clock and what happens in it.

The platform's own doors and the control door act through it; it knows nothing of sockets. Venues
of one seed and one market zone see the same prices, whatever platform each of them plays.
"""

from dataclasses import replace
from decimal import Decimal

from simulators.market import DAY, INSTRUMENTS, SECOND, Instrument, Market, ServerZone
from simulators.market.zone import iso
from simulators.trading.clock import Clock
from simulators.trading.denied import Denied, Why
from simulators.trading.desk import LONGEST_COMMENT, Desk, Trade
from simulators.trading.floor import Floor
from simulators.trading.following import Strategy
from simulators.trading.records import (
    BALANCE,
    BUY,
    BUY_LIMIT,
    CLIENT,
    ORDER_CANCELLED,
    ORDER_PLACED,
    SELL_LIMIT,
    Account,
    Deal,
    Group,
    Order,
    Position,
)  # fmt: skip
from simulators.trading.store import Store

_LONGEST_BEAT = 5 * SECOND
_STANDS = 365 * DAY


class Venue:
    """`zone` sets the trading hours and ends the day; `stamps` is the clock of the records, where
    it is another one. The seed of a home that has one stays.
    """

    def __init__(
        self, store: Store, seed: int, zone: ServerZone, *, stamps: ServerZone | None = None,
        always_open: bool = False, longest_comment: int = LONGEST_COMMENT,
    ) -> None:  # fmt: skip
        self.store = store
        seed = int(self.store.facts.setdefault("seed", str(seed)))
        frozen = self.store.facts.get("frozen_at", "")
        skew = int(self.store.facts.get("skew", "0"))
        self.clock = Clock(int(frozen) if frozen else None, skew)
        self.market = Market(seed, zone, always_open=always_open)
        self.instruments = self.known_instruments()
        self.desk = Desk(self.store, self.market, self.instruments, stamps, longest_comment)
        self.floor = Floor(self.desk, seed, self.clock.now(), self.describe)
        self.opens_per_minute = 0.0
        self._last_live = 0
        self._live_trades = int(self.store.facts.get("live_trades", "0"))
        self.store.commit()

    def known_instruments(self) -> dict[str, Instrument]:
        return {row.symbol: row for row in INSTRUMENTS}

    def describe(self, position: Position, group: Group, at: int) -> object:
        """How the platform's daily reports show an open position; by default by its number."""
        return position.position

    def now(self) -> int:
        """Milliseconds of UTC."""
        return self.clock.now()

    def server_seconds(self) -> int:
        """By the clock of the records."""
        return self.desk.stamp(self.now()) // SECOND

    def freeze(self, at: int) -> None:
        """Stop the clock at a moment. Nothing that lies between happens; robots plan anew."""
        self.opens_per_minute = 0.0
        self.clock.freeze(at)
        self.store.facts["frozen_at"] = str(at)
        self.floor.jump(at)
        self.store.commit()

    def shift(self, milliseconds: int) -> None:
        """Let the running clock be wrong by so much. A frozen one is moved, and robots with it."""
        if self.clock.is_frozen:
            self.freeze(self.now() + milliseconds)
            return
        self.clock.skew = milliseconds
        self.store.facts["skew"] = str(milliseconds)
        self.floor.jump(self.now())
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
        self._last_live = max(self._last_live, now - max(_LONGEST_BEAT, gap))
        while self._last_live + gap <= now:
            self._last_live += gap
            self._live_trades += 1
            self.floor.trade_now(self._live_trades, now)
        self.store.facts["live_trades"] = str(self._live_trades)
        self.store.commit()

    def sign_in(self, login: int) -> None:
        """Somebody opens the account in their terminal, looks, and leaves."""
        account = self.account(login)
        account.last_access = self.desk.stamp(self.now()) // SECOND
        self.store.keep_account(account)
        self.store.commit()

    def trade(self, login: int, symbol: str, action: int, volume: int) -> Deal:
        """One known deal, whatever the hour; the robot leaves its position alone."""
        account, instrument = self.account(login), self.instrument(symbol)
        if volume < instrument.volume_min or volume % instrument.volume_step:
            raise Denied(Why.BAD_VOLUME)
        now = self.now()
        needed = self.desk.required_margin(account, instrument, action, volume, now)
        if needed > self.desk.state(account, now).free:
            raise Denied(Why.NO_MONEY)
        deal = self.desk.open(account, instrument, Trade(action, volume), now)
        self.floor.follow(now)
        self.floor.watch(account, now)
        self.store.commit()
        return deal

    def place(self, login: int, symbol: str, action: int, volume: int, price: Decimal) -> Order:
        """One known limit order, which nothing fills: it stands until it is cancelled."""
        account, instrument, now = self.account(login), self.instrument(symbol), self.now()
        if volume < instrument.volume_min or volume % instrument.volume_step:
            raise Denied(Why.BAD_VOLUME)
        order = Order(
            self.store.next("order"), login, symbol, instrument.digits,
            self.desk.group_of(account).currency_digits, instrument.contract_size, ORDER_PLACED,
            CLIENT, BUY_LIMIT if action == BUY else SELL_LIMIT, self.desk.stamp(now), price,
            self.market.quote(instrument, now).bid, volume, volume, expire_at=now + _STANDS,
        )  # fmt: skip
        self.store.keep_pending(order)
        self.store.commit()
        return order

    def cancel(self, number: int) -> Order:
        order = self.store.pending.get(number)
        if order is None:
            raise Denied(Why.NOT_FOUND)
        ended = replace(order, state=ORDER_CANCELLED, time_done_msc=self.desk.stamp(self.now()))
        self.store.drop_pending(order)
        self.store.add_order(ended)
        self.store.commit()
        return ended

    def trade_often(self, login: int, symbol: str, volume: int, times: int) -> int:
        """Open and close as often: a history to read. The deals it made."""
        account, instrument, now = self.account(login), self.instrument(symbol), self.now()
        for _ in range(times):
            opened = self.desk.open(account, instrument, Trade(BUY, volume), now)
            self.desk.close(self.store.positions[opened.position_id], now)
        self.store.commit()
        return 2 * times

    def close(self, number: int, volume: int = 0, price: Decimal | None = None) -> Deal:
        position = self.store.positions.get(number)
        if position is None:
            raise Denied(Why.NOT_OPEN)
        now = self.now()
        deal = self.desk.close(position, now, volume=volume, price=price)
        self.floor.follow(now)
        self.store.commit()
        return deal

    def follow(self, strategy: Strategy) -> None:
        """Let accounts follow another one, in other parts than before, or no longer."""
        self.floor.crowd.set(strategy)
        self.store.commit()

    def delete_deal(self, ticket: int, *, balance: bool = False) -> Deal:
        """A dealer deletes a deal. As on a real server the balance stays what it was, unless the
        dealer mends that too.
        """
        found = self.store.deals.select('"deal" = ?', [ticket])
        if not found:
            raise Denied(Why.NOT_FOUND)
        self.store.deals.delete([ticket])
        if balance:
            account, deal = self.account(found[0].login), found[0]
            account.balance -= deal.profit + deal.storage + deal.commission + deal.fee
            self.store.keep_account(account)
        self.store.commit()
        return found[0]

    def change_deal(self, ticket: int, *, balance: bool = False, **figures: object) -> Deal:
        """A dealer changes a deal, and the balance with it only where the dealer mends that too."""
        found = self.store.deals.select('"deal" = ?', [ticket])
        if not found:
            raise Denied(Why.NOT_FOUND)
        deal, account = found[0], self.account(found[0].login)
        before = deal.profit + deal.storage + deal.commission + deal.fee
        for name, value in figures.items():
            setattr(deal, name, value)
        self.store.deals.save([deal])
        if balance:
            account.balance += deal.profit + deal.storage + deal.commission + deal.fee - before
            self.store.keep_account(account)
        self.store.commit()
        return deal

    def insert_deal(
        self, login: int, at: int, amount: Decimal, *, balance: bool = False, comment: str = ""
    ) -> Deal:
        """A dealer writes a balance operation into the past, and into the balance only where asked
        to.
        """
        account = self.account(login)
        digits = self.desk.group_of(account).currency_digits
        deal = Deal(
            self.store.next("deal"), login, BALANCE, self.desk.stamp(at), digits, profit=amount,
            comment=comment[: self.desk.longest_comment],
        )  # fmt: skip
        self.keep_inserted(deal)
        if balance:
            account.balance += amount
            self.store.keep_account(account)
        self.store.commit()
        return deal

    def keep_inserted(self, deal: Deal) -> None:
        """Nobody is told of it: it happened long ago."""
        self.store.add_deal(deal)

    def mend_balance(self, login: int, by: Decimal) -> Decimal:
        """A dealer sets a balance right, without a deal."""
        account = self.account(login)
        account.balance += by
        self.store.keep_account(account)
        self.store.commit()
        return account.balance

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

    def account(self, login: int) -> Account:
        account = self.store.accounts.get(login)
        if account is None:
            raise Denied(Why.NOT_FOUND)
        return account

    def instrument(self, symbol: str) -> Instrument:
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise Denied(Why.NOT_FOUND)
        return instrument

    def change_balance(
        self, account: Account, kind: int, amount: Decimal, *, comment: str = "", dealer: int = 0,
        check_margin: bool = True, more: str = "",
    ) -> Deal:  # fmt: skip
        """Money in or out, and a word to the robot that lives of it."""
        now = self.now()
        deal = self.desk.change_balance(
            account, kind, amount, now, comment=comment, dealer=dealer,
            check_margin=check_margin, more=more,
        )  # fmt: skip
        self.floor.wake(account, now)
        return deal

    def shut(self) -> None:
        self.store.close()
