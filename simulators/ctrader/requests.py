"""What the Manager API answers to each request, once the manager is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulators.ctrader import lists, messages
from simulators.ctrader.refusals import Refusal
from simulators.ctrader.server import LOGINS_ABOVE, CTraderServer, more_of
from simulators.trading.records import ENTRY_IN, Account

type Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One request of one manager. `subscribe` makes the session hear prices of symbols."""

    server: CTraderServer
    manager: int
    payload: bytes
    subscribe: Callable[[list[int]], None]

    def read(self, name: str) -> dict[str, Any]:
        return messages.unpacked(name, self.payload)


type Answer = Callable[[Call], bytes]

ANSWERS: dict[str, Answer] = {}


def answers(word: str) -> Callable[[Answer], Answer]:
    def register(function: Answer) -> Answer:
        ANSWERS[word] = function
        return function

    return register


def _cut(call: Call, rows: list[Any], most: int = 0) -> tuple[list[Any], bool]:
    limit = min(most or call.server.settings.row_limit, call.server.settings.row_limit)
    return rows[:limit], len(rows) > limit


def _window(asked: Fields) -> tuple[int, int]:
    if "fromTimestamp" not in asked or "toTimestamp" not in asked:
        raise Refusal("INVALID_REQUEST", "A list needs fromTimestamp and toTimestamp.")
    return int(asked["fromTimestamp"]), int(asked["toTimestamp"])


def _login(number: object) -> int:
    return int(str(number)) + LOGINS_ABOVE


@answers("PING")
def ping(call: Call) -> bytes:
    return messages.packed("Time", timestamp=call.read("Time").get("timestamp", 0))


@answers("SERVER_TIME")
def server_time(call: Call) -> bytes:
    return messages.packed("Time", timestamp=call.server.now())


@answers("TRADER_LIST")
def trader_list(call: Call) -> bytes:
    """By the moment of registration, oldest first."""
    server, asked = call.server, call.read("Window")
    begins, ends = _window(asked)

    def born(row: Account) -> int:
        return int(more_of(row).get("registrationTimestamp", row.registration * 1000))

    rows = [row for row in server.store.accounts.values() if begins <= born(row) <= ends]
    if "groupId" in asked:
        rows = [row for row in rows if server.group_ids[row.group] == asked["groupId"]]
    if asked.get("onlySubAccounts"):
        rows = []
    rows.sort(key=lambda row: (born(row), row.login))
    shown, more = _cut(call, rows)
    found = [lists.trader(server, row) for row in shown]
    return messages.packed("TraderListRes", trader=found, hasMore=more)


@answers("TRADER_BY_ID")
def trader_by_id(call: Call) -> bytes:
    rows = [call.server.trader_by_id(number) for number in call.read("TraderIds")["traderId"]]
    found = [lists.trader(call.server, row) for row in rows]
    return messages.packed("TraderListRes", trader=found)


@answers("POSITION_LIST")
def position_list(call: Call) -> bytes:
    server, asked = call.server, call.read("TraderWindow")
    begins, ends = _window(asked)
    rows = [row for row in server.store.positions.values()
            if begins <= row.time_create_msc <= ends]  # fmt: skip
    if "traderId" in asked:
        rows = [row for row in rows if row.login == _login(asked["traderId"])]
    rows.sort(key=lambda row: (row.time_create_msc, row.position))
    shown, more = _cut(call, rows)
    found = [lists.position(server, row) for row in shown]
    return messages.packed(
        "PositionListRes", traderId=asked.get("traderId"), position=found, hasMore=more
    )


@answers("PENDING_ORDER_LIST")
def pending_order_list(call: Call) -> bytes:
    server, asked = call.server, call.read("TraderWindow")
    begins, ends = _window(asked)
    rows = [row for row in server.store.pending.values() if begins <= row.time_setup_msc <= ends]
    if "traderId" in asked:
        rows = [row for row in rows if row.login == _login(asked["traderId"])]
    shown, more = _cut(call, sorted(rows, key=lambda row: row.time_setup_msc))
    found = [lists.order(server, row) for row in shown]
    return messages.packed("OrderListRes", order=found, hasMore=more)


