"""Limits and the alerts they raise, and the nets that the chart of the day draws."""

from decimal import Decimal
from typing import Literal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.exposure.decisions import LIMITS, Carried
from nostro.exposure.events import (
    AlertAcknowledged,
    AlertCleared,
    AlertGrew,
    AlertRaised,
    ExposureKept,
    LimitRemoved,
    LimitSet,
)
from nostro.exposure.live import CARRIED
from nostro.exposure.models import Alert, Limit, Reading
from nostro.exposure.queries.exact import exact_nets
from nostro.kit.money import Currency, Money
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.people.models import LegalEntity
from nostro.rules.deciding import decide
from nostro.trading.models import Instrument, Position

GREW = Decimal("1.1")
"""A standing alert speaks again when its figure is a tenth beyond its furthest so far."""


class BadLimit(Problem):
    """A limit on something that is not traded, or of no amount."""


@operation(title="Set a limit", icon="scale")
def set_limit(
    act: Act,
    *,
    kind: Literal["instrument", "currency", "total"],
    code: str = "",
    book: Literal["a", "b"] = "b",
    amount: Decimal,
    reason: str,
    entity: LegalEntity | None = None,
) -> Limit:
    """Say how much a book may carry, in USD. It goes before the rule until it is removed."""
    wanted = "" if kind == "total" else code.strip().upper()
    if not amount.is_finite() or amount <= 0 or amount >= Decimal(10) ** 15:
        raise BadLimit("A limit is an amount above zero.", field="amount")
    if kind == "instrument" and not Instrument.objects.filter(code=wanted).exists():
        raise BadLimit(f"There is no instrument {wanted or 'without a code'}.", field="code")
    if kind == "currency":
        Currency(wanted)
    if not reason.strip():
        raise BadLimit("Say why.", field="reason")
    rounded = amount.quantize(Decimal("0.01"))
    by = act.actor.id if act.actor.kind == "staff" else None
    limit, _ = Limit.objects.update_or_create(
        kind=kind, code=wanted, book=book, entity=entity,
        defaults={
            "amount": rounded, "reason": whole(reason), "set_by_id": by, "set_at": act.at,
        },
    )  # fmt: skip
    event = LimitSet(wanted or "all nets", book.upper(), limit.money, limit.reason)
    act.record(event, about=limit)
    return limit


@operation(title="Remove", icon="x", tone="refuse", confirm="The rule's own limit holds again.")
def remove_limit(act: Act, limit: Limit) -> None:
    """Take a limit away that was set by hand."""
    act.record(LimitRemoved(limit.code or "all nets", limit.book.upper()), about=limit)
    limit.delete()


@operation(internal=True)
def raise_alert(
    act: Act, *, rule: str, key: str, about: Carried, net: Money, limit: Money, why: str = "",
    entity: LegalEntity | None = None,
) -> Alert:  # fmt: skip
    """Write down that a limit is reached: one open alert for each rule and key."""
    standing = Alert.objects.select_for_update().filter(rule=rule, key=key)
    found = standing.exclude(status=Alert.Status.CLEARED).first()
    if found is None:
        question = Carried(**about.model_dump())
        decision = decide(act, LIMITS, question, about=None).id
        found = Alert.objects.create(
            rule=rule, key=key, kind=about.kind, code=about.code, book=about.book, entity=entity,
            net=net.amount, peak=net.amount, limit=limit.amount, decision=decision, why=why,
            raised_at=act.at, status=Alert.Status.OPEN,
        )  # fmt: skip
        act.record(AlertRaised(found.pk, about.code, about.book, net, limit), about=found)
        return found
    found.net, found.limit = net.amount, limit.amount
    if abs(net.amount) > abs(found.peak) * GREW:
        found.peak = net.amount
    found.save(update_fields=["net", "limit", "peak"])
    act.record(AlertGrew(found.pk, net), about=found)
    return found


@operation(internal=True)
def clear_alert(act: Act, alert: Alert, *, net: Money) -> Alert:
    """The figure is back below the exit level."""
    alert.move_to(Alert.Status.CLEARED, net=net.amount, cleared_at=act.at)
    act.record(AlertCleared(alert.pk, net), about=alert)
    return alert


@operation(title="I take it", icon="check")
def acknowledge_alert(act: Act, alert: Alert, *, note: str) -> Alert:
    """Say that you have seen it and what you do about it. It stays until the figure is back."""
    if not note.strip():
        raise Problem("Say what you do about it.", field="note")
    by = act.actor.id if act.actor.kind == "staff" else None
    alert.move_to(Alert.Status.ACKNOWLEDGED, owner_id=by, note=whole(note, "note"))
    act.record(AlertAcknowledged(alert.pk, alert.note), about=alert)
    return alert


@operation(internal=True)
def keep_reading(act: Act) -> Reading:
    """Keep the nets of this moment, for the chart of the day."""
    nets: dict[str, dict[str, dict[str, str]]] = {}
    for one in exact_nets():
        books = nets.setdefault(str(one.entity_id), {})
        books.setdefault(one.book, {})[one.code] = str(one.usd)
    count = Position.objects.filter(CARRIED).count()
    reading, _ = Reading.objects.update_or_create(
        at=act.at.replace(second=0, microsecond=0), defaults={"nets": nets, "positions": count}
    )
    act.record(ExposureKept(count), about=reading)
    return reading
