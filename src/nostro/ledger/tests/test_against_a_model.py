"""Random days in the life of a ledger, beside a model of a few lines: every balance is compared."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nostro.core.acts import Act, clock_at, now
from nostro.kit import Money
from nostro.ledger.models import Balance, Entry, Hold
from nostro.ledger.operations import (
    NotEnoughMoney,
    PeriodClosed,
    Posting,
    carry_out_hold,
    close_period,
    expire_holds,
    release_hold,
)
from nostro.ledger.queries import balances, balances_by_value_date, verify
from nostro.ledger.reactions import roll_up
from nostro.ledger.tests.make import held, move, post_each_thing, post_things, undo_thing, wallet

CLIENTS = st.integers(0, 4)
CENTS = st.integers(1, 900)
AGO = st.integers(1, 9)
LEGS = st.lists(
    st.tuples(CLIENTS, CLIENTS, CENTS).filter(lambda leg: leg[0] != leg[1]), min_size=1, max_size=3
)
Leg = tuple[int, int, int]


def money(cents: int) -> str:
    return f"{cents / 100:.2f} EUR"


class Ledger(RuleBasedStateMachine):
    """Client 0 is the provider, whose account is hot and may fall below zero."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        # As a test's own: operations inside are whole transactions of their own still.
        self.atomic._from_testcase = True  # type: ignore[attr-defined]
        self.atomic.__enter__()
        self.stands = dict.fromkeys(range(5), 0)
        self.held = dict.fromkeys(range(5), 0)
        self.open: dict[int, tuple[Hold, Leg]] = {}
        self.entries: dict[int, list[Leg]] = {}
        self.posted: dict[str, tuple[list[Leg], int]] = {}
        self.numbers = 0
        self.start = now()
        self.past: dict[date, dict[int, int]] = {}
        self.closed: date | None = None

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def key(self) -> str:
        self.numbers += 1
        return f"model/{self.numbers}"

    def fits(self, legs: list[Leg]) -> dict[int, int] | None:
        after = dict(self.stands)
        for source, target, cents in legs:
            if source and after[source] - self.held[source] < cents:
                return None
            after[source] -= cents
            after[target] += cents
        return after

    def day(self, ago: int) -> date:
        return (self.start - timedelta(days=ago)).date()

    def wanted(self, legs: list[Leg], key: str) -> Posting:
        return Posting("x", [move(a, b, money(c)) for a, b, c in legs], key, "tests")

    @rule(client=st.integers(1, 4), cents=CENTS)
    def pay_in(self, client: int, cents: int) -> None:
        self.post([(0, client, cents)])

    @rule(legs=LEGS)
    def post(self, legs: list[Leg]) -> None:
        after, key = self.fits(legs), self.key()
        if after is None:
            with pytest.raises(NotEnoughMoney):
                post_things(Act.system(), postings=[self.wanted(legs, key)])
            return
        entry = post_things(Act.system(), postings=[self.wanted(legs, key)])[0]
        self.stands, self.entries[entry] = after, legs
        self.posted[key] = (legs, entry)

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def repeat(self, data: Any) -> None:
        key = data.draw(st.sampled_from(sorted(self.posted)))
        legs, entry = self.posted[key]
        assert post_things(Act.system(), postings=[self.wanted(legs, key)]) == [entry]

    @rule(several=st.lists(LEGS, min_size=2, max_size=6))
    def post_a_batch(self, several: list[list[Leg]]) -> None:
        keys = [self.key() for _ in several]
        postings = [self.wanted(*one) for one in zip(several, keys, strict=True)]
        if self.fits([leg for legs in several for leg in legs]) is None:
            with pytest.raises(NotEnoughMoney):
                post_things(Act.system(), postings=postings)
            verdicts = post_each_thing(Act.system(), postings=postings)
        else:
            ids = post_things(Act.system(), postings=postings)
            verdicts = post_each_thing(Act.system(), postings=postings)
            assert [one.entry_id for one in verdicts] == ids
        for legs, key, one in zip(several, keys, verdicts, strict=True):
            after = self.fits(legs)
            assert (after is None) == (one.entry_id is None)
            if after is not None and one.entry_id is not None:
                self.stands, self.entries[one.entry_id] = after, legs
                self.posted[key] = (legs, one.entry_id)

    @rule(source=st.integers(1, 4), other=CLIENTS, cents=CENTS, expires=st.booleans())
    def hold(self, source: int, other: int, cents: int, expires: bool) -> None:
        if source == other:
            return
        until = self.start.replace(year=2100) if expires else None
        if self.fits([(source, other, cents)]) is None:
            with pytest.raises(NotEnoughMoney):
                held(source, other, money(cents), until)
            return
        made = held(source, other, money(cents), until)
        self.open[made.pk] = (made, (source, other, cents))
        self.held[source] += cents

    @precondition(lambda self: self.open)
    @rule(data=st.data(), share=st.integers(1, 100))
    def carry_out(self, data: Any, share: int) -> None:
        made, (source, target, cents) = self.open.pop(data.draw(st.sampled_from(sorted(self.open))))
        part = max(1, cents * share // 100)
        entry = carry_out_hold(Act.system(), made, money=Money.of(money(part)))
        self.held[source] -= cents
        self.stands[source] -= part
        self.stands[target] += part
        self.entries[entry.pk] = [(source, target, part)]

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def release(self, data: Any) -> None:
        made, (source, _, cents) = self.open.pop(data.draw(st.sampled_from(sorted(self.open))))
        release_hold(Act.system(), made, reason="x")
        self.held[source] -= cents

    @rule()
    def expire(self) -> None:
        due = {pk: leg for pk, (made, leg) in self.open.items() if made.expires_at}
        if due:
            with clock_at(self.start.replace(year=2101)):
                expire_holds(Act.system(), ids=sorted(due))
        for pk, (source, _, cents) in due.items():
            del self.open[pk]
            self.held[source] -= cents

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def reverse(self, data: Any) -> None:
        number = data.draw(st.sampled_from(sorted(self.entries)))
        legs = [(target, source, cents) for source, target, cents in self.entries[number]]
        after, entry = self.fits(legs), Entry.objects.get(pk=number)
        if after is None:
            with pytest.raises(NotEnoughMoney):
                undo_thing(Act.system(), entry)
            return
        undo_thing(Act.system(), entry)
        self.stands = after
        del self.entries[number]

    @rule(legs=LEGS, ago=AGO)
    def post_what_came_late(self, legs: list[Leg], ago: int) -> None:
        """It counts for its own day, or for the first one that is open still."""
        after, key = self.fits(legs), self.key()
        late = replace(self.wanted(legs, key), effective_at=self.start - timedelta(days=ago))
        if after is None:
            with pytest.raises(NotEnoughMoney):
                post_things(Act.system(), postings=[late])
            return
        entry = post_things(Act.system(), postings=[late])[0]
        self.stands, self.entries[entry] = after, legs
        counts = self.day(ago)
        if self.closed is not None:
            counts = max(counts, self.closed + timedelta(days=1))
        found = Entry.objects.get(pk=entry)
        assert (found.value_date, found.effective_at.date()) == (counts, self.day(ago))
        sums = self.past.setdefault(counts, dict.fromkeys(range(5), 0))
        for source, target, cents in legs:
            sums[source] -= cents
            sums[target] += cents

    @rule(client=st.integers(1, 4), cents=CENTS, ago=AGO)
    def name_a_day(self, client: int, cents: int, ago: int) -> None:
        """A day that somebody names is never another one: it is open, or it is refused."""
        leg, day = (0, client, cents), self.day(ago)
        named = replace(self.wanted([leg], self.key()), value_date=day)
        if self.closed is not None and day <= self.closed:
            with pytest.raises(PeriodClosed):
                post_things(Act.system(), postings=[named])
            return
        self.entries[post_things(Act.system(), postings=[named])[0]] = [leg]
        sums = self.past.setdefault(day, dict.fromkeys(range(5), 0))
        for stands in (self.stands, sums):
            stands[0] -= cents
            stands[client] += cents

    @rule(ago=AGO)
    def close_the_books(self, ago: int) -> None:
        day = self.day(ago)
        if self.closed is not None and day <= self.closed:
            with pytest.raises(PeriodClosed):
                close_period(Act.system(), through=day)
            return
        close_period(Act.system(), through=day)
        self.closed = day

    @rule(ago=AGO)
    def look_at_the_end_of_a_day(self, ago: int) -> None:
        day = self.day(ago)
        found = balances_by_value_date([wallet(client).path for client in range(5)], day)
        for client in range(5):
            stood = sum(sums[client] for on, sums in self.past.items() if on <= day)
            there = found.get(wallet(client).path, {}).get("EUR")
            assert (there.minor if there else 0) == stood

    @rule()
    def roll_up(self) -> None:
        roll_up()

    @invariant()
    def every_balance_is_the_models(self) -> None:
        found = balances([wallet(client).path for client in range(5)])
        for client, cents in self.stands.items():
            there = found.get(wallet(client).path, {}).get("EUR")
            assert (there.minor if there else 0) == cents
        for client in range(1, 5):
            rows = Balance.objects.filter(account__path=wallet(client).path)
            assert sum(int(one.pending_debits) for one in rows) == self.held[client]

    @rule()
    def prove(self) -> None:
        assert verify() == []


QUICK = settings(
    max_examples=60, stateful_step_count=40, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.django_db
def test_the_ledger_is_what_a_model_of_a_few_lines_says() -> None:
    run_state_machine_as_test(Ledger, settings=QUICK)
