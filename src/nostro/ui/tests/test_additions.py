"""What higher rooms add to a page stands in its place, and never twice."""

from collections.abc import Iterator

import pytest

from nostro.core.acts import Act
from nostro.ui import additions
from nostro.ui.additions import extend, merged_panels, merged_tabs
from nostro.ui.details import Tab, listing
from nostro.ui.figures import Figure

LABEL = "sample.thing"


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    additions._additions.pop(LABEL, None)


def test_smaller_places_stand_first_whoever_came_first() -> None:
    extend(LABEL, place=50, figures=lambda act, row: [Figure("Equity", 2)])
    extend(LABEL, place=10, figures=lambda act, row: [Figure("Withdrawable", 1)])
    found = additions.asked(LABEL, "figures", lambda act, row: [Figure("Own", 0)], Act.system(), 1)
    assert [one.label for one in found] == ["Own", "Withdrawable", "Equity"]


def test_a_panel_whose_title_is_there_is_replaced() -> None:
    own = listing("Came through", lambda act, row: [])
    better = listing("Came through", lambda act, row: ["a partner"])
    extend(LABEL, panels=[better])
    assert merged_panels(LABEL, [own]) == [better]


def test_a_tab_is_filled_where_it_was_declared_and_left_out_while_empty() -> None:
    deals = listing("Deals", lambda act, row: [])
    extend(LABEL, tabs=[Tab("trading", "Trading", [deals], count=lambda act, row: 3)])
    declared = [Tab("money", "Money", ()), Tab("trading", "Trading", ())]
    (tab,) = merged_tabs(LABEL, declared)
    assert (tab.slug, list(tab.panels)) == ("trading", [deals])
    assert tab.count is not None


def test_a_page_nobody_adds_to_is_as_it_was_declared() -> None:
    own = Tab("own", "Own", [listing("Lines", lambda act, row: [])])
    assert merged_tabs("sample.other", [own]) == [own]
