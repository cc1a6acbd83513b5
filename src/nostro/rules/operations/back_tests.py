"""Back-tests: a draft is asked the stored questions of the past beside the version in force.

A small one is done at once, a large one in pieces by a job; each piece is an act of its own, so
a crash loses one piece, and the page shows how far it is.
"""

from collections import Counter
from datetime import timedelta

from django.db.models import Count, Max

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.rules.deciding import active_version, compiled
from nostro.rules.engine import compile_table, replay
from nostro.rules.events import (
    BackTestAdvanced,
    BackTestAsked,
    BackTestDone,
    BackTestStopped,
)
from nostro.rules.models import BackTest, Decision, Flip, Version
from nostro.rules.operations.drafts import point_of
from nostro.rules.tables import from_jdm

AT_ONCE = 1_000
PIECE = 5_000
LONGEST_DAYS = 400


class BadPeriod(Problem):
    """A period that a back-test does not take."""


@operation(title="Back-test", icon="history")
def start_back_test(act: Act, version: Version, *, days: int = 90) -> BackTest:
    """See which decisions of the last days would have come out otherwise."""
    if not 1 <= days <= LONGEST_DAYS:
        raise BadPeriod(f"Choose 1 to {LONGEST_DAYS} days.", field="days")
    point = point_of(version.point)
    compile_table(point, from_jdm(version.jdm))
    since = act.at - timedelta(days=days)
    asked = Decision.objects.filter(point=version.point, at__gte=since)
    found = asked.aggregate(total=Count("pk"), last=Max("pk"))
    back_test = BackTest.objects.create(
        version=version, against=active_version(act, point), fingerprint=version.fingerprint,
        days=days, since=since, last=found["last"] or 0, total=found["total"], at=act.at,
        author_id=act.actor.id if act.actor.kind == "staff" else None,
    )  # fmt: skip
    act.record(BackTestAsked(back_test.pk, version.point, days, found["total"]), about=back_test)
    if found["total"] <= AT_ONCE:
        advance_back_test(act, back_test)
    return back_test


@operation(internal=True)
def advance_back_test(act: Act, back_test: BackTest) -> BackTest:
    """Ask the next piece of the past, and add up what would change."""
    version = back_test.version
    if back_test.state != BackTest.State.RUNNING:
        raise Problem("This back-test has ended.")
    if version.fingerprint != back_test.fingerprint:
        return _ended(act, back_test, BackTest.State.STOPPED)
    point = point_of(version.point)
    before, _ = compiled(back_test.against_id, back_test.against.fingerprint)
    after = compile_table(point, from_jdm(version.jdm))
    piece = list(
        Decision.objects.filter(
            point=version.point, at__gte=back_test.since, pk__gt=back_test.cursor,
            pk__lte=back_test.last,
        )
        .order_by("pk")
        .values_list("pk", "inputs")[:PIECE]
    )  # fmt: skip
    found = replay(point, before, after, piece)
    Flip.objects.bulk_create(
        [
            Flip(back_test=back_test, decision_id=one.key, before=one.before, after=one.after)
            for one in found.flips
        ],
        batch_size=1_000,
    )
    totals = Counter({(was, now): count for was, now, count in back_test.totals})
    totals.update(found.totals)
    hits = Counter(back_test.hits)
    hits.update(found.hits)
    back_test.totals = [[was, now, count] for (was, now), count in totals.most_common()]
    back_test.hits = dict(hits)
    back_test.asked += found.asked
    back_test.changed += len(found.flips)
    back_test.cursor = piece[-1][0] if piece else back_test.last
    if len(piece) < PIECE:
        return _ended(act, back_test, BackTest.State.DONE)
    back_test.save()
    act.record(BackTestAdvanced(back_test.asked, back_test.total), about=back_test)
    return back_test


def _ended(act: Act, back_test: BackTest, state: str) -> BackTest:
    back_test.state, back_test.ended_at = state, act.at
    back_test.save()
    if state == BackTest.State.DONE:
        act.record(BackTestDone(back_test.asked, back_test.changed), about=back_test)
    else:
        act.record(BackTestStopped(back_test.asked), about=back_test)
    return back_test
