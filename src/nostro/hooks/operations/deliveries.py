"""Deliveries: what waits for an endpoint, how each attempt ended, and once more by hand.

An endpoint hears events one after another. The first that fails holds back those behind it
until it is delivered or, after two days of attempts, given up.
"""

from datetime import timedelta

from nostro.core.acts import Act
from nostro.core.log import Cursor
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.hooks.events import DeliveriesAttempted, DeliveriesQueued, DeliveryReplayed
from nostro.hooks.models import Delivery, Endpoint
from nostro.hooks.sending import Answered

PAUSES = (5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 50_400, 50_400)
"""Seconds after each failed attempt; after the last one it is given up."""


@operation(internal=True)
def queue_deliveries(
    act: Act, endpoint: Endpoint, *, heard: list[tuple[int, str]], at: Cursor
) -> Endpoint:
    """Let events wait for an endpoint, in their order, and move its cursor behind them."""
    Delivery.objects.bulk_create(
        [
            Delivery(
                endpoint=endpoint, record_id=record, event=event, next_at=act.at,
                status=Delivery.Status.WAITING, status_at=act.at,
            )
            for record, event in heard
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    endpoint.xid, endpoint.record_id = at.xid, at.id
    endpoint.save(update_fields=["xid", "record_id"])
    act.record(DeliveriesQueued(endpoint.pk, len(heard)), about=endpoint)
    return endpoint


@operation(internal=True)
def note_attempts(act: Act, endpoint: Endpoint, *, answers: dict[int, Answered]) -> Endpoint:
    """Write down how the attempts ended; what failed waits for its next one."""
    rows = list(
        endpoint.deliveries.select_for_update().filter(
            pk__in=answers, status=Delivery.Status.WAITING
        )
    )
    for row in rows:
        answer = answers[row.pk]
        row.http_status, row.trouble = answer.http_status, answer.trouble[:200]
        row.attempts += 1
        if answer.delivered:
            row.status, row.status_at = Delivery.Status.DELIVERED, act.at
        elif row.attempts > len(PAUSES):
            row.status, row.status_at = Delivery.Status.GIVEN_UP, act.at
        else:
            row.next_at = act.at + timedelta(seconds=PAUSES[row.attempts - 1])
    changed = ["status", "status_at", "http_status", "trouble", "attempts", "next_at"]
    Delivery.objects.bulk_update(rows, changed)
    delivered = sum(answers[row.pk].delivered for row in rows)
    failed = len(rows) - delivered
    act.record(DeliveriesAttempted(endpoint.pk, delivered, failed), about=endpoint)
    return endpoint


@operation(title="Send again", icon="repeat", open_to=("client",))
def replay_delivery(act: Act, delivery: Delivery) -> Delivery:
    """Send the event once more, with the same id, so that the other side can tell."""
    if delivery.status == Delivery.Status.WAITING:
        raise WrongState("It waits to be sent as it is.")
    delivery.move_to(Delivery.Status.WAITING, attempts=0, next_at=act.at)
    act.record(DeliveryReplayed(delivery.pk), about=delivery)
    return delivery
