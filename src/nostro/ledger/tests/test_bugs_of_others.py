"""What went wrong in other ledgers, each as a test that it does not here."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import refuse_proposal
from nostro.core.models import Proposal, Record
from nostro.kit import Money
from nostro.kit.money import BadMoney
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.models import Balance, Entry, Hold, Transfer
from nostro.ledger.operations import (
    HoldEnded,
    Move,
    NotEnoughMoney,
    NothingHeldThere,
    NothingToMove,
    PeriodClosed,
    PostedDifferently,
    Posting,
    carry_out_hold,
    propose_adjustment,
    release_hold,
)
from nostro.ledger.queries import balances_by_value_date, balances_known_at, verify
from nostro.ledger.tests.make import (
    PAPER,
    deposit,
    euros,
    held,
    hold_thing,
    move,
    moved,
    post_each_thing,
    post_things,
    posting,
    row,
    wallet,
)
from tests import make

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, int, int, int]:
    return (
        Entry.objects.count(), Transfer.objects.count(), Hold.objects.count(),
        Record.objects.count(),
    )  # fmt: skip


def test_holds_together_never_exceed_the_balance() -> None:
    deposit(1, "100.00 EUR")
    held(1, 2, "60.00 EUR")
    before = counts()
    with pytest.raises(NotEnoughMoney, match="There is 40"):
        held(1, 2, "40.01 EUR")
    with pytest.raises(NotEnoughMoney):
        moved(move(1, 2, "40.01 EUR"))
    assert counts() == before
    held(1, 3, "40.00 EUR")
    assert verify() == []


@given(st.integers(1, 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_a_split_by_percentages_sums_to_the_whole(units: int, weights: list[int]) -> None:
    money = Money.from_minor(units, "EUR")
    if sum(weights):
        assert sum((one.minor for one in money.split(weights)), 0) == units


def test_a_balance_does_not_move_when_its_entry_fails() -> None:
    deposit(1, "100.00 EUR")
    before = counts(), row(1).balance.seq
    with pytest.raises(NotEnoughMoney):
        moved(move(1, 2, "70.00 EUR"), move(1, 3, "70.00 EUR"))
    assert (counts(), row(1).balance.seq) == before
    assert euros(1) == "100.00 EUR"


def test_amounts_have_no_floats_behind_them() -> None:
    for _ in range(10):
        deposit(1, "0.10 EUR")
    assert euros(1) == "1.00 EUR"
    ether = Money.of("9.300000000000000001 ETH")
    moved(Move(ether, wallet(0), wallet(1)))
    assert row(1, "ETH").balance.credits == 9_300_000_000_000_000_001
    with pytest.raises(TypeError):
        Money(0.1, "EUR")  # type: ignore[arg-type]


def test_releasing_twice_is_refused_and_gives_nothing_back_twice() -> None:
    deposit(1, "100.00 EUR")
    one = held(1, 2, "60.00 EUR")
    release_hold(Act.system(), one, reason="Called off.")
    before = counts()
    with pytest.raises(HoldEnded):
        release_hold(Act.system(), one, reason="Again.")
    with pytest.raises(HoldEnded):
        carry_out_hold(Act.system(), one)
    assert counts() == before
    assert (euros(1), euros(2)) == ("100.00 EUR", "0.00 EUR")
    assert Balance.objects.get(account=row(1)).pending_debits == 0


def test_a_hold_that_was_never_funded_cannot_be_made_nor_released() -> None:
    deposit(1, "10.00 EUR")
    before = counts()
    with pytest.raises(NotEnoughMoney):
        held(1, 2, "10.01 EUR")
    unknown = Hold(pk=999_999, entry=Entry.objects.latest("pk"), asset_id="EUR")
    with pytest.raises((NothingHeldThere, NotFound)):
        release_hold(Act.system(), unknown, reason="x")
    assert counts() == before


def test_a_back_dated_fact_adds_to_its_day_and_rewrites_no_running_balance() -> None:
    noon = now()
    deposit(1, "100.00 EUR")
    stood = list(Transfer.objects.order_by("id").values_list("target_seq", "target_balance"))
    earlier = noon - timedelta(days=3)
    late = posting(1, "5.00 EUR", effective_at=earlier)
    post_things(Act.system(), postings=[late])
    after = list(Transfer.objects.order_by("id").values_list("target_seq", "target_balance"))
    assert after == [*stood, (2, 10500)]
    paths = [wallet(1).path]
    by_day = [
        balances_by_value_date(paths, noon.date() - timedelta(days=days))[paths[0]]["EUR"]
        for days in (4, 3, 1, 0)
    ]
    assert [str(one) for one in by_day] == ["0.00 EUR", "5.00 EUR", "5.00 EUR", "105.00 EUR"]
    known = balances_known_at(paths, noon - timedelta(hours=1))[paths[0]]["EUR"]
    assert known == Money.of("0.00 EUR")
    assert verify() == []


def test_both_clocks_agree_with_legs_added_up_by_hand() -> None:
    start = now()
    for day, amount in ((0, "1.00"), (1, "2.00"), (1, "4.00"), (3, "8.00")):
        with clock_at(start + timedelta(days=day)):
            deposit(1, f"{amount} EUR")
            moved(move(1, 0, "0.50 EUR"))
    for path in (wallet(1).path, wallet(0).path):
        sign = 1 if path == wallet(1).path else -1
        for day, units in ((0, 50), (1, 550), (2, 550), (3, 1300)):
            at = start + timedelta(days=day)
            assert balances_by_value_date([path], at.date())[path]["EUR"].minor == sign * units
            assert balances_known_at([path], at)[path]["EUR"].minor == sign * units


def altered(**more: Any) -> Any:
    """A hundred euros for the first client, with something else about them."""
    return replace(posting(1, "100.00 EUR"), **more)


def test_a_retry_with_the_same_key_and_another_payload_is_refused() -> None:
    first = deposit(1, "100.00 EUR", key="k")
    assert deposit(1, "100.00 EUR", key="k") == first
    before = counts()[:2]
    with pytest.raises(PostedDifferently):
        deposit(1, "100.01 EUR", key="k")
    with pytest.raises(PostedDifferently):
        deposit(2, "100.00 EUR", key="k")
    both = [posting(1, "1.00 EUR", key="new"), posting(1, "2.00 EUR", key="k")]
    with pytest.raises(PostedDifferently):
        post_things(Act.system(), postings=both)
    today = now().date()
    for other in ({"kind": "gift"}, {"entity_id": 77}, {"value_date": today}):
        for postings in ([{"key": "k"} | other], [{"key": "k"} | other, {"key": "new"}]):
            with pytest.raises(PostedDifferently):
                post_things(Act.system(), postings=[altered(**one) for one in postings])
    assert counts()[:2] == before
    scoped = posting(1, "1.00 EUR", key="k", scope="elsewhere")
    assert post_things(Act.system(), postings=[scoped])[0] != first


def test_a_retried_batch_answers_as_it_did_the_first_time() -> None:
    some = [posting(n, "1.00 EUR", key=f"b{n}") for n in range(1, 30)]
    first = post_things(Act.system(), postings=some)
    more = [*some, posting(1, "3.00 EUR", key="last"), some[0]]
    again = post_things(Act.system(), postings=more)
    assert (again[:29], again[30]) == (first, first[0])
    assert euros(1) == "4.00 EUR"
    assert verify() == []


def test_a_value_date_that_was_asked_for_is_known_again_whichever_way_it_is_posted() -> None:
    today = now().date()
    legs = [move(0, 1, "1.00 EUR"), move(0, 2, "1.00 EUR")]
    for key, moves in (("one", legs[:1]), ("two", legs)):
        dated = Posting("in", moves, key, "tests", value_date=today)
        first = post_things(Act.system(), postings=[dated])[0]
        other = posting(3, "1.00 EUR")
        assert post_things(Act.system(), postings=[dated, other])[0] == first
        assert post_each_thing(Act.system(), postings=[dated])[0].entry_id == first
        with pytest.raises(PostedDifferently):
            post_things(Act.system(), postings=[replace(dated, value_date=None)])
    assert (euros(1), verify()) == ("2.00 EUR", [])


def test_what_was_posted_for_a_day_is_answered_again_after_the_day_is_closed() -> None:
    day = (now() - timedelta(days=3)).date()
    one = replace(posting(1, "1.00 EUR", key="one"), value_date=day)
    two = Posting("in", [move(0, 1, "1.00 EUR"), move(0, 2, "1.00 EUR")], "two", "tests",
                  value_date=day)  # fmt: skip
    first = [post_things(Act.system(), postings=[each])[0] for each in (one, two)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('nostro.act', 'test', true)")
        cursor.execute("SELECT ledger_close_period(NULL, %s, %s)", [day, now()])

    assert [post_things(Act.system(), postings=[each])[0] for each in (one, two)] == first
    assert post_things(Act.system(), postings=[one, two]) == first
    for new in (replace(one, key="new"), replace(two, key="new")):
        with pytest.raises(PeriodClosed):
            post_things(Act.system(), postings=[new])
    with pytest.raises(PeriodClosed):
        post_things(Act.system(), postings=[one, replace(two, key="new")])
    assert (euros(1), verify()) == ("2.00 EUR", [])


def test_a_rejected_proposal_keeps_its_record() -> None:
    client = make.client(currency="USD")
    make.funded(client, "100.00 USD")
    maker, other = make.staff("ledger.*", "core.*"), make.staff("ledger.*", "core.*")
    from nostro.ledger.models import LedgerAccount

    account = LedgerAccount.objects.get(path=chart.client_wallet(client.pk).path, asset_id="USD")
    proposal = propose_adjustment(
        make.act_of(maker), account, money=Money.of("10.00 USD"), way="to the account",
        reason="Twice.", file=PAPER,
    )  # fmt: skip
    before = Record.objects.count()
    refuse_proposal(make.act_of(other), proposal, note="No.")
    assert Record.objects.count() > before
    assert Proposal.objects.get().agreements.get().agrees is False


def test_a_batch_that_overdraws_is_replayed_with_a_verdict_each() -> None:
    deposit(1, "10.00 EUR")
    wanted = [Posting("out", [move(1, 2, "4.00 EUR")], f"o{n}", "tests") for n in range(4)]
    with pytest.raises(NotEnoughMoney):
        post_things(Act.system(), postings=wanted)
    assert euros(1) == "10.00 EUR"
    verdicts = post_each_thing(Act.system(), postings=wanted)
    assert [one.entry_id is not None for one in verdicts] == [True, True, False, False]
    assert isinstance(verdicts[2].problem, NotEnoughMoney)
    assert (euros(1), euros(2)) == ("2.00 EUR", "8.00 EUR")
    assert verify() == []


def test_in_a_batch_what_no_code_of_ours_refuses_is_a_verdict_too() -> None:
    entry = deposit(1, "10.00 EUR")
    undone = [Posting("undo", [move(1, 0, "10.00 EUR")], f"u{n}", "tests") for n in range(2)]
    twice = [replace(one, reverses=entry) for one in undone]
    verdicts = post_each_thing(Act.system(), postings=twice)
    assert verdicts[0].entry_id is not None
    assert isinstance(verdicts[1].problem, PostedDifferently)
    assert euros(1) == "0.00 EUR"


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("text", ["0.00 EUR", "-1.00 EUR", "0.001 EUR", "1e30 EUR", "NaN EUR"])
def test_an_amount_that_is_none_is_refused_in_a_sentence(text: str, many: bool) -> None:
    before = counts()
    with pytest.raises((NothingToMove, BadMoney)) as refusal:
        wanted = [posting(1, text), *([posting(2, "1.00 EUR")] if many else [])]
        post_things(Act.system(), postings=wanted)
    assert refusal.value.sentence.endswith(".")
    assert counts() == before


@pytest.mark.parametrize("units", ["0", "-5", "1.5", "NaN", "1e9", "9" * 38, "", None])
@pytest.mark.parametrize("function", ["ledger_post", "ledger_post_many", "ledger_post_one"])
def test_the_database_refuses_what_is_no_amount_too(function: str, units: str | None) -> None:
    import json

    from nostro.core.operations import operation
    from nostro.ledger.operations.posting import NoAmount, batch, called, single

    document = json.loads(batch(Act.system(), [posting(1, "1.00 EUR")]))
    document["entries"][0]["legs"][0][2] = units
    given: list[Any] = [json.dumps(document)]
    if function == "ledger_post_one":
        _, given = single(Act.system(), posting(1, "1.00 EUR"))
        given[13] = units

    @operation(internal=True)
    def post_badly(act: Act) -> None:
        """x"""
        called(function, *given)

    before = counts()
    with pytest.raises(NoAmount):
        post_badly(Act.system())
    assert counts() == before


@pytest.mark.parametrize("first", [1, 2])
def test_the_short_way_and_the_long_one_know_each_others_keys(first: int) -> None:
    deposit(1, "100.00 EUR")
    one = posting(2, "5.00 EUR", key="the same")
    ways = [[one], [one, posting(3, "1.00 EUR", key="another")]]
    earlier = post_things(Act.system(), postings=ways[first - 1])[0]
    assert post_things(Act.system(), postings=ways[2 - first])[0] == earlier
    assert euros(2) == "5.00 EUR"
    with pytest.raises(PostedDifferently):
        post_things(Act.system(), postings=[posting(2, "6.00 EUR", key="the same")])
    assert verify() == []


def test_a_hold_is_not_carried_out_in_another_asset_nor_above_itself() -> None:
    deposit(1, "100.00 EUR")
    one = held(1, 2, "60.00 EUR")
    before = counts()
    for wrong in ("1.00 USD", "60.01 EUR", "0.00 EUR", "-1.00 EUR"):
        with pytest.raises(Problem):
            carry_out_hold(Act.system(), one, money=Money.of(wrong))
    assert counts() == before
    carry_out_hold(Act.system(), one, money=Money.of("25.00 EUR"))
    assert (euros(1), euros(2)) == ("75.00 EUR", "25.00 EUR")
    moved(move(1, 3, "75.00 EUR"))
    assert verify() == []


def test_what_is_not_kept_cannot_be_held() -> None:
    with pytest.raises(NothingHeldThere):
        hold_thing(Act.system(), move=move(0, 1, "1.00 EUR"), key="hot")
    assert not Hold.objects.exists()


def test_an_unknown_asset_is_refused_in_a_sentence() -> None:
    with pytest.raises(NotFound, match="keeps no SEK"):
        moved(Move(Money.of("1.00 SEK"), wallet(0), wallet(1)))
    assert not Entry.objects.exists()
