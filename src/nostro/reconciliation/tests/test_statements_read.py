"""From the bank's file to the ledger: what is matched by itself, and what never is."""

import pytest

from nostro.core.acts import Act
from nostro.core.files import Upload, read
from nostro.core.models import Record, StoredFile
from nostro.core.queries import find
from nostro.kit.money import Money
from nostro.kit.problems import Forbidden, NotFound
from nostro.ledger import chart
from nostro.ledger.operations import NotEnoughMoney
from nostro.ledger.queries import balance, verify
from nostro.payments import operations as payments
from nostro.payments.models import Deposit, Leg, Withdrawal
from nostro.people.models import Client
from nostro.reconciliation import queries
from nostro.reconciliation.models import Break, Match, StatementFile, StatementLine
from nostro.reconciliation.operations import (
    allocate_receipt,
    assign,
    confirm_match,
    explain_break,
    match_payment,
    read_statement,
    refuse_match,
    undo_match,
)
from nostro.reconciliation.operations.breaks import WrongEntry
from nostro.reconciliation.operations.matches import NotForThis, ReasonNeeded
from nostro.reconciliation.operations.statements import BadAccount, ReadAlready, add_bank_account
from nostro.reconciliation.queries.expected import sent_legs
from nostro.reconciliation.queries.readings import AnotherAccount
from nostro.reconciliation.statement import Unreadable
from nostro.reconciliation.tests.conftest import House
from tests import make

pytestmark = pytest.mark.django_db
Line = StatementLine.Status


def eur(text: str) -> Money:
    return Money.of(f"{text} EUR")


def in_transit() -> Money:
    return balance(chart.bank_in_transit(), "EUR")


def unallocated() -> Money:
    return balance(chart.unallocated(), "EUR")


def booked(house: House) -> Money:
    return -balance(house.account.chart, "EUR")


def wallet(client: Client) -> Money:
    return balance(chart.client_wallet(client.pk), "EUR")


def only_break() -> Break:
    return Break.objects.get(status=Break.Status.OPEN)


def test_a_payment_on_the_statement_is_paid_and_leaves_transit_empty(
    house: House, ada: Client
) -> None:
    withdrawal = house.pay_out(ada, "300.00")
    assert withdrawal.status == Withdrawal.Status.SENT
    assert in_transit() == eur("300.00")

    file = house.read()

    withdrawal.refresh_from_db()
    assert file is not None
    assert file.proves
    assert withdrawal.status == Withdrawal.Status.PAID
    assert (in_transit(), booked(house)) == (eur("0.00"), eur("-300.00"))
    match = Match.objects.get()
    assert (match.rule, match.status) == ("end-to-end id", Match.Status.CONFIRMED)
    assert not Break.objects.exists()
    assert verify() == []


def test_a_statement_that_says_nothing_new_changes_nothing(house: House, ada: Client) -> None:
    house.pay_out(ada, "300.00")
    file = house.read()
    assert file is not None
    before = (Record.objects.count(), StatementLine.objects.count(), booked(house))

    assert house.read() is None, "the same lines with another message id are not read again"
    content = read(file.stored)
    with pytest.raises(ReadAlready):
        read_statement(Act.system(), house.account, raw=Upload("again.xml", content))

    after = (Record.objects.count(), StatementLine.objects.count(), booked(house))
    assert after == before
    assert StatementFile.objects.count() == 1


