"""What holds for every deal and every chain: nothing is lost, nothing is paid twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nostro.partners.plans import (
    Basis,
    Caps,
    Cascade,
    Chain,
    Deal,
    Filters,
    Leg,
    Plan,
    Step,
    Terms,
    Tier,
    Tiering,
    accrue,
    divide,
    pay_out,
    share_with_client,
    tiered,
)
from nostro.partners.plans.arithmetic import rounded
from nostro.partners.tests.plan_cases import deal, replayed, single

D = Decimal
MICRO = D("0.000001")


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    unit = D(1).scaleb(-places)
    return st.integers(int(D(low) / unit), int(D(high) / unit)).map(lambda n: n * unit)


rates = decimals("0", "20", 4)
shares = decimals("0", "1", 4)


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    return deal(
        str(draw(decimals("0", "500", 8))),
        contract_size=str(draw(st.sampled_from([1, 10, 1000, 100000]))),
        fx=str(draw(decimals("0.00000001", "200", 8))),
        open_spread=str(draw(decimals("0", "0.01", 6))),
        close_spread=str(draw(decimals("0", "0.01", 6))),
        commission=str(draw(decimals("0", "500", 6))),
        markup=str(draw(decimals("0", "0.01", 6))),
        close_price=str(draw(decimals("0.00001", "2000", 5))),
        volume_modifier=str(draw(decimals("0.1", "2", 2))),
        equity=str(draw(decimals("-10", "10000", 2))),
        credit=str(draw(decimals("0", "5000", 2))),
    )


bases = st.sampled_from([basis for basis in Basis if basis != Basis.NET_REVENUE])
terms = st.builds(Terms, bases, rates, st.sampled_from(Leg))


def _chain(all_terms: list[Terms]) -> Chain:
    steps = [Step(f"p{n}", n, one) for n, one in enumerate(all_terms, start=1)]
    return Chain(tuple(steps))


mixed = st.lists(terms, min_size=1, max_size=7).map(_chain)
alike = st.tuples(bases, st.lists(rates, min_size=1, max_size=7)).map(
    lambda drawn: _chain([Terms(drawn[0], rate) for rate in drawn[1]])
)


@given(deals(), alike)
def test_differential_rates_sum_to_the_highest_rate(facts: Deal, partners: Chain) -> None:
    lines = accrue(facts, Plan(Cascade.DIFFERENTIAL), partners).lines
    highest = max(step.rate() for step in partners.steps)
    assert sum(line.rate for line in lines) == highest
    top = accrue(
        facts, Plan(Cascade.FIXED), _chain([Terms(partners.steps[0].agreed.basis, highest)])
    )
    off = abs(sum(line.amount for line in lines) - top.lines[0].amount)
    assert off <= MICRO * (len(lines) + 1) / 2


@given(deals(), mixed)
def test_differential_amounts_sum_to_the_highest_entitlement(facts: Deal, partners: Chain) -> None:
    if len({step.agreed.measure for step in partners.steps}) == 1:
        return
    entitled = [line.amount for line in accrue(facts, Plan(Cascade.FIXED), partners).lines]
    lines = accrue(facts, Plan(Cascade.DIFFERENTIAL), partners).lines
    assert sum(line.amount for line in lines) == max(entitled)
    assert all(line.amount >= 0 for line in lines)


@given(deals(), mixed, terms, st.sampled_from([Cascade.FIXED, Cascade.DIFFERENTIAL]), st.booleans())
def test_parts_never_exceed_the_pool(
    facts: Deal, partners: Chain, pool: Terms, cascade: Cascade, own_funds: bool
) -> None:
    plan = Plan(cascade, Filters(own_funds_only=own_funds), pool=pool)
    whole = accrue(facts, Plan(Cascade.FIXED), _chain([pool])).lines[0].amount
    assert sum(line.amount for line in accrue(facts, plan, partners).lines) <= whole


@given(deals(), st.lists(shares, max_size=6), terms)
def test_allocation_parts_sum_to_the_whole(facts: Deal, kept: list[Decimal], top: Terms) -> None:
    below = [Step(f"p{n}", n, share=share) for n, share in enumerate(kept, start=1)]
    partners = Chain((*below, Step("top", len(kept) + 1, top)))
    whole = accrue(facts, Plan(Cascade.FIXED), _chain([top])).lines[0].amount
    lines = accrue(facts, Plan(Cascade.ALLOCATION), partners).lines
    assert sum(line.amount for line in lines) == whole
    assert all(line.amount >= 0 for line in lines)


@given(deals(), mixed, st.sampled_from([Cascade.FIXED, Cascade.DIFFERENTIAL]), st.booleans())
def test_the_arithmetic_on_show_gives_the_amount(
    facts: Deal, partners: Chain, cascade: Cascade, own_funds: bool
) -> None:
    plan = Plan(cascade, Filters(own_funds_only=own_funds), Caps(order=D(5)))
    for line in accrue(facts, plan, partners).lines:
        assert replayed(line.factors) == line.amount


@given(decimals("-1000000", "1000000", 6), st.lists(st.integers(0, 100), min_size=1, max_size=9))
def test_a_division_by_shares_loses_nothing(amount: Decimal, parts: list[int]) -> None:
    total = sum(parts)
    weights = [D(part) / 10000 for part in parts] + [1 - D(total) / 10000]
    divided = divide(amount, weights)
    assert sum(divided) == amount
    assert all(part == 0 or (part > 0) == (amount > 0) for part in divided)


@given(decimals("0", "100000", 4), shares)
def test_a_cashback_and_what_is_kept_sum_to_the_line(rate: Decimal, share: Decimal) -> None:
    line = single(deal("0.33333333"), Basis.LOTS, str(rate))
    cashback, kept = share_with_client(line, share)
    assert cashback + kept.amount == line.amount
    assert cashback == rounded(line.amount * share)


@given(st.lists(decimals("-100", "100", 6), max_size=20), decimals("0", "500", 2))
def test_a_payout_and_what_is_carried_sum_to_what_accrued(
    lines: list[Decimal], threshold: Decimal
) -> None:
    payout = pay_out(lines, "USD", threshold=threshold)
    assert payout.paid.amount + payout.carried == sum(lines)
    assert payout.paid.amount >= 0


@given(decimals("0", "2000", 8))
def test_rising_tiers_pay_marginally_no_more_than_retroactively(volume: Decimal) -> None:
    tiers = [Tier(D(0), D(5)), Tier(D(100), D(6)), Tier(D(500), D(7))]
    marginal = tiered(volume, tiers, Tiering.MARGINAL).value
    assert marginal <= tiered(volume, tiers, Tiering.RETROACTIVE).value
