"""Holds that expire, periods that close, accounts that close, and exchange."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.kit import Money
from nostro.kit.money import Rate
from nostro.ledger import chart, queries
from nostro.ledger.models import Entry, Exchange, Hold, Quote, Transfer
from nostro.ledger.operations import (
    AccountClosed,
    AlreadyRevalued,
    HoldEnded,
    LaterPeriodClosed,
    NothingToReverse,
    PeriodClosed,
    QuoteExpired,
    QuoteUsed,
    RateMissing,
    TooEarlyToClose,
    carry_out_hold,
    close_account,
    close_period,
    exchange,
    hold_money,
    quote_rate,
    release_hold,
    reopen_account,
    reopen_period,
    revalue_positions,
)
from nostro.ledger.queries import balance, verify
from nostro.ledger.queries.proof import OVERLAP, verify_since
from nostro.ledger.reactions import let_go_of_expired_holds, roll_up, verify_what_came
from nostro.ledger.tests.make import (
    deposit,
    euros,
    held,
    move,
    moved,
    post_things,
    posting,
    reversed_by_hand,
    row,
)

pytestmark = pytest.mark.django_db


def test_a_hold_expires_and_its_money_is_free_again() -> None:
    deposit(1, "100.00 EUR")
    one = held(1, 2, "100.00 EUR", expires_at=now() + timedelta(hours=1))
    let_go_of_expired_holds(Act.system())
    assert [found.pk for found in queries.holds(Act.system())] == [one.pk]
    with clock_at(now() + timedelta(hours=2)):
        with pytest.raises(HoldEnded):
            carry_out_hold(Act.system(), one)
        let_go_of_expired_holds(Act.system())
        let_go_of_expired_holds(Act.system())
    assert Hold.objects.get(pending=one).state == Hold.State.VOID
    moved(move(1, 2, "100.00 EUR"))
    assert verify() == []


def test_money_is_held_carried_out_and_given_back_by_hand() -> None:
    deposit(1, "100.00 EUR")
    deposit(2, "1.00 EUR")
    one = hold_money(
        Act.system(), row(1), money=Money.of("30.00 EUR"), to=row(2), reason="A dispute."
    )
    with pytest.raises(NothingToReverse):
        reversed_by_hand(one.entry)
    entry = carry_out_hold(Act.system(), one)
    assert euros(2) == "31.00 EUR"
    reversed_by_hand(entry)
    assert (euros(1), euros(2)) == ("100.00 EUR", "1.00 EUR")
    assert Record.objects.filter(name="ledger.MoneyHeld").count() == 1
    other = held(1, 2, "5.00 EUR")
    voided = release_hold(Act.system(), other, reason="x")
    with pytest.raises(NothingToReverse):
        reversed_by_hand(voided)
    assert verify() == []


def test_a_late_fact_posts_to_the_open_period_and_keeps_its_date() -> None:
    today = now()
    yesterday, earlier = today - timedelta(days=1), today - timedelta(days=9)
    close_period(Act.system(), through=yesterday.date())
    for many in (1, 2):
        late = [posting(1, "5.00 EUR", effective_at=earlier) for _ in range(many)]
        for pk in post_things(Act.system(), postings=late):
            entry = Entry.objects.get(pk=pk)
            assert (entry.effective_at, entry.value_date) == (earlier, today.date())
        dated = [posting(1, "5.00 EUR", value_date=yesterday.date()) for _ in range(many)]
        before = Entry.objects.count()
        with pytest.raises(PeriodClosed):
            post_things(Act.system(), postings=dated)
        assert Entry.objects.count() == before
    assert verify() == []


def test_an_entity_closes_its_own_books_only() -> None:
    day = now().date() - timedelta(days=1)
    close_period(Act.system(), through=day, entity_id=7)
    theirs = posting(1, "5.00 EUR", value_date=day, entity_id=8)
    post_things(Act.system(), postings=[theirs])
    with pytest.raises(PeriodClosed):
        post_things(Act.system(), postings=[posting(1, "5.00 EUR", value_date=day, entity_id=7)])
    assert Entry.objects.count() == 1


def test_books_are_opened_again_from_the_end() -> None:
    day = now().date() - timedelta(days=9)
    first = close_period(Act.system(), through=day)
    second = close_period(Act.system(), through=day + timedelta(days=5))
    with pytest.raises(PeriodClosed):
        close_period(Act.system(), through=day)
    with pytest.raises(TooEarlyToClose):
        close_period(Act.system(), through=now().date())
    with pytest.raises(LaterPeriodClosed):
        reopen_period(Act.system(), first, reason="x")
    reopen_period(Act.system(), second, reason="An invoice came late.")
    post_things(Act.system(), postings=[posting(1, "5.00 EUR", value_date=second.through)])
    with pytest.raises(PeriodClosed):
        post_things(Act.system(), postings=[posting(1, "5.00 EUR", value_date=day)])


def test_an_account_with_money_is_not_closed_and_a_closed_one_takes_none() -> None:
    deposit(1, "5.00 EUR")
    with pytest.raises(AccountClosed):
        close_account(Act.system(), row(1))
    moved(move(1, 0, "5.00 EUR"))
    for client in (0, 1):
        close_account(Act.system(), row(client))
        before = Entry.objects.count()
        for many in (1, 2):
            with pytest.raises(AccountClosed):
                wanted = [posting(1, "5.00 EUR") for _ in range(many)]
                post_things(Act.system(), postings=wanted)
        assert Entry.objects.count() == before
        reopen_account(Act.system(), row(client), reason="It is needed again.")
    deposit(1, "5.00 EUR")
    assert verify() == []


def _quote(spread: str = "0.01", client: int | None = 1) -> Quote:
    return quote_rate(
        Act.system(), sells="EUR", buys="USD", mid=Rate("1.0845"), spread=Decimal(spread),
        source="tests", client_id=client,
    )  # fmt: skip


def test_an_exchange_is_two_transfers_and_its_spread_a_third() -> None:
    deposit(1, "100.00 EUR")
    from nostro.ledger.operations import Move
    from nostro.ledger.tests.make import wallet

    moved(Move(Money.of("1.00 USD"), wallet(0), wallet(1)))
    quote = _quote()
    made = exchange(
        Act.system(), quote, money=Money.of("33.33 EUR"), source=row(1), target=row(1, "USD")
    )
    # 33.33 × 1.0845 = 36.146385; less one per cent 35.78492115
    assert (made.given, made.got, made.earned) == (3333, 3578, 37)
    assert balance(wallet(1), "USD") == Money.of("36.78 USD")
    assert balance(chart.house_fx(), "USD") == Money.of("0.37 USD")
    assert Transfer.objects.filter(entry_id=made.entry_id).count() == 3
    with pytest.raises(QuoteUsed):
        exchange(
            Act.system(), quote, money=Money.of("1.00 EUR"), source=row(1), target=row(1, "USD")
        )
    late = _quote()
    with clock_at(now() + timedelta(minutes=1)), pytest.raises(QuoteExpired):
        exchange(
            Act.system(), late, money=Money.of("1.00 EUR"), source=row(1), target=row(1, "USD")
        )
    assert Exchange.objects.count() == 1
    reversed_by_hand(Entry.objects.get(pk=made.entry_id))
    assert balance(chart.fx_position("EUR"), "EUR") == Money.zero("EUR")
    assert balance(wallet(1), "EUR") == Money.of("100.00 EUR")
    assert verify() == []


def test_positions_are_revalued_once_a_day_and_then_sum_to_nothing() -> None:
    deposit(1, "1000.00 EUR")
    from nostro.ledger.operations import Move
    from nostro.ledger.tests.make import wallet

    moved(Move(Money.of("1.00 USD"), wallet(0), wallet(1)))
    exchange(
        Act.system(), _quote("0"), money=Money.of("1000.00 EUR"), source=row(1),
        target=row(1, "USD"),
    )  # fmt: skip
    day = now().date()
    with pytest.raises(RateMissing):
        revalue_positions(Act.system(), day=day, currency="USD", rates={})
    made = revalue_positions(Act.system(), day=day, currency="USD", rates={"EUR": Rate("1.10")})
    assert made.result == 1550
    assert balance(chart.house_revaluation(), "USD") == Money.of("15.50 USD")
    assert balance(chart.fx_position("USD"), "USD") == Money.of("-1100.00 USD")
    with pytest.raises(AlreadyRevalued):
        revalue_positions(Act.system(), day=day, currency="USD", rates={"EUR": Rate("1.10")})
    later = day + timedelta(days=1)
    again = revalue_positions(Act.system(), day=later, currency="USD", rates={"EUR": Rate("1.10")})
    assert (again.result, again.entry_id) == (0, None)
    assert verify() == []


def test_a_statement_has_pages_for_kept_and_for_hot_accounts() -> None:
    for n in range(1, 8):
        deposit(1, f"{n}.00 EUR")
    for client in (0, 1):
        first = queries.statement_of(Act.system(), row(client).pk, most=5)
        rest = queries.statement_of(Act.system(), row(client).pk, most=5, before=first.before)
        amounts = [abs(one.money.amount) for one in (*first.rows, *rest.rows)]
        assert [int(one) for one in amounts] == [7, 6, 5, 4, 3, 2, 1]
        assert rest.before is None
    assert str(first.rows[0].balance) == "28.00 EUR"


def test_rolling_up_changes_no_balance_and_what_came_since_is_proved() -> None:
    deposit(1, "5.00 EUR")
    before = euros(0)
    roll_up()
    deposit(1, "5.00 EUR")
    assert (before, euros(0)) == ("-5.00 EUR", "-10.00 EUR")
    roll_up()
    roll_up()
    assert verify() == []
    verify_what_came(Act.system())
    newest = queries.verifications(Act.system())[0]
    assert (newest.whole, newest.flaws) == (False, [])


def test_a_cut_through_entries_that_overtook_each_other_shows_no_flaw() -> None:
    """Numbers are drawn before accounts are locked: the older number may have the later place."""
    deposit(1, "5.00 EUR")
    for number in (20_100, 20_050, 20_200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('ledger_entry_id_seq', %s)", [number])
        deposit(1, "5.00 EUR")
    assert verify_since(20_060 + OVERLAP) == []

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_transfer SET units = units + 1 WHERE entry_id = 20051")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert {one.invariant for one in verify_since(20_060 + OVERLAP)} == {
        "Running balances follow from each other"
    }