def test_a_statement_with_a_wrong_sum_is_kept_flagged_and_matches_nothing(
    house: House, ada: Client
) -> None:
    withdrawal = house.pay_out(ada, "300.00")
    house.bank.control("misbehave", what="wrong_statement_sum", by="1.00")

    file = house.read()

    assert file is not None
    assert not file.proves
    assert "1.00" in file.reason
    assert StatementLine.objects.get().status == Line.HELD
    withdrawal.refresh_from_db()
    assert withdrawal.status == Withdrawal.Status.SENT
    assert in_transit() == eur("300.00")
    assert only_break().kind == Break.Kind.STATEMENT
    proposed = Match.objects.get()
    assert proposed.status == Match.Status.PROPOSED
    assert "does not prove itself" in proposed.reason

    assert house.read() is not None, "the bank has put it right"

    withdrawal.refresh_from_db()
    assert withdrawal.status == Withdrawal.Status.PAID
    assert in_transit() == eur("0.00")
    assert not Break.objects.filter(status=Break.Status.OPEN).exists()
    proposed.refresh_from_db()
    assert proposed.status == Match.Status.DROPPED
    assert StatementFile.objects.count() == 2


def test_equal_amounts_on_the_same_day_confirm_nothing(house: House, ada: Client) -> None:
    deposit = house.announce(ada, "750.00")
    house.receive("750.00", debtor_name="Charles Babbage", remittance="for the engine")

    house.read()

    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.STARTED
    assert not Match.objects.filter(status=Match.Status.CONFIRMED).exists()
    assert (unallocated(), booked(house)) == (eur("750.00"), eur("750.00"))
    assert only_break().kind == Break.Kind.CREDIT


def test_a_wire_with_its_reference_credits_the_client(house: House, ada: Client) -> None:
    deposit = house.announce(ada, "750.00")
    house.receive("750.00", debtor_name="LOVELACE ADA", remittance=f"Deposit {deposit.key}")

    house.read()

    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.SETTLED
    assert wallet(ada) == eur("5750.00")
    assert (unallocated(), booked(house)) == (eur("0.00"), eur("750.00"))
    assert balance(chart.provider_clearing("aegean"), "EUR") == eur("0.00")
    assert verify() == []


def test_a_wire_from_somebody_else_waits_for_a_person(house: House, ada: Client) -> None:
    deposit = house.announce(ada, "750.00")
    house.receive("750.00", debtor_name="Charles Babbage", remittance=deposit.key)

    house.read()

    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.STARTED
    assert unallocated() == eur("750.00")
    match = Match.objects.get()
    assert match.status == Match.Status.PROPOSED
    finance = make.act_of(make.staff("reconciliation.*"))
    confirm_match(finance, match, note="Power of attorney is on file")
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.SETTLED
    assert unallocated() == eur("0.00")
    assert not Break.objects.filter(status=Break.Status.OPEN).exists()


def test_what_was_refused_is_not_proposed_again(house: House, ada: Client) -> None:
    deposit = house.announce(ada, "750.00")
    house.receive("750.00", debtor_name="Charles Babbage", remittance=deposit.key)
    house.read()
    refuse_match(Act.system(), Match.objects.get(), reason="A third party")
    house.receive("10.00", debtor_name="Nobody")

    house.read()

    statuses = Match.objects.values_list("status", flat=True)
    assert list(statuses) == [Match.Status.REFUSED]
    assert unallocated() == eur("760.00")


def test_an_unknown_receipt_is_allocated_by_hand(house: House, ada: Client) -> None:
    house.receive("640.00", debtor_name="Ada Lovelace", remittance="savings")
    house.read()
    found = only_break()
    deposit = house.announce(ada, "640.00")
    with pytest.raises(WrongEntry):
        explain_break(Act.system(), found, cause="no idea")
    with pytest.raises(WrongEntry):
        explain_break(Act.system(), found, cause="a fee", entry="bank_charge")
    assert unallocated() == eur("640.00")

    allocate_receipt(Act.system(), found, deposit=deposit)

    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.SETTLED
    assert unallocated() == eur("0.00")
    assert not Break.objects.filter(status=Break.Status.OPEN).exists()
    assert verify() == []


