"""What anyone can ask about bulk changes. Of another person's rows one sees what one could name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models import Count, Q

from nostro.bulk.foresight import ANSWERS
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.undoing import UNDOING
from nostro.core.acts import Act
from nostro.core.models import ActRow, Proposal, Record
from nostro.core.operations import OPERATIONS
from nostro.core.queries import FINDERS, Query, query
from nostro.kit.problems import Forbidden, NotFound

UNANSWERED = (BulkRow.Status.UNKNOWN, BulkRow.Status.PROPOSED)


@query(finds=BulkChange, open_to=("staff",))
def changes(act: Act) -> models.QuerySet[BulkChange]:
    """Bulk changes, newest first: your own, and those of operations that you may do."""
    rows = BulkChange.objects.order_by("-made_at", "-id")
    if act.actor.kind == "system":
        return rows
    if act.actor.kind != "staff":
        return rows.none()
    allowed = [name for name in OPERATIONS if act.actor.may(name)]
    return rows.filter(Q(maker_id=act.actor.id or 0) | Q(operation__in=allowed))


@query(finds=BulkRow, open_to=("staff",))
def change_rows(act: Act) -> models.QuerySet[BulkRow]:
    """Rows of bulk changes, each with its verdict, of things that you may see."""
    seen = changes(act)
    rows = BulkRow.objects.filter(change__in=seen.order_by()).select_related("change")
    if act.actor.kind == "system":
        return rows
    kinds = seen.order_by().values_list("subject_type", flat=True).distinct()
    mine = Q(thing_id=None, change__maker_id=act.actor.id or 0)
    for kind in kinds:
        mine |= Q(change__subject_type=kind, thing_id__in=things(act, kind).values("pk"))
    return rows.filter(mine)


def finder_of(kind: str) -> Query[..., Any]:
    found = FINDERS.get(apps.get_model(kind))
    if found is None:
        raise NotFound("There is no such thing.")
    return found


def things(act: Act, kind: str) -> models.QuerySet[Any]:
    """The things of a kind that somebody sees, with nothing masked, in no order."""
    everything: models.QuerySet[Any] = apps.get_model(kind)._base_manager.all()
    try:
        seen: models.QuerySet[Any] = finder_of(kind)(act).order_by()
    except Forbidden:
        return everything.none()
    return everything.filter(pk__in=seen.values("pk")) if getattr(seen, "_masks", None) else seen


@dataclass(frozen=True)
class Tally:
    """How many rows of a change stand where."""

    chosen: int = 0
    planned: int = 0
    done: int = 0
    refused: int = 0
    proposed: int = 0
    unknown: int = 0
    people: int = 0

    @property
    def total(self) -> int:
        return self.chosen + self.left + self.settled

    @property
    def left(self) -> int:
        return self.planned

    @property
    def settled(self) -> int:
        return self.done + self.refused + self.proposed + self.unknown


def tallies(rows: models.QuerySet[BulkRow], changes: Iterable[BulkChange]) -> dict[int, Tally]:
    """Change → how its rows stand, in one statement for all."""
    kept = rows.filter(change__in=[one.pk for one in changes]).order_by()
    found = kept.values_list("change", "status").annotate(Count("pk"), models.Max("people"))
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for change, status, count, people in found:
        counts[change][status] = count
        if status == BulkRow.Status.PLANNED:
            counts[change]["people"] = people
    return {one.pk: Tally(**counts[one.pk]) for one in changes}


def tally(change: BulkChange) -> Tally:
    return tallies(BulkRow.objects.all(), [change])[change.pk]


def waited_for(change: BulkChange) -> str:
    """The operation that others agree to before a change starts: its own. Rows of an undo call
    others: that which waits for most people, of those that of most rows.
    """
    if change.undoes_id is None:
        return change.operation
    rows = change.rows.filter(status=BulkRow.Status.PLANNED).order_by()
    calls = rows.values("call__operation").annotate(most=models.Max("people"), many=Count("pk"))
    first = calls.order_by("-most", "-many", "call__operation")[0]
    return str(first["call__operation"])


def agreed_to(change: BulkChange) -> str:
    """The operation that others have agreed to; empty where nobody has."""
    if not change.agreed:
        return ""
    return Proposal.objects.values_list("needs", flat=True).get(pk=change.proposal_id or 0)


def reasons(rows: models.QuerySet[BulkRow], change: BulkChange) -> list[tuple[str, int]]:
    """Why rows are refused, the most frequent sentence first."""
    refused = rows.filter(change=change, status=BulkRow.Status.REFUSED).order_by()
    found = refused.values_list("said").annotate(many=Count("pk")).order_by("-many", "said")
    return list(found[:12])


def next_rows(change: BulkChange, status: str, most: int) -> list[BulkRow]:
    return list(change.rows.filter(status=status).order_by("number")[:most])


def bulk_operations(kind: str, names: Sequence[str]) -> list[str]:
    """Of these operations, those that can be done in bulk with things of a kind."""
    return [
        name
        for name in names
        if (known := OPERATIONS.get(name))
        and not known.internal
        and known.subject_type is not None
        and known.subject_type._meta.label_lower == kind
    ]


@dataclass(frozen=True)
class Answer:
    """How an open row ended."""

    row: int
    yes: bool
    said: str
    at: datetime


ASKED = """
SELECT r.id, answer.name, answer.data->>'reason', answer.at
  FROM bulk_bulkrow r
  JOIN core_record asked ON asked.act_id = r.act_id AND asked.name = ANY(%(asked)s)
  JOIN core_record answer ON answer.subject_type = asked.subject_type
   AND answer.subject_id = asked.subject_id AND answer.at >= asked.at
   AND answer.cause_id = asked.id AND answer.name = ANY(%(answers)s)
 WHERE r.change_id = %(change)s AND r.status = 'unknown'
