"""Tasks about clients: set, given, finished with an outcome, and made by what happened."""

from datetime import timedelta

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit import Money
from nostro.kit.problems import Forbidden, Problem
from nostro.payments.events import DepositFailed
from nostro.payments.models import Deposit, Method
from nostro.payments.operations import fail_deposit, start_deposit
from nostro.people import operations as people
from nostro.people.models import Client, Staff
from nostro.sales import operations, queries
from nostro.sales.models import Task
from nostro.sales.reactions import help_to_pay_in
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(act: Act) -> Client:
    return make.client("CY")


@pytest.fixture
def lena(act: Act) -> Staff:
    return make.staff("sales.*", "people.clients", "people.staff")


def in_hours(count: float) -> object:
    return now() + timedelta(hours=count)


def call(act: Act, client: Client, **more: object) -> Task:
    said = {"how": Task.How.CALL, "text": "Ask about the bill", "until": in_hours(3), **more}
    return operations.set_task(act, client, **said)  # type: ignore[arg-type]


def test_a_task_waits_until_what_was_promised_and_ends_with_its_outcome(
    ada: Client, lena: Staff
) -> None:
    act = make.act_of(lena)
    made = call(act, ada, owner=lena)
    assert made.due_at is not None
    assert timedelta(hours=2.9) < made.due_at - act.at < timedelta(hours=3.1)
    with pytest.raises(Problem, match="Say what came of it"):
        operations.finish_task(make.act_of(lena), made, outcome=" ")
    done = operations.finish_task(make.act_of(lena), made, outcome="Sends it tonight.")
    assert (done.status, done.due_at, done.outcome) == ("done", None, "Sends it tonight.")
    with pytest.raises(WrongState):
        operations.drop_task(make.act_of(lena), done, reason="Too late")
    told = Record.objects.filter(name__startswith="sales.", client_id=ada.pk).order_by("id")
    assert [one.name for one in told] == ["sales.TaskMade", "sales.TaskDone"]
    assert "bill" not in str([one.data for one in told])


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "a" * 201}, "text"),
        ({"until": "past"}, "until"),
        ({"until": "far"}, "until"),
    ],
)
def test_a_task_that_nobody_could_do_is_refused(
    ada: Client, said: dict[str, object], field: str
) -> None:
    times = {"past": in_hours(-1), "far": in_hours(24 * 400)}
    said = {name: times.get(str(value), value) for name, value in said.items()}
    before = Record.objects.count()
    with pytest.raises(Problem) as refused:
        call(Act.system(), ada, **said)
    assert refused.value.field == field
    assert not Task.objects.exists()
    assert Record.objects.count() == before


def test_without_an_owner_it_is_the_clients_owners_and_may_be_given_on(
    ada: Client, lena: Staff
) -> None:
    people.assign_owner(Act.system(), ada, owner=lena)
    made = call(Act.system(), Client.objects.get(pk=ada.pk))
    assert made.owner == lena
    gone = make.staff("sales.*")
    people.end_staff(Act.system(), gone)
    gone.refresh_from_db()
    with pytest.raises(Problem, match="does not work here"):
        operations.give_task(Act.system(), made, owner=gone)
    other = make.staff("sales.*")
    assert operations.give_task(Act.system(), made, owner=other).owner == other


def test_a_task_of_a_client_whose_owner_has_left_is_anybodys(ada: Client, lena: Staff) -> None:
    people.assign_owner(Act.system(), ada, owner=lena)
    people.end_staff(Act.system(), lena)
    client = Client.objects.get(pk=ada.pk)
    assert call(Act.system(), client).owner is None
    later = operations.make_task(
        Act.system(), client, how=Task.How.CALL, text="Call", within=timedelta(hours=1), key="one"
    )
    assert later.owner is None


def test_a_task_is_dropped_with_a_reason_alone(ada: Client) -> None:
    made = call(Act.system(), ada)
    with pytest.raises(Problem, match="Say why") as refused:
        operations.drop_task(Act.system(), made, reason=" ")
    assert refused.value.field == "reason"
    made.refresh_from_db()
    assert made.status == Task.Status.OPEN
    assert operations.drop_task(Act.system(), made, reason="Paid").outcome == "Paid"


def test_a_failed_deposit_is_followed_by_one_call_a_day(ada: Client, act: Act) -> None:
    make.methods()
    for _ in range(2):
        deposit = start_deposit(
            Act.system(), ada, money=Money.of("90.00 EUR"), method=Method.objects.get(slug="card")
        )
        fail_deposit(Act.system(), deposit, reason="Your card was declined.")
        failed = DepositFailed(deposit.pk, deposit.money, "card", "Your card was declined.")
        help_to_pay_in(Act.system(), failed, "key")
    made = Task.objects.get()
    assert made.text == "Could not pay in 90.00 EUR: Your card was declined."
    assert Deposit.objects.filter(status="failed").count() == 2


def test_only_colleagues_of_the_entity_with_the_right_see_a_task(ada: Client) -> None:
    made = call(Act.system(), ada)
    make.entity("UK")
    assert not queries.tasks(make.act_of(make.staff("sales.*", entities=["UK"]))).exists()
    assert queries.tasks(make.act_of(make.staff("sales.*", entities=["CY"]))).get() == made
    with pytest.raises(Forbidden):
        queries.tasks(make.act_of(make.staff("people.*")))
    with pytest.raises(Forbidden):
        queries.tasks(make.act_of(ada))


def test_a_timeline_names_a_task_by_number_alone(ada: Client) -> None:
    made = call(Act.system(), ada)
    colleague = make.staff("people.*", "core.records")
    page = make.browser(colleague).get(f"/staff/people/clients/{ada.pk}/").text
    assert str(made) in page
    assert "Ask about the bill" not in page


def test_the_pages_show_it_with_its_clock_where_it_is_worked_on(ada: Client, lena: Staff) -> None:
    made = call(Act.system(), ada, owner=lena)
    browser = make.browser(lena)
    assert "Ask about the bill" in browser.get("/staff/").text
    assert "Ask about the bill" in browser.get("/staff/sales/tasks/").text
    assert "Ask about the bill" in browser.get(f"/staff/people/clients/{ada.pk}/").text
    assert browser.get(f"/staff/sales/tasks/{made.pk}/").status_code == 200
    with clock_at(now() + timedelta(hours=4)):
        assert "1 overdue" in browser.get("/staff/").text
