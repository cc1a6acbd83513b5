"""Balances that their own deals do not explain: found by recomputing, explained by a person."""

from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.trading.events import BalanceBreakFound, BreakExplained
from nostro.trading.models import BalanceBreak, TradingAccount


class KnownBreak(Problem):
    """The same difference stands there already."""

    status = 409


@operation(internal=True)
def open_break(
    act: Act, account: TradingAccount, *, shown: Decimal, derived: Decimal, cause: str
) -> BalanceBreak:
    """Write down a difference, once: the same one is not opened again while it stands."""
    latest = account.balancebreak_set.order_by("-pk").first()
    if latest is not None and latest.shown - latest.derived == shown - derived:
        raise KnownBreak(f"{latest} says so already.")
    found = BalanceBreak.objects.create(
        account=account, shown=shown, derived=derived, cause=cause[:200], found_at=act.at,
        status=BalanceBreak.Status.OPEN,
    )  # fmt: skip
    act.record(BalanceBreakFound(account.pk, found.pk), about=account)
    return found


@operation(title="Explain", icon="check")
def explain_break(act: Act, balance_break: BalanceBreak, *, note: str) -> BalanceBreak:
    """Say what happened on the platform and what was done about it."""
    if not note.strip():
        raise Problem("Say what happened.", field="note")
    balance_break.move_to(BalanceBreak.Status.EXPLAINED, note=note.strip()[:200])
    act.record(BreakExplained(balance_break.pk, note.strip()[:200]), about=balance_break)
    return balance_break
