"""What trading does when news windows begin and end: once a minute, each account once a window."""

import logging

from nostro.core.acts import Act
from nostro.core.jobs import every
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import NewsWindow

log = logging.getLogger("nostro.trading")


@every("* * * * *")
def follow_news(act: Act) -> None:
    """Leverage falls where a window holds, and goes back where none does any more."""
    holds = queries.windows_now()
    for window in NewsWindow.objects.filter(starts_at__lte=act.at, ends_at__gt=act.at):
        for account in queries.above(window).iterator(chunk_size=1000):
            once = Act.system(door="schedule", key=f"news/{window.pk}/{account.pk}")
            try:
                trading.lower_for_news(once, account, window=window)
            except Problem as refusal:
                log.info("%s keeps its leverage: %s", account.pk, refusal)
    for account in queries.lowered().iterator(chunk_size=1000):
        if holds(account.entity_id) is None:
            trading.restore_after_news(Act.system(door="schedule"), account)
