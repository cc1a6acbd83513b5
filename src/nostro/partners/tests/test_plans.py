"""Filters, caps, pools, lookups, claw-backs and conditions, one sentence each."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from nostro.kit.money import Money
from nostro.partners.plans import (
    Anchor,
    BadPlan,
    Basis,
    Caps,
    Cascade,
    Chain,
    Condition,
    Earned,
    Filters,
    Happening,
    Leg,
    Measure,
    Offer,
    Plan,
    Referred,
    Revenue,
    Rung,
    Schedule,
    Side,
    Step,
    Terms,
    TermsRow,
    Tier,
    Tiering,
    accrue,
    acquire,
    claw_back,
    decisive_at,
    divide,
    find_terms,
    larger_side,
    pay_out,
    payable_on,
    rate_reached,
    share_revenue,
    share_with_client,
    tiered,
    volume_in_window,
)
from nostro.partners.plans.arithmetic import quotient, rounded
from nostro.partners.tests.plan_cases import OPENED, amounts, chain, deal, replayed, single

D = Decimal
FIXED = Plan(Cascade.FIXED)


def test_halves_are_rounded_away_from_zero() -> None:
    assert rounded(D("0.0000005")) == D("0.000001")
    assert rounded(D("-0.0000005")) == D("-0.000001")
    assert quotient(D(1), D(3)) == D("0.333333")
    assert quotient(D(-2), D(3)) == D("-0.666667")
    assert quotient(D(1), D(2), 0) == 1


def test_a_float_is_never_a_fact_of_a_deal() -> None:
    with pytest.raises(TypeError):
        deal(fx=1.1)
    with pytest.raises(TypeError):
        Terms(Basis.LOTS, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", ["0.00001", "-1", "NaN"])
def test_a_rate_too_fine_or_below_zero_is_refused(rate: str) -> None:
    with pytest.raises(BadPlan):
        Terms(Basis.LOTS, D(rate))


def test_a_deal_cannot_close_before_it_opens() -> None:
    with pytest.raises(BadPlan):
        deal(closed_at=OPENED - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("leg", "expected"), [(Leg.OPEN, "20"), (Leg.CLOSE, "40"), (Leg.HALF, "30")]
)
def test_the_spread_is_paid_from_the_side_the_plan_names(leg: Leg, expected: str) -> None:
    facts = deal(open_spread="0.0002", close_spread="0.0004")
    assert single(facts, Basis.SPREAD, "1", leg).amount == D(expected)


def test_a_markup_pays_by_its_worth_in_the_payout_currency() -> None:
    facts = deal("2", markup="0.00005", fx="0.90000000")
    assert single(facts, Basis.MARKUP, "0.5").amount == D("4.5")


def test_net_revenue_that_is_not_known_is_not_taken_for_zero() -> None:
    with pytest.raises(BadPlan):
        single(deal(), Basis.NET_REVENUE, "0.25")


def test_a_deal_held_too_short_pays_nothing_and_says_why() -> None:
    plan = Plan(Cascade.FIXED, Filters(minimum_holding=timedelta(seconds=60)))
    short = accrue(deal(closed_at=OPENED + timedelta(seconds=59)), plan, chain("5"))
    assert not short.lines
    assert short.refusal == "Held for 59 s; this plan pays from 60 s."
    assert amounts(deal(closed_at=OPENED + timedelta(seconds=60)), plan, chain("5")) == [D(5)]


def test_a_price_that_moved_too_little_pays_nothing() -> None:
    plan = Plan(Cascade.FIXED, Filters(minimum_move=D("0.0010")))
    assert "moved by 0.0009" in accrue(deal(close_price="1.0791"), plan, chain("5")).refusal
    assert amounts(deal(close_price="1.0790"), plan, chain("5")) == [D(5)]


def test_the_same_price_at_open_and_close_pays_nothing_where_the_plan_says_so() -> None:
    plan = Plan(Cascade.FIXED, Filters(flat_pays_nothing=True))
    assert accrue(deal(), plan, chain("5")).refusal.startswith("Opened and closed at the same")
    assert amounts(deal(close_price="1.0801"), plan, chain("5")) == [D(5)]


def test_a_spread_below_its_cap_and_out_of_the_news_is_paid_whole() -> None:
    filters = Filters(spread_cap=D("0.0010"), news_at_average=True)
    facts = deal(open_spread="0.0004", average_spread="0.0001", widened=False)
    terms = chain("1", basis=Basis.SPREAD, leg=Leg.OPEN)
    assert amounts(facts, Plan(Cascade.FIXED, filters), terms) == [D(40)]


def test_where_hedges_count_once_the_larger_side_pays() -> None:
    buys, sells = deal("1.5"), deal("1.8", side=Side.SELL)
    other = deal("0.1", symbol="GBPUSD", side=Side.SELL)
    assert larger_side([buys, sells, other]) == (sells, other)
    assert larger_side([deal("1"), deal("1", side=Side.SELL)]) == (deal("1"),)


@pytest.mark.parametrize(
    ("equity", "credit", "expected"),
    [("1000", "250", "7.5"), ("300", "100", "6.666667"), ("100", "100", "0"), ("-5", "9", "0")],
)
def test_bonus_money_earns_nothing(equity: str, credit: str, expected: str) -> None:
    plan = Plan(Cascade.FIXED, Filters(own_funds_only=True))
    line = accrue(deal("2", equity=equity, credit=credit), plan, chain("5")).lines[0]
    assert line.amount == D(expected)
    assert abs(replayed(line.factors) - D(expected)) < D("1e-9")


def test_bonus_money_is_taken_off_an_on_top_parent_only_once() -> None:
    plan = Plan(Cascade.ON_TOP, Filters(own_funds_only=True))
    steps = Chain((Step("child", 1, Terms(Basis.LOTS, D(10))), Step("up", 2, share=D("0.2"))))
    assert amounts(deal(equity="100", credit="50"), plan, steps) == [D(5), D(1)]


@pytest.mark.parametrize(
    ("caps", "expected", "label"),
    [
        (Caps(order=D(8)), "8", "Cap by order"),
        (Caps(day=D(50)), "6", "Left of the day's cap"),
        (Caps(month=D(503)), "3", "Left of the month's cap"),
        (Caps(day=D(40)), "0", "Left of the day's cap"),
    ],
)
def test_a_cap_takes_what_is_above_it_and_says_so(caps: Caps, expected: str, label: str) -> None:
    before = {"p1": Earned(day=D(44), month=D(500))}
    line = accrue(deal("2"), Plan(Cascade.FIXED, caps=caps), chain("5"), before).lines[0]
    assert line.amount == replayed(line.factors) == D(expected)
    assert line.factors[-1].label == label
    assert label.lower() in line.sentence


def test_a_partner_twice_in_a_chain_has_one_cap() -> None:
    steps = Chain(tuple(Step("p", level, Terms(Basis.LOTS, D(5))) for level in (1, 2)))
    assert amounts(deal(), Plan(Cascade.FIXED, caps=Caps(day=D(7))), steps) == [D(5), D(2)]


def test_a_pool_is_shared_from_the_nearest_partner_up_until_it_is_empty() -> None:
    plan = Plan(Cascade.FIXED, pool=Terms(Basis.LOTS, D(10)))
    assert amounts(deal(), plan, chain("6", "3", "4", "2")) == [D(6), D(3), D(1), D(0)]


def test_ratios_multiply_the_rate_and_are_named() -> None:
    step = Step("p1", 1, Terms(Basis.LOTS, D(6)), ratios=(("personal", D("1.1")),))
    line = accrue(deal(), FIXED, Chain((step,))).lines[0]
    assert (line.rate, line.amount) == (D("6.6"), D("6.6"))
    assert "6 × personal 1.1" in line.sentence


def test_a_differential_over_different_bases_runs_on_amounts() -> None:
    steps = Chain(
        (
            Step("p1", 1, Terms(Basis.LOTS, D(7))),
            Step("p2", 2, Terms(Basis.COMMISSION, D("0.50"))),
            Step("p3", 3, Terms(Basis.COMMISSION, D("0.90"))),
        )
    )
    accrual = accrue(deal(commission="10"), Plan(Cascade.DIFFERENTIAL), steps)
    assert [line.amount for line in accrual.lines] == [D(7), D(0), D(2)]
    assert [replayed(line.factors) for line in accrual.lines] == [D(7), D(0), D(2)]
    assert "less 7 earned below" in accrual.lines[2].sentence


def test_a_partner_without_a_rate_is_refused_by_name() -> None:
    with pytest.raises(BadPlan, match="sub has no rate"):
        accrue(deal(), FIXED, Chain((Step("sub", 1, share=D("0.5")),)))


def test_an_allocation_never_keeps_more_than_there_is() -> None:
    steps = Chain((Step("sub", 1, share=D("1.01")), Step("ib", 2, Terms(Basis.LOTS, D(1)))))
    with pytest.raises(BadPlan):
        accrue(deal(), Plan(Cascade.ALLOCATION), steps)


def test_an_allocation_of_three_passes_on_what_is_left() -> None:
    steps = Chain(
        (
            Step("a", 1, share=D("0.5")),
            Step("b", 2, share=D("0.5")),
            Step("c", 3, Terms(Basis.LOTS, D(10))),
        )
    )
    assert amounts(deal(), Plan(Cascade.ALLOCATION), steps) == [D(5), D("2.5"), D("2.5")]


def test_a_claw_back_is_a_negative_line_that_names_its_original() -> None:
    line = single(deal("2"), Basis.LOTS, "5")
    back = claw_back(line, "the deal was cancelled")
    assert (back.amount, back.reverses) == (-line.amount, line.key)
    assert back.key != line.key
    assert replayed(back.factors) == D(-10)
    assert back.sentence == "p1 gives back 10: the deal was cancelled."
    with pytest.raises(BadPlan):
        claw_back(back, "again")


def test_a_cashback_is_between_nothing_and_the_whole_line() -> None:
    line = single(deal(), Basis.LOTS, "5")
    assert share_with_client(line, D(1))[1].amount == 0
    with pytest.raises(BadPlan):
        share_with_client(line, D("1.01"))


def test_the_instrument_is_looked_up_before_its_groups_and_then_parked() -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    majors = TermsRow(Terms(Basis.LOTS, D(3)), start, group="majors")
    euro = TermsRow(Terms(Basis.LOTS, D(5)), start, end, symbol="EURUSD")
    rows = [majors, euro]
    assert find_terms(rows, "EURUSD", ["majors"], start)[0] == euro.terms
    assert find_terms(rows, "EURUSD", ["majors"], end)[0] == majors.terms
    assert find_terms(rows, "GBPUSD", ["exotics", "majors"], start)[0] == majors.terms
    terms, reason = find_terms(rows, "XAUUSD", ["metals"], start)
    assert terms is None
    assert reason == "No rate for XAUUSD or its groups on 2026-01-01 00:00."
    assert find_terms(rows, "GBPUSD", ["majors"], start - timedelta(seconds=1))[0] is None


def test_the_close_decides_unless_the_policy_says_the_open() -> None:
    assert decisive_at(deal()) == deal().closed_at
    assert decisive_at(deal(), by_close=False) == deal().opened_at


TIERS = [Tier(D(0), D(5)), Tier(D(100), D(6)), Tier(D(500), D(7))]


@pytest.mark.parametrize(("volume", "rate"), [("99.99", 5), ("100", 6), ("499", 6), ("500", 7)])
def test_a_tier_begins_at_its_start(volume: str, rate: int) -> None:
    assert rate_reached(D(volume), TIERS) == rate
    assert tiered(D(volume), TIERS, Tiering.RETROACTIVE).value == D(volume) * rate


def test_a_tier_that_never_goes_down_keeps_the_rate_once_reached() -> None:
    assert tiered(D(50), TIERS, Tiering.RETROACTIVE, reached=D(510)).value == D(350)
    assert rate_reached(D(50), TIERS, reached=D(100)) == 6


def test_tiers_start_at_zero_and_rise() -> None:
    for bad in ([], [Tier(D(1), D(5))], [Tier(D(0), D(5)), Tier(D(0), D(6))]):
        with pytest.raises(BadPlan):
            tiered(D(1), bad, Tiering.MARGINAL)


def test_a_tier_window_rolls_or_follows_the_calendar() -> None:
    volumes = [(date(2026, 2, 27), D(1)), (date(2026, 3, 1), D(2)), (date(2026, 3, 3), D(4))]
    assert volume_in_window(volumes, date(2026, 3, 2)) == 2
    assert volume_in_window(volumes, date(2026, 3, 3)) == 6
    assert volume_in_window(volumes, date(2026, 3, 3), rolling_days=5) == 7
    assert volume_in_window(volumes, date(2026, 3, 3), rolling_days=4) == 6


def test_a_carried_debt_is_worked_off_and_not_forgiven_later() -> None:
    share = share_revenue(Revenue(spread=D(100)), D(1), carried=D(-350), forgiven_up_to=D(300))
    assert (share.due, share.carried, share.forgiven) == (D(0), D(-250), D(0))


def test_a_debt_is_carried_and_never_paid() -> None:
    assert pay_out([D(-5)], "USD") == pay_out([], "USD", carried=D(-5))
    assert pay_out([D(-5)], "USD").carried == D(-5)
    assert pay_out([D("0.004")], "USD").carried == D("0.004")
    assert pay_out([D("7.5")], "JPY").paid == Money.of("8 JPY")


def test_a_payout_waits_for_its_schedule() -> None:
    assert payable_on(date(2026, 1, 31), Schedule.DAILY) == date(2026, 2, 1)
    assert payable_on(date(2026, 1, 31), Schedule.MONTHLY) == date(2026, 2, 1)
    assert payable_on(date(2026, 12, 1), Schedule.MONTHLY, delay_days=9) == date(2027, 1, 10)


def test_shares_must_sum_to_the_whole() -> None:
    assert divide(D(10), [D("0.7"), D("0.3")]) == (D(7), D(3))
    with pytest.raises(BadPlan):
        divide(D(10), [D("0.7"), D("0.2")])


LOTS = Condition("lots", Measure.SUM, D(2), Anchor.FIRST_DEPOSIT, timedelta(days=30))
KYC = Condition("kyc approved", Measure.COUNT, D(1))
FIRST_DAY = Condition("deposit", Measure.SUM, D(0), Anchor.FIRST_DEPOSIT, timedelta(hours=24))
CPA = Offer((Rung(D(200), D(400)),), FIRST_DAY, (LOTS, KYC), frozenset({"CY", "DE"}))


def _client(*happenings: Happening, country: str = "CY", related: bool = False) -> Referred:
    anchors = {Anchor.REGISTRATION: OPENED, Anchor.FIRST_DEPOSIT: OPENED}
    return Referred(country, happenings, anchors, related)


DEPOSITED = Happening("deposit", OPENED + timedelta(hours=23), D(200))
APPROVED = Happening("kyc approved", OPENED + timedelta(hours=1))
TRADED = Happening("lots", OPENED + timedelta(days=29), D(2))


def test_a_cpa_is_due_once_every_condition_is_true() -> None:
    assert acquire(CPA, _client(DEPOSITED, APPROVED, TRADED)).due == D(400)
    waiting = acquire(CPA, _client(DEPOSITED, TRADED))
    assert waiting.due == 0
    assert waiting.missing == ("Kyc approved: 0 of 1.",)


def test_what_happens_after_the_window_does_not_count() -> None:
    late = Happening("lots", OPENED + timedelta(days=30), D(2))
    assert acquire(CPA, _client(DEPOSITED, APPROVED, late)).missing == ("Lots: 0 of 2.",)
    second_day = Happening("deposit", OPENED + timedelta(hours=24), D(200))
    assert "Deposit: 0 of 200." in acquire(CPA, _client(second_day, APPROVED, TRADED)).missing


def test_a_relative_or_a_country_outside_the_offer_earns_no_cpa() -> None:
    done = (DEPOSITED, APPROVED, TRADED)
    assert acquire(CPA, _client(*done, related=True)).due == 0
    assert acquire(CPA, _client(*done, country="BR")).missing == ("The offer does not cover BR.",)


def test_without_its_anchor_nothing_counts() -> None:
    client = Referred("CY", (DEPOSITED, APPROVED, TRADED), {Anchor.REGISTRATION: OPENED})
    assert acquire(CPA, client).due == 0


def test_a_ladder_rises() -> None:
    with pytest.raises(BadPlan):
        Offer((Rung(D(100), D(50)), Rung(D(500), D(20))), FIRST_DAY)
