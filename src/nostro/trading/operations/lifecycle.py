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
from nostro.trading.operations.opening import without_swaps
from nostro.trading.operations.restrictions import check_unmoved, restrict

Status = TradingAccount.Status


class SwapFreeEnds(Problem):
    """Trading without swaps would end, and nobody has agreed to that."""


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
    here, said = _living(account), _reason(reason)
    check_may_lever(act, account, leverage)
    if leverage is not None and account.leverage_before is not None:
        account.leverage_before = None  # chosen anew, as where it is changed alone
        account.save(update_fields=["leverage_before"])
    _ask_group(act, account, group, said, leverage=leverage)
    if here.swap_free and not group.swap_free:
        act.record(SwapFreeEnded(account.pk, said), about=account)
    elif group.swap_free and not here.swap_free:
        terms = decide(act, SWAP_FREE, queries.swap_free_asked(account), about=account).output
        if terms.allowed:  # elsewhere a person overrides the rules, and says when it ends
            without_swaps(act, account, terms, said)
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
def change_account_type(
    act: Act, account: TradingAccount, *, account_type: str, end_swap_free: bool = False
) -> TradingAccount:
    """Trade on the terms of another account type. The rules say where it is kept.

    Trading without swaps goes on if the other type has it, and ends only if that is agreed to.
    """
    here = _living(account)
    _check_real(account)
    terms = None
    if here.swap_free:
        asked = queries.swap_free_asked(account, account_type)
        terms = decide(act, SWAP_FREE, asked, about=account).output
    facts = type_asked(account, account_type, terms)
    wanted = decide(act, PROVISION, facts, about=account).output
    group = _type_group(account, account_type, wanted, terms, end_swap_free)
    said = f"Account type {account_type}"
    _ask_group(act, account, group, said, int(wanted.leverage))
    if here.swap_free and not group.swap_free:
        act.record(SwapFreeEnded(account.pk, said), about=account)
    return account


def type_asked(
    account: TradingAccount, account_type: str, terms: SwapFreeAnswer | None
) -> ProvisionAsked:
    """The facts that the rule of provisioning is asked with, for another account type; `terms` are
    those of trading without swaps on it, where the account does.
    """
    client = account.client
    return ProvisionAsked(
        entity=account.entity.code, country=client.country, account_type=account_type,
        currency=account.currency, category=client.category, level=Decimal(client.level),
        risk=client.risk or "none", swap_free=terms is not None and terms.allowed,
    )  # fmt: skip


def _check_real(account: TradingAccount) -> None:
    if account.practice:
        raise NotOffered(
            "Open another practice account of that type instead.", field="account_type"
        )


def _type_group(
    account: TradingAccount, account_type: str, wanted: ProvisionAnswer,
    terms: SwapFreeAnswer | None, ends: bool, facts: Facts = ONE,
) -> Group:  # fmt: skip
    """The group of another account type, as the rules name it: on this platform, in the book that
    they want, and without swaps where the account trades so and may go on.
    """
    group = facts.group(account.platform_id, wanted.group)
    elsewhere = wanted.platform not in ("", account.platform.slug)
    free = terms is not None and terms.allowed
    if group is not None and group.swap_free != free:
        # Without a group beside it an account pays swaps again, and never stops paying them.
        group = facts.sibling(group, free) or (group if free else None)
    if group is None or elsewhere or wanted.leverage < 1:
        raise NotOffered(f"We do not offer {account_type} accounts here.", field="account_type")
    if wanted.book not in ("any", group.book):
        raise NotOffered(
            f"{account_type.capitalize()} accounts like this one are kept elsewhere: one of us has "
            "to move it.",
            field="account_type",
        )
    if terms is not None and not group.swap_free and not ends:
        raise SwapFreeEnds(
            f"{account_type.capitalize()} accounts pay swaps here: trading without them would end. "
            "Agree to that first.",
            field="end_swap_free",
        )
    return group


def check_type(
    account: TradingAccount, account_type: str, wanted: ProvisionAnswer,
    terms: SwapFreeAnswer | None, ends: bool, facts: Facts = ONE,
) -> None:  # fmt: skip
    """What speaks against another account type, the rules having answered `wanted`."""
    _living(account)
    _check_real(account)
    group = _type_group(account, account_type, wanted, terms, ends, facts)
    _check_group(account, group, int(wanted.leverage), facts)


@operation(internal=True)
def group_set(
    act: Act, account: TradingAccount, *, group: Group, leverage: int | None = None
) -> TradingAccount:
    """The platform has moved the account."""
    was, account.group = account.group, group
    if account.account_type != group.account_type:
        # What people gave above the rules was given to an account of another type.
        account.leverage_given = account.leverage_given_until = None
    account.account_type = group.account_type
    account.leverage = leverage or account.leverage
    since = account.swap_free_since
    if not group.swap_free:
        account.swap_free_until = account.swap_free_since = None
    elif was is None or not was.swap_free:
        # However it came here: nights before were paid for in swaps.
        account.swap_free_since = act.at
    account.save(update_fields=[
        "group", "account_type", "leverage", "swap_free_until", "swap_free_since",
        "leverage_given", "leverage_given_until",
    ])  # fmt: skip
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
    answer = decide(act, SWAP_FREE, queries.swap_free_asked(account), about=account)
    group = check_swap_free(account, days, answer.output, answer.sentence)
    account.swap_free_until = act.at + timedelta(days=days)
    account.save(update_fields=["swap_free_until"])
    if not here.swap_free:
        _ask_group(act, account, group, "Without swaps", account.leverage or 0)
    event = SwapFreeGiven(account.pk, days, _reason(reason), answer.id)
    act.record(event, about=account)
    return account


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
    the old account trade again. Trading without swaps goes along into a group that has it.
    """
    here = _living(account)
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
    cap, same = (
        queries.leverage_cap(account, group.account_type),
        group.account_type == account.account_type,
    )
    heir = TradingAccount.objects.create(
        client=account.client, entity=account.entity, platform=group.platform, moved_from=account,
        account_type=group.account_type, currency=account.currency, name=account.name,
        requested_at=act.at, status=Status.REQUESTED, key=f"NSA{uuid4().hex[:20].upper()}",
        swap_free_until=account.swap_free_until if group.swap_free else None,
        leverage_given=account.leverage_given if same else None,
        leverage_given_until=account.leverage_given_until if same else None,
    )  # fmt: skip
    moves = f"Moves to {group.platform}: {said}"[:200]
    restrict(act, account, Restriction.Cause.MOVE, Status.READ_ONLY, moves)
    if here.swap_free and not group.swap_free:
        act.record(SwapFreeEnded(account.pk, said), about=account)
    event = MigrationAsked(account.pk, heir.pk, group.platform.name, said)
    act.record(event, about=account)
    place(act, heir, group, min(cap, account.leverage or cap))
    return heir