def test_another_amount_than_announced_waits_in_payments(house: House, ada: Client) -> None:
    deposit = house.announce(ada, "750.00")
    house.receive("700.00", debtor_name="Ada Lovelace", remittance=deposit.key)
    house.read()
    match = Match.objects.get()
    assert (match.status, match.variance) == (Match.Status.PROPOSED, eur("-50.00").amount)

    confirm_match(Act.system(), match)

    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.HELD
    assert wallet(ada) == eur("5000.00")
    assert balance(chart.provider_clearing("aegean"), "EUR") == eur("700.00")


def test_undoing_a_match_reverses_it_and_leaves_a_break(house: House, ada: Client) -> None:
    withdrawal = house.pay_out(ada, "300.00")
    house.read()
    match = Match.objects.get()

    undo_match(make.act_of(make.staff("reconciliation.*")), match, reason="It was another one")

    assert (in_transit(), booked(house)) == (eur("300.00"), eur("0.00"))
    assert only_break().kind == Break.Kind.DEBIT
    assert Match.objects.get().status == Match.Status.UNDONE
    house.receive("1.00")
    house.read()
    assert not Match.objects.filter(status=Match.Status.CONFIRMED).exists(), "not by itself again"
    match_payment(Act.system(), Break.objects.get(kind="debit"), withdrawal=withdrawal)
    assert in_transit() == eur("0.00")
    assert verify() == []


def test_undoing_a_match_opens_the_payment_and_the_line_again(house: House, ada: Client) -> None:
    withdrawal = house.pay_out(ada, "300.00")
    house.read()
    match = Match.objects.get()
    withdrawal.refresh_from_db()
    assert (withdrawal.status, match.paid) == ("paid", [f"leg/{withdrawal.legs.get().pk}"])
    person = make.act_of(make.staff("reconciliation.*"))
    before = Record.objects.count()
    with pytest.raises(ReasonNeeded):
        undo_match(person, match, reason=" ")
    assert Record.objects.count() == before

    undo_match(person, match, reason="It was another one")

    withdrawal.refresh_from_db()
    leg = withdrawal.legs.get()
    assert (withdrawal.status, withdrawal.paid_at) == ("sent", None)
    assert (leg.status, leg.paid_at) == (Leg.Status.SENT, None)
    assert StatementLine.objects.get().status == StatementLine.Status.BROKEN
    said = Record.objects.get(name="payments.LegReopened")
    assert said.subject_id == withdrawal.pk and said.client_id == ada.pk
    assert "It was another one" in said.data["reason"]
    assert [one.pk for one in sent_legs(match.account)] == [leg.pk]

    match_payment(Act.system(), only_break(), withdrawal=withdrawal)
    withdrawal.refresh_from_db()
    assert withdrawal.status == "paid" and in_transit() == eur("0.00")
    undo_match(person, Match.objects.get(status="confirmed"), reason="Once more")
    withdrawal.refresh_from_db()
    assert withdrawal.status == "sent" and in_transit() == eur("300.00")
    assert verify() == []


def test_a_payment_that_was_paid_before_its_line_stays_paid_when_the_match_is_undone(
    house: House, ada: Client
) -> None:
    withdrawal = house.pay_out(ada, "300.00")
    withdrawal = payments.leg_paid(Act.system(), withdrawal, number=withdrawal.legs.get().number)
    house.read()
    match_payment(Act.system(), only_break(), withdrawal=withdrawal)
    undo_match(Act.system(), Match.objects.get(), reason="It was another one")
    withdrawal.refresh_from_db()
    assert withdrawal.status == "paid" and withdrawal.legs.get().status == "paid"
    assert verify() == []


def test_a_payment_that_came_back_is_a_break_and_can_go_to_the_wallet(
    house: House, ada: Client
) -> None:
    house.bank.control("misbehave", what="return_later", seconds=0)
    withdrawal = house.pay_out(ada, "300.00")
    key = withdrawal.legs.get().key
    lines = 0
    while lines < 2:
        house.read()
        lines = StatementLine.objects.count()
    found = only_break()
    assert found.kind == Break.Kind.RETURNED
    assert found.line is not None
    assert found.line.end_to_end_id == key
    assert unallocated() == eur("300.00")

    explain_break(Act.system(), found, cause="Account closed", entry="back_to_wallet")

    assert wallet(ada) == eur("5000.00")
    assert unallocated() == eur("0.00")
    assert verify() == []


