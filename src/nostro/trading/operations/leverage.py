"""What happens when an account has more leverage than the rules allow it by now, because its equity
climbed: a notice, then the lower leverage, unless its open trades need the margin. People may let
an account keep what it has for a time, with the reason; its licence's caps hold all the same.
"""

from datetime import datetime, timedelta

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import BAND, LEVERAGE
from nostro.trading.events import (
    LeverageAsked,
    LeverageFallCalledOff,
    LeverageFallNoticed,
    LeverageFallPutOff,
    LeverageKept,
    LeverageKeptEnded,
    LeverageLowered,
)
from nostro.trading.models import TradingAccount
from nostro.trading.queries import leverage

LONGEST = timedelta(days=366)
"""What holds for longer is a row of the table."""


@operation(internal=True, reads=("entity", "client"))
def settle_leverage(act: Act, account: TradingAccount) -> TradingAccount:
    """Do what the rule of bands says is due: a notice, the lower leverage, or to keep it. A notice
    that is due no more is called off.
    """
    if account.status != TradingAccount.Status.OPEN or account.leverage_before is not None:
        raise WrongState(f"{account} is {account.status_label.lower()}, or lowered by news.")
    most = decide(act, LEVERAGE, queries.leverage_asked(account), about=account).output.most
    given = leverage.given(account, act.at)
    cap = queries.capped(most, None, queries.ceilings()(account), given)
    was = account.leverage or 0
    if was <= cap and account.leverage_notice_at is not None:
        account.leverage_notice_at = account.leverage_notice_cap = None
        account.save(update_fields=["leverage_notice_at", "leverage_notice_cap"])
        act.record(LeverageFallCalledOff(account.pk, was), about=account)
        return account
    if was <= cap:
        raise WrongState(f"{account} stays at 1:{was}.")
    if cap < 1:
        raise WrongState(f"The rules allow {account} no leverage at all: it stays at 1:{was}.")
    facts = queries.band_asked(account, cap, act.at)
    answer = decide(act, BAND, facts, about=account)
    step = answer.output.step
    if step == "notice":
        account.leverage_notice_at, account.leverage_notice_cap = act.at, cap
        act.record(LeverageFallNoticed(account.pk, cap, was, answer.id), about=account)
    elif step == "lower":
        account.leverage_notice_at = account.leverage_notice_cap = None
        act.record(LeverageLowered(account.pk, cap, was, answer.id), about=account)
        act.record(LeverageAsked(account.pk, cap), about=account)
    elif step == "keep":
        event = LeverageFallPutOff(account.pk, cap, was, facts.margin_level, answer.id)
        act.record(event, about=account)
    else:
        raise WrongState(f"Nothing is due on {account}.")
    account.save(update_fields=["leverage_notice_at", "leverage_notice_cap"])
    return account


@operation(title="Let it keep its leverage", verb="Keep", icon="scale")
def keep_leverage(
    act: Act, account: TradingAccount, *, until: datetime, reason: str
) -> TradingAccount:
    """Leave an account's equity out of its leverage until a moment. Its licence's caps hold."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    if until <= act.at:
        raise Problem("That moment has passed.", field="until")
    if until - act.at > LONGEST:
        raise Problem("A year at most: what holds for longer is a rule.", field="until")
    if account.practice or account.status not in queries.OPEN:
        raise WrongState(f"{account} is {account.status_label.lower()}, or for practice.")
    account.leverage_kept_until = until
    account.leverage_notice_at = account.leverage_notice_cap = None
    account.save(update_fields=["leverage_kept_until", "leverage_notice_at", "leverage_notice_cap"])
    act.record(LeverageKept(account.pk, until.date(), whole(reason)), about=account)
    return account


@operation(title="Let its equity count again", verb="End", icon="scale")
def end_kept_leverage(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """End early what let an account keep its leverage. If it falls, the client is told before."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    if not queries.kept(account, act.at):
        raise WrongState(f"The equity of {account} counts already.")
    account.leverage_kept_until = act.at
    account.save(update_fields=["leverage_kept_until"])
    act.record(LeverageKeptEnded(account.pk, whole(reason)), about=account)
    return account
