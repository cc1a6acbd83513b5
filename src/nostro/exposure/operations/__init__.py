"""Everything anyone can do about exposure. Groups are put into books by `trading.set_book`."""

from nostro.exposure.operations.breaks import (
    explain_break,
    open_position_break,
    settle_position_break,
)
from nostro.exposure.operations.fills import (
    keep_compared,
    keep_comparison,
    keep_marks,
    read_positions,
    record_fills,
)
from nostro.exposure.operations.limits import (
    GREW,
    BadLimit,
    acknowledge_alert,
    clear_alert,
    keep_reading,
    raise_alert,
    remove_limit,
    set_limit,
)
from nostro.exposure.operations.providers import (
    BadProvider,
    add_provider,
    begin_anew,
    map_provider_symbol,
    provider_answered,
    provider_troubled,
)

__all__ = [
    "GREW", "BadLimit", "BadProvider", "acknowledge_alert", "add_provider", "begin_anew",
    "clear_alert", "explain_break", "keep_compared", "keep_comparison", "keep_marks",
    "keep_reading", "map_provider_symbol", "open_position_break", "provider_answered",
    "provider_troubled", "raise_alert", "read_positions", "record_fills", "remove_limit",
    "set_limit", "settle_position_break",
]  # fmt: skip
