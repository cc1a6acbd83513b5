"""What trading without swaps costs, once a night."""

import logging
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from nostro.core.acts import Act
from nostro.core.jobs import every
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import SWAP_FREE_TERMS, SwapFreeHeld
from nostro.trading.models import Platform

log = logging.getLogger("nostro.trading")


@every("40 * * * *")
def charge_nights(act: Act) -> None:
    """Each account without swaps whose trades a rollover found open, where they cost something.

    Once a night, by the key. New York closes at 21:00 UTC in summer and at 22:00 in winter. A night
    that nobody was here to look through, or whose platform could not be read, is asked for later.
    """
    rule = queries.in_force(SWAP_FREE_TERMS)
    for platform in queries.platforms(act):
        for night in queries.nights_due(platform, act.at):
            _charge(platform, night, rule)


def _charge(platform: Platform, night: date, rule: Callable[[SwapFreeHeld], Any]) -> None:
    paying = 0
    for held in queries.held_overnight(platform, night):
        account = held[0].account
        fees = (
            rule(queries.swap_free_held(account, one.instrument, one.nights)).fee * one.lots
            for one in held
        )
        if not sum(fees, Decimal(0)):
            continue
        once = Act.system(door="schedule", key=f"night/{account.pk}/{night}")
        try:
            trading.charge_night(once, account, night=night)
            paying += 1
        except Problem as refusal:
            log.info("%s pays nothing for the night: %s", account.pk, refusal)
    once = Act.system(door="schedule", key=f"night/{platform.pk}/{night}")
    trading.count_night(once, platform, night=night, accounts=paying)
