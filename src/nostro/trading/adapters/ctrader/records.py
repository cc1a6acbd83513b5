"""What cTrader says, as the port's records. Times become UTC and integers become amounts here.

Numbers in JSON may be strings, fields may be missing and enumerations may be new: what cannot be
read is an error, what is only unknown is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from google.protobuf.json_format import MessageToDict

from nostro.kit import Lots
from nostro.trading import ports
from nostro.trading.adapters.ctrader.codes import (
    HISTORY_KINDS,
    HISTORY_REASONS,
    KIND,
    NO_LOGIN,
    ORDER_KINDS,
    RIGHT,
    RIGHTS,
    SELL,
)
from nostro.trading.adapters.ctrader.quotes import Spot
from nostro.trading.adapters.ctrader.webservices import BadAnswer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CENTS = 100
HISTORY_TICKETS = 10**15
"""Balance changes are counted apart from deals: their tickets stand above this number."""
FINEST_PRICE = 10


def utc(milliseconds: int) -> datetime:
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise BadAnswer(f"{milliseconds} is no moment.") from error


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def query(at: datetime) -> str:
    """A moment as WebServices want it in an address."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}"


@dataclass(frozen=True)
class SymbolTerms:
    """What prices and volumes of a symbol mean; `lot_size` in hundredths of a unit."""

    number: int
    symbol: ports.Symbol
    lot_size: int


class Trader:
    """A trader object of WebServices, read leniently."""

    def __init__(self, raw: Any) -> None:
        if not isinstance(raw, Mapping):
            raise BadAnswer("A trader is not an object.")
        self.raw: dict[str, Any] = dict(raw)
        self.login = self.number("login")
        self.born = self.number("registrationTimestamp")
        if not self.login:
            raise BadAnswer("A trader has no login.")

    def text(self, name: str) -> str:
        value = self.raw.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, usual: int = 0) -> int:
        text = self.text(name) or str(usual)
        try:
            value = Decimal(text)
            if value != int(value):
                raise ValueError
        except (InvalidOperation, ValueError, OverflowError) as error:
            raise BadAnswer(f"{name} is {text!r}, which is no whole number.") from error
        return int(value)

    def money(self, name: str) -> Decimal:
        """Scaled by `moneyDigits`, which is the trader's own."""
        return Decimal(self.number(name)).scaleb(-self.number("moneyDigits", 2))

    def moment(self, name: str) -> datetime | None:
        at = self.number(name)
        return utc(at) if at else None


def account(trader: Trader) -> ports.PlatformAccount:
    """cTrader has no comment of an account: the description carries our key, and the document's
    number the client's.
    """
    contact = trader.raw.get("contactDetails")
    known = contact if isinstance(contact, Mapping) else {}
    rights = trader.text("accessRights") or "FULL_ACCESS"
    return ports.PlatformAccount(
        login=trader.login, group=trader.text("groupName"),
        name=" ".join(filter(None, (trader.text("name"), trader.text("lastName")))),
        leverage=trader.number("leverageInCents") // CENTS, enabled=rights != NO_LOGIN,
        trading=RIGHT.get(rights, ports.Right.NONE), balance=trader.money("balance"),
        credit=_credit(trader), client_code=str(known.get("documentId") or ""),
        comment=trader.text("description"),
        registered_at=trader.moment("registrationTimestamp"),
        last_seen_at=trader.moment("lastConnectionTimestamp"), raw=trader.raw,
        email=str(known.get("email") or ""),
    )  # fmt: skip


def account_of(row: Any, group: str) -> ports.PlatformAccount:
    """The same of the Manager API, which names groups by numbers."""
    digits = money_digits(row)
    connected = row.lastConnectTimestamp
    rights = RIGHTS[row.accessRights] if row.accessRights < len(RIGHTS) else ""
    return ports.PlatformAccount(
        login=row.login, group=group, name=" ".join(filter(None, (row.name, row.lastName))),
        leverage=row.leverageInCents // CENTS, enabled=rights != NO_LOGIN,
        trading=RIGHT.get(rights, ports.Right.NONE), balance=scaled(row.balance, digits),
        credit=scaled(credit_of(row), digits), client_code=row.documentId,
        comment=row.description, registered_at=utc(row.registrationTimestamp),
        last_seen_at=utc(connected) if connected else None, raw=plain(row),
    )  # fmt: skip


