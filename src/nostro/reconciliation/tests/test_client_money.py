"""What is owed to clients beside what is set aside; and providers beside their clearing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from nostro.core.acts import Act, clock_at
from nostro.core.models import Record
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger.operations import Move, post
from nostro.ledger.queries import balance, verify
from nostro.payments.models import Provider
from nostro.payments.operations import set_provider
from nostro.payments.ports import ProviderBalance, ProviderPayout, SettlementLine
from nostro.people.models import Client, LegalEntity
from nostro.reconciliation import queries
from nostro.reconciliation.models import BankAccount, Break, ClientMoneyReport, Payout
from nostro.reconciliation.operations import (
    Batch,
    add_bank_account,
    compare_provider,
    reconcile_client_money,
    record_payouts,
)
from nostro.reconciliation.operations.client_money import NotOver
from nostro.reconciliation.queries.segregation import reproduces
from nostro.reconciliation.reactions import reconcile_yesterday
from nostro.reconciliation.tests.conftest import House
from nostro.trading.models import Platform
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 6, tzinfo=UTC)


def eur(text: str) -> Money:
    return Money.of(f"{text} EUR")


@operation(internal=True)
def move_for_test(act: Act, entity: LegalEntity, *, moves: list[Move], key: str) -> None:
    """Any entry, to set the ledger up."""
    from nostro.payments.events import ProviderSet

    post(act, "set up", *moves, key=key, kind="test", entity_id=entity.pk)
    act.record(ProviderSet("test"), about=entity)


def account_of(entity: LegalEntity) -> BankAccount:
    return add_bank_account(
        Act.system(), provider="aegean", name="Clients", iban="GB33BUKB20201555555555",
        currency="EUR", entity=entity,
    )  # fmt: skip


def with_money(client: Client, amount: str, account: BankAccount) -> None:
    """Money of a client, at the bank."""
    move = Move(eur(amount), account.chart, chart.client_wallet(client.pk))
    move_for_test(Act.system(), account.entity, moves=[move], key=f"money/{client.pk}")


def only(reports: list[ClientMoneyReport]) -> ClientMoneyReport:
    (one,) = reports
    return one


def test_one_clients_debt_never_funds_another(act: Act) -> None:
    with clock_at(NOON):
        ada, eve = make.client("CY"), make.client("CY")
        account = account_of(make.entity("CY"))
        with_money(ada, "100.00", account)
        owed = chart.client_trading(eve.pk, "mt5-live", 7)
        lost = Move(eur("40.00"), owed, chart.house_pnl("b"))
        move_for_test(Act.system(), account.entity, moves=[lost], key="loss")
    with clock_at(MORNING):
        report = only(reconcile_client_money(Act.system(), make.entity("CY"), day=DAY))
    assert report.requirement_money == eur("100.00")
    assert report.difference == eur("0.00")
    assert Platform.objects.count() == 0


def test_credit_on_a_platform_is_no_money_of_the_clients(act: Act) -> None:
    with clock_at(NOON):
        ada = make.client("CY")
        account = account_of(make.entity("CY"))
        with_money(ada, "100.00", account)
        lent = chart.client_credit(ada.pk, "mt5-live", 7)
        given = Move(eur("50.00"), chart.house_bonus(), lent)
        move_for_test(Act.system(), account.entity, moves=[given], key="credit")
    with clock_at(MORNING):
        report = only(reconcile_client_money(Act.system(), make.entity("CY"), day=DAY))
    assert report.requirement_money == eur("100.00")


def test_what_is_with_a_provider_does_not_count_and_the_shortfall_is_a_break(act: Act) -> None:
    with clock_at(NOON):
        ada = make.client("CY")
        account = account_of(make.entity("CY"))
        with_money(ada, "100.00", account)
        make.funded(ada, "60.00 EUR")
    with clock_at(MORNING):
        report = only(reconcile_client_money(Act.system(), make.entity("CY"), day=DAY))
    assert (report.resource_money, report.requirement_money) == (eur("100.00"), eur("160.00"))
    assert report.parts["at_providers"] == "60.00"
    found = Break.objects.get()
    assert (found.kind, found.money) == (Break.Kind.SHORTFALL, eur("-60.00"))
    assert "60.00" in found.cause


def test_a_report_can_be_made_again_and_a_changed_one_is_found_out(act: Act) -> None:
    with clock_at(NOON):
        ada, account = make.client("CY"), account_of(make.entity("CY"))
        with_money(ada, "100.00", account)
    with clock_at(MORNING):
        report = only(reconcile_client_money(Act.system(), make.entity("CY"), day=DAY))
    with clock_at(MORNING + timedelta(days=3)):
        with_money(make.client("CY"), "55.00", account)
    assert reproduces(report), "what happened later does not change it"

    report.resource += Decimal(1)
    assert not reproduces(report)
    report.resource -= Decimal(1)
    report.signature = "00" * 64
    assert not reproduces(report)


def test_a_day_is_reconciled_by_itself_once_and_again_as_a_revision(act: Act) -> None:
    with clock_at(NOON):
        ada, account = make.client("CY"), account_of(make.entity("CY"))
        with_money(ada, "100.00", account)
    with clock_at(MORNING):
        reconcile_yesterday(Act.system())
        reconcile_yesterday(Act.system())
        assert ClientMoneyReport.objects.count() == 1
        reconcile_client_money(Act.system(), make.entity("CY"), day=DAY)
    revisions = ClientMoneyReport.objects.values_list("revision", flat=True)
    assert sorted(revisions) == [1, 2]


def test_a_day_that_is_not_over_is_refused_and_nothing_is_kept(act: Act) -> None:
    with clock_at(NOON):
        with_money(make.client("CY"), "100.00", account_of(make.entity("CY")))
        before = Record.objects.count()
        with pytest.raises(NotOver):
            reconcile_client_money(Act.system(), make.entity("CY"), day=DAY)
        with pytest.raises(Problem):
            reconcile_client_money(Act.system(), make.entity("UK"), day=DAY - timedelta(days=1))
    assert not ClientMoneyReport.objects.exists()
    assert Record.objects.count() == before + 1, "only the legal entity was added"


def test_another_entity_sees_no_report(act: Act) -> None:
    with clock_at(NOON):
        with_money(make.client("CY"), "100.00", account_of(make.entity("CY")))
    with clock_at(MORNING):
        reconcile_client_money(Act.system(), make.entity("CY"), day=DAY)
    make.entity("UK")
    theirs = make.act_of(make.staff("reconciliation.*", entities=["UK"]))
    ours = make.act_of(make.staff("reconciliation.*", entities=["CY"]))
    assert not queries.client_money(theirs).exists()
    assert queries.client_money(ours).count() == 1


def line(gross: str, fee: str, source: str = "pi_1") -> SettlementLine:
    net = eur(gross) - eur(fee)
    return SettlementLine(f"txn_{source}", "charge", source, eur(gross), eur(fee), net, NOON)


def batch(net: str, *lines: SettlementLine, reference: str = "po_12345678") -> Batch:
    return Batch(ProviderPayout(reference, eur(net), DAY, "paid"), lines)


def test_a_payout_is_found_at_the_bank_with_its_fees_and_empties_the_clearing(
    house: House, ada: Client
) -> None:
    cardwell = Provider.objects.get(slug="cardwell")
    paid = batch("4855.00", line("5000.00", "145.00"))
    house.receive("4855.00", debtor_name="Cardwell", remittance="PAYOUT po_12345678")
    house.read()
    assert balance(chart.unallocated(), "EUR") == eur("4855.00"), "not known yet"

    record_payouts(Act.system(), cardwell, batches=[paid])
    record_payouts(Act.system(), cardwell, batches=[paid])

    assert Payout.objects.get().arrived_at is not None
    assert balance(chart.unallocated(), "EUR") == eur("0.00")
    assert balance(chart.provider_clearing("cardwell"), "EUR") == eur("0.00")
    assert balance(chart.provider_fees("cardwell"), "EUR") == eur("-145.00")
    assert not Break.objects.filter(status=Break.Status.OPEN).exists()
    assert verify() == []


def test_a_payout_whose_lines_do_not_sum_is_a_break_and_matches_nothing(house: House) -> None:
    cardwell = Provider.objects.get(slug="cardwell")
    wrong = batch("4900.00", line("5000.00", "145.00"))
    record_payouts(Act.system(), cardwell, batches=[wrong])
    house.receive("4900.00", debtor_name="Cardwell", remittance="PAYOUT po_12345678")
    house.read()
    assert Payout.objects.get().arrived_at is None
    kinds = Break.objects.filter(status=Break.Status.OPEN).values_list("kind", flat=True)
    assert sorted(kinds) == [Break.Kind.CREDIT, Break.Kind.PAYOUT]


def test_fees_a_provider_will_keep_are_no_difference(act: Act) -> None:
    make.funded(make.client("CY"), "1000.00 EUR")
    settings = {"secret_key": "sk_test_x", "webhook_secret": "whsec_x"}
    cardwell = set_provider(
        act, slug="cardwell", name="Cardwell", kind="stripe", method_slugs=["card"],
        settings=settings, fee_percent=Decimal("2.9"),
    )  # fmt: skip
    held = ProviderBalance((eur("900.00"),), (eur("71.00"),))
    compare_provider(Act.system(), cardwell, held=held)
    (row,) = queries.provider_comparisons(Act.system())
    assert (row.ours, row.fees) == (Decimal(1000), Decimal(29))
    assert row.difference == eur("0.00")
    assert not Break.objects.exists()


def test_a_provider_that_holds_less_is_a_break_until_it_agrees(act: Act) -> None:
    make.funded(make.client("CY"), "1000.00 EUR")
    cardwell = Provider.objects.get(slug="cardwell")
    compare_provider(act, cardwell, held=ProviderBalance((eur("900.00"),), ()))
    found = Break.objects.get()
    assert (found.kind, found.money) == (Break.Kind.PROVIDER, eur("-100.00"))
    compare_provider(Act.system(), cardwell, held=ProviderBalance((eur("1000.00"),), ()))
    found.refresh_from_db()
    assert found.status == Break.Status.EXPLAINED
