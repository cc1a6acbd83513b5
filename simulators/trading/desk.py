"""The dealing desk: the only place where positions open and close and balances change.

Everything takes the moment it happens at, so that the same calls leave the same deals.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from simulators.market import Instrument, Market, Quote, ServerZone
from simulators.trading.denied import Denied, Why
from simulators.trading.margin import (
    AccountState,
    account_state,
    margin_of,
    position_profit,
    raw_profit,
    rounded,
)  # fmt: skip
from simulators.trading.records import (
    BALANCE,
    BONUS,
    BUY,
    CLIENT,
    CREDIT,
    ENTRY_IN,
    ENTRY_IN_OUT,
    ENTRY_OUT,
    LOT,
    NETTING,
    ORDER_FILLED,
    SELL,
    STOP_OUT,
    ZERO,
    Account,
    Deal,
    Group,
    Order,
    Position,
)  # fmt: skip
from simulators.trading.store import Store

LARGEST_AMOUNT = Decimal(10) ** 9
LONGEST_COMMENT = 31
STOPPED_OUT = 2
MARGIN_CALLED = 1


@dataclass(frozen=True, slots=True)
class Trade:
    """A wish to buy or sell. `pending` is the order that it fills, at that order's price."""

    action: int
    volume: int
    reason: int = CLIENT
    comment: str = ""
    expert_id: int = 0
    pending: Order | None = None


