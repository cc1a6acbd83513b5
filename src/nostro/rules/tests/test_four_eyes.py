"""How many people it takes to move money by hand is a rule: by currency, entity and kind."""

from decimal import Decimal
from typing import Any

import pytest

from nostro.core import approvals
from nostro.core.acts import Act, now
from nostro.core.approvals import AlreadySaid, agree_to_proposal
from nostro.core.doors import call
from nostro.core.models import Proposal, Record
from nostro.kit import Money
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger.models import Entry, Hold, LedgerAccount
from nostro.ledger.operations import (
    Move,
    NotAgreed,
    adjust,
    close_period,
    hold_money,
    post_opening,
    propose_adjustment,
    propose_reversal,
    reopen_period,
)
from nostro.ledger.queries import HouseRates, balance
from nostro.ledger.tests.make import PAPER, moved, people
from nostro.people.operations import set_level
from nostro.rules import operations as rules
from nostro.rules.decisions import FOUR_EYES
from nostro.ui.pages import fresh
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(act: Act) -> Any:
    client = make.client(currency="USD")
    make.funded(client, "100.00 USD")
    return client


def wallet(client: Any) -> LedgerAccount:
    return LedgerAccount.objects.get(path=chart.client_wallet(client.pk).path, asset_id="USD")


def standing(client: Any) -> Money:
    return balance(chart.client_wallet(client.pk), "USD")


def asks(person: Act, client: Any, money: str) -> Proposal:
    return propose_adjustment(
        fresh(person), wallet(client), money=Money.of(money), way="to the account",
        reason="A fee taken twice.", file=PAPER,
    )  # fmt: skip


