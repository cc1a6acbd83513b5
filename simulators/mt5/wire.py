"""Records as the platform's JSON: every field that the documentation names, every value a string
with the decimal places a real server prints. Where vendors disagree on a name, both are there.
"""

import json
from decimal import Decimal
from functools import cache

from simulators.market import Quote
from simulators.mt5.framing import Document
from simulators.trading.desk import Desk
from simulators.trading.margin import AccountState, position_profit
from simulators.trading.records import BUY, ZERO, Account, Daily, Deal, Group, Order, Position

type Fields = dict[str, Document]

_TO_EXTENDED = 10_000
_FILETIME_EPOCH = 11_644_473_600
"""Seconds from 1601, where FILETIME begins, to 1970."""


def fixed(value: Decimal, digits: int) -> str:
    """Most numbers of a deal are zero."""
    return f"{value:.{digits}f}" if value else _nothing(digits)


@cache
def _nothing(digits: int) -> str:
    return f"{ZERO:.{digits}f}"


def _volumes(name: str, volume: int) -> Fields:
    return {name: str(volume), f"{name}Ext": str(volume * _TO_EXTENDED)}


def user_document(account: Account, group: Group) -> Fields:
    first, _, last = account.name.partition(" ")
    digits = group.currency_digits
    money = {
        "Balance": account.balance, "Credit": account.credit, "InterestRate": ZERO,
        "CommissionDaily": ZERO, "CommissionMonthly": ZERO, "CommissionAgentDaily": ZERO,
        "CommissionAgentMonthly": ZERO, "BalancePrevDay": account.balance_prev_day,
        "BalancePrevMonth": account.balance_prev_month, "EquityPrevDay": account.equity_prev_day,
        "EquityPrevMonth": account.equity_prev_month,
    }  # fmt: skip
    return {
        "Login": str(account.login), "Group": account.group, "CertSerialNumber": "0",
        "Rights": str(account.rights), "MQID": "", "Registration": str(account.registration),
        "LastAccess": str(account.last_access), "LastPassChange": str(account.last_pass_change),
        "LastIP": account.last_ip, "Name": account.name, "FirstName": first, "MiddleName": "",
        "LastName": last, "Company": account.company, "Account": account.account,
        "Country": account.country, "Language": str(account.language),
        "ClientID": str(account.client_id), "City": account.city, "State": account.state,
        "ZIPCode": account.zip_code, "ZipCode": account.zip_code, "Address": account.address,
        "Phone": account.phone, "Email": account.email, "ID": account.id,
        "Status": account.status, "Comment": account.comment, "Color": str(account.color),
        "PhonePassword": account.phone_password, "Leverage": str(account.leverage),
        "Agent": str(account.agent), "CurrencyDigits": str(digits),
        "LimitOrders": str(account.limit_orders), "LimitPositions": str(account.limit_positions),
        "TradeAccounts": account.trade_accounts, "LeadCampaign": account.lead_campaign,
        "LeadSource": account.lead_source, "ApiData": [],
        **{name: fixed(amount, digits) for name, amount in money.items()},
    }  # fmt: skip


def state_document(account: Account, group: Group, state: AccountState) -> Fields:
    digits = group.currency_digits
    money = {
        "Balance": state.balance, "Credit": state.credit, "Margin": state.margin,
        "MarginFree": state.free, "MarginLevel": state.level, "MarginInitial": ZERO,
        "MarginMaintenance": ZERO, "Profit": state.profit, "Storage": state.storage,
        "Commission": ZERO, "Floating": state.floating, "Equity": state.equity,
        "SOLevel": account.stop_out_level, "SOEquity": account.stop_out_equity,
        "SOMargin": account.stop_out_margin, "BlockedCommission": ZERO, "BlockedProfit": ZERO,
        "Assets": ZERO, "Liabilities": ZERO,
    }  # fmt: skip
    return {
        "Login": str(account.login),
        "CurrencyDigits": str(digits),
        "MarginLeverage": str(account.leverage),
        "SOActivation": str(account.margin_activation),
        "SOTime": str(account.stop_out_time),
        **{name: fixed(amount, digits) for name, amount in money.items()},
    }


