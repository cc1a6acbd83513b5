"""Accounts and their passwords."""

from dataclasses import replace

from simulators.mt4.actions.registry import Reply, Values, account, action, whole
from simulators.mt4.codes import Code, Refusal
from simulators.mt4.trade_server import TradeServer, digest
from simulators.trading.records import ENABLED, TRADE_DISABLED, Account

_TEXTS = {
    "name": ("name", 128), "country": ("country", 32), "state": ("state", 32), "city": ("city", 32),
    "address": ("address", 96), "email": ("email", 48), "zipcode": ("zip_code", 16),
    "phone": ("phone", 32), "id": ("id", 32), "comment": ("comment", 64),
    "status": ("status", 16), "password_phone": ("phone_password", 32),
}  # fmt: skip
"""By the plugin's name: the record's, and how many bytes the server keeps with the last NUL."""
_PASSWORD_CHANGE = 0x2
_FLAGS = {
    "enable": ENABLED, "enable_change_password": _PASSWORD_CHANGE,
    "enable_read_only": TRADE_DISABLED,
}  # fmt: skip
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 5, 15
_LARGEST_LEVERAGE = 1000


def _write(server: TradeServer, row: Account, values: Values) -> None:
    for name, (field, length) in _TEXTS.items():
        if name in values:
            setattr(row, field, values[name][: length - 1])
    row.agent = whole(values, "agent", row.agent)
    row.leverage = whole(values, "leverage", row.leverage)
    if not 1 <= row.leverage <= _LARGEST_LEVERAGE or not row.name:
        raise Refusal(Code.INVALID_DATA)


def _check_password(password: str) -> None:
    """Letters and digits both, as the server asks of everybody."""
    mixed = any(map(str.isalpha, password)) and any(map(str.isdigit, password))
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD or not mixed:
        raise Refusal(Code.INVALID_DATA)


def _new_login(server: TradeServer, wished: int) -> int:
    if wished:
        if wished in server.store.accounts:
            raise Refusal(Code.INVALID_DATA)
        return wished
    while (login := server.store.next("login")) in server.store.accounts:
        pass
    if login > server.settings.last_login:
        raise Refusal(Code.ERROR)
    return login


@action("createaccount")
def create(server: TradeServer, values: Values) -> Reply:
    group = server.group(values.get("group", ""))
    main, investor = values.get("password", ""), values.get("password_investor", "")
    _check_password(main)
    _check_password(investor)
    row = Account(0, group.group, "", group.leverage, rights=ENABLED | _PASSWORD_CHANGE)
    _write(server, row, values)
    row.login = _new_login(server, whole(values, "login", 0))
    row.main_digest, row.investor_digest = digest(main), digest(investor)
    row.registration = server.server_seconds()
    server.store.keep_account(row)
    return Reply({"login": row.login})


@action("modifyaccount")
def modify(server: TradeServer, values: Values) -> Reply:
    row = replace(account(server, values))
    if "group" in values:
        group = server.group(values["group"])
        if group.currency != server.store.groups[row.group].currency:
            raise Refusal(Code.INVALID_DATA)
        row.group = group.group
    _write(server, row, values)
    for name, bit in _FLAGS.items():
        if name in values:
            row.rights = row.rights | bit if whole(values, name) else row.rights & ~bit
    server.store.keep_account(row)
    return Reply({"login": row.login})


@action("deleteaccount")
def delete(server: TradeServer, values: Values) -> Reply:
    row = account(server, values)
    if server.book.open_of(row.login):
        raise Refusal(Code.INVALID_DATA)
    server.store.drop_account(row)
    return Reply({"login": row.login})


@action("changepassword")
def change_password(server: TradeServer, values: Values) -> Reply:
    row, password = account(server, values), values.get("pass", "")
    _check_password(password)
    if whole(values, "investor", 0):
        row.investor_digest = digest(password)
    else:
        row.main_digest = digest(password)
    server.store.keep_account(row)
    return Reply({"login": row.login})


@action("checkpassword")
def check_password(server: TradeServer, values: Values) -> Reply:
    row = account(server, values)
    kept = row.investor_digest if whole(values, "investor", 0) else row.main_digest
    if digest(values.get("pass", "")) != kept:
        raise Refusal(Code.BAD_ACCOUNT)
    return Reply({"login": row.login})


def _info(server: TradeServer, row: Account) -> dict[str, object]:
    figures = server.figures(row)
    return {
        "login": row.login, "name": row.name, "email": row.email, "group": row.group,
        "leverage": row.leverage, "regdate": row.registration, "country": row.country,
        "state": row.state, "address": row.address, "phone": row.phone, "city": row.city,
        "zip": row.zip_code, "enable": row.rights & ENABLED,
        "enable_read_only": int(bool(row.rights & TRADE_DISABLED)), "balance": figures.balance,
        "credit": figures.credit, "equity": figures.equity, "margin": figures.margin,
        "margin_level": figures.level, "free_margin": figures.free,
        "opened_positions": len(server.book.open_of(row.login)), "agent_account": row.agent,
        "id": row.id, "status": row.status, "lastdate": row.last_access, "comment": row.comment,
    }  # fmt: skip


@action("getaccountinfo")
def info(server: TradeServer, values: Values) -> Reply:
    return Reply(_info(server, account(server, values)))


@action("getaccounts")
def listing(server: TradeServer, values: Values) -> Reply:
    found = server.accounts_in(values.get("group", "*"))
    return Reply(rows=[list(_info(server, row).values()) for row in found])


@action("getleverageandgroup")
def leverage_and_group(server: TradeServer, _: Values) -> Reply:
    return Reply(rows=[[row.login, row.group, row.leverage] for row in server.accounts_in("*")])
