"""Commands that read positions, orders and deals: one by one, by pages and in batches."""

from collections.abc import Sequence
from typing import Any

from simulators.mt5.codes import Code, Refusal
from simulators.mt5.commands.registry import (
    PAGE_LIMIT,
    Reply,
    Request,
    command,
    listing,
    long_listing,
    total,
)  # fmt: skip
from simulators.mt5.trade_server import matches
from simulators.mt5.wire import Fields, deal_document, order_document, position_document
from simulators.trading.records import Account, Deal, Order, Position

_END_OF_TIME = 10**12
_DEALS = '"login" = ? AND "time_msc" BETWEEN ? AND ?'
_HISTORY = '"login" = ? AND "time_done_msc" BETWEEN ? AND ?'


def _window(request: Request, account: Account) -> tuple[int, int, int]:
    """Login, first and last millisecond of what is asked for; TO's whole second is within."""
    begins, ends = (
        min(max(request.number(name), 0), _END_OF_TIME) * 1000 for name in ("FROM", "TO")
    )
    return account.login, begins, ends + 999


def _slice(request: Request, limit: int = PAGE_LIMIT) -> tuple[int, int]:
    """OFFSET and TOTAL; pages of history are never longer than a hundred rows."""
    offset, count = request.number("OFFSET", 0), request.number("TOTAL", limit)
    if offset < 0 or count < 0:
        raise Refusal(Code.PARAMS)
    return offset, min(count, limit)


def _page(request: Request) -> str:
    offset, count = _slice(request)
    return f"LIMIT {count} OFFSET {offset}"


def _symbol_taken(request: Request, symbol: str) -> bool:
    return matches(request.text("SYMBOL", "*"), symbol)


def _position(request: Request, position: Position) -> Fields:
    account = request.server.account(position.login)
    group = request.server.store.groups[account.group]
    return position_document(request.server.desk, position, group, request.server.now())


@command("POSITION_GET")
def position_get(request: Request) -> Reply:
    """The position in a symbol; of several in a hedged group, the oldest."""
    symbol = request.text("SYMBOL")
    for position in request.server.store.open_of(request.account().login):
        if position.symbol == symbol:
            return Reply(document=_position(request, position))
    raise Refusal(Code.NOT_FOUND)


@command("POSITION_GET_TOTAL")
def position_get_total(request: Request) -> Reply:
    return total(len(request.server.store.open_of(request.account().login)))


@command("POSITION_GET_PAGE")
def position_get_page(request: Request) -> Reply:
    rows = request.server.store.open_of(request.account().login)
    offset, count = _slice(request, len(rows))
    return listing(_position(request, row) for row in rows[offset : offset + count])


@command("POSITION_GET_BATCH")
def position_get_batch(request: Request) -> Reply:
    store = request.server.store
    if "TICKET" in request.line.params:
        tickets = request.logins("TICKET")
        rows = [store.positions[number] for number in tickets if number in store.positions]
        for row in rows:
            request.account(row.login)
    else:
        rows = [row for account in request.accounts() for row in store.open_of(account.login)]
    return listing(_position(request, row) for row in rows if _symbol_taken(request, row.symbol))


@command("ORDER_GET")
def order_get(request: Request) -> Reply:
    order = request.server.store.pending.get(request.number("TICKET"))
    if order is None:
        raise Refusal(Code.NOT_FOUND)
    request.account(order.login)
    return Reply(document=order_document(order))


@command("ORDER_GET_TOTAL")
def order_get_total(request: Request) -> Reply:
    return total(len(request.server.store.pending_of(request.account().login)))


@command("ORDER_GET_PAGE")
def order_get_page(request: Request) -> Reply:
    rows = request.server.store.pending_of(request.account().login)
    offset, count = _slice(request, len(rows))
    return listing(order_document(row) for row in rows[offset : offset + count])


@command("ORDER_GET_BATCH")
def order_get_batch(request: Request) -> Reply:
    store = request.server.store
    if "TICKET" in request.line.params:
        tickets = request.logins("TICKET")
        rows = [store.pending[number] for number in tickets if number in store.pending]
        for row in rows:
            request.account(row.login)
    else:
        rows = [row for account in request.accounts() for row in store.pending_of(account.login)]
    return listing(order_document(row) for row in rows if _symbol_taken(request, row.symbol))


@command("DEAL_GET")
def deal_get(request: Request) -> Reply:
    rows = request.server.store.deals.select('"deal" = ?', [request.number("TICKET")])
    return Reply(document=deal_document(_only(request, rows)))


@command("HISTORY_GET")
def history_get(request: Request) -> Reply:
    rows = request.server.store.orders.select('"order" = ?', [request.number("TICKET")])
    return Reply(document=order_document(_only(request, rows)))


def _only[Row: (Deal, Order)](request: Request, rows: Sequence[Row]) -> Row:
    if not rows:
        raise Refusal(Code.NOT_FOUND)
    _check_visible(request, rows[0].login)
    return rows[0]


def _check_visible(request: Request, login: int) -> None:
    """The past of a deleted account stays readable; that of an invisible group never is."""
    if login in request.server.store.accounts:
        request.account(login)


@command("DEAL_GET_TOTAL")
def deal_get_total(request: Request) -> Reply:
    window = _window(request, request.account())
    return total(request.server.store.deals.count(_DEALS, window))


@command("DEAL_GET_PAGE")
def deal_get_page(request: Request) -> Reply:
    window = _window(request, request.account())
    tail = f'ORDER BY "time_msc", "deal" {_page(request)}'
    return listing(map(deal_document, request.server.store.deals.select(_DEALS, window, tail)))


@command("HISTORY_GET_TOTAL")
def history_get_total(request: Request) -> Reply:
    window = _window(request, request.account())
    return total(request.server.store.orders.count(_HISTORY, window))


@command("HISTORY_GET_PAGE")
def history_get_page(request: Request) -> Reply:
    window = _window(request, request.account())
    tail = f'ORDER BY "time_done_msc", "order" {_page(request)}'
    return listing(map(order_document, request.server.store.orders.select(_HISTORY, window, tail)))


@command("DEAL_GET_BATCH")
def deal_get_batch(request: Request) -> Reply:
    """Rows of a whole server are revived one by one as they are sent: others wait for none."""
    table = request.server.store.deals
    rows: list[tuple[Any, ...]] = []
    if "TICKET" in request.line.params:
        for ticket in request.logins("TICKET"):
            rows += table.fetch('"deal" = ?', [ticket])
        for row in rows:
            _check_visible(request, table.revive(row).login)
    else:
        for account in request.accounts():
            rows += table.fetch(_DEALS, _window(request, account), 'ORDER BY "time_msc", "deal"')
    if "SYMBOL" in request.line.params:
        rows = [row for row in rows if _symbol_taken(request, table.revive(row).symbol)]
    return long_listing(rows, lambda row: deal_document(table.revive(row)))


@command("HISTORY_GET_BATCH")
def history_get_batch(request: Request) -> Reply:
    table = request.server.store.orders
    rows: list[Order] = []
    if "TICKET" in request.line.params:
        for ticket in request.logins("TICKET"):
            rows += table.select('"order" = ?', [ticket])
        for row in rows:
            _check_visible(request, row.login)
    else:
        for account in request.accounts():
            window = _window(request, account)
            rows += table.select(_HISTORY, window, 'ORDER BY "time_done_msc", "order"')
    return listing(order_document(row) for row in rows if _symbol_taken(request, row.symbol))
