"""What the plugin can be asked, each action a function by its name."""

from simulators.mt4.actions import accounts, configuration, money, trades
from simulators.mt4.actions.registry import ACTIONS, Reply

__all__ = ["ACTIONS", "Reply", "accounts", "configuration", "money", "trades"]
