"""What trading does after something happened: accounts opened, changed and looked up first."""

import logging

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.models import Record
from nostro.kit.problems import Problem
from nostro.kit.vendors import Refused, VendorTrouble
from nostro.people.events import ClientActivated, LevelSet
from nostro.people.models import Client
from nostro.trading import foresight as foresight  # bulk changes hear of our checks through it
from nostro.trading import operations as trading
from nostro.trading import queries, sync
from nostro.trading import rates as rates  # the ledger hears of our prices through it
from nostro.trading import undoing as undoing  # and of what sets accounts back
from nostro.trading.decisions import ARCHIVE
from nostro.trading.events import (
    AccountClosed,
    AccountDecided,
    AccountReactivated,
    AccountReopened,
    AccountRestricted,
    ArchiveAsked,
    DormancyFeeAsked,
    DormancyStarted,
    GroupAsked,
    LeverageAsked,
    MigrationAsked,
    PasswordsAsked,
    PlatformAdded,
    RestrictionLifted,
    SleepResumed,
    SwapFreeFeeAsked,
)
from nostro.trading.models import Group, LeverageRequest, Platform, TradingAccount
from nostro.trading.operations.accounts import EnoughAccounts
from nostro.trading.operations.archive import archive_asked
from nostro.trading.passwords import new_password
from nostro.trading.ports import (
    NOT_OFFERED,
    PLATFORMS,
    AccountChange,
    AccountRequest,
    BalanceKind,
    PasswordKind,
    Right,
)
from nostro.trading.queries.terms import can_look, right_here
from nostro.trading.reactions.booking import book_there
from nostro.trading.sending import once

log = logging.getLogger("nostro.trading")
Status = TradingAccount.Status


type RightsChanged = (
    AccountRestricted
    | RestrictionLifted
    | SleepResumed
    | AccountClosed
    | DormancyStarted
    | AccountReactivated
    | MigrationAsked
)


def _account(pk: int) -> TradingAccount:
    rows = TradingAccount.objects.select_related("client", "platform", "group")
    return rows.get(pk=pk)


@on(ClientActivated, LevelSet)
def open_first_account(act: Act, event: ClientActivated | LevelSet, key: str) -> None:
    """The account a client chose at registration is asked for as soon as they may have it."""
    record = Record.objects.filter(pk=act.cause or 0).values("subject_id")
    client = Client.objects.select_related("entity").get(pk__in=record)
    ready = client.status == Client.Status.ACTIVE and client.account_type
    if not ready or client.trading_accounts.filter(practice=False).exists():
        return
    if not Group.objects.filter(**Group.FOLLOWED, practice=False).exists():
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
        group = account.group.path
        done = once(
            act, account.platform, account.key,
            lambda: platform.find_account(account.key, group=group),
            lambda: platform.open_account(request, key=account.key),
        )  # fmt: skip
        login = done.number
        if done.found:
            platform.set_password(login, main, PasswordKind.MAIN)
            platform.set_password(login, investor, PasswordKind.INVESTOR)
        platform.give_sign_in(login, email=client.email, password=main)
    except Refused as no:
        trading.account_failed(act, account, reason=no.reason)
        return
    looks = investor if can_look(account) else ""
    trading.account_opened(act, account, login=login, main=main, investor=looks)


@on(PasswordsAsked)
def set_passwords(act: Act, event: PasswordsAsked, key: str) -> None:
    """New passwords on the platform, then behind a link. Setting them again is harmless."""
    account = _account(event.account_id)
    if account.login is None:
        return
    platform = PLATFORMS.take(account.platform.slug)
    main, investor = new_password(), new_password()
    try:
        platform.set_password(account.login, main, PasswordKind.MAIN)
    except Refused as no:
        trading.passwords_refused(act, account, reason=no.reason)
        return
    refused = ""
    if not can_look(account):
        investor = ""
    else:
        try:
            platform.set_password(account.login, investor, PasswordKind.INVESTOR)
        except Refused as no:
            investor, refused = "", no.reason or "No reason was given."
    trading.passwords_set(act, account, main=main, investor=investor, refused=refused)


@on(LeverageAsked)
def set_leverage(act: Act, event: LeverageAsked, key: str) -> None:
    account = _account(event.account_id)
    if account.login is None:
        return
    if account.leverage == event.leverage:
        # It came to that in another way: whoever wished for it has it.
        sent = LeverageRequest.Status.SENT
        if account.leverage_requests.filter(status=sent, leverage=event.leverage).exists():
            trading.leverage_set(act, account, leverage=event.leverage)
        return
    platform = PLATFORMS.take(account.platform.slug)
    try:
        platform.change_account(account.login, AccountChange(leverage=event.leverage))
    except Refused as no:
        trading.leverage_refused(act, account, reason=no.reason, leverage=event.leverage)
        return
    trading.leverage_set(act, account, leverage=event.leverage)


@on(
    AccountRestricted, RestrictionLifted, SleepResumed, AccountClosed, DormancyStarted,
    AccountReactivated, MigrationAsked,
)  # fmt: skip
def set_rights(act: Act, event: RightsChanged, key: str) -> None:
    """What the account may do on the platform follows its state now, whatever came between."""
    _set_rights(act, _account(event.account_id), asked=True)


