"""Which accounts are offered, in words: to somebody who registers, and in the trader room."""

from nostro.people.models import Brand
from nostro.people.queries import ACCOUNT_TYPES
from nostro.trading.models import Group

COSTS = {
    "standard": "No commission: the cost is in the spread.",
    "netting": "One position an instrument. The cost is in the spread.",
    "raw": "Spreads as they come, with a commission on each lot.",
}


def cost_of(account_type: str) -> str:
    """What trading on such an account costs; a type of a firm's own is like the usual one."""
    return COSTS.get(account_type, COSTS["standard"])


def _in_a_sentence(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")


def _offered(brand: Brand) -> list[tuple[str, str]]:
    rows = Group.objects.filter(
        entity__in=brand.entities.all(), **Group.FOLLOWED, practice=False, swap_free=False
    )
    types = rows.order_by("account_type").values_list("account_type", flat=True).distinct()
    found = sorted(types, key=lambda one: one != "standard")
    return [(one, f"{one.capitalize()}: {_in_a_sentence(cost_of(one))}") for one in found]


ACCOUNT_TYPES.append(_offered)