def deal_document(deal: Deal) -> Fields:
    digits, money = deal.digits, deal.digits_currency
    tick_value = deal.contract_size * deal.tick_size * deal.rate_profit
    return {
        "Deal": str(deal.deal), "ExternalID": "", "Login": str(deal.login),
        "Dealer": str(deal.dealer), "Order": str(deal.order), "Action": str(deal.action),
        "Entry": str(deal.entry), "Reason": str(deal.reason), "Digits": str(digits),
        "DigitsCurrency": str(money), "ContractSize": fixed(deal.contract_size, 2),
        "Time": str(deal.time_msc // 1000), "TimeMsc": str(deal.time_msc), "Symbol": deal.symbol,
        "Price": fixed(deal.price, digits), "PriceSL": fixed(ZERO, digits),
        "PriceTP": fixed(ZERO, digits), **_volumes("Volume", deal.volume),
        "Profit": fixed(deal.profit, money), "Value": fixed(ZERO, money),
        "Storage": fixed(deal.storage, money), "Commission": fixed(deal.commission, money),
        "Fee": fixed(deal.fee, money), "RateProfit": fixed(deal.rate_profit, 8),
        "RateMargin": fixed(deal.rate_margin, 8), "ExpertID": str(deal.expert_id),
        "PositionID": str(deal.position_id), "Comment": deal.comment,
        "ProfitRaw": fixed(deal.profit_raw, money),
        "PricePosition": fixed(deal.price_position, digits),
        **_volumes("VolumeClosed", deal.volume_closed), "TickValue": fixed(tick_value, 8),
        "TickSize": fixed(deal.tick_size, 8), "Flags": "0", "Gateway": "",
        "PriceGateway": fixed(ZERO, digits), "MarketBid": fixed(deal.market_bid, digits),
        "MarketAsk": fixed(deal.market_ask, digits), "MarketLast": fixed(ZERO, digits),
        "ModificationFlags": "0", "ModifyFlags": "0", "ApiData": [],
    }  # fmt: skip


def position_document(desk: Desk, position: Position, group: Group, at: int) -> Fields:
    instrument = desk.instruments[position.symbol]
    quote = desk.market.quote(instrument, at, markup=group.markup)
    profit = position_profit(position, instrument, group, desk.market, at)
    digits, money = position.digits, position.digits_currency
    now = quote.bid if position.action == BUY else quote.ask
    return {
        "Position": str(position.position), "ExternalID": "", "Login": str(position.login),
        "Dealer": "0", "Symbol": position.symbol, "Action": str(position.action),
        "Digits": str(digits), "DigitsCurrency": str(money), "Reason": str(position.reason),
        "ContractSize": fixed(position.contract_size, 2),
        "TimeCreate": str(position.time_create_msc // 1000),
        "TimeUpdate": str(position.time_update_msc // 1000),
        "TimeCreateMsc": str(position.time_create_msc),
        "TimeUpdateMsc": str(position.time_update_msc),
        "ModifyFlags": "0", "ModificationFlags": "0",
        "PriceOpen": fixed(position.price_open, digits), "PriceCurrent": fixed(now, digits),
        "PriceSL": fixed(ZERO, digits), "PriceTP": fixed(ZERO, digits),
        **_volumes("Volume", position.volume), "Profit": fixed(profit, money),
        "Storage": fixed(position.storage, money),
        "RateProfit": fixed(desk.market.rate(instrument.profit, group.currency, at), 8),
        "RateMargin": fixed(position.rate_margin, 8), "ExpertID": str(position.expert_id),
        "ExpertPositionID": "0", "Comment": position.comment, "ActivationMode": "0",
        "ActivationTime": "0", "ActivationPrice": fixed(ZERO, digits), "ActivationFlags": "0",
        "ApiData": [],
    }  # fmt: skip


def order_document(order: Order) -> Fields:
    digits = order.digits
    return {
        "Order": str(order.order), "ExternalID": "", "Login": str(order.login), "Dealer": "0",
        "Symbol": order.symbol, "Digits": str(digits),
        "DigitsCurrency": str(order.digits_currency),
        "ContractSize": fixed(order.contract_size, 2), "State": str(order.state),
        "Reason": str(order.reason), "TimeSetup": str(order.time_setup_msc // 1000),
        "TimeExpiration": str(order.time_expiration), "TimeDone": str(order.time_done_msc // 1000),
        "TimeSetupMsc": str(order.time_setup_msc), "TimeDoneMsc": str(order.time_done_msc),
        "ModifyFlags": "0", "ModificationFlags": "0", "Type": str(order.type), "TypeFill": "0",
        "TypeTime": str(order.type_time), "PriceOrder": fixed(order.price_order, digits),
        "PriceTrigger": fixed(ZERO, digits), "PriceCurrent": fixed(order.price_current, digits),
        "PriceSL": fixed(ZERO, digits), "PriceTP": fixed(ZERO, digits),
        **_volumes("VolumeInitial", order.volume_initial),
        **_volumes("VolumeCurrent", order.volume_current), "ExpertID": str(order.expert_id),
        "PositionID": str(order.position_id), "PositionByID": "0", "Comment": order.comment,
        "ActivationMode": "0", "ActivationTime": "0", "ActivationPrice": fixed(ZERO, digits),
        "ActivationFlags": "0", "RateMargin": fixed(ZERO, 8), "ApiData": [],
    }  # fmt: skip


def tick_document(symbol: str, digits: int, quote: Quote, local: int) -> Fields:
    return {
        "Symbol": symbol, "Digits": str(digits), "Bid": fixed(quote.bid, digits),
        "Ask": fixed(quote.ask, digits), "Last": fixed(ZERO, digits), "Volume": "0",
        "VolumeReal": "0.00", "Datetime": str(local // 1000), "DatetimeMsc": str(local),
    }  # fmt: skip


def daily_document(daily: Daily, *, light: bool) -> Fields:
    money = {
        "Balance": daily.balance, "Credit": daily.credit, "InterestRate": ZERO,
        "CommissionDaily": ZERO, "CommissionMonthly": ZERO, "AgentDaily": ZERO,
        "AgentMonthly": ZERO, "BalancePrevDay": daily.balance_prev_day,
        "BalancePrevMonth": daily.balance_prev_month, "EquityPrevDay": daily.equity_prev_day,
        "EquityPrevMonth": daily.equity_prev_month, "Margin": daily.margin,
        "MarginFree": daily.margin_free, "MarginLevel": daily.margin_level,
        "Profit": daily.profit, "ProfitStorage": daily.profit_storage,
        "ProfitEquity": daily.profit_equity, "ProfitAssets": ZERO, "ProfitLiabilities": ZERO,
        "DailyProfit": daily.daily_profit, "DailyBalance": daily.daily_balance,
        "DailyCredit": daily.daily_credit, "DailyCharge": daily.daily_charge,
        "DailyCorrection": daily.daily_correction, "DailyBonus": daily.daily_bonus,
        "DailyStorage": daily.daily_storage, "DailyCommInstant": daily.daily_commission,
        "DailyCommFee": daily.daily_fee, "DailyCommRound": ZERO, "DailyAgent": ZERO,
        "DailyInterest": ZERO, "DailyDividend": ZERO, "DailyTaxes": ZERO,
        "DailySOCompensation": ZERO, "DailySOCompensationCredit": ZERO,
    }  # fmt: skip
    document: Fields = {
        "Datetime": str(daily.datetime),
        "Timestamp": str((daily.datetime + _FILETIME_EPOCH) * 10_000_000),
        "DatetimePrev": str(daily.datetime_prev), "Login": str(daily.login), "Name": daily.name,
        "Group": daily.group, "Currency": daily.currency,
        "CurrencyDigits": str(daily.currency_digits), "Company": daily.company,
        "EMail": daily.email, "MarginLeverage": str(daily.margin_leverage),
        **{name: fixed(amount, daily.currency_digits) for name, amount in money.items()},
    }  # fmt: skip
    if not light:
        document["PositionAdd"] = json.loads(daily.positions or "[]")
        document["OrderAdd"] = []
    return document
