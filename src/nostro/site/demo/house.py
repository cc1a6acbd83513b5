"""What the demo's colleagues do by the calendar: accounts, statements of partners and of banks."""

from nostro.core.acts import Act, now
from nostro.core.approvals import agree_to_proposal
from nostro.core.files import Upload
from nostro.kit.money import Money
from nostro.ledger import operations as ledger
from nostro.ledger.models import LedgerAccount
from nostro.partners import operations as partners
from nostro.partners.models import Statement
from nostro.payments.models import Provider
from nostro.payments.ports import PROVIDERS
from nostro.reconciliation import operations as reconciliation
from nostro.reconciliation.reactions import fetch_statements, record_new_payouts
from nostro.site.demo import specimens
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


def propose_adjustment(cast: Cast) -> None:
    """Much money is set right by hand: one colleague has agreed, another one is waited for."""
    wallet = (
        LedgerAccount.objects.filter(path__startswith="client/", path__endswith="/wallet")
        .order_by("pk")
        .first()
    )
    if wallet is None:
        return
    money = Money.of(f"1450.00 {wallet.asset_id}")
    paper = specimens.letter(
        "Aegean Bank, Payments",
        [
            f"{now():%d %B %Y}",
            f"Your customer C-{wallet.client_id}",
            f"A transfer of {money} of last week was returned to the",
            "sender by mistake of ours and has been sent to you again",
            "under our own reference AEG-20431-R.",
            "Please credit your customer with the value date of the first.",
        ],
    )
    proposal = ledger.propose_adjustment(
        cast.act("jonas"), wallet, money=money, way="to the account",
        reason="The bank sent the returned transfer again, under a reference of its own.",
        file=Upload("letter.png", paper),
    )  # fmt: skip
    agree_to_proposal(cast.act("grace"), proposal, note="The statement shows AEG-20431-R.")
