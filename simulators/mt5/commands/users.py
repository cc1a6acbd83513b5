"""Commands about accounts and their passwords."""

import string
from collections.abc import Mapping
from typing import Any

from simulators.mt5.authentication import password_digest
from simulators.mt5.codes import Code, Refusal
from simulators.mt5.commands.registry import Reply, Request, command, listing
from simulators.mt5.trade_server import matches
from simulators.mt5.wire import Fields, state_document, user_document
from simulators.trading.records import Account, Group

_TEXTS = {
    "name": "Name", "company": "Company", "account": "Account", "country": "Country",
    "city": "City", "state": "State", "address": "Address", "phone": "Phone", "email": "Email",
    "id": "ID", "status": "Status", "comment": "Comment", "lead_source": "LeadSource",
    "lead_campaign": "LeadCampaign", "trade_accounts": "TradeAccounts", "zip_code": "ZipCode",
    "phone_password": "PhonePassword",
}  # fmt: skip
_NUMBERS = {
    "rights": "Rights", "language": "Language", "color": "Color", "agent": "Agent",
    "client_id": "ClientID", "leverage": "Leverage", "limit_orders": "LimitOrders",
    "limit_positions": "LimitPositions",
}  # fmt: skip
_LONGEST_TEXT = 128
_LARGEST_LEVERAGE = 500
_PASSWORDS = {"MAIN": "main_digest", "INVESTOR": "investor_digest", "API": "api_digest"}


def _document(request: Request, account: Account) -> Fields:
    return user_document(account, request.server.store.groups[account.group])


def _fields(request: Request) -> dict[str, Any]:
    """What was sent, by JSON name in lower case; a JSON body wins over the command line."""
    sent = {name.lower(): value for name, value in request.line.params.items()}
    if "pass_phone" in sent:
        sent["phonepassword"] = sent["pass_phone"]
    sent |= {str(name).lower(): value for name, value in request.body.items()}
    names = [str(sent.get(part, "")) for part in ("firstname", "middlename", "lastname")]
    if "name" not in sent and any(names):
        sent["name"] = " ".join(name for name in names if name)
    return sent


def _write(account: Account, sent: Mapping[str, Any]) -> None:
    for name, wire in _TEXTS.items():
        if wire.lower() in sent:
            setattr(account, name, str(sent[wire.lower()])[:_LONGEST_TEXT])
    for name, wire in _NUMBERS.items():
        if wire.lower() in sent:
            setattr(account, name, _whole(sent[wire.lower()]))


def _whole(value: object) -> int:
    try:
        return int(str(value) or "0")
    except ValueError as error:
        raise Refusal(Code.PARAMS) from error


def _check_leverage(sent: Mapping[str, Any]) -> None:
    if "leverage" in sent and not 1 <= _whole(sent["leverage"]) <= _LARGEST_LEVERAGE:
        raise Refusal(Code.PARAMS)


