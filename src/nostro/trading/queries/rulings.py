"""What the rules in force would say of an account, asked without keeping the answer."""

from collections.abc import Callable
from decimal import Decimal

from pydantic import BaseModel

from nostro.rules.deciding import BUILT_IN, compiled, explained
from nostro.rules.engine import compile_table, evaluate
from nostro.rules.models import Version
from nostro.rules.points import Point
from nostro.trading.decisions import LEVERAGE, LeverageAsked
from nostro.trading.models import NewsWindow, TradingAccount
from nostro.trading.queries.news import windows_now
from nostro.trading.rates import in_usd


def leverage_cap(account: TradingAccount, account_type: str = "") -> int:
    """What the rules in force allow the account, without keeping the answer as a decision."""
    window = windows_now()(account.entity_id)
    asked = leverage_asked(account, account_type, news=window is not None)
    return capped(in_force(LEVERAGE)(asked).most, window)


def capped(most: Decimal, window: NewsWindow | None) -> int:
    """What a rule allows, or what news leave of it."""
    return min(int(most), window.cap) if window else int(most)


def leverage_asked(
    account: TradingAccount, account_type: str = "", *, news: bool = False
) -> LeverageAsked:
    """The facts that the rule of leverage is asked with."""
    return LeverageAsked(
        entity=account.entity.code,
        category=account.client.category,
        account_type=account_type or account.account_type,
        equity=in_usd(account.equity_money),
        news=news,
    )


def in_force[In: BaseModel, Out: BaseModel](point: Point[In, Out]) -> Callable[[In], Out]:
    """What the rules in force would say, for as many questions as one has. Nothing is kept:
    whoever acts on an answer decides anew.
    """
    with_words = in_force_with_words(point)
    return lambda asked: with_words(asked)[0]


def in_force_with_words[In: BaseModel, Out: BaseModel](
    point: Point[In, Out],
) -> Callable[[In], tuple[Out, str]]:
    """The same, each answer with why it came out so."""
    version = Version.objects.filter(point=point.name, status=Version.Status.ACTIVE).first()
    table = BUILT_IN[point.name]
    ready = compile_table(point, table)
    if version is not None:
        ready, table = compiled(version.pk, version.fingerprint)

    def answer(asked: In) -> tuple[Out, str]:
        outcome = evaluate(point, ready, asked)
        return outcome.output, explained(point, table, outcome)

    return answer
