"""Midnight on the server: swaps are charged, the day's figures kept and daily reports written."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from simulators.market import DAY, SECOND
from simulators.market.instruments import NO_DAY
from simulators.market.zone import weekday
from simulators.trading.desk import Desk
from simulators.trading.margin import AccountState, swap_of
from simulators.trading.records import (
    BALANCE,
    BONUS,
    CHARGE,
    CORRECTION,
    CREDIT,
    ZERO,
    Account,
    Daily,
    Deal,
    Group,
    Position,
)  # fmt: skip

type Describe = Callable[[Position, Group, int], object]
"""How a platform shows an open position of a group at a moment, as JSON."""

_SATURDAY = 6
_KINDS = {
    BALANCE: "daily_balance", CREDIT: "daily_credit", CHARGE: "daily_charge",
    CORRECTION: "daily_correction", BONUS: "daily_bonus",
}  # fmt: skip


def nights(triple_day: int, day: int) -> int:
    """How many nights' swap the end of a server day costs; three on the triple day.

    Instruments without a triple day pay every night, the others nothing over the week-end.
    """
    if triple_day == NO_DAY:
        return 1
    if day in (0, _SATURDAY):
        return 0
    return 3 if day == triple_day else 1


def roll_over(desk: Desk, midnight: int, describe: Describe | None = None) -> None:
    """End the server day that `midnight` (in UTC) closes, for every account."""
    desk.store.flush()
    ended = desk.market.zone.local(midnight) - DAY
    deals = defaultdict[int, list[Deal]](list)
    span = (desk.stamp(desk.market.zone.utc(ended)), desk.stamp(midnight))
    for deal in desk.store.deals.select('"time_msc" >= ? AND "time_msc" < ?', span):
        deals[deal.login].append(deal)
    last_of_month = datetime.fromtimestamp((ended + DAY) // SECOND, UTC).day == 1
    for account in desk.store.accounts.values():
        group = desk.group_of(account)
        positions = desk.store.open_of(account.login)
        for position in positions:
            _charge_swap(desk, position, group, weekday(ended), midnight)
        state = desk.state(account, midnight - 1)
        daily = _daily(account, group, state, ended)
        _count_deals(daily, deals[account.login])
        if positions and describe:
            shown = [describe(row, group, midnight - 1) for row in positions]
            daily.positions = json.dumps(shown)
        desk.store.add_daily(daily)
        account.balance_prev_day, account.equity_prev_day = account.balance, state.equity
        if last_of_month:
            account.balance_prev_month, account.equity_prev_month = account.balance, state.equity
        desk.store.keep_account(account)


def _charge_swap(desk: Desk, position: Position, group: Group, day: int, at: int) -> None:
    instrument = desk.instruments[position.symbol]
    count = nights(instrument.triple_swap_day, day)
    if count and group.swaps:
        position.storage += count * swap_of(position, instrument, group, desk.market, at - 1)
        desk.store.keep_position(position)


def _daily(account: Account, group: Group, state: AccountState, ended: int) -> Daily:
    return Daily(
        datetime=(ended + DAY) // SECOND - 1, login=account.login,
        datetime_prev=ended // SECOND - 1, name=account.name, group=account.group,
        currency=group.currency, currency_digits=group.currency_digits, company=group.company,
        email=account.email, balance=account.balance, credit=account.credit,
        balance_prev_day=account.balance_prev_day, balance_prev_month=account.balance_prev_month,
        equity_prev_day=account.equity_prev_day, equity_prev_month=account.equity_prev_month,
        margin=state.margin, margin_free=state.free, margin_level=state.level,
        margin_leverage=account.leverage, profit=state.floating, profit_storage=state.storage,
        profit_equity=state.equity,
    )  # fmt: skip


def _count_deals(daily: Daily, deals: list[Deal]) -> None:
    totals = defaultdict[str, Decimal](lambda: ZERO)
    for deal in deals:
        totals[_KINDS.get(deal.action, "daily_profit")] += deal.profit
        totals["daily_storage"] += deal.storage
        totals["daily_commission"] += deal.commission
        totals["daily_fee"] += deal.fee
    for name, total in totals.items():
        setattr(daily, name, total)
