"""What becomes of an account while it lives: its group, swaps, sleep, debts, and its move to
another platform. Each wish is decided by a rule, asked of the platform, and written down once the
platform has done it.
"""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import Forbidden, Problem
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import (
    DORMANCY,
    NEGATIVE,
    PROVISION,
    SWAP_FREE,
    DormancyAsked,
    NegativeAsked,
    ProvisionAsked,
    SwapFreeAsked,
)
from nostro.trading.events import (
    AccountReactivated,
    DormancyFeeAsked,
    DormancyNoticed,
    DormancyStarted,
    GroupAsked,
    GroupRefused,
    GroupSet,
    MigrationAsked,
    NegativeFound,
    PlatformMoneyBooked,
    PlatformMoneyRefused,
    SwapFreeEnded,
    SwapFreeGiven,
)
from nostro.trading.models import Group, TradingAccount
from nostro.trading.operations.accounts import NotOffered, StillInUse, place
from nostro.trading.operations.deals import FEE, WRITTEN_OFF
from nostro.trading.rates import in_usd

Status = TradingAccount.Status
MOVING = (Status.OPEN, Status.CLOSE_ONLY, Status.READ_ONLY)


def _reason(text: str) -> str:
    if not text.strip():
        raise Problem("Say why.", field="reason")
    return text.strip()[:200]


def _living(account: TradingAccount) -> Group:
    """The group of an account that can be moved now."""
    if account.status not in MOVING or account.group is None or account.login is None:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    return account.group


def _check_target(account: TradingAccount, group: Group) -> None:
    if group.entity_id != account.entity_id:
        raise NotOffered(f"{group} is not a group of {account.entity}.", field="group")
    if group.currency != account.currency:
        raise NotOffered(
            f"{group} is kept in {group.currency}, and an account keeps its currency. "
            f"Open a new account in {group.currency} instead.",
            field="group",
        )
    if waiting := queries.on_the_way(account):
        raise StillInUse(waiting)


def _ask_group(act: Act, account: TradingAccount, group: Group, reason: str, most: int = 0) -> None:
    """Ask for another group; leverage above what is allowed there falls with it."""
    _check_target(account, group)
    if group.platform_id != account.platform_id:
        raise NotOffered(f"{group} is on another platform: move the account there.", field="group")
    if group.pk == account.group_id:
        raise Problem(f"{account} is in {group} already.", field="group")
    cap = most or queries.leverage_cap(account, group.account_type)
    lower = cap if (account.leverage or 0) > cap else None
    if lower and account.position_set.exists():
        raise StillInUse(f"Leverage falls to 1:{lower} there: close the open trades first.")
    event = GroupAsked(account.pk, group.pk, group.path, reason, lower)
    act.record(event, about=account)


@operation(title="Move to another group", verb="Move", icon="arrows-transfer-up")
def move_account(act: Act, account: TradingAccount, *, group: Group, reason: str) -> TradingAccount:
    """Move an account to another group of its platform. It applies once the platform confirms."""
    _living(account)
    _ask_group(act, account, group, _reason(reason))
    return account


@operation(open_to=("client",), title="Change account type", verb="Change", icon="arrow-up-circle")
def change_account_type(act: Act, account: TradingAccount, *, account_type: str) -> TradingAccount:
    """Trade on the terms of another account type. The rules say where it is kept."""
    here = _living(account)
    client = account.client
    asked = ProvisionAsked(
        entity=account.entity.code, country=client.country, account_type=account_type,
        currency=account.currency, category=client.category, level=Decimal(client.level),
        risk=client.risk or "none",
    )  # fmt: skip
    wanted = decide(act, PROVISION, asked, about=account).output
    group = Group.objects.filter(path=wanted.group, platform=here.platform_id).first()
    if group is None:
        raise NotOffered(f"We do not offer {account_type} accounts here.", field="account_type")
    _ask_group(act, account, group, f"Account type {account_type}", int(wanted.leverage))
    return account


@operation(internal=True)
def group_set(
    act: Act, account: TradingAccount, *, group: Group, leverage: int | None = None
) -> TradingAccount:
    """The platform has moved the account."""
    was, account.group = account.group, group
    account.account_type = group.account_type
    account.leverage = leverage or account.leverage
    if not group.swap_free:
        account.swap_free_until = None
    account.save(update_fields=["group", "account_type", "leverage", "swap_free_until"])
    act.record(GroupSet(account.pk, group.path, str(was or "none")), about=account)
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
    asked = SwapFreeAsked(
        entity=account.entity.code, country=account.client.country,
        account_type=account.account_type, category=account.client.category,
    )  # fmt: skip
    answer = decide(act, SWAP_FREE, asked, about=account)
    if not answer.output.allowed:
        raise Forbidden(f"The rules do not allow it: {answer.sentence}")
    if not 1 <= days <= answer.output.days:
        raise Problem(f"It can be given for 1 to {answer.output.days:.0f} days.", field="days")
    group = queries.sibling(here, swap_free=True)
    if group is None:
        raise NotOffered(f"There is no swap-free group beside {here}.")
    account.swap_free_until = act.at + timedelta(days=days)
    account.save(update_fields=["swap_free_until"])
    if not here.swap_free:
        _ask_group(act, account, group, "Without swaps", account.leverage or 0)
    event = SwapFreeGiven(account.pk, days, _reason(reason), answer.id)
    act.record(event, about=account)
    return account


