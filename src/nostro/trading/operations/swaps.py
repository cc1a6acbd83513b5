"""Trading without swaps as clients ask for it, and what a night costs them: decided by rules, given
with an end, and charged on the platform. A fee is never below zero, and never takes more than is
free on the account.
"""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import SWAP_FREE_REQUEST, SWAP_FREE_TERMS
from nostro.trading.events import (
    NightCounted,
    NightLeftUncharged,
    SwapFreeApproved,
    SwapFreeCancelled,
    SwapFreeFeeAsked,
    SwapFreeRefused,
    SwapFreeRequested,
)
from nostro.trading.models import Platform, SwapFreeRequest, TradingAccount
from nostro.trading.operations.accounts import NotOffered
from nostro.trading.operations.lifecycle import make_swap_free
from nostro.trading.queries.books import FEE

Status = SwapFreeRequest.Status


class OwnWish(Problem):
    """Whoever asked for it does not also give it."""


class AskedAlready(Problem):
    """One wish at a time."""

    status = 409


@operation(
    open_to=("client",), title="Ask to trade without swaps", verb="Ask", icon="moon",
    reads=("entity", "client", "group", "platform"),
)  # fmt: skip
def ask_swap_free(
    act: Act, account: TradingAccount, *, days: int, reason: str = ""
) -> SwapFreeRequest:
    """Wish to trade an account without overnight interest for some days. Then it pays swaps again.

    A rule gives it at once, leaves it to a person of ours, or refuses with the reason.
    """
    if account.status != TradingAccount.Status.OPEN:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    if account.practice:
        raise NotOffered("A practice account pays no interest that matters.")
    if account.group is not None and account.group.swap_free:
        raise WrongState(f"{account} trades without swaps already.")
    if account.swap_free_requests.filter(status=Status.ASKED).exists():
        raise AskedAlready("You have asked already. We answer within a day.")
    if not 1 <= days <= 3650:
        raise Problem("Say for how many days.", field="days")
    answer = decide(act, SWAP_FREE_REQUEST, queries.swap_free_wished(account, days), about=account)
    wish = SwapFreeRequest.objects.create(
        account=account, days=days, reason=whole(reason), why=answer.sentence,
        decision=answer.id, asked_at=act.at, status=Status.ASKED,
        asked_by=act.asked_by,
    )  # fmt: skip
    act.record(SwapFreeRequested(account.pk, wish.pk, days, answer.id), about=wish)
    if answer.output.verdict == "refused":
        wish.move_to(Status.REFUSED, answer=answer.output.told)
        act.record(SwapFreeRefused(account.pk, wish.pk), about=wish)
    elif answer.output.verdict == "automatic" and wish.asked_by is None:
        _give(act, wish, days)
    return wish


def _give(act: Act, wish: SwapFreeRequest, days: int) -> None:
    wish.move_to(Status.GIVEN, days=days)
    make_swap_free(act, wish.account, days=days, reason=f"The client asked for it, {wish}")


@operation(
    title="Give it", icon="check",
    reads=("account__client", "account__entity", "account__group", "account__platform"),
)  # fmt: skip
def approve_swap_free(
    act: Act, request: SwapFreeRequest, *, days: int | None = None
) -> SwapFreeRequest:
    """Let the account trade without swaps, for the days the client asked for or for others."""
    if act.actor.is_client(request.client_id) or (
        act.actor.kind == "staff" and act.actor.id == request.asked_by
    ):
        raise OwnWish("Somebody else gives what you asked for.")
    request.check_move(Status.GIVEN)
    _give(act, request, days or request.days)
    act.record(SwapFreeApproved(request.account_id, request.pk), about=request)
    return request


@operation(title="Refuse", icon="x", tone="refuse", reads=("account",))
def refuse_swap_free(act: Act, request: SwapFreeRequest, *, reason: str) -> SwapFreeRequest:
    """Refuse, with the reason the client is told."""
    if not reason.strip():
        raise Problem("The client is told the reason: write one.", field="reason")
    request.move_to(Status.REFUSED, answer=whole(reason))
    act.record(SwapFreeRefused(request.account_id, request.pk), about=request)
    return request


@operation(
    open_to=("client",), title="Take it back", icon="x", tone="refuse", reads=("account",)
)  # fmt: skip
def cancel_swap_free(act: Act, request: SwapFreeRequest) -> SwapFreeRequest:
    """Take a wish back, as long as nobody has decided about it."""
    request.move_to(Status.CANCELLED)
    act.record(SwapFreeCancelled(request.account_id, request.pk), about=request)
    return request


@operation(internal=True, reads=("client", "entity", "group", "platform"))
def charge_night(act: Act, account: TradingAccount, *, night: date) -> TradingAccount:
    """Ask for what a night of held trades costs, where the rule says that it costs something."""
    found = queries.held_overnight(account.platform, night, account.pk)
    held = [one for own in found for one in own]
    usd, decisions = Decimal(0), list[int]()
    for one in held:
        facts = queries.swap_free_held(account, one.instrument, one.nights)
        answer = decide(act, SWAP_FREE_TERMS, facts, about=account)
        if answer.output.fee:
            usd += answer.output.fee * one.lots
            decisions.append(answer.id)
    money = queries.swap_free_money(account, usd)
    if money.amount <= 0:
        raise WrongState(f"The night costs nothing on {account}, or nothing is free there.")
    reference = f"{FEE}{uuid4().hex[:20].upper()}"
    event = SwapFreeFeeAsked(account.pk, money, reference, night, len(decisions), decisions)
    act.record(event, about=account)
    return account


@operation(internal=True)
def count_night(act: Act, platform: Platform, *, night: date, accounts: int) -> Platform:
    """Write down that a night was looked through, and on how many accounts it costs something.

    Trades that nobody can charge, as their opening was never read, are named.
    """
    act.record(NightCounted(night, accounts), about=platform)
    unread = queries.opened_unread(platform, night)
    if unread:
        act.record(NightLeftUncharged(night, unread), about=platform)
    return platform
