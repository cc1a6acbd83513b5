"""What trading does about accounts nobody uses: looked at once a day, woken as soon as their owner
signs in.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import batched

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.log import records
from nostro.kit.problems import Problem
from nostro.kit.vendors import VendorTrouble
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import DORMANCY
from nostro.trading.events import DormancyFeeAsked
from nostro.trading.operations.upkeep import dormancy_asked
from nostro.trading.ports import PLATFORMS
from nostro.ui.events import SignedIn

log = logging.getLogger("nostro.trading")
PORTION = 500
"""So many accounts are asked of a platform at once."""
LEAST_IDLE = timedelta(days=30)
"""Nobody is looked at for dormancy before; what follows when is a rule."""


@every("41 4 * * *")
def watch_dormancy(act: Act) -> None:
    """What is due on accounts nobody uses: the rule is asked of each, and kept where it acts. The
    platforms are asked first when owners were there; nothing is done where one does not answer.
    """
    rule, charged = queries.in_force(DORMANCY), _charged(act)
    due: dict[str, list[queries.Unused]] = {}
    for known in queries.unused(act.at - LEAST_IDLE):
        step = rule(dormancy_asked(known, act.at)).step
        if step != "none" and not (step == "fee" and known.account.pk in charged):
            due.setdefault(known.account.platform.slug, []).append(known)
    for slug, found in due.items():
        for unused in _seen_there(slug, found):
            step = rule(dormancy_asked(unused, act.at)).step
            if step != "none":
                key = f"dormancy/{unused.account.pk}/{step}/{act.at:%Y-%m}"
                _settle(Act.system(door="schedule", key=key), unused)


def _charged(act: Act) -> set[int | None]:
    """Accounts that were asked for this month's fee."""
    month = act.at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    asked = records(act).filter(name=DormancyFeeAsked.name, at__gte=month)
    return set(asked.values_list("subject_id", flat=True))


def _seen_there(slug: str, found: Sequence[queries.Unused]) -> Iterator[queries.Unused]:
    """The accounts of a platform, with when somebody last signed in to each of them there, as far
    as that is told. One that the platform does not know is left out; so is the rest of them, once
    it does not answer.
    """
    for some in batched(found, PORTION):
        logins = [one.account.login for one in some if one.account.login is not None]
        try:
            seen = {one.login: one.last_seen_at for one in PLATFORMS.take(slug).accounts(logins)}
        except VendorTrouble as trouble:
            log.info("Accounts of %s are looked at again tomorrow: %s", slug, trouble)
            return
        for one in some:
            if one.account.login in seen:
                yield one.seen(seen[one.account.login])


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
