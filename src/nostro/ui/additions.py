"""What higher rooms add to a lower room's page: a client's page shows wallets, trades, documents
and decisions, and the room of clients knows none of them. Each room fills this from `staff.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nostro.core.acts import Act
from nostro.ui.figures import Figure, Pill

if TYPE_CHECKING:
    from nostro.ui.actions import Actions
    from nostro.ui.details import Panel, Tab


@dataclass(frozen=True)
class Chip:
    """A word under a page's title: a lock with its reason, a tag. `url` opens in the dialog."""

    text: str
    note: str = ""
    icon: str = ""
    tone: str = ""
    url: str = ""
    adds: bool = False


Ask = Callable[[Act, Any], Sequence[Any]]


@dataclass(frozen=True)
class Addition:
    place: int
    pills: Callable[[Act, Any], Sequence[Pill]] | None
    chips: Callable[[Act, Any], Sequence[Chip]] | None
    figures: Callable[[Act, Any], Sequence[Figure]] | None
    panels: "Sequence[Panel]"
    tabs: "Sequence[Tab]"
    actions: "Actions"


_additions: dict[str, list[Addition]] = defaultdict(list)


def extend(
    label: str,
    *,
    place: int = 50,
    pills: Callable[[Act, Any], Sequence[Pill]] | None = None,
    chips: Callable[[Act, Any], Sequence[Chip]] | None = None,
    figures: Callable[[Act, Any], Sequence[Figure]] | None = None,
    panels: "Sequence[Panel]" = (),
    tabs: "Sequence[Tab]" = (),
    actions: "Actions" = (),
) -> None:
    """Add to the page of `label` (`"people.client"`). Smaller places stand first.

    A tab whose slug is there already is filled with these panels; a panel whose title is there
    already is replaced. Callables answer nothing to whoever may not see it.
    """
    _additions[label].append(Addition(place, pills, chips, figures, panels, tabs, actions))


def additions(label: str) -> list[Addition]:
    return sorted(_additions[label], key=lambda one: one.place) if label in _additions else []


def asked(label: str, what: str, own: Ask | None, act: Act, row: Any) -> list[Any]:
    """The page's own pills, chips or figures, then what was added."""
    asks = [own, *(getattr(one, what) for one in additions(label))]
    return [one for ask in asks if ask is not None for one in ask(act, row)]


def merged_panels(label: str, own: "Sequence[Panel]") -> "list[Panel]":
    found = {one.title: one for one in own}
    for addition in additions(label):
        found |= {one.title: one for one in addition.panels}
    return list(found.values())


def merged_tabs(label: str, own: "Sequence[Tab]") -> "list[Tab]":
    """Tabs in the page's own order, those nobody has filled left out."""
    found = {one.slug: one for one in own}
    for addition in additions(label):
        for one in addition.tabs:
            there = found.get(one.slug)
            if there is None:
                found[one.slug] = one
                continue
            panels = [*there.panels, *one.panels]
            found[one.slug] = replace(there, panels=panels, count=there.count or one.count)
    return [one for one in found.values() if one.panels]


def merged_actions(label: str, own: "Actions") -> "Actions":
    return [*own, *(one for addition in additions(label) for one in addition.actions)]
