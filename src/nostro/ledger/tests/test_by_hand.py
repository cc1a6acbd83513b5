"""Money moved by hand: a reason, a second person, and both sides stay in the journal."""

from datetime import timedelta
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import OwnProposal, agree_to_proposal
from nostro.core.doors import call
from nostro.core.models import Proposal, Record
from nostro.core.queries import find
from nostro.kit import Money
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.ledger import chart, queries
from nostro.ledger.models import Entry, LedgerAccount, Verification
from nostro.ledger.operations import (
    AlreadyReversed,
    NotByHand,
    NotEnoughMoney,
    NothingToMove,
    ReasonNeeded,
    adjust,
    reverse_entry,
)
from nostro.ledger.queries import Moment, balance, chart_of_accounts, verify
from nostro.ledger.reactions import verify_ledger
from tests import make

pytestmark = pytest.mark.django_db
TEN = Money.of("10.00 USD")


@pytest.fixture
def ada(act: Act) -> Any:
    client = make.client(currency="USD")
    make.funded(client, "100.00 USD")
    return client


def wallet(client: Any) -> LedgerAccount:
    return LedgerAccount.objects.get(path=chart.client_wallet(client.pk).path, asset_id="USD")


def standing(client: Any) -> Money:
    return balance(chart.client_wallet(client.pk), "USD")


def counts() -> tuple[int, int]:
    return Entry.objects.count(), Record.objects.count()


def test_an_adjustment_waits_for_somebody_else_and_then_balances(ada: Any) -> None:
    maker, other = make.staff("ledger.*", "core.*"), make.staff("ledger.*", "core.*")
    raw = {"money": "10.00 USD", "way": "to the account", "reason": "A fee taken twice."}
    proposal = call(make.act_of(maker), adjust, wallet(ada), raw)

    assert isinstance(proposal, Proposal)
    assert standing(ada) == Money.of("100.00 USD")
    with pytest.raises(OwnProposal):
        agree_to_proposal(make.act_of(maker), proposal)
    assert standing(ada) == Money.of("100.00 USD")

    agree_to_proposal(make.act_of(other), proposal)
    assert standing(ada) == Money.of("110.00 USD")
    assert balance(chart.house_adjustments(), "USD") == Money.of("-10.00 USD")
    assert Entry.objects.latest("pk").entity_id == ada.entity_id
    assert verify() == []


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"money": "10.00 USD", "way": "to the account", "reason": " "}, ReasonNeeded),
        ({"money": "0.00 USD", "way": "to the account", "reason": "x"}, NothingToMove),
        ({"money": "-5.00 USD", "way": "to the account", "reason": "x"}, NothingToMove),
        ({"money": "10.00 EUR", "way": "to the account", "reason": "x"}, Problem),
        ({"money": "100.01 USD", "way": "from the account", "reason": "x"}, NotEnoughMoney),
        ({"money": "10.00 USD", "way": "sideways", "reason": "x"}, Problem),
        ({"money": 10.5, "way": "to the account", "reason": "x"}, Problem),
    ],
)
def test_an_adjustment_that_cannot_be_changes_nothing(
    ada: Any, raw: dict[str, object], problem: type[Problem]
) -> None:
    before = counts()
    with pytest.raises(problem):
        call(Act.system(), adjust, wallet(ada), raw)
    assert counts() == before
    assert standing(ada) == Money.of("100.00 USD")


def test_what_stands_on_a_platform_is_not_set_right_here(ada: Any) -> None:
    account = wallet(ada)
    account.path = "client/1/trading/mt5-live/7204118"
    before = counts()
    with pytest.raises(NotByHand):
        adjust.function(Act.system(), account, money=TEN, way="to the account", reason="x")
    assert counts() == before


