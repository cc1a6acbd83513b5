from decimal import Decimal

import pytest

from nostro.partners.operations.computing import as_arithmetic
from nostro.partners.plans import Basis, Cascade, Plan, Step, Terms, accrue
from nostro.partners.plans import Chain as Partners
from nostro.partners.plans.agreement import Agreement, Rate
from nostro.partners.plans.arithmetic import BadPlan
from nostro.partners.plans.wording import in_words
from nostro.partners.tests.plan_cases import chain, deal


def words(basis: Basis, rate: str) -> list[tuple[str, str, str]]:
    spread = {"open_spread": "0.000132", "close_spread": "0.000140"}
    found = accrue(deal("5", **spread), Plan(Cascade.FIXED), chain(rate, basis=basis))
    stored = as_arithmetic(found.lines[0].factors, "")["factors"]
    lines = in_words(stored, symbol="GBPUSD", currency="USD")
    return [(line["sign"], line["value"], line["text"]) for line in lines]


def test_lots_times_a_rate_reads_in_three_lines() -> None:
    assert words(Basis.LOTS, "6") == [
        ("", "5.00", "lots that your client traded"),
        ("×", "6.00", "USD for each lot"),
        ("=", "30.00", "USD, yours"),
    ]


def test_a_spread_reads_from_price_to_share() -> None:
    lines = words(Basis.SPREAD, "0.30")
    assert ("=", "68", "USD of spread") in lines
    assert lines[-2:] == [("×", "30%", "your share"), ("=", "20.40", "USD, yours")]


def test_an_override_reads_as_on_top_of_what_the_partner_below_earned() -> None:
    partners = Partners(
        (
            Step("LOW", 1, Terms(Basis.LOTS, Decimal(6))),
            Step("HIGH", 2, None, Decimal("0.15")),
        )
    )
    line = accrue(deal("5"), Plan(Cascade.ON_TOP), partners).lines[1]
    stored = as_arithmetic(line.factors, line.sentence)["factors"]
    lines = in_words(stored, symbol="EURUSD", currency="USD")
    assert [(one["value"], one["text"]) for one in lines] == [
        ("30.00", "USD earned by the partner below"),
        ("15%", "on top, for you"),
        ("4.50", "USD, yours"),
    ]


@pytest.mark.parametrize(
    "terms",
    [
        Agreement(currency="USD"),
        Agreement(currency="USD", rates=(Rate(basis=Basis.LOTS, rate=Decimal("-1")),)),
        Agreement(currency="USD", rates=(Rate(basis=Basis.LOTS, rate=Decimal("0.12345")),)),
        Agreement(
            currency="USD", rates=(Rate(basis=Basis.LOTS, rate=Decimal(1)),),
            overrides=(Decimal("1.5"),),
        ),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_calculated_with_are_no_plan(terms: Agreement) -> None:
    with pytest.raises(BadPlan):
        terms.checked()