def test_much_money_of_a_client_takes_two_people_beside_who_proposed_it(ada: Any) -> None:
    maker, second, third = people(3)
    proposal = asks(maker, ada, "1000.01 USD")
    assert (proposal.people, asks(maker, ada, "1000.00 USD").people) == (2, 1)
    assert (
        "three people"
        in approvals.needed(maker, adjust, wallet(ada), {"money": Money.of("1000.01 USD")}).sentence
    )

    agree_to_proposal(second, proposal)
    with pytest.raises(AlreadySaid):
        agree_to_proposal(second, proposal)
    assert standing(ada) == Money.of("100.00 USD")
    agree_to_proposal(third, proposal)
    assert standing(ada) == Money.of("1100.01 USD")


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody above who knows prices."""
    mids = {"JPY": Decimal("0.0066667"), "BTC": Decimal(90_000)}
    known = HouseRates("USD", mids, "A test", now(), {"PLN": "nobody quotes it"})
    monkeypatch.setattr("nostro.ledger.queries.exchange.HOUSE_RATES", [lambda at: known])


def test_the_limit_is_a_rule_of_worth_and_of_whose_money_it_is(ada: Any, rates: None) -> None:
    maker = people(1)[0]

    def takes(account: LedgerAccount | None, money: str) -> int:
        return approvals.needed(maker, adjust, account, {"money": Money.of(money)}).people

    house = LedgerAccount(path="house/fees", asset_id="USD")
    assert [takes(wallet(ada), one) for one in ("1001 USD", "1001 JPY", "150001 JPY")] == [2, 1, 2]
    assert [takes(house, one) for one in ("1001 USD", "10001 USD", "150001 JPY")] == [1, 2, 1]
    assert [takes(wallet(ada), one) for one in ("0.01 BTC", "900 BTC")] == [1, 2]
    # Nobody tells a rate of it: what is unknown is not small.
    assert takes(wallet(ada), "1 PLN") == 2


def test_undoing_much_takes_as_many_as_moving_it_by_hand(ada: Any, rates: None) -> None:
    maker = people(1)[0]
    small, large = (
        moved(Move(Money.of(one), chart.house_fees(), chart.client_wallet(ada.pk)))
        for one in ("1000 USD", "1000.01 USD")
    )
    asked = [
        propose_reversal(fresh(maker), Entry.objects.get(pk=one), reason="It was wrong.")
        for one in (small, large)
    ]
    assert [one.people for one in asked] == [1, 2]  # it would be taken from a client
    of_the_firm = [
        moved(Move(Money.of(one), chart.house_fees(), chart.house_nbp()))
        for one in ("10000 USD", "10000.01 USD")
    ]
    asked = [
        propose_reversal(fresh(maker), Entry.objects.get(pk=one), reason="It was wrong.")
        for one in of_the_firm
    ]
    assert [one.people for one in asked] == [1, 2]


def test_whatever_a_table_says_nobody_moves_money_by_hand_alone(ada: Any) -> None:
    author, other = make.act_of(make.staff("rules.*")), make.act_of(make.staff("rules.*"))
    draft = rules.draft_version(author, point=FOUR_EYES.name)
    for row in ("adjustments", "large-adjustments", "large-adjustments-of-clients"):
        rules.edit_cell(fresh(author), draft, row=row, field="people", cell="0")
    rules.submit_version(fresh(author), draft, reason="We trust each other.")
    rules.activate_version(other, draft)
    maker, second = people(2)
    target = LedgerAccount.objects.get(path__startswith="provider/", asset_id="USD")
    answer = call(
        maker, hold_money, wallet(ada), {"money": "5.00 USD", "to": target.pk, "reason": "A claim."}
    )
    assert isinstance(answer, Proposal)
    assert not Hold.objects.exists()
    with pytest.raises(NotAgreed):
        hold_money(
            fresh(maker), wallet(ada), money=Money.of("5.00 USD"), to=target, reason="A claim."
        )
    agree_to_proposal(second, answer)
    assert Hold.objects.get().entry.entity_id == ada.entity_id


@pytest.mark.parametrize("wanted", [close_period, reopen_period, post_opening])
def test_whatever_a_table_says_books_are_closed_and_opened_by_two(wanted: Any) -> None:
    author, other = make.act_of(make.staff("rules.*")), make.act_of(make.staff("rules.*"))
    draft = rules.draft_version(author, point=FOUR_EYES.name)
    rules.edit_cell(fresh(author), draft, row="adjustments", field="people", cell="0")
    rules.submit_version(fresh(author), draft, reason="We trust each other.")
    rules.activate_version(other, draft)
    assert approvals.needed(people(1)[0], wanted, None, {}).people == 1


def test_the_limit_can_be_drawn_by_legal_entity(ada: Any) -> None:
    author, other = make.act_of(make.staff("rules.*")), make.act_of(make.staff("rules.*"))
    draft = rules.draft_version(author, point=FOUR_EYES.name)
    row = "large-adjustments-of-clients"
    rules.edit_cell(fresh(author), draft, row=row, field="entity", cell='"UK"')
    rules.submit_version(fresh(author), draft, reason="The others are small.")
    rules.activate_version(other, draft)
    british = make.client("UK", currency="USD")
    make.funded(british, "10.00 USD")
    maker = people(1)[0]
    assert (asks(maker, british, "5000 USD").people, asks(maker, ada, "5000 USD").people) == (2, 1)


def test_the_limit_by_legal_entity_holds_for_accounts_of_the_house_too(ada: Any) -> None:
    author, other = make.act_of(make.staff("rules.*")), make.act_of(make.staff("rules.*"))
    draft = rules.draft_version(author, point=FOUR_EYES.name)
    for field, cell in (("entity", '"UK"'), ("worth", "> 50")):
        rules.edit_cell(fresh(author), draft, row="large-adjustments", field=field, cell=cell)
    rules.submit_version(fresh(author), draft, reason="The British books are watched.")
    rules.activate_version(other, draft)
    maker, second, third = people(3)
    uk, sc = make.entity("UK"), make.entity("SC")

    def fees(entity: Any) -> LedgerAccount:
        """The house took a fee in these books."""
        move = Move(Money.of("1 USD"), chart.client_wallet(ada.pk), chart.house_fees())
        moved(move, entity_id=entity.pk)
        return LedgerAccount.objects.get(path="house/fees", asset_id="USD")

    def asked(person: Act, account: LedgerAccount) -> Proposal:
        return propose_adjustment(
            fresh(person), account, money=Money.of("60 USD"), way="to the account",
            reason="Not booked.", file=PAPER,
        )  # fmt: skip

    assert asked(maker, fees(sc)).people == 1
    british = asked(maker, fees(uk))
    assert british.people == 2

    fees(sc)  # What is posted meanwhile does not move it into other books.
    agree_to_proposal(second, british)
    agree_to_proposal(third, british)
    assert Entry.objects.get(kind="adjustment").entity_id == uk.pk
    british_only = make.act_of(make.staff("ledger.*", entities=["UK"]))
    assert asked(british_only, fees(sc)).people == 2


@pytest.mark.parametrize("level", [-3, 3, 999_999_999_999])
def test_what_would_be_refused_in_the_end_is_not_even_proposed(ada: Any, level: int) -> None:
    maker = make.act_of(make.staff("people.*"))
    before = Record.objects.count()
    with pytest.raises(Problem, match="0, 1 or 2"):
        call(maker, set_level, ada, {"level": level, "reason": "By mistake."})
    assert not Proposal.objects.exists()
    assert Record.objects.count() == before


def test_what_is_proposed_was_tried_and_left_no_trace(ada: Any) -> None:
    maker, other = (make.act_of(make.staff("people.*", "core.*")) for _ in range(2))
    names = set(Record.objects.values_list("pk", flat=True))
    proposal = call(maker, set_level, ada, {"level": 0, "reason": "Documents ran out."})
    ada.refresh_from_db()
    assert ada.level != 0
    new = Record.objects.exclude(pk__in=names)
    assert [one.name for one in new] == ["core.ProposalMade"]
    agree_to_proposal(other, proposal)
    ada.refresh_from_db()
    assert ada.level == 0
