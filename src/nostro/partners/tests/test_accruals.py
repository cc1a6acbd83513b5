from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain, run_reaction
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.kit.problems import Forbidden, NotFound
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.partners import operations, queries
from nostro.partners.models import Accrual, Partner
from nostro.partners.operations.accruals import BadCorrection, NothingToAccrue
from nostro.partners.operations.plans import AlreadyPaid
from nostro.partners.operations.statements import (
    ClosedAlready,
    NothingToClose,
    NotOver,
    NowhereToPay,
)
from nostro.partners.plans import Basis, Cascade
from nostro.partners.plans.agreement import Agreement, Rate
from nostro.partners.reactions import take_back_new_client
from nostro.partners.tests import make as own
from nostro.payments.events import DepositChargedBack
from nostro.payments.models import Deposit
from tests import make

pytestmark = pytest.mark.django_db
D = Decimal


def earned(partner: Partner) -> Money:
    return balance(chart.partner_earned(partner.pk), partner.payout_currency)


def conserved() -> bool:
    """Every partner's lines are what the ledger holds, and less than a cent beside it."""
    for partner in Partner.objects.all():
        lines = partner.accruals.aggregate(total=Sum("amount"))["total"] or D(0)
        if lines != earned(partner).amount + partner.unposted or abs(partner.unposted) > D("0.01"):
            return False
    return verify() == []


def test_a_deal_pays_the_partner_and_the_one_above_them() -> None:
    aster = own.partner("ASTER")
    northgate = own.partner("NGATE", parent=aster)
    deal = own.traded(own.brought(northgate), "5.00")

    drain()

    lines = {one.partner.code: one for one in Accrual.objects.select_related("partner")}
    assert lines["NGATE"].amount == D("30") and lines["NGATE"].level == 1
    assert lines["ASTER"].amount == D("4.5") and lines["ASTER"].level == 2
    assert earned(northgate) == Money.of("30.00 USD")
    assert earned(aster) == Money.of("4.50 USD")
    assert [one["operator"] for one in lines["NGATE"].factors] == ["", "=", "×", "="]
    assert "earns 30 on deal" in lines["NGATE"].sentence
    assert lines["NGATE"].at == deal.at
    assert conserved()


def test_the_same_deals_recorded_twice_add_nothing() -> None:
    partner = own.partner("NGATE")
    deal = own.traded(own.brought(partner))
    drain()
    before = (Accrual.objects.count(), Record.objects.count(), earned(partner))

    with pytest.raises(NothingToAccrue):
        operations.accrue_deals(Act.system(), deals=[deal.pk])

    record = Record.objects.get(name="trading.DealsRecorded")
    run_reaction("partners.accrue_recorded", record.pk)
    assert (Accrual.objects.count(), Record.objects.count(), earned(partner)) == before


def test_a_trade_held_too_briefly_earns_nothing_and_says_what_it_would_have() -> None:
    partner = own.partner("NGATE")
    own.traded(own.brought(partner), "2.00", held=41)
    drain()

    line = Accrual.objects.get()
    assert line.amount == 0 and line.refusal == "Held for 41 s; this plan pays from 60 s."
    assert line.arithmetic["missed"] == "12.000000"
    assert (line.arithmetic["held"], line.arithmetic["minimum"]) == (41, 60)
    assert earned(partner) == Money.of("0.00 USD")


def test_a_batch_costs_the_same_statements_whatever_its_size() -> None:
    partner = own.partner("NGATE", parent=own.partner("ASTER"))
    client = own.brought(partner)
    counts = []
    for size in (1, 1, 12):
        ids = [own.traded(client).pk for _ in range(size)]
        with CaptureQueriesContext(connection) as asked:
            operations.accrue_deals(Act.system(), deals=ids)
        counts.append(len(asked))
    # The first may be the one that compiles the rules for this process.
    assert counts[1] == counts[2] <= counts[0]
    assert conserved()


def test_nobody_elses_trades_earn_a_partner_anything() -> None:
    own.partner("NGATE")
    deal = own.traded(make.client("SC"))
    drain()
    assert not Accrual.objects.exists()
    with pytest.raises(NothingToAccrue):
        operations.accrue_deals(Act.system(), deals=[deal.pk])


def test_trades_before_the_client_was_theirs_earn_nothing() -> None:
    partner = own.partner("NGATE")
    client = own.brought(partner)
    own.traded(client, closed_at=now() - timedelta(days=1))
    drain()
    assert not Accrual.objects.exists()


def test_a_paused_partner_gets_a_line_that_says_so() -> None:
    partner = own.partner("NGATE")
    client = own.brought(partner)
    operations.pause_partner(Act.system(), partner, reason="Advertising without a warning")
    own.traded(client)
    drain()
    assert Accrual.objects.get().refusal == "The partner does not earn at the moment."
    assert earned(partner) == Money.of("0.00 USD")


