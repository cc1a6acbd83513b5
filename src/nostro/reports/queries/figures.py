"""Figures, read from the projections in milliseconds: each legal entity's, or all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.db.models import Count, Sum
from django.db.models.functions import TruncDay

from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.kit.money import HALF_EVEN, Money
from nostro.kit.problems import Forbidden
from nostro.reports.models import Hour, Milestones, Projection, Turnaround
from nostro.reports.queries.measures import STEPS


@dataclass(frozen=True)
class Step:
    """One step of the funnel, and the events behind it."""

    title: str
    count: int
    event: str


@dataclass(frozen=True)
class Total:
    """What a measure came to: how many events, and how much."""

    count: int
    amount: Decimal

    @property
    def usd(self) -> Money:
        return Money.rounded(self.amount, "USD", HALF_EVEN)


@dataclass(frozen=True)
class Waited:
    """How long decisions took in a time: how many, the median and the slowest tenth."""

    count: int
    median: timedelta | None
    slowest_tenth: timedelta | None


@dataclass(frozen=True)
class Decider:
    """What one colleague decided: of which kind most, how many, and the median wait."""

    staff_id: int
    kinds: Sequence[str]
    decided: int
    median: timedelta


NOTHING = Total(0, Decimal(0))


def _limits(act: Act, path: str = "entity_id") -> dict[str, Any]:
    """Figures know entities and nothing finer: who sees only some clients sees no sums of all."""
    if act.actor.kind == "system":
        return {}
    scope = act.actor.grants.scope
    if act.actor.kind != "staff" or scope.desks is not None or scope.countries is not None:
        raise Forbidden("Figures are of whole legal entities, and you see some of their clients.")
    if scope.owner is not None:
        raise Forbidden("Figures are of whole legal entities, and you see your own clients.")
    return {} if scope.entities is None else {f"{path}__in": scope.entities}


@query
def funnel(act: Act, *, since: datetime, until: datetime) -> list[Step]:
    """Who registered in a time, and how far these same clients have come by now."""
    rows = Milestones.objects.filter(
        registered_at__gte=since, registered_at__lt=until, **_limits(act)
    )
    counts: dict[str, Any] = rows.aggregate(**{column: Count(column) for column, _, _ in STEPS})
    return [Step(title, counts[column], event) for column, title, event in STEPS]


@query
def funnel_by_entity(act: Act, *, since: datetime, until: datetime) -> dict[int, tuple[int, ...]]:
    """The funnel of each legal entity: how many came to each step."""
    rows = Milestones.objects.filter(
        registered_at__gte=since, registered_at__lt=until, **_limits(act)
    )
    columns = [column for column, _, _ in STEPS]
    counted = rows.values("entity_id").annotate(**{f"n_{one}": Count(one) for one in columns})
    listed: Any = counted.order_by("entity_id")
    return {one["entity_id"]: tuple(one[f"n_{name}"] for name in columns) for one in listed}


@query
def flows(
    act: Act, measures: Sequence[str], *, since: datetime, until: datetime, by: str = "hour"
) -> dict[str, dict[datetime, Total]]:
    """Each measure by hour or by day: events and USD. Times without an event are left out."""
    rows = Hour.objects.filter(
        measure__in=measures, starts_at__gte=since, starts_at__lt=until, **_limits(act)
    )
    at: Any = models.F("starts_at") if by == "hour" else TruncDay("starts_at")
    found: dict[str, dict[datetime, Total]] = {one: {} for one in measures}
    sums = rows.values("measure", when=at).annotate(n=Sum("count"), total=Sum("amount"))
    for one in sums:
        found[one["measure"]][one["when"]] = Total(one["n"], one["total"])
    return found


def _by_about(act: Act, measure: str, since: datetime, until: datetime) -> dict[str, Total]:
    rows = Hour.objects.filter(
        measure=measure, starts_at__gte=since, starts_at__lt=until, **_limits(act)
    )
    sums = rows.values("about").annotate(n=Sum("count"), total=Sum("amount")).order_by("-total")
    return {one["about"]: Total(one["n"], one["total"]) for one in sums[:20]}


@query
def volume(act: Act, *, since: datetime, until: datetime) -> dict[str, Total]:
    """Lots by instrument, the most traded first."""
    return _by_about(act, "volume", since, until)


@query
def earnings(act: Act, *, since: datetime, until: datetime) -> dict[int, Total]:
    """What partners earned, in USD by partner, who earned most first."""
    return {int(one): total for one, total in _by_about(act, "earned", since, until).items()}


PERCENTILES = """
SELECT {day} AS day, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)
  FROM (SELECT decided_at, decided_at - since AS waited FROM reports_turnaround
         WHERE kind = %(kind)s AND decided_at >= %(since)s AND decided_at < %(until)s
           AND (%(entities)s::bigint[] IS NULL OR entity_id = ANY(%(entities)s))) t
 GROUP BY day ORDER BY day
"""


@query
def turnaround(
    act: Act, kind: str, *, since: datetime, until: datetime
) -> tuple[Waited, dict[date, Waited]]:
    """How long decisions of one kind took: over the whole time, and by the day they were made."""
    limited = _limits(act).get("entity_id__in")
    asked: dict[str, Any] = {"kind": kind, "since": since, "until": until}
    asked["entities"] = None if limited is None else list(limited)
    with connection.cursor() as cursor:
        cursor.execute(PERCENTILES.format(day="NULL::date"), asked)
        whole = [Waited(*row[1:]) for row in cursor.fetchall()]
        cursor.execute(PERCENTILES.format(day="(decided_at AT TIME ZONE 'UTC')::date"), asked)
        days = {row[0]: Waited(*row[1:]) for row in cursor.fetchall()}
    return (whole[0] if whole else Waited(0, None, None)), days


DECIDERS = """
SELECT staff_id, array_agg(DISTINCT kind), count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY decided_at - since)
  FROM reports_turnaround WHERE staff_id IS NOT NULL AND decided_at >= %(since)s
   AND (%(entities)s::bigint[] IS NULL OR entity_id = ANY(%(entities)s))
 GROUP BY staff_id ORDER BY count(*) DESC, staff_id LIMIT 20
"""


@query
def on_shift(act: Act, *, since: datetime) -> list[Decider]:
    """Who decided something since then: what, how many, and how long it had waited."""
    limited = _limits(act).get("entity_id__in")
    asked: dict[str, Any] = {"since": since, "entities": None if limited is None else list(limited)}
    with connection.cursor() as cursor:
        cursor.execute(DECIDERS, asked)
        return [Decider(*row) for row in cursor.fetchall()]


@query
def still_open(act: Act) -> dict[str, tuple[int, datetime]]:
    """What waits for a decision by kind: how many, and since when the oldest."""
    rows = Turnaround.objects.filter(decided_at=None, **_limits(act)).values("kind")
    found = rows.annotate(n=Count("pk"), oldest=models.Min("since"))
    return {one["kind"]: (one["n"], one["oldest"]) for one in found}


@query
def freshness(act: Act) -> Projection | None:
    """How far the figures have followed the log."""
    return Projection.objects.first()
