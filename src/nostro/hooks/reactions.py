"""Sends events to endpoints by the clock, in the order of commits, each as far as its owner sees.

An endpoint holds its place in the log, so nothing is lost while it is down or the house restarts.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase

from nostro.core.acts import Act, now
from nostro.core.events import EVENTS
from nostro.core.identity import actor_of
from nostro.core.jobs import every
from nostro.core.log import Cursor, feed_end, records
from nostro.core.models import Record
from nostro.hooks import operations, queries
from nostro.hooks.models import Delivery, Endpoint
from nostro.hooks.sending import Answered, post
from nostro.hooks.signing import signature
from nostro.kit.problems import Forbidden

BATCH = 200
AT_ONCE = 50
FAR_BEHIND = 10_000
GONE = 410


@every("* * * * *")
def deliver_events(act: Act) -> None:
    """Bring every endpoint what it has not heard yet."""
    for endpoint in queries.endpoints(act).filter(active=True):
        fill(act, endpoint)
        while send_next(act, endpoint):
            pass


def fill(act: Act, endpoint: Endpoint) -> None:
    """Let wait for an endpoint what happened since, as far as its owner may see it today."""
    try:
        reader = Act(actor_of(endpoint.owner), door="webhook")
        while _filled(act, reader, endpoint):
            pass
    except Forbidden as problem:
        operations.drop_endpoint(act, endpoint, reason=problem.sentence)


def _filled(act: Act, reader: Act, endpoint: Endpoint) -> bool:
    names = [
        name
        for name in EVENTS
        if name not in queries.ABOUT_DELIVERIES
        and any(fnmatchcase(name, pattern) for pattern in endpoint.events)
    ]
    after, end = Cursor(endpoint.xid, endpoint.record_id), feed_end()
    seen = queries.events_after(reader, after, limit=BATCH, names=names)
    rows = [(row.xid, row.pk, row.name) for row in seen]
    if rows:
        at = Cursor(rows[-1][0], rows[-1][1])
        heard = [(pk, name) for _, pk, name in rows]
        operations.queue_deliveries(act, endpoint, heard=heard, at=at)
    elif end.id - after.id > FAR_BEHIND:
        operations.queue_deliveries(act, endpoint, heard=[], at=end)
    return len(rows) == BATCH


def send_next(act: Act, endpoint: Endpoint) -> bool:
    """Send what waits, up to the first that fails. Answers whether more is due now."""
    waiting = queries.deliveries(act).filter(endpoint=endpoint, status=Delivery.Status.WAITING)
    due = list(waiting.order_by("pk")[:AT_ONCE])
    answers = dict(_answers(act, endpoint, due))
    if not answers:
        return False
    operations.note_attempts(act, endpoint, answers=answers)
    last = list(answers.values())[-1]
    if last.http_status == GONE:
        operations.drop_endpoint(act, endpoint, reason="the other side said it is gone")
    return last.delivered and len(answers) == AT_ONCE


def _answers(act: Act, endpoint: Endpoint, due: list[Delivery]) -> Iterator[tuple[int, Answered]]:
    known = records(act).in_bulk([one.record_id for one in due])
    secret = queries.secret_of(endpoint)
    for one in due:
        if one.next_at > now():
            return
        answer = _sent(endpoint, secret, known[one.record_id])
        yield one.pk, answer
        if not answer.delivered:
            return


def _sent(endpoint: Endpoint, secret: str, record: Record) -> Answered:
    body = json.dumps(queries.told(record), sort_keys=True).encode()
    seconds = int(now().timestamp())
    headers = {
        "Webhook-Id": f"evt_{record.pk}",
        "Webhook-Timestamp": str(seconds),
        "Webhook-Signature": signature(secret, seconds, body),
        "User-Agent": "Nostro",
    }
    return post(endpoint.url, body, headers, private=queries.private_allowed())
