"""What is confirmed, what is only proposed, and what stays open, with its reason."""

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.kit.money import Money
from nostro.reconciliation.matching import Expected, Found, Policy, Result, Rule, match
from nostro.reconciliation.statement import Line

DAY = date(2026, 3, 2)
ADA_IBAN = "DE02120300000000202051"


def ours(id_: str, money: str = "100 EUR", after: int = 0, **facts: Any) -> Expected:
    if "references" in facts:
        facts["references"] = frozenset(facts["references"])
    return Expected(id_, Money.of(money), DAY + timedelta(days=after), **facts)


def line(hash_: str, money: str = "100 EUR", after: int = 0, **facts: Any) -> Line:
    on = DAY + timedelta(days=after)
    return Line(on, on, Money.of(money), content_hash=hash_, **facts)


def only(found: tuple[Found, ...]) -> Found:
    (one,) = found
    return one


def untouched(result: Result) -> bool:
    return not result.matched and not result.proposed


def test_the_same_end_to_end_id_and_amount_match() -> None:
    result = match([ours("w1", end_to_end_id="W-0001")], [line("l1", end_to_end_id="w 0001")])
    found = only(result.matched)
    assert (found.rule, found.expected, found.lines) == (Rule.END_TO_END, ("w1",), ("l1",))
    assert found.variance == Money.of("0 EUR")
    assert not result.unmatched_expected
    assert not result.unmatched_lines


def test_a_reference_matches_wherever_the_bank_put_it() -> None:
    wanted = ours("w1", end_to_end_id="W-0001", references=["PSP-778"])
    by_reference = match([wanted], [line("l1", other_references=("PSP778",))])
    assert only(by_reference.matched).rule == Rule.REFERENCE
    by_text = match([wanted], [line("l1", remittance="your payout psp 778 thanks")])
    assert only(by_text.matched).rule == Rule.REMITTANCE
    moved = match([wanted], [line("l1", other_references=("W-0001",))])
    assert only(moved.matched).rule == Rule.REFERENCE


def test_a_key_too_short_to_mean_anything_matches_nothing() -> None:
    result = match([ours("w1", references=["77"])], [line("l1", other_references=("77",), after=9)])
    assert untouched(result)


def test_a_payment_made_twice_is_not_matched_by_guessing() -> None:
    twice = [line("l1", end_to_end_id="W-0001"), line("l2", end_to_end_id="W-0001")]
    result = match([ours("w1", end_to_end_id="W-0001")], twice)
    assert untouched(result)
    assert len(result.unmatched_lines) == 2
    assert "Several lines or movements" in result.unmatched_expected[0].reason


def test_one_line_counts_once_however_often_its_file_was_read() -> None:
    same = [line("l1", end_to_end_id="W-0001")] * 3
    assert len(match([ours("w1", end_to_end_id="W-0001")], same).matched) == 1


def test_a_line_of_an_unproven_statement_is_only_proposed() -> None:
    arguments = [ours("w1", end_to_end_id="W-0001")], [line("l1", end_to_end_id="W-0001")]
    result = match(*arguments, unproven={"l1"})
    assert not result.matched
    assert only(result.proposed).reason.endswith("The statement does not prove itself.")


PAYOUT = [
    ours("d1", "100 EUR", payout_id="PO-555", references=["TX-0001"]),
    ours("d2", "50 EUR", payout_id="PO-555", references=["TX-0002"]),
    ours("f1", "-4.50 EUR", payout_id="PO-555"),
]


def test_a_payout_explodes_into_the_movements_that_carry_its_id() -> None:
    result = match(PAYOUT, [line("l1", "145.50 EUR", 2, remittance="settlement PO555")])
    found = only(result.matched)
    assert (found.rule, found.expected) == (Rule.PAYOUT_ID, ("d1", "d2", "f1"))


def test_a_payout_with_another_sum_is_proposed_with_its_variance() -> None:
    result = match(PAYOUT, [line("l1", "145 EUR", 2, other_references=("PO-555",))])
    assert not result.matched
    assert only(result.proposed).variance == Money.of("-0.50 EUR")