@operation(title="End swap-free trading", verb="End", icon="moon-off")
def end_swap_free(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """Put the account back into the group with swaps."""
    here = _living(account)
    if not here.swap_free:
        raise WrongState(f"{account} pays swaps.")
    group = queries.sibling(here, swap_free=False)
    if group is None:
        raise NotOffered(f"There is no group with swaps beside {here}.")
    said = _reason(reason)
    _ask_group(act, account, group, said, account.leverage or 0)
    act.record(SwapFreeEnded(account.pk, said), about=account)
    return account


# ── Sleep ──


def dormancy_asked(account: TradingAccount, idle_days: int, noticed_days: int) -> DormancyAsked:
    """The facts that the rule of dormancy is asked with."""
    return DormancyAsked(
        entity=account.entity.code,
        status="dormant" if account.status == Status.DORMANT else "open",
        idle_days=Decimal(idle_days),
        noticed_days=Decimal(noticed_days),
        balance=in_usd(account.balance_money),
    )


@operation(internal=True, reads=("entity",))
def settle_idleness(
    act: Act, account: TradingAccount, *, idle_days: int, noticed_days: int
) -> TradingAccount:
    """Do what the rule of dormancy says is due: a notice, sleep, or the month's fee."""
    answer = decide(act, DORMANCY, dormancy_asked(account, idle_days, noticed_days), about=account)
    step = answer.output.step
    if step == "notice":
        account.idle_notice_at = act.at
        account.save(update_fields=["idle_notice_at"])
        act.record(DormancyNoticed(account.pk, idle_days, answer.id), about=account)
    elif step == "dormant":
        account.move_to(Status.DORMANT, reason=f"No trade for {idle_days} days")
        act.record(DormancyStarted(account.pk, idle_days, answer.id), about=account)
    elif step == "fee":
        fee = min(account.money(answer.output.fee), account.free_money)
        if fee.amount <= 0:
            raise WrongState(f"{account} holds nothing that could be charged.")
        event = DormancyFeeAsked(account.pk, fee, _reference(FEE), answer.id)
        act.record(event, about=account)
    else:
        raise WrongState(f"Nothing is due on {account}.")
    return account


@operation(open_to=("client",), title="Use it again", icon="sun")
def reactivate_account(act: Act, account: TradingAccount) -> TradingAccount:
    """Wake a dormant account: it can trade again, and costs nothing more."""
    if account.status != Status.DORMANT:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    account.move_to(Status.OPEN, reason="", idle_notice_at=None)
    act.record(AccountReactivated(account.pk), about=account)
    return account


# ── Below zero ──


def negative_asked(account: TradingAccount) -> NegativeAsked:
    """The facts that the rule of negative balances is asked with."""
    return NegativeAsked(
        entity=account.entity.code,
        category=account.client.category,
        owed=-in_usd(account.balance_money),
    )


@operation(internal=True, reads=("entity", "client"))
def correct_negative(act: Act, account: TradingAccount) -> TradingAccount:
    """Set an account that a stop-out left below zero to zero, where the rules say so."""
    if account.balance >= 0 or account.position_set.exists():
        raise WrongState(f"{account} is not below zero, or still has open trades.")
    answer = decide(act, NEGATIVE, negative_asked(account), about=account)
    event = NegativeFound(
        account.pk, -account.balance_money, account.money(account.credit), answer.output.correct,
        _reference(WRITTEN_OFF), answer.id,
    )  # fmt: skip
    act.record(event, about=account)
    return account


@operation(internal=True)
def money_booked(
    act: Act, account: TradingAccount, *, money: Money, why: str, ticket: int
) -> TradingAccount:
    """The platform has booked what we asked for. The ledger follows with its deal."""
    act.record(PlatformMoneyBooked(account.pk, money, why, ticket), about=account)
    return account


@operation(internal=True)
def booking_refused(
    act: Act, account: TradingAccount, *, money: Money, reason: str
) -> TradingAccount:
    """The platform would not book it: nothing has moved."""
    act.record(PlatformMoneyRefused(account.pk, money, reason[:200]), about=account)
    return account


def _reference(prefix: str) -> str:
    return f"{prefix}{uuid4().hex[:20].upper()}"


# ── To another platform ──


@operation(title="Move to another platform", verb="Move", icon="arrows-right-left")
def migrate_account(
    act: Act, account: TradingAccount, *, group: Group, reason: str
) -> TradingAccount:
    """Open the account anew on another platform, carry its money over and close the old one.

    Open trades are closed first: no platform takes another one's positions.
    """
    _living(account)
    if group.platform_id == account.platform_id:
        raise NotOffered(f"{group} is on {account.platform}: move it to that group.", field="group")
    _check_target(account, group)
    if account.position_set.exists() or account.credit:
        raise StillInUse("Close the open trades and take back credit first.")
    if TradingAccount.objects.filter(moved_from=account).exists():
        raise WrongState(f"{account} is being moved already.")
    said = _reason(reason)
    cap = queries.leverage_cap(account, group.account_type)
    heir = TradingAccount.objects.create(
        client=account.client, entity=account.entity, platform=group.platform, moved_from=account,
        account_type=group.account_type, currency=account.currency, name=account.name,
        requested_at=act.at, status=Status.REQUESTED, key=f"NSA{uuid4().hex[:20].upper()}",
    )  # fmt: skip
    if account.status != Status.READ_ONLY:
        account.move_to(Status.READ_ONLY, reason=f"Moves to {group.platform}: {said}"[:200])
    event = MigrationAsked(account.pk, heir.pk, group.platform.name, said)
    act.record(event, about=account)
    place(act, heir, group, min(cap, account.leverage or cap))
    return heir
