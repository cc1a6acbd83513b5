"""The ledger entries behind a payment, found by the keys it posts with."""

from collections.abc import Sequence
from typing import Any

from nostro.core.acts import Act
from nostro.ledger import queries as ledger
from nostro.ui.addresses import url_of


def entries_of(act: Act, keys: Sequence[str]) -> list[dict[str, Any]]:
    """For whoever may read the journal; nothing for the others."""
    if not act.actor.may(ledger.entries.name):
        return []
    found = ledger.entries(act).filter(key__in=list(keys)).order_by("id")
    return [{"text": one.text, "url": url_of(one), "number": f"E-{one.pk}"} for one in found]
