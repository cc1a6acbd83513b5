"""Trading accounts, from the wish to the end: asked for, decided by a rule, opened, changed."""

from decimal import Decimal
from uuid import uuid4

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import whole
from nostro.people.models import Client
from nostro.rules.deciding import decide
from nostro.trading.decisions import ALLOWANCE, LEVERAGE, SWAP_FREE, AllowanceAsked
from nostro.trading.events import (
    AccountClosed,
    AccountFailed,
    AccountOpened,
    AccountRefused,
    AccountReopened,
    AccountRequested,
    LeverageAsked,
    LeverageRefused,
    LeverageRequestRefused,
    LeverageSet,
    PracticeOpened,
)
from nostro.trading.models import Group, LeverageRequest, Platform, TradingAccount
from nostro.trading.operations.credentials import make_secret
from nostro.trading.operations.deals import adopt
from nostro.trading.operations.opening import place as place
from nostro.trading.operations.opening import provision, wish_at_opening, without_swaps
from nostro.trading.operations.restrictions import StillInUse as StillInUse
from nostro.trading.operations.restrictions import end_all, keep_account, moves
from nostro.trading.operations.virtual import ask_virtual_money
from nostro.trading.queries import capped, ceilings, leverage_asked, on_the_way, windows_now
from nostro.trading.queries.leverage import given
from nostro.trading.queries.swaps import swap_free_asked
from nostro.trading.queries.upkeep import overdue_openings

Status = TradingAccount.Status


class NotYet(Problem):
    """A client who may not trade, or not any more."""


class EnoughAccounts(Problem):
    """A client holds as many accounts as the rules allow."""


class NotOffered(Problem):
    """No group of this type and currency under the client's licence."""


class TooMuchLeverage(Problem):
    """Leverage above the client's cap."""


@operation(open_to=("client",), title="Open a trading account", verb="Open account", icon="plus")
def request_account(
    act: Act,
    client: Client,
    *,
    account_type: str,
    currency: str,
    platform: Platform | None = None,
    name: str = "",
    swap_free: bool = False,
) -> TradingAccount:
    """Ask for a trading account. The rules choose its group and leverage at once, and whether it
    trades without swaps where that is asked for.
    """
    if client.status != Client.Status.ACTIVE:
        raise NotYet("A trading account can be opened once the documents are approved.")
    _check_allowance(act, client)
    groups = Group.objects.filter(
        entity=client.entity, **Group.FOLLOWED, swap_free=False, practice=False
    )
    fits = groups.filter(account_type=account_type, currency=currency)
    if act.actor.kind != "system" and not fits.exists():
        raise NotOffered(
            f"We do not offer {account_type} accounts in {currency}.", field="account_type"
        )
    chosen = platform or (fits.first() or groups.first() or _any_group()).platform
    account = TradingAccount.objects.create(
        client=client, entity=client.entity, platform=chosen, account_type=account_type,
        currency=currency,
        name=whole(name, "name", most=40) or f"{account_type.capitalize()} {currency}",
        requested_at=act.at, status=Status.REQUESTED, key=f"NSA{uuid4().hex[:20].upper()}",
    )  # fmt: skip
    act.record(AccountRequested(account_type, currency), about=account)
    free = swap_free and wish_at_opening(act, account)
    provision(act, account, client, fixed=platform is not None, free=free)
    return account


def _any_group() -> Group:
    found = Group.objects.filter(**Group.FOLLOWED, practice=False).first()
    if found is None:
        raise NotOffered("No trading platform is connected yet. Please ask again later.")
    return found


def _check_allowance(act: Act, client: Client) -> None:
    held = TradingAccount.objects.filter(client=client, practice=False).exclude(
        status__in=[Status.CLOSED, Status.REFUSED]
    )
    asked = AllowanceAsked(
        entity=client.entity.code,
        category=client.category,
        level=Decimal(client.level),
    )
    most = int(decide(act, ALLOWANCE, asked, about=client).output.accounts)
    if held.count() >= most:
        raise EnoughAccounts(
            f"{most} trading accounts are the most at your verification level."
            if most
            else "A trading account can be opened once the documents are approved."
        )


