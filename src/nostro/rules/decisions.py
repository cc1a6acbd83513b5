"""Four eyes: which operation of staff needs other people, above what amount, within what time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
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
from nostro.ledger.queries import house_rates
from nostro.people.models import LegalEntity
from nostro.rules.deciding import BUILT_IN, compiled, declare, explained, table_of
from nostro.rules.engine import Compiled, compile_table, evaluate
from nostro.rules.models import Version
from nostro.rules.points import Point
from nostro.rules.tables import Table
from nostro.rules.wording import hours, people


class FourEyesAsked(BaseModel):
    """An operation that a colleague wants to carry out."""

    operation: str
    amount: Annotated[Decimal, Field(json_schema_extra={"unit": "in its currency"})]
    worth: Annotated[Decimal, Field(json_schema_extra={"unit": "USD"})]
    """Of the amount at the house's newest mid. Where nobody tells a rate of its currency it is
    above every limit: what is unknown is not small."""
    currency: str
    """Of the amount; empty where no money is asked for."""
    entity: str
    """The code of the legal entity that it concerns; empty where it concerns none."""
    kind: str
    """Of the thing: where in the chart an account stands (`client`, `house`); `client` too for an
    entry that moved a client's money, else of what kind it is."""


class FourEyesAnswer(BaseModel):
    """How many other people must agree, and within how many hours."""

    people: Annotated[Decimal, Field(ge=0, le=3)]
    within_hours: Annotated[Decimal, Field(ge=0)]


def _eyes_said(answer: FourEyesAnswer) -> str:
    if not answer.people:
        return "it is done at once"
    more = "agrees" if answer.people == 1 else "agree"
    who = people(answer.people).replace("person", "other person").replace("people", "other people")
    return f"{who} {more} within {hours(answer.within_hours)}"


FOUR_EYES = Point(
    name="rules.four_eyes",
    title="Four eyes",
    help="Which operations of staff wait for a second person.",
    inputs=FourEyesAsked,
    outputs=FourEyesAnswer,
    cautious=FourEyesAnswer(people=Decimal(1), within_hours=Decimal(24)),
    strictness=lambda answer: answer.people,
    says=_eyes_said,
)

BY_HAND = {
    "operation": '"ledger.adjust", "ledger.hold_money", "ledger.reverse_entry",'
    ' "trading.take_deal", "trading.write_off_debt"'
}
TWO = {"people": "2", "within_hours": "24"}
LARGE = [
    (
        "large-adjustments-of-clients",
        BY_HAND | {"kind": '"client"', "worth": "> 1000"},
        TWO,
        "Much of a client's money is set right by three people.",
    ),
    (
        "large-adjustments",
        BY_HAND | {"kind": '!= "client"', "worth": "> 10000"},
        TWO,
        "Much of the firm's money is set right by three people.",
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
                    "operation": '"ledger.adjust", "ledger.hold_money", "ledger.reverse_entry",'
                    ' "ledger.post_opening", "ledger.close_period", "ledger.reopen_period",'
                    ' "ledger.answer_seals",'
                    ' "people.set_level", "trading.take_deal", "trading.write_off_debt"'
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
            (
                "credit",
                {"operation": '"trading.give_credit"', "worth": "> 500"},
                {"people": "1", "within_hours": "24"},
                "More than a little credit is given by two people.",
            ),
            (
                "brought-over",
                {"operation": '"people.start_import", "trading.start_takeover"'},
                {"people": "1", "within_hours": "24"},
                "What another system held is brought over by two people.",
            ),
            ("rest", {}, {"people": "0", "within_hours": "0"}, "Everything else is done at once."),
        ],
    ),
)


def money_in(inputs: Mapping[str, Any]) -> Money | None:
    """The largest amount among an operation's inputs, whatever it is called."""
    found = [abs(one) for one in inputs.values() if isinstance(one, Money)]
    return max(found, key=lambda one: one.amount, default=None)


UNKNOWN = Decimal(10) ** 15


def worth_of(money: Money | None, at: datetime) -> Decimal:
    """What an amount is worth in USD now, to the cent."""
    if money is None or money.currency == "USD":
        return money.amount if money else Decimal(0)
    rates = house_rates(at)
    if rates is None or rates.currency != "USD" or money.currency in rates.missing:
        return UNKNOWN
    mid = rates.mids.get(money.currency)
    return min(UNKNOWN, (money.amount * mid).quantize(Decimal("0.01"))) if mid else UNKNOWN


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
    money = money_in(inputs) or getattr(subject, "largest_leg", None)
    by_entity, by_worth = (
        any(row.cells.get(field, "").strip() for row in table.rows) for field in ("entity", "worth")
    )
    asked = {
        "operation": wanted.name,
        "amount": money.amount if money else Decimal(0),
        "worth": worth_of(money, act.at) if by_worth else Decimal(0),
        "currency": str(money.currency) if money else "",
        # It costs a look into the database, so only where the table asks for it.
        "entity": entity_of(subject, inputs) if by_entity else "",
        "kind": getattr(subject, "whose", None) or str(getattr(subject, "kind", "")),
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
