"""What trading does after something happened: accounts opened, changed and looked up first."""

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.models import Record
from nostro.kit.vendors import Refused, VendorTrouble
from nostro.people.events import ClientActivated, LevelSet
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import rates as rates  # the ledger hears of our prices through it
from nostro.trading import sync
from nostro.trading.events import (
    AccountClosed,
    AccountDecided,
    AccountRestricted,
    LeverageAsked,
    PasswordsAsked,
    PlatformAdded,
    RestrictionLifted,
)
from nostro.trading.models import Group, Platform, TradingAccount
from nostro.trading.operations.accounts import EnoughAccounts
from nostro.trading.passwords import new_password
from nostro.trading.ports import PLATFORMS, AccountChange, AccountRequest, PasswordKind

Status = TradingAccount.Status


def _account(pk: int) -> TradingAccount:
    rows = TradingAccount.objects.select_related("client", "platform", "group")
    return rows.get(pk=pk)


@on(ClientActivated, LevelSet)
def open_first_account(act: Act, event: ClientActivated | LevelSet, key: str) -> None:
    """The account a client chose at registration is asked for as soon as they may have it."""
    record = Record.objects.filter(pk=act.cause or 0).values("subject_id")
    client = Client.objects.select_related("entity").get(pk__in=record)
    ready = client.status == Client.Status.ACTIVE and client.account_type
    if not ready or client.trading_accounts.exists():
        return
    if not Group.objects.filter(platform__live=True).exists():
        return
    try:
        trading.request_account(
            act, client, account_type=client.account_type, currency=client.base_currency
        )
    except EnoughAccounts:
        return


@on(PlatformAdded)
def read_new_platform(act: Act, event: PlatformAdded, key: str) -> None:
    """Symbols and groups are known before anybody asks for an account."""
    sync.read_catalogue(act, Platform.objects.get(slug=event.slug))


@on(AccountDecided)
def open_on_platform(act: Act, event: AccountDecided, key: str) -> None:
    """Open it there, unless an earlier try did: that one is found by its key."""
    account = _account(event.account_id)
    if account.status != Status.OPENING or account.group is None or account.leverage is None:
        return
    platform = PLATFORMS.take(account.platform.slug)
    main, investor = new_password(), new_password()
    client = account.client
    request = AccountRequest(
        group=account.group.path, leverage=account.leverage, name=client.name, password=main,
        investor_password=investor, client_code=client.number, email=client.email,
        phone=client.phone, country=client.country,
    )  # fmt: skip
    try:
        login = platform.find_account(account.key, group=account.group.path)
        if login is None:
            login = platform.open_account(request, key=account.key)
        else:
            platform.set_password(login, main, PasswordKind.MAIN)
            platform.set_password(login, investor, PasswordKind.INVESTOR)
    except Refused as no:
        trading.account_failed(act, account, reason=no.reason)
        return
    trading.account_opened(act, account, login=login, main=main, investor=investor)


@on(PasswordsAsked)
def set_passwords(act: Act, event: PasswordsAsked, key: str) -> None:
    """New passwords on the platform, then behind a link. Setting them again is harmless."""
    account = _account(event.account_id)
    if account.login is None:
        return
    platform = PLATFORMS.take(account.platform.slug)
    main, investor = new_password(), new_password()
    platform.set_password(account.login, main, PasswordKind.MAIN)
    platform.set_password(account.login, investor, PasswordKind.INVESTOR)
    trading.passwords_set(act, account, main=main, investor=investor)


@on(LeverageAsked)
def set_leverage(act: Act, event: LeverageAsked, key: str) -> None:
    account = _account(event.account_id)
    if account.login is None or account.leverage == event.leverage:
        return
    platform = PLATFORMS.take(account.platform.slug)
    try:
        platform.change_account(account.login, AccountChange(leverage=event.leverage))
    except Refused as no:
        trading.leverage_refused(act, account, reason=no.reason)
        return
    trading.leverage_set(act, account, leverage=event.leverage)


@on(AccountRestricted, RestrictionLifted, AccountClosed)
def set_rights(
    act: Act, event: AccountRestricted | RestrictionLifted | AccountClosed, key: str
) -> None:
    """What the account may do on the platform follows its state now, whatever came between."""
    account = _account(event.account_id)
    if account.login is None:
        return
    change = AccountChange(
        trading=account.status == Status.OPEN, enabled=account.status != Status.CLOSED
    )
    PLATFORMS.take(account.platform.slug).change_account(account.login, change)


@every("* * * * *")
def lift_expired_restrictions(act: Act) -> None:
    """A restriction with an end ends by itself."""
    due = TradingAccount.objects.filter(status=Status.CLOSE_ONLY, restricted_until__lte=act.at)
    for account in due:
        trading.lift_restriction(Act.system(door="schedule"), account)


@every("23 2 * * *")
def derive_every_balance(act: Act) -> None:
    """Once a night every balance is derived from the platform's whole history."""
    for platform in Platform.objects.filter(trouble_since=None):
        try:
            sync.recheck(Act.system(door="schedule"), platform, since=sync.EARLIEST)
        except VendorTrouble as trouble:
            trading.platform_troubled(Act.system(door="schedule"), platform, trouble=str(trouble))