"""


def answers(change: BulkChange) -> list[Answer]:
    """What was said of rows that are still open, in two statements."""
    known = {name: yes for one in ANSWERS.values() for name, yes in one.items()}
    with connection.cursor() as cursor:
        given: dict[str, Any] = {
            "asked": [*ANSWERS], "answers": [*known], "change": change.pk,
        }  # fmt: skip
        cursor.execute(ASKED, given)
        found = [
            Answer(row, known[name], "" if known[name] else said or "The platform refused it.", at)
            for row, name, said, at in cursor.fetchall()
        ]
    open_rows = change.rows.filter(status=BulkRow.Status.PROPOSED)
    waiting = {row.proposal_id or 0: row.pk for row in open_rows}
    said_of = Proposal.objects.filter(pk__in=waiting).exclude(status=Proposal.Status.OPEN)
    for one in said_of:
        yes = one.status == Proposal.Status.DONE
        said = "" if yes else f"{one} was {one.get_status_display().lower()}."
        found.append(Answer(waiting[one.pk], yes, said, one.ended_at or change.made_at))
    return found


def asked_of_others(change: BulkChange, acts: Sequence[UUID]) -> set[UUID]:
    """Of these acts, those that only asked the outside world."""
    rows = Record.objects.filter(act_id__in=acts, name__in=[*ANSWERS]).values_list("act_id")
    return {act for (act,) in rows}


def acts_of(change: BulkChange, names: Iterable[str], keys: Sequence[str]) -> dict[str, UUID]:
    """Key of a row → the act that carried it out, whenever that was."""
    rows = ActRow.objects.filter(
        operation__in=set(names), actor_kind="staff", actor_id=change.maker_id, key__in=keys
    )
    return dict(rows.values_list("key", "id"))


def undo_of(change: BulkChange) -> BulkChange | None:
    """The bulk change that undoes this one, or did."""
    rows = change.undone_by.exclude(status=BulkChange.Status.DROPPED)
    found: BulkChange | None = rows.order_by("-pk").first()
    return found


def not_undone(change: BulkChange) -> str:
    """Why a change cannot be undone now; empty where it can."""
    ended = (BulkChange.Status.DONE, BulkChange.Status.DROPPED)
    if change.status not in ended or change.started_at is None:
        return f"{change} is {change.status_label.lower()}: what has ended is undone."
    if change.operation not in UNDOING:
        return f"“{change.title}” cannot be undone for many at once."
    other = undo_of(change)
    if other is not None:
        return f"{other} undoes it already."
    if change.rows.filter(status__in=UNANSWERED).exists():
        return f"Some rows of {change} are not answered yet: undo it once all of them are."
    return ""


def open_changes() -> models.QuerySet[BulkChange]:
    """Changes with rows that somebody else still has to answer."""
    rows = BulkRow.objects.filter(status__in=UNANSWERED, change=models.OuterRef("pk"))
    return BulkChange.objects.filter(models.Exists(rows))
