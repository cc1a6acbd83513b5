"""The choice trading leaves to rules about credit: who may be lent any, how much, for how long."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Point
from nostro.trading.decisions.accounts import Category


class CreditAsked(BaseModel):
    """A credit that a colleague would give on an account."""

    entity: str
    category: Category
    worth: Annotated[Decimal, Field(json_schema_extra={"unit": "USD"})]
    """Of this credit and of what is lent on the account already."""
    days: Decimal


class CreditAnswer(BaseModel):
    """Whether it may be given."""

    allowed: bool


def _credit_said(answer: CreditAnswer) -> str:
    return "credit may be given" if answer.allowed else "no credit is given"


CREDIT = Point(
    name="trading.credit",
    title="Credit and bonus",
    help="On whose accounts money may be lent that is not theirs to withdraw.",
    inputs=CreditAsked,
    outputs=CreditAnswer,
    cautious=CreditAnswer(allowed=False),
    says=_credit_said,
)

declare(
    CREDIT,
    table_of(
        CREDIT,
        [
            ("retail-in-the-eu-and-uk", {"entity": '"CY", "UK"', "category": '"retail"'},
             {"allowed": "false"},
             "Retail clients are offered no incentive to trade: ESMA Decision 2018/796, "
             "FCA COBS 22.5."),
            ("too-much", {"worth": "> 50000"}, {"allowed": "false"},
             "No account carries more than 50,000 USD of ours."),
            ("too-long", {"days": "> 180"}, {"allowed": "false"},
             "Nothing is lent for more than half a year."),
            ("others", {}, {"allowed": "true"}, "It carries trades and cannot be withdrawn."),
        ],
    ),
)  # fmt: skip
