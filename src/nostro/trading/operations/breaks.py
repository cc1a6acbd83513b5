"""Figures that should be one and are two: found by recomputing, explained by a person, healed when
they agree again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Min

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.trading.events import BalanceBreakFound, BreakExplained, BreakHealed, BreakTraced
from nostro.trading.models import BalanceBreak, BreakDeal, Platform, TradingAccount

Status = BalanceBreak.Status


class KnownBreak(Problem):
    """The same differences stand there already."""

    status = 409


@dataclass(frozen=True)
class Trace:
    """A deal behind a difference: the figures we have of it, and those that the platform has."""

    deal_id: int
    why: str
    was: dict[str, str]
    now: dict[str, str]


@dataclass(frozen=True)
class Difference:
    """Two figures of an account that should be one, with what is known of the cause."""

    account_id: int
    kind: str
    shown: Decimal
    derived: Decimal
    cause: str
    traces: tuple[Trace, ...] = ()


@dataclass
class Noted:
    """What became of differences: the break that says each, and what is new of it."""

    breaks: dict[tuple[int, str], BalanceBreak] = field(default_factory=dict)
    opened: int = 0
    traced: int = 0


@operation(internal=True, lock=False)
def note_differences(
    act: Act, platform: Platform, *, found: Sequence[Difference], agreeing: Sequence[int] = (),
    causes: Mapping[int, Difference] | None = None, seen_from: datetime | None = None,
) -> int:  # fmt: skip
    """Write differences down, each once while it stands, and heal the breaks that are none any
    more (`agreeing`, by their ids; `causes` say what some of them had come from). Answers how many
    were opened.

    The deals behind a difference may become known later than itself. What lies before `seen_from`
    was not looked at: a break over such a deal stays as it is.
    """
    gone = BalanceBreak.objects.select_for_update().filter(pk__in=agreeing, healed_at=None)
    rows = list(gone.order_by("pk"))
    _keep_traces(act, [(one, causes[one.pk]) for one in rows if one.pk in causes] if causes else [])
    healed = [heal(act, one) for one in rows]
    noted = note(act, found, seen_from=seen_from)
    if not (healed or noted.opened or noted.traced):
        raise KnownBreak("All of it stands there already.")
    return noted.opened


def note(act: Act, found: Sequence[Difference], *, seen_from: datetime | None = None) -> Noted:
    """The breaks of differences, new where none stands; the same few statements for any number."""
    noted = Noted()
    if not found:
        return noted
    ids = sorted({one.account_id for one in found})
    rows = TradingAccount.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    # Two looks at once wait for each other here, so that one difference is one break.
    accounts = {one.pk: one for one in rows.select_related("platform").order_by("pk")}
    standing: dict[tuple[int, str], list[BalanceBreak]] = defaultdict(list)
    known = BalanceBreak.objects.filter(account__in=ids, healed_at=None)
    for row in known.annotate(first=Min("traces__deal__at")).order_by("pk"):
        standing[row.account_id, row.kind].append(row)
    fresh: list[tuple[Difference, BalanceBreak]] = []
    for wanted in found:
        place = wanted.account_id, wanted.kind
        amount = wanted.shown - wanted.derived
        said = [one for one in standing[place] if one.shown - one.derived == amount]
        if said:
            noted.breaks[place] = said[-1]
            continue
        for one in standing[place]:
            if seen_from is not None and within(one, seen_from):
                heal(act, one)
        made = made_break(act, accounts[wanted.account_id], wanted.kind, wanted.cause)
        made.shown, made.derived = wanted.shown, wanted.derived
        noted.breaks[place] = made
        fresh.append((wanted, made))
    BalanceBreak.objects.bulk_create(made for _, made in fresh)
    noted.opened = len(fresh)
    for _, made in fresh:
        act.record(BalanceBreakFound(made.account_id, made.pk), about=made.account)
    noted.traced = _trace(act, found, noted, {made.pk for _, made in fresh})
    return noted


def within(one: BalanceBreak, seen_from: datetime) -> bool:
    """Whether a look from a moment on sees all the deals that a break is known to be about."""
    first: datetime | None = one.__dict__["first"]
    return first is None or first >= seen_from


def made_break(act: Act, account: TradingAccount, kind: str, cause: str) -> BalanceBreak:
    """A break that is not written yet."""
    wait = BalanceBreak.waits[Status.OPEN]
    return BalanceBreak(
        account=account, kind=kind, shown=Decimal(0), derived=Decimal(0), cause=cause,
        found_at=act.at, status=Status.OPEN, status_at=act.at, due_at=act.at + wait.within,
    )  # fmt: skip


def heal(act: Act, one: BalanceBreak) -> BalanceBreak:
    one.move_to(Status.HEALED, healed_at=act.at)
    act.record(BreakHealed(one.pk), about=one)
    return one


def _trace(act: Act, found: Iterable[Difference], noted: Noted, fresh: set[int]) -> int:
    """Keep the deals behind differences beside their breaks. How many of those that stood already
    came to know more.
    """
    said = [(noted.breaks[one.account_id, one.kind], one) for one in found]
    return _keep_traces(act, said, fresh)


def _keep_traces(
    act: Act, said: Sequence[tuple[BalanceBreak, Difference]], fresh: Set[int] = frozenset()
) -> int:
    old = [one.pk for one, _ in said if one.pk not in fresh]
    known = BreakDeal.objects.filter(found_in__in=old).values_list("found_in", "deal")
    there = set(known) if old else set()
    rows, more = [], 0
    for one, told in said:
        new = [each for each in told.traces if (one.pk, each.deal_id) not in there]
        rows += [
            BreakDeal(
                found_in=one, deal_id=each.deal_id, why=each.why, was=each.was, now=each.now
            )
            for each in new
        ]  # fmt: skip
        if new and one.pk not in fresh:
            one.cause = told.cause
            one.save(update_fields=["cause"])
            act.record(BreakTraced(one.pk, len(new)), about=one)
            more += 1
    BreakDeal.objects.bulk_create(rows)
    return more


@operation(title="Explain", icon="check")
def explain_break(act: Act, balance_break: BalanceBreak, *, note: str) -> BalanceBreak:
    """Say what happened on the platform and what was done about it."""
    if not note.strip():
        raise Problem("Say what happened.", field="note")
    balance_break.move_to(BalanceBreak.Status.EXPLAINED, note=whole(note, "note"))
    act.record(BreakExplained(balance_break.pk, whole(note, "note")), about=balance_break)
    return balance_break
