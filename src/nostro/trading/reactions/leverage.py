"""Leverage follows equity: every hour, each account that has more than the rules allow by now."""

import logging
from collections.abc import Iterator, Sequence
from itertools import batched

from nostro.core.acts import Act
from nostro.core.jobs import every
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import BAND
from nostro.trading.models import BalanceBreak, TradingAccount

log = logging.getLogger("nostro.trading")
LEVERAGE = BalanceBreak.Kind.LEVERAGE.value

type Due = tuple[TradingAccount, int, str]
"""An account, what it may have, and what is due for that."""


@every("53 * * * *")
def follow_equity(act: Act) -> None:
    """What is due on accounts above their cap, or told so and below it again. What is put off is
    said once a day.
    """
    for portion in batched(_due(act), 1000):
        _settle(act, portion)


def _due(act: Act) -> Iterator[Due]:
    cap_of, rule = queries.caps(news=False), queries.in_force(BAND)
    for account in queries.above_cap().iterator(chunk_size=1000):
        cap = cap_of(account, "")
        if (account.leverage or 0) <= cap:
            if account.leverage_notice_at is not None:
                yield account, cap, "over"
        elif cap >= 1:  # no platform keeps an account at 1:0
            holds = account.__dict__["holds"]
            step = rule(queries.band_asked(account, cap, act.at, holds=holds)).step
            if step != "none":
                yield account, cap, step


def _settle(act: Act, due: Sequence[Due]) -> None:
    """Nothing is said of accounts whose leverage is being changed: what it is then is seen next."""
    moving = queries.on_its_way({(one.pk, LEVERAGE) for one, _, _ in due}, act.at)
    day = f"{act.at:%Y-%m-%d}"
    for account, cap, step in due:
        if (account.pk, LEVERAGE) in moving:
            continue
        once = Act.system(door="schedule", key=f"band/{account.pk}/{step}/{cap}/{day}")
        try:
            trading.settle_leverage(once, account)
        except Problem as refusal:
            log.info("%s keeps its leverage: %s", account.pk, refusal)
