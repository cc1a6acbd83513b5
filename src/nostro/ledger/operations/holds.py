"""Money set aside without moving: carried out in part or whole, released, or expired.

A hold counts against its account at once, so holds together never pass what is there.
"""

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from nostro.core.acts import Act, frame
from nostro.core.approvals import BY_OTHERS
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger.events import HoldCarriedOut, HoldReleased, MoneyHeld
from nostro.ledger.models import Entry, Hold, LedgerAccount
from nostro.ledger.operations.by_hand import NotByHand, ReasonNeeded, agreed, by_hand, entity_of
from nostro.ledger.operations.posting import Accounts, HoldEnded, Move, NoAmount, called
from nostro.ledger.queries.limits import limits_of

SWEPT = 500
"""Holds that one sweep lets go at most; the next one follows a minute later."""


def hold(
    act: Act, text: str, move: Move, *, key: str, kind: str = "hold", scope: str = "",
    entity_id: int | None = None, expires_at: datetime | None = None,
) -> int:  # fmt: skip
    """Set money aside inside the operation in progress; the hold's id."""
    frame()
    accounts = Accounts()
    row = _row(act, text, key, kind, scope, entity_id)
    row |= {"legs": [accounts.leg(move)]}
    accounts.sort([row])
    row |= {"expires_at": expires_at.isoformat() if expires_at else None}
    found: int = called("ledger_hold", json.dumps({"accounts": accounts.rows, "entries": [row]}))
    return found


def post_hold(
    act: Act, hold: Hold, text: str, *, key: str, money: Money | None = None, scope: str = ""
) -> int:
    """Carry a hold out, in part or whole; the rest is free again. The entry's id."""
    units = None
    if money is not None:
        if money.currency != hold.asset_id:
            raise NoAmount(f"This hold is in {hold.asset_id}.", field="money")
        if money.amount <= 0:
            raise NoAmount("An amount to move is above zero.", field="money")
        units = str(money.minor)
    return _end(act, hold, "post", text, key, scope, units)


def void_hold(act: Act, hold: Hold, text: str, *, key: str, scope: str = "") -> int:
    """Release a hold: all of it is free again. The entry's id."""
    return _end(act, hold, "void", text, key, scope, None)


def _end(act: Act, hold: Hold, way: str, text: str, key: str, scope: str, units: str | None) -> int:
    frame()
    kind = "hold carried out" if way == "post" else "hold released"
    row = _row(act, text, key, kind, scope, hold.entry.entity_id)
    row |= {"hold": hold.pk, "way": way, "units": units}
    found: int = called("ledger_end_hold", json.dumps({"entries": [row]}))
    return found


def _row(
    act: Act, text: str, key: str, kind: str, scope: str, entity_id: int | None
) -> dict[str, object]:
    at = act.at.isoformat()
    return {
        "kind": kind, "text": text[:200], "recorded_at": at, "effective_at": at, "key": key,
        "scope": scope, "entity_id": entity_id,
    }  # fmt: skip


@operation(title="Hold", icon="lock", lock=False,
           confirm="Other people have to agree: one, or two where it is much.")  # fmt: skip
def hold_money(
    act: Act, account: LedgerAccount, *, money: Money, to: LedgerAccount, reason: str,
    expires_at: datetime | None = None,
) -> Hold:  # fmt: skip
    """Set money of an account aside for another one. It is not moved yet, nor free.

    What is held can be carried out, so it takes as many people as moving it by hand.
    """
    if act.actor.kind == "staff":
        agreed()
    if not reason.strip():
        raise ReasonNeeded("Say what this is held for.", field="reason")
    if {account.asset_id, to.asset_id} != {str(money.currency)}:
        raise NoAmount(f"Both accounts and the amount are in {account.asset_id}.", field="money")
    if said := by_hand(account) or by_hand(to):
        raise NotByHand(said)
    if expires_at is not None and expires_at <= act.at:
        raise Problem("A hold expires later than now.", field="expires_at")
    move = Move(money, account.in_chart, to.in_chart)
    pk = hold(
        act, reason.strip(), move, key=f"hold/{act.id}", expires_at=expires_at,
        entity_id=entity_of(account, limits_of(act).entities),
    )  # fmt: skip
    made = Hold.objects.get(pk=pk)
    act.record(
        MoneyHeld(made.pk, account.path, money, reason.strip()), about=made,
        client_id=account.client_id,
    )  # fmt: skip
    return made


BY_OTHERS.add(hold_money.name)


@operation(title="Carry out", icon="lock-open", lock=False)
def carry_out_hold(act: Act, hold: Hold, *, money: Money | None = None) -> Entry:
    """Move what was held, in part or whole. What is left is free again."""
    key = f"hold/{hold.pk}/post/{act.id}"
    entry = Entry.objects.get(pk=post_hold(act, hold, hold.entry.text, key=key, money=money))
    moved = money or Money.from_minor(hold.units, hold.asset_id)
    act.record(
        HoldCarriedOut(hold.pk, entry.pk, moved), about=hold, client_id=hold.source.client_id
    )
    return entry


@operation(title="Release", icon="lock-open", tone="refuse", lock=False)
def release_hold(act: Act, hold: Hold, *, reason: str) -> Entry:
    """Let go of what was held. All of it is free again."""
    if not reason.strip():
        raise ReasonNeeded("Say why this is released.", field="reason")
    key = f"hold/{hold.pk}/void/{act.id}"
    entry = Entry.objects.get(pk=void_hold(act, hold, f"Released: {reason.strip()}", key=key))
    act.record(
        HoldReleased(hold.pk, entry.pk, reason.strip()), about=hold,
        client_id=hold.source.client_id,
    )  # fmt: skip
    return entry


@operation(internal=True)
def expire_holds(act: Act, *, ids: list[int]) -> int:
    """Let go of holds whose time is over. Those that ended meanwhile are passed over."""
    rows = Hold.objects.filter(pk__in=ids[:SWEPT], state=Hold.State.PENDING, expires_at__lte=act.at)
    done = 0
    for one in rows.exclude(pk__in=ended()).select_related("entry", "source").order_by("pk"):
        try:
            with transaction.atomic():
                entry = void_hold(act, one, "Expired", key=f"hold/{one.pk}/expired")
        except HoldEnded:  # by somebody else, since we looked: the others still go
            continue
        said = HoldReleased(one.pk, entry, "Its time was over.")
        act.record(said, about=one, client_id=one.source.client_id)
        done += 1
    if not done:
        raise HoldEnded("None of these holds is open any more.")
    return done


def ended() -> Any:
    """The ids of holds that were carried out or released."""
    return Hold.objects.filter(pending__isnull=False).values("pending")