def test_a_payout_on_two_lines_is_left_to_a_person() -> None:
    two = [line(name, "145.50 EUR", 9, other_references=("PO-555",)) for name in ("l1", "l2")]
    result = match(PAYOUT, two)
    assert untouched(result)
    assert {one.reason for one in result.unmatched_expected} == {"2 lines carry payout PO-555."}


def test_a_payout_without_its_id_matches_by_sum_only_from_its_provider() -> None:
    known = [
        ours(f"d{n}", "50 EUR", payout_id="PO-555", counterparty="Great Payments Ltd")
        for n in (1, 2)
    ]
    from_them = line("l1", after=2, counterparty="GREAT PAYMENTS LTD")
    assert only(match(known, [from_them]).matched).rule == Rule.PAYOUT_SUM
    from_anyone = match(known, [line("l1", after=2)])
    assert not from_anyone.matched
    assert only(from_anyone.proposed).rule == Rule.PAYOUT_SUM
    too_early = match(known, [line("l1", after=-1, counterparty="GREAT PAYMENTS LTD")])
    assert untouched(too_early)


@pytest.mark.parametrize(
    ("money", "reason"),
    [
        ("98 EUR", "Same key; the agreed fee of 2.00 EUR was withheld."),
        ("97 EUR", "Same key; the line is off by -3.00 EUR."),
        ("100 USD", "The line is in USD, ours is in EUR."),
    ],
)
def test_a_key_with_another_amount_is_a_proposal_and_never_a_match(money: str, reason: str) -> None:
    wanted = ours("w1", end_to_end_id="W-0001", fee=Money.of("2 EUR"))
    result = match([wanted], [line("l1", money, end_to_end_id="W-0001")])
    assert not result.matched
    found = only(result.proposed)
    assert (found.rule, found.reason) == (Rule.VARIANCE, reason)
    assert (found.variance is None) == (money == "100 USD")


def test_a_movement_that_came_in_parts_is_put_together() -> None:
    parts = [line("l1", "60 EUR", 1, end_to_end_id="W-0001"), line("l2", "40 EUR", 2,
             other_references=("W-0001",))]  # fmt: skip
    result = match([ours("w1", end_to_end_id="W-0001")], parts)
    assert (only(result.matched).rule, only(result.matched).lines) == (Rule.PARTS, ("l1", "l2"))


