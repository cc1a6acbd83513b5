"""The rows of a trade server. Volumes are in ten-thousandths of a lot; times ending in `_msc` are
milliseconds of the clock that the server stamps with, `_at` are milliseconds of UTC.

The numbers of kinds, entries and states are MetaTrader 5's; other platforms translate them.
"""

from dataclasses import dataclass
from decimal import Decimal

BUY, SELL, BALANCE, CREDIT, CHARGE, CORRECTION, BONUS = range(7)
ENTRY_IN, ENTRY_OUT, ENTRY_IN_OUT = range(3)
CLIENT, EXPERT, DEALER, STOP_LOSS, TAKE_PROFIT, STOP_OUT = range(6)
MOBILE, WEB = 16, 17
ENABLED, TRADE_DISABLED, READ_ONLY = 0x1, 0x4, 0x200
CLOSE_ONLY = 0x10000
"""Of cTrader; MetaTrader knows no such right of one account."""
DEFAULT_RIGHTS = 0x163
NETTING, HEDGED = 0, 2
ORDER_PLACED, ORDER_CANCELLED, ORDER_FILLED, ORDER_EXPIRED = 1, 2, 4, 6
BUY_LIMIT, SELL_LIMIT = 2, 3

LOT = 10_000
ZERO = Decimal(0)


@dataclass(slots=True)
class Group:
    """`markup` scales the instruments' Standard mark-up; `commission` is per lot and side; without
    `swaps` (0) nights cost nothing.
    """

    group: str
    currency: str = "USD"
    currency_digits: int = 2
    company: str = "Simulated Markets Ltd"
    margin_mode: int = HEDGED
    margin_call: Decimal = Decimal(100)
    stop_out: Decimal = Decimal(50)
    markup: Decimal = Decimal(1)
    commission: Decimal = ZERO
    leverage: int = 100
    password_length: int = 8
    swaps: int = 1
    more: str = "{}"
    """Fields set by GROUP_ADD that mean nothing here, given back as they came."""


@dataclass(slots=True)
class Account:
    login: int
    group: str
    name: str
    leverage: int
    rights: int = DEFAULT_RIGHTS
    company: str = ""
    account: str = ""
    country: str = ""
    language: int = 0
    city: str = ""
    state: str = ""
    zip_code: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    id: str = ""
    status: str = ""
    comment: str = ""
    color: int = 0xFF000000
    phone_password: str = ""
    agent: int = 0
    client_id: int = 0
    lead_source: str = ""
    lead_campaign: str = ""
    limit_orders: int = 0
    limit_positions: int = 0
    trade_accounts: str = ""
    registration: int = 0
    last_access: int = 0
    last_pass_change: int = 0
    last_ip: str = ""
    main_digest: str = ""
    investor_digest: str = ""
    api_digest: str = ""
    balance: Decimal = ZERO
    credit: Decimal = ZERO
    balance_prev_day: Decimal = ZERO
    balance_prev_month: Decimal = ZERO
    equity_prev_day: Decimal = ZERO
    equity_prev_month: Decimal = ZERO
    margin_activation: int = 0
    stop_out_time: int = 0
    stop_out_level: Decimal = ZERO
    stop_out_equity: Decimal = ZERO
    stop_out_margin: Decimal = ZERO
    robot_turn: int = 0
    robot_at: int = 0
    """When the robot looks at the market next; 0 while it sleeps."""
    more: str = ""
    """JSON of what only this platform keeps of an account."""


def may_open(account: Account) -> bool:
    """Whether its owner may open a position."""
    return may_close(account) and not account.rights & CLOSE_ONLY


def may_close(account: Account) -> bool:
    """Whether its owner may close what is open."""
    return (account.rights & (ENABLED | TRADE_DISABLED | READ_ONLY)) == ENABLED


@dataclass(slots=True)
class Position:
    position: int
    login: int
    symbol: str
    action: int
    reason: int
    digits: int
    digits_currency: int
    contract_size: Decimal
    time_create_msc: int
    time_update_msc: int
    price_open: Decimal
    volume: int
    rate_margin: Decimal
    storage: Decimal = ZERO
    expert_id: int = 0
    comment: str = ""
    close_at: int = 0
    """When the robot means to close; 0 leaves it open."""
    keep_volume: int = 0
    """What the robot means to keep open then."""
    commission: Decimal = ZERO
    """Charged for opening but not paid yet, where a platform takes it at the close."""
    copy_of: int = 0
    """The master's position that it follows."""


@dataclass(slots=True)
class Order:
    order: int
    login: int
    symbol: str
    digits: int
    digits_currency: int
    contract_size: Decimal
    state: int
    reason: int
    type: int
    time_setup_msc: int
    price_order: Decimal
    price_current: Decimal
    volume_initial: int
    volume_current: int
    time_done_msc: int = 0
    time_expiration: int = 0
    type_time: int = 0
    expert_id: int = 0
    position_id: int = 0
    comment: str = ""
    fill_at: int = 0
    """When the market will touch the price, found out at placing; 0 if it expires first."""
    expire_at: int = 0
    hold: int = 0
    """How long the robot means to hold what the order opens."""


@dataclass(slots=True)
class Deal:
    deal: int
    login: int
    action: int
    time_msc: int
    digits_currency: int
    dealer: int = 0
    order: int = 0
    entry: int = ENTRY_IN
    reason: int = CLIENT
    digits: int = 0
    contract_size: Decimal = ZERO
    symbol: str = ""
    price: Decimal = ZERO
    volume: int = 0
    profit: Decimal = ZERO
    storage: Decimal = ZERO
    commission: Decimal = ZERO
    fee: Decimal = ZERO
    rate_profit: Decimal = ZERO
    rate_margin: Decimal = ZERO
    expert_id: int = 0
    position_id: int = 0
    comment: str = ""
    profit_raw: Decimal = ZERO
    price_position: Decimal = ZERO
    volume_closed: int = 0
    tick_size: Decimal = ZERO
    market_bid: Decimal = ZERO
    market_ask: Decimal = ZERO
    more: str = ""
    """JSON of what only this platform keeps of a deal."""


@dataclass(slots=True)
class Daily:
    """An account at the end of a server day. `positions` is JSON text, empty without any."""

    datetime: int
    login: int
    datetime_prev: int
    name: str
    group: str
    currency: str
    currency_digits: int
    company: str
    email: str
    balance: Decimal
    credit: Decimal
    balance_prev_day: Decimal
    balance_prev_month: Decimal
    equity_prev_day: Decimal
    equity_prev_month: Decimal
    margin: Decimal
    margin_free: Decimal
    margin_level: Decimal
    margin_leverage: int
    profit: Decimal
    profit_storage: Decimal
    profit_equity: Decimal
    daily_profit: Decimal = ZERO
    daily_balance: Decimal = ZERO
    daily_credit: Decimal = ZERO
    daily_charge: Decimal = ZERO
    daily_correction: Decimal = ZERO
    daily_bonus: Decimal = ZERO
    daily_storage: Decimal = ZERO
    daily_commission: Decimal = ZERO
    daily_fee: Decimal = ZERO
    positions: str = ""
