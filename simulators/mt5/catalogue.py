"""Symbols and groups as the platform's JSON, and read back from it when a manager adds one."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from simulators.market import INSTRUMENTS, Instrument, Sessions
from simulators.market.instruments import CURRENCY_HOURS, SWAP_POINTS, WEDNESDAY
from simulators.mt5.codes import Code, Refusal
from simulators.mt5.wire import Fields, fixed
from simulators.trading.records import Group

_SIDES = ("Buy", "Sell", "BuyLimit", "SellLimit", "BuyStop", "SellStop", "BuyStopLimit",
          "SellStopLimit")  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_EXTENDED = 10_000
_INHERITED = (
    "TradeMode", "ExecMode", "FillFlags", "ExpirFlags", "OrderFlags", "SpreadDiffBalance",
    "StopsLevel", "FreezeLevel", "VolumeMin", "VolumeMinExt", "VolumeMax", "VolumeMaxExt",
    "VolumeStep", "VolumeStepExt", "VolumeLimit", "VolumeLimitExt", "MarginFlags", "MarginInitial",
    "MarginMaintenance", *(f"MarginInitial{side}" for side in _SIDES),
    *(f"MarginMaintenance{side}" for side in _SIDES), "MarginLiquidity", "MarginHedged",
    "MarginCurrency", "SwapMode", "SwapLong", "SwapShort", "Swap3Day", "REFlags", "RETimeout",
    "IEFlags", "IECheckMode", "IETimeout", "IESlipProfit", "IESlipLosing", "IEVolumeMax",
    "IEVolumeMaxExt", "PermissionsFlags", "PermissionsBookdepth",
)  # fmt: skip


def _sessions(sessions: Sessions) -> list[list[dict[str, str]]]:
    return [
        [{"Open": str(begins), "Close": str(ends)} for begins, ends in sessions.of(day)]
        for day in range(7)
    ]


def _volumes(name: str, volume: int) -> Fields:
    return {name: str(volume), f"{name}Ext": str(volume * _EXTENDED)}


def _identity(instrument: Instrument) -> Fields:
    return {
        "Symbol": instrument.symbol, "Path": instrument.path, "ISIN": "", "CFI": "",
        "Category": "", "Exchange": "", "Description": instrument.description,
        "International": "", "Sector": str(instrument.sector), "Industry": "0", "Country": "",
        "Basis": "", "Source": "", "Page": "", "CurrencyBase": instrument.base,
        "CurrencyBaseDigits": "2", "CurrencyProfit": instrument.profit,
        "CurrencyProfitDigits": "2", "CurrencyMargin": instrument.margin,
        "CurrencyMarginDigits": "2", "Color": "4278190080", "ColorBackground": "4278190080",
        "Digits": str(instrument.digits), "Point": fixed(instrument.point, instrument.digits),
        "Multiply": fixed(Decimal(10) ** instrument.digits, 2), "TickFlags": "1",
        "TickBookDepth": "0", "TickChartMode": "0", "SubscriptionsDelay": "15",
        "FilterSoft": "100", "FilterSoftTicks": "10", "FilterHard": "500",
        "FilterHardTicks": "10", "FilterDiscard": "500", "FilterSpreadMax": "0",
        "FilterSpreadMin": "0", "FilterGap": "0", "FilterGapTicks": "0",
    }  # fmt: skip


def _terms(instrument: Instrument, markup: Decimal) -> Fields:
    return {
        "TradeMode": "4", "TradeFlags": "2", "CalcMode": str(instrument.calc_mode),
        "ExecMode": "2", "GTCMode": "0", "FillFlags": "3", "ExpirFlags": "15",
        "OrderFlags": "127", "Spread": str(instrument.spread), "SpreadBalance": "0",
        "SpreadDiff": str(int(instrument.markup * markup)), "SpreadDiffBalance": "0",
        "TickValue": "0.00", "TickSize": fixed(instrument.point, instrument.digits),
        "ContractSize": fixed(instrument.contract_size, 2), "StopsLevel": "0",
        "FreezeLevel": "0", "QuotesTimeout": "0", **_volumes("VolumeMin", instrument.volume_min),
        **_volumes("VolumeMax", instrument.volume_max),
        **_volumes("VolumeStep", instrument.volume_step), **_volumes("VolumeLimit", 0),
        "MarginFlags": "4", "MarginInitial": "0.00", "MarginMaintenance": "0.00",
        **{f"MarginInitial{side}": fixed(instrument.margin_rate, 8) for side in _SIDES},
        **{f"MarginMaintenance{side}": fixed(Decimal(0), 8) for side in _SIDES},
        "MarginLiquidity": "0.00000000", "MarginHedged": fixed(instrument.contract_size, 2),
        "MarginCurrency": "0.00000000", "SwapMode": str(instrument.swap_mode),
        "SwapLong": fixed(instrument.swap_long, 8), "SwapShort": fixed(instrument.swap_short, 8),
        "SwapFlags": "0", "Swap3Day": str(instrument.triple_swap_day), "SwapYearDay": "360",
        **{f"SwapRate{day}": "1.00" for day in _DAYS},
    }  # fmt: skip


def symbol_document(instrument: Instrument, markup: Decimal = Decimal(0)) -> Fields:
    """As every group sees it, or with the mark-up of one group."""
    zero = fixed(Decimal(0), instrument.digits)
    return {
        **_identity(instrument), **_terms(instrument, markup), "TimeStart": "0",
        "TimeExpiration": "0", "SessionsQuotes": _sessions(instrument.sessions),
        "SessionsTrades": _sessions(instrument.sessions), "REFlags": "0", "RETimeout": "7",
        "IECheckMode": "0", "IETimeout": "7", "IESlipProfit": "2", "IESlipLosing": "2",
        "IEVolumeMax": "0", "IEVolumeMaxExt": "0", "PriceSettle": zero, "PriceLimitMax": zero,
        "PriceLimitMin": zero, "PriceStrike": zero, "OptionsMode": "0", "OptionMode": "0",
        "FaceValue": "0.00", "AccruedInterest": "0.00", "SpliceType": "0",
        "SpliceTimeType": "0", "SpliceTimeDays": "0", "IEFlags": "0",
    }  # fmt: skip


def _commission(group: Group) -> Fields:
    tier = {
        "Mode": "0", "Type": "1", "Value": fixed(group.commission, 8), "Minimal": "0.00000000",
        "Maximal": "0.00000000", "RangeFrom": "0.00000000", "RangeTo": "0.00000000",
        "Currency": "",
    }  # fmt: skip
    return {
        "Name": "Raw commission", "Description": "", "Path": "*", "Mode": "0", "RangeMode": "0",
        "ChargeMode": "2", "TurnoverCurrency": "", "EntryMode": "0", "ActionMode": "0",
        "ProfitMode": "0", "ReasonFlags": "4294967295", "Tiers": [tier],
    }  # fmt: skip


def _group_symbol(instrument: Instrument, group: Group) -> Fields:
    return {
        "Path": instrument.path,
        "SpreadDiff": str(int(instrument.markup * group.markup)),
        **dict.fromkeys(_INHERITED, "default"),
    }


def group_document(group: Group, instruments: Mapping[str, Instrument]) -> Fields:
    known: Fields = {
        "Group": group.group, "Server": "1", "PermissionsFlags": "2", "AuthMode": "0",
        "AuthPasswordMin": str(group.password_length), "AuthOTPMode": "0",
        "Company": group.company, "CompanyPage": "", "CompanyEmail": "",
        "CompanySupportPage": "", "CompanySupportEmail": "", "CompanyCatalog": "",
        "CompanyDepositPage": "", "CompanyWithdrawalPage": "", "Currency": group.currency,
        "CurrencyDigits": str(group.currency_digits), "ReportsMode": "0", "ReportsFlags": "0",
        "ReportsSMTP": "", "ReportsSMTPLogin": "", "ReportsSMTPPass": "", "ReportsEmail": "",
        "NewsMode": "0", "NewsCategory": "", "NewsLangs": [], "MailMode": "1",
        "TradeFlags": "15", "TradeTransferMode": "0", "TradeInterestrate": "0.00000000",
        "TradeVirtualCredit": "0.00", "MarginMode": str(group.margin_mode), "MarginSOMode": "0",
        "MarginFreeMode": "1", "MarginCall": fixed(group.margin_call, 2),
        "MarginStopOut": fixed(group.stop_out, 2), "MarginFreeProfitMode": "0",
        "MarginFlags": "0", "DemoLeverage": str(group.leverage), "DemoDeposit": "0.00",
        "DemoInactivityPeriod": "0", "LimitHistory": "0", "LimitOrders": "0",
        "LimitSymbols": "0", "LimitPositions": "0",
        "Commissions": [_commission(group)] if group.commission else [],
        "Symbols": [_group_symbol(instrument, group) for instrument in instruments.values()],
    }  # fmt: skip
    return {**json.loads(group.more), **known}


def read_group(document: Mapping[str, object]) -> Group:
    """The group of a GROUP_ADD. Its `Symbols` and `Commissions` are read for what matters here:
    any positive SpreadDiff makes the Standard mark-up, the first tier of the first commission
    the charge per lot.
    """
    name = str(document.get("Group", ""))
    if not name:
        raise Refusal(Code.PARAMS)
    text = json.dumps({key: value for key, value in document.items() if key != "Symbols"})
    return Group(
        group=name, currency=str(document.get("Currency", "USD")),
        currency_digits=int(number(document, "CurrencyDigits", 2)),
        company=str(document.get("Company", "")),
        margin_mode=int(number(document, "MarginMode", 2)),
        margin_call=number(document, "MarginCall", 100),
        stop_out=number(document, "MarginStopOut", 50),
        markup=Decimal(any(_is_dearer(row) for row in _rows(document.get("Symbols")))),
        commission=_first_tier(document),
        leverage=int(number(document, "DemoLeverage", 100)),
        password_length=int(number(document, "AuthPasswordMin", 8)), more=text,
    )  # fmt: skip


def number(document: Mapping[str, object], name: str, default: int) -> Decimal:
    try:
        value = Decimal(str(document.get(name, default)))
    except InvalidOperation as error:
        raise Refusal(Code.PARAMS) from error
    if not value.is_finite():
        raise Refusal(Code.PARAMS)
    return value


def _rows(value: object) -> list[Mapping[str, object]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _is_dearer(row: Mapping[str, object]) -> bool:
    text = str(row.get("SpreadDiff", "0"))
    return text != "default" and number(row, "SpreadDiff", 0) > 0


def _first_tier(document: Mapping[str, object]) -> Decimal:
    for commission in _rows(document.get("Commissions")):
        for tier in _rows(commission.get("Tiers")):
            return number(tier, "Value", 0)
    return Decimal(0)


def read_symbol(document: Mapping[str, object]) -> Instrument:
    """The instrument of a SYMBOL_ADD; its price starts at PriceSettle, or where it always was."""
    symbol = str(document.get("Symbol", ""))
    if not symbol:
        raise Refusal(Code.PARAMS)
    known = next((row for row in INSTRUMENTS if row.symbol == symbol), None)
    base = str(document.get("CurrencyBase", "USD"))
    start = float(number(document, "PriceSettle", 0)) or (known.start if known else 100.0)
    return Instrument(
        symbol, str(document.get("Path", symbol)), str(document.get("Description", "")), base,
        str(document.get("CurrencyProfit", "USD")), str(document.get("CurrencyMargin", base)),
        int(number(document, "Digits", 4)), number(document, "ContractSize", 100_000),
        int(number(document, "Spread", 10)), int(number(document, "SpreadDiff", 0)),
        int(number(document, "CalcMode", 4)), number(document, "MarginInitialBuy", 1),
        SWAP_POINTS if number(document, "SwapMode", 1) == 1 else 5,
        number(document, "SwapLong", 0), number(document, "SwapShort", 0),
        int(number(document, "Swap3Day", WEDNESDAY)), int(number(document, "VolumeMin", 100)),
        int(number(document, "VolumeStep", 100)), int(number(document, "VolumeMax", 1_000_000)),
        known.sessions if known else CURRENCY_HOURS, int(number(document, "Sector", 0)), start,
        known.volatility if known else 0.2,
    )  # fmt: skip