def test_a_reversal_is_a_new_entry_and_happens_once(ada: Any) -> None:
    act = Act.system()
    entry = adjust(act, wallet(ada), money=TEN, way="to the account", reason="By mistake.")
    reversal = reverse_entry(Act.system(), entry, reason="It was a mistake.")

    assert standing(ada) == Money.of("100.00 USD")
    assert reversal.reverses_id == entry.pk
    before = counts()
    for one in (entry, reversal):
        with pytest.raises(AlreadyReversed):
            reverse_entry(Act.system(), one, reason="Again.")
    assert counts() == before
    assert verify() == []


def test_a_reversal_that_would_overdraw_is_refused(ada: Any) -> None:
    entry = adjust(Act.system(), wallet(ada), money=TEN, way="to the account", reason="x")
    everything = Money.of("105.00 USD")
    adjust(Act.system(), wallet(ada), money=everything, way="from the account", reason="x")
    before = counts()
    with pytest.raises(NotEnoughMoney):
        reverse_entry(Act.system(), entry, reason="x")
    assert counts() == before


def test_nobody_moves_money_by_hand_without_the_role(ada: Any) -> None:
    act = make.act_of(make.staff("ledger.accounts", "ledger.entries"))
    entry, before = Entry.objects.latest("pk"), counts()
    with pytest.raises(Forbidden):
        adjust(act, wallet(ada), money=TEN, way="to the account", reason="x")
    with pytest.raises(Forbidden):
        call(act, reverse_entry, entry, {"reason": "x"})
    assert counts() == before


def test_staff_of_one_entity_see_no_money_of_another(act: Act, ada: Any) -> None:
    british = make.client("UK", currency="USD")
    make.funded(british, "40.00 USD")
    cypriot = make.act_of(make.staff("ledger.*", entities=["CY"]))

    with pytest.raises(NotFound):
        find(cypriot, LedgerAccount, wallet(british).pk)
    assert not queries.entries(cypriot).exclude(entity_id=ada.entity_id).exists()
    assert not queries.transfers(cypriot).exclude(entry__entity_id=ada.entity_id).exists()
    clients = {one.path: one for one in chart_of_accounts(cypriot)}["client"]
    assert (clients.balance, clients.clients) == (Money.of("100.00 USD"), 1)
    assert chart_of_accounts(cypriot, client_id=british.pk) == []


def test_the_chart_of_accounts_sums_to_zero_in_every_currency(ada: Any) -> None:
    other = make.client("SC", currency="EUR")
    make.funded(other, "55.00 EUR")
    for moment in (Moment(), Moment(now()), Moment(now(), "effective")):
        lines = chart_of_accounts(Act.system(), moment)
        for asset in ("USD", "EUR"):
            assert sum(one.balance.amount for one in lines if one.asset == asset) == 0


def test_a_balance_can_be_asked_as_it_was_known_at_a_time(ada: Any) -> None:
    later = now() + timedelta(days=2)
    with clock_at(later):
        adjust(Act.system(), wallet(ada), money=TEN, way="to the account", reason="x")
    then = Moment(now() + timedelta(days=1))
    found = {one.path: one for one in chart_of_accounts(Act.system(), then, client_id=ada.pk)}
    assert found[chart.client_wallet(ada.pk).path].balance == Money.of("100.00 USD")
    assert standing(ada) == Money.of("110.00 USD")


def test_a_colleague_with_own_clients_only_sees_theirs_alone(act: Act, ada: Any) -> None:
    mine = make.client(currency="USD")
    make.funded(mine, "17.00 USD")
    owner = make.owner_of(mine, "ledger.*", "people.*")
    seen = make.act_of(owner)

    assert set(queries.accounts(seen).values_list("client_id", flat=True)) == {mine.pk}
    assert [one.balance for one in chart_of_accounts(seen)] == [Money.of("17.00 USD")]
    assert queries.entries(seen).count() == 1


def test_the_proof_of_the_ledger_is_kept(ada: Any) -> None:
    verify_ledger(Act.system())
    kept = Verification.objects.get()
    assert (kept.entries, kept.flaws) == (Entry.objects.count(), [])
