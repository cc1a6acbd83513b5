"""The server's groups, its clock and its version."""

from simulators.mt4.actions.registry import Reply, Values, action
from simulators.mt4.trade_server import TradeServer
from simulators.trading.records import Group


def _terms(group: Group) -> dict[str, object]:
    return {
        "name": group.group, "currency": group.currency, "company": group.company,
        "leverage_by_default": group.leverage, "deposit_by_default": 0,
        "margin_call": group.margin_call, "stop_out_level": group.stop_out,
    }  # fmt: skip


@action("getgroups")
def groups(server: TradeServer, _: Values) -> Reply:
    return Reply(rows=[list(_terms(row).values()) for row in server.store.groups.values()])


@action("getgroup")
def group(server: TradeServer, values: Values) -> Reply:
    return Reply(_terms(server.group(values.get("name", ""))))


@action("servertime")
def server_time(server: TradeServer, _: Values) -> Reply:
    """Unix seconds as if the server's clock were UTC."""
    return Reply({"time": server.server_seconds()})


@action("getversion")
def version(server: TradeServer, _: Values) -> Reply:
    return Reply({"build": server.settings.build})
