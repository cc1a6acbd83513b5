"""Which buttons an account shows, and what keeps one from being pressed."""

from collections.abc import Callable

from nostro.core.acts import Act
from nostro.kit.problems import Problem
from nostro.trading import operations, queries
from nostro.trading.models import Restriction, TradingAccount
from nostro.ui.actions import allow_when, only_in

Status = TradingAccount.Status
RESTRICTED = (Status.CLOSE_ONLY, Status.READ_ONLY, Status.DISABLED)
PERSON = Restriction.Cause.PERSON

allow_when(operations.approve_account, only_in(Status.REQUESTED))
allow_when(operations.refuse_account, only_in(Status.REQUESTED, Status.FAILED))
allow_when(operations.change_leverage, only_in(Status.OPEN))
allow_when(operations.restrict_account, only_in(Status.OPEN, Status.DORMANT, *RESTRICTED))
allow_when(operations.ask_passwords, only_in(*operations.SIGNS_IN))
allow_when(operations.reactivate_account, only_in(Status.DORMANT))
allow_when(operations.reopen_account, only_in(Status.CLOSED))


def _may_retry(act: Act, row: TradingAccount) -> str | None:
    overdue = row.status == Status.OPENING or row.archived_at is not None
    if row.status == Status.FAILED:
        return ""
    return "" if overdue and queries.overdue_openings(act.at).filter(pk=row.pk).exists() else None


def _may_lift(act: Act, row: TradingAccount) -> str | None:
    if row.status not in RESTRICTED:
        return None
    try:
        operations.check_lifting(row, queries.restrictions_of(row))
    except Problem as refusal:
        return refusal.sentence
    return ""


def _may_ease(act: Act, row: TradingAccount) -> str | None:
    """Only what people have restricted."""
    mine = any(one.cause == PERSON for one in queries.restrictions_of(row))
    return "" if row.status in RESTRICTED and mine else None


def _may_close(act: Act, row: TradingAccount) -> str | None:
    if row.status not in queries.OPEN or row.practice:
        return None
    if row.balance or row.credit or row.position_set.exists():
        return "It still holds money or open trades."
    return "Orders still wait on it." if row.orders.exists() else queries.on_the_way(row)


def _may_move(act: Act, row: TradingAccount) -> str | None:
    """An account that trades can be moved, unless money is on its way."""
    return queries.on_the_way(row) if row.status in (Status.OPEN, *RESTRICTED[:2]) else None


def _may_migrate(act: Act, row: TradingAccount) -> str | None:
    if row.status not in (Status.OPEN, *RESTRICTED[:2]) or row.practice:
        return None
    if row.credit or row.position_set.exists():
        return "Close the open trades and take back credit first."
    return queries.on_the_way(row)


def _may_write_off(act: Act, row: TradingAccount) -> str | None:
    if row.practice or row.status not in queries.OPEN or row.balance >= 0:
        return None
    return "Close the open trades first." if row.position_set.exists() else ""


def _may_practise(act: Act, row: TradingAccount) -> str | None:
    return "" if row.practice and row.status == Status.OPEN else None


def _may_end(act: Act, row: TradingAccount) -> str | None:
    if not row.practice or row.status not in queries.OPEN:
        return None
    busy = row.position_set.exists() or row.orders.exists()
    return "Close the open trades and cancel the orders first." if busy else ""


def _may_swap(free: bool) -> Callable[[Act, TradingAccount], str | None]:
    def may(act: Act, row: TradingAccount) -> str | None:
        fits = row.group is not None and row.group.swap_free is free
        return _may_move(act, row) if fits else None

    return may


allow_when(operations.retry_opening, _may_retry)
allow_when(operations.lift_restriction, _may_lift)
allow_when(operations.ease_restriction, _may_ease)
allow_when(operations.close_account, _may_close)
allow_when(operations.propose_write_off, _may_write_off)
allow_when(operations.top_up_practice, _may_practise)
allow_when(operations.end_practice, _may_end)
allow_when(operations.move_account, _may_move)
allow_when(operations.change_account_type, lambda a, r: None if r.practice else _may_move(a, r))
allow_when(operations.migrate_account, _may_migrate)
allow_when(operations.make_swap_free, _may_swap(False))
allow_when(operations.end_swap_free, _may_swap(True))