class Desk:
    """`zone` is the clock that records are stamped with, the market's where none is named. Whoever
    wants to hear of deals as they are booked adds itself to `listeners`.
    """

    def __init__(
        self, store: Store, market: Market, instruments: dict[str, Instrument],
        zone: ServerZone | None = None, longest_comment: int = LONGEST_COMMENT,
    ) -> None:  # fmt: skip
        self.store = store
        self.market = market
        self.instruments = instruments
        self.zone = zone or market.zone
        self.longest_comment = longest_comment
        self.listeners: list[Callable[[Deal], None]] = []
        self.defers_commission = False
        """Whether the commission for opening is paid when the position closes."""

    def stamp(self, at: int) -> int:
        """A moment as the platform's records have it."""
        return self.zone.local(at)

    def group_of(self, account: Account) -> Group:
        return self.store.groups[account.group]

    def state(self, account: Account, at: int) -> AccountState:
        return account_state(
            account, self.group_of(account), self.store.open_of(account.login),
            self.instruments, self.market, at,
        )  # fmt: skip

    def required_margin(
        self, account: Account, instrument: Instrument, action: int, volume: int, at: int
    ) -> Decimal:
        group = self.group_of(account)
        quote = self.market.quote(instrument, at, markup=group.markup)
        price = quote.ask if action == BUY else quote.bid
        rate = self.market.rate(instrument.margin, group.currency, at)
        return margin_of(instrument, volume, price, rate, account.leverage)

    def open(self, account: Account, instrument: Instrument, trade: Trade, at: int) -> Deal:
        """A market deal; in a netting group it may add to, reduce or turn the position."""
        group = self.group_of(account)
        quote = self.market.quote(instrument, at, markup=group.markup)
        price = quote.ask if trade.action == BUY else quote.bid
        if trade.pending:
            price = trade.pending.price_order
        order = self._order(account, group, instrument, trade, price, at)
        deal = self._deal(account, group, instrument, quote, at)
        deal.action, deal.price, deal.volume, deal.order = (
            trade.action, price, trade.volume, order.order,
        )  # fmt: skip
        deal.reason, deal.comment, deal.expert_id = trade.reason, trade.comment, trade.expert_id
        deal.commission = self.commission(group, trade.volume)
        standing = self._standing(account, group, instrument)
        if standing is None:
            position = self._new_position(account, group, instrument, deal)
        else:
            position = self._net(standing, group, instrument, deal)
        if self.defers_commission and deal.entry == ENTRY_IN:
            position.commission += deal.commission
            deal.commission = ZERO
            self.store.keep_position(position)
        deal.position_id = order.position_id = position.position
        self._book(account, deal, order)
        return deal

    def close(
        self, position: Position, at: int, *, volume: int = 0, reason: int = CLIENT,
        comment: str = "",
    ) -> Deal:  # fmt: skip
        """Close `volume` of a position, or all of it."""
        account = self.store.accounts[position.login]
        group = self.group_of(account)
        instrument = self.instruments[position.symbol]
        quote = self.market.quote(instrument, at, markup=group.markup)
        closed = min(volume or position.volume, position.volume)
        action = SELL if position.action == BUY else BUY
        price = quote.bid if position.action == BUY else quote.ask
        trade = Trade(action, closed, reason, comment, position.expert_id)
        order = self._order(account, group, instrument, trade, price, at)
        order.position_id = position.position
        deal = self._deal(account, group, instrument, quote, at)
        deal.action, deal.price, deal.volume, deal.order = action, price, closed, order.order
        deal.reason, deal.comment, deal.expert_id = reason, comment, position.expert_id
        deal.entry, deal.position_id = ENTRY_OUT, position.position
        deal.commission = self.commission(group, closed)
        self._realise(position, group, instrument, deal, closed)
        self._book(account, deal, order)
        return deal

    def commission(self, group: Group, volume: int) -> Decimal:
        """Of one side; negative."""
        return -rounded(group.commission * volume / LOT, group.currency_digits)

    def result(self, position: Position, at: int) -> Decimal:
        """Profit and swap if it were closed now."""
        group = self.group_of(self.store.accounts[position.login])
        instrument = self.instruments[position.symbol]
        return (
            position.storage
            + position.commission
            + position_profit(position, instrument, group, self.market, at)
        )

    def stop_out(self, account: Account, at: int) -> AccountState:
        """Close the worst position first until the margin level is above the group's limit, or
        nothing is left whose market is open.
        """
        group = self.group_of(account)
        state = self.state(account, at)
        while state.margin and state.level <= group.stop_out:
            closable = [
                row for row in self.store.open_of(account.login)
                if self.market.is_open(self.instruments[row.symbol], at)
            ]  # fmt: skip
            if not closable:
                break
            account.margin_activation = STOPPED_OUT
            account.stop_out_time = self.stamp(at) // 1000
            account.stop_out_level, account.stop_out_equity = state.level, state.equity
            account.stop_out_margin = state.margin
            worst = min(closable, key=lambda position: self.result(position, at))
            comment = f"[so {state.level}%/{state.equity}/{state.margin}]"[: self.longest_comment]
            self.close(worst, at, reason=STOP_OUT, comment=comment)
            state = self.state(account, at)
        if state.margin and state.level > group.margin_call:
            account.margin_activation = 0
        elif state.margin and not account.margin_activation:
            account.margin_activation = MARGIN_CALLED
        return state

    def change_balance(
        self, account: Account, kind: int, amount: Decimal, at: int, *, comment: str = "",
        dealer: int = 0, check_margin: bool = True, more: str = "",
    ) -> Deal:  # fmt: skip
        """Money in or out by the sign of `amount`; `more` is kept with the deal."""
        group = self.group_of(account)
        if not BALANCE <= kind <= BONUS:
            raise Denied(Why.BAD_REQUEST)
        if abs(amount) > LARGEST_AMOUNT:
            raise Denied(Why.TOO_MUCH)
        amount = rounded(amount, group.currency_digits)
        if not amount:
            raise Denied(Why.BAD_REQUEST)
        if amount < 0:
            held = account.credit if kind == CREDIT else account.balance
            short = check_margin and -amount > self.state(account, at).free
            if short or held + amount < 0:
                raise Denied(Why.NO_MONEY)
        deal = Deal(
            self.store.next("deal"), account.login, kind, self.stamp(at),
            group.currency_digits, dealer=dealer, profit=amount,
            comment=comment[: self.longest_comment], more=more,
        )  # fmt: skip
        self._book(account, deal, None)
        return deal

    def _book(self, account: Account, deal: Deal, order: Order | None) -> None:
        change = deal.profit + deal.storage + deal.commission + deal.fee
        if deal.action == CREDIT:
            account.credit += change
        else:
            account.balance += change
        self.store.keep_account(account)
        self.store.add_deal(deal)
        if order:
            self.store.add_order(order)
        for tell in self.listeners:
            tell(deal)

    def _deal(
        self, account: Account, group: Group, instrument: Instrument, quote: Quote, at: int
    ) -> Deal:
        return Deal(
            self.store.next("deal"), account.login, BUY, self.stamp(at),
            group.currency_digits, digits=instrument.digits, symbol=instrument.symbol,
            contract_size=instrument.contract_size, tick_size=instrument.point,
            rate_profit=self.market.rate(instrument.profit, group.currency, at),
            rate_margin=self.market.rate(instrument.margin, group.currency, at),
            market_bid=quote.bid, market_ask=quote.ask, entry=ENTRY_IN,
        )  # fmt: skip

    def _order(
        self, account: Account, group: Group, instrument: Instrument, trade: Trade,
        price: Decimal, at: int,
    ) -> Order:  # fmt: skip
        """The order that stands behind a deal, already filled."""
        local = self.stamp(at)
        if trade.pending:
            self.store.drop_pending(trade.pending)
            return replace(trade.pending, state=ORDER_FILLED, time_done_msc=local, volume_current=0)
        return Order(
            self.store.next("order"), account.login, instrument.symbol, instrument.digits,
            group.currency_digits, instrument.contract_size, ORDER_FILLED, trade.reason,
            trade.action, local, price, price, trade.volume, 0, time_done_msc=local,
            expert_id=trade.expert_id, comment=trade.comment,
        )  # fmt: skip

    def _standing(self, account: Account, group: Group, instrument: Instrument) -> Position | None:
        if group.margin_mode != NETTING:
            return None
        for position in self.store.open_of(account.login):
            if position.symbol == instrument.symbol:
                return position
        return None

    def _new_position(
        self, account: Account, group: Group, instrument: Instrument, deal: Deal
    ) -> Position:
        # A position has the number of the order that opened it.
        position = Position(
            deal.order, account.login, instrument.symbol, deal.action, deal.reason,
            instrument.digits, group.currency_digits, instrument.contract_size, deal.time_msc,
            deal.time_msc, deal.price, deal.volume, deal.rate_margin, expert_id=deal.expert_id,
            comment=deal.comment,
        )  # fmt: skip
        self.store.keep_position(position)
        return position

    def _net(
        self, position: Position, group: Group, instrument: Instrument, deal: Deal
    ) -> Position:
        if deal.action == position.action:
            total = position.volume + deal.volume
            weighted = position.price_open * position.volume + deal.price * deal.volume
            position.price_open = rounded(weighted / total, instrument.digits)
            position.volume, position.time_update_msc = total, deal.time_msc
            self.store.keep_position(position)
            return position
        closed = min(deal.volume, position.volume)
        rest = deal.volume - closed
        deal.entry = ENTRY_IN_OUT if rest else ENTRY_OUT
        self._realise(position, group, instrument, deal, closed)
        if rest:
            turned = replace(
                position, action=deal.action, volume=rest, price_open=deal.price, storage=ZERO,
                rate_margin=deal.rate_margin, time_update_msc=deal.time_msc, close_at=0,
                keep_volume=0, commission=ZERO,
            )  # fmt: skip
            self.store.keep_position(turned)
        return position

    def _realise(
        self, position: Position, group: Group, instrument: Instrument, deal: Deal, closed: int
    ) -> None:
        """Move the profit and the swap of the closed part from the position to the deal."""
        deal.profit_raw = raw_profit(
            position.action, instrument.contract_size, closed, position.price_open, deal.price
        )
        deal.profit = rounded(deal.profit_raw * deal.rate_profit, group.currency_digits)
        deal.storage = rounded(position.storage * closed / position.volume, group.currency_digits)
        owed = rounded(position.commission * closed / position.volume, group.currency_digits)
        deal.commission += owed
        deal.price_position, deal.volume_closed = position.price_open, closed
        if closed == position.volume:
            self.store.drop_position(position)
            return
        position.volume -= closed
        position.storage -= deal.storage
        position.commission -= owed
        position.time_update_msc = deal.time_msc
        self.store.keep_position(position)
