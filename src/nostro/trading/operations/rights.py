"""Whether the platform does what an account's state says: kept where it would not."""

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.trading.events import PasswordsRefused, RightsRefused, RightsSet
from nostro.trading.models import TradingAccount


@operation(internal=True)
def rights_refused(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """The platform would not set the rights of this state: what the account may do differs."""
    account.rights_refused = reason[:200] or "No reason was given."
    account.save(update_fields=["rights_refused"])
    event = RightsRefused(
        account.pk, account.platform.name, account.status_label.lower(), account.rights_refused
    )
    act.record(event, about=account)
    return account


@operation(internal=True, lock=False, reading=True)
def note_rights(act: Act, account: TradingAccount) -> None:
    """The platform has set the rights that it was asked for, as it mostly does."""
    TradingAccount.objects.filter(pk=account.pk).update(rights_set_at=act.at)


@operation(internal=True)
def rights_set(act: Act, account: TradingAccount) -> TradingAccount:
    """The platform has set what it had refused before."""
    account.rights_refused, account.rights_set_at = "", act.at
    account.save(update_fields=["rights_refused", "rights_set_at"])
    event = RightsSet(account.pk, account.platform.name, account.status_label.lower())
    act.record(event, about=account)
    return account


@operation(internal=True)
def passwords_refused(act: Act, account: TradingAccount, *, reason: str) -> TradingAccount:
    """The platform would not take new passwords: those of before go on."""
    act.record(PasswordsRefused(account.pk, reason[:200]), about=account)
    return account
