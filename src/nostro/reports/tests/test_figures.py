"""Figures follow the log once, and come out the same when they are built again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.core.access import Scope
from nostro.core.acts import Act, now
from nostro.core.models import Record
from nostro.kit.problems import Forbidden
from nostro.payments import operations as payments
from nostro.reports import queries
from nostro.reports.models import Hour, Milestones, Projection, Turnaround
from nostro.reports.operations import rebuild_figures, refresh
from nostro.reports.queries.measures import STEPS
from nostro.reports.tests.make import asked_back, paid_in
from nostro.trading import operations as trading
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import deal
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def funnel(act: Act) -> list[int]:
    return [one.count for one in queries.funnel(act, since=now() - DAY, until=now() + DAY)]


def totals(act: Act, *names: str) -> dict[str, tuple[int, Decimal]]:
    found = queries.flows(act, names, since=now() - DAY, until=now() + DAY)
    return {
        name: (
            sum(one.count for one in hours.values()),
            sum((one.amount for one in hours.values()), Decimal(0)),
        )
        for name, hours in found.items()
    }


def snapshot() -> list[object]:
    return [
        sorted(Hour.objects.values_list("measure", "entity_id", "about", "count", "amount")),
        sorted(Milestones.objects.values_list("client_id", "verified_at", "funded_at")),
        sorted(Turnaround.objects.values_list("kind", "subject_id", "decided_at", "staff_id")),
    ]


def test_a_funnel_counts_how_far_the_registered_have_come() -> None:
    make.client(active=False)
    make.client()
    paid_in()

    refresh()

    assert funnel(Act.system()) == [3, 2, 1, 0]
    assert len(STEPS) == 4


def test_money_counts_in_usd_and_each_event_once() -> None:
    paid_in(amount="100.00 USD")
    refresh()
    refresh()
    paid_in(amount="50.00 USD")
    refresh()

    assert totals(Act.system(), "deposits") == {"deposits": (2, Decimal(150))}


def test_a_refresh_in_small_steps_comes_to_the_same_as_one() -> None:
    for _ in range(3):
        paid_in()
    while refresh(batch=4):
        pass
    in_steps = snapshot()

    rebuild_figures(Act.system())

    assert snapshot() == in_steps
    assert Record.objects.filter(name="reports.FiguresRebuilt").count() == 1


def test_a_deal_whose_account_becomes_known_later_counts_once_whenever_it_is_added_up() -> None:
    platform = trading_make.platform()
    login = trading_make.account(make.client("SC"), platform).login or 0
    unknown = 700_001
    trading.record_deals(
        Act.system(), platform, deals=[deal(1, login, at=now()), deal(2, unknown, at=now())]
    )
    refresh()
    assert totals(Act.system(), "volume")["volume"][0] == 1

    wanted = trading.request_account(
        Act.system(), make.client("SC"), account_type="standard", currency="USD"
    )
    trading.account_opened(Act.system(), wanted, login=unknown, main="Main-1", investor="Look-1")
    in_steps = []
    for _ in range(2):
        refresh()
        in_steps.append(totals(Act.system(), "volume"))
    rebuild_figures(Act.system())

    assert in_steps[0]["volume"] == (2, Decimal("0.2"))
    assert in_steps == [in_steps[0]] * 2 == [totals(Act.system(), "volume")] * 2
    assert Milestones.objects.exclude(traded_at=None).count() == 2


def test_a_withdrawal_waits_from_the_request_to_the_decision_and_names_who_decided() -> None:
    client = paid_in(amount="40000.00 USD")
    approver = make.staff("payments.*")
    withdrawal = asked_back(client, "30000.00 USD")
    payments.refuse_withdrawal(make.act_of(approver), withdrawal, reason="not theirs")
    refresh()

    waited, days = queries.turnaround(
        Act.system(), "withdrawal", since=now() - DAY, until=now() + DAY
    )
    deciders = queries.on_shift(Act.system(), since=now() - DAY)

    assert waited.count == 1
    assert list(days) == [now().date()]
    assert [(one.staff_id, one.decided) for one in deciders] == [(approver.pk, 1)]


def test_whoever_sees_one_entity_sees_its_figures_alone() -> None:
    paid_in("CY")
    paid_in("UK")
    refresh()
    person = make.staff("reports.*", entities=["UK"])

    assert funnel(make.act_of(person))[0] == 1
    assert totals(make.act_of(person), "deposits")["deposits"][0] == 1


def test_whoever_sees_their_own_clients_only_sees_no_figures_of_all() -> None:
    act = make.act_of(make.staff("reports.*"))
    grants = replace(act.actor.grants, scope=Scope(owner=act.actor.id))

    with pytest.raises(Forbidden):
        funnel(replace(act, actor=replace(act.actor, grants=grants)))


def test_whoever_was_not_granted_figures_is_refused() -> None:
    with pytest.raises(Forbidden):
        funnel(make.act_of(make.staff("people.*")))

    assert Projection.objects.count() == 0
