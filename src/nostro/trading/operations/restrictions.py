"""What restricts an account, and what ends that. Each restriction has its own cause, reason and
end, and none weakens or shortens another one: the account is what the strongest of them makes it,
and open again, or asleep as it was before, when the last one has ended.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import whole
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import STANDING
from nostro.trading.events import AccountRestricted, RestrictionLifted, SleepResumed
from nostro.trading.models import Restriction, TradingAccount
from nostro.trading.queries.restrictions import RESTRICTED, standing_asked
from nostro.trading.queries.terms import closes_only

Status, Cause = TradingAccount.Status, Restriction.Cause
How = Literal["close_only", "read_only", "disabled"]
FOREVER = datetime.max.replace(tzinfo=UTC)


class StillInUse(Problem):
    """An account with money or open trades on it."""


@operation(title="Restrict", icon="lock", tone="refuse")
def restrict_account(
    act: Act,
    account: TradingAccount,
    *,
    reason: str,
    how: How = "close_only",
    until: datetime | None = None,
) -> TradingAccount:
    """No new money and no new trades until it is lifted, or until a moment you name.

    Close only lets the client close what is open, read only look, and both take money out; disabled
    shuts the login. MetaTrader has no close-only right: trading is switched off there, so close
    only is refused while trades are open. What restricts the account already stays beside it.
    """
    rows = queries.restrictions_of(account)
    check_restriction(account, act.at, rows, reason=reason, how=how, until=until)
    covered = [
        one for one in rows
        if one.cause == Cause.PERSON
        and _strength(how) >= one.strength and _last(until) >= _last(one.until)
    ]  # fmt: skip
    _end(act, covered)
    restrict(act, account, Cause.PERSON, how, reason, until=until)
    return account


def check_restriction(
    account: TradingAccount, at: datetime, rows: Sequence[Restriction], *, reason: str, how: str,
    until: datetime | None = None,
) -> None:  # fmt: skip
    """What speaks against one more restriction, `rows` being those in force."""
    _check_wish(account, at, reason=reason, how=how, until=until)
    for one in rows:
        stands = one.strength >= _strength(how) and _last(one.until) >= _last(until)
        if one.cause == Cause.PERSON and stands:
            raise WrongState(
                f"{account} is {one.get_how_display().lower()} already, {_until(one)}: {one.reason}"
            )


def _check_wish(
    account: TradingAccount, at: datetime, *, reason: str, how: str, until: datetime | None
) -> None:
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    if until is not None and until <= at:
        raise Problem("That moment has passed.", field="until")
    if account.status not in queries.OPEN:
        account.check_move(how)
    if how == Status.CLOSE_ONLY and not closes_only(account) and account.position_set.exists():
        raise StillInUse(
            f"{account.platform} cannot let an account close and no more: trading would be "
            "switched off, and the open trades would stay. Choose read only if that is meant, or "
            "have them closed first.",
            field="how",
        )


def _strength(how: str) -> int:
    return list(Restriction.How.values).index(how)


def _last(until: datetime | None) -> datetime:
    return until or FOREVER


def _until(row: Restriction) -> str:
    return f"until {row.until:%-d %b %Y %H:%M} UTC" if row.until else "until it is lifted"


def _end(act: Act, rows: Sequence[Restriction]) -> None:
    Restriction.objects.filter(pk__in=[one.pk for one in rows]).update(ended_at=act.at)


def restrict(
    act: Act, account: TradingAccount, cause: str, how: str, reason: str, *,
    until: datetime | None = None, decision: int | None = None,
) -> None:  # fmt: skip
    """Put a restriction on an account, beside those in force."""
    Restriction.objects.create(
        account=account, cause=cause, how=how, reason=whole(reason), until=until,
        decision=decision, placed_at=act.at,
    )  # fmt: skip
    settle(account)
    said = Status(how).label.lower()
    act.record(AccountRestricted(account.pk, whole(reason), said), about=account)


def settle(account: TradingAccount) -> None:
    """Let an account be what the strongest of its restrictions makes it."""
    rows = queries.restrictions_of(account)
    if not rows:
        back = Status.DORMANT if account.sleeps else Status.OPEN
        reason = "Not used for a long time" if account.sleeps else ""
        account.move_to(back, reason=reason, restricted_until=None, sleeps=False)
        return
    top = max(rows, key=lambda one: (one.strength, _last(one.until)))
    facts = {"reason": top.reason, "restricted_until": top.until}
    if top.how != account.status:
        asleep = account.sleeps or account.status == Status.DORMANT
        account.move_to(top.how, **facts, sleeps=asleep)
        return
    account.reason, account.restricted_until = top.reason, top.until
    account.save(update_fields=list(facts))


def eased(act: Act, account: TradingAccount) -> None:
    """Settle an account on which a restriction has ended, and record what it is now."""
    settle(account)
    if account.status == Status.OPEN:
        act.record(RestrictionLifted(account.pk), about=account)
    elif account.status == Status.DORMANT:
        act.record(SleepResumed(account.pk), about=account)
    else:
        said = account.status_label.lower()
        act.record(AccountRestricted(account.pk, account.reason, said), about=account)


@operation(title="Restrict otherwise", verb="Restrict", icon="lock")
def ease_restriction(
    act: Act,
    account: TradingAccount,
    *,
    reason: str,
    how: How = "close_only",
    until: datetime | None = None,
) -> TradingAccount:
    """Let something weaker or shorter hold instead of what people have restricted before.

    It asks for the right to lift a restriction, too. What follows the client's standing stays.
    """
    rows = queries.restrictions_of(account)
    check_easing(act, account, rows, reason=reason, how=how, until=until)
    _end(act, [one for one in rows if one.cause == Cause.PERSON])
    restrict(act, account, Cause.PERSON, how, reason, until=until)
    return account


def check_easing(
    act: Act, account: TradingAccount, rows: Sequence[Restriction], *, reason: str, how: str,
    until: datetime | None = None,
) -> None:  # fmt: skip
    if not act.actor.may(lift_restriction.name):
        raise Forbidden("Your role does not include lifting a restriction.")
    if not any(one.cause == Cause.PERSON for one in rows):
        raise WrongState(f"Nobody has restricted {account}.")
    _check_wish(account, act.at, reason=reason, how=how, until=until)


@operation(title="Allow trades", icon="lock-open", reads=("client",))
def lift_restriction(act: Act, account: TradingAccount) -> TradingAccount:
    """Let the account trade again. What follows the client's standing stays until that changes."""
    check_unmoved(account)
    rows = queries.restrictions_of(account)
    check_lifting(account, rows)
    _end(act, [one for one in rows if one.cause == Cause.PERSON])
    eased(act, account)
    return account


