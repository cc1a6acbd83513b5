"""Money moved by hand: a reason, a second person, and both sides stay in the journal."""

from datetime import timedelta
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import OwnProposal, agree_to_proposal, proposals
from nostro.core.doors import call
from nostro.core.files import Upload, read
from nostro.core.models import Proposal, Record
from nostro.core.queries import find
from nostro.kit import Money
from nostro.kit.plain_pdf import BrokenFile
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.ledger import chart, queries
from nostro.ledger.models import Entry, Evidence, LedgerAccount, Verification
from nostro.ledger.operations import (
    AlreadyReversed,
    EvidenceNeeded,
    Move,
    NotAgreed,
    NotByHand,
    NotEnoughMoney,
    NotEvidence,
    NothingToMove,
    ReasonNeeded,
    adjust,
    propose_adjustment,
    propose_reversal,
    reverse_entry,
    show_evidence,
)
from nostro.ledger.queries import Moment, balance, chart_of_accounts, verify
from nostro.ledger.reactions import verify_ledger
from nostro.ledger.tests.make import PAPER, adjusted, moved, people, reversed_by_hand
from nostro.ui.pages import fresh
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


def asks(person: Act, client: Any, money: str = "10.00 USD", **more: Any) -> Proposal:
    given: dict[str, Any] = {
        "way": "to the account",
        "reason": "A fee taken twice.",
        "file": PAPER,
    } | more
    return propose_adjustment(person, wallet(client), money=Money.of(money), **given)


def test_an_adjustment_waits_for_somebody_else_and_then_balances(ada: Any) -> None:
    maker, other = people(2)
    proposal = asks(maker, ada)

    assert standing(ada) == Money.of("100.00 USD")
    with pytest.raises(OwnProposal):
        agree_to_proposal(maker, proposal)
    assert standing(ada) == Money.of("100.00 USD")

    agree_to_proposal(other, proposal)
    assert standing(ada) == Money.of("110.00 USD")
    assert balance(chart.house_adjustments(), "USD") == Money.of("-10.00 USD")
    assert Entry.objects.latest("pk").entity_id == ada.entity_id
    assert verify() == []


def test_nobody_adjusts_or_reverses_past_a_proposal(ada: Any) -> None:
    entry = adjusted(wallet(ada), "10.00 USD")
    evidence, before = Evidence.objects.get(), counts()
    for act in (Act.system(), people(1)[0]):
        with pytest.raises(NotAgreed):
            adjust(act, wallet(ada), money=TEN, way="to the account", reason="x", evidence=evidence)
        with pytest.raises(NotAgreed):
            reverse_entry(act, entry, reason="x")
    assert (counts()[0], standing(ada)) == (before[0], Money.of("110.00 USD"))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"reason": " "}, ReasonNeeded),
        ({"money": "0.00 USD"}, NothingToMove),
        ({"money": "-5.00 USD"}, NothingToMove),
        ({"money": "10.00 EUR"}, Problem),
        ({"way": "sideways"}, Problem),
        ({"money": 10.5}, Problem),
        ({"file": None}, EvidenceNeeded),
        ({"file": None, "reference": "  "}, EvidenceNeeded),
        ({"file": Upload("run.exe", b"MZ and so on")}, NotEvidence),
        ({"file": Upload("page.png", b"<html><script>alert(1)</script>")}, NotEvidence),
        ({"file": Upload("page.pdf", b"%PDF-1.7 and no more")}, BrokenFile),
        ({"file": Upload("big.pdf", b"%PDF-" + bytes(10 * 1024 * 1024))}, NotEvidence),
        ({"file": None, "reference": "event 999999999"}, NotFound),
        ({"file": None, "reference": "W-1; DROP TABLE"}, NotFound),
        ({"file": None, "reference": "what she said"}, NotFound),
    ],
)
def test_an_adjustment_that_cannot_be_changes_nothing(
    ada: Any, raw: dict[str, object], problem: type[Problem]
) -> None:
    maker, before = people(1)[0], counts()
    good = {"money": "10.00 USD", "way": "to the account", "reason": "Twice.", "file": PAPER}
    with pytest.raises(problem):
        call(maker, propose_adjustment, wallet(ada), good | raw)
    assert (counts(), standing(ada)) == (before, Money.of("100.00 USD"))
    assert not Proposal.objects.exists()
    assert not Evidence.objects.exists()


def test_more_than_is_there_is_refused_when_it_is_carried_out(ada: Any) -> None:
    maker, other = people(2)
    proposal, before = asks(maker, ada, "100.01 USD", way="from the account"), counts()
    with pytest.raises(NotEnoughMoney):
        agree_to_proposal(other, proposal)
    assert counts() == before
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.OPEN


