"""Which entries of the journal somebody looks for: by the legs they have, by the act behind them.

Each narrows entries that were seen through `entries`, so nothing here shows more than that does.
"""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Any

from django.db import models
from django.db.models import Q

from nostro.core.models import ActRow
from nostro.ledger.models import Asset, Entry, Hold, LedgerAccount, Transfer

Entries = models.QuerySet[Entry]


def _with_legs(rows: Entries, accounts: models.QuerySet[LedgerAccount]) -> Entries:
    """Entries that move or hold something on one of these accounts, on either side."""
    ways = Q()
    for model in (Transfer, Hold):
        for side in ("source", "target"):
            legs: Any = model._base_manager.filter(**{f"{side}__in": accounts})
            ways |= Q(pk__in=legs.values("entry"))
    return rows.filter(ways)


def touching(rows: Entries, path: str) -> Entries:
    """Entries on an account, or on every account under a place of the chart."""
    under = Q(path=path) | Q(path__startswith=f"{path.rstrip('/')}/")
    return _with_legs(rows, LedgerAccount.objects.filter(under))


def of_client(rows: Entries, client_id: int) -> Entries:
    """Entries on any account of a client."""
    return _with_legs(rows, LedgerAccount.objects.filter(client_id=client_id))


def in_currency(rows: Entries, code: str) -> Entries:
    """Entries with a leg, or a hold, in a currency."""
    legs = Transfer.objects.filter(entry=models.OuterRef("pk"), asset_id=code)
    held = Hold.objects.filter(entry=models.OuterRef("pk"), asset_id=code)
    return rows.filter(models.Exists(legs) | models.Exists(held))


def of_amount(rows: Entries, least: Decimal | None, most: Decimal | None) -> Entries:
    """Entries with a leg of at least and at most so much, in its own currency."""
    ways = Q()
    for asset in Asset.objects.all():
        between = Q(asset=asset)
        with localcontext(prec=60):
            if least is not None:
                between &= Q(units__gte=least.scaleb(asset.scale))
            if most is not None:
                between &= Q(units__lte=most.scaleb(asset.scale))
        ways |= between
    legs = Transfer.objects.filter(ways, entry=models.OuterRef("pk"))
    return rows.filter(models.Exists(legs))


def by_operations(rows: Entries, names: Iterable[str]) -> Entries:
    """Entries that one of these operations posted."""
    acts = ActRow.objects.filter(pk=models.OuterRef("act"), operation__in=list(names))
    return rows.filter(models.Exists(acts))
