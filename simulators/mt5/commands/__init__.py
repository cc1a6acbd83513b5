"""Every command of the Web API that the server knows, by its name on the wire."""

from simulators.mt5.commands import configuration, money, prices, trades, users
from simulators.mt5.commands.registry import COMMANDS, Reply, Request

__all__ = ["COMMANDS", "Reply", "Request", "configuration", "money", "prices", "trades", "users"]
