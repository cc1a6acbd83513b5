"""An operation: refused, repeated, raced, nested. Whatever happens, change and record agree."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Timer

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act, OutsideOperation, now
from nostro.core.events import room_of
from nostro.core.models import ActRow, Record
from nostro.core.operations import OPERATIONS, KeyReused, NothingRecorded
from nostro.core.states import WrongState
from nostro.core.tests.parcels import (
    Parcel,
    ParcelSent,
    TooHeavy,
    announce,
    client,
    deliver,
    deliver_after,
    deliver_what_vanished,
    nothing_happened,
    relabel_silently,
    send,
    send_two,
    staff,
)
from nostro.kit.problems import Forbidden, NotFound


def at_once[T](count: int, work: Callable[[int], T]) -> list[T]:
    """Let threads start together, each on a connection of its own."""
    gate = Barrier(count)

    def run(number: int) -> T:
        try:
            gate.wait(timeout=20)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def tried(work: Callable[[], object]) -> str:
    """`done`, or the name of the refusal."""
    try:
        work()
    except (WrongState, KeyReused) as problem:
        return type(problem).__name__
    return "done"


@pytest.mark.usefixtures("parcel_table")
def test_a_change_and_its_record_stand_together_and_name_who_did_it() -> None:
    parcel = send(Act(staff(7, "tests.*"), door="api", address="::1"), label="Book", client_id=3)

    record = Record.objects.get()
    assert (record.name, record.operation) == ("tests.ParcelSent", "tests.send")
    assert (record.actor_kind, record.actor_id) == ("staff", 7)
    assert (record.subject_type, record.subject_id) == ("core.parcel", parcel.pk)
    assert (record.client_id, record.entity_id) == (3, 1)
    assert record.data == {"parcel_id": parcel.pk}
    assert (record.act.door, record.act.address) == ("api", "::1")


@pytest.mark.usefixtures("parcel_table")
def test_without_the_permission_nothing_changes_and_nothing_is_recorded() -> None:
    with pytest.raises(Forbidden, match="Send"):
        send(Act(staff(7, "payments.*")), label="Book")

    assert nothing_happened()


@pytest.mark.usefixtures("parcel_table")
def test_a_refusal_halfway_takes_everything_back() -> None:
    with pytest.raises(TooHeavy):
        send(Act.system(key="heavy"), label="Anvil", kilograms=31)

    assert nothing_happened()


@pytest.mark.usefixtures("parcel_table")
def test_a_client_cannot_name_another_clients_thing() -> None:
    parcel = send(Act.system(), label="Book", client_id=3)

    with pytest.raises(NotFound):
        deliver(Act(client(4)), parcel)

    assert Parcel.objects.get().status == Parcel.Status.SENT
    assert Record.objects.count() == 1


@pytest.mark.usefixtures("parcel_table")
def test_what_is_not_open_to_clients_is_refused_to_them() -> None:
    with pytest.raises(Forbidden):
        send_two(Act(client(3)), label="Books")

    assert nothing_happened()


@pytest.mark.usefixtures("parcel_table")
def test_the_same_key_gives_the_same_answer_and_happens_once() -> None:
    first = send(Act.system(key="k"), label="Book")
    again = send(Act.system(key="k"), label="Book")

    assert again == first
    assert (Parcel.objects.count(), Record.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_an_answer_of_nothing_is_an_answer_too() -> None:
    announce(Act.system(key="k"), label="Book")
    announce(Act.system(key="k"), label="Book")

    assert Record.objects.count() == 1


@pytest.mark.usefixtures("parcel_table")
def test_the_same_key_with_other_inputs_is_refused() -> None:
    send(Act.system(key="k"), label="Book")

    with pytest.raises(KeyReused):
        send(Act.system(key="k"), label="Lamp")

    assert (Parcel.objects.count(), Record.objects.count()) == (1, 1)


@pytest.mark.usefixtures("parcel_table")
def test_a_key_belongs_to_the_actor_and_the_operation() -> None:
    for actor in (staff(1, "tests.*"), staff(2, "tests.*")):
        send(Act(actor, key="k"), label="Book")
        send_two(Act(actor, key="k"), label="Book")

    assert Parcel.objects.count() == 6


@pytest.mark.usefixtures("parcel_table")
def test_one_act_may_carry_out_several_operations_each_a_row_of_its_own() -> None:
    act = Act.system()
    send(act, label="Book")
    send(act, label="Book")

    assert (Parcel.objects.count(), ActRow.objects.count()) == (2, 2)


@pytest.mark.usefixtures("parcel_table")
def test_nested_operations_join_the_outer_one() -> None:
    answer = send_two(Act.system(key="k"), label="Shoe")

    assert answer == 2
    assert ActRow.objects.get().operation == "tests.send_two"
    assert {one.operation for one in Record.objects.all()} == {"tests.send"}
    assert send_two(Act.system(key="k"), label="Shoe") == 2


@pytest.mark.usefixtures("parcel_table")
def test_an_operation_that_says_nothing_is_a_fault_and_changes_nothing() -> None:
    parcel = send(Act.system(), label="Book")

    with pytest.raises(NothingRecorded, match="relabel_silently"):
        relabel_silently(Act.system(), parcel, label="Lamp")

    assert Parcel.objects.get().label == "Book"


def test_nobody_records_outside_an_operation() -> None:
    with pytest.raises(OutsideOperation):
        Act.system().record(ParcelSent(1), about=None)


@pytest.mark.usefixtures("parcel_table")
def test_the_subject_is_read_afresh_before_the_operation_looks_at_it() -> None:
    stale = send(Act.system(), label="Book")
    deliver(Act.system(), Parcel.objects.get())
    assert stale.status == Parcel.Status.SENT

    with pytest.raises(WrongState, match="is delivered"):
        deliver(Act.system(), stale)

    assert Record.objects.count() == 2


@pytest.mark.usefixtures("parcel_table")
def test_a_subject_that_is_gone_is_not_found() -> None:
    parcel = send(Act.system(), label="Book")
    gone = Parcel(pk=parcel.pk + 1, label="Book", status=Parcel.Status.SENT)

    with pytest.raises(NotFound):
        deliver(Act.system(), gone)


@pytest.mark.usefixtures("parcel_table")
def test_an_update_that_nobody_waits_for_and_finds_no_row_takes_everything_back() -> None:
    parcel = send(Act.system(), label="Book")

    with pytest.raises(DatabaseError):
        deliver_what_vanished(Act.system(), parcel)

    assert Parcel.objects.get().status == Parcel.Status.SENT
    assert Record.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_five_racing_requests_with_one_key_send_one_parcel_and_hear_one_answer() -> None:
    answers = at_once(5, lambda _: send(Act.system(key="race"), label="Book").pk)

    assert len(set(answers)) == 1
    assert (Parcel.objects.count(), Record.objects.count(), ActRow.objects.count()) == (1, 1, 1)


@pytest.mark.usefixtures("committed")
def test_of_six_deliveries_at_once_one_succeeds() -> None:
    number = send(Act.system(), label="Book").pk

    outcomes = at_once(
        6, lambda _: tried(lambda: deliver(Act.system(), Parcel.objects.get(pk=number)))
    )

    assert sorted(outcomes) == ["WrongState"] * 5 + ["done"]
    assert Record.objects.filter(name="tests.ParcelDelivered").count() == 1


def test_an_operation_knows_its_name_its_form_and_its_help() -> None:
    assert OPERATIONS["tests.deliver"] is deliver
    assert (deliver.title, deliver.help) == ("Deliver", "Hand the parcel over.")
    assert (deliver.subject_name, deliver.subject_type) == ("parcel", Parcel)
    assert send.inputs.model_json_schema()["required"] == ["label"]
    assert (send.subject_name, send.input_names) == ("", ["label", "client_id", "kilograms"])


@pytest.mark.parametrize(
    ("module", "room"),
    [
        ("nostro.payments.operations.deposits", "payments"),
        ("nostro.payments.tests.make", "tests"),
        ("elsewhere", "tests"),
    ],
)
def test_a_module_belongs_to_its_room_and_tests_to_tests(module: str, room: str) -> None:
    assert room_of(module) == room


@pytest.mark.usefixtures("parcel_table")
def test_what_was_asked_with_the_lock_is_answered_once_and_then_asked_anew() -> None:
    first, second, third = (send(Act.system(), label=str(n), client_id=3) for n in range(3))
    send(Act.system(), label="Somebody else's", client_id=4)

    with CaptureQueriesContext(connection) as asked:
        assert deliver_after(Act.system(), first, another=second) == [2, 1]

    own = [one["sql"] for one in asked.captured_queries if "nostro_begin" in one["sql"]]
    assert len(own) == 1
    assert own[0].count("EXECUTE") == 2, "the lock, and the question behind it"
    assert deliver_after(Act.system(), third) == [0, 0]


@pytest.mark.usefixtures("committed")
def test_what_is_asked_with_the_lock_sees_what_the_lock_waited_for() -> None:
    parcel = send(Act.system(), label="Book", client_id=3)
    held, go = Event(), Event()

    def another_arrives(_: int) -> list[int]:
        with transaction.atomic(), connection.cursor() as cursor:
            Parcel.objects.select_for_update().get(pk=parcel.pk)
            held.set()
            assert go.wait(20)
            cursor.execute("SELECT set_config('nostro.act', 'a test', true)")
            Parcel.objects.create(
                label="Lamp", client_id=3, status=Parcel.Status.SENT, status_at=now()
            )
        return []

    def delivered(_: int) -> list[int]:
        assert held.wait(20)
        Timer(0.5, go.set).start()
        return deliver_after(Act.system(), parcel)

    works = (another_arrives, delivered)
    assert at_once(2, lambda number: works[number](number))[1] == [1, 1]
