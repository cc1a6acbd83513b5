import pytest

from simulators.mt5.trade_server import matches


@pytest.mark.parametrize(
    ("mask", "name", "taken"),
    [
        ("*", "real\\A", True),
        ("demo\\*,!demo\\test*", "demo\\test1", False),
        ("demo\\*,!demo\\test*", "demo\\other", True),
        ("!demo\\*", "real\\A", False),
        ("real\\A", "real\\AB", False),
        ("*,!real\\*,real\\A", "real\\A", True),
    ],
)
def test_a_group_mask_is_read_from_left_to_right(mask: str, name: str, taken: bool) -> None:
    assert matches(mask, name) is taken