def credit_of(row: Any) -> int:
    """Every sort of money that is no balance is credit to us."""
    return int(row.nonWithdrawableBonus + row.managerBonus + row.ibBonus)


def _credit(trader: Trader) -> Decimal:
    """cTrader has two sorts of money that is no balance, and both are credit to us."""
    return trader.money("nonWithdrawableBonus") + trader.money("bonus")


def state(trader: Trader) -> ports.AccountState:
    balance, credit = trader.money("balance"), _credit(trader)
    equity, margin = trader.money("equity"), trader.money("usedMargin")
    level = (equity / margin * 100).quantize(Decimal("0.01")) if margin else Decimal(0)
    return ports.AccountState(
        login=trader.login, balance=balance, credit=credit, equity=equity, margin=margin,
        free_margin=trader.money("freeMargin"), margin_level=level,
        floating=equity - balance - credit, raw=trader.raw,
    )  # fmt: skip


def plain(message: Any) -> dict[str, Any]:
    """A message as a dictionary, for whoever wants to see what was said."""
    found: dict[str, Any] = MessageToDict(message)
    return found


def price(value: float, digits: int) -> Decimal:
    """A double as the price it stands for; an average keeps more digits than the symbol has."""
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-FINEST_PRICE))
    rounded = exact.quantize(Decimal(1).scaleb(-digits))
    return rounded if abs(exact - rounded) < Decimal(1).scaleb(-digits - 3) else exact


def rate(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("1e-8"))


def scaled(value: int, digits: int) -> Decimal:
    return Decimal(value).scaleb(-digits)


def money_digits(row: Any) -> int:
    """By how many places an amount of this record is scaled; 2 where it is not said."""
    return int(row.moneyDigits) if row.HasField("moneyDigits") else 2


def deal(row: Any, login: int, terms: SymbolTerms) -> ports.Deal:
    """A deal pays at the close alone: what opens a position has neither profit nor commission.

    cTrader says neither the quotes of the moment nor, of an opening, the rate of the profit; and of
    no deal by whom or what it was made, so a deal has an order and no reason.
    """
    lot, zero = row.lotSize or terms.lot_size, Decimal(0)
    closes = row.HasField("closePositionDetail")
    detail, symbol = row.closePositionDetail, terms.symbol
    digits = money_digits(detail if closes else row)
    turned = closes and row.filledVolume > detail.closedVolume > 0
    entry = ports.DealEntry.OUT if closes else ports.DealEntry.IN
    return ports.Deal(
        ticket=row.dealId, login=login, order=row.orderId, position=row.positionId,
        kind=KIND.SELL if row.tradeSide == SELL else KIND.BUY,
        entry=ports.DealEntry.REVERSED if turned else entry, symbol=symbol.name,
        lots=lots(row.filledVolume, lot), closed_lots=lots(detail.closedVolume, lot),
        contract_size=Decimal(lot) / CENTS, price=price(row.executionPrice, symbol.digits),
        position_price=price(detail.entryPrice, symbol.digits), bid=zero, ask=zero,
        profit=scaled(detail.profit, digits), swap=scaled(detail.swap, digits),
        commission=scaled(detail.commission, digits),
        fee=-scaled(abs(detail.mirroringCommission) + abs(detail.pnlConversionFee), digits),
        profit_rate=rate(detail.quoteToDepositConversionRate), comment=row.comment,
        at=utc(row.executionTimestamp or row.createTimestamp),
        platform_time=row.executionTimestamp or row.createTimestamp, raw=plain(row),
    )  # fmt: skip


