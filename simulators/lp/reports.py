"""What the provider says about its book, in FIX 4.4's fields. Bodies only: the header is the
session's.
"""

from datetime import date
from decimal import Decimal
from itertools import count

from simulators.lp.book import CANCEL, SYMBOLS, Execution, Holding
from simulators.lp.framing import Message, Pairs
from simulators.lp.outbox import stamp

BUY, SELL = "1", "2"
CURRENCY_PRODUCT = "4"
PARTIAL, FILLED, CANCELLED = "1", "2", "4"
EXECUTING_FIRM, CLIENT = "1", "3"
HOUSE_ACCOUNT = "3"
UNDERLYING_POSITION = "TOT"


def number(value: Decimal) -> str:
    """Decimal digits without an exponent."""
    return f"{value:f}"


def _instrument(symbol: str) -> Pairs:
    is_pair = "/" in symbol
    return [(55, symbol), *([(460, CURRENCY_PRODUCT)] if is_pair else [])]


def parties(firm: str) -> Pairs:
    return [(453, "1"), (448, firm), (447, "D"), (452, EXECUTING_FIRM)]


def execution_report(one: Execution, account: str, firm: str) -> Pairs:
    """A drop copy (35=8): trade, partial fill, trade correct or trade cancel."""
    order = one.order
    left = order.quantity - one.cumulative
    status = FILLED if not left else PARTIAL
    if one.kind == CANCEL:
        status = PARTIAL if one.cumulative else CANCELLED
    # A cancelled trade says which it was; nothing of it was executed.
    refers: Pairs = [(19, one.refers)] if one.refers else []
    return [
        (37, order.id), (11, f"C{order.id}"), *parties(firm), (17, one.id), *refers,
        (150, one.kind), (39, status), (1, account), *_instrument(order.symbol),
        (54, BUY if order.side == "buy" else SELL), (38, number(order.quantity)),
        (15, SYMBOLS[order.symbol].base), (32, number(one.quantity)), (31, number(one.price)),
        (151, number(left)), (14, number(one.cumulative)), (6, number(one.average)),
        (75, f"{one.at:%Y%m%d}"), (60, stamp(one.at)), (64, f"{one.value_date:%Y%m%d}"),
    ]  # fmt: skip


def trade_ack(asked: Message, total: int, *, result: str, status: str) -> Pairs:
    """TradeCaptureReportRequestAck (35=AQ)."""
    return [
        (568, asked.get(568)), (569, asked.get(569)), (748, str(total)), (749, result),
        (750, status), (55, asked.get(55, "[N/A]")),
    ]  # fmt: skip


def trade_report(
    one: Execution, asked: Message, account: str, firm: str, *, total: int, last: bool
) -> Pairs:
    """TradeCaptureReport (35=AE) of one execution that stands."""
    order = one.order
    return [
        (571, f"T{one.id}"), (487, "0"), (568, asked.get(568)), (150, "F"), (748, str(total)),
        (912, "Y" if last else "N"), (17, one.id), (570, "N"), *_instrument(order.symbol),
        (32, number(one.quantity)), (31, number(one.price)), (75, f"{one.at:%Y%m%d}"),
        (60, stamp(one.at)), (64, f"{one.value_date:%Y%m%d}"), (552, "1"),
        (54, BUY if order.side == "buy" else SELL), (37, order.id), (11, f"C{order.id}"),
        *parties(firm), (1, account), (15, SYMBOLS[order.symbol].base),
    ]  # fmt: skip


def positions_ack(asked: Message, name: str, account: str, firm: str, total: int) -> Pairs:
    """RequestForPositionsAck (35=AO)."""
    return [
        (721, name), (710, asked.get(710)), (727, str(total)), (728, "0" if total else "2"),
        (729, "0"), *parties(firm), (1, account), (581, HOUSE_ACCOUNT),
    ]  # fmt: skip


def positions_refusal(asked: Message, name: str, firm: str, *, result: str, why: str) -> Pairs:
    return [
        (721, name), (710, asked.get(710)), (727, "0"), (728, result), (729, "2"),
        *parties(firm), (1, asked.get(1)), (581, HOUSE_ACCOUNT), (58, why),
    ]  # fmt: skip


def position_reports(
    holdings: list[Holding], asked: Message, name: str, account: str, firm: str, day: date
) -> list[Pairs]:
    """PositionReports (35=AP), one a symbol; the price is theoretical, being a mid."""
    numbers = count(1)
    return [
        [
            (721, f"{name}-{next(numbers)}"), (710, asked.get(710)), (724, "0"),
            (727, str(len(holdings))), (728, "0"), (715, f"{day:%Y%m%d}"), *parties(firm),
            (1, account), (581, HOUSE_ACCOUNT), *_instrument(one.symbol),
            (15, SYMBOLS[one.symbol].base), (730, number(one.price)), (731, "2"),
            (734, number(one.price)), (702, "1"), (703, UNDERLYING_POSITION),
            (704, number(one.long)), (705, number(one.short)), (706, "0"), (753, "1"),
            (707, "FMTM"), (708, "0"),
        ]
        for one in holdings
    ]  # fmt: skip
