"""What somebody sees of the ledger, as every question of it asks."""

from dataclasses import dataclass
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.core.log import CLIENTS_SEEN


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


def of_clients(clients: Any) -> models.Q:
    """Legs that touch an account of one of these clients."""
    return models.Q(source__client_id__in=clients) | models.Q(target__client_id__in=clients)