def test_bad_files_change_nothing(house: House) -> None:
    house.receive("5.00")
    house.read()
    file = StatementFile.objects.get()
    other = add_bank_account(
        Act.system(), provider="aegean", name="Second", iban="DE89370400440532013000",
        currency="EUR", entity=make.entity("CY"),
    )  # fmt: skip
    before = (Record.objects.count(), StatementLine.objects.count(), StoredFile.objects.count())
    whole = read(file.stored)
    for content, problem in [
        (b"", Unreadable), (b"<a/>", Unreadable), (b"hello", Unreadable),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", Unreadable), (whole, AnotherAccount),
    ]:  # fmt: skip
        with pytest.raises(problem):
            read_statement(Act.system(), other, raw=Upload("x.xml", content))
    with pytest.raises(BadAccount):
        add_bank_account(
            Act.system(), provider="aegean", name="Bad", iban="GB00NOTANIBAN", currency="EUR",
            entity=make.entity("CY"),
        )  # fmt: skip
    counts = (Record.objects.count(), StatementLine.objects.count(), StoredFile.objects.count())
    assert counts == before


def test_staff_of_another_entity_see_and_do_nothing_here(house: House) -> None:
    house.receive("5.00")
    house.read()
    found = only_break()
    theirs = make.act_of(make.staff("reconciliation.*", entities=["UK"]))
    make.entity("UK")
    assert not queries.breaks(theirs).exists()
    assert not queries.statements(theirs).exists()
    assert queries.standing(theirs) == []
    with pytest.raises(NotFound):
        find(theirs, Break, found.pk)
    with pytest.raises(Forbidden):
        assign(make.act_of(make.staff("payments.*")), found, owner=make.staff())
    found.refresh_from_db()
    assert found.owner is None


def test_the_ledger_stands_beside_the_bank(house: House, ada: Client) -> None:
    house.pay_out(ada, "300.00")
    house.receive("40.00", debtor_name="Nobody")
    house.read()
    (standing,) = queries.standing(Act.system())
    assert standing.closing == eur("249740.00")
    assert standing.ledger == eur("249740.00")
    assert standing.difference == eur("0.00")
    assert standing.state == ("Agrees, with breaks", "warn")


@pytest.mark.parametrize("stood", ["0.00"])
def test_an_account_with_nothing_on_it_has_a_statement_that_says_so(house: House) -> None:
    house.read()
    (standing,) = queries.standing(Act.system())
    assert (standing.closing, standing.difference) == (eur("0.00"), eur("0.00"))
    assert standing.state == ("Agrees", "ok")


def test_a_bank_that_does_not_answer_is_written_down_once(house: House) -> None:
    house.bank.control("misbehave", what="server_error", times=2)
    assert house.read() is None
    assert "500" in house.account.trouble
    before = Record.objects.count()
    assert house.read() is None
    assert Record.objects.count() == before
    house.read()
    house.account.refresh_from_db()
    assert house.account.trouble == ""


def test_unallocated_money_is_not_given_twice(house: House, ada: Client) -> None:
    house.receive("640.00", debtor_name="Ada Lovelace")
    house.read()
    found = only_break()
    dollars = make.client("SC")
    with pytest.raises((NotForThis, NotEnoughMoney)):
        match_payment(Act.system(), found, withdrawal=house.pay_out(ada, "300.00"))
    assert dollars.pk
    explain_break(Act.system(), found, cause="Interest", entry="house_income")
    with pytest.raises(Exception, match="explained already"):
        explain_break(Act.system(), found, cause="Interest", entry="house_income")
    assert unallocated() == eur("0.00")
