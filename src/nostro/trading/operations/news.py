"""Leverage around news: hours that staff name, what falls when they begin, and goes back by itself
when they are over. Open trades stay as they are: an account that holds some keeps its leverage.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.people.models import LegalEntity
from nostro.trading import queries
from nostro.trading.events import (
    LeverageAsked,
    NewsLowered,
    NewsPassed,
    NewsWindowAdded,
    NewsWindowEnded,
)
from nostro.trading.models import Instrument, NewsWindow, TradingAccount

LONGEST = timedelta(days=3)


@operation(title="Cap leverage around news", verb="Add", icon="calendar-event")
def add_news_window(
    act: Act,
    *,
    title: str,
    about: str,
    starts_at: datetime,
    ends_at: datetime,
    cap: int,
    entity: LegalEntity | None = None,
) -> NewsWindow:
    """Let no account have more leverage than this for some hours. It goes back by itself.

    `about` is the instrument or the currency that the news move, such as EURUSD or USD. Accounts
    with open trades keep their leverage, and nobody gets more than the cap meanwhile.
    """
    code = about.strip().upper()
    known = Instrument.objects.filter(Q(code=code) | Q(base=code) | Q(quote=code))
    if not title.strip():
        raise Problem("Say which news.", field="title")
    if not code or not known.exists():
        raise Problem(f"No instrument or currency is called “{code}”.", field="about")
    if ends_at <= starts_at:
        raise Problem("It ends after it begins.", field="ends_at")
    if ends_at <= act.at:
        raise Problem("That has passed.", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise Problem(
            f"It lasts {LONGEST.days} days at most: what holds for longer is a rule.",
            field="ends_at",
        )
    if not 1 <= cap <= 1000:
        raise Problem("Leverage is 1:1 to 1:1000.", field="cap")
    window = NewsWindow.objects.create(
        title=whole(title, "title", most=80), about=code, starts_at=starts_at, ends_at=ends_at,
        cap=cap, entity=entity,
    )  # fmt: skip
    act.record(NewsWindowAdded(window.title, code, cap, starts_at, ends_at), about=window)
    return window


@operation(title="End it now", verb="End", icon="x")
def end_news_window(act: Act, window: NewsWindow, *, reason: str) -> NewsWindow:
    """End it early, or before it begins. Leverage goes back within a minute."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    if window.ends_at <= act.at:
        raise WrongState(f"{window} is over.")
    window.ends_at, window.reason = act.at, whole(reason)
    window.starts_at = min(window.starts_at, act.at)
    window.save(update_fields=["ends_at", "starts_at", "reason"])
    act.record(NewsWindowEnded(window.reason), about=window)
    return window


@operation(internal=True)
def lower_for_news(act: Act, account: TradingAccount, *, window: NewsWindow) -> TradingAccount:
    """Ask for the leverage of the window; what it was is remembered, and comes back."""
    was = account.leverage or 0
    if account.status != TradingAccount.Status.OPEN or was <= window.cap:
        raise WrongState(f"{account} stays at 1:{was}.")
    if account.position_set.exists():
        raise WrongState(f"{account} holds open trades: it keeps its leverage.")
    account.leverage_before = account.leverage_before or was
    account.save(update_fields=["leverage_before"])
    act.record(NewsLowered(account.pk, window.cap, was, window.title), about=account)
    act.record(LeverageAsked(account.pk, window.cap), about=account)
    return account


@operation(internal=True, reads=("entity", "client"))
def restore_after_news(act: Act, account: TradingAccount) -> TradingAccount:
    """Ask for the leverage it had before the news, as far as the rules still allow it."""
    if account.leverage_before is None:
        raise WrongState(f"{account} was not lowered.")
    leverage = min(account.leverage_before, queries.leverage_cap(account))
    account.leverage_before = None
    account.save(update_fields=["leverage_before"])
    act.record(NewsPassed(account.pk, leverage), about=account)
    act.record(LeverageAsked(account.pk, leverage), about=account)
    return account