def test_a_differential_on_spread_pays_each_level_its_own_rate_less_the_one_below() -> None:
    aster = own.partner("ASTER")
    northgate = own.partner("NGATE", parent=aster)
    for partner, rate in ((northgate, "0.30"), (aster, "0.35")):
        terms = Agreement(
            currency="USD", cascade=Cascade.DIFFERENTIAL, levels=3,
            rates=(Rate(basis=Basis.SPREAD, rate=D(rate)),),
        )  # fmt: skip
        version = operations.set_plan(
            Act.system(), slug=f"spread-{rate[-2:]}-x", name=f"Spread {rate}", terms=terms
        )
        operations.assign_plan(Act.system(), partner, plan=version.plan)
    own.traded(own.brought(northgate), "5.00")
    drain()

    amounts = dict(Accrual.objects.values_list("partner__code", "amount"))
    assert amounts == {"NGATE": D("15.000000"), "ASTER": D("2.500000")}
    assert conserved()


def test_a_parent_paid_in_euros_gets_their_part_converted_and_shown() -> None:
    aster = own.partner("ASTER", payout_currency="EUR")
    terms = Agreement(
        currency="EUR", rates=(Rate(basis=Basis.LOTS, rate=D("5")),), overrides=(D("0.15"),)
    )
    version = operations.set_plan(Act.system(), slug="euro", name="Euro", terms=terms)
    operations.assign_plan(Act.system(), aster, plan=version.plan)
    own.traded(own.brought(own.partner("NGATE", parent=aster)), "10.00")
    drain()

    line = Accrual.objects.get(partner=aster)
    assert line.currency == "EUR"
    assert [one["label"] for one in line.factors][-2:] == ["USD into EUR", "Reward in EUR"]
    assert conserved()


def test_a_correction_is_a_line_of_its_own_and_the_old_one_stays() -> None:
    partner = own.partner("NGATE")
    own.traded(own.brought(partner), "5.00")
    drain()
    line = Accrual.objects.get()

    made = operations.correct_accrual(
        Act.system(), line, right_amount=D("20"), reason="The price was wrong"
    )

    line.refresh_from_db()
    assert line.amount == 30 and made.amount == D("-10") and made.corrects == line
    assert earned(partner) == Money.of("20.00 USD")
    before = (Accrual.objects.count(), Record.objects.count())
    with pytest.raises(BadCorrection):
        operations.correct_accrual(Act.system(), line, reason="Once more")
    with pytest.raises(BadCorrection):
        operations.correct_accrual(Act.system(), made, right_amount=made.amount, reason="Same")
    with pytest.raises(BadCorrection):
        operations.correct_accrual(Act.system(), made, reason=" ")
    assert (Accrual.objects.count(), Record.objects.count()) == before
    assert conserved()


def test_a_first_deposit_earns_once_climbs_the_ladder_and_is_taken_back() -> None:
    partner = own.partner("NGATE")
    with clock_at(now() + timedelta(seconds=5)):
        plan = queries.plans(Act.system()).get(slug="new-clients")
        operations.assign_plan(Act.system(), partner, plan=plan)
    with clock_at(now() + timedelta(seconds=10)):
        client = own.brought(partner)
        deposit = make.funded(client, "300.00 USD")
        drain()
        assert earned(partner) == Money.of("100.00 USD")
        make.funded(client, "1000.00 USD")
        drain()
        assert earned(partner) == Money.of("250.00 USD")
        record = Record.objects.filter(name="payments.DepositSettled").first()
        assert record is not None
        run_reaction("partners.accrue_new_client", record.pk)
        assert earned(partner) == Money.of("250.00 USD")
        assert isinstance(deposit, Deposit)
        event = DepositChargedBack(deposit.pk, deposit.money)
        take_back_new_client(Act.system(), event, "charged-back")
        take_back_new_client(Act.system(), event, "charged-back")
    assert earned(partner) == Money.of("150.00 USD")
    assert conserved()


def test_a_plan_never_reaches_back_over_lines_that_are_written() -> None:
    with clock_at(now() - timedelta(days=10)):
        partner = own.partner("NGATE")
        client = own.brought(partner)
    own.traded(client)
    drain()
    terms = Agreement(currency="USD", rates=(Rate(basis=Basis.LOTS, rate=D("8")),))
    before = Record.objects.count()
    with pytest.raises(AlreadyPaid):
        operations.set_plan(
            Act.system(), slug="standard-ib", name="Standard IB", terms=terms,
            from_date=(now() - timedelta(days=2)).date(),
        )  # fmt: skip
    assert Record.objects.count() == before
    operations.set_plan(Act.system(), slug="standard-ib", name="Standard IB", terms=terms)
    own.traded(client)
    drain()
    assert list(Accrual.objects.order_by("at").values_list("amount", flat=True)) == [6, 8]


