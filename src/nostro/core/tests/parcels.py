"""A small noun to try the core's mechanisms on: parcels, that are sent, delivered or lost."""

from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import Any, ClassVar

from django.db import models

from nostro.core.access import Actor, Grants, Scope, visible
from nostro.core.acts import Act
from nostro.core.events import Event
from nostro.core.operations import operation
from nostro.core.queries import query
from nostro.core.statements import composed
from nostro.core.states import HasStates, Wait
from nostro.kit.problems import Problem


class Parcel(HasStates, models.Model):
    class Status(models.TextChoices):
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        LOST = "lost", "Lost"

    moves: ClassVar = {Status.SENT: {Status.DELIVERED, Status.LOST}}
    waits: ClassVar = {Status.SENT: Wait("tests.deliver", timedelta(hours=2))}

    objects: ClassVar[models.Manager["Parcel"]] = models.Manager()

    label = models.CharField(max_length=80)
    client_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    country = models.CharField(max_length=2, default="CY")

    class Meta:
        app_label = "core"
        db_table = "tests_parcel"

    def __str__(self) -> str:
        return f"Parcel {self.pk}"


class TooHeavy(Problem):
    """A parcel of that weight is refused after it was written: everything must go back."""


@dataclass(frozen=True)
class ParcelSent(Event, says="{actor} sent {subject}"):
    parcel_id: int


@dataclass(frozen=True)
class ParcelDelivered(Event, says="{subject} was delivered"):
    parcel_id: int


@operation(open_to=("client",))
def send(act: Act, *, label: str, client_id: int | None = None, kilograms: int = 1) -> Parcel:
    """Send a parcel."""
    parcel = Parcel.objects.create(
        label=label, client_id=client_id, entity_id=1, status=Parcel.Status.SENT
    )
    act.record(ParcelSent(parcel.pk), about=parcel)
    if kilograms > 30:
        raise TooHeavy("Nobody can lift that.", field="kilograms")
    return parcel


@operation(open_to=("client",))
def deliver(act: Act, parcel: Parcel, *, note: str = "") -> Parcel:
    """Hand the parcel over."""
    parcel.move_to(Parcel.Status.DELIVERED)
    act.record(ParcelDelivered(parcel.pk), about=parcel)
    return parcel


@composed
def on_their_way(parcel_id: int) -> models.QuerySet[Parcel, tuple[int]]:
    """The other parcels of the client of this one that are not delivered yet."""
    client = Parcel.objects.filter(pk=parcel_id).values("client_id")
    rows = Parcel.objects.filter(client_id__in=client, status=Parcel.Status.SENT)
    return rows.exclude(pk=parcel_id).values_list("pk")


@operation(asks=(on_their_way,))
def deliver_after(act: Act, parcel: Parcel, *, another: Parcel | None = None) -> list[int]:
    """Hand a parcel over, after another one: how many of its client's were left before and then."""
    before = len(on_their_way(parcel.pk))
    if another is not None:
        deliver_after(act, another)
    parcel.move_to(Parcel.Status.DELIVERED)
    act.record(ParcelDelivered(parcel.pk), about=parcel)
    return [before, len(on_their_way(parcel.pk))]


@operation
def send_two(act: Act, *, label: str) -> int:
    """Send a pair in one go."""
    return sum(send(act, label=f"{label} {number}").pk > 0 for number in (1, 2))


@operation
def relabel_silently(act: Act, parcel: Parcel, *, label: str) -> Parcel:
    """Change and say nothing, which the house does not allow."""
    parcel.label = label
    parcel.save(update_fields=["label"])
    return parcel


@operation
def deliver_what_vanished(act: Act, parcel: Parcel) -> Parcel:
    """Deliver a parcel whose row goes in the same breath: the update finds nothing."""
    Parcel.objects.filter(pk=parcel.pk).delete()
    parcel.move_to(Parcel.Status.DELIVERED)
    act.record(ParcelDelivered(parcel.pk), about=parcel)
    return parcel


@operation
def announce(act: Act, *, label: str) -> None:
    """Record something and answer nothing."""
    act.record(ParcelSent(0), about=None)


@query(finds=Parcel, open_to=("client",))
def parcels(act: Act) -> models.QuerySet[Parcel]:
    """Parcels of those whom the asker may see."""
    rows = Parcel.objects.order_by("pk")
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    return visible(act.actor, rows, client="")


def staff(
    number: int = 1, *names: str, scope: Scope | None = None, unmasked: tuple[str, ...] = ()
) -> Actor:
    """A person of staff with these grants."""
    granted = Grants(frozenset(names), scope or Scope(), frozenset(unmasked))
    return Actor("staff", number, f"Staff {number}", granted)


def client(number: int) -> Actor:
    return Actor("client", number, f"Client {number}", Grants())


def nothing_happened() -> bool:
    """No parcel, no event, no act, no job."""
    from django.db import connection

    from nostro.core.models import ActRow, Record

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        jobs: Any = cursor.fetchone()[0]
    counted = (Parcel.objects.count(), Record.objects.count(), ActRow.objects.count(), jobs)
    return counted == (0, 0, 0, 0)


def all_settled() -> None:
    """Wait until no transaction is open that began before the newest record.

    The horizon is the whole server's: tests that run beside this one hold it back for a moment.
    """
    from django.db import connection

    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(max(xid), 0) <"
                " pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
                " FROM core_record"
            )
            if cursor.fetchone()[0]:
                return
        sleep(0.05)
    raise AssertionError("Some transaction has been open for half a minute.")
