"""What somebody sees of the ledger, as every question of it asks."""

from dataclasses import dataclass
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.core.log import CLIENTS_SEEN
from nostro.ledger.models import LedgerAccount


@dataclass(frozen=True)
class Limits:
    """Legal entities, and clients where that is narrower. Nothing said is no limit."""

    entities: list[int] | None = None
    clients: Any = None


def limits_of(act: Act) -> Limits:
    scope = act.actor.grants.scope
    if act.actor.kind == "system":
        return Limits()
    entities = None if scope.entities is None else sorted(scope.entities)
    narrow = scope.desks is not None or scope.countries is not None or scope.owner is not None
    clients = (CLIENTS_SEEN[0](act) if CLIENTS_SEEN else []) if narrow else None
    return Limits(entities, clients)


def sees_all(act: Act) -> bool:
    """Whether somebody sees the whole firm: some figures are of all of it or say nothing."""
    scope = act.actor.grants.scope
    part = (scope.entities, scope.desks, scope.countries, scope.owner)
    return act.actor.kind == "system" or all(one is None for one in part)


def is_shared(account: LedgerAccount) -> bool:
    """Whether an account is of several legal entities: one person's is of theirs alone."""
    return account.client_id is None and account.partner_id is None


def sees_part_of(act: Act, account: LedgerAccount) -> bool:
    """Whether somebody sees an account by the entries of their legal entities alone."""
    return is_shared(account) and limits_of(act).entities is not None


def of_clients(clients: Any) -> models.Q:
    """Legs that touch an account of one of these clients."""
    return models.Q(source__client_id__in=clients) | models.Q(target__client_id__in=clients)
