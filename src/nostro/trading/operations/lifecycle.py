"""What becomes of an account while it lives: its group, swaps, sleep, debts, and its move to
another platform. Each wish is decided by a rule, asked of the platform, and written down once the
platform has done it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.approvals import needed
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import whole
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import (
    PROVISION,
    SWAP_FREE,
    ProvisionAnswer,
    ProvisionAsked,
    SwapFreeAnswer,
    SwapFreeAsked,
)
from nostro.trading.events import (
    GroupAsked,
    GroupRefused,
    GroupSet,
    MigrationAsked,
    SwapFreeEnded,
    SwapFreeGiven,
)
from nostro.trading.models import Group, Restriction, TradingAccount
from nostro.trading.operations.accounts import (
    NotOffered,
    StillInUse,
    change_leverage,
    check_kind,
    check_leverage,
    place,
)
from nostro.trading.operations.restrictions import check_unmoved, restrict

Status = TradingAccount.Status
MOVING = (Status.OPEN, Status.CLOSE_ONLY, Status.READ_ONLY)


@dataclass(frozen=True)
class Facts:
    """What checks ask beside the account: of one, or looked up together for many."""

    waiting: Callable[[TradingAccount], str] = queries.on_the_way
    cap: Callable[[TradingAccount, str], int] = queries.leverage_cap
    ceiling: Callable[[TradingAccount], int] = lambda account: queries.ceilings()(account)
    sibling: Callable[[Group, bool], Group | None] = queries.sibling
    group: Callable[[int, str], Group | None] = queries.group_at


ONE = Facts()


def _reason(text: str) -> str:
    if not text.strip():
        raise Problem("Say why.", field="reason")
    return whole(text)


def _living(account: TradingAccount) -> Group:
    """The group of an account that can be moved now."""
    if account.status not in MOVING or account.group is None or account.login is None:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    return account.group


def _check_target(account: TradingAccount, group: Group, facts: Facts = ONE) -> None:
    if group.entity_id != account.entity_id:
        raise NotOffered(f"{group} is not a group of {account.entity}.", field="group")
    check_kind(account, group)
    if group.currency != account.currency:
        raise NotOffered(
            f"{group} is kept in {group.currency}, and an account keeps its currency. "
            f"Open a new account in {group.currency} instead.",
            field="group",
        )
    if waiting := facts.waiting(account):
        raise StillInUse(waiting)


def _ask_group(
    act: Act, account: TradingAccount, group: Group, reason: str, most: int = 0,
    leverage: int | None = None,
) -> None:  # fmt: skip
    """Ask for another group; leverage above what is allowed there falls with it."""
    other = _check_group(account, group, most, leverage=leverage)
    event = GroupAsked(account.pk, group.pk, group.path, reason, other)
    act.record(event, about=account)


def _check_group(
    account: TradingAccount, group: Group, most: int = 0, facts: Facts = ONE,
    leverage: int | None = None,
) -> int | None:  # fmt: skip
    """What speaks against another group; the leverage that is asked for with it, if another is."""
    _check_target(account, group, facts)
    if group.platform_id != account.platform_id:
        raise NotOffered(f"{group} is on another platform: move the account there.", field="group")
    if group.pk == account.group_id:
        raise Problem(f"{account} is in {group} already.", field="group")
    cap = min(most, facts.ceiling(account)) if most else facts.cap(account, group.account_type)
    if leverage is not None:
        check_leverage(leverage, cap)
    now = account.leverage or 0
    other = leverage if leverage is not None else min(cap, now)
    if other < now and account.position_set.exists():
        raise StillInUse(f"Leverage falls to 1:{other} there: close the open trades first.")
    return other if other != now else None


@operation(title="Move to another group", verb="Move", icon="transfer")
def move_account(
    act: Act, account: TradingAccount, *, group: Group, reason: str, leverage: int | None = None
) -> TradingAccount:
    """Move an account to another group of its platform, with another leverage if you name one. It
    applies once the platform confirms.
    """
    _living(account)
    check_may_lever(act, account, leverage)
    if leverage is not None and account.leverage_before is not None:
        account.leverage_before = None  # chosen anew, as where it is changed alone
        account.save(update_fields=["leverage_before"])
    _ask_group(act, account, group, _reason(reason), leverage=leverage)
    return account


def check_may_lever(act: Act, account: TradingAccount, leverage: int | None) -> None:
    """Leverage that goes with a move asks for what it asks for alone."""
    if leverage is None:
        return
    if not act.actor.may(change_leverage.name):
        raise Forbidden("Your role does not include another leverage: leave it as it is.")
    if needed(act, change_leverage, account, {"leverage": leverage}).people:
        raise Forbidden("Other people agree to another leverage: move the account first, then ask.")


def check_move(
    account: TradingAccount, group: Group, facts: Facts = ONE, leverage: int | None = None
) -> None:
    _living(account)
    _check_group(account, group, facts=facts, leverage=leverage)


@operation(open_to=("client",), title="Change account type", verb="Change", icon="trending-up")
def change_account_type(act: Act, account: TradingAccount, *, account_type: str) -> TradingAccount:
    """Trade on the terms of another account type. The rules say where it is kept."""
    _living(account)
    _check_real(account)
    wanted = decide(act, PROVISION, type_asked(account, account_type), about=account).output
    group = _offered(account, account_type, wanted)
    _ask_group(act, account, group, f"Account type {account_type}", int(wanted.leverage))
    return account


def type_asked(account: TradingAccount, account_type: str) -> ProvisionAsked:
    """The facts that the rule of provisioning is asked with, for another account type."""
    client = account.client
    return ProvisionAsked(
        entity=account.entity.code, country=client.country, account_type=account_type,
        currency=account.currency, category=client.category, level=Decimal(client.level),
        risk=client.risk or "none",
    )  # fmt: skip


def _check_real(account: TradingAccount) -> None:
    if account.practice:
        raise NotOffered(
            "Open another practice account of that type instead.", field="account_type"
        )


def _offered(
    account: TradingAccount, account_type: str, wanted: ProvisionAnswer, facts: Facts = ONE
) -> Group:
    group = facts.group(account.platform_id, wanted.group)
    if group is None:
        raise NotOffered(f"We do not offer {account_type} accounts here.", field="account_type")
    return group


def check_type(
    account: TradingAccount, account_type: str, wanted: ProvisionAnswer, facts: Facts = ONE
) -> None:
    """What speaks against another account type, the rules having answered `wanted`."""
    _living(account)
    _check_real(account)
    group = _offered(account, account_type, wanted, facts)
    _check_group(account, group, int(wanted.leverage), facts)


@operation(internal=True)
def group_set(
    act: Act, account: TradingAccount, *, group: Group, leverage: int | None = None
) -> TradingAccount:
    """The platform has moved the account."""
    was, account.group = account.group, group
    account.account_type = group.account_type
    account.leverage = leverage or account.leverage
    since = account.swap_free_since
    if not group.swap_free:
        account.swap_free_until = account.swap_free_since = None
    elif was is None or not was.swap_free:
        # However it came here: nights before were paid for in swaps.
        account.swap_free_since = act.at
    account.save(
        update_fields=["group", "account_type", "leverage", "swap_free_until", "swap_free_since"]
    )
    act.record(GroupSet(account.pk, group.path, str(was or "none"), since), about=account)
    return account


@operation(internal=True)
def group_refused(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """The platform would not move the account: nothing was given."""
    if account.group is not None and not account.group.swap_free:
        account.swap_free_until = None
        account.save(update_fields=["swap_free_until"])
    act.record(GroupRefused(account.pk, reason[:200]), about=account)
    return account


# ── Swaps ──


@operation(title="Trade without swaps", verb="Allow", icon="moon")
def make_swap_free(act: Act, account: TradingAccount, *, days: int, reason: str) -> TradingAccount:
    """Keep an account without overnight interest for some days; then it goes back by itself."""
    here = _living(account)
    answer = decide(act, SWAP_FREE, swap_free_asked(account), about=account)
    group = check_swap_free(account, days, answer.output, answer.sentence)
    account.swap_free_until = act.at + timedelta(days=days)
    account.save(update_fields=["swap_free_until"])
    if not here.swap_free:
        _ask_group(act, account, group, "Without swaps", account.leverage or 0)
    event = SwapFreeGiven(account.pk, days, _reason(reason), answer.id)
    act.record(event, about=account)
    return account


def swap_free_asked(account: TradingAccount) -> SwapFreeAsked:
    """The facts that the rule of trading without swaps is asked with."""
    return SwapFreeAsked(
        entity=account.entity.code, country=account.client.country,
        account_type=account.account_type, category=account.client.category,
    )  # fmt: skip


def check_swap_free(
    account: TradingAccount, days: int, answer: SwapFreeAnswer, why: str, facts: Facts = ONE
) -> Group:
    """What speaks against trading without swaps, by what the rules answered; the group for it."""
    here = _living(account)
    if not answer.allowed:
        raise Forbidden(f"The rules do not allow it: {why}")
    if not 1 <= days <= answer.days:
        raise Problem(f"It can be given for 1 to {answer.days:.0f} days.", field="days")
    group = facts.sibling(here, True)
    if group is None:
        raise NotOffered(f"There is no swap-free group beside {here}.")
    if not here.swap_free:
        _check_group(account, group, account.leverage or 0, facts)
    return group


@operation(title="End swap-free trading", verb="End", icon="sun")
def end_swap_free(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """Put the account back into the group with swaps."""
    group = check_swaps(account)
    said = _reason(reason)
    _ask_group(act, account, group, said, account.leverage or 0)
    act.record(SwapFreeEnded(account.pk, said), about=account)
    return account


def check_swaps(account: TradingAccount, facts: Facts = ONE) -> Group:
    """What speaks against swaps again; the group for it."""
    here = _living(account)
    if not here.swap_free:
        raise WrongState(f"{account} pays swaps.")
    group = facts.sibling(here, False)
    if group is None:
        raise NotOffered(f"There is no group with swaps beside {here}.")
    _check_group(account, group, account.leverage or 0, facts)
    return group


# ── To another platform ──


@operation(title="Move to another platform", verb="Move", icon="arrows-exchange")
def migrate_account(
    act: Act, account: TradingAccount, *, group: Group, reason: str
) -> TradingAccount:
    """Open the account anew on another platform, carry its money over and close the old one.

    Open trades are closed first: no platform takes another one's positions. A restriction would
    not go along, so a restricted account is not moved. Until its money is over, nothing else lets
    the old account trade again.
    """
    _living(account)
    if account.status != Status.OPEN:
        raise WrongState(
            f"{account} is {account.status_label.lower()}. Lift that first: it would be open there."
        )
    if account.practice:
        raise NotOffered(
            "Open a practice account there instead: virtual money is not carried over."
        )
    if group.platform_id == account.platform_id:
        raise NotOffered(f"{group} is on {account.platform}: move it to that group.", field="group")
    _check_target(account, group)
    if account.position_set.exists() or account.credit:
        raise StillInUse("Close the open trades and take back credit first.")
    if account.balance < 0:
        raise StillInUse(f"{account} is below zero: that is set right first.")
    if account.orders.exists():
        raise StillInUse(f"Orders still wait on {account}: they are cancelled first.")
    check_unmoved(account)
    said = _reason(reason)
    cap = queries.leverage_cap(account, group.account_type)
    heir = TradingAccount.objects.create(
        client=account.client, entity=account.entity, platform=group.platform, moved_from=account,
        account_type=group.account_type, currency=account.currency, name=account.name,
        requested_at=act.at, status=Status.REQUESTED, key=f"NSA{uuid4().hex[:20].upper()}",
    )  # fmt: skip
    moves = f"Moves to {group.platform}: {said}"[:200]
    restrict(act, account, Restriction.Cause.MOVE, Status.READ_ONLY, moves)
    event = MigrationAsked(account.pk, heir.pk, group.platform.name, said)
    act.record(event, about=account)
    place(act, heir, group, min(cap, account.leverage or cap))
    return heir