def check_lifting(account: TradingAccount, rows: Sequence[Restriction]) -> None:
    """What keeps people from lifting what restricts an account."""
    if account.status not in RESTRICTED:
        account.check_move(Status.OPEN)
    causes = {one.cause for one in rows}
    if Cause.PERSON in causes or not causes:
        return
    if Cause.CLIENT in causes:
        raise WrongState(
            f"{account} follows {account.client}, who is {account.client.status_label.lower()}: "
            "it trades again once the client is active."
        )
    raise WrongState(f"{account} is being moved to another platform.")


def check_unmoved(account: TradingAccount) -> None:
    """An account whose money is on its way to another one does nothing else meanwhile."""
    heir = queries.heir_of(account)
    if heir is not None:
        raise WrongState(
            f"{account} is being moved to {heir.platform}. Refuse the new account to keep this one."
        )


@operation(internal=True)
def end_expired_restrictions(act: Act, account: TradingAccount) -> TradingAccount:
    """What was to restrict the account until a moment ends after it, and nothing else does."""
    over = [one for one in queries.restrictions_of(account) if _last(one.until) <= act.at]
    if not over or account.status not in RESTRICTED:
        raise WrongState(f"Nothing that restricts {account} is over.")
    _end(act, over)
    eased(act, account)
    return account


@operation(internal=True, reads=("client", "entity"))
def follow_standing(act: Act, account: TradingAccount) -> TradingAccount:
    """Restrict an account as the standing of its client asks for, or end what only that asked."""
    if account.status not in queries.OPEN:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    rows = [one for one in queries.restrictions_of(account) if one.cause == Cause.CLIENT]
    how, decision = "none", None
    if asked := standing_asked(account):
        answer = decide(act, STANDING, asked, about=account)
        how, decision = answer.output.how, answer.id
    if how == next((one.how for one in rows), "none"):
        raise WrongState(f"{account} follows {account.client} already.")
    _end(act, rows)
    if how == "none":
        eased(act, account)
    else:
        reason = f"{account.client} is {account.client.status_label.lower()}"
        restrict(act, account, Cause.CLIENT, how, reason, decision=decision)
    return account


@operation(internal=True)
def keep_account(act: Act, account: TradingAccount) -> TradingAccount:
    """It does not move to another platform after all: what only the move restricted ends."""
    _end(act, [one for one in queries.restrictions_of(account) if one.cause == Cause.MOVE])
    eased(act, account)
    return account


def moves(account: TradingAccount) -> bool:
    """Whether its move to another platform restricts an account."""
    return any(one.cause == Cause.MOVE for one in queries.restrictions_of(account))


def end_all(act: Act, account: TradingAccount) -> None:
    """An account that is closed is restricted by nothing else."""
    _end(act, queries.restrictions_of(account))
