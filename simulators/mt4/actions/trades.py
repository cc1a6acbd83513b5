"""Tickets, open and closed, as `;`-separated rows."""

from simulators.mt4.actions.registry import Reply, Values, account, action, whole
from simulators.mt4.orders import Trade
from simulators.mt4.trade_server import TradeServer


def _row(trade: Trade) -> list[object]:
    """The profit is the sixth and the kind the thirteenth, as readers of this answer count on."""
    return [
        trade.ticket, trade.login, trade.symbol, trade.open_price, trade.close_price,
        trade.profit, trade.volume, trade.open_time, trade.close_time, 0, 0, trade.digits,
        trade.cmd, trade.comment, trade.commission, trade.swaps,
    ]  # fmt: skip


@action("gethistory")
def history(server: TradeServer, values: Values) -> Reply:
    row = account(server, values)
    begins, ends = whole(values, "from"), whole(values, "to")
    closed = [one for one in server.book.of(row.login) if begins <= one.close_time <= ends]
    return Reply(rows=[_row(one) for one in closed if one.close_time])


@action("getopenedtradesforlogin")
def opened(server: TradeServer, values: Values) -> Reply:
    row = account(server, values)
    return Reply(rows=[
        [one.ticket, one.login, one.symbol, one.cmd, one.volume, one.open_time, one.open_price,
         0, 0, one.comment, one.commission, one.swaps, one.profit]
        for one in server.book.open_of(row.login)
    ])  # fmt: skip


@action("accounthavetrades")
def has_trades(server: TradeServer, values: Values) -> Reply:
    row = account(server, values)
    return Reply({"login": row.login, "flag": int(bool(server.book.open_of(row.login)))})
