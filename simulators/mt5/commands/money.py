"""Commands that move money, and the daily reports that add it up."""

from simulators.mt5.codes import Code, Refusal
from simulators.mt5.commands.registry import Reply, Request, command, listing
from simulators.mt5.wire import daily_document
from simulators.trading.records import BALANCE


@command("TRADE_BALANCE", "USER_DEPOSIT_CHANGE")
def trade_balance(request: Request) -> Reply:
    if not request.manager.accountant:
        raise Refusal(Code.PERMISSIONS)
    deal = request.server.change_balance(
        request.account(),
        request.number("TYPE", BALANCE),
        request.amount("BALANCE"),
        comment=request.text("COMMENT", ""),
        dealer=request.manager.login,
        check_margin=request.text("CHECK_MARGIN", "1") != "0",
    )
    return Reply({"TICKET": str(deal.deal)})


@command("DAILY_GET", "DAILY_GET_LIGHT")
def daily_get(request: Request) -> Reply:
    light = request.line.command.endswith("LIGHT")
    begins, ends = request.number("FROM"), request.number("TO")
    rows = []
    for account in request.accounts():
        rows += request.server.store.dailies.select(
            '"login" = ? AND "datetime" BETWEEN ? AND ?',
            (account.login, begins, ends),
            'ORDER BY "datetime"',
        )
    return listing(daily_document(row, light=light) for row in rows)
