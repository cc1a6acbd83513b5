"""Group, leverage and rights of accounts: as they should be on their platforms, and which of them
are being changed right now.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from nostro.core.models import Record
from nostro.trading.models import BalanceBreak, Platform, TradingAccount
from nostro.trading.ports import CAN_CLOSE_ONLY, CAN_LOOK, PlatformAccount, Right, can
from nostro.trading.queries.upkeep import OPEN

Kind, Status = BalanceBreak.Kind, TradingAccount.Status
TRADES, CLOSES, LOOKS = "may trade", "may only close trades", "may not trade"
SHUT = "may not sign in"
"""What a platform can tell apart of what an account may do there."""
SAID = {Right.FULL: TRADES, Right.CLOSE_ONLY: CLOSES, Right.NONE: LOOKS}
SHOWS = timedelta(minutes=2)
"""After so long a platform's lists show what it has done."""
LONGEST = timedelta(days=1)
"""After so long nobody asks for a change any more."""
RIGHTS = ("AccountRestricted", "RestrictionLifted", "SleepResumed", "AccountClosed",
          "DormancyStarted", "AccountReactivated", "MigrationAsked", "AccountReopened",
          "PracticeEnded")  # fmt: skip
NOTED = "rights_set_at"
"""Rights that are set as asked for are noted on the account, and are no event."""
ANSWERED = {
    Kind.GROUP: (("GroupAsked",), ("GroupSet", "GroupRefused")),
    Kind.LEVERAGE: (("LeverageAsked", "GroupAsked"),
                    ("LeverageSet", "LeverageRefused", "GroupSet", "GroupRefused")),
    Kind.RIGHTS: (RIGHTS, (NOTED, "AccountRestored", "ReopeningRefused", "RightsRefused")),
}  # fmt: skip
"""Which events ask for a change, and what says what became of it."""

type Place = tuple[int, str]
"""An account, and which of its terms."""
type Apart = tuple[str, str]
"""As it is here, and as it is there."""


def watched(platform: Platform) -> list[int]:
    """The logins of a platform whose terms matter: closed ones too, until they are archived."""
    rows = TradingAccount.objects.filter(platform=platform, login__isnull=False, archived_at=None)
    rows = rows.filter(status__in=[*OPEN, Status.CLOSED])
    return [one for one in rows.order_by("login").values_list("login", flat=True) if one]


def with_terms(platform: Platform, logins: Sequence[int]) -> dict[int, TradingAccount]:
    rows = TradingAccount.objects.filter(platform=platform, login__in=logins)
    found = rows.select_related("group", "platform")
    return {one.login: one for one in found if one.login is not None}


def rights_here(account: TradingAccount) -> str:
    if account.status in (Status.CLOSED, Status.DISABLED):
        return SHUT
    right = right_here(account)
    if right == Right.CLOSE_ONLY and not closes_only(account):
        return LOOKS
    return SAID[right]


def closes_only(account: TradingAccount) -> bool:
    """Whether an account can be let close what is open, and no more, where it is."""
    return can(account.platform.kind, CAN_CLOSE_ONLY)


def can_look(account: TradingAccount) -> bool:
    """Whether there is a password only to look where it is."""
    return can(account.platform.kind, CAN_LOOK)


def right_here(account: TradingAccount) -> Right:
    """What the account may do here, whatever its platform can tell apart."""
    rights = {Status.OPEN: Right.FULL, Status.CLOSE_ONLY: Right.CLOSE_ONLY}
    return rights.get(Status(account.status), Right.NONE)


def rights_there(seen: PlatformAccount) -> str:
    if not seen.enabled:
        return SHUT
    return SAID[seen.trading]


def terms_apart(account: TradingAccount, seen: PlatformAccount) -> dict[str, Apart]:
    """What differs between an account here and there. A right that the platform refused is known,
    and what a closed account is kept under matters to nobody.
    """
    pairs: dict[str, Apart] = {}
    if not account.rights_refused:
        pairs[Kind.RIGHTS] = rights_here(account), rights_there(seen)
    if account.status != Status.CLOSED:
        if account.group is not None:
            pairs[Kind.GROUP] = account.group.path, seen.group
        if account.leverage is not None:
            pairs[Kind.LEVERAGE] = f"1:{account.leverage}", f"1:{seen.leverage}"
    return {kind: (here, there) for kind, (here, there) in pairs.items() if here != there}


def on_its_way(places: Iterable[Place], now: datetime) -> set[Place]:
    """Those of the terms that we are about to change on the platform, or have just changed. One
    look at the newest events of all these accounts, and one at the accounts.
    """
    wanted = set(places)
    ids = {pk for pk, _ in wanted}
    names = {f"trading.{one}" for asks in ANSWERED.values() for some in asks for one in some}
    rows = Record.objects.filter(
        subject_type="trading.tradingaccount", subject_id__in=ids, name__in=names,
        at__gte=now - LONGEST,
    )  # fmt: skip
    newest: dict[tuple[int | None, str], datetime] = {}
    for pk, name, at in rows.order_by("pk").values_list("subject_id", "name", "at"):
        newest[pk, name.removeprefix("trading.")] = at
    noted = TradingAccount.objects.filter(pk__in=ids, rights_set_at__isnull=False)
    newest |= {(pk, NOTED): at for pk, at in noted.values_list("pk", NOTED) if at}
    return {place for place in wanted if _moves(place, newest, now)}


def _moves(place: Place, newest: Mapping[tuple[int | None, str], datetime], now: datetime) -> bool:
    pk, kind = place
    asks, answers = ANSWERED[Kind(kind)]
    asked = max((newest[pk, one] for one in asks if (pk, one) in newest), default=None)
    said = max((newest[pk, one] for one in answers if (pk, one) in newest), default=None)
    if said is not None and now - said < SHOWS:
        return True
    return asked is not None and (said is None or said < asked)


def terms_breaks(account_ids: Iterable[int]) -> QuerySet[BalanceBreak]:
    """Differences of terms that stand on these accounts."""
    rows = BalanceBreak.objects.filter(account__in=set(account_ids), healed_at=None)
    return rows.filter(kind__in=BalanceBreak.TERMS).order_by("pk")
