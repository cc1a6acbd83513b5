import pytest

from nostro.kit.words import REASON, TooLong, whole


def test_a_reason_is_kept_whole_without_the_space_around_it() -> None:
    assert whole("  It came twice. ") == "It came twice."
    assert whole("a" * REASON) == "a" * REASON


def test_a_reason_that_is_too_long_is_refused_at_its_field_and_never_cut() -> None:
    with pytest.raises(TooLong, match="This has 201 letters; 200 are kept") as refused:
        whole("a" * 201, "note")
    assert refused.value.field == "note"
