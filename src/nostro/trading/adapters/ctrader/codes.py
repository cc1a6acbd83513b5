"""cTrader's numbers and words for what happened, and what each of them means to us.

Source of the names: ProtoErrorCode, ProtoCSErrorCode and ProtoChangeBalanceType.
"""

from nostro.kit import Refused, Retry, Unknown, VendorTrouble
from nostro.trading.ports import BalanceKind, DealKind, DealReason, OrderKind, Right

ERROR, HEARTBEAT, SPOT, TRADER_CHANGED = 50, 51, 3, 503
EVENTS = {SPOT: "ProtoSpotEvent", TRADER_CHANGED: "ProtoTraderChangedEvent"}
"""What a server pushes and we listen to."""
AUTHENTICATE, SERVER_TIME, SUBSCRIBE = 301, 313, 601
TRADERS, TRADER_BY_ID, POSITIONS, ORDERS, HISTORY, DEALS = 403, 703, 407, 409, 417, 431
ASSETS, SYMBOLS, GROUPS, EXPOSURE = 465, 467, 473, 419
ANSWERS = {
    AUTHENTICATE: ("ProtoManagerAuth", 302), SERVER_TIME: ("ProtoServerTime", 314),
    TRADERS: ("ProtoTraderList", 404), TRADER_BY_ID: ("ProtoTraderById", 704),
    POSITIONS: ("ProtoPositionList", 408), HISTORY: ("ProtoBalanceHistoryList", 418),
    ORDERS: ("ProtoPendingOrderList", 410), DEALS: ("ProtoManagerDealList", 432),
    ASSETS: ("ProtoAssetList", 466),
    SYMBOLS: ("ProtoManagerSymbolList", 468), GROUPS: ("ProtoLightGroupList", 474),
    SUBSCRIBE: ("ProtoSubscribeSpotQuotes", 602), EXPOSURE: ("ProtoExposureSymbolList", 420),
}  # fmt: skip
"""By the number of a request: what it is called, and the number of its answer."""

NO_TRADER = {"TRADER_NOT_FOUND", "NO_SUCH_LOGIN", "ENTITY_NOT_FOUND", "CH_TRADER_NOT_FOUND"}
NOT_DONE = {
    "REQUEST_FREQUENCY_EXCEEDED", "SERVER_IS_UNDER_MAINTENANCE", "RECONCILIATION_IN_PROGRESS",
    "CONNECTIONS_LIMIT_EXCEEDED", "CANT_ROUTE_REQUEST",
}  # fmt: skip
DOUBTFUL = {
    "UNKNOWN_ERROR", "TIMEOUT_ERROR", "DATASTORE_IS_NOT_AVAILABLE", "CONCURRENT_MODIFICATION",
}  # fmt: skip

RIGHTS = ("FULL_ACCESS", "CLOSE_ONLY", "NO_TRADING", "NO_LOGIN")
"""An account's rights by their numbers, as WebServices name them."""
NO_LOGIN = "NO_LOGIN"
RIGHT = {"FULL_ACCESS": Right.FULL, "CLOSE_ONLY": Right.CLOSE_ONLY}
"""What each lets trade; any other one, new ones too, nothing."""
NAMED = {Right.FULL: "FULL_ACCESS", Right.CLOSE_ONLY: "CLOSE_ONLY", Right.NONE: "NO_TRADING"}
KIND = DealKind
FILLED = (2, 3)
"""Deals that were filled, in whole or in part; the others moved nothing."""
SELL = 2
BOOKS = (1, 2)
"""Book A and book B, between which a server divides what clients hold."""
CLOSE_POSITION = 2
"""A balance change that is the result of a deal, and is counted with it."""
HISTORY_KINDS = {
    0: (KIND.BALANCE, 1), 1: (KIND.BALANCE, -1), 3: (KIND.OTHER, 1), 4: (KIND.OTHER, -1),
    5: (KIND.AGENT, 1), 6: (KIND.AGENT, 1), 7: (KIND.AGENT, 1), 8: (KIND.AGENT, 1),
    9: (KIND.OTHER, 1), 10: (KIND.OTHER, -1), 11: (KIND.OTHER, 1), 12: (KIND.OTHER, -1),
    13: (KIND.COMPENSATION, 1), 14: (KIND.AGENT, -1), 15: (KIND.DIVIDEND, 1),
    16: (KIND.DIVIDEND, -1), 17: (KIND.FEE, -1), 18: (KIND.INTEREST, -1),
    19: (KIND.CREDIT, 1), 20: (KIND.CREDIT, -1), 21: (KIND.INTEREST, 1), 22: (KIND.INTEREST, -1),
    23: (KIND.OTHER, -1), 24: (KIND.OTHER, 1), 25: (KIND.OTHER, 1), 26: (KIND.OTHER, -1),
    27: (KIND.OTHER, 1), 28: (KIND.FEE, -1), 29: (KIND.FEE, -1), 30: (KIND.OTHER, -1),
    31: (KIND.OTHER, 1), 32: (KIND.OTHER, -1), 33: (KIND.OTHER, 1), 34: (KIND.FEE, -1),
    35: (KIND.FEE, -1), 36: (KIND.BALANCE, 1), 37: (KIND.BALANCE, -1), 38: (KIND.BONUS, 1),
    39: (KIND.COMPENSATION, 1),
}  # fmt: skip
"""By ProtoChangeBalanceType: what it is to us, and which way it goes."""
HISTORY_REASONS = {18: DealReason.ROLLOVER} | dict.fromkeys(
    (30, 31, 32, 33, 36, 37), DealReason.TRANSFER
)  # fmt: skip
"""By the same numbers: why, of those few that say it."""
ORDER_KINDS = {
    1: (OrderKind.BUY, OrderKind.SELL), 2: (OrderKind.BUY_LIMIT, OrderKind.SELL_LIMIT),
    3: (OrderKind.BUY_STOP, OrderKind.SELL_STOP), 5: (OrderKind.BUY, OrderKind.SELL),
    6: (OrderKind.BUY_STOP_LIMIT, OrderKind.SELL_STOP_LIMIT),
}  # fmt: skip
"""By ProtoOrderType: what buys and what sells. Stop loss and take profit are of a position."""
CREDITS = {BalanceKind.CREDIT, BalanceKind.BONUS}
"""What is no balance on cTrader: its non-withdrawable bonus."""


def trouble(code: str, said: str, *, writes: bool, status: int = 0) -> VendorTrouble:
    """What an error means: that nothing was done, that nobody knows, or no."""
    words = said.strip() or code.replace("_", " ").capitalize()
    reason = words if words.endswith(".") else f"{words}."
    if code in NOT_DONE or status == 429:
        return Retry(reason)
    if code in DOUBTFUL or status >= 500:
        return Unknown(reason) if writes else Retry(reason)
    return Refused(reason, code=code)