def _set_rights(act: Act, account: TradingAccount, *, asked: bool = False) -> None:
    """Setting them again is harmless. What is refused is kept on the account, for people to see,
    and said to whoever asked.
    """
    if account.login is None:
        return
    change = AccountChange(
        trading=right_here(account),
        enabled=account.status not in (Status.CLOSED, Status.DISABLED),
    )
    try:
        PLATFORMS.take(account.platform.slug).change_account(account.login, change)
    except Refused as no:
        if asked or no.reason[:200] != account.rights_refused:
            trading.rights_refused(act, account, reason=no.reason)
        return
    if account.rights_refused:
        trading.rights_set(act, account)
    else:
        trading.note_rights(act, account)


@every("17 * * * *")
def ask_rights_again(act: Act) -> None:
    """What a platform once refused may be granted by now: its manager got the right, say."""
    for account in queries.rights_differ().select_related("client", "platform", "group"):
        once = Act.system(door="schedule", key=f"rights/{account.pk}/{act.at:%Y-%m-%dT%H}")
        try:
            _set_rights(once, account)
        except VendorTrouble as trouble:
            log.info("%s is asked again in an hour: %s", account.pk, trouble)


@on(ArchiveAsked)
def archive_there(act: Act, event: ArchiveAsked, key: str) -> None:
    """Put it into the platform's archive. Doing it again is harmless."""
    account = _account(event.account_id)
    if account.login is None or account.status != Status.CLOSED or account.archived_at:
        return
    try:
        PLATFORMS.take(account.platform.slug).archive_account(account.login)
    except Refused as no:
        trading.archiving_refused(act, account, reason=no.reason)
        return
    trading.account_archived(act, account)


@on(AccountReopened)
def bring_back(act: Act, event: AccountReopened, key: str) -> None:
    """Out of the archive, if it may be in one, and then with the rights of an open account."""
    account = _account(event.account_id)
    if account.login is None or account.status != Status.OPEN:
        return
    platform, there = PLATFORMS.take(account.platform.slug), account.archived_at is None
    try:
        try:
            platform.restore_account(account.login)
        except Refused as no:
            if no.code != NOT_OFFERED:
                raise
        there = True
        platform.change_account(account.login, AccountChange(trading=Right.FULL, enabled=True))
    except Refused as no:
        trading.reopening_refused(act, account, reason=no.reason, restored=there)
        return
    trading.account_restored(act, account)


@on(GroupAsked)
def set_group(act: Act, event: GroupAsked, key: str) -> None:
    """Move it there. Moving it again is harmless."""
    account = _account(event.account_id)
    group = Group.objects.get(pk=event.group_id)
    if account.login is None or account.group_id == group.pk:
        return
    change = AccountChange(group=group.path, leverage=event.leverage)
    try:
        PLATFORMS.take(account.platform.slug).change_account(account.login, change)
    except Refused as no:
        trading.group_refused(act, account, reason=no.reason)
        return
    trading.group_set(act, account, group=group, leverage=event.leverage)


@on(DormancyFeeAsked, SwapFreeFeeAsked)
def charge_fee(act: Act, event: DormancyFeeAsked | SwapFreeFeeAsked, key: str) -> None:
    """Take the fee on the platform; where there is less by now, nothing is taken."""
    account = _account(event.account_id)
    dormant = isinstance(event, DormancyFeeAsked)
    why = "kept while dormant" if dormant else "held overnight without swaps"
    book_there(act, account, -event.money, BalanceKind.CHARGE, event.reference, why)


@every("*/5 * * * *")
def end_expired_swap_free(act: Act) -> None:
    """Swap-free trading with an end ends by itself; a platform that refuses is asked daily."""
    due = TradingAccount.objects.filter(swap_free_until__lte=act.at, group__swap_free=True)
    for account in due.select_related("group"):
        once = Act.system(door="schedule", key=f"swap-free/{account.pk}/{act.at:%Y-%m-%d}")
        try:
            trading.end_swap_free(once, account, reason="The time it was given for is over.")
        except Problem as refusal:
            log.info("%s keeps its swap-free group: %s", account.pk, refusal)


@every("11 3 * * *")
def archive_closed(act: Act) -> None:
    """Closed accounts whose time has come; a platform that refuses is asked again next month."""
    rule = queries.in_force(ARCHIVE)
    for account in queries.unarchived().iterator(chunk_size=1000):
        days = (act.at - account.status_at).days
        if not rule(archive_asked(account, days)).archive:
            continue
        once = Act.system(door="schedule", key=f"archive/{account.pk}/{act.at:%Y-%m}")
        try:
            trading.settle_closed(once, account, closed_days=days)
        except Problem as refusal:
            log.info("%s is not archived: %s", account.pk, refusal)


@every("23 2 * * *")
def derive_every_balance(act: Act) -> None:
    """Once a night every balance is derived from the platform's whole history."""
    for platform in Platform.objects.filter(trouble_since=None, left_at=None):
        if not queries.whole_history(platform):
            continue
        try:
            night = Act.system(door="schedule")
            sync.recheck(night, platform, since=sync.EARLIEST, line=sync.LINE)
        except VendorTrouble as trouble:
            trading.platform_troubled(Act.system(door="schedule"), platform, trouble=str(trouble))
