"""Leverage as clients wish for it: set at once within the cap, looked at by a person above it, and
never above what the licence allows. What is given above the cap has an end: then leverage follows
the rules again, and the client is told before it falls.
"""

from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import LEVERAGE_REQUEST, LeverageVerdict
from nostro.trading.events import (
    LeverageApproved,
    LeverageCancelled,
    LeverageGiven,
    LeverageGivenEnded,
    LeverageRequested,
    LeverageRequestRefused,
)
from nostro.trading.models import LeverageRequest, TradingAccount
from nostro.trading.operations.accounts import (
    TooMuchLeverage,
    cap_of,
    check_another,
    check_leverage,
    send_leverage,
)
from nostro.trading.queries.leverage import given, leverage_wished

Status = LeverageRequest.Status
ANY = 366
"""Days that a person may give it for where the rule named none."""


class OwnLeverageWish(Problem):
    """Whoever asked for it does not also give it."""


class LeverageAskedAlready(Problem):
    """One wish at a time."""

    status = 409


@operation(
    open_to=("client",), title="Ask for leverage", verb="Ask", icon="scale",
    reads=("entity", "client", "platform"),
)  # fmt: skip
def ask_leverage(
    act: Act, account: TradingAccount, *, leverage: int, reason: str = ""
) -> LeverageRequest:
    """Wish for another leverage. What the rules allow is set at once; above that a rule says
    whether a person of ours looks, or refuses with the reason. Nobody gives more than the licence.
    """
    _check_asking(account, leverage)
    cap, licence = cap_of(act, account), queries.ceilings()(account)
    why = f"1:{licence} is the most that the licence of {account.entity} allows you."
    verdict, decision = LeverageVerdict(verdict="refused", days=Decimal(0), told=why), None
    if leverage <= licence:
        facts = leverage_wished(account, leverage, cap)
        answer = decide(act, LEVERAGE_REQUEST, facts, about=account)
        verdict, why, decision = answer.output, answer.sentence, answer.id
    wish = LeverageRequest.objects.create(
        account=account, leverage=leverage, was=account.leverage or 0, cap=cap,
        days=int(verdict.days), reason=whole(reason), why=why, decision=decision, asked_at=act.at,
        asked_by=act.asked_by, status=Status.ASKED,
    )  # fmt: skip
    event = LeverageRequested(account.pk, wish.pk, leverage, wish.was, cap, decision)
    act.record(event, about=wish)
    if verdict.verdict == "refused":
        wish.move_to(Status.REFUSED, answer=verdict.told)
        act.record(LeverageRequestRefused(account.pk, wish.pk, leverage), about=wish)
    elif verdict.verdict == "automatic" and _at_once(wish):
        _send(act, wish, cap, "As the rule says")
    return wish


def _at_once(wish: LeverageRequest) -> bool:
    """Above the cap only what the client asked for, and for the days that the rule names."""
    return not wish.above or (wish.asked_by is None and wish.days >= 1)


def _check_asking(account: TradingAccount, leverage: int) -> None:
    if account.status != TradingAccount.Status.OPEN:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    open_wish = account.leverage_requests.filter(status__in=[Status.ASKED, Status.SENT]).first()
    if open_wish is not None and open_wish.status == Status.SENT:
        raise LeverageAskedAlready(f"{open_wish} is on its way to the platform. Ask again after.")
    if open_wish is not None:
        raise LeverageAskedAlready("You have asked already. We answer within a day.")
    check_leverage(leverage, 1000)
    check_another(account, leverage)
    _check_news(account, leverage)
    if account.practice:
        check_leverage(leverage, queries.leverage_cap(account))


def _check_news(account: TradingAccount, leverage: int) -> None:
    window = queries.windows_now()(account.entity_id)
    if window is not None and leverage > window.cap:
        raise TooMuchLeverage(
            f"Around “{window.title}” leverage is at most 1:{window.cap}, until "
            f"{window.ends_at:%-d %b %H:%M} UTC.",
            field="leverage",
        )


