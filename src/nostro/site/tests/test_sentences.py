"""Every decision of the house is said in a sentence of its own, whichever row answers."""

import pytest

from nostro.rules.deciding import BUILT_IN, POINTS
from nostro.rules.wording import sentence, told
from nostro.site import urls as urls  # opens every room, which declares its rules

OURS = sorted(name for name, point in POINTS.items() if ".tests" not in point.inputs.__module__)


@pytest.mark.parametrize("name", OURS)
def test_every_row_of_a_rule_is_a_sentence(name: str) -> None:
    point, table = POINTS[name], BUILT_IN[name]
    said = [sentence(point, table, row) for row in table.rows]
    assert not [one for one in said if not one.endswith(".") or "“" in one]
    cautious = told(point, point.cautious.model_dump(mode="json"))
    assert cautious and cautious[-1] != ".", name


def test_what_is_left_for_the_last_row_is_said_as_such() -> None:
    point, table = POINTS["trading.allowance"], BUILT_IN["trading.allowance"]
    assert sentence(point, table, table.rows[-1]) == "Otherwise no account is opened."
    assert sentence(point, table, table.rows[1]) == (
        "If level is at least 2, 5 accounts are held at most."
    )
