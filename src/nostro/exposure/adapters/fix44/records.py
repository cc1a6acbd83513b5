"""What the provider's messages say in the words of the port."""

from datetime import UTC, date, datetime
from decimal import Decimal

from nostro.exposure.adapters.fix44.wire import BadMessage, Message
from nostro.exposure.ports import CorrectionKind, Fill, FillCorrection, LpPosition, LpSide

SIDES = {
    "1": LpSide.BUY, "3": LpSide.BUY,
    "2": LpSide.SELL, "4": LpSide.SELL, "5": LpSide.SELL, "6": LpSide.SELL,
}  # fmt: skip
"""Buy and buy minus; sell, sell plus, sell short and sell short exempt."""
TRADES = frozenset({"F", "1", "2"})
"""Trade; and partial fill and fill, as FIX 4.2 said it and some providers still do."""
CORRECTIONS = {"G": CorrectionKind.CORRECTED, "H": CorrectionKind.CANCELLED}
TOTAL, END_OF_DAY = "TOT", "FIN"
FINAL_PRICE = "1"


def report(message: Message, session: str, account: str) -> Fill | FillCorrection | None:
    """What an ExecutionReport tells of a trade; None where it tells of an order alone."""
    kind = message.text(150)
    if kind in CORRECTIONS:
        return FillCorrection(
            CORRECTIONS[kind], message.text(19), _executed(message, session, account)
        )
    return _executed(message, session, account) if kind in TRADES else None


def _executed(message: Message, session: str, account: str) -> Fill:
    done, left = message.decimal(14), message.decimal(151)
    ordered = message.decimal(38, done + left)
    return _fill(message, message, session, account, order=(ordered, done, left))


def captured(message: Message, session: str, account: str) -> Fill:
    """The trade of a TradeCaptureReport. Our side is the first of its sides."""
    sides = message.group(552, 54)
    if not sides:
        raise BadMessage("A trade has no side.", tag=552)
    return _fill(message, sides[0], session, account, order=(None, None, None))


def _fill(
    message: Message, side: Message, session: str, account: str, *,
    order: tuple[Decimal | None, Decimal | None, Decimal | None],
) -> Fill:  # fmt: skip
    at = message.moment(60)
    quantity, price = message.decimal(32), message.decimal(31)
    if quantity <= 0:
        raise BadMessage("A trade has a quantity above zero.", tag=32)
    if side.text(54) not in SIDES:
        raise BadMessage(f"{side.text(54)!r} is neither buying nor selling.", tag=54)
    return Fill(
        session=session,
        exec_id=message.text(17),
        order_id=side.text(37),
        client_order_id=side.text(11, ""),
        account=side.text(1, account),
        symbol=message.text(55),
        currency=message.text(15, side.text(15, "")),
        side=SIDES[side.text(54)],
        quantity=quantity,
        price=price,
        at=at,
        trade_date=message.day(75) or at.date(),
        value_date=message.day(64),
        order_quantity=order[0],
        cumulative=order[1],
        remaining=order[2],
    )


def position(message: Message, asked_for: date) -> LpPosition:
    """A PositionReport. Of several quantities the total counts, else the end of the day's, else
    what start and movements add up to.
    """
    quantities = message.group(702, 703)
    kinds = {one.text(703): one for one in quantities}
    chosen = next((kinds[kind] for kind in (TOTAL, END_OF_DAY) if kind in kinds), None)
    counted = [chosen] if chosen else quantities
    zero = Decimal(0)
    return LpPosition(
        account=message.text(1),
        symbol=message.text(55),
        currency=message.text(15, ""),
        long=sum((one.decimal(704, zero) for one in counted), zero),
        short=sum((one.decimal(705, zero) for one in counted), zero),
        price=message.decimal(730),
        is_final=message.text(731, "") == FINAL_PRICE,
        business_date=message.day(715) or asked_for,
    )


def dates(since: datetime, until: datetime, moments: tuple[str, str]) -> list[tuple[int, str]]:
    """The group of two dates between which trades are asked for."""
    days = [f"{at.astimezone(UTC):%Y%m%d}" for at in (since, until)]
    return [(580, "2"), (75, days[0]), (60, moments[0]), (75, days[1]), (60, moments[1])]
