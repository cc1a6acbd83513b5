"""What of platforms, accounts and deals leaves through the API."""

from nostro.core.doors import publish
from nostro.trading.models import (
    BalanceBreak,
    Credit,
    DailyReport,
    Deal,
    Group,
    Instrument,
    LeverageRequest,
    NewsWindow,
    OneTimeSecret,
    PastOrder,
    PendingOrder,
    Platform,
    PlatformSymbol,
    Position,
    SwapFreeRequest,
    Takeover,
    TakeoverRow,
    TradingAccount,
)

publish(
    TradingAccount, "id", "client_id", "entity_id", "platform_id", "login", "name",
    "account_type", "currency", "leverage", "status", "status_at", "balance", "credit", "equity",
    "margin", "free_margin", "read_at", "requested_at", "opened_at", "restricted_until", "practice",
    staff=("group_id", "decision", "reason", "due_at", "taken_over_at"),
)  # fmt: skip
publish(
    Deal, "id", "platform_id", "ticket", "login", "account_id", "position", "order", "action",
    "entry", "reason", "symbol", "instrument_id", "lots", "contract_size", "price", "price_open",
    "profit", "swap", "commission", "fee", "at", "platform_time_ms", "opened_at",
    staff=("bid", "ask", "rate_profit", "comment"),
)  # fmt: skip
publish(
    Position, "id", "platform_id", "ticket", "account_id", "symbol", "side", "lots",
    "price_open", "price", "profit", "swap", "opened_at", "read_at",
)  # fmt: skip
publish(
    PendingOrder, "id", "platform_id", "ticket", "account_id", "symbol", "instrument_id", "kind",
    "lots", "price", "stop_loss", "take_profit", "placed_at", "expires_at", "read_at",
)  # fmt: skip
publish(
    PastOrder, "id", "platform_id", "ticket", "account_id", "symbol", "kind", "state", "lots",
    "open_lots", "price", "placed_at", "done_at",
)  # fmt: skip
publish(
    Credit, "id", "account_id", "client_id", "money", "status", "status_at", "reason", "asked_at",
    "given_at", "expires_at", "ended_at", staff=("reference", "trouble", "decision"),
)  # fmt: skip
publish(NewsWindow, "id", "title", "about", "entity_id", "starts_at", "ends_at", "cap", "reason")
publish(
    SwapFreeRequest, "id", "account_id", "client_id", "days", "status", "status_at", "reason",
    "answer", "asked_at", staff=("why", "decision", "asked_by", "due_at"),
)  # fmt: skip
publish(
    LeverageRequest, "id", "account_id", "client_id", "leverage", "was", "cap", "days", "status",
    "status_at", "reason", "answer", "asked_at", staff=("why", "decision", "asked_by", "due_at"),
)  # fmt: skip
publish(OneTimeSecret, "id", "account_id", "made_at", "expires_at", "opened_at")
publish(
    DailyReport, "id", "account_id", "at", "balance", "credit", "equity", "derived",
    "derived_credit", "found_id", "read_at",
)  # fmt: skip
publish(
    BalanceBreak, "id", "account_id", "kind", "status", "status_at", "shown", "derived", "here",
    "there", "cause", "note", "found_at", "healed_at",
)  # fmt: skip
publish(
    Platform, "id", "slug", "kind", "name", "live", "read_at", "lag_ms", "clock_offset_seconds",
    "trouble", "trouble_since",
)  # fmt: skip
publish(
    PlatformSymbol, "id", "platform_id", "name", "instrument_id", "contract_size", "digits",
    "bid", "ask", "tick_at",
)  # fmt: skip
publish(
    Instrument, "id", "code", "name", "asset_class", "base", "quote", "contract_size", "digits",
    "pip",
)  # fmt: skip
publish(
    Group, "id", "platform_id", "path", "entity_id", "currency", "account_type", "book", "practice"
)
publish(
    Takeover, "id", "platform_id", "status", "status_at", "maker_id", "reason", "made_at",
    "started_at", "ended_at",
)  # fmt: skip
publish(
    TakeoverRow, "id", "takeover_id", "number", "login", "client_id", "account_id",
    "status", "said", "group", "currency", "leverage", "balance", "credit", "positions", "at",
)  # fmt: skip
