"""Terms of an account that a dealer changed on the platform by hand: written down, then taken over
or sent again by a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.trading import queries
from nostro.trading.events import TermsAsked, TermsDiffered, TermsRefused, TermsTaken
from nostro.trading.models import BalanceBreak, Group, Platform, TradingAccount
from nostro.trading.operations.accounts import (
    NotOffered,
    check_kind,
    check_leverage,
    leverage_set,
)
from nostro.trading.operations.breaks import KnownBreak, heal, made_break
from nostro.trading.operations.lifecycle import group_set
from nostro.trading.operations.restrictions import How, restrict_account
from nostro.trading.operations.upkeep import reactivate_account
from nostro.trading.queries.terms import CLOSES, LOOKS, SHUT, TRADES

Kind, Status = BalanceBreak.Kind, TradingAccount.Status

LIFTED_BY: Mapping[str, tuple[str, ...]] = {
    TRADES: (Status.CLOSE_ONLY, Status.READ_ONLY, Status.DISABLED),
    CLOSES: (Status.READ_ONLY, Status.DISABLED, Status.DORMANT),
    LOOKS: (Status.DISABLED,),
    SHUT: (),
}
"""What an account is here, by the platform's rights that would give it more than that."""


@dataclass(frozen=True)
class TermsApart:
    """What is one thing `here` and another `there`."""

    account_id: int
    kind: str
    here: str
    there: str

    @property
    def cause(self) -> str:
        if self.kind == Kind.RIGHTS:
            return (
                f"The account {self.there} on the platform, and here it {self.here}. "
                "Nobody here changed it there."
            )
        what = Kind(self.kind).label.lower()
        return (
            f"The {what} is {self.there} on the platform and {self.here} here. "
            "Nobody here changed it there."
        )


@operation(internal=True, lock=False)
def note_terms(
    act: Act, platform: Platform, *, found: Sequence[TermsApart], agreeing: Sequence[int] = ()
) -> int:
    """Write down terms that differ, each once while it stands, and heal those that agree again
    (`agreeing`, by their ids). Answers how many are new.
    """
    gone = BalanceBreak.objects.select_for_update().filter(pk__in=agreeing, healed_at=None)
    healed = [heal(act, one) for one in gone.order_by("pk")]
    ids = sorted({one.account_id for one in found})
    rows = TradingAccount.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    # Two looks at once wait for each other here, so that one difference is one break.
    accounts = {one.pk: one for one in rows.select_related("platform").order_by("pk")}
    standing = {(one.account_id, one.kind): one for one in queries.terms_breaks(ids)}
    fresh = []
    for one in found:
        known = standing.get((one.account_id, one.kind))
        if known is not None:
            if (known.here, known.there) == (one.here, one.there):
                continue
            healed.append(heal(act, known))
        made = made_break(act, accounts[one.account_id], one.kind, one.cause)
        made.here, made.there = one.here[:200], one.there[:200]
        fresh.append(made)
    if not (healed or fresh):
        raise KnownBreak("All of it stands there already.")
    BalanceBreak.objects.bulk_create(fresh)
    for made in fresh:
        what = Kind(made.kind).label
        event = TermsDiffered(made.account_id, made.pk, what, made.here, made.there)
        act.record(event, about=made.account)
    return len(fresh)


def _standing(row: BalanceBreak) -> TradingAccount:
    if row.kind not in BalanceBreak.TERMS or row.healed_at is not None:
        raise WrongState(f"{row} is no difference of group, leverage or rights that stands.")
    rows = TradingAccount.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("platform", "client", "entity", "group").get(pk=row.account_id)


@operation(title="Take the platform's", verb="Take it", icon="download")
def take_terms(act: Act, balance_break: BalanceBreak) -> BalanceBreak:
    """Let it be here as it is on the platform. What our own rules forbid cannot be taken."""
    account = _standing(balance_break)
    if balance_break.kind == Kind.GROUP:
        group_set(act, account, group=_group(account, balance_break.there))
    elif balance_break.kind == Kind.LEVERAGE:
        leverage = int(balance_break.there.removeprefix("1:"))
        check_leverage(leverage, queries.leverage_cap(account, account.account_type))
        leverage_set(act, account, leverage=leverage)
    else:
        _take_rights(act, account, balance_break.there)
    event = TermsTaken(
        account.pk, Kind(balance_break.kind).label.lower(), balance_break.here, balance_break.there
    )
    act.record(event, about=account)
    return heal(act, balance_break)


def _group(account: TradingAccount, path: str) -> Group:
    group = Group.objects.filter(platform=account.platform, path=path).first()
    if group is None:
        raise Problem(f"{path} is no group that we know: add it first, or send ours again.")
    check_kind(account, group)
    if (group.entity_id, group.currency) != (account.entity_id, account.currency):
        raise NotOffered(
            f"{group} is no {account.currency} group of {account.entity}: send ours again."
        )
    return group


def _take_rights(act: Act, account: TradingAccount, there: str) -> None:
    if account.status == Status.CLOSED:
        raise WrongState(f"{account} is closed here: send ours again, or open it again first.")
    if account.status in LIFTED_BY[there]:
        # Who takes terms need not be who may lift a restriction, nor asked by two.
        said = account.status_label.lower()
        raise WrongState(f"{account} is {said} here: lift that first, or send ours again.")
    if there != TRADES:
        how: Mapping[str, How] = {CLOSES: "close_only", LOOKS: "read_only", SHUT: "disabled"}
        restrict_account(act, account, reason="So on the platform.", how=how[there])
    elif account.status == Status.DORMANT:
        reactivate_account(act, account)
    else:
        raise WrongState(f"{account} may trade here too.")


@operation(title="Send ours again", verb="Send", icon="send")
def send_terms(act: Act, balance_break: BalanceBreak) -> BalanceBreak:
    """Ask the platform to have it as it is here. The break heals once it does."""
    account = _standing(balance_break)
    what = Kind(balance_break.kind).label.lower()
    event = TermsAsked(account.pk, balance_break.pk, what, balance_break.here)
    act.record(event, about=account)
    return balance_break


@operation(internal=True)
def terms_refused(act: Act, balance_break: BalanceBreak, *, reason: str) -> BalanceBreak:
    """The platform would not have it as it is here."""
    row = balance_break
    about = TermsApart(row.account_id, row.kind, row.here, row.there).cause
    row.cause = f"{about} It refuses ours: {reason}"
    row.save(update_fields=["cause"])
    what = Kind(row.kind).label.lower()
    act.record(TermsRefused(row.account_id, row.pk, what, reason[:200]), about=row.account)
    return row
