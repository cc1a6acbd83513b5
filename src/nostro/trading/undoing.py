"""How bulk changes of accounts are undone: the facts each one changes, and what sets them back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nostro.bulk.undoing import Call, Facts, Reached, Undoing, undone_by
from nostro.core.acts import Act
from nostro.core.operations import Operation
from nostro.trading import operations as trading
from nostro.trading.events import GroupAsked
from nostro.trading.models import TradingAccount
from nostro.trading.queries.restrictions import RESTRICTED

Status = TradingAccount.Status
REACHED = {GroupAsked.name: {"group": "group_id", "leverage": "leverage"}}
"""The group a rule chose, and the leverage that fell along."""
STAYS = "Leverage stays: it was changed since."
Back = Callable[[Facts, str, datetime], Call | str]


def _facts(account: TradingAccount) -> dict[str, Any]:
    group, free_until = account.group, account.swap_free_until
    return {
        "leverage": account.leverage,
        "group": account.group_id,
        "account_type": account.account_type,
        "swap_free": group is not None and group.swap_free,
        "swap_free_until": free_until.isoformat() if free_until else None,
        "status": account.status,
        "reason": account.reason,
        "until": account.restricted_until.isoformat() if account.restricted_until else None,
    }


def _words(facts: Facts) -> str:
    said: dict[str, Callable[[Any], str]] = {
        "leverage": lambda value: f"leverage 1:{value}",
        "group": lambda value: "another group",
        "account_type": lambda value: f"type {value}",
        "swap_free": lambda value: "without swaps" if value else "with swaps",
        "status": lambda value: Status(value).label.lower(),
    }
    told = [
        name for name in facts if name in said and not (name == "leverage" and "group" in facts)
    ]
    return ", ".join(said[name](facts[name]) for name in told)


def _undone(
    wanted: Operation[..., Any], names: Sequence[str], left: Callable[[Mapping[str, Any]], Facts],
    back: Back, reached: Reached | None = None, *, holds: bool = False,
) -> None:  # fmt: skip
    def stands(act: Act, accounts: Sequence[TradingAccount]) -> Mapping[int, Facts]:
        return {one.pk: {name: _facts(one)[name] for name in names} for one in accounts}

    undone_by(wanted, Undoing(stands, left, back, _words, reached or {}, holds))


def _restricted(inputs: Mapping[str, Any]) -> Facts:
    """A later restriction of the same kind has another reason, or another end: it is left."""
    until = inputs.get("until")
    return {
        "status": inputs.get("how", "close_only"),
        "reason": inputs["reason"].strip(),
        "until": until.astimezone(UTC).isoformat() if until else None,
    }


def _to_group(before: Facts, reason: str, at: datetime) -> Call | str:
    if before["group"] is None:
        return "It was in no group."
    return Call(
        trading.move_account.name, {"group": before["group"], "reason": reason},
        along={"leverage": before["leverage"]} if before.get("leverage") else {}, stays=STAYS,
    )  # fmt: skip


def _to_leverage(before: Facts, reason: str, at: datetime) -> Call | str:
    if before["leverage"] is None:
        return "It had no leverage."
    return Call(trading.change_leverage.name, {"leverage": before["leverage"]})


def _to_rights(before: Facts, reason: str, at: datetime) -> Call | str:
    """What it might do before: everything, nothing as it slept, or what restricted it then."""
    if before["status"] in (Status.OPEN, Status.DORMANT):
        return Call(trading.lift_restriction.name, {})
    return _restricting(trading.ease_restriction.name, before, reason, at)


def _to_restriction(before: Facts, reason: str, at: datetime) -> Call | str:
    return _restricting(trading.restrict_account.name, before, reason, at)


def _restricting(name: str, before: Facts, reason: str, at: datetime) -> Call | str:
    """As restricted as it was, for as long as it was."""
    if before["status"] not in RESTRICTED:
        return f"It was {Status(before['status']).label.lower()}, which nobody sets."
    until = before["until"]
    if until is not None and datetime.fromisoformat(until) <= at:
        return "The restriction it had would be over by now."
    inputs = {"how": before["status"], "reason": before["reason"] or reason, "until": until}
    return Call(name, inputs)


def _to_swaps(before: Facts, reason: str, at: datetime) -> Call | str:
    if before["swap_free"]:
        return "It traded without swaps before: only its end was moved."
    return Call(trading.end_swap_free.name, {"reason": reason})


def _to_no_swaps(before: Facts, reason: str, at: datetime) -> Call | str:
    until = before["swap_free_until"]
    if until is None or datetime.fromisoformat(until) <= at:
        return "The time it was given for would be over by now."
    days = -((at - datetime.fromisoformat(until)) // timedelta(days=1))
    return Call(trading.make_swap_free.name, {"days": days, "reason": reason})


def _to_open(before: Facts, reason: str, at: datetime) -> Call | str:
    if before["status"] != Status.OPEN:
        return f"It was {Status(before['status']).label.lower()}: open it again by itself."
    return Call(trading.reopen_account.name, {"reason": reason})


def _to_no_credit(before: Facts, reason: str, at: datetime) -> Call | str:
    """What is left of it by now."""
    return Call(trading.take_back_lent.name, {"reason": reason}, change="change")


def _to_credit(before: Facts, reason: str, at: datetime) -> Call | str:
    return "What was taken back is lent anew, on the account's page."


_undone(
    trading.change_leverage, ["leverage"],
    lambda inputs: {"leverage": inputs["leverage"]}, _to_leverage,
)  # fmt: skip
_undone(
    trading.move_account, ["group", "leverage"],
    lambda inputs: {"group": inputs["group"].pk}, _to_group, REACHED,
)  # fmt: skip
_undone(
    trading.change_account_type, ["group", "account_type", "leverage"],
    lambda inputs: {"account_type": inputs["account_type"]}, _to_group, REACHED,
)  # fmt: skip
_undone(
    trading.restrict_account, ["status", "reason", "until"], _restricted, _to_rights, holds=True
)
_undone(
    trading.ease_restriction, ["status", "reason", "until"], _restricted, _to_rights, holds=True
)
_undone(
    trading.lift_restriction, ["status", "reason", "until"],
    lambda inputs: {"status": Status.OPEN.value}, _to_restriction, holds=True,
)  # fmt: skip
_undone(
    trading.make_swap_free, ["swap_free", "swap_free_until"],
    lambda inputs: {"swap_free": True}, _to_swaps,
)  # fmt: skip
_undone(
    trading.end_swap_free, ["swap_free", "swap_free_until"],
    lambda inputs: {"swap_free": False}, _to_no_swaps,
)  # fmt: skip
_undone(
    trading.close_account, ["status"],
    lambda inputs: {"status": Status.CLOSED.value}, _to_open, holds=True,
)  # fmt: skip
_undone(trading.give_credit, [], lambda inputs: {}, _to_no_credit)
_undone(trading.take_back_lent, [], lambda inputs: {}, _to_credit)
