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
from nostro.people.models import LegalEntity
from nostro.rules.deciding import BUILT_IN, compiled, declare, explained, table_of
from nostro.rules.engine import Compiled, compile_table, evaluate
from nostro.rules.models import Version
from nostro.rules.points import Point
from nostro.rules.tables import Table


class FourEyesAsked(BaseModel):
    """An operation that a colleague wants to carry out."""

    operation: str
    amount: Annotated[Decimal, Field(json_schema_extra={"unit": "in its currency"})]
    currency: str
    """Of the amount; empty where no money is asked for."""
    entity: str
    """The code of the legal entity that it concerns; empty where it concerns none."""
    kind: str
    """Of the thing: where in the chart an account stands (`client`, `house`), of what kind an
    entry is."""


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

ADJUST = {"operation": '"ledger.adjust", "trading.take_deal"'}
TWO = {"people": "2", "within_hours": "24"}
CLIENTS = "Much of a client's money is set right by three people."
FIRMS = "Much of the firm's money is set right by three people."
LARGE = [
    (
        "large-adjustments-of-clients",
        ADJUST | {"kind": '"client"', "currency": '!= "JPY"', "amount": "> 1000"},
        TWO,
        CLIENTS,
    ),
    (
        "large-adjustments-of-clients-in-yen",
        ADJUST | {"kind": '"client"', "currency": '"JPY"', "amount": "> 150000"},
        TWO,
        CLIENTS,
    ),
    (
        "large-adjustments",
        ADJUST | {"kind": '!= "client"', "currency": '!= "JPY"', "amount": "> 10000"},
        TWO,
        FIRMS,
    ),
    (
        "large-adjustments-in-yen",
        ADJUST | {"kind": '!= "client"', "currency": '"JPY"', "amount": "> 1500000"},
        TWO,
        FIRMS,
    ),
]

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
            *LARGE,
            (
                "adjustments",
                {
                    "operation": '"ledger.adjust", "ledger.reverse_entry", "ledger.post_opening",'
                    ' "ledger.close_period", "ledger.reopen_period", "people.set_level",'
                    ' "trading.take_deal"'
                },
                {"people": "1", "within_hours": "8"},
                "What rules decide is overridden by two people.",
            ),
            (
                "news",
                {"operation": '"trading.add_news_window", "trading.end_news_window"'},
                {"people": "1", "within_hours": "8"},
                "The leverage of every account is changed by two people.",
            ),
            ("rest", {}, {"people": "0", "within_hours": "0"}, "Everything else is done at once."),
        ],
    ),
)


def money_in(inputs: Mapping[str, Any]) -> Money | None:
    """The largest amount among an operation's inputs, whatever it is called."""
    found = [abs(one) for one in inputs.values() if isinstance(one, Money)]
    return max(found, key=lambda one: one.amount, default=None)


def entity_of(subject: models.Model | None, inputs: Mapping[str, Any]) -> str:
    """The code of the legal entity that a thing belongs to, by itself or by its client."""
    entity_id = getattr(subject, "entity_id", None) or inputs.get("entity_id")
    client_id = getattr(subject, "client_id", None)
    if entity_id is None and client_id is None:
        return ""
    lookup = {"pk": entity_id} if entity_id is not None else {"client__pk": client_id}
    code = LegalEntity.objects.filter(**lookup).values_list("code", flat=True).first()
    return code or ""


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
    money = money_in(inputs)
    by_entity = any(row.cells.get("entity", "").strip() for row in table.rows)
    asked = {
        "operation": wanted.name,
        "amount": money.amount if money else Decimal(0),
        "currency": str(money.currency) if money else "",
        # It costs a look into the database, so only where the table asks for it.
        "entity": entity_of(subject, inputs) if by_entity else "",
        "kind": str(getattr(subject, "kind", "")),
    }
    outcome = evaluate(FOUR_EYES, ready, asked)
    answer = outcome.output
    return Need(
        people=int(answer.people),
        permission=wanted.name,
        within=timedelta(hours=int(answer.within_hours)) if answer.within_hours else None,
        sentence=explained(FOUR_EYES, table, outcome),
    )


ASK[:] = [ask]
