"""Undoing bulk changes of groups: from where they came, and with what fell along."""

from typing import Any

import pytest

from nostro.bulk import operations as bulk
from nostro.bulk import queries as changes
from nostro.bulk import reactions as carrying
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.tests.make import prepared, started, undo, verdicts
from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.approvals import Need
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit.problems import Forbidden, Problem
from nostro.people.models import Staff
from nostro.trading import operations as trading
from nostro.trading.models import Group, TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.tests.make import everything, group_at, recorded
from tests import make

pytestmark = pytest.mark.django_db
Row = BulkRow.Status
TYPE, LEVERAGE = "trading.change_account_type", "trading.change_leverage"


@pytest.fixture
def eleni(db: None, settings: Any) -> Staff:
    settings.NOSTRO_REQUIRE_MFA = False
    return make.staff("*")


def fresh(person: Staff) -> Act:
    return make.act_of(person)


def done(act: Act, name: str, **inputs: Any) -> BulkChange:
    return started(act, prepared(act, name, everything(), **inputs))


def terms_of(account: TradingAccount) -> tuple[Group | None, int | None, str]:
    account.refresh_from_db()
    return account.group, account.leverage, account.account_type


def test_leverage_that_fell_with_an_account_type_goes_back_with_it(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    """The other type allows 1:200: one account falls to it, the other has it already."""
    first, second = opened
    group = first.group
    change = done(fresh(eleni), TYPE, account_type="raw")
    assert {one.status for one in change.rows.all()} == {Row.DONE}
    assert terms_of(first)[1:] == (200, "raw") == terms_of(second)[1:]

    made = started(fresh(eleni), undo(fresh(eleni), change))
    assert verdicts(made) == [(Row.DONE, ""), (Row.DONE, "")]
    assert terms_of(first) == (group, 500, "standard")
    assert terms_of(second) == (group, 200, "standard")
    on = PLATFORMS.take(first.platform.slug).account(first.login or 0)
    assert (on.group, on.leverage) == (group.path if group else "", 500)
    asked = Record.objects.filter(name="trading.LeverageAsked", subject_id=first.pk)
    assert not asked.exists(), "one request to the platform does both"

    again = started(fresh(eleni), undo(fresh(eleni), made))
    assert [one.status for one in again.rows.all()] == [Row.DONE, Row.DONE]
    assert terms_of(first)[1:] == (200, "raw") == terms_of(second)[1:]


def test_who_was_moved_to_another_group_of_the_type_since_is_left_there(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    first, second = opened
    for one in opened:
        trading.change_account_type(Act.system(), one, account_type="raw")
    drain()
    change = done(fresh(eleni), TYPE, account_type="standard")
    free = group_at(second.platform, "SC-USD-Standard-SF")
    second.refresh_from_db()
    trading.move_account(Act.system(), second, group=free, reason="Asked for")
    drain()

    made = undo(fresh(eleni), change)
    assert verdicts(made) == [
        (Row.PLANNED, ""), (Row.REFUSED, "It was changed since: another group, type standard.")
    ]  # fmt: skip
    started(fresh(eleni), made)
    assert terms_of(first)[2] == "raw"
    assert terms_of(second)[0] == free


def test_leverage_that_was_changed_since_stays_and_the_row_says_so(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    first, second = opened
    change = done(fresh(eleni), TYPE, account_type="raw")
    made = undo(fresh(eleni), change)
    first.refresh_from_db()
    trading.change_leverage(Act.system(), first, leverage=50)
    drain()
    started(fresh(eleni), made)
    assert verdicts(made) == [(Row.DONE, "Leverage stays: it was changed since."), (Row.DONE, "")]
    assert terms_of(first)[1:] == (50, "standard")
    assert terms_of(second)[1:] == (200, "standard")


def test_a_worker_killed_after_the_platform_answered_takes_no_row_for_refused(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    change = undo(fresh(eleni), done(fresh(eleni), TYPE, account_type="raw"))
    bulk.start_change(fresh(eleni), change)
    own = carrying.maker(change, Act.system())
    for one in changes.next_rows(change, Row.PLANNED, 10):
        part = carrying.parts_of(own, change, [one])
        carrying.carried_out(own, change, part)  # and was killed, the platform having answered
    drain()
    carrying.hear_answers(Act.system())
    assert verdicts(change) == [(Row.DONE, ""), (Row.DONE, "")]
    assert recorded("GroupAsked") == 4


def test_another_leverage_with_a_move_asks_for_its_own_right_and_second_person(
    eleni: Staff, opened: list[TradingAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, raw = opened[0], group_at(opened[0].platform, "SC-USD-Raw")
    before = recorded("GroupAsked")
    mover = fresh(make.staff("trading.move_account"))
    with pytest.raises(Forbidden, match="does not include another leverage"):
        trading.move_account(mover, first, group=raw, reason="Asked for", leverage=100)
    for beyond in (0, 201):
        with pytest.raises(Problem):
            trading.move_account(
                fresh(eleni), first, group=raw, reason="Asked for", leverage=beyond
            )
    asks = [lambda act, wanted, *_: Need(1 if wanted.name == LEVERAGE else 0)]
    monkeypatch.setattr(approvals, "ASK", asks)
    with pytest.raises(Forbidden, match="Other people agree"):
        trading.move_account(fresh(eleni), first, group=raw, reason="Asked for", leverage=100)
    assert recorded("GroupAsked") == before
    monkeypatch.setattr(approvals, "ASK", [])
    trading.move_account(fresh(eleni), first, group=raw, reason="Asked for", leverage=100)
    drain()
    assert terms_of(first) == (raw, 100, "raw")
