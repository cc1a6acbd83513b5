"""Traders as WebServices writes them: created, changed and shown as JSON objects."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulators.ctrader.refusals import Refusal, invalid
from simulators.ctrader.server import CREATED, UPDATED, CTraderServer, more_of, scaled, whole
from simulators.trading.records import (
    BALANCE,
    CLOSE_ONLY,
    ENABLED,
    HEDGED,
    NETTING,
    TRADE_DISABLED,
    Account,
)  # fmt: skip

RIGHTS = {
    "FULL_ACCESS": ENABLED, "CLOSE_ONLY": ENABLED | CLOSE_ONLY,
    "NO_TRADING": ENABLED | TRADE_DISABLED, "NO_LOGIN": 0,
}  # fmt: skip
ACCOUNT_TYPES = ("HEDGED", "NETTED", "SPREAD_BETTING")
MARGIN_TYPES = ("MAX", "SUM", "NET")
REQUIRED = (
    "accessRights", "accountType", "balance", "brokerName", "depositCurrency", "groupName",
    "hashedPassword", "leverageInCents",
)  # fmt: skip
_KEPT: dict[str, Any] = {
    "description": "", "lastName": "", "isLimitedRisk": False, "maxLeverage": 0,
    "sendOwnStatement": False, "sendStatementToBroker": False, "swapFree": False,
    "limitedRiskMarginCalculationStrategy": "ACCORDING_TO_LEVERAGE",
    "totalMarginCalculationType": "MAX", "accountLifetimeType": "UNLIMITED",
    "contactDetails": {},
}  # fmt: skip
"""What is kept as it comes, and what it is where nobody said."""


def create(server: CTraderServer, sent: Mapping[str, Any]) -> Account:
    """POST /v2/webserv/traders."""
    missing = [name for name in REQUIRED if name not in sent]
    if missing:
        raise invalid(f"Missing: {', '.join(missing)}.")
    group = server.group_named(sent["groupName"])
    if sent["depositCurrency"] != group.currency:
        raise invalid(f"Accounts of {group.group} are kept in {group.currency}.")
    if sent["brokerName"] != server.settings.broker:
        raise Refusal("NOT_ENOUGH_RIGHTS", f"No access to broker {sent['brokerName']}.", 403)
    netted = sent["accountType"] == "NETTED"
    if sent["accountType"] not in ACCOUNT_TYPES or netted != (group.margin_mode == NETTING):
        raise invalid(f"{group.group} takes no accounts of the type {sent['accountType']}.")
    account = Account(0, group.group, "", group.leverage)
    more: dict[str, Any] = {**_KEPT, "accountType": sent["accountType"]}
    _write(server, account, more, sent)
    account.main_digest = _hashed(sent["hashedPassword"])
    more["registrationTimestamp"] = server.now()
    account.registration = server.now() // 1000
    account.login = server.store.next("login")
    server.keep_trader(account, more, CREATED)
    balance = Decimal(whole(sent["balance"])).scaleb(-group.currency_digits)
    if balance:
        server.change_balance(account, BALANCE, balance)
    return account


def change(
    server: CTraderServer, account: Account, sent: Mapping[str, Any], *, whole_body: bool
) -> None:
    """PATCH keeps what is not said, PUT sets it back to what it is by default."""
    more = more_of(account)
    if whole_body:
        more = {**more, **_KEPT}
    _write(server, account, more, sent)
    server.keep_trader(account, more, UPDATED)
    server.floor.wake(account, server.now())


def _write(
    server: CTraderServer, account: Account, more: dict[str, Any], sent: Mapping[str, Any]
) -> None:
    rights = sent.get("accessRights", more.get("accessRights", "FULL_ACCESS"))
    if rights not in RIGHTS:
        raise invalid(f"{rights} is no access right.")
    group = server.group_named(sent.get("groupName", account.group))
    if group.currency != server.store.groups[account.group].currency:
        raise invalid("The new group is kept in another currency.")
    leverage = whole(sent.get("leverageInCents", account.leverage * 100))
    if not 100 <= leverage <= 100_000 or leverage % 100:
        raise Refusal("WRONG_LEVERAGE", f"A leverage of {leverage} in cents is not offered.")
    margin_type = sent.get("totalMarginCalculationType", more["totalMarginCalculationType"])
    if margin_type not in MARGIN_TYPES:
        raise invalid(f"{margin_type} is no way to add margins up.")
    contact = sent.get("contactDetails", more["contactDetails"])
    if not isinstance(contact, Mapping):
        raise invalid("contactDetails is an object.")
    more |= {name: sent[name] for name in _KEPT if name in sent}
    more["accessRights"] = rights
    account.rights, account.group, account.leverage = RIGHTS[rights], group.group, leverage // 100
    account.name = str(sent.get("name", account.name))[:100]
    account.email = str(contact.get("email", ""))


def set_password(server: CTraderServer, account: Account, hashed: object) -> None:
    account.main_digest = _hashed(hashed)
    server.keep_trader(account, more_of(account), UPDATED)


def _hashed(value: object) -> str:
    text = str(value).lower()
    if len(text) != 32 or not all(letter in "0123456789abcdef" for letter in text):
        raise invalid("hashedPassword is the MD5 of a password in 32 hexadecimal digits.")
    return text


def document(server: CTraderServer, account: Account) -> dict[str, Any]:
    """The trader object of §4.1; amounts are scaled by moneyDigits."""
    group, more = server.store.groups[account.group], more_of(account)
    digits, state = group.currency_digits, server.desk.state(account, server.now())
    bonus = Decimal(more.get("bonus", "0"))
    money = {
        "balance": state.balance, "bonus": bonus, "nonWithdrawableBonus": state.credit,
        "equity": state.equity + bonus, "usedMargin": state.margin,
        "freeMargin": state.free + bonus, "cashEquity": max(state.equity - state.credit, Decimal()),
        "minEquityDaily": min(state.equity, account.equity_prev_day or state.equity),
        "maxEquityDaily": max(state.equity, account.equity_prev_day or state.equity),
    }  # fmt: skip
    return {
        "login": account.login, "groupName": account.group, "depositCurrency": group.currency,
        "brokerName": server.settings.broker, "name": account.name,
        "leverageInCents": account.leverage * 100, "moneyDigits": digits,
        "accountType": more.get("accountType", "NETTED" if group.margin_mode != HEDGED else ""),
        "accessRights": more.get("accessRights", "FULL_ACCESS"),
        **{name: more.get(name, usual) for name, usual in _KEPT.items()},
        "registrationTimestamp": more.get("registrationTimestamp", account.registration * 1000),
        "lastUpdateTimestamp": more.get("lastUpdateTimestamp", 0),
        "lastConnectionTimestamp": account.last_access * 1000,
        **{name: scaled(amount, digits) for name, amount in money.items()},
    }  # fmt: skip
