"""Positions at providers that our fills do not explain: found by asking, explained by a person."""

from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.exposure.events import (
    PositionBreakExplained,
    PositionBreakFound,
    PositionBreakSettled,
)
from nostro.exposure.models import PositionBreak, ProviderPosition
from nostro.kit.problems import Problem
from nostro.kit.words import whole


@operation(internal=True)
def open_position_break(act: Act, position: ProviderPosition, *, cause: str) -> PositionBreak:
    """Write down a difference with its cause; one that stands and has changed is told again."""
    figures = {"theirs": position.theirs or Decimal(0), "ours": position.ours_then}
    found = PositionBreak.objects.filter(position=position, status="open").first()
    if found is None:
        found = PositionBreak.objects.create(
            position=position, cause=cause[:400], found_at=act.at,
            status=PositionBreak.Status.OPEN, **figures,
        )  # fmt: skip
    else:
        found.theirs, found.ours, found.cause = figures["theirs"], figures["ours"], cause[:400]
        found.save(update_fields=["theirs", "ours", "cause"])
    told = (f"{one.normalize():f}" for one in (found.theirs, found.ours))
    act.record(PositionBreakFound(found.pk, *told), about=found)
    return found


@operation(internal=True)
def settle_position_break(act: Act, position_break: PositionBreak) -> PositionBreak:
    """Both sides agree again."""
    position_break.move_to(PositionBreak.Status.SETTLED)
    act.record(PositionBreakSettled(position_break.pk), about=position_break)
    return position_break


@operation(title="Explain", icon="check")
def explain_break(
    act: Act, position_break: PositionBreak, *, note: str, take_over: bool = False
) -> PositionBreak:
    """Say where the difference comes from. Taken over, it counts as ours from now on: so do
    positions that were there before the provider was listened to.
    """
    if not note.strip():
        raise Problem("Say where it comes from.", field="note")
    said = whole(note, "note")
    position_break.move_to(PositionBreak.Status.EXPLAINED, note=said)
    if take_over:
        position = ProviderPosition.objects.select_for_update().get(pk=position_break.position_id)
        position.brought += position_break.difference
        position.save(update_fields=["brought"])
    act.record(PositionBreakExplained(position_break.pk, said, take_over), about=position_break)
    return position_break
