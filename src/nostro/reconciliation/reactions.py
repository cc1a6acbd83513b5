"""What reconciliation does by the clock: statements, payouts and balances fetched and compared."""

import logging
from datetime import UTC, timedelta

from nostro.core.acts import Act
from nostro.core.files import Upload
from nostro.core.jobs import every
from nostro.core.shelves import NotConfigured
from nostro.kit.problems import Problem
from nostro.kit.vendors import VendorTrouble
from nostro.ledger.models import LedgerAccount
from nostro.payments.models import Provider
from nostro.payments.ports import BANKS, PROVIDERS
from nostro.people.models import LegalEntity
from nostro.reconciliation import operations as reconciliation
from nostro.reconciliation.models import BankAccount, ClientMoneyReport, Payout, StatementFile
from nostro.reconciliation.queries.readings import said_before

log = logging.getLogger("nostro.reconciliation")
LOOK_BACK = timedelta(days=7)


@every("*/5 * * * *")
def fetch_statements(act: Act) -> None:
    """Ask each bank for what it has booked since its last proven statement."""
    for account in BankAccount.objects.order_by("pk"):
        fetch_statement(Act.system(door="schedule"), account)


def fetch_statement(act: Act, account: BankAccount) -> StatementFile | None:
    """One account's statement, read where it says something new."""
    newest = StatementFile.objects.filter(account=account, proves=True).order_by("-closing_date")
    last = newest.values_list("closing_date", flat=True).first()
    today = act.at.astimezone(UTC).date()
    first = min(last or (account.added_at - LOOK_BACK).astimezone(UTC).date(), today)
    try:
        content = BANKS.take(account.provider).statements(account.iban, first, today)
        if said_before(account, content):
            if account.trouble:
                reconciliation.bank_troubled(act, account, trouble="")
            return None
        name = f"{account.iban}-{today:%Y%m%d}.xml"
        return reconciliation.read_statement(act, account, raw=Upload(name, content))
    except (VendorTrouble, Problem) as trouble:
        if str(trouble)[:200] != account.trouble:
            reconciliation.bank_troubled(act, account, trouble=str(trouble))
        return None


@every("*/15 * * * *")
def fetch_payouts(act: Act) -> None:
    """Ask each payment provider which batches it has paid out to the bank."""
    for provider in Provider.objects.filter(kind__in=PROVIDERS.kinds()):
        try:
            record_new_payouts(Act.system(door="schedule"), provider)
        except (VendorTrouble, NotConfigured) as trouble:
            log.warning("payouts of %s wait: %s", provider.slug, trouble)


def record_new_payouts(act: Act, provider: Provider) -> list[Payout]:
    port = PROVIDERS.take(provider.slug)
    told = port.payouts(since=act.at - 2 * LOOK_BACK, until=act.at)
    references = [one.reference for one in told]
    known = Payout.objects.filter(provider=provider.slug, reference__in=references)
    seen = set(known.values_list("reference", flat=True))
    batches = [
        reconciliation.Batch(one, tuple(port.payout_lines(one.reference)))
        for one in told
        if one.reference not in seen
    ]
    return reconciliation.record_payouts(act, provider, batches=batches) if batches else []


@every("10 2 * * *")
def compare_providers(act: Act) -> None:
    """Each day: what each provider says it holds for us beside its clearing account."""
    for provider in Provider.objects.filter(kind__in=PROVIDERS.kinds()):
        try:
            held = PROVIDERS.take(provider.slug).balance()
        except (VendorTrouble, NotConfigured) as trouble:
            log.warning("the balance of %s waits: %s", provider.slug, trouble)
            continue
        reconciliation.compare_provider(Act.system(door="schedule"), provider, held=held)


@every("20 6 * * *")
def chase_sent_payments(act: Act) -> None:
    """Each morning: payments that were sent and that no statement shows."""
    for account in BankAccount.objects.order_by("pk"):
        reconciliation.chase_payments(Act.system(door="schedule"), account)


@every("0 6 * * *")
def reconcile_yesterday(act: Act) -> None:
    """Each morning: client money as at the close of the day before, once an entity."""
    if not LedgerAccount.objects.filter(of_clients=True).exists():
        return
    day = act.at.astimezone(UTC).date() - timedelta(days=1)
    done = ClientMoneyReport.objects.filter(day_date=day).values("entity")
    for entity in LegalEntity.objects.exclude(pk__in=done):
        try:
            reconciliation.reconcile_client_money(Act.system(door="schedule"), entity, day=day)
        except Problem as nothing:
            log.info("%s: %s", entity.code, nothing)
