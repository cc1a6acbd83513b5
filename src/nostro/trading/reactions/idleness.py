"""What trading does about accounts nobody uses: looked at once a day, woken as soon as their owner
signs in.
"""

import logging
from datetime import datetime, timedelta

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.log import records
from nostro.kit.problems import Problem
from nostro.kit.vendors import VendorTrouble
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import DORMANCY
from nostro.trading.models import TradingAccount
from nostro.trading.operations.upkeep import dormancy_asked
from nostro.trading.ports import PLATFORMS
from nostro.ui.events import SignedIn

log = logging.getLogger("nostro.trading")
LEAST_IDLE = timedelta(days=30)
"""Nobody is looked at for dormancy before; what follows when is a rule."""


@every("41 4 * * *")
def watch_dormancy(act: Act) -> None:
    """What is due on accounts nobody uses: the rule is asked of each, and kept where it acts. The
    platform is asked first when its owner was there; nothing is done where it does not answer.
    """
    rule = queries.in_force(DORMANCY)
    for known in queries.unused(act.at - LEAST_IDLE):
        account, step = known.account, rule(dormancy_asked(known, act.at)).step
        if step == "none":
            continue
        try:
            unused = known.seen(_seen_there(account))
        except VendorTrouble as trouble:
            log.info("%s is looked at again tomorrow: %s", account.pk, trouble)
            continue
        step = rule(dormancy_asked(unused, act.at)).step
        if step != "none":
            once = Act.system(door="schedule", key=f"dormancy/{account.pk}/{step}/{act.at:%Y-%m}")
            _settle(once, unused)


def _seen_there(account: TradingAccount) -> datetime | None:
    """When somebody last signed in to the account on its platform, where that is told."""
    if account.login is None:
        return None
    return PLATFORMS.take(account.platform.slug).account(account.login).last_seen_at


def _settle(once: Act, unused: queries.Unused) -> None:
    account = unused.account
    try:
        trading.settle_idleness(once, account, traded_at=unused.traded_at, seen_at=unused.seen_at)
    except Problem as refusal:
        log.info("%s stays as it is: %s", account.pk, refusal)


@on(SignedIn)
def wake_at_sign_in(act: Act, event: SignedIn, key: str) -> None:
    """A client who is back uses the accounts that sleep again, as far as the rule says so."""
    client_id = records(act).get(pk=act.cause or 0).client_id
    if client_id is None:
        return
    rule = queries.in_force(DORMANCY)
    for unused in queries.unused(act.at - LEAST_IDLE, client_id=client_id):
        if rule(dormancy_asked(unused, act.at)).step == "wake":
            name = f"{act.key}/{unused.account.pk}"
            _settle(Act.system(cause=act.cause, key=name, door=act.door), unused)