def test_equal_amount_currency_and_date_alone_never_confirm() -> None:
    result = match([ours("w1")], [line("l1")])
    assert not result.matched
    assert "please confirm" in only(result.proposed).reason
    assert not match([ours("w1")], [line("l1")], policy=Policy(confirm_at=0)).matched


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"iban": ADA_IBAN}, {"iban": "DE02 1203 0000 0000 2020 51"}),
        ({"references": ["DEPOSIT-778"]}, {"remittance": "xDEPOSIT778x thanks"}),
    ],
)
def test_an_equal_amount_with_a_known_party_or_a_trace_confirms(
    mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    found = only(match([ours("w1", **mine)], [line("l1", **theirs)]).matched)
    assert found.rule == Rule.SCORED


def test_a_name_alone_proposes_and_a_name_with_an_account_confirms() -> None:
    named = line("l1", counterparty="LOVELACE ADA")
    assert not match([ours("w1", counterparty="Ada Lovelace")], [named]).matched
    both = line("l1", after=2, counterparty="LOVELACE ADA", iban=ADA_IBAN)
    assert match([ours("w1", counterparty="Ada Lovelace", iban=ADA_IBAN)], [both]).matched


def test_two_equally_good_lines_confirm_nothing() -> None:
    result = match([ours("w1", iban=ADA_IBAN)], [line(n, iban=ADA_IBAN) for n in ("l1", "l2")])
    assert untouched(result)
    assert "0 ahead of the next" in result.unmatched_expected[0].reason


def test_the_best_must_be_ahead_by_a_margin() -> None:
    near = [line("l1", iban=ADA_IBAN), line("l2", iban=ADA_IBAN, after=1)]
    assert untouched(match([ours("w1", iban=ADA_IBAN)], near))
    assert match([ours("w1", iban=ADA_IBAN)], near, policy=Policy(margin=2)).matched


def test_a_similar_amount_is_proposed_with_its_variance() -> None:
    result = match([ours("w1", iban=ADA_IBAN)], [line("l1", "97 EUR", iban=ADA_IBAN)])
    assert not result.matched
    assert only(result.proposed).variance == Money.of("-3 EUR")


@pytest.mark.parametrize(
    "far",
    [line("l1", "94 EUR"), line("l1", after=6), line("l1", "100 USD"), line("l1", "-100 EUR")],
)
def test_outside_of_the_block_nothing_is_compared(far: Line) -> None:
    result = match([ours("w1")], [far])
    assert untouched(result)
    assert result.unmatched_expected[0].reason.startswith("No open line carries")
    assert result.unmatched_lines[0].reason.startswith("No open movement")


keys = st.sampled_from(["", "KEY-001", "KEY-002", "KEY-003"])
sums = st.sampled_from(["100 EUR", "50 EUR", "150 EUR", "-50 EUR", "99 EUR", "100 USD"])


@st.composite
def movements(draw: st.DrawFn, number: int) -> Expected:
    return ours(
        f"e{number}",
        draw(sums),
        draw(st.integers(0, 4)),
        end_to_end_id=draw(keys),
        references=[draw(keys)],
        payout_id=draw(st.sampled_from(["", "", "PAYOUT-1", "KEY-003"])),
        iban=draw(st.sampled_from(["", ADA_IBAN])),
    )


@st.composite
def bank_lines(draw: st.DrawFn, number: int) -> Line:
    return line(
        f"l{number}",
        draw(sums),
        draw(st.integers(0, 4)),
        end_to_end_id=draw(keys),
        remittance=draw(st.sampled_from(["", "about KEY-002", "PAYOUT 1"])),
        iban=draw(st.sampled_from(["", ADA_IBAN])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Expected], list[Line]]:
    mine = [draw(movements(number)) for number in range(draw(st.integers(0, 7)))]
    theirs = [draw(bank_lines(number)) for number in range(draw(st.integers(0, 7)))]
    return mine, theirs


@given(worlds())
def test_everything_ends_in_exactly_one_place(world: tuple[list[Expected], list[Line]]) -> None:
    mine, theirs = world
    result = match(mine, theirs)
    settled = (*result.matched, *result.proposed)
    ids = Counter(id_ for found in settled for id_ in found.expected)
    ids.update(one.id for one in result.unmatched_expected)
    hashes = Counter(hash_ for found in settled for hash_ in found.lines)
    hashes.update(one.id for one in result.unmatched_lines)
    assert ids == Counter(one.id for one in mine)
    assert hashes == Counter(one.content_hash for one in theirs)


@given(worlds())
def test_what_is_matched_leaves_no_variance_and_names_its_evidence(
    world: tuple[list[Expected], list[Line]],
) -> None:
    mine, theirs = world
    for found in match(mine, theirs).matched:
        assert found.variance is not None
        assert not found.variance
        assert found.reason


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(
    world: tuple[list[Expected], list[Line]], chance: random.Random
) -> None:
    mine, theirs = world
    first = match(mine, theirs)
    chance.shuffle(mine)
    chance.shuffle(theirs)
    assert match(mine, theirs) == first


@given(worlds())
def test_without_keys_or_parties_nothing_is_ever_matched(
    world: tuple[list[Expected], list[Line]],
) -> None:
    bare = [Expected(one.id, one.money, one.on) for one in world[0]]
    plain = [Line(o.booked_date, o.value_date, o.money, content_hash=o.content_hash)
             for o in world[1]]  # fmt: skip
    assert not match(bare, plain).matched
