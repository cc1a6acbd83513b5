"""Leverage follows equity: every hour, each account that has more than the rules allow by now."""

import logging

from nostro.core.acts import Act
from nostro.core.jobs import every
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import BAND

log = logging.getLogger("nostro.trading")


@every("53 * * * *")
def follow_equity(act: Act) -> None:
    """What is due on accounts above their cap. What is put off is said once a day."""
    cap_of, rule = queries.caps(news=False), queries.in_force(BAND)
    for account in queries.above_cap().iterator(chunk_size=1000):
        cap = cap_of(account, "")
        if (account.leverage or 0) <= cap:
            continue
        holds = account.__dict__["holds"]
        step = rule(queries.band_asked(account, cap, act.at, holds=holds)).step
        if step == "none":
            continue
        day = f"{act.at:%Y-%m-%d}"
        once = Act.system(door="schedule", key=f"band/{account.pk}/{step}/{cap}/{day}")
        try:
            trading.settle_leverage(once, account)
        except Problem as refusal:
            log.info("%s keeps its leverage: %s", account.pk, refusal)
