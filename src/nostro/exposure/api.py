"""What of limits, alerts and liquidity providers leaves through the API."""

from nostro.core.doors import publish
from nostro.exposure.models import (
    Alert,
    Fill,
    Limit,
    LiquidityProvider,
    PositionBreak,
    ProviderPosition,
)

publish(Limit, "id", "kind", "code", "book", "entity_id", "money", "reason", "set_by_id", "set_at")
publish(
    Alert, "id", "rule", "kind", "code", "book", "entity_id", "status", "status_at", "due_at",
    "net", "peak", "limit", "decision", "why", "owner_id", "note", "raised_at", "cleared_at",
)  # fmt: skip
publish(
    LiquidityProvider, "id", "slug", "kind", "name", "live", "next_sent", "next_received",
    "begin_anew", "added_at", "heard_at", "last_fill_at", "lag_ms", "missed_from", "compared_at",
    "compare_trouble", "trouble", "trouble_since",
)  # fmt: skip
publish(
    ProviderPosition, "id", "provider_id", "symbol", "instrument_id", "held", "brought",
    "held_then", "theirs", "price", "theirs_at",
)  # fmt: skip
publish(
    Fill, "id", "provider_id", "position_id", "session", "exec_id", "kind", "origin", "corrects",
    "order_id", "client_order_id", "account", "currency", "side", "quantity", "price",
    "order_quantity", "cumulative", "remaining", "at", "trade_date", "value_date", "read_at",
)  # fmt: skip
publish(
    PositionBreak, "id", "position_id", "status", "status_at", "due_at", "theirs", "ours", "cause",
    "note", "found_at",
)  # fmt: skip
