"""Deals that change after they earned something, and deals whose platform tells no prices."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain, run_reaction
from nostro.core.models import Record
from nostro.kit.money import Lots, Money
from nostro.ledger import chart
from nostro.ledger.queries import Closing, balance, checks
from nostro.partners import operations
from nostro.partners.models import Accrual, Partner
from nostro.partners.operations.accruals import NothingToAccrue
from nostro.partners.plans import Basis, Cascade
from nostro.partners.plans.agreement import Agreement, Rate
from nostro.partners.queries import before_closing
from nostro.partners.tests import make as own
from nostro.partners.tests.test_accruals import conserved
from nostro.trading import operations as trading
from nostro.trading import ports
from nostro.trading.models import Deal
from tests import make

pytestmark = pytest.mark.django_db
D = Decimal


def earned(partner: Partner) -> Money:
    return balance(chart.partner_earned(partner.pk), partner.payout_currency)


def as_now(deal: Deal, **changed: Any) -> ports.Deal:
    """The deal as the platform shows it now."""
    facts = {
        "ticket": deal.ticket, "login": deal.login, "order": 0, "position": deal.position,
        "kind": ports.DealKind.SELL, "entry": ports.DealEntry.OUT, "symbol": deal.symbol,
        "lots": Lots(str(deal.lots)), "closed_lots": Lots(str(deal.lots_closed)),
        "contract_size": deal.contract_size, "price": deal.price,
        "position_price": deal.price_open, "bid": deal.bid, "ask": deal.ask,
        "profit": deal.profit, "swap": deal.swap, "commission": deal.commission,
        "fee": deal.fee, "profit_rate": deal.rate_profit, "comment": "", "at": deal.at,
        "platform_time": 0, "raw": {},
    }  # fmt: skip
    return ports.Deal(**{**facts, **changed})


def changed(deal: Deal, **now: Any) -> None:
    """The platform changed a deal, and we saw it."""
    trading.correct_deals(Act.system(), deal.platform, changes=[(deal.pk, as_now(deal, **now))])
    drain()


def gone(deal: Deal) -> None:
    trading.correct_deals(Act.system(), deal.platform, changes=[(deal.pk, None)])
    drain()


def on_terms(partner: Partner, *rates: Rate, **more: Any) -> None:
    terms = Agreement(currency="USD", rates=rates, **more)
    slug = f"terms-{partner.code.lower()}"
    version = operations.set_plan(Act.system(), slug=slug, name=slug, terms=terms)
    operations.assign_plan(Act.system(), partner, plan=version.plan)


def spread(rate: str) -> Rate:
    return Rate(basis=Basis.SPREAD, rate=D(rate))


def test_a_deleted_deal_takes_back_what_everybody_earned_on_it_once() -> None:
    aster = own.partner("ASTER")
    northgate = own.partner("NGATE", parent=aster)
    client = own.brought(northgate)
    deal, other = own.traded(client, "5.00"), own.traded(client, "1.00")
    drain()
    first = Accrual.objects.get(deal=deal, level=1)

    gone(deal)

    lines = Accrual.objects.filter(deal=deal, kind="correction").order_by("level")
    assert [one.amount for one in lines] == [D("-30"), D("-4.5")]
    assert lines[0].corrects == first and lines[0].statement is None
    assert lines[0].arithmetic["reason"] == "The platform deleted this trade."
    first.refresh_from_db()
    assert first.amount == 30
    assert earned(northgate) == Money.of("6.00 USD") and earned(aster) == Money.of("0.90 USD")
    assert Accrual.objects.filter(deal=other).count() == 2
    assert conserved()

    before = (Accrual.objects.count(), Record.objects.count())
    for record in Record.objects.filter(name="trading.DealsCorrected"):
        run_reaction("partners.follow_corrected", record.pk)
    with pytest.raises(NothingToAccrue):
        operations.follow_deals(Act.system(), deals=[deal.pk])
    assert (Accrual.objects.count(), Record.objects.count()) == before


def test_a_changed_deal_is_worked_out_again_and_the_difference_shown() -> None:
    partner = own.partner("NGATE")
    deal = own.traded(own.brought(partner), "5.00")
    drain()

    changed(deal, lots=Lots("2.00"), closed_lots=Lots("2.00"))

    line = Accrual.objects.get(kind="correction")
    assert line.amount == D("-18") and earned(partner) == Money.of("12.00 USD")
    told = [(one["operator"], one["label"], D(one["value"])) for one in line.factors]
    assert told[0] == ("", "Lots", D("2"))
    assert told[-2:] == [("−", "Accrued", D("30")), ("=", "The difference", D("-18"))]
    assert "lots 2" in line.arithmetic["reason"]

    changed(deal, lots=Lots("5.00"), closed_lots=Lots("5.00"), profit=D("1"))
    assert earned(partner) == Money.of("30.00 USD")
    assert Accrual.objects.filter(kind="correction").count() == 2
    gone(deal)
    assert earned(partner) == Money.of("0.00 USD")
    assert conserved()


def test_what_a_person_corrected_stays_beside_a_changed_deal_and_goes_with_a_deleted_one() -> None:
    partner = own.partner("NGATE")
    deal = own.traded(own.brought(partner), "5.00")
    drain()
    operations.correct_accrual(
        Act.system(), Accrual.objects.get(), right_amount=D("26"), reason="A promise kept"
    )
    changed(deal, lots=Lots("2.00"), closed_lots=Lots("2.00"))
    assert earned(partner) == Money.of("8.00 USD")
    gone(deal)
    assert earned(partner) == Money.of("0.00 USD")
    assert conserved()


def test_a_change_that_no_plan_asks_about_writes_nothing() -> None:
    partner = own.partner("NGATE")
    deal = own.traded(own.brought(partner), "5.00")
    drain()
    changed(deal, swap=D("-4"))
    assert Accrual.objects.count() == 1
    assert not Record.objects.filter(name="partners.AccrualsFollowedDeals").exists()


def test_a_partner_who_was_paused_since_keeps_what_a_changed_deal_earned_then() -> None:
    partner = own.partner("NGATE")
    deal = own.traded(own.brought(partner), "5.00")
    drain()
    operations.pause_partner(Act.system(), partner, reason="Advertising without a warning")
    changed(deal, lots=Lots("4.00"), closed_lots=Lots("4.00"))
    assert earned(partner) == Money.of("24.00 USD")


def test_a_cap_of_the_day_does_not_count_the_changed_deal_against_itself() -> None:
    partner = own.partner("NGATE")
    on_terms(partner, Rate(basis=Basis.LOTS, rate=D("10")), cap_day=D("50"))
    deal = own.traded(own.brought(partner), "4.00")
    drain()
    changed(deal, lots=Lots("6.00"), closed_lots=Lots("6.00"))
    assert earned(partner) == Money.of("50.00 USD")
    assert conserved()


def test_a_deal_deleted_before_it_earned_gets_a_line_of_nothing_that_says_so() -> None:
    partner = own.partner("NGATE")
    deal = own.traded(own.brought(partner), "5.00")
    trading.correct_deals(Act.system(), deal.platform, changes=[(deal.pk, None)])
    drain()
    line = Accrual.objects.get()
    assert (line.amount, line.refusal) == (D(0), "The platform deleted this trade.")
    assert earned(partner) == Money.of("0.00 USD")


def test_following_costs_the_same_statements_whatever_the_size_of_the_batch() -> None:
    partner = own.partner("NGATE", parent=own.partner("ASTER"))
    client = own.brought(partner)
    counts = []
    for size in (1, 10):
        deals = [own.traded(client) for _ in range(size)]
        drain()
        given = [(one.pk, None) for one in deals]
        trading.correct_deals(Act.system(), deals[0].platform, changes=given)
        with CaptureQueriesContext(connection) as asked:
            operations.follow_deals(Act.system(), deals=[one.pk for one in deals])
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert conserved()


@pytest.mark.parametrize(("bid", "ask"), [("0", "0"), ("0", "1.08"), ("1.08", "0")])
def test_a_share_of_a_spread_that_the_platform_does_not_tell_earns_nothing_and_says_why(
    bid: str, ask: str
) -> None:
    partner = own.partner("NGATE")
    on_terms(partner, spread("0.30"))
    own.traded(own.brought(partner), "5.00", bid=D(bid), ask=D(ask))
    drain()
    line = Accrual.objects.get()
    assert line.amount == 0
    assert line.refusal.startswith("The platform does not tell the spread of this trade")


def test_those_paid_by_lots_earn_where_one_above_them_is_paid_by_an_untold_spread() -> None:
    aster = own.partner("ASTER")
    northgate = own.partner("NGATE", parent=aster)
    on_terms(aster, spread("0.30"))
    on_terms(northgate, Rate(basis=Basis.LOTS, rate=D("6")), cascade=Cascade.FIXED)
    own.traded(own.brought(northgate), "5.00", bid=D(0), ask=D(0))
    drain()
    lines = {one.partner.code: one for one in Accrual.objects.select_related("partner")}
    assert lines["NGATE"].amount == 30
    assert lines["ASTER"].amount == 0 and "spread" in lines["ASTER"].refusal


@pytest.mark.urls("nostro.partners.tests.urls_samples")
def test_the_partner_reads_the_correction_beside_the_trade() -> None:
    partner = own.partner("NGATE")
    deal = own.traded(own.brought(partner, first_name="Ruth", last_name="Vandenberg"), "5.00")
    drain()
    changed(deal, lots=Lots("2.00"), closed_lots=Lots("2.00"), profit=D("-7777.77"))
    line, correction = Accrual.objects.order_by("pk")
    browser = Browser()
    browser.force_login(partner.user)

    text = browser.get(f"/partner/trades/{line.pk}/").content.decode()
    assert "Corrected since" in text and f"/partner/trades/{correction.pk}/" in text
    text = browser.get(f"/partner/trades/{correction.pk}/").content.decode()
    assert "What it corrects" in text and f"/partner/trades/{line.pk}/" in text
    assert "The platform changed this trade: lots 2." in text
    assert "−18.00" in text or "-18.00" in text
    assert "Vandenberg" not in text and "7777" not in text


def test_what_partners_are_owed_stands_on_the_checklist_before_closing() -> None:
    with clock_at(now() - timedelta(days=40)):
        partner = own.partner("NGATE")
        own.traded(own.brought(partner), "5.00")
        day = now().date()

    def said(entity_id: int | None = None) -> dict[str, str]:
        found = before_closing(Act.system(), Closing(day, entity_id))
        return {one.text: one.end for one in found if one.state == "fail"}

    assert said() == {"Every trade of partners’ clients is worked out": "1 trade"}
    drain()
    assert said() == {"Every partner has a statement of what was earned": "1 partner"}
    statement = operations.close_statement(Act.system(), partner, month=day)
    assert said(partner.entity_id) == {"Every partner’s statement is paid": "1 statement"}
    assert said(make.entity("UK").pk) == {}
    operations.set_payout_account(Act.system(), partner, iban="DE89370400440532013000")
    operations.approve_statement(Act.system(), statement)
    operations.pay_out(Act.system(), statement)
    assert said() == {}
    assert "Every partner’s statement is paid" in [
        one.text for one in checks(Act.system(), Closing(day))
    ]
