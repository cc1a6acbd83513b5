"""Four eyes: which operation of staff needs other people, above what amount, within what time."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

from django.db import models
from pydantic import BaseModel, Field

from nostro.core.acts import Act
from nostro.core.approvals import ASK, Need
from nostro.core.operations import Operation
from nostro.kit.money import Money
from nostro.rules.deciding import BUILT_IN, compiled, declare, explained, table_of
from nostro.rules.engine import Compiled, compile_table, evaluate
from nostro.rules.models import Version
from nostro.rules.points import Point
from nostro.rules.tables import Table


class FourEyesAsked(BaseModel):
    """An operation that a colleague wants to carry out."""

    operation: str
    amount: Annotated[Decimal, Field(json_schema_extra={"unit": "in its currency"})]


class FourEyesAnswer(BaseModel):
    """How many other people must agree, and within how many hours."""

    people: Annotated[Decimal, Field(ge=0, le=3)]
    within_hours: Annotated[Decimal, Field(ge=0)]


FOUR_EYES = Point(
    name="rules.four_eyes",
    title="Four eyes",
    help="Which operations of staff wait for a second person.",
    inputs=FourEyesAsked,
    outputs=FourEyesAnswer,
    cautious=FourEyesAnswer(people=Decimal(1), within_hours=Decimal(24)),
    strictness=lambda answer: answer.people,
)

declare(
    FOUR_EYES,
    table_of(
        FOUR_EYES,
        [
            (
                "people-and-rights",
                {
                    "operation": '"people.set_role", "people.add_staff", "people.change_staff",'
                    ' "people.add_entity", "people.change_entity"'
                },
                {"people": "1", "within_hours": "24"},
                "Rights are given by two people.",
            ),
            (
                "adjustments",
                {
                    "operation": '"ledger.adjust", "ledger.reverse_entry", "ledger.close_period",'
                    ' "ledger.reopen_period", "people.set_level"'
                },
                {"people": "1", "within_hours": "8"},
                "What rules decide is overridden by two people.",
            ),
            ("rest", {}, {"people": "0", "within_hours": "0"}, "Everything else is done at once."),
        ],
    ),
)


def amount_in(inputs: Mapping[str, Any]) -> Decimal:
    """The amount among an operation's inputs, whatever it is called; zero where there is none."""
    return max((abs(v.amount) for v in inputs.values() if isinstance(v, Money)), default=Decimal(0))


@lru_cache(maxsize=64)
def _in_force(act: UUID) -> tuple[Compiled, Table]:
    """The four-eyes table as one act sees it: looked up once, however often it is asked."""
    version = Version.objects.filter(point=FOUR_EYES.name, status=Version.Status.ACTIVE).first()
    if version is not None:
        return compiled(version.pk, version.fingerprint)
    table = BUILT_IN[FOUR_EYES.name]
    return compile_table(FOUR_EYES, table), table


def ask(
    act: Act,
    wanted: Operation[..., Any],
    subject: models.Model | None,
    inputs: Mapping[str, Any],
) -> Need:
    """What the four-eyes table says of this call; without a version, the built-in one."""
    ready, table = _in_force(act.id)
    outcome = evaluate(FOUR_EYES, ready, {"operation": wanted.name, "amount": amount_in(inputs)})
    answer = outcome.output
    return Need(
        people=int(answer.people),
        permission=wanted.name,
        within=timedelta(hours=int(answer.within_hours)) if answer.within_hours else None,
        sentence=explained(FOUR_EYES, table, outcome),
    )


ASK[:] = [ask]