def _send(act: Act, wish: LeverageRequest, cap: int, reason: str) -> None:
    wish.move_to(Status.SENT, leverage=wish.leverage, days=wish.days)
    if wish.leverage > cap:
        give_leverage(
            act, wish.account, leverage=wish.leverage, cap=cap, days=wish.days, reason=reason
        )
    else:
        send_leverage(act, wish.account, wish.leverage)


@operation(internal=True)
def give_leverage(
    act: Act, account: TradingAccount, *, leverage: int, cap: int, days: int, reason: str
) -> TradingAccount:
    """Let an account have more leverage than the rules allow, for some days."""
    account.leverage_given, account.leverage_given_until = leverage, act.at + timedelta(days=days)
    account.leverage_notice_at = account.leverage_notice_cap = None
    account.save(
        update_fields=[
            "leverage_given", "leverage_given_until", "leverage_notice_at", "leverage_notice_cap",
        ]
    )  # fmt: skip
    until = account.leverage_given_until.date()
    act.record(LeverageGiven(account.pk, leverage, cap, until, whole(reason)), about=account)
    send_leverage(act, account, leverage)
    return account


@operation(
    title="Give it", icon="check",
    reads=("account__client", "account__entity", "account__group", "account__platform"),
)  # fmt: skip
def approve_leverage(
    act: Act, request: LeverageRequest, *, reason: str, days: int | None = None,
    leverage: int | None = None,
) -> LeverageRequest:  # fmt: skip
    """Give the account this leverage, or less of it, for the days that the rule names or fewer."""
    if act.actor.is_client(request.client_id) or (
        act.actor.kind == "staff" and act.actor.id == request.asked_by
    ):
        raise OwnLeverageWish("Somebody else gives what you asked for.")
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    request.check_move(Status.SENT)
    account, most = request.account, request.days or ANY
    wanted = request.leverage if leverage is None else leverage
    given_for = most if days is None else days
    if account.status != TradingAccount.Status.OPEN:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    if wanted > request.leverage:
        raise TooMuchLeverage(f"1:{request.leverage} is asked for.", field="leverage")
    licence = queries.ceilings()(account)
    if not 1 <= wanted <= licence:
        raise TooMuchLeverage(f"The licence allows 1:1 to 1:{licence} here.", field="leverage")
    check_another(account, wanted)
    _check_news(account, wanted)
    if not 1 <= given_for <= most:
        raise Problem(f"It can be given for 1 to {most} days.", field="days")
    cap = cap_of(act, account)
    request.leverage, request.days = wanted, given_for if wanted > cap else 0
    _send(act, request, cap, reason)
    event = LeverageApproved(account.pk, request.pk, wanted, request.days, whole(reason))
    act.record(event, about=request)
    return request


@operation(title="Refuse", icon="x", tone="refuse", reads=("account",))
def refuse_leverage(act: Act, request: LeverageRequest, *, reason: str) -> LeverageRequest:
    """Refuse, with the reason the client is told."""
    if not reason.strip():
        raise Problem("The client is told the reason: write one.", field="reason")
    request.check_move(Status.REFUSED)
    if request.status != Status.ASKED:
        raise WrongState(f"{request} is {request.status_label.lower()}.")
    request.move_to(Status.REFUSED, answer=whole(reason))
    event = LeverageRequestRefused(request.account_id, request.pk, request.leverage)
    act.record(event, about=request)
    return request


@operation(
    open_to=("client",), title="Take it back", icon="x", tone="refuse", reads=("account",)
)  # fmt: skip
def cancel_leverage(act: Act, request: LeverageRequest) -> LeverageRequest:
    """Take a wish back, as long as nobody has decided about it."""
    request.move_to(Status.CANCELLED)
    act.record(LeverageCancelled(request.account_id, request.pk), about=request)
    return request


@operation(title="End what was given above the rules", verb="End", icon="scale")
def end_given_leverage(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """End early what people gave above the rules. The client is told before leverage falls."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    if not given(account, act.at):
        raise WrongState(f"Nothing is given to {account} above the rules.")
    account.leverage_given_until = act.at
    account.save(update_fields=["leverage_given_until"])
    act.record(LeverageGivenEnded(account.pk, whole(reason)), about=account)
    return account
