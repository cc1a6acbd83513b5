"""What should be so before books are closed: the ledger's own points, and those of rooms above.

A room above puts a callable into `CHECKS`: what waits at a bank or a provider is known there.
A point that is not met does not forbid closing; it has to be named by whoever closes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from django.db import models

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.ledger.models import Alarm, Hold, LedgerAccount, Period, Revaluation, Verification
from nostro.ledger.queries.chart import Line, Moment, chart_of_accounts
from nostro.ledger.queries.exchange import needs_revaluation

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One point: what was looked at, how it stands, and where it is set right."""

    text: str
    state: State = "ok"
    end: str = ""
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Closing:
    """Days that somebody would close: all up to `through`, of one legal entity or of the firm."""

    through: date
    entity_id: int | None = None

    @property
    def over(self) -> datetime:
        """The first moment after the last day."""
        return datetime.combine(self.through + timedelta(days=1), time(), UTC)


CHECKS: list[Callable[[Act, Closing], Iterable[Check]]] = []


def checks(act: Act, closing: Closing) -> list[Check]:
    """Every point of the house, exceptions first."""
    own = [_over(act, closing), _order(closing), _proof(closing), _holds(closing)]
    moment = Moment(closing.over - timedelta(seconds=1), "effective")
    lines = chart_of_accounts.function(act, moment, entity_id=closing.entity_id)
    found = [*own, _sides(lines), *_empty(lines), _revalued(closing)]
    for ask in CHECKS:
        found += ask(act, closing)
    order = {"fail": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda one: order[one.state])


def unmet(found: Sequence[Check]) -> list[Check]:
    return [one for one in found if one.state == "fail"]


def last_closed(entity_id: int | None) -> date | None:
    """The last closed day of a legal entity: its own, or the whole firm's where that is later."""
    rows = Period.objects.filter(reopened_at=None)
    whose = models.Q(entity_id=None)
    if entity_id is not None:
        whose |= models.Q(entity_id=entity_id)
    found: date | None = rows.filter(whose).aggregate(last=models.Max("through"))["last"]
    return found


def _over(act: Act, closing: Closing) -> Check:
    text = f"{closing.through:%-d %B %Y} is over"
    if closing.through >= act.at.date():
        return Check(text, "fail", note="A day can be closed once it is over.")
    return Check(text)


def _order(closing: Closing) -> Check:
    last = last_closed(closing.entity_id)
    if last is None:
        return Check("Nothing was closed before")
    text = f"The books are closed to {last:%-d %B %Y}"
    if last >= closing.through:
        return Check(text, "fail", note="Choose a later day: these are closed already.")
    return Check(text)


def _proof(closing: Closing) -> Check:
    """What was found broken stays so until a person has said why: a later proof of what has come
    since sees only that, and says nothing of what lies before.
    """
    text, url = "The ledger’s invariants hold", "/staff/ledger/chart/"
    alarm = Alarm.objects.filter(status=Alarm.Status.OPEN).first()
    if alarm is not None:
        note = str(alarm.flaws[0])[:160] if alarm.flaws else ""
        return Check(text, "fail", f"{alarm} is open", note, "/staff/ledger/alarms/")
    proofs = Verification.objects.order_by("-at")
    newest, whole = proofs.first(), proofs.filter(whole=True).first()
    if newest is not None and newest.flaws:
        return Check(text, "fail", f"{len(newest.flaws)} broken", str(newest.flaws[0])[:160], url)
    if whole is None:
        return Check(text, "warn", note="The whole ledger was not proved yet.", url=url)
    if whole.at < closing.over:
        note = "The last proof of the whole ledger is older than the end of this period."
        return Check(text, "warn", note=note, url=url)
    return Check(text, end=f"{whole.entries:,} entries")


def _holds(closing: Closing) -> Check:
    ended = Hold.objects.filter(pending=models.OuterRef("pk"))
    rows = Hold.objects.filter(~models.Exists(ended), state=Hold.State.PENDING)
    rows = rows.filter(entry__recorded_at__lt=closing.over)
    if closing.entity_id is not None:
        rows = rows.filter(entry__entity_id=closing.entity_id)
    count = rows.count()
    text = "No hold is older than the end of the period"
    if not count:
        return Check(text)
    return Check(text, "fail", f"{count} open", "Carry them out or release them.",
                 "/staff/ledger/holds/")  # fmt: skip


def _sides(lines: Sequence[Line]) -> Check:
    sums: dict[str, Money] = {}
    for one in lines:
        sums[one.asset] = sums.get(one.asset, Money.zero(one.asset)) + one.balance
    off = [str(money) for money in sums.values() if money]
    text = "Debits equal credits in every currency"
    return Check(text, "fail", ", ".join(off)) if off else Check(text, end=", ".join(sums))


def _empty(lines: Sequence[Line]) -> list[Check]:
    """Accounts on which nothing should stand when a day is over."""
    return [
        _stands(lines, "Nothing is on its way to a platform", "transit/"),
        _stands(lines, "Nothing is on its way between banks", "bank/in-transit"),
        _stands(lines, "Every receipt has an owner", "unallocated"),
    ]


def _stands(lines: Sequence[Line], text: str, path: str) -> Check:
    left = [one for one in lines if one.path.startswith(path) and one.balance]
    if not left:
        return Check(text)
    end = ", ".join(str(one.balance) for one in left[:3])
    url = f"/staff/ledger/accounts/{left[0].id}/statement/"
    return Check(text, "fail", end, "Settle it, or name it when you close.", url)


def _revalued(closing: Closing) -> Check:
    text = f"Exchange positions are valued at {closing.through:%-d %B %Y}"
    if Revaluation.objects.filter(day=closing.through).exists():
        return Check(text)
    if not needs_revaluation(closing.through):
        has_any = LedgerAccount.objects.filter(path__startswith="fx_position/").exists()
        return Check(text, end="valued on a later day" if has_any else "there are none")
    return Check(text, "fail", note="Revalue the last day first.", url="/staff/ledger/exchange/")
