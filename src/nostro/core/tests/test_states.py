"""States move as declared, and their clocks start with them."""

from datetime import UTC, datetime, timedelta

import pytest

from nostro.core.acts import Act, OutsideOperation, clock_at, now
from nostro.core.states import WrongState
from nostro.core.tests.parcels import Parcel, deliver, send

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.usefixtures("parcel_table")
def test_a_state_that_waits_for_somebody_has_a_clock_and_the_next_one_stops_it() -> None:
    with clock_at(NOON):
        parcel = send(Act.system(), label="Book")
    assert (parcel.status_at, parcel.due_at) == (NOON, NOON + timedelta(hours=2))

    with clock_at(NOON + timedelta(minutes=90)):
        deliver(Act.system(), parcel)

    parcel.refresh_from_db()
    assert (parcel.status_at, parcel.due_at) == (NOON + timedelta(minutes=90), None)


@pytest.mark.usefixtures("parcel_table")
def test_a_move_that_was_not_declared_is_refused_in_words() -> None:
    parcel = deliver(Act.system(), send(Act.system(), label="Book"))

    with pytest.raises(WrongState, match=r"Parcel \d+ is delivered, so it cannot become lost\."):
        parcel.move_to(Parcel.Status.LOST)

    assert Parcel.objects.get().status == Parcel.Status.DELIVERED


@pytest.mark.usefixtures("parcel_table")
def test_nothing_moves_outside_an_operation() -> None:
    parcel = send(Act.system(), label="Book")

    with pytest.raises(OutsideOperation):
        parcel.move_to(Parcel.Status.LOST)


def test_the_clock_takes_no_naive_time_and_comes_back() -> None:
    with pytest.raises(ValueError, match="naive"), clock_at(datetime(2026, 3, 2)):  # noqa: DTZ001
        pass
    with clock_at(NOON):
        assert now() == NOON
    assert now() != NOON