@answers("MANAGER_DEAL_LIST")
def deal_list(call: Call) -> bytes:
    server, asked = call.server, call.read("DealWindow")
    where, params = '"time_msc" >= ? AND "time_msc" <= ?', list(_window(asked))
    if asked["traderId"]:
        marks = ",".join("?" * len(asked["traderId"]))
        where, params = f'{where} AND "login" IN ({marks})', [
            *params, *map(_login, asked["traderId"])
        ]  # fmt: skip
    rows = [row for row in server.traded(where, params) if row.login in server.store.accounts]
    if asked["groupId"]:
        of = server.store.accounts
        rows = [row for row in rows
                if server.group_ids[of[row.login].group] in asked["groupId"]]  # fmt: skip
    if asked.get("closingDealsOnly"):
        rows = [row for row in rows if row.entry != ENTRY_IN]
    shown, more = _cut(call, rows, int(asked.get("maxRows", 0)))
    found = [lists.deal(server, row) for row in shown]
    return messages.packed("DealListRes", deal=found, hasMore=more)


@answers("BALANCE_HISTORY_LIST")
def balance_history_list(call: Call) -> bytes:
    asked = call.read("TraderWindow")
    where, params = '"time_msc" >= ? AND "time_msc" <= ?', list(_window(asked))
    if "traderId" in asked:
        where, params = f'{where} AND "login" = ?', [*params, _login(asked["traderId"])]
    shown, more = _cut(call, call.server.history(where, params))
    found = [lists.deposit_withdraw(row) for row in shown]
    return messages.packed("HistoryRes", depositWithdraw=found, hasMore=more)


@answers("EXPOSURE_SYMBOL_LIST")
def exposure_symbol_list(call: Call) -> bytes:
    """Everything is carried in book B, so book A is empty."""
    in_b = call.read("Exposure").get("bookType", lists.BOOK_B) == lists.BOOK_B
    held = call.server.store.positions.values() if in_b else []
    found = lists.exposure(call.server, held)
    return messages.packed("ExposureRes", exposureSymbolRecord=found)


@answers("ASSET_LIST")
def asset_list(call: Call) -> bytes:
    return messages.packed("AssetListRes", asset=lists.assets(call.server))


@answers("SYMBOL_LIST")
def symbol_list(call: Call) -> bytes:
    return messages.packed("SymbolListRes", symbol=lists.symbols(call.server))


@answers("LIGHT_GROUP_LIST")
def light_group_list(call: Call) -> bytes:
    return messages.packed("GroupListRes", group=lists.groups(call.server))


@answers("CRUD_TRADER")
def crud_trader(call: Call) -> bytes:
    """Only deleting: what creates and changes a trader is asked of WebServices."""
    asked = call.read("Crud")
    if asked.get("operation") != 4:
        raise Refusal("UNSUPPORTED_MESSAGE", "Traders are created and changed by WebServices.")
    account = call.server.trader_by_id(int(asked["trader"]["traderId"]))
    call.server.drop_trader(account)
    return messages.packed("CrudRes", operation=4, traderId=asked["trader"]["traderId"])


@answers("CHANGE_BALANCE")
def change_balance(call: Call) -> bytes:
    asked = call.read("Change")
    account = call.server.trader_by_id(int(asked.get("traderId", 0)))
    digits = call.server.desk.group_of(account).currency_digits
    number = call.server.move_money(
        account, int(asked.get("type", -1)), Decimal(int(asked.get("amount", 0))).scaleb(-digits),
        comment=asked.get("comment", ""), note=asked.get("externalNote", ""),
        source=asked.get("source", ""), external=asked.get("externalId", ""),
        manager=call.manager, skips_margin=False,
    )  # fmt: skip
    return messages.packed("ChangeRes", traderId=asked["traderId"], balanceHistoryId=number)


@answers("SUBSCRIBE_SPOTS")
def subscribe_spots(call: Call) -> bytes:
    wanted = call.read("Spots")["symbolId"]
    if not set(wanted) <= set(call.server.symbol_ids.values()):
        raise Refusal("SYMBOL_NOT_FOUND", "There is no such symbol.")
    call.subscribe([int(number) for number in wanted])
    return messages.packed("Plain")
