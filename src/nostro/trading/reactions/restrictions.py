"""What trading does about restrictions by itself: those that are over end, and accounts follow the
standing of their clients.
"""

import logging
from collections.abc import Iterable

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.log import records
from nostro.kit.problems import Problem
from nostro.people.events import ClientActivated, ClientMoved
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import STANDING
from nostro.trading.events import AccountOpened, AccountTakenOver, PracticeOpened
from nostro.trading.models import TradingAccount
from nostro.trading.queries.restrictions import bound_by_standing, restrictions_over, standing_asked

log = logging.getLogger("nostro.trading")


@every("* * * * *")
def lift_expired_restrictions(act: Act) -> None:
    """A restriction with an end ends by itself."""
    for account in restrictions_over(act.at):
        try:
            trading.end_expired_restrictions(Act.system(door="schedule"), account)
        except Problem as refusal:
            log.info("%s stays restricted: %s", account.pk, refusal)


@on(ClientMoved, ClientActivated)
def follow_client(act: Act, event: ClientMoved | ClientActivated, key: str) -> None:
    """The client's accounts are as the client stands now, whatever came between."""
    client_id = records(act).get(pk=act.cause or 0).client_id
    if client_id is not None:
        _follow(act, bound_by_standing(client_id))


@on(AccountOpened, AccountTakenOver, PracticeOpened)
def follow_from_the_start(
    act: Act, event: AccountOpened | AccountTakenOver | PracticeOpened, key: str
) -> None:
    """Whoever was restricted before the account was there."""
    _follow(act, bound_by_standing().filter(pk=event.account_id))


@every("37 * * * *")
def follow_standings(act: Act) -> None:
    """The rule may have changed, or an account have been restricted by an older version of it."""
    _follow(act, bound_by_standing())


def _follow(act: Act, accounts: Iterable[TradingAccount]) -> None:
    """The rule is asked of each first, and kept where it acts."""
    bound = list(accounts)
    if not bound:
        return
    rule = queries.in_force(STANDING)
    for account in bound:
        asked = standing_asked(account)
        how = rule(asked).how if asked else "none"
        if how == (account.__dict__["bound"] or "none"):
            continue
        own = Act.system(cause=act.cause, key=f"{act.key}/{account.pk}", door=act.door)
        try:
            trading.follow_standing(own, account)
        except Problem as refusal:
            log.info("%s stays as it is: %s", account.pk, refusal)
