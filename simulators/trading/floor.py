"""The trading floor: runs what is due, in order of time, from one moment to another.

Everything that will happen stands in one queue of moments, so time may pass in one long stride
or in many short ones and leave the same deals. Only margin checks lie on a grid of steps, and
they come more often the nearer an account is to its stop-out.
"""

from dataclasses import replace
from decimal import Decimal
from heapq import heapify, heappop, heappush
from random import Random

from simulators.market import DAY, HOUR, MINUTE, SECOND
from simulators.trading import robots
from simulators.trading.desk import Desk, Trade
from simulators.trading.following import Crowd
from simulators.trading.records import (
    BUY,
    BUY_LIMIT,
    ORDER_EXPIRED,
    ORDER_PLACED,
    SELL_LIMIT,
    ZERO,
    Account,
    Order,
    Position,
    may_close,
    may_open,
)  # fmt: skip
from simulators.trading.robots import Character, Entry, Purse
from simulators.trading.rollover import Describe, roll_over

_CHECK, _CLOSE, _ORDER, _TURN = range(4)
DEFAULT_STEP = 15 * MINUTE
_PACE = (
    (Decimal(100), 0), (Decimal(200), HOUR), (Decimal(500), 4 * HOUR), (Decimal(1000), 12 * HOUR),
)  # fmt: skip
"""Below this margin level, look again after this time; 0 is the next step."""
_SPECIFIED = 2


