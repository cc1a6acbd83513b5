"""WebServices v2: what each address does (§4 to §6 of the vendor's documentation).

Left out: XML, attributes, the broker's own single sign-on.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.ctrader import cids, reports, traders
from simulators.ctrader.refusals import Refusal, invalid
from simulators.ctrader.server import (
    BONUS_IN,
    BONUS_OUT,
    DEPOSIT,
    WITHDRAW,
    CTraderServer,
    more_of,
    whole,
)
from simulators.market import DAY
from simulators.market.zone import moment
from simulators.trading.http import Reply, Request
from simulators.trading.records import Account

LONGEST_WINDOW = 2 * DAY
KINDS = {
    "DEPOSIT": DEPOSIT, "WITHDRAW": WITHDRAW,
    "DEPOSIT_NONWITHDRAWABLE_BONUS": BONUS_IN, "WITHDRAW_NONWITHDRAWABLE_BONUS": BONUS_OUT,
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call: what was sent, by whom, and the login of the address."""

    server: CTraderServer
    request: Request
    manager: int
    login: str = ""

    @property
    def sent(self) -> Mapping[str, Any]:
        """The body, in which numbers may be strings as the vendor's own examples have them."""
        try:
            found = json.loads(self.request.body or b"{}", parse_float=Decimal)
        except ValueError as error:
            raise invalid("The body is not JSON.") from error
        if not isinstance(found, dict):
            raise invalid("The body is not a JSON object.")
        return found

    def trader(self) -> Account:
        return self.server.trader(self.login)

    def window(self) -> tuple[int, int]:
        """`from` and `to` of the query, in milliseconds."""
        try:
            return moment(self.request.query["from"]), moment(self.request.query["to"])
        except (KeyError, ValueError) as error:
            raise invalid("from and to are moments like 2026-01-31T12:30:00.000.") from error


type Answer = Callable[[Call], Reply]

ROUTES: list[tuple[str, re.Pattern[str], str, Answer]] = []


def route(method: str, path: str, word: str) -> Callable[[Answer], Answer]:
    """Make a function answer at an address; misbehaviour is ordered by its word."""
    pattern = re.compile(path.replace("{login}", r"(?P<login>\d+)") + "/?")

    def register(function: Answer) -> Answer:
        ROUTES.append((method, pattern, word, function))
        return function

    return register


def found(request: Request) -> tuple[str, str, Answer]:
    """The word, the login of the address, and what answers there."""
    for method, pattern, word, answer in ROUTES:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            return word, match.groupdict().get("login") or "", answer
    raise Refusal("ENTITY_NOT_FOUND", f"There is no {request.method} {request.path}.", 404)


def said(document: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(document).encode())


def refused(refusal: Refusal) -> Reply:
    error = {"errorCode": refusal.code, "description": refusal.description}
    return said({"error": error}, refusal.status)


@route("POST", "/v2/webserv/managers/token", "TOKEN")
def token(call: Call) -> Reply:
    sent = call.sent
    manager = call.server.manager(whole(sent.get("login")), str(sent.get("hashedPassword", "")))
    return said({"webservToken": call.server.token_of(manager)})


@route("POST", "/v2/webserv/traders", "CREATE_TRADER")
def create_trader(call: Call) -> Reply:
    account = traders.create(call.server, call.sent)
    return said(traders.document(call.server, account), 201)


@route("GET", "/v2/webserv/traders", "LIST_TRADERS")
def list_traders(call: Call) -> Reply:
    """Newest registrations first, so that a chunk's oldest is where the next one ends."""
    begins, ends = call.window()
    server, query = call.server, call.request.query
    rows = [(more_of(row).get("registrationTimestamp", 0), row)
            for row in server.store.accounts.values()]  # fmt: skip
    rows = [(at, row) for at, row in rows if begins <= at < ends]
    if "groupId" in query:
        rows = [one for one in rows if server.group_ids[one[1].group] == whole(query["groupId"])]
    if "hasOpenPositions" in query:
        wanted = query["hasOpenPositions"] == "true"
        rows = [one for one in rows if bool(server.store.open_of(one[1].login)) == wanted]
    rows.sort(key=lambda one: (-one[0], -one[1].login))
    limit = server.settings.list_limit
    shown = [traders.document(server, row) for _, row in rows[:limit]]
    if "fields" in query:
        names = [name.strip(' "[]') for name in query["fields"].split(",")]
        shown = [{name: row[name] for name in names if name in row} for row in shown]
    return said({"trader": shown, "hasMore": len(rows) > limit})


@route("GET", "/v2/webserv/traders/{login}", "READ_TRADER")
def read_trader(call: Call) -> Reply:
    return said(traders.document(call.server, call.trader()))


@route("PUT", "/v2/webserv/traders/{login}", "UPDATE_TRADER")
def replace_trader(call: Call) -> Reply:
    traders.change(call.server, call.trader(), call.sent, whole_body=True)
    return Reply(204)


@route("PATCH", "/v2/webserv/traders/{login}", "UPDATE_TRADER")
def change_trader(call: Call) -> Reply:
    traders.change(call.server, call.trader(), call.sent, whole_body=False)
    return Reply(204)


@route("DELETE", "/v2/webserv/traders/{login}", "DELETE_TRADER")
def delete_trader(call: Call) -> Reply:
    call.server.drop_trader(call.trader())
    return Reply(204)


