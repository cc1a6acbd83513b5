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

from nostro.bulk.foresight import ANSWERS, ANYHOW, NOTED
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.undoing import UNDOING
from nostro.core.acts import Act
from nostro.core.approvals import ProposalAgreed
from nostro.core.models import ActRow, Proposal, Record, label
from nostro.core.operations import OPERATIONS
from nostro.core.queries import FINDERS, Query, query
from nostro.kit.problems import Forbidden, NotFound

Row = BulkRow.Status
UNANSWERED = (Row.UNKNOWN, Row.PROPOSED)


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
    """How an open row ended; or, of one that others have let pass, the act that only asked."""

    row: int
    status: str
    said: str
    at: datetime
    act: UUID | None = None


ASKED = """
WITH asked AS (
  SELECT r.id AS row_id, a.id, a.name, a.subject_type, a.subject_id, a.at
    FROM bulk_bulkrow r JOIN core_record a ON a.act_id = r.act_id AND a.name = ANY(%(asked)s)
   WHERE r.change_id = %(change)s AND r.status = 'unknown'
), heard AS (
  SELECT asked.id, answer.name = ANY(%(yes)s) AS yes, answer.at,
         coalesce(answer.data->>CASE WHEN answer.name = ANY(%(yes)s) THEN 'said' ELSE 'reason' END,
                  '') AS said
    FROM asked JOIN core_record answer ON answer.subject_type = asked.subject_type
     AND answer.subject_id = asked.subject_id AND answer.at >= asked.at
     AND (answer.cause_id = asked.id OR asked.name = ANY(%(anyhow)s))
     AND answer.name = ANY(%(answers)s){noted}
), first AS (
  SELECT DISTINCT ON (id) id, yes, said, at FROM heard ORDER BY id, at
)
SELECT a.row_id, bool_and(f.yes), string_agg(f.said, ' ' ORDER BY f.yes, f.id), max(f.at)
  FROM asked a LEFT JOIN first f USING (id)
 GROUP BY a.row_id HAVING count(f.id) = count(*) OR NOT bool_and(f.yes)
"""
"""A row is done once everything that it asked for is, and refused by the first refusal."""
SINCE = """
   UNION ALL
  SELECT asked.id, true, t.{column}, '' FROM asked JOIN {table} t ON t.id = asked.subject_id
   WHERE asked.name = ANY(%({given})s) AND t.{column} >= asked.at"""


def answers(change: BulkChange) -> list[Answer]:
    """What was said of rows that are still open, in a few statements."""
    yes = [name for one in ANSWERS.values() for name, so in one.items() if so]
    known = {name for one in ANSWERS.values() for name in one}
    given: dict[str, Any] = {
        "asked": [*ANSWERS], "answers": [*known], "yes": yes, "anyhow": [*ANYHOW],
        "change": change.pk,
    }  # fmt: skip
    noted = ""
    for number, (kind, field) in enumerate(sorted(set(NOTED.values()))):
        table = apps.get_model(kind)._meta.db_table
        noted += SINCE.format(table=table, column=field, given=f"noted{number}")
        given[f"noted{number}"] = [one for one, at in NOTED.items() if at == (kind, field)]
    with connection.cursor() as cursor:
        cursor.execute(ASKED.replace("{noted}", noted), given)
        found = [
            Answer(row, Row.DONE if so else Row.REFUSED, said if so else said or NO_WORD, at)
            for row, so, said, at in cursor.fetchall()
        ]
    return found + _agreed(change)


NO_WORD = "The platform refused it."


def _agreed(change: BulkChange) -> list[Answer]:
    """What others have said of rows that waited for them. Where they agreed and it only asked the
    outside world, the row waits for that answer then.
    """
    open_rows = change.rows.filter(status=Row.PROPOSED)
    waiting = {row.proposal_id or 0: row.pk for row in open_rows}
    said_of = Proposal.objects.filter(pk__in=waiting).exclude(status=Proposal.Status.OPEN)
    ended = {one.pk: one for one in said_of}
    if not ended:
        return []
    words = Record.objects.filter(
        name=ProposalAgreed.name, subject_type=label(Proposal), subject_id__in=ended
    ).order_by("pk")
    acts = dict(words.values_list("subject_id", "act_id"))
    asked = asked_of_others(change, list(acts.values()))
    found = []
    for pk, one in ended.items():
        at, act = one.ended_at or change.made_at, acts.get(pk)
        if one.status != Proposal.Status.DONE:
            said = f"{one} was {one.get_status_display().lower()}."
            found.append(Answer(waiting[pk], Row.REFUSED, said, at))
        elif act in asked:
            found.append(Answer(waiting[pk], Row.UNKNOWN, "", at, act))
        else:
            found.append(Answer(waiting[pk], Row.DONE, "", at))
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
    waited = (Row.PROPOSED,) if UNDOING[change.operation].holds else UNANSWERED
    if change.rows.filter(status__in=waited).exists():
        return f"Some rows of {change} are not answered yet: undo it once all of them are."
    return ""


def open_changes() -> models.QuerySet[BulkChange]:
    """Changes with rows that somebody else still has to answer."""
    rows = BulkRow.objects.filter(status__in=UNANSWERED, change=models.OuterRef("pk"))
    return BulkChange.objects.filter(models.Exists(rows))