def test_a_thing_of_the_house_is_evidence_where_its_reader_may_see_it(ada: Any) -> None:
    maker, event = people(1)[0], Record.objects.latest("pk")
    entry = Entry.objects.latest("pk")
    for number in (f"event {event.pk}", f"E-{entry.pk}", f"e{entry.pk}"):
        asks(fresh(maker), ada, file=None, reference=number)
    kept = list(Evidence.objects.order_by("pk").values_list("subject_type", "subject_id"))
    assert kept == [("core.record", event.pk), *[("ledger.entry", entry.pk)] * 2]
    british = make.act_of(make.staff("ledger.*", "core.*", entities=["UK"]))
    with pytest.raises(NotFound):
        asks(british, ada, file=None, reference=f"E-{entry.pk}")
    assert Evidence.objects.count() == 3


def test_the_file_is_kept_encrypted_and_every_look_at_it_leaves_a_line(ada: Any) -> None:
    entry = adjusted(wallet(ada), "10.00 USD")
    evidence = Evidence.objects.get()
    assert evidence.stored is not None
    assert read(evidence.stored) == PAPER.content
    assert (evidence.client_id, evidence.entity_id) == (ada.pk, ada.entity_id)
    assert evidence.stored.client_id == ada.pk
    told = Record.objects.get(name="ledger.Adjusted", subject_id=entry.pk)
    assert told.data["evidence_id"] == evidence.pk
    show_evidence(people(1)[0], evidence)
    assert Record.objects.filter(name="ledger.EvidenceShown", subject_id=evidence.pk).exists()


def test_what_stands_on_a_platform_is_not_set_right_here(ada: Any) -> None:
    account = wallet(ada)
    account.path = "client/1/trading/mt5-live/7204118"
    maker, before = people(1)[0], counts()
    with pytest.raises(NotByHand):
        propose_adjustment(maker, account, money=TEN, way="to the account", reason="x", file=PAPER)
    assert counts() == before


def test_a_reversal_is_a_new_entry_and_happens_once(ada: Any) -> None:
    entry = adjusted(wallet(ada), "10.00 USD")
    reversal = reversed_by_hand(entry)

    assert standing(ada) == Money.of("100.00 USD")
    assert reversal.reverses_id == entry.pk
    maker = people(1)[0]
    before = counts()
    for one in (entry, reversal):
        with pytest.raises(AlreadyReversed):
            propose_reversal(maker, one, reason="Again.")
    assert counts() == before
    assert verify() == []


@pytest.mark.parametrize("there", [chart.transit("live"), chart.client_trading(7, "live", 70001)])
def test_money_of_a_platform_or_on_its_way_there_is_not_reversed_by_hand(
    act: Act, ada: Any, there: chart.Account
) -> None:
    entry_id = moved(Move(TEN, chart.client_wallet(ada.pk), there))
    maker, before = people(1)[0], counts()
    with pytest.raises(NotByHand, match=there.path):
        propose_reversal(maker, Entry.objects.get(pk=entry_id), reason="It never arrived.")
    assert (counts(), standing(ada)) == (before, Money.of("90.00 USD"))


def test_two_proposals_to_reverse_one_entry_reverse_it_once(ada: Any) -> None:
    entry = adjusted(wallet(ada), "10.00 USD")
    maker, other = people(2)
    first, second = (propose_reversal(fresh(maker), entry, reason="Wrong.") for _ in range(2))
    agree_to_proposal(other, first)
    before = counts()
    with pytest.raises(AlreadyReversed):
        agree_to_proposal(fresh(other), second)
    assert (counts(), standing(ada)) == (before, Money.of("100.00 USD"))


def test_a_reversal_that_would_overdraw_is_refused(ada: Any) -> None:
    entry = adjusted(wallet(ada), "10.00 USD")
    adjusted(wallet(ada), "105.00 USD", "from the account")
    maker, other = people(2)
    proposal, before = propose_reversal(maker, entry, reason="x"), counts()
    with pytest.raises(NotEnoughMoney):
        agree_to_proposal(other, proposal)
    assert counts() == before


def test_nobody_moves_money_by_hand_without_the_role(ada: Any) -> None:
    act = make.act_of(make.staff("ledger.accounts", "ledger.entries"))
    entry, before = Entry.objects.latest("pk"), counts()
    with pytest.raises(Forbidden):
        asks(act, ada)
    with pytest.raises(Forbidden):
        call(act, propose_reversal, entry, {"reason": "x"})
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


def test_proposals_are_seen_where_their_rows_are(act: Act, ada: Any) -> None:
    make.funded(make.client("UK", currency="USD"), "40.00 USD")
    cypriot, british = (
        make.act_of(make.staff("ledger.*", "core.*", "people.*", entities=[code]))
        for code in ("CY", "UK")
    )
    provider = LedgerAccount.objects.get(path__startswith="provider/", asset_id="USD")
    of_the_house, of_ada = (
        propose_adjustment(
            fresh(cypriot), one, money=TEN, way="to the account", reason="x", file=PAPER
        )
        for one in (provider, wallet(ada))
    )
    assert of_the_house.entity_id == ada.entity_id
    assert set(proposals(cypriot)) == {of_the_house, of_ada}
    assert not proposals(british).exists()
    owner = make.act_of(make.owner_of(ada, "ledger.*", "core.*", "people.*"))
    assert list(proposals(owner)) == [of_ada]


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
        adjusted(wallet(ada), "10.00 USD")
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