@route("GET", "/v2/webserv/traders/{login}/subaccounts", "SUBACCOUNTS")
def subaccounts(call: Call) -> Reply:
    """Nobody copies anybody here."""
    call.trader()
    return said({"subAccountLogins": {"login": []}, "totalSubAccountsBalance": 0,
                 "totalSubAccountsEquity": 0})  # fmt: skip


def amount_of(sent: Mapping[str, Any]) -> Decimal:
    """`preciseAmount`, a decimal that is not scaled."""
    try:
        amount = Decimal(str(sent.get("preciseAmount")))
    except InvalidOperation as error:
        raise invalid("preciseAmount is a decimal number.") from error
    if not amount.is_finite() or amount <= 0:
        raise Refusal("CHANGE_BALANCE_BAD_AMOUNT", "preciseAmount is above zero.")
    return amount


def _same_login(call: Call, sent: Mapping[str, Any]) -> Account:
    account = call.trader()
    if whole(sent.get("login")) != account.login:
        raise invalid("The login of the body is another one.")
    return account


@route("POST", "/v2/webserv/traders/{login}/changebalance", "CHANGE_BALANCE")
def change_balance(call: Call) -> Reply:
    sent = call.sent
    account = _same_login(call, sent)
    if sent.get("type") not in KINDS:
        raise invalid(f"No balance change is of the type {sent.get('type')}.")
    number = call.server.move_money(
        account, KINDS[str(sent["type"])], amount_of(sent), comment=str(sent.get("comment", "")),
        note=str(sent.get("externalNote", "")), source=str(sent.get("source", "")),
        external=str(sent.get("externalId", "")), manager=call.manager,
        skips_margin=bool(sent.get("skipMarginCheck")),
    )  # fmt: skip
    return said({"balanceHistoryId": number})


@route("POST", "/v2/webserv/traders/{login}/changebonus", "CHANGE_BONUS")
def change_bonus(call: Call) -> Reply:
    """A bonus is no part of the balance; nothing but a pushed event tells of its changes."""
    sent = call.sent
    account, amount = _same_login(call, sent), amount_of(sent)
    if sent.get("type") not in ("DEPOSIT", "WITHDRAW"):
        raise invalid(f"No bonus change is of the type {sent.get('type')}.")
    more = more_of(account)
    bonus = Decimal(more.get("bonus", "0"))
    bonus += amount if sent["type"] == "DEPOSIT" else -amount
    if bonus < 0:
        raise Refusal("NOT_ENOUGH_MONEY", "There is not so much bonus.")
    more["bonus"] = str(bonus)
    call.server.keep_trader(account, more, operation=5)
    return said({"bonusHistoryId": call.server.store.next("bonus_history")})


@route("POST", "/v2/webserv/traders/{login}/changepassword", "CHANGE_PASSWORD")
def change_password(call: Call) -> Reply:
    sent = call.sent
    traders.set_password(call.server, _same_login(call, sent), sent.get("hashedPassword"))
    return Reply(204)


@route("POST", "/v2/webserv/traders/{login}/checkpassword", "CHECK_PASSWORD")
def check_password(call: Call) -> Reply:
    sent = call.sent
    account = _same_login(call, sent)
    fits = account.main_digest == str(sent.get("hashedPassword", "")).lower()
    return said({"passwordCorrect": fits})


@route("GET", "/v2/webserv/tradergroups", "LIST_GROUPS")
def list_groups(call: Call) -> Reply:
    groups = call.server.store.groups.values()
    rows = [{"id": call.server.group_ids[row.group], "name": row.group,
             "description": f"{row.company}, {row.currency}"} for row in groups]  # fmt: skip
    return said({"traderGroup": rows})


@route("GET", "/v2/webserv/symbols", "LIST_SYMBOLS")
def list_symbols(call: Call) -> Reply:
    rows = []
    for name, row in call.server.instruments.items():
        folder = row.path.partition("\\")[0]
        rows.append({
            "id": call.server.symbol_ids[name], "name": name, "description": row.description,
            "assetClass": folder, "category": folder, "quotesEnabled": True,
            "showInCtrader": True,
        })  # fmt: skip
    return said({"symbol": rows})


def _login_asked(call: Call) -> int | None:
    return whole(call.request.query["login"]) if "login" in call.request.query else None


@route("GET", "/v2/webserv/openPositions", "OPEN_POSITIONS")
def open_positions(call: Call) -> Reply:
    login = _login_asked(call)
    rows = call.server.store.positions.values()
    chosen = [row for row in rows if login in (None, row.login)]
    return Reply(200, reports.open_positions(call.server, chosen), "text/csv")


@route("GET", "/v2/webserv/closedPositions", "CLOSED_POSITIONS")
def closed_positions(call: Call) -> Reply:
    begins, ends = call.window()
    if not begins < ends <= begins + LONGEST_WINDOW:
        raise invalid("A window is two days long at most.")
    login = _login_asked(call)
    where, params = '"time_msc" >= ? AND "time_msc" < ?', [begins, ends]
    if login is not None:
        where, params = f'{where} AND "login" = ?', [*params, login]
    rows = call.server.traded(where, params)
    known = [row for row in rows if row.login in call.server.store.accounts]
    return Reply(200, reports.closed_positions(call.server, known), "text/csv")


@route("POST", "/cid/ctid/create", "CREATE_CID")
def create_cid(call: Call) -> Reply:
    return said(cids.create(call.server, call.sent))


@route("POST", "/cid/ctid/link", "LINK_CID")
def link_cid(call: Call) -> Reply:
    return said(cids.link(call.server, call.sent))
