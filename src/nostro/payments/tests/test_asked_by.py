"""Money that staff moves in a client's name: whoever proposed it stays who asked for it, though
others agreed, and never lets it go.
"""

import pytest
from django.conf import LazySettings

from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.approvals import Need, OwnProposal, agree_to_proposal
from nostro.core.doors import call
from nostro.core.models import Proposal, Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.models import Entry, LedgerAccount
from nostro.ledger.operations import propose_adjustment
from nostro.ledger.queries import balance
from nostro.ledger.tests.make import PAPER
from nostro.payments.models import ClientTransfer
from nostro.payments.operations import approve_client_transfer, send_to_client
from nostro.payments.operations.approvals import OwnRequest
from nostro.people.models import Client
from nostro.people.operations import set_risk
from tests import make

pytestmark = pytest.mark.django_db
Status = ClientTransfer.Status
GRANTS = ("payments.*", "people.clients", "ledger.*", "core.*")


def client(**named: str) -> Client:
    made = make.client("SC", **named)  # type: ignore[arg-type]
    set_risk(Act.system(), made, risk="low", score=12)
    make.funded(made, "3000.00 USD", method="bank")
    return made


@pytest.fixture
def ada(act: Act, settings: LazySettings) -> Client:
    settings.NOSTRO_REQUIRE_MFA = False
    return client()


@pytest.fixture
def grace(act: Act) -> Client:
    return client(first_name="Grace", last_name="Hopper", email="grace@example.com")


def wallet(of: Client) -> Money:
    return balance(chart.client_wallet(of.pk), "USD")


def known(giver: Client, to: Client) -> None:
    """They did it before, so that a rule would let a small amount go at once."""
    named = {"number": to.number, "email": to.email}
    first = send_to_client(make.act_of(giver), giver, money=Money.of("10.00 USD"), **named)
    approve_client_transfer(make.act_of(make.staff(*GRANTS)), first)


def test_who_proposed_money_to_another_client_never_approves_it(
    ada: Client, grace: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(ada, grace)
    maker, second = make.staff(*GRANTS), make.staff(*GRANTS)
    asks = [lambda act, wanted, *_: Need(1 if wanted == send_to_client else 0)]
    monkeypatch.setattr(approvals, "ASK", asks)
    raw = {"number": grace.number, "email": grace.email, "money": "50.00 USD"}
    proposal = call(make.act_of(maker), send_to_client, ada, raw)
    agree_to_proposal(make.act_of(second), proposal)

    made = ClientTransfer.objects.latest("pk")
    assert (made.asked_by, made.status) == (maker.pk, Status.APPROVAL)  # however small it is
    before = Record.objects.count()
    with pytest.raises(OwnRequest):
        approve_client_transfer(make.act_of(maker), made)
    made.refresh_from_db()
    assert (made.status, wallet(grace)) == (Status.APPROVAL, Money.of("3010.00 USD"))
    assert Record.objects.count() == before
    approve_client_transfer(make.act_of(second), made)
    assert (made.status, wallet(grace)) == (Status.SETTLED, Money.of("3060.00 USD"))


def test_who_proposed_an_adjustment_of_a_clients_money_does_not_agree_to_it(ada: Client) -> None:
    maker, second = make.staff(*GRANTS), make.staff(*GRANTS)
    account = LedgerAccount.objects.get(path=chart.client_wallet(ada.pk).path, asset_id="USD")
    proposal = propose_adjustment(
        make.act_of(maker), account, money=Money.of("50.00 USD"), way="to the account",
        reason="A fee taken twice.", file=PAPER,
    )  # fmt: skip
    before = Record.objects.count()
    with pytest.raises(OwnProposal):
        agree_to_proposal(make.act_of(maker), proposal)
    assert (Record.objects.count(), Proposal.objects.get().agreements.count()) == (before, 0)
    assert wallet(ada) == Money.of("3000.00 USD")
    agree_to_proposal(make.act_of(second), proposal)
    assert wallet(ada) == Money.of("3050.00 USD")
    said = Record.objects.get(name="ledger.Adjusted")
    assert Entry.objects.get(kind="adjustment").pk == said.data["entry_id"]
