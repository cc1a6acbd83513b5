"""What anyone can ask about rules: the points, their versions, every decision and its reason."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import Count, Max, Q

from nostro.core.acts import Act
from nostro.core.log import CLIENTS_SEEN
from nostro.core.models import ActRow
from nostro.core.queries import query
from nostro.rules.deciding import POINTS, compiled
from nostro.rules.engine import Outcome, evaluate_stored
from nostro.rules.flaws import Flaw, validate
from nostro.rules.models import BackTest, Decision, Flip, Version
from nostro.rules.points import Case, Point
from nostro.rules.tables import from_jdm


@query(finds=Version)
def versions(act: Act) -> models.QuerySet[Version]:
    """Versions of rules, newest first."""
    return Version.objects.order_by("point", "-number")


@query(finds=Decision)
def decisions(act: Act) -> models.QuerySet[Decision]:
    """Every decision, as far as the asker sees what it was about."""
    rows = Decision.objects.select_related("version").order_by("-at", "-id")
    return rows.filter(_seen(act))


def _seen(act: Act, path: str = "") -> Q:
    """Decisions of the legal entities and clients that somebody sees; of no client, everybody."""
    scope, seen = act.actor.grants.scope, Q()
    if act.actor.kind != "staff":
        return seen if act.actor.kind == "system" else Q(pk__in=())
    if scope.entities is not None:
        nobodys = Q(**{f"{path}entity_id": None, f"{path}client_id": None})
        seen &= Q(**{f"{path}entity_id__in": scope.entities}) | nobodys
    if scope.desks is not None or scope.countries is not None or scope.owner is not None:
        clients = CLIENTS_SEEN[0](act) if CLIENTS_SEEN else ()
        seen &= Q(**{f"{path}client_id__in": clients}) | Q(**{f"{path}client_id": None})
    return seen


@query(finds=BackTest)
def back_tests(act: Act) -> models.QuerySet[BackTest]:
    """Back-tests, newest first."""
    return BackTest.objects.select_related("version", "against").order_by("-at")


@query(finds=Flip)
def flips(act: Act) -> models.QuerySet[Flip]:
    """Decisions that a draft would have made otherwise, as far as the asker sees them."""
    rows = Flip.objects.select_related("decision", "back_test__version").order_by("pk")
    return rows.filter(_seen(act, "decision__"))


@dataclass(frozen=True)
class Standing:
    """One rule as its list shows it. `cautious` counts the answers no rule gave."""

    point: Point[Any, Any]
    active: Version | None
    draft: Version | None
    asked: int
    cautious: int
    last_at: datetime | None

    @property
    def room(self) -> str:
        return self.point.name.partition(".")[0]

    @property
    def share(self) -> int:
        """Per cent of its answers in which a person had to look."""
        return round(100 * self.cautious / self.asked) if self.asked else 0


@query
def points(act: Act, days: int = 30) -> list[Standing]:
    """Every choice the house leaves to rules: what is in force and how often it was asked."""
    found: dict[str, dict[str, Version]] = defaultdict(dict)
    for one in Version.objects.exclude(status__in=["retired", "dropped"]).defer("jdm", "cases"):
        found[one.point]["active" if one.status == Version.Status.ACTIVE else "draft"] = one
    counted = {
        row["point"]: row
        for row in Decision.objects.filter(_seen(act), at__gte=act.at - timedelta(days=days))
        .values("point")
        .annotate(asked=Count("pk"), cautious=Count("pk", filter=Q(cautious=True)), last=Max("at"))
        .order_by()
    }
    nothing: dict[str, Any] = {"asked": 0, "cautious": 0, "last": None}
    standings = []
    for name, point in sorted(POINTS.items()):
        own, said = found[name], counted.get(name, nothing)
        standings.append(
            Standing(
                point, own.get("active"), own.get("draft"),
                said["asked"], said["cautious"], said["last"],
            )
        )  # fmt: skip
    return standings


def version_places(ids: set[int]) -> dict[int, tuple[str, int]]:
    """The point and number of versions, for sentences that only know their ids."""
    rows = Version.objects.filter(pk__in=ids).values_list("pk", "point", "number")
    return {pk: (point, number) for pk, point, number in rows}


def back_test_places(ids: set[int]) -> dict[int, tuple[str, int]]:
    rows = BackTest.objects.filter(pk__in=ids)
    found = rows.values_list("pk", "version__point", "version__number")
    return {pk: (point, number) for pk, point, number in found}


def act_behind(decision: Decision) -> ActRow | None:
    """The act in which a decision was taken."""
    return ActRow.objects.filter(pk=decision.act).first()


def hits(version: Version, since: datetime) -> dict[str, int]:
    """How often each row of a version has answered since then. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hit, count(*) FROM rules_decision d,"
            " LATERAL jsonb_array_elements_text(d.rows) AS hit"
            " WHERE d.point = %s AND d.version_id = %s AND d.at >= %s GROUP BY hit",
            [version.point, version.pk, since],
        )
        return dict(cursor.fetchall())


def cases_of(version: Version) -> list[Case]:
    """The examples a version must answer: those built into its point, then its own."""
    own = [Case(one["title"], one["inputs"], one["expects"]) for one in version.cases]
    point = POINTS.get(version.point)
    return [*(point.cases if point else ()), *own]


def flaws_of(version: Version) -> list[Flaw]:
    """Everything that keeps a version from being activated."""
    point = POINTS[version.point]
    own = [Case(one["title"], one["inputs"], one["expects"]) for one in version.cases]
    return validate(point, from_jdm(version.jdm), own)


def asked_again(act: Act, decision: Decision) -> tuple[Version, Outcome[Any]] | None:
    """What the version in force would answer to the same question; nothing for an old point."""
    point = POINTS.get(decision.point)
    version = Version.objects.filter(point=decision.point, status=Version.Status.ACTIVE).first()
    if point is None or version is None:
        return None
    ready, _ = compiled(version.pk, version.fingerprint)
    return version, evaluate_stored(point, ready, decision.inputs)


def row_numbers(decision: Decision) -> list[int]:
    """The rows that answered, counted as the rule's page counts them."""
    places = {one.id: number for number, one in enumerate(from_jdm(decision.version.jdm).rows, 1)}
    return [places[one] for one in decision.rows if one in places]


def rows_in_words(decision: Decision) -> str:
    """`row 6`, `rows 1, 4`, or nothing where no row answered."""
    numbers = row_numbers(decision)
    listed = ", ".join(map(str, numbers))
    return f"row{'s' if len(numbers) > 1 else ''} {listed}" if numbers else ""
