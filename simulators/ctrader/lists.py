"""Records as the Manager API's messages: volumes in hundredths of a unit, money scaled by
moneyDigits, times in milliseconds of UTC.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simulators.ctrader.server import LOGINS_ABOVE, CTraderServer, more_of, scaled
from simulators.market import Instrument
from simulators.trading.records import (
    BUY,
    CREDIT,
    ENTRY_IN,
    LOT,
    NETTING,
    Account,
    Deal,
    Order,
    Position,
)

CENTS = 100
RIGHTS = {"FULL_ACCESS": 0, "CLOSE_ONLY": 1, "NO_TRADING": 2, "NO_LOGIN": 3}
TYPES = {"HEDGED": 0, "NETTED": 1, "SPREAD_BETTING": 2}
SIDE_BUY, SIDE_SELL = 1, 2
OPEN, BOOK_B, FILLED, MARKET_DEAL, LIMIT_ORDER, ACCEPTED = 1, 2, 2, 1, 2, 1

type Fields = dict[str, Any]


def lot_size(instrument: Instrument) -> int:
    """Of one lot, in hundredths of a unit."""
    return int(instrument.contract_size * CENTS)


def volume_of(size: Decimal, volume: int) -> int:
    """`volume` is in ten-thousandths of a lot of `size` units."""
    return int(size * volume * CENTS / LOT)


def side(action: int) -> int:
    return SIDE_BUY if action == BUY else SIDE_SELL


def trader(server: CTraderServer, account: Account) -> Fields:
    group, more = server.store.groups[account.group], more_of(account)
    digits = group.currency_digits
    usual = "NETTED" if group.margin_mode == NETTING else "HEDGED"
    return {
        "traderId": trader_id(account.login), "login": account.login,
        "groupId": server.group_ids[account.group], "balance": scaled(account.balance, digits),
        "accountType": TYPES[more.get("accountType", usual)], "name": account.name,
        "passwordHash": account.main_digest, "description": more.get("description", ""),
        "documentId": str((more.get("contactDetails") or {}).get("documentId") or ""),
        "registrationTimestamp": more.get("registrationTimestamp", account.registration * 1000),
        "lastConnectTimestamp": account.last_access * 1000, "online": False,
        "utcLastUpdateTimestamp": more.get("lastUpdateTimestamp", 0), "deleted": False,
        "managerBonus": scaled(Decimal(more.get("bonus", "0")), digits), "ibBonus": 0,
        "lastName": more.get("lastName", ""),
        "accessRights": RIGHTS[more.get("accessRights", "FULL_ACCESS")],
        "depositAssetId": server.asset_ids[group.currency], "swapFree": bool(more.get("swapFree")),
        "nonWithdrawableBonus": scaled(account.credit, digits),
        "leverageInCents": account.leverage * CENTS, "brokerName": server.settings.broker,
        "moneyDigits": digits,
    }  # fmt: skip


def trader_id(login: int) -> int:
    return login - LOGINS_ABOVE


def position(server: CTraderServer, row: Position) -> Fields:
    number, instrument = server.symbol(row.symbol)
    account = server.store.accounts[row.login]
    digits = row.digits_currency
    tied = server.desk.required_margin(account, instrument, row.action, row.volume, server.now())
    data = {
        "symbolId": number, "volume": volume_of(row.contract_size, row.volume),
        "tradeSide": side(row.action), "traderId": trader_id(row.login),
        "openTimestamp": row.time_create_msc, "comment": row.comment, "channel": "cTrader",
        "measurementUnits": instrument.base, "lotSize": lot_size(instrument),
    }  # fmt: skip
    return {
        "positionId": row.position, "tradeData": data, "positionStatus": OPEN,
        "swap": scaled(row.storage, digits), "price": row.price_open,
        "utcLastUpdateTimestamp": row.time_update_msc, "bookType": BOOK_B,
        "commission": scaled(row.commission, digits), "marginRate": row.rate_margin,
        "usedMargin": scaled(round(tied, digits), digits), "moneyDigits": digits,
    }  # fmt: skip


def order(server: CTraderServer, row: Order) -> Fields:
    number, instrument = server.symbol(row.symbol)
    data = {
        "symbolId": number, "volume": volume_of(row.contract_size, row.volume_current),
        "tradeSide": side(row.type % 2), "traderId": trader_id(row.login),
        "openTimestamp": row.time_setup_msc, "lotSize": lot_size(instrument),
    }  # fmt: skip
    expires = row.time_expiration * 1000 if row.time_expiration else None
    return {
        "orderId": row.order, "tradeData": data, "orderType": LIMIT_ORDER, "orderStatus": ACCEPTED,
        "expirationTimestamp": expires, "limitPrice": row.price_order,
    }  # fmt: skip


def deal(server: CTraderServer, row: Deal) -> Fields:
    number, instrument = server.symbol(row.symbol)
    group = server.desk.group_of(server.store.accounts[row.login])
    filled, digits = volume_of(row.contract_size, row.volume), row.digits_currency
    base = server.market.rate(instrument.base, "USD", row.time_msc)
    return {
        "dealId": row.deal, "orderId": row.order, "positionId": row.position_id,
        "traderId": trader_id(row.login), "volume": filled, "filledVolume": filled,
        "symbolId": number, "createTimestamp": row.time_msc, "executionTimestamp": row.time_msc,
        "utcLastUpdateTimestamp": row.time_msc, "executionPrice": row.price,
        "tradeSide": side(row.action), "dealStatus": FILLED, "dealType": MARKET_DEAL,
        "marginRate": row.rate_margin,
        "commission": scaled(server.desk.commission(group, row.volume), digits),
        "bookType": BOOK_B, "comment": row.comment, "baseToUsdConversionRate": base,
        "closePositionDetail": _detail(row) if row.entry != ENTRY_IN else None,
        "lotSize": lot_size(instrument), "manual": False, "moneyDigits": digits,
    }  # fmt: skip


def _detail(row: Deal) -> Fields:
    digits = row.digits_currency
    net = row.profit + row.storage + row.commission
    balance = Decimal(more_of(row).get("balance", "0"))
    return {
        "entryPrice": row.price_position, "swap": scaled(row.storage, digits),
        "commission": scaled(row.commission, digits), "profit": scaled(row.profit, digits),
        "balance": scaled(balance, digits), "quoteToDepositConversionRate": row.rate_profit,
        "closedVolume": volume_of(row.contract_size, row.volume_closed),
        "netProfit": scaled(net, digits), "moneyDigits": digits,
    }  # fmt: skip


def deposit_withdraw(row: Deal) -> Fields:
    """`delta` is how much, the type which way."""
    more, digits = more_of(row), row.digits_currency
    usual = (19 if row.action == CREDIT else 0) + (row.profit < 0)
    return {
        "operationType": more.get("type", usual), "balanceHistoryId": more.get("id", row.deal),
        "traderId": trader_id(row.login), "delta": scaled(abs(row.profit), digits),
        "balance": scaled(Decimal(more.get("balance", "0")), digits),
        "changeBalanceTimestamp": row.time_msc, "comment": row.comment,
        "externalNote": more.get("externalNote", ""), "source": more.get("source", ""),
        "externalId": more.get("externalId", ""), "moneyDigits": digits,
        "nonWithdrawableBonus": scaled(Decimal(more.get("credit", "0")), digits),
    }  # fmt: skip


def exposure(server: CTraderServer, positions: Iterable[Position]) -> list[Fields]:
    """What the house carries by symbol, all of it in book B."""
    found: dict[str, list[Position]] = {}
    for row in positions:
        found.setdefault(row.symbol, []).append(row)
    rows = []
    for symbol, held in sorted(found.items()):
        fields: Fields = {"symbolId": server.symbol_ids[symbol], "bookType": BOOK_B,
                          "positionCount": len(held)}  # fmt: skip
        for name, action in (("buy", BUY), ("sell", 1 - BUY)):
            legs = [(row.volume, row.price_open) for row in held if row.action == action]
            total = sum(volume for volume, _ in legs)
            weighted = sum((volume * price for volume, price in legs), Decimal())
            size = held[0].contract_size
            fields[f"{name}Volume"] = volume_of(size, total)
            fields[f"{name}Vwap"] = round(weighted / total, held[0].digits) if total else 0
        rows.append(fields)
    return rows


def assets(server: CTraderServer) -> list[Fields]:
    return [
        {"assetId": number, "name": name, "displayName": name, "digits": 0 if name == "JPY" else 2}
        for name, number in server.asset_ids.items()
    ]


def symbols(server: CTraderServer) -> list[Fields]:
    rows = []
    for name, row in server.instruments.items():
        rows.append({
            "symbolId": server.symbol_ids[name], "name": name, "digits": row.digits,
            "pipPosition": max(row.digits - row.digits % 2, 0), "swapLong": row.swap_long,
            "swapShort": row.swap_short, "description": row.description,
            "utcLastUpdateTimestamp": 0,
            "maxVolume": volume_of(row.contract_size, row.volume_max),
            "minVolume": volume_of(row.contract_size, row.volume_min),
            "measurementUnits": row.base, "lotSize": lot_size(row),
        })  # fmt: skip
    return rows


def groups(server: CTraderServer) -> list[Fields]:
    return [
        {"groupId": server.group_ids[row.group], "name": row.group, "enabled": True,
         "marginStopout": row.stop_out / 100}
        for row in server.store.groups.values()
    ]  # fmt: skip
