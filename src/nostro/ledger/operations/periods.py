"""Closing the books: days that refuse facts, accounts that take none, assets that are new.

A late fact is not lost. It counts on the first open day, and keeps when it was effective.
"""

from datetime import date, timedelta
from typing import Literal

from nostro.core.acts import Act
from nostro.core.approvals import BY_OTHERS
from nostro.core.operations import operation
from nostro.kit.money import Currency
from nostro.kit.problems import Forbidden, Problem
from nostro.ledger.events import (
    AssetAdded,
    LedgerAccountClosed,
    LedgerAccountReopened,
    PeriodBooksClosed,
    PeriodReopened,
)
from nostro.ledger.models import Asset, LedgerAccount, Period
from nostro.ledger.operations.by_hand import ReasonNeeded
from nostro.ledger.operations.posting import PeriodClosed, called
from nostro.ledger.queries import Check, Closing, checks, last_closed, unmet
from nostro.ledger.queries.limits import limits_of

LATE = timedelta(minutes=1)
"""What was posted in a day's last moment has ended by then."""


class TooEarlyToClose(Problem):
    """A day is closed once it is over."""


class LaterPeriodClosed(Problem):
    """Books are opened again from the end: the latest closed period first."""

    status = 409


class OpenPoints(Problem):
    """A point of the checklist is not met, and nobody said why the books are closed anyway."""


@operation(title="Close period", icon="lock", confirm="A second person has to agree.", lock=False)
def close_period(
    act: Act, *, through: date, entity_id: int | None = None, note: str = ""
) -> Period:
    """Close the books up to and with a day, of one legal entity or of the whole firm.

    Points of the checklist that are not met are named in the note; the event keeps them.
    """
    open_points = closable(act, through=through, entity_id=entity_id, note=note)
    pk = called("ledger_close_period", entity_id, through, act.at)
    period = Period.objects.get(pk=pk)
    said = [one.text for one in open_points]
    act.record(PeriodBooksClosed(period.pk, through, note.strip(), said), about=period)
    return period


def closable(
    act: Act, *, through: date, entity_id: int | None = None, note: str = ""
) -> list[Check]:
    """The points that are not met, or a refusal: asked of the proposal, and again at its end."""
    if through >= (act.at - LATE).date():
        raise TooEarlyToClose("A day can be closed once it is over by a minute.", field="through")
    own_books(act, entity_id)
    last = last_closed(entity_id)
    if last is not None and through <= last:
        raise PeriodClosed(f"The books are closed to {last:%-d %B %Y} already.", field="through")
    open_points = unmet(checks(act, Closing(through, entity_id)))
    if open_points and not note.strip() and act.actor.kind != "system":
        said = "; ".join(f"{one.text} ({one.end})" if one.end else one.text for one in open_points)
        raise OpenPoints(
            f"Not so yet: {said}. Name in the note why the books are closed.", field="note"
        )
    return open_points


def own_books(act: Act, entity_id: int | None) -> None:
    """Refuse whoever works for some legal entities and means the books of others."""
    entities = limits_of(act).entities
    if entities is not None and entity_id not in entities:
        raise Forbidden("You close the books of your own legal entities only.")


@operation(title="Reopen", icon="lock-open", tone="refuse", lock=False)
def reopen_period(act: Act, period: Period, *, reason: str) -> Period:
    """Open the latest closed period again."""
    if not reason.strip():
        raise ReasonNeeded("Say why the books are opened again.", field="reason")
    own_books(act, period.entity_id)
    if period.reopened_at is not None:
        raise PeriodClosed("This period is open already.")
    same = Period.objects.filter(entity_id=period.entity_id, reopened_at=None)
    if same.filter(through__gt=period.through).exists():
        raise LaterPeriodClosed("A later period is closed. Open that one first.")
    called("ledger_reopen_period", period.pk, act.at)
    period.refresh_from_db()
    act.record(PeriodReopened(period.pk, period.through, reason.strip()), about=period)
    return period


BY_OTHERS |= {close_period.name, reopen_period.name}


@operation(
    title="Close account", icon="lock", lock=False, confirm="It can be opened again with a reason."
)
def close_account(act: Act, account: LedgerAccount) -> LedgerAccount:
    """Close an account on which nothing stands. Nothing is posted to it any more."""
    called("ledger_close_account", account.pk, act.at)
    account.refresh_from_db()
    act.record(LedgerAccountClosed(account.path), about=account)
    return account


@operation(title="Reopen account", icon="lock-open", lock=False)
def reopen_account(act: Act, account: LedgerAccount, *, reason: str) -> LedgerAccount:
    """Open a closed account again."""
    if not reason.strip():
        raise ReasonNeeded("Say why this account is opened again.", field="reason")
    called("ledger_reopen_account", account.pk)
    account.refresh_from_db()
    act.record(LedgerAccountReopened(account.path, reason.strip()), about=account)
    return account


@operation(title="Add asset", icon="coin", lock=False)
def add_asset(act: Act, *, code: str, kind: Literal["fiat", "crypto"]) -> str:
    """Let the ledger keep another currency or coin. Its scale never changes."""
    currency = Currency(code)
    if Asset.objects.filter(code=code).exists():
        raise Problem(f"The ledger keeps {code} already.", field="code")
    called("ledger_add_asset", code, currency.scale, kind)
    act.record(AssetAdded(code, currency.scale), about=None)
    return code
