"""Thousands of accounts changed at once: looked through first, then row by row, each once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.bulk import operations as bulk
from nostro.bulk import queries as changes
from nostro.bulk import reactions as carrying
from nostro.bulk.foresight import FORESIGHT
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.tests.make import prepared, verdicts
from nostro.core.acts import Act
from nostro.core.doors import resolved
from nostro.core.guard import acting_as_system
from nostro.core.inputs import validated
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.operations import OPERATIONS
from nostro.kit.problems import Problem
from nostro.people.models import Staff
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import TradingAccount
from tests import make

from nostro.trading.tests.make import account, everything, granted, group, many, platform, recorded  # isort: skip

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status
Row = BulkRow.Status
LEVERAGE, RESTRICT = "trading.change_leverage", "trading.restrict_account"
MOVE, LIFT = "trading.move_account", "trading.lift_restriction"


@pytest.fixture
def eleni(db: None) -> Staff:
    return make.staff("*")


# ── What would become of each row ──


def test_what_would_become_of_thousands_of_accounts_is_known_in_few_statements(
    eleni: Staff,
) -> None:
    many(3000)
    act = make.act_of(eleni)
    closed = everything()[10:20]
    for one in closed:
        trading.restrict_account(Act.system(), one, reason="A test", how="disabled")
    drain()  # what follows from that is not counted

    with CaptureQueriesContext(
        connection,
    ) as asked:
        change = prepared(act, LEVERAGE, everything(), leverage=50)

    assert change.status == BulkChange.Status.READY
    tally = changes.tally(change)
    assert (tally.planned, tally.refused) == (2990, 10)
    assert len(asked) < 250  # six strides of 500, whatever is in them
    assert changes.reasons(change.rows.all(), change) == [("It is disabled.", 10)]
    assert recorded("LeverageAsked") == 0


def test_twice_as_many_accounts_in_a_stride_take_no_statement_more(eleni: Staff) -> None:
    many(400)
    act = make.act_of(eleni)

    def statements(count: int) -> int:
        change = bulk.prepare_change(
            act, operation=LEVERAGE, inputs={"leverage": 50}, reason="x",
            ids=list(everything().values_list("pk", flat=True)[:count]),
        )  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            drain()
        change.refresh_from_db()
        assert change.status == BulkChange.Status.READY
        return len(asked)

    statements(10)
    assert statements(400) == statements(200)


STATES: list[tuple[str, dict[str, Any]]] = [
    (LEVERAGE, {"leverage": 50}),
    (LEVERAGE, {"leverage": 5000}),
    (RESTRICT, {"reason": "x", "how": "close_only"}),
    (RESTRICT, {"reason": " ", "how": "close_only"}),
    (LIFT, {}),
    ("trading.close_account", {"reason": "x"}),
    ("trading.make_swap_free", {"reason": "x", "days": 7}),
    ("trading.make_swap_free", {"reason": "x", "days": 7000}),
    ("trading.end_swap_free", {"reason": "x"}),
    ("trading.change_account_type", {"account_type": "raw"}),
    ("trading.change_account_type", {"account_type": "golden"}),
    (MOVE, {"reason": "x", "group": "raw"}),
    (MOVE, {"reason": "x", "group": "EUR"}),
]


@pytest.mark.parametrize(("name", "inputs"), STATES)
def test_what_is_foreseen_is_what_the_operation_then_says(
    name: str, inputs: dict[str, Any], eleni: Staff
) -> None:
    on = platform()
    trading.add_group(
        Act.system(), on, path=r"real\SC-USD-StandardIslamic", entity=make.entity("SC"),
        currency="USD", account_type="standard", swap_free=True,
    )  # fmt: skip
    groups = {"raw": group(on, kind="raw"), "EUR": group(on, currency="EUR")}
    raw = inputs | ({"group": groups[inputs["group"]].pk} if "group" in inputs else {})
    inputs = resolved(Act.system(), OPERATIONS[name], validated(OPERATIONS[name], raw))
    people = [make.client("SC", currency="USD") for _ in range(4)]
    accounts = [account(one, on) for one in people]
    trading.restrict_account(Act.system(), accounts[0], reason="A test", how="close_only")
    trading.restrict_account(Act.system(), accounts[1], reason="A test", how="disabled")
    with_money = TradingAccount.objects.filter(pk=accounts[2].pk)
    with acting_as_system("money on an account"):
        with_money.update(balance=100)
    rows = list(queries.accounts(make.act_of(eleni)))

    foreseen = FORESIGHT[name](make.act_of(eleni), rows, inputs)

    for one in everything():
        try:
            OPERATIONS[name](make.act_of(eleni), one, **inputs)
            said = ""
        except Problem as problem:
            said = problem.sentence
        assert foreseen.get(one.pk, "") == said


def test_an_operation_that_nobody_foresees_is_tried_and_taken_back(eleni: Staff) -> None:
    many(3)
    before = Record.objects.count()

    change = prepared(make.act_of(eleni), "trading.ask_passwords", everything())

    assert "trading.ask_passwords" not in FORESIGHT
    assert [status for status, _ in verdicts(change)] == [Row.PLANNED] * 3
    later = Record.objects.order_by("pk")[before:].values_list("name", flat=True)
    assert {one for one in later if not one.startswith("messages.")} == {
        "bulk.ChangePrepared", "bulk.RowsChecked", "bulk.ChangeChecked",
    }  # fmt: skip


# ── Carried out ──


def test_each_row_is_carried_out_once_in_the_name_of_who_prepared_it(eleni: Staff) -> None:
    many(120)
    change = prepared(
        make.act_of(eleni), RESTRICT, everything(), reason="Volatile", how="read_only"
    )

    bulk.start_change(make.act_of(eleni), change)
    drain()

    change.refresh_from_db()
    assert (change.status, change.ended_at is not None) == (BulkChange.Status.DONE, True)
    granted()
    assert [status for status, _ in verdicts(change)] == [Row.DONE] * 120
    assert set(everything().values_list("status", flat=True)) == {Status.READ_ONLY}
    made = Record.objects.filter(name="trading.AccountRestricted")
    assert made.count() == 120
    assert set(made.values_list("actor_id", flat=True)) == {eleni.pk}
    assert made.values("act_id").distinct().count() == 120


def test_a_worker_killed_in_the_middle_of_a_stride_does_no_row_twice(eleni: Staff) -> None:
    many(70)
    change = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")
    bulk.start_change(make.act_of(eleni), change)
    own = carrying.maker(change, Act.system())
    rows = changes.next_rows(change, Row.PLANNED, 30)

    parts = carrying.parts_of(own, change, rows)
    carrying.carried_out(own, change, parts)  # and then it was killed

    assert (recorded("AccountRestricted"), changes.tally(change).planned) == (30, 70)
    drain()
    assert recorded("AccountRestricted") == 70
    granted()
    assert [status for status, _ in verdicts(change)] == [Row.DONE] * 70


def test_a_change_that_is_stopped_goes_on_where_it_stood(eleni: Staff) -> None:
    many(130)
    change = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")
    bulk.start_change(make.act_of(eleni), change)
    drain(limit=1)
    bulk.stop_change(make.act_of(eleni), change, reason="Ask first")
    drain()

    tally = changes.tally(change)
    assert (tally.unknown, tally.planned) == (carrying.CARRIED, 130 - carrying.CARRIED)

    bulk.resume_change(make.act_of(eleni), change)
    drain()

    granted()
    change.refresh_from_db()
    assert (change.status, changes.tally(change).done) == (BulkChange.Status.DONE, 130)
    assert recorded("AccountRestricted") == 130


def test_what_became_impossible_meanwhile_is_refused_with_its_sentence(eleni: Staff) -> None:
    first = many(3)
    change = prepared(make.act_of(eleni), LEVERAGE, everything(), leverage=50)
    trading.restrict_account(Act.system(), first, reason="Fraud", how="disabled")

    bulk.start_change(make.act_of(eleni), change)
    drain(patient=True)

    found = verdicts(change)
    assert found[0] == (Row.REFUSED, "It is disabled.")
    assert [status for status, _ in found[1:]] == [Row.UNKNOWN] * 2  # nobody answers there


def test_a_row_is_done_once_the_platform_has_answered(eleni: Staff) -> None:
    many(3)
    change = prepared(make.act_of(eleni), LEVERAGE, everything(), leverage=50)
    bulk.start_change(make.act_of(eleni), change)
    drain()
    asked = Record.objects.filter(name="trading.LeverageAsked").order_by("pk")
    yes, no, _ = (Act.system(cause=one.pk) for one in asked)
    first, second, _ = everything()

    trading.leverage_set(yes, first, leverage=50)
    trading.leverage_refused(no, second, reason="Not enough margin there.")
    carrying.hear_answers(Act.system())

    assert verdicts(change) == [
        (Row.DONE, ""), (Row.REFUSED, "Not enough margin there."),
        (Row.UNKNOWN, "The platform was asked."),
    ]  # fmt: skip