def cap_of(act: Act, account: TradingAccount) -> int:
    """The highest leverage the rules allow the account. Kept as a decision."""
    window = windows_now()(account.entity_id)
    asked = leverage_asked(account, news=window is not None)
    most = decide(act, LEVERAGE, asked, about=account).output.most
    return capped(most, window, ceilings()(account), given(account, act.at))


def check_leverage(leverage: int, cap: int) -> None:
    if not 1 <= leverage <= cap:
        raise TooMuchLeverage(f"Leverage is 1:1 to 1:{cap} here.", field="leverage")


@operation(title="Open it", verb="Open", icon="check")
def approve_account(
    act: Act, account: TradingAccount, *, group: Group, leverage: int
) -> TradingAccount:
    """Open an account that the rules left to a person, in this group."""
    if account.status != Status.REQUESTED:
        raise WrongState(f"{account} is {account.status_label.lower()} already.")
    if (group.entity_id, group.currency) != (account.entity_id, account.currency):
        raise NotOffered(
            f"{group} is no {account.currency} group of {account.entity}.", field="group"
        )
    check_kind(account, group)
    if not account.practice:
        check_standing(account)
    check_leverage(leverage, cap_of(act, account))
    if group.swap_free and not account.practice and account.swap_free_until is None:
        terms = decide(act, SWAP_FREE, swap_free_asked(account), about=account)
        if not terms.output.allowed:
            raise NotOffered(f"The rules do not allow it: {terms.sentence}", field="group")
        without_swaps(act, account, terms.output, "As it was opened")
    place(act, account, group, leverage)
    return account


def check_standing(account: TradingAccount) -> None:
    """Nothing more is given to a client who may not trade."""
    if account.client.status != Client.Status.ACTIVE:
        standing = account.client.status_label.lower()
        raise NotYet(f"{account.client} is {standing}: this waits until the client is active.")


def check_kind(account: TradingAccount, group: Group) -> None:
    """Real and virtual money are never kept in one group."""
    if group.practice != account.practice:
        kind = "for practice" if group.practice else "for real money"
        raise NotOffered(f"{group} is {kind}, and {account} is not.", field="group")