def position(
    row: Any, login: int, terms: SymbolTerms, spot: Spot | None, conversion: Decimal
) -> ports.Position:
    """`conversion` is from the currency of the price to the account's; where it is not known, it
    follows from the margin's rate of the opening. Without a price there is no profit yet.
    """
    data, symbol, digits = row.tradeData, terms.symbol, money_digits(row)
    sells = data.tradeSide == SELL
    opened = price(row.price, symbol.digits)
    now = opened if spot is None else spot.ask if sells else spot.bid
    if not conversion and opened:
        conversion = rate(row.marginRate) / opened
    units = Decimal(data.volume) / CENTS
    profit = (opened - now if sells else now - opened) * units * conversion
    return ports.Position(
        ticket=row.positionId, login=login, symbol=symbol.name,
        side=ports.Side.SELL if sells else ports.Side.BUY,
        lots=lots(data.volume, data.lotSize or terms.lot_size),
        contract_size=symbol.contract_size, open_price=opened, current_price=now,
        profit=profit.quantize(Decimal(1).scaleb(-digits)), swap=scaled(row.swap, digits),
        profit_rate=conversion.quantize(Decimal("1e-8")), opened_at=utc(data.openTimestamp),
        comment=data.comment, raw=plain(row),
    )  # fmt: skip


def order(row: Any, login: int, terms: SymbolTerms) -> ports.Order:
    """An order that waits; what it takes once its stop price is reached is `trigger_price`'s."""
    data, digits = row.tradeData, terms.symbol.digits
    kinds = ORDER_KINDS.get(row.orderType, (ports.OrderKind.OTHER, ports.OrderKind.OTHER))
    volume = lots(data.volume, data.lotSize or terms.lot_size)
    limit, stop = price(row.limitPrice, digits), price(row.stopPrice, digits)
    return ports.Order(
        ticket=row.orderId, login=login, position=0, symbol=terms.symbol.name,
        kind=kinds[data.tradeSide == SELL], state=ports.OrderState.PLACED, lots=volume,
        open_lots=volume, price=limit or stop, trigger_price=stop if limit else Decimal(0),
        stop_loss=price(row.stopLoss, digits), take_profit=price(row.takeProfit, digits),
        placed_at=utc(data.openTimestamp),
        expires_at=utc(row.expirationTimestamp) if row.expirationTimestamp else None,
        done_at=None, comment=data.comment, raw=plain(row),
    )  # fmt: skip


def lots(volume: int, lot_size: int) -> Lots:
    if lot_size <= 0:
        raise BadAnswer("A symbol has no lot size.")
    return Lots((Decimal(volume) / lot_size).quantize(Decimal("1e-8")).normalize() + Decimal(0))


def balance_change(row: Any, login: int) -> ports.Deal:
    """The type says which way the money went, whatever the sign of `delta`."""
    kind, way = HISTORY_KINDS.get(row.operationType, (KIND.OTHER, 0))
    if kind == KIND.BALANCE and row.source in (KIND.CHARGE.value, KIND.CORRECTION.value):
        kind = KIND(row.source)
    delta = scaled(row.delta, money_digits(row))
    zero = Decimal(0)
    return ports.Deal(
        ticket=HISTORY_TICKETS + row.balanceHistoryId, login=login, order=0, position=0, kind=kind,
        entry=ports.DealEntry.OTHER, symbol="", lots=Lots(0), closed_lots=Lots(0),
        contract_size=zero, price=zero, position_price=zero, bid=zero, ask=zero,
        profit=abs(delta) * way if way else delta, swap=zero, commission=zero, fee=zero,
        profit_rate=Decimal(1), comment=row.externalId or row.comment,
        at=utc(row.changeBalanceTimestamp), platform_time=row.changeBalanceTimestamp,
        raw=plain(row), reason=HISTORY_REASONS.get(row.operationType),
    )  # fmt: skip


def symbol(row: Any, path: str, quote: str) -> SymbolTerms:
    """cTrader does not say the step of volumes: it is taken for the smallest one."""
    lot = row.lotSize
    smallest = lots(row.minVolume, lot)
    base = row.measurementUnits or quote
    found = ports.Symbol(
        name=row.name, path=path, description=row.description, base=base, profit_currency=quote,
        margin_currency=base, digits=row.digits, contract_size=Decimal(lot) / CENTS,
        tick_size=Decimal(1).scaleb(-row.digits), smallest=smallest,
        largest=lots(row.maxVolume, lot), step=smallest, swap_long=rate(row.swapLong),
        swap_short=rate(row.swapShort), raw=plain(row),
    )  # fmt: skip
    return SymbolTerms(row.symbolId, found, lot)
