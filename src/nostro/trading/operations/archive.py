"""What becomes of an account after it was closed: its platform archives it when the rules say so,
and it comes back as it was when it is opened again.
"""

from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.people.models import Client
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import ARCHIVE
from nostro.trading.decisions import ArchiveAsked as ArchiveQuestion
from nostro.trading.events import (
    AccountArchived,
    AccountReopened,
    AccountRestored,
    ArchiveAsked,
    ArchiveRefused,
    ReopeningRefused,
)
from nostro.trading.models import TradingAccount
from nostro.trading.operations.accounts import NotYet

Status = TradingAccount.Status


def archive_asked(account: TradingAccount, closed_days: int) -> ArchiveQuestion:
    """The facts that the rule of archiving is asked with."""
    return ArchiveQuestion(
        entity=account.entity.code, platform=account.platform.kind, closed_days=Decimal(closed_days)
    )


@operation(internal=True, reads=("entity", "platform"))
def settle_closed(act: Act, account: TradingAccount, *, closed_days: int) -> TradingAccount:
    """Ask the platform to archive a closed account, where the rules say that it is time.

    What is archived can no longer be read, so the deals that we have must end at nothing first;
    virtual money is left where it is.
    """
    if account.status != Status.CLOSED or account.login is None or account.archived_at:
        raise WrongState(f"{account} is not closed, or archived already.")
    answer = decide(act, ARCHIVE, archive_asked(account, closed_days), about=account)
    if not answer.output.archive:
        raise WrongState(f"{account} stays where it is: {answer.sentence}")
    sums = queries.deals_sums(account.platform, [account.login], act.at)
    left = sums.get((account.login, "balance"))
    if left and not account.practice:
        raise WrongState(f"The deals of {account} do not end at nothing: {account.money(left)}.")
    act.record(ArchiveAsked(account.pk, answer.id), about=account)
    return account


@operation(internal=True)
def account_archived(act: Act, account: TradingAccount) -> TradingAccount:
    """The platform has put it into its archive."""
    account.archived_at = act.at
    account.save(update_fields=["archived_at"])
    act.record(AccountArchived(account.pk), about=account)
    return account


@operation(internal=True)
def archiving_refused(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """The platform would not archive it: it stays closed there, and is asked for again later."""
    act.record(ArchiveRefused(account.pk, reason[:200]), about=account)
    return account


@operation(title="Open it again", verb="Open again", icon="lock-open")
def reopen_account(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """Open a closed account again, under its login. Its platform brings it back if it was archived.

    A new account is opened instead where this one has moved to another platform.
    """
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    if account.status != Status.CLOSED or account.login is None:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    if heir := queries.heir_of(account):
        raise WrongState(f"{account} has moved to {heir}.")
    if account.client.status != Client.Status.ACTIVE:
        raise NotYet("A trading account can be opened once the client is active again.")
    account.move_to(
        Status.OPEN, reason="", restricted_until=None, idle_notice_at=None, sleeps=False
    )
    act.record(AccountReopened(account.pk, whole(reason)), about=account)
    return account


@operation(internal=True)
def account_restored(act: Act, account: TradingAccount) -> TradingAccount:
    """The platform has it again, as it was."""
    account.archived_at = None
    account.save(update_fields=["archived_at"])
    act.record(AccountRestored(account.pk), about=account)
    return account


@operation(internal=True)
def reopening_refused(
    act: Act, account: TradingAccount, *, reason: str, restored: bool = False
) -> TradingAccount:
    """The platform would not let it trade again: it is closed as before. Where it has left the
    archive meanwhile (`restored`), it is watched there, and archived again when the rules say so.
    """
    archived_at = None if restored else account.archived_at
    account.move_to(Status.CLOSED, reason=reason[:200], archived_at=archived_at)
    act.record(ReopeningRefused(account.pk, reason[:200]), about=account)
    return account
