"""Commands about the server itself: its time, groups and symbols, and those that do nothing."""

from simulators.mt5.catalogue import group_document, read_group, symbol_document
from simulators.mt5.codes import Code, Refusal
from simulators.mt5.commands.registry import Reply, Request, command, listing, total
from simulators.mt5.trade_server import matches
from simulators.mt5.wire import Fields
from simulators.trading.records import Group


@command("TEST_ACCESS", "MAIL_SEND", "NEWS_SEND", "PING")
def accept(_: Request) -> Reply:
    return Reply()


@command("COMMON_GET")
def common_get(request: Request) -> Reply:
    server = request.server
    return Reply(
        document={
            "Name": "Simulated-Trade",
            "Owner": "Simulated Markets",
            "OwnerID": "",
            "OwnerHost": "",
            "OwnerEmail": "",
            "Product": "MetaTrader 5 Platform",
            "ExpirationLicense": "0",
            "ExpirationSupport": "0",
            "LimitTradeServers": "1",
            "LimitWebServers": "1",
            "LimitAccounts": "100000",
            "LimitDeals": "0",
            "LimitSymbols": "1000",
            "LimitGroups": "1000",
            "TotalUsers": str(len(server.store.accounts)),
            "TotalUsersReal": str(len(server.store.accounts)),
            "TotalDeals": str(server.store.deals.count()),
            "TotalOrders": str(len(server.store.pending)),
            "TotalOrdersHistory": str(server.store.orders.count()),
            "TotalPositions": str(len(server.store.positions)),
        }
    )


@command("TIME_SERVER")
def time_server(request: Request) -> Reply:
    milliseconds = request.server.now() % 1000
    return Reply({"TIME": f"{request.server.server_seconds()}.{milliseconds:03} 127.0.0.1"})


@command("TIME_GET")
def time_get(request: Request) -> Reply:
    zone = request.server.settings.zone
    return Reply(
        document={
            "Daylight": zone.daylight,
            "DaylightState": zone.is_summer(request.server.now()),
            "TimeZone": str(zone.minutes),
            "TimeServer": "pool.ntp.org",
            "Days": [["1"] * 24 for _ in range(7)],
        }
    )


def _visible(request: Request) -> list[Group]:
    groups = request.server.store.groups
    return [groups[name] for name in sorted(groups) if matches(request.manager.groups, name)]


def _group(request: Request, group: Group) -> Fields:
    return group_document(group, request.server.instruments)


@command("GROUP_TOTAL")
def group_total(request: Request) -> Reply:
    return total(len(_visible(request)))


@command("GROUP_NEXT")
def group_next(request: Request) -> Reply:
    index = request.number("INDEX")
    count = request.number("COUNT", 1)
    rows = _visible(request)[index : index + count] if index >= 0 else []
    if not rows:
        raise Refusal(Code.NOT_FOUND)
    if "COUNT" in request.line.params:
        return listing(_group(request, row) for row in rows)
    return Reply(document=_group(request, rows[0]))


@command("GROUP_GET")
def group_get(request: Request) -> Reply:
    group = request.server.group(request.text("GROUP"))
    if not matches(request.manager.groups, group.group):
        raise Refusal(Code.PERMISSIONS)
    return Reply(document=_group(request, group))


@command("GROUP_ADD")
def group_add(request: Request) -> Reply:
    group = read_group(request.body)
    request.server.store.keep_group(group)
    return Reply(document=_group(request, group))


@command("GROUP_DELETE")
def group_delete(request: Request) -> Reply:
    group = request.server.group(request.text("GROUP"))
    if any(row.group == group.group for row in request.server.store.accounts.values()):
        raise Refusal(Code.NOT_EMPTY)
    request.server.store.drop_group(group)
    return Reply()


@command("SYMBOL_TOTAL")
def symbol_total(request: Request) -> Reply:
    return total(len(request.server.instruments))


@command("SYMBOL_NEXT")
def symbol_next(request: Request) -> Reply:
    rows = list(request.server.instruments.values())
    index = request.number("INDEX")
    if not 0 <= index < len(rows):
        raise Refusal(Code.NOT_FOUND)
    return Reply(document=symbol_document(rows[index]))


@command("SYMBOL_GET")
def symbol_get(request: Request) -> Reply:
    """By SYMBOL; a client in the field sends NAME."""
    name = request.text("SYMBOL", request.line.params.get("NAME"))
    return Reply(document=symbol_document(request.server.instrument(name)))


@command("SYMBOL_GET_GROUP")
def symbol_get_group(request: Request) -> Reply:
    group = request.server.group(request.text("GROUP"))
    instrument = request.server.instrument(request.text("SYMBOL"))
    return Reply(document=symbol_document(instrument, group.markup))


@command("SYMBOL_ADD")
def symbol_add(request: Request) -> Reply:
    document = request.body
    request.server.keep_symbol(str(document.get("Symbol", "")), document)
    return Reply(document=symbol_document(request.server.instrument(str(document["Symbol"]))))


@command("SYMBOL_DELETE")
def symbol_delete(request: Request) -> Reply:
    instrument = request.server.instrument(request.text("SYMBOL"))
    request.server.keep_symbol(instrument.symbol, None)
    return Reply()