@operation(title="Refuse", icon="x", tone="refuse")
def refuse_account(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """Refuse to open it. The client is told the reason."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    old = account.moved_from
    account.move_to(Status.REFUSED, reason=whole(reason), moved_from=None)
    act.record(AccountRefused(account.pk, whole(reason)), about=account)
    if old is not None and moves(old):
        keep_account(act, old)
    return account


@operation(title="Try again", icon="refresh")
def retry_opening(act: Act, account: TradingAccount) -> TradingAccount:
    """Ask the platform again, where it refused to open the account or has not done it for an hour.
    It is looked up there first, so two are never opened.
    """
    overdue = overdue_openings(act.at).filter(pk=account.pk).exists()
    if account.status != Status.FAILED and not overdue:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    if account.login is not None:
        account.status_at = act.at
        account.change("status_at")
        act.record(AccountReopened(account.pk, "Asked again"), about=account)
    elif account.group is not None and account.leverage is not None:
        place(act, account, account.group, account.leverage)
    return account


@operation(internal=True, reads=("group", "platform"))
def account_opened(
    act: Act, account: TradingAccount, *, login: int, main: str, investor: str
) -> TradingAccount:
    """The platform has opened it under this login. Its passwords go behind a one-time link."""
    free = account.group is not None and account.group.swap_free
    account.move_to(
        Status.OPEN, login=login, opened_at=act.at, swap_free_since=act.at if free else None
    )
    event = PracticeOpened if account.practice else AccountOpened
    act.record(event(account.pk, login), about=account)
    if account.virtual_due:
        ask_virtual_money(act, account)
    make_secret(act, account, main=main, investor=investor)
    adopt(act, account.platform)
    return account


@operation(internal=True)
def account_failed(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """The platform refused to open it."""
    account.move_to(Status.FAILED, reason=reason[:200])
    act.record(AccountFailed(account.pk, reason[:200]), about=account)
    return account


@operation(title="Change leverage", icon="scale")
def change_leverage(act: Act, account: TradingAccount, *, leverage: int) -> TradingAccount:
    """Choose another leverage, up to the cap. It applies as soon as the platform confirms."""
    _check_open(account)
    check_leverage_change(account, leverage, cap_of(act, account))
    send_leverage(act, account, leverage)
    return account


def send_leverage(act: Act, account: TradingAccount, leverage: int) -> None:
    """Have the platform asked for it. Chosen anew: news that pass change nothing of it."""
    if account.leverage_before is not None:
        account.leverage_before = None
        account.save(update_fields=["leverage_before"])
    act.record(LeverageAsked(account.pk, leverage), about=account)


def check_leverage_change(account: TradingAccount, leverage: int, cap: int) -> None:
    """What speaks against another leverage, the highest being `cap`."""
    _check_open(account)
    check_leverage(leverage, cap)
    check_another(account, leverage)


def check_another(account: TradingAccount, leverage: int) -> None:
    """What speaks against another leverage, whatever the cap is."""
    if leverage == account.leverage:
        raise Problem(f"Leverage is 1:{leverage} already.", field="leverage")
    if leverage > (account.leverage or 0):
        check_standing(account)
    if leverage < (account.leverage or 0) and account.position_set.exists():
        raise StillInUse(
            "Lower leverage needs more margin: close the open trades first.", field="leverage"
        )


@operation(internal=True)
def leverage_set(act: Act, account: TradingAccount, *, leverage: int) -> TradingAccount:
    """The platform has changed the leverage."""
    was, account.leverage = account.leverage or 0, leverage
    account.save(update_fields=["leverage"])
    for wish in _sent(account, leverage):
        wish.move_to(LeverageRequest.Status.GIVEN)
    act.record(LeverageSet(account.pk, leverage, was), about=account)
    return account


@operation(internal=True)
def leverage_refused(
    act: Act, account: TradingAccount, *, reason: str, leverage: int | None = None
) -> TradingAccount:
    """The platform would not change the leverage. Who wished for it is told."""
    for wish in _sent(account, leverage):
        told = f"The platform refused it: {reason}"
        wish.move_to(LeverageRequest.Status.REFUSED, answer=told[:200])
        act.record(LeverageRequestRefused(account.pk, wish.pk, wish.leverage), about=wish)
    if leverage is not None and account.leverage_given == leverage:
        account.leverage_given = account.leverage_given_until = None
        account.save(update_fields=["leverage_given", "leverage_given_until"])
    act.record(LeverageRefused(account.pk, reason[:200]), about=account)
    return account


def _sent(account: TradingAccount, leverage: int | None) -> QuerySet[LeverageRequest]:
    """The wish that waits for the platform's answer about this leverage."""
    rows = LeverageRequest.objects.select_for_update().filter(account=account)
    return rows.filter(status=LeverageRequest.Status.SENT, leverage=leverage or 0)


def _check_open(account: TradingAccount) -> None:
    if account.status != Status.OPEN:
        raise WrongState(f"{account} is {account.status_label.lower()}.")


@operation(title="Close account", icon="x", tone="refuse")
def close_account(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """Close an account that holds neither money nor trades. Its records stay."""
    if act.actor.kind == "client":
        raise Forbidden("Ask us to close it.")
    check_closing(account, on_the_way(account))
    end_all(act, account)
    account.move_to(Status.CLOSED, reason=whole(reason))
    act.record(AccountClosed(account.pk, whole(reason)), about=account)
    return account


def check_closing(account: TradingAccount, waiting: str) -> None:
    """What keeps an account open; `waiting` is money on its way."""
    if account.practice:
        raise WrongState(f"{account} is for practice: end practice on it instead.")
    if account.balance or account.credit or account.position_set.exists():
        raise StillInUse(f"{account} still holds money or open trades.")
    if account.orders.exists():
        raise StillInUse(f"Orders still wait on {account}: they are cancelled first.")
    if waiting:
        raise StillInUse(waiting)
    account.check_move(Status.CLOSED)
