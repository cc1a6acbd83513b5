"""Money from one client to another client: by a rule, at once or after somebody has looked."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.operations import NotEnoughMoney
from nostro.ledger.queries import balance, verify
from nostro.payments import queries
from nostro.payments.decisions import CLIENT_TRANSFER
from nostro.payments.models import ClientTransfer
from nostro.payments.operations import (
    approve_client_transfer,
    cancel_client_transfer,
    refuse_client_transfer,
    request_withdrawal,
    send_to_client,
)
from nostro.payments.operations.approvals import OwnRequest
from nostro.payments.operations.between_clients import (
    WRONG_NAMES,
    NoSuchRecipient,
    TooManyTries,
)
from nostro.payments.operations.deposits import NotYet
from nostro.payments.queries.wallets import wallets_of
from nostro.people.models import Client
from nostro.people.operations import restrict_client, set_level, set_risk
from nostro.rules.deciding import BUILT_IN
from nostro.rules.flaws import validate
from nostro.rules.models import Decision
from nostro.rules.points import Point
from nostro.trading.decisions import SWAP_FREE_REQUEST
from tests import make

pytestmark = pytest.mark.django_db
Status = ClientTransfer.Status
OPERATIONS = ("payments.*", "people.clients")


def usd(text: str) -> Money:
    return Money.of(f"{text} USD")


def wallet(client: Client) -> Money:
    return balance(chart.client_wallet(client.pk), "USD")


def held(client: Client) -> Money:
    return balance(chart.client_held(client.pk), "USD")


def client(**named: str) -> Client:
    made = make.client(named.pop("code", "SC"), **named)  # type: ignore[arg-type]
    set_risk(Act.system(), made, risk="low", score=12)
    return made


@pytest.fixture
def ada(act: Act, settings: LazySettings) -> Client:
    settings.NOSTRO_REQUIRE_MFA = False
    made = client()
    make.funded(made, "30000.00 USD", method="bank")
    return made


@pytest.fixture
def grace(act: Act) -> Client:
    return client(first_name="Grace", last_name="Hopper", email="grace@example.com")


def send(giver: Client, to: Client, money: str, **named: str) -> ClientTransfer:
    said = {"number": to.number, "email": to.email} | named
    return send_to_client(make.act_of(giver), giver, money=usd(money), **said)


def rows_of(made: ClientTransfer) -> list[str]:
    """Which rows of the rule decided about it."""
    return list(Decision.objects.get(pk=made.decision or 0).rows)


def known(giver: Client, to: Client) -> None:
    """They did it before: a colleague looked at the first time."""
    approve_client_transfer(make.act_of(make.staff(*OPERATIONS)), send(giver, to, "10.00"))


def test_the_first_time_is_set_aside_until_a_person_has_approved_it(
    ada: Client, grace: Client
) -> None:
    made = send(ada, grace, "200.00")
    assert made.status == Status.APPROVAL
    assert (wallet(ada), held(ada), wallet(grace)) == (
        usd("29800.00"), usd("200.00"), Money.zero("USD"),
    )  # fmt: skip
    assert queries.withdrawable(ada)["USD"] == usd("29800.00")
    assert ("To another client, " + str(made), usd("200.00")) in wallets_of(ada)[0].reasons

    colleague = make.act_of(make.staff(*OPERATIONS))
    approve_client_transfer(colleague, made)
    assert (wallet(ada), held(ada), wallet(grace)) == (
        usd("29800.00"), Money.zero("USD"), usd("200.00"),
    )  # fmt: skip
    assert made.status == Status.SETTLED
    told = Record.objects.filter(client_id=grace.pk, name="payments.ClientTransferReceived")
    assert told.get().data["sender_id"] == ada.pk
    gone = Record.objects.filter(client_id=ada.pk, name="payments.ClientTransferSettled")
    assert gone.get().data["recipient_id"] == grace.pk
    assert verify() == []
    with pytest.raises(WrongState):
        approve_client_transfer(colleague, made)
    assert wallet(grace) == usd("200.00")


def test_card_money_waits_for_a_person_whatever_it_was_exchanged_into(
    ada: Client, grace: Client
) -> None:
    known(ada, grace)
    assert send(ada, grace, "20.00").status == Status.SETTLED

    make.funded(ada, "50.00 EUR")
    waits = send(ada, grace, "20.00")

    assert waits.status == Status.APPROVAL
    assert "cards" in rows_of(waits)


def test_a_small_amount_between_two_who_did_it_before_goes_at_once(
    ada: Client, grace: Client
) -> None:
    known(ada, grace)
    made = send(ada, grace, "400.00")
    assert (made.status, made.settled_at) == (Status.SETTLED, made.requested_at)
    assert (wallet(grace), held(ada)) == (usd("410.00"), Money.zero("USD"))
    assert rows_of(made) == ["small"]
    assert send(ada, grace, "501.00").status == Status.APPROVAL
    assert verify() == []


def test_the_limit_of_a_day_refuses_with_a_sentence_that_is_kept(
    ada: Client, grace: Client
) -> None:
    send(ada, grace, "15000.00")
    made = send(ada, grace, "5000.01")
    assert made.status == Status.REFUSED
    assert "20,000 USD in a day" in made.reason
    assert rows_of(made) == ["day-total"]
    assert (wallet(ada), held(ada)) == (usd("15000.00"), usd("15000.00"))
    with clock_at(now() + timedelta(hours=25)):
        assert send(ada, grace, "5000.01").status == Status.APPROVAL


@pytest.mark.parametrize(
    ("number", "email"),
    [
        ("", "grace@example.com"),
        ("C-", "grace@example.com"),
        ("C-999999999999999999999", "grace@example.com"),
        ("C-424242", "grace@example.com"),
        ("{pk}", "ada@example.com"),
        ("{pk}", ""),
        ("' OR 1=1", "grace@example.com"),
        ("²", "grace@example.com"),
    ],
)
def test_a_wrong_name_says_nothing_and_moves_nothing(
    ada: Client, grace: Client, number: str, email: str
) -> None:
    before = Record.objects.count()
    with pytest.raises(NoSuchRecipient) as wrong:
        send(ada, grace, "5.00", number=number.format(pk=grace.pk), email=email)
    assert wrong.value.sentence.startswith("Nobody who can be sent money")
    assert Record.objects.count() == before
    assert not ClientTransfer.objects.exists()
    assert wallet(ada) == usd("30000.00")


def test_who_cannot_be_given_money_sounds_as_who_is_not_there(ada: Client) -> None:
    others = [
        client(code="CY", email="elsewhere@example.com"),
        make.client("SC", active=False, email="new@example.com"),
        client(email="restricted@example.com"),
    ]
    restrict_client(Act.system(), others[2], reason="a test")
    said = set()
    for other in others:
        with pytest.raises(NoSuchRecipient) as wrong:
            send(ada, other, "5.00")
        said.add(wrong.value.sentence)
    with pytest.raises(NoSuchRecipient) as wrong:
        send(ada, others[0], "5.00", number="C-31415926", email="nobody@example.com")
    assert said == {wrong.value.sentence}


def test_who_guesses_too_often_is_not_answered_any_more(ada: Client, grace: Client) -> None:
    for _ in range(WRONG_NAMES):
        with pytest.raises(NoSuchRecipient):
            send(ada, grace, "5.00", email="guess@example.com")
    with pytest.raises(TooManyTries):
        send(ada, grace, "5.00")
    assert not ClientTransfer.objects.exists()


def test_both_sides_are_verified_or_nothing_is_sent(ada: Client, grace: Client) -> None:
    set_level(Act.system(), grace, level=1, reason="a test")
    assert send(ada, grace, "5.00").status == Status.REFUSED
    assert wallet(ada) == usd("30000.00")
    restrict_client(Act.system(), ada, reason="a test")
    with pytest.raises(NotYet):
        send(ada, grace, "5.00")


def test_nothing_impossible_is_sent(ada: Client, grace: Client) -> None:
    for money in ("0.00", "-1.00"):
        with pytest.raises(Problem):
            send(ada, grace, money)
    with pytest.raises(Problem, match="That is you"):
        send(ada, ada, "5.00")
    with pytest.raises(NotEnoughMoney):
        send(grace, ada, "1.00")
    assert (wallet(ada), wallet(grace)) == (usd("30000.00"), Money.zero("USD"))
    assert not ClientTransfer.objects.exists()


def test_money_that_came_by_card_is_looked_at(act: Act, grace: Client) -> None:
    payer = client()
    make.funded(payer, "600.00 USD")
    known(payer, grace)
    made = send(payer, grace, "5.00")
    assert made.status == Status.APPROVAL
    assert rows_of(made) == ["cards"]


def test_who_got_money_from_others_is_looked_at_when_taking_it_out(
    ada: Client, grace: Client
) -> None:
    make.funded(grace, "300.00 USD")
    known(ada, grace)
    check = request_withdrawal(make.act_of(grace), grace, money=usd("100.00")).checks.get(
        code="third_party"
    )
    assert (check.passed, check.figure) == (False, "10.00 USD")
    with clock_at(now() + timedelta(days=91)):
        later = request_withdrawal(make.act_of(grace), grace, money=usd("100.00"))
        assert later.checks.get(code="third_party").passed


def test_neither_who_asked_nor_a_client_approves(ada: Client, grace: Client) -> None:
    colleague = make.act_of(make.staff(*OPERATIONS))
    made = send_to_client(
        colleague, ada, number=grace.number, email=grace.email, money=usd("5.00")
    )  # fmt: skip
    assert made.status == Status.APPROVAL
    with pytest.raises(OwnRequest):
        approve_client_transfer(colleague, made)
    assert wallet(grace) == Money.zero("USD")
    answer = make.browser(ada).post(
        "/api/v1/payments/approve_client_transfer",
        json.dumps({"transfer": made.pk}), content_type="application/json",
    )  # fmt: skip
    assert answer.status_code in (403, 404)
    approve_client_transfer(make.act_of(make.staff(*OPERATIONS)), made)
    assert wallet(grace) == usd("5.00")


def test_what_is_refused_or_taken_back_is_in_the_wallet_again(ada: Client, grace: Client) -> None:
    colleague = make.act_of(make.staff(*OPERATIONS))
    made = send(ada, grace, "200.00")
    with pytest.raises(Problem):
        refuse_client_transfer(colleague, made, reason=" ")
    refuse_client_transfer(colleague, made, reason="We could not reach you.")
    other = send(ada, grace, "100.00")
    cancel_client_transfer(make.act_of(ada), other)
    with pytest.raises(WrongState):
        approve_client_transfer(colleague, other)
    assert (wallet(ada), held(ada), wallet(grace)) == (
        usd("30000.00"), Money.zero("USD"), Money.zero("USD"),
    )  # fmt: skip
    assert verify() == []


def test_a_recipient_who_was_closed_meanwhile_gets_nothing(ada: Client, grace: Client) -> None:
    made = send(ada, grace, "200.00")
    restrict_client(Act.system(), grace, reason="a test")
    with pytest.raises(NotYet, match="recipient"):
        approve_client_transfer(make.act_of(make.staff(*OPERATIONS)), made)
    assert (held(ada), made.status) == (usd("200.00"), Status.APPROVAL)


def test_a_client_sends_and_both_see_it_in_their_rooms(ada: Client, grace: Client) -> None:
    room, hers = make.browser(ada), make.browser(grace)
    page = room.get("/room/send/").content.decode()
    assert ada.number in page
    typed = {"number": grace.number, "email": "GRACE@example.com", "amount": "1,200.00",
             "currency": "USD", "key": "one"}  # fmt: skip
    answer = room.post("/room/send/", typed)
    made = ClientTransfer.objects.get()
    assert answer["Location"] == f"/room/sent/{made.pk}/"
    room.post("/room/send/", typed)
    assert ClientTransfer.objects.count() == 1
    assert "Take it back" in room.get(f"/room/sent/{made.pk}/").content.decode()
    assert "Grace" not in room.get("/room/activity/").content.decode()
    assert hers.get(f"/room/sent/{made.pk}/").status_code == 404
    assert str(made) not in hers.get("/room/money/").content.decode()

    approve_client_transfer(make.act_of(make.staff(*OPERATIONS)), made)
    assert "From Ada Lovelace" in hers.get("/room/activity/").content.decode()
    seen = hers.get(f"/room/sent/{made.pk}/").content.decode()
    assert "Take it back" not in seen
    assert ada.number in seen
    assert hers.post(f"/room/sent/{made.pk}/", {"key": "two"}).status_code in (404, 422)
    assert room.post(f"/room/sent/{made.pk}/", {"key": "three"}).status_code == 422
    month = hers.get(f"/room/statements/{wallet_of(grace)}/").content.decode()
    assert "From another client" in month
    month = room.get(f"/room/statements/{wallet_of(ada)}/").content.decode()
    assert "Set aside for another client" in month


def wallet_of(client: Client) -> int:
    from nostro.ledger.models import LedgerAccount

    return LedgerAccount.objects.get(path=chart.client_wallet(client.pk).path, asset="USD").pk


def test_a_form_that_is_wrong_says_so_and_keeps_what_was_typed(ada: Client, grace: Client) -> None:
    room = make.browser(ada)
    typed = {"number": grace.number, "email": "x@example.com", "amount": "5", "currency": "USD"}
    answer = room.post("/room/send/", typed)
    assert answer.status_code == 422
    assert "x@example.com" in answer.content.decode()
    assert room.post("/room/send/", typed | {"amount": "a lot"}).status_code == 422
    assert room.post("/room/send/", typed | {"currency": "XYZ"}).status_code == 404
    assert not ClientTransfer.objects.exists()


def test_a_foreign_transfer_opens_to_nobody_else(ada: Client, grace: Client) -> None:
    made = send(ada, grace, "200.00")
    third = client()
    assert make.browser(third).get(f"/room/sent/{made.pk}/").status_code == 404
    with pytest.raises(NotFound):
        cancel_client_transfer(make.act_of(third), made)
    with pytest.raises(NotFound):
        cancel_client_transfer(make.act_of(grace), made)
    only = make.staff("payments.*", "people.clients", entities=["CY"])
    assert not queries.client_transfers(make.act_of(only)).exists()
    approve_client_transfer(make.act_of(make.staff(*OPERATIONS)), made)
    assert not queries.received_from_clients(make.act_of(only)).exists()
    assert queries.client_transfers(make.act_of(grace)).get() == made
    assert not queries.client_transfers(make.act_of(third)).exists()


def test_staff_have_a_queue_of_what_waits(ada: Client, grace: Client) -> None:
    made = send(ada, grace, "200.00")
    desk: Browser = make.browser(make.staff("*"))
    assert "Grace Hopper" in desk.get("/staff/payments/between-clients/").content.decode()
    page = desk.get(f"/staff/payments/between-clients/{made.pk}/").content.decode()
    assert "The first time between two clients" in page
    assert "Approve and send" in page
    approve_client_transfer(make.act_of(make.staff(*OPERATIONS)), made)
    hers = desk.get(f"/staff/people/clients/{grace.pk}/?tab=money").content.decode()
    assert f"C-{ada.pk}" in hers
    alone = make.browser(make.staff("payments.deposits"))
    assert alone.get("/staff/payments/between-clients/").status_code in (403, 404)


@pytest.mark.parametrize("point", [CLIENT_TRANSFER, SWAP_FREE_REQUEST], ids=lambda one: one.name)
def test_words_to_the_client_that_are_too_long_to_keep_are_a_flaw_of_their_cell(
    point: Point[Any, Any],
) -> None:
    table = BUILT_IN[point.name]
    spoken = replace(table.rows[0], out={**table.rows[0].out, "told": f'"{"x" * 301}"'})
    assert validate(point, table) == []
    said = validate(point, replace(table, rows=(spoken, *table.rows[1:])))
    assert [(one.row_id, one.field) for one in said] == [(spoken.id, "told")]