def test_a_foreign_partner_sees_and_names_nothing() -> None:
    partner, other = own.partner("NGATE"), own.partner("OTHER")
    own.traded(own.brought(partner))
    drain()
    line = Accrual.objects.get()
    act = own.act_of(other)

    assert list(queries.accruals(own.act_of(partner))) == [line]
    for ask in (queries.accruals, queries.statements, queries.payouts):
        assert list(ask(act)) == []
    assert list(queries.partners(act)) == [other]
    with pytest.raises(NotFound):
        operations.add_link(act, partner, campaign="Webinar")
    with pytest.raises(Forbidden):
        operations.correct_accrual(act, line, reason="More for me")
    with pytest.raises(Forbidden):
        queries.client_links(act)


def test_staff_of_one_entity_see_no_partner_of_another() -> None:
    own.partner("NGATE", entity="SC")
    cypriot = own.partner("CYPRUS", entity="CY")
    act = make.act_of(make.staff("partners.*", entities=["CY"]))
    assert list(queries.partners(act)) == [cypriot]


def test_lines_of_no_lots_at_all_leave_the_ledger_as_it_was() -> None:
    partner = own.partner("NGATE")
    own.traded(own.brought(partner), "0.00")
    drain()
    assert Accrual.objects.get().amount == 0
    assert conserved()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(
        st.lists(st.integers(1, 9999).map(lambda n: f"{n / 10000:.4f}"), min_size=1, max_size=4),
        min_size=1, max_size=3,
    )
)  # fmt: skip
def test_cents_are_conserved_between_lines_and_ledger(db: None, batches: list[list[str]]) -> None:
    parent = own.partner(f"P{Partner.objects.count():03}")
    partner = own.partner(f"N{Partner.objects.count():03}", parent=parent)
    client = own.brought(partner)
    for lots in batches:
        ids = [own.traded(client, one).pk for one in lots]
        operations.accrue_deals(Act.system(), deals=ids)
        assert conserved()


def test_the_month_is_closed_approved_and_paid_to_the_cent() -> None:
    october = datetime(2026, 10, 5, 9, tzinfo=UTC)
    with clock_at(october):
        partner = own.partner("NGATE")
        operations.set_payout_account(Act.system(), partner, iban="DE89370400440532013000")
        client = own.brought(partner)
    for day in range(7):
        with clock_at(october + timedelta(days=1 + day)):
            own.traded(client, "0.055556")
            drain(historic=True)
    with clock_at(datetime(2026, 11, 3, 9, tzinfo=UTC)):
        statement = operations.close_statement(Act.system(), partner, month=october.date())
        assert statement.earned == D("2.333352")
        assert (statement.paid, statement.carried) == (D("2.33"), D("0.003352"))
        assert (statement.status, statement.lines) == ("closed", 7)
        assert "first payout" in statement.why.lower()
        operations.approve_statement(Act.system(), statement)
        operations.pay_out(Act.system(), statement)
    assert statement.status == "paid"
    assert earned(partner) == Money.of("0.00 USD")
    assert balance(chart.bank_in_transit(), "USD") == Money.of("2.33 USD")
    assert str(statement) == "S-2026-10-NGATE"
    assert list(Accrual.objects.values_list("statement", flat=True)) == [statement.pk] * 7
    assert verify() == []


def test_a_month_is_closed_once_and_only_when_it_is_over() -> None:
    partner = own.partner("NGATE")
    before = Record.objects.count()
    with pytest.raises(NotOver):
        operations.close_statement(Act.system(), partner, month=now().date())
    with pytest.raises(NothingToClose):
        operations.close_statement(Act.system(), partner, month=(now() - timedelta(days=40)).date())
    assert Record.objects.count() == before


def test_a_statement_is_not_paid_before_somebody_says_where_to() -> None:
    with clock_at(now() - timedelta(days=40)):
        partner = own.partner("NGATE")
        client = own.brought(partner)
        own.traded(client, "5.00")
        drain(historic=True)
        month = now().date()
    statement = operations.close_statement(Act.system(), partner, month=month)
    operations.approve_statement(Act.system(), statement)
    before = (Record.objects.count(), earned(partner))
    with pytest.raises(NowhereToPay):
        operations.pay_out(Act.system(), statement)
    statement.refresh_from_db()
    assert statement.status == "approved"
    assert (Record.objects.count(), earned(partner)) == before
    with pytest.raises(ClosedAlready):
        operations.close_statement(Act.system(), partner, month=month)
