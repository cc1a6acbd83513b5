"""What stands behind a payment: the decision that chose, the deposit that a leg goes back to."""

from collections.abc import Iterable

from nostro.payments.models import Deposit
from nostro.people.models import Brand
from nostro.rules.models import Decision


def decision_behind(pk: int | None) -> Decision | None:
    """The rule's answer with its version, where one was asked."""
    return Decision.objects.select_related("version").filter(pk=pk or 0).first()


def deposits_behind(ids: Iterable[int]) -> dict[int, Deposit]:
    """Deposits by id, with the method they came by."""
    return Deposit.objects.select_related("method").in_bulk(list(ids))


def brand_colour(slug: str) -> str:
    """A brand's colour; nothing where there is no such brand."""
    return Brand.objects.filter(slug=slug).values_list("colour", flat=True).first() or ""
