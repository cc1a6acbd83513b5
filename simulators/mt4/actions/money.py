"""Money in and out. Nothing here knows a request that came before: a repeat pays again."""

from simulators.mt4.actions.registry import Reply, Values, account, action, amount, whole
from simulators.mt4.orders import OP_BALANCE, OP_CREDIT
from simulators.mt4.trade_server import TradeServer
from simulators.trading.records import BALANCE, CREDIT, Account


@action("changebalance")
def change_balance(server: TradeServer, values: Values) -> Reply:
    """Below nothing is refused; the margin of open tickets is for whoever asks to look at."""
    row = account(server, values)
    deal = server.change_balance(
        row, BALANCE, amount(values, "value"), comment=values.get("comment", ""),
        check_margin=False,
    )  # fmt: skip
    balance = server.figures(row).balance
    return Reply({"login": row.login, "deal": deal.deal, "newbalance": balance})


@action("changecredit")
def change_credit(server: TradeServer, values: Values) -> Reply:
    """The plugin does not say under which ticket."""
    row = account(server, values)
    server.change_balance(
        row, CREDIT, amount(values, "value"), comment=values.get("comment", ""),
        check_margin=False,
    )  # fmt: skip
    return Reply({"login": row.login, "newcredit": row.credit})


@action("getaccountbalance")
def balance(server: TradeServer, values: Values) -> Reply:
    row = account(server, values)
    return Reply({"login": row.login, "balance": server.figures(row).balance})


@action("getallbalances")
def balances(server: TradeServer, _: Values) -> Reply:
    found = server.accounts_in("*")
    return Reply(rows=[[row.login, server.figures(row).balance] for row in found])


@action("getbalancesoperations")
def operations(server: TradeServer, values: Values) -> Reply:
    row = account(server, values)
    begins, ends = whole(values, "from"), whole(values, "to")
    return Reply(rows=[
        [one.ticket, one.profit, one.open_time, one.comment] for one in server.book.of(row.login)
        if one.cmd in (OP_BALANCE, OP_CREDIT) and begins <= one.open_time <= ends
    ])  # fmt: skip


def _margin(server: TradeServer, row: Account) -> dict[str, object]:
    figures = server.figures(row)
    return {
        "balance": figures.balance, "credit": figures.credit, "equity": figures.equity,
        "margin": figures.margin, "freemargin": figures.free,
    }  # fmt: skip


@action("getmargininfo")
def margin(server: TradeServer, values: Values) -> Reply:
    return Reply(_margin(server, account(server, values)))
