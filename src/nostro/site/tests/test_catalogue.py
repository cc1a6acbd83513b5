"""The catalogue holds what the house declares."""

from nostro.core.operations import OPERATIONS
from nostro.site.catalogue import table, written


def test_every_operation_stands_in_the_catalogue_with_its_help() -> None:
    text = written()

    for one in OPERATIONS.values():
        assert f"| `{one.name}` | {one.help} |" in text


def test_a_table_is_cut_by_room_in_the_order_of_names() -> None:
    lines = table("Things", ("A", "B"), [("b.y", "2", ""), ("a.x", "1", ""), ("b.x", "3", "")])

    assert [line for line in lines if line.startswith(("###", "| `"))] == [
        "### a", "| `a.x` | 1 |  |", "### b", "| `b.x` | 3 |  |", "| `b.y` | 2 |  |",
    ]  # fmt: skip
