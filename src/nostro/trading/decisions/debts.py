"""The choice about accounts that stand below zero."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Point
from nostro.trading.decisions.accounts import Category


class NegativeAsked(BaseModel):
    """An account below zero without open trades. `owed` is what is missing and `equity` what is
    left of it with credit, in USD; `cause` is what brought it below zero: trading, money that
    somebody moved, or nothing that its deals tell.
    """

    entity: str
    category: Category
    owed: Decimal
    equity: Decimal
    cause: Literal["trading", "money", "unknown"]


class NegativeAnswer(BaseModel):
    """Whether we set it to zero; else a person looks."""

    correct: bool


def _negative_said(answer: NegativeAnswer) -> str:
    return "the balance is set to zero at our cost" if answer.correct else "a person decides"


NEGATIVE = Point(
    name="trading.negative_balance",
    title="Negative balances",
    help="What happens to an account that a stop-out left below zero.",
    inputs=NegativeAsked,
    outputs=NegativeAnswer,
    cautious=NegativeAnswer(correct=False),
    learnt={"equity": Decimal(0), "cause": "trading"},
    says=_negative_said,
)
NOT, YES = {"correct": "false"}, {"correct": "true"}

declare(
    NEGATIVE,
    table_of(
        NEGATIVE,
        [
            ("lent", {"equity": "> 0"}, NOT,
             "What is lent still carries the account: nothing is owed while it does."),
            ("not-traded", {"cause": '!= "trading"'}, NOT,
             "Money was moved by somebody, perhaps by mistake: it is set right there."),
            ("large", {"owed": "> 10000"}, NOT,
             "Before we pay this much a person looks at how it came about."),
            ("retail", {"category": '"retail"'}, YES,
             "Retail clients never owe (ESMA decision (EU) 2018/796, Art. 2(d); COBS 22.5.17)."),
            ("small", {"owed": "<= 500"}, YES, "Not worth asking back."),
            ("professional", {}, NOT, "Professionals may owe: a person asks."),
        ],
    ),
)  # fmt: skip
