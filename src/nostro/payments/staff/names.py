"""How payments are named in sentences, and what they put on the first page of staff."""

from collections.abc import Callable
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.core.queries import Query
from nostro.payments import queries
from nostro.payments.events import WithdrawalApproved
from nostro.payments.models import ClientTransfer, Deposit, Transfer, Withdrawal
from nostro.payments.queries.standing import WAITING
from nostro.ui.addresses import url_of
from nostro.ui.home import ASSIGNED, HEALTH, Assigned, Health
from nostro.ui.timeline import BY_RULE, NAMES, Names


def numbered(model: type[models.Model]) -> Callable[[set[int]], Names]:
    """Things that are called by their number: no look-up is needed."""

    def look_up(ids: set[int]) -> Names:
        made = [model(pk=pk) for pk in ids]
        return {one.pk: (str(one), url_of(one)) for one in made}

    return look_up


def named(finder: Query[[], models.QuerySet[Any]]) -> Callable[[set[int]], Names]:
    """Things that are called by their name."""

    def look_up(ids: set[int]) -> Names:
        rows = finder(Act.system()).filter(pk__in=ids)
        return {one.pk: (str(one), url_of(one)) for one in rows}

    return look_up


for numbered_model in (ClientTransfer, Deposit, Withdrawal, Transfer):
    NAMES[str(numbered_model._meta.label_lower)] = numbered(numbered_model)
NAMES["payments.destination"] = named(queries.destinations)
NAMES["payments.savedcard"] = named(queries.saved_cards)
NAMES["payments.method"] = named(queries.methods)
NAMES["payments.provider"] = named(queries.providers)


def tellers(ids: set[int]) -> Names:
    """A notice is named by who told us."""
    rows = queries.notices(Act.system()).filter(pk__in=ids)
    return {one.pk: (one.provider.name, url_of(one.provider)) for one in rows}


def health(act: Act) -> list[Health]:
    """Each provider in a word; trouble says since when."""
    if not act.actor.may(queries.providers.name):
        return []
    return [
        Health(
            one.name,
            f"{one.trouble}, since {one.trouble_since:%H:%M}" if one.trouble_since else
            "open" if one.open else "paused",
            "bad" if one.trouble else "" if one.open else "warn",
            "building-bank" if one.accounts else "credit-card",
        )
        for one in queries.providers(act)
    ]  # fmt: skip


def assigned(act: Act) -> list[Assigned]:
    """Withdrawals with this person's name on them."""
    if not act.actor.may(queries.withdrawals.name):
        return []
    rows = queries.withdrawals(act).filter(owner_id=act.actor.id, status__in=WAITING)
    return [
        Assigned(f"{one} {one.client.name}, {one.money}", url_of(one), one.due_at, one.status_at)
        for one in rows.order_by("due_at")[:20]
    ]


NAMES["payments.notice"] = tellers
BY_RULE[WithdrawalApproved.name] = "The rule alone approved {subject}"
HEALTH.append(health)
ASSIGNED.append(assigned)
