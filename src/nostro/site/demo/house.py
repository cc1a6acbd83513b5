"""What the demo's colleagues do by the calendar: accounts, statements of partners and of banks."""

from nostro.core.acts import Act
from nostro.partners import operations as partners
from nostro.partners.models import Statement
from nostro.payments.models import Provider
from nostro.payments.ports import PROVIDERS
from nostro.reconciliation import operations as reconciliation
from nostro.reconciliation.reactions import fetch_statements, record_new_payouts
from nostro.site.demo.firm import Cast
from nostro.site.demo.outside import ACCOUNTS
from nostro.trading import operations as trading
from nostro.trading.models import Group, TradingAccount

OWNERS = {"EUR": "CY", "GBP": "UK", "USD": "SC"}


def add_bank_accounts(cast: Cast) -> None:
    """The accounts of clients' money, one a currency, each of the firm that uses it most."""
    for currency, iban in ACCOUNTS.items():
        reconciliation.add_bank_account(
            Act.system(door="demo"), provider="aegean", name="Client money", iban=iban,
            currency=currency, entity=cast.entities[OWNERS[currency]],
        )  # fmt: skip


def record_payouts() -> None:
    """What the card provider paid out since the last time."""
    for provider in Provider.objects.filter(kind__in=PROVIDERS.kinds()):
        record_new_payouts(Act.system(door="schedule"), provider)


def read_statements() -> None:
    """What the bank has booked since the last statement, matched with what was expected."""
    fetch_statements(Act.system(door="schedule"))


def open_accounts(cast: Cast) -> None:
    """Accounts that the rules left to a person: opened with little leverage."""
    for account in TradingAccount.objects.filter(status=TradingAccount.Status.REQUESTED):
        group = Group.objects.filter(
            entity_id=account.entity_id, currency=account.currency, account_type="standard"
        ).first()
        if group is not None:
            trading.approve_account(cast.act("eleni"), account, group=group, leverage=20)


def pay_partners(cast: Cast) -> None:
    """What was closed is approved, some of it held, and paid to those who said where."""
    due = [Statement.Status.CLOSED, Statement.Status.APPROVED]
    waiting = Statement.objects.filter(status__in=due).select_related("partner")
    for statement in waiting.exclude(partner__bank_label="").order_by("pk"):
        if statement.status == Statement.Status.CLOSED:
            if statement.pk % 9 == 0:
                partners.hold_statement(
                    cast.act("sofia"), statement, reason="Two of the clients share a device."
                )
                continue
            partners.approve_statement(cast.act("sofia"), statement)
        partners.pay_out(cast.act("grace"), statement)