def _check_password(password: str, group: Group) -> None:
    """Eight to sixteen characters of all four kinds, and never below the group's floor."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    complete = all(any(character in kind for character in password) for kind in kinds)
    special = any(not character.isalnum() for character in password)
    if not max(8, group.password_length) <= len(password) <= 16 or not complete or not special:
        raise Refusal(Code.INVALID_PASSWORD)


def _group_for(request: Request, name: str) -> Group:
    group = request.server.group(name)
    if not matches(request.manager.groups, group.group):
        raise Refusal(Code.PERMISSIONS)
    return group


def _login(request: Request, wished: int) -> int:
    settings, store = request.server.settings, request.server.store
    if wished:
        if wished in store.accounts or wished in store.archived:
            raise Refusal(Code.LOGIN_EXISTS)
        if not settings.first_login <= wished <= settings.last_login:
            raise Refusal(Code.LOGIN_PROHIBITED)
        return wished
    while (login := store.next("login")) in store.accounts:
        pass
    if login > settings.last_login:
        raise Refusal(Code.LOGINS_EXHAUSTED)
    return login


@command("USER_ADD")
def user_add(request: Request) -> Reply:
    sent = _fields(request)
    group = _group_for(request, str(sent.get("group", "")))
    if not sent.get("name") or not sent.get("leverage"):
        raise Refusal(Code.PARAMS)
    _check_leverage(sent)
    main, investor = str(sent.get("pass_main", "")), str(sent.get("pass_investor", ""))
    _check_password(main, group)
    _check_password(investor, group)
    account = Account(0, group.group, "", 1)
    _write(account, sent)
    account.login = _login(request, _whole(sent.get("login", 0)))
    account.main_digest = password_digest(main).hex()
    account.investor_digest = password_digest(investor).hex()
    account.registration = account.last_pass_change = request.server.server_seconds()
    request.server.store.keep_account(account)
    return Reply({"LOGIN": str(account.login)}, _document(request, account))


@command("USER_UPDATE")
def user_update(request: Request) -> Reply:
    sent = _fields(request)
    account = request.account(_whole(sent.get("login", 0)))
    _check_leverage(sent)
    group = _group_for(request, str(sent.get("group") or account.group))
    if group.currency != request.server.store.groups[account.group].currency:
        raise Refusal(Code.DIFFERENT_CURRENCY)
    for name in _NUMBERS.values():
        _whole(sent.get(name.lower(), 0))
    _write(account, sent)
    account.group = group.group
    request.server.store.keep_account(account)
    request.server.floor.wake(account, request.server.now())
    return Reply(document=_document(request, account))


@command("USER_DELETE")
def user_delete(request: Request) -> Reply:
    store = request.server.store
    accounts = [request.account(login) for login in request.logins()]
    for account in accounts:
        if store.open_of(account.login) or store.pending_of(account.login):
            raise Refusal(Code.HAS_TRADES)
    for account in accounts:
        store.drop_account(account)
    return Reply()


@command("USER_ARCHIVE_ADD")
def user_archive_add(request: Request) -> Reply:
    """Out of sight until it is restored; what was traded stays where it is."""
    store = request.server.store
    accounts = [request.account(login) for login in request.logins()]
    for account in accounts:
        if store.open_of(account.login) or store.pending_of(account.login):
            raise Refusal(Code.HAS_TRADES)
    for account in accounts:
        store.archive(account)
    return Reply()


def _archived(request: Request) -> Account:
    account = request.server.store.archived.get(request.number("LOGIN"))
    if account is None:
        raise Refusal(Code.NOT_FOUND)
    _group_for(request, account.group)
    return account


@command("USER_ARCHIVE_GET")
def user_archive_get(request: Request) -> Reply:
    return Reply(document=_document(request, _archived(request)))


@command("USER_RESTORE")
def user_restore(request: Request) -> Reply:
    account = request.server.store.restore(_archived(request).login)
    return Reply(document=_document(request, account))


@command("USER_GET")
def user_get(request: Request) -> Reply:
    return Reply(document=_document(request, request.account()))


@command("USER_GET_BATCH")
def user_get_batch(request: Request) -> Reply:
    return listing(_document(request, account) for account in request.accounts())


@command("USER_LOGINS")
def user_logins(request: Request) -> Reply:
    mask = request.text("GROUP", "*") or "*"
    accounts = request.server.accounts_in(mask, request.manager.groups)
    return listing(str(account.login) for account in accounts)


@command("USER_TOTAL")
def user_total(request: Request) -> Reply:
    accounts = request.server.accounts_in("*", request.manager.groups)
    return Reply({"TOTAL": str(len(list(accounts)))})


def _password_kind(request: Request) -> str:
    kind = _PASSWORDS.get(request.text("TYPE", "MAIN").upper())
    if kind is None:
        raise Refusal(Code.PARAMS)
    return kind


@command("USER_PASS_CHECK")
def user_pass_check(request: Request) -> Reply:
    stored = getattr(request.account(), _password_kind(request))
    if password_digest(request.text("PASSWORD")).hex() != stored:
        raise Refusal(Code.INVALID_PASSWORD)
    return Reply()


@command("USER_PASS_CHANGE")
def user_pass_change(request: Request) -> Reply:
    account, kind = request.account(), _password_kind(request)
    password = request.text("PASSWORD")
    _check_password(password, request.server.store.groups[account.group])
    setattr(account, kind, password_digest(password).hex())
    account.last_pass_change = request.server.server_seconds()
    request.server.store.keep_account(account)
    return Reply()


def _state(request: Request, account: Account) -> Fields:
    state = request.server.desk.state(account, request.server.now())
    return state_document(account, request.server.store.groups[account.group], state)


@command("USER_ACCOUNT_GET")
def user_account_get(request: Request) -> Reply:
    return Reply(document=_state(request, request.account()))


@command("USER_ACCOUNT_GET_BATCH")
def user_account_get_batch(request: Request) -> Reply:
    return listing(_state(request, account) for account in request.accounts())