class Floor:
    """`describe` makes the line of an open position in a daily report; without it there is none."""

    def __init__(
        self, desk: Desk, seed: int, now: int, describe: Describe | None = None
    ) -> None:  # fmt: skip
        self.desk = desk
        self.describe = describe
        self.seed = seed
        self.step = DEFAULT_STEP
        self.crowd = Crowd(desk, seed)
        self._characters: dict[int, Character] = {}
        self._queue: list[tuple[int, int, int]] = []
        self._checks: dict[int, int] = {}
        self._midnight = int(desk.store.facts.get("midnight", "0"))
        if not self._midnight:
            self.set_midnight(now)
        self.restore(now)

    def restore(self, now: int) -> None:
        """Fill the queue anew from what the records say is planned."""
        store = self.desk.store
        self._queue = [
            *((row.robot_at, _TURN, row.login) for row in store.accounts.values() if row.robot_at),
            *((row.close_at, _CLOSE, row.position) for row in store.positions.values()
              if row.close_at),
            *((row.fill_at or row.expire_at, _ORDER, row.order) for row in store.pending.values()),
        ]  # fmt: skip
        heapify(self._queue)
        self._checks.clear()
        for login in sorted({row.login for row in store.positions.values()}):
            self._check_at(login, now)

    def set_midnight(self, now: int) -> None:
        self._midnight = self.desk.market.zone.next_midnight(now)
        self.desk.store.facts["midnight"] = str(self._midnight)

    def jump(self, now: int) -> None:
        """Begin afresh at another moment: robots plan from there, nothing between happens."""
        store = self.desk.store
        self.set_midnight(now)
        for account in store.accounts.values():
            if account.robot_at:
                account.robot_at = 0
                self.wake(account, now)
        for number, position in enumerate(store.positions.values()):
            if position.close_at:
                position.close_at = now + (number % 60 + 1) * MINUTE
                store.keep_position(position)
        for order in store.pending.values():
            order.fill_at, order.expire_at = 0, max(order.expire_at, now + HOUR)
            store.keep_pending(order)
        self.restore(now)

    def wake(self, account: Account, now: int) -> None:
        """Let the robot of an account plan its next turn, if it sleeps and has reason to wake."""
        if account.robot_at or not self._may_trade(account) or account.balance <= 0:
            return
        rng = self._dice(account)
        account.robot_at = now + robots.pause(self._who(account), self._worth(account, now), rng)
        self.desk.store.keep_account(account)
        heappush(self._queue, (account.robot_at, _TURN, account.login))

    def follow(self, at: int) -> None:
        """Let those who follow others answer what has just happened, and watch their margin."""
        for login in self.crowd.answer(at):
            self._check_at(login, at + HOUR)

    def watch(self, account: Account, now: int) -> None:
        """Look at the margin of an account with the next step."""
        self._check_at(account.login, now)

    def run(self, until: int) -> None:
        """Let everything happen that is due up to and including a moment."""
        while True:
            due = self._queue[0][0] if self._queue else until + 1
            if self._midnight <= min(due, until):
                midnight = self._midnight
                roll_over(self.desk, midnight, self.describe)
                self.set_midnight(midnight)
            elif due <= until:
                at, kind, number = heappop(self._queue)
                self._happen(at, kind, number)
                self.follow(at)
            else:
                return

    def trade_now(self, number: int, now: int) -> bool:
        """One more robot opens something short, drawn by `number`; false if none could."""
        rng = Random(f"{self.seed}/live/{number}")
        accounts = [
            row for row in self.desk.store.accounts.values()
            if self._may_trade(row) and row.balance > 0
        ]  # fmt: skip
        for _ in range(min(len(accounts), 5)):
            account = rng.choice(accounts)
            who = self._who(account)
            known = self.desk.instruments
            if not any(
                self.desk.market.is_open(known[name], now) for name in who.symbols if name in known
            ):
                who = replace(who, symbols=("BTCUSD",))
            holding = rng.uniform(2, 12) * MINUTE
            plan = robots.entry(
                who, self._purse(account, now), known, self.desk.market, now, rng, holding=holding
            )
            if plan:
                self._carry_out(account, who, plan, now)
                self.follow(now)
                return True
        return False

    def _happen(self, at: int, kind: int, number: int) -> None:
        store = self.desk.store
        if kind == _TURN:
            account = store.accounts.get(number)
            if account and account.robot_at == at:
                self._turn(account, at)
        elif kind == _CLOSE:
            position = store.positions.get(number)
            if position and position.close_at == at:
                self._close(position, at)
        elif kind == _ORDER:
            order = store.pending.get(number)
            if order:
                self._settle_order(order, at)
        else:
            account = store.accounts.get(number)
            if account and self._checks.get(number) == at:
                del self._checks[number]
                self._check(account, at)

    def _turn(self, account: Account, at: int) -> None:
        account.robot_at = 0
        self.desk.store.keep_account(account)
        if not self._may_trade(account) or account.balance <= 0:
            return
        who, rng = self._who(account), self._dice(account)
        known, market = self.desk.instruments, self.desk.market
        plan = robots.entry(who, self._purse(account, at), known, market, at, rng)
        if plan:
            self._carry_out(account, who, plan, at)
        next_at = at + robots.pause(who, self._worth(account, at), rng)
        if not plan:
            next_at = max(robots.opening(who, known, market, at, rng), at + HOUR)
        account.robot_at = next_at
        heappush(self._queue, (next_at, _TURN, account.login))

    def _carry_out(self, account: Account, who: Character, plan: Entry, at: int) -> None:
        account.last_access = self.desk.stamp(at) // SECOND
        # RFC 5737 keeps 198.51.100.0/24 for documentation.
        account.last_ip = f"198.51.100.{account.login % 254 + 1}"
        if plan.limit is not None:
            self._place(account, who, plan, at)
            return
        trade = Trade(plan.action, plan.volume, who.reason, expert_id=who.expert_id)
        deal = self.desk.open(account, plan.instrument, trade, at)
        self._plan_close(deal.position_id, plan.close_at, plan.keep_volume, at)

    def _place(self, account: Account, who: Character, plan: Entry, at: int) -> None:
        assert plan.limit is not None
        order = Order(
            self.desk.store.next("order"), account.login, plan.instrument.symbol,
            plan.instrument.digits, self.desk.group_of(account).currency_digits,
            plan.instrument.contract_size, ORDER_PLACED, who.reason,
            BUY_LIMIT if plan.action == BUY else SELL_LIMIT, self.desk.stamp(at), plan.limit,
            self.desk.market.quote(plan.instrument, at).bid, plan.volume, plan.volume,
            time_expiration=self.desk.stamp(plan.expire_at) // SECOND, type_time=_SPECIFIED,
            expert_id=who.expert_id, fill_at=plan.fill_at, expire_at=plan.expire_at,
            hold=max(plan.close_at - at, MINUTE),
        )  # fmt: skip
        self.desk.store.keep_pending(order)
        self.desk.store.keep_account(account)
        heappush(self._queue, (order.fill_at or order.expire_at, _ORDER, order.order))

    def _settle_order(self, order: Order, at: int) -> None:
        account = self.desk.store.accounts[order.login]
        instrument = self.desk.instruments[order.symbol]
        action = BUY if order.type == BUY_LIMIT else 1
        needed = self.desk.required_margin(account, instrument, action, order.volume_current, at)
        is_open = self.desk.market.is_open(instrument, at)
        if (
            order.fill_at
            and is_open
            and may_open(account)
            and self.desk.state(account, at).free > needed
        ):
            trade = Trade(
                action, order.volume_current, order.reason, expert_id=order.expert_id,
                pending=order,
            )  # fmt: skip
            deal = self.desk.open(account, instrument, trade, at)
            close_at = self.desk.market.next_open(instrument, at + order.hold)
            self._plan_close(deal.position_id, close_at, 0, at)
            return
        self.desk.store.drop_pending(order)
        local = self.desk.stamp(at)
        self.desk.store.add_order(replace(order, state=ORDER_EXPIRED, time_done_msc=local))

    def _plan_close(self, number: int, close_at: int, keep_volume: int, at: int) -> None:
        position = self.desk.store.positions.get(number)
        if not position:
            return
        position.close_at, position.keep_volume = close_at, min(keep_volume, position.volume)
        self.desk.store.keep_position(position)
        heappush(self._queue, (close_at, _CLOSE, number))
        self._check_at(position.login, at + HOUR)

    def _close(self, position: Position, at: int) -> None:
        account = self.desk.store.accounts[position.login]
        instrument = self.desk.instruments[position.symbol]
        market = self.desk.market
        who, rng = self._who(account), self._dice(account)
        carries_on = rng.random() < who.stubbornness and self.desk.result(position, at) < 0
        if may_close(account) and market.is_open(instrument, at) and not carries_on:
            volume = position.volume - position.keep_volume
            self.desk.close(position, at, volume=volume, reason=who.reason)
        if position.position in self.desk.store.positions:
            self._plan_close(
                position.position, robots.later(who, instrument, market, at, rng), 0, at
            )

    def _check(self, account: Account, at: int) -> None:
        opens = [
            self.desk.market.next_open(self.desk.instruments[row.symbol], at)
            for row in self.desk.store.open_of(account.login)
        ]
        if at not in opens:
            # Nothing can be closed before a market opens, and nothing moves.
            if opens:
                self._check_at(account.login, min(opens))
            return
        state = self.desk.stop_out(account, at)
        if not state.margin:
            return
        reached = state.level
        wait = next((wait for level, wait in _PACE if reached < level), DAY)
        self._check_at(account.login, at + wait)

    def _check_at(self, login: int, after: int) -> None:
        """The first step after a moment, unless an earlier look is due anyway."""
        at = (after // self.step + 1) * self.step
        if at < self._checks.get(login, at + 1):
            self._checks[login] = at
            heappush(self._queue, (at, _CHECK, login))

    def _may_trade(self, account: Account) -> bool:
        """By itself, that is: whoever follows leaves it to the master."""
        return may_open(account) and not self.crowd.follows(account.login)

    def _who(self, account: Account) -> Character:
        known = self._characters.get(account.login)
        if known is None:
            known = self._characters[account.login] = robots.character(self.seed, account.login)
        return known

    def _dice(self, account: Account) -> Random:
        account.robot_turn += 1
        self.desk.store.keep_account(account)
        return robots.decision(self.seed, account.login, account.robot_turn)

    def _worth(self, account: Account, at: int) -> Decimal:
        currency = self.desk.group_of(account).currency
        return account.balance * self.desk.market.rate(currency, "USD", at)

    def _purse(self, account: Account, at: int) -> Purse:
        group = self.desk.group_of(account)
        state = self.desk.state(account, at)
        free = max(state.free, ZERO)
        return Purse(state.equity, free, group.currency, account.leverage, group.markup)
