"""What trading without swaps costs, once a night."""

import logging
from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.jobs import every
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import SWAP_FREE_TERMS

log = logging.getLogger("nostro.trading")


AFTER = timedelta(hours=2)
"""So long after a rollover at most its night is asked for."""


@every("40 21,22 * * *")
def charge_nights(act: Act) -> None:
    """Each account without swaps whose trades the rollover found open, where they cost something.

    Once a night, by the key; a night that was missed is not asked for later. New York closes at
    21:00 UTC in summer and at 22:00 in winter.
    """
    if queries.night_of(act.at - AFTER) == queries.night_of(act.at):
        return
    rule = queries.in_force(SWAP_FREE_TERMS)
    for held in queries.held_overnight(act.at):
        account = held[0].position.account
        usd = sum(
            (
                rule(queries.swap_free_held(account, one.position.instrument, one.nights)).fee
                * one.position.lots
                for one in held
            ),
            Decimal(0),
        )
        if not usd:
            continue
        night = queries.night_of(act.at)
        once = Act.system(door="schedule", key=f"night/{account.pk}/{night}")
        try:
            trading.charge_night(once, account, rolled_at=act.at)
        except Problem as refusal:
            log.info("%s pays nothing for the night: %s", account.pk, refusal)
