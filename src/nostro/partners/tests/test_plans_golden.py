"""The golden cases: numbers that vendors publish, each of which must come out exactly."""

from decimal import Decimal

import pytest

from nostro.kit.money import HALF_UP, Money
from nostro.partners.plans import (
    Anchor,
    Basis,
    Cascade,
    Chain,
    Condition,
    Deal,
    Filters,
    Happening,
    Leg,
    Measure,
    Offer,
    Plan,
    Referred,
    Revenue,
    Rung,
    Side,
    Step,
    Terms,
    Tier,
    Tiering,
    accrue,
    acquire,
    hedged_lots,
    pay_out,
    share_revenue,
    share_with_client,
    tiered,
)
from nostro.partners.tests.plan_cases import OPENED, amounts, chain, deal, replayed, single

D = Decimal

SINGLE = [
    pytest.param(deal("10"), Basis.LOTS, "2", Leg.HALF, "20", id="10 lots at 2 [B2CORE]"),
    pytest.param(deal("2"), Basis.LOTS, "5", Leg.HALF, "10", id="2 lots at 5 [Brokeret]"),
    pytest.param(
        deal(commission="70"), Basis.COMMISSION, "0.10", Leg.HALF, "7",
        id="10 % of a commission of 70 [B2CORE]",
    ),
    pytest.param(
        deal("5", symbol="GBPUSD", open_spread="0.000136"), Basis.SPREAD, "0.30", Leg.OPEN,
        "20.40", id="5 lots GBPUSD, spread 0.000136, 30 % [FBS]",
    ),
    pytest.param(
        deal("3", open_spread="0.00004", close_spread="0.00004"), Basis.SPREAD, "0.35", Leg.HALF,
        "4.20", id="3 lots EURUSD, 0.4 pip at open and close, 35 % [FXTrading]",
    ),
    pytest.param(
        deal("0.1", contract_size="10000"), Basis.PIPS, "1.5", Leg.HALF, "0.15",
        id="0.1 lot EURUSD at 1.5 pips [InstaForex]",
    ),
    pytest.param(
        deal("2", symbol="CADJPY", contract_size="10000", pip="0.01", fx="0.0098"), Basis.PIPS,
        "4", Leg.HALF, "7.84", id="2 lots CADJPY, pip worth 0.98, at 4 pips [InstaForex]",
    ),
    pytest.param(
        deal("1", symbol="USDJPY", pip="0.01", fx="0.00666667"), Basis.PIPS, "1", Leg.HALF,
        "6.666670", id="a pip of 1 lot USDJPY at fx 0.00666667 [own]",
    ),
    pytest.param(
        deal("2.5"), Basis.MILLION, "30", Leg.HALF, "8.10",
        id="2.5 lots EURUSD at 1.0800, 30 USD per million [own]",
    ),
    pytest.param(
        deal("100", volume_modifier="0.4"), Basis.LOTS, "1", Leg.HALF, "40",
        id="100 lots with a group modifier of 0.4 [own]",
    ),
    pytest.param(
        deal(revenue=Revenue(D(600), D(100), D(40), D(-1200), D(150), D(90))),
        Basis.NET_REVENUE, "0.25", Leg.HALF, "425",
        id="25 % of the net revenue of one deal [own]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "basis", "rate", "leg", "expected"), SINGLE)
def test_one_partner_earns(facts: Deal, basis: Basis, rate: str, leg: Leg, expected: str) -> None:
    line = single(facts, basis, rate, leg)
    assert line.amount == D(expected)
    assert replayed(line.factors) == D(expected)


FILTERED = [
    pytest.param(
        deal("1", open_spread="0.00046"), Filters(spread_cap=D("0.00035")), "0.45", "15.75",
        id="46 points capped at 35, 45 % of 1 per point [IUX]",
    ),
    pytest.param(
        deal("5", open_spread="0.00020", average_spread="0.000136", widened=True),
        Filters(news_at_average=True), "0.30", "20.40",
        id="5 lots, 20 points in the news at an average of 13.6, 30 % [FBS]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "filters", "rate", "expected"), FILTERED)
def test_a_filtered_spread_earns(facts: Deal, filters: Filters, rate: str, expected: str) -> None:
    plan = Plan(Cascade.FIXED, filters)
    assert amounts(facts, plan, chain(rate, basis=Basis.SPREAD, leg=Leg.OPEN)) == [D(expected)]


def _allocation() -> Chain:
    return Chain((Step("sub", 1, share=D("0.70")), Step("ib", 2, Terms(Basis.LOTS, D(10)))))


def _on_top() -> Chain:
    return Chain((Step("child", 1, Terms(Basis.LOTS, D("0.10"))), Step("up", 2, share=D("0.2"))))


CASCADES = [
    pytest.param(
        Cascade.DIFFERENTIAL, deal(commission="10"),
        chain("0.60", "0.70", "0.80", basis=Basis.COMMISSION), ["6", "1", "1"],
        id="differential 60/70/80 % of 10 [ChainUp]",
    ),
    pytest.param(
        Cascade.DIFFERENTIAL, deal(), chain("5", "7"), ["5", "2"],
        id="differential 5 to 7 per lot [Track360]",
    ),
    pytest.param(
        Cascade.DIFFERENTIAL, deal(), chain("7", "5", "8"), ["7", "0", "1"],
        id="differential 7, 5, 8 per lot [own]",
    ),
    pytest.param(Cascade.ON_TOP, deal(), _on_top(), ["0.10", "0.02"],
        id="on top: 20 % of the child's 0.10 [FBS]",
    ),
    pytest.param(
        Cascade.ALLOCATION, deal(), _allocation(), ["7", "3"],
        id="allocation 70/30 of 10 [Brokeret]",
    ),
    pytest.param(
        Cascade.FIXED, deal(commission="100"),
        chain("0.20", "0.05", "0.02", basis=Basis.COMMISSION), ["20", "5", "2"],
        id="fixed levels 20/5/2 % of 100 [own]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cascade", "facts", "partners", "expected"), CASCADES)
def test_a_chain_earns(cascade: Cascade, facts: Deal, partners: Chain, expected: list[str]) -> None:
    assert amounts(facts, Plan(cascade), partners) == [D(amount) for amount in expected]


@pytest.mark.parametrize(
    ("buys", "sells", "expected"),
    [
        pytest.param(["1.5"], ["0.4", "0.6"], "1.5", id="1.5 against 0.4 + 0.6 [Geratsu]"),
        pytest.param(["1.5"], ["1.0", "0.8"], "1.8", id="1.5 against 1.0 + 0.8 [Geratsu]"),
    ],
)
def test_hedged_volume_counts_once(buys: list[str], sells: list[str], expected: str) -> None:
    deals = [deal(lots) for lots in buys] + [deal(lots, side=Side.SELL) for lots in sells]
    assert hedged_lots(deals) == {"EURUSD": D(expected)}


def test_cpa_ladder_100_pays_35_and_topped_up_to_500_pays_85_j2t() -> None:
    deposits = Condition("deposit", Measure.SUM, D(100))
    offer = Offer((Rung(D(100), D(35)), Rung(D(500), D(120))), deposits)
    anchors = {Anchor.REGISTRATION: OPENED}
    first = Referred("CY", (Happening("deposit", OPENED, D(100)),), anchors)
    topped = Referred("CY", (*first.happenings, Happening("deposit", OPENED, D(400))), anchors)
    assert acquire(offer, first).due == D(35)
    assert acquire(offer, topped, paid=D(35)).due == D(85)
    assert acquire(offer, topped, paid=D(120)).due == D(0)


def test_a_payout_threshold_of_500_carries_320_and_then_pays_570_own() -> None:
    first = pay_out([D(320)], "USD", threshold=D(500))
    second = pay_out([D(250)], "USD", carried=first.carried, threshold=D(500))
    assert (first.paid, first.carried) == (Money.of("0 USD"), D(320))
    assert (second.paid, second.carried) == (Money.of("570 USD"), D(0))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        pytest.param("-250", "400", id="-250 forgiven at 300, then 400 [a published rule]"),
        pytest.param("-350", "50", id="-350 carried past 300, then 400 [a published rule]"),
    ],
)
def test_a_negative_month_is_forgiven_up_to_a_limit(loss: str, expected: str) -> None:
    bad = share_revenue(Revenue(spread=D(loss)), D(1), forgiven_up_to=D(300))
    good = share_revenue(Revenue(spread=D(400)), D(1), carried=bad.carried, forgiven_up_to=D(300))
    assert bad.due == 0
    assert good.due == D(expected)


@pytest.mark.parametrize(
    ("tiering", "expected"),
    [
        pytest.param(Tiering.MARGINAL, "3740", id="620 lots, marginal [own]"),
        pytest.param(Tiering.RETROACTIVE, "4340", id="620 lots, retroactive [own]"),
    ],
)
def test_tiers_of_5_6_7_at_100_and_500(tiering: Tiering, expected: str) -> None:
    tiers = [Tier(D(0), D(5)), Tier(D(100), D(6)), Tier(D(500), D(7))]
    trail = tiered(D(620), tiers, tiering)
    assert trail.value == replayed(trail.factors) == D(expected)


def test_seven_lines_of_0_333333_pay_2_33_and_carry_0_003331_own() -> None:
    payout = pay_out([D("0.333333")] * 7, "USD")
    assert (payout.paid, payout.carried) == (Money.of("2.33 USD"), D("0.003331"))


def test_25_percent_of_a_net_revenue_of_1700_is_425_own() -> None:
    revenue = Revenue(D(600), D(100), D(40), D(-1200), D(150), D(90))
    share = share_revenue(revenue, D("0.25"))
    assert share.due == replayed(share.arithmetic.factors) == D(425)


def test_a_cashback_of_20_percent_out_of_10_leaves_the_ib_8_exness() -> None:
    cashback, kept = share_with_client(single(deal("2"), Basis.LOTS, "5"), D("0.20"))
    assert (cashback, kept.amount) == (D(2), D(8))
    assert replayed(kept.factors) == D(8)


def test_a_usdjpy_spread_of_2_points_at_20_percent_pays_3_36_not_the_manuals_4_00() -> None:
    facts = deal("1", symbol="USDJPY", open_spread="0.020", fx="0.00841128")
    line = single(facts, Basis.SPREAD, "0.20", Leg.OPEN)
    assert line.amount == D("3.364512")
    assert Money.rounded(line.amount, "USD", HALF_UP) == Money.of("3.36 USD")


def test_a_golden_line_says_its_arithmetic_in_figures_and_words() -> None:
    line = accrue(
        deal("5", symbol="GBPUSD", open_spread="0.000136"),
        Plan(Cascade.FIXED),
        chain("0.30", basis=Basis.SPREAD, leg=Leg.OPEN),
    ).lines[0]
    assert [(factor.label, factor.figure) for factor in line.factors] == [
        ("Spread at the open", "0.000136"),
        ("Lots", "× 5"),
        ("Contract size", "× 100,000"),
        ("Spread in money", "= 68"),
        ("30% of the spread in money", "× 0.3"),
        ("Reward", "= 20.4"),
    ]
    assert line.sentence == (
        "p1, level 1, earns 20.4 on deal d1: 30% of the spread in money, of 68."
    )
