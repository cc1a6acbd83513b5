"""When an account that nobody uses falls dormant, and what wakes it."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Point

Days = Annotated[Decimal, Field(json_schema_extra={"unit": "days"})]


class DormancyAsked(BaseModel):
    """An account nobody uses. `idle_days` since its last trade, or since it was opened;
    `unseen_days` since its owner last signed in, here or on the platform; `used_since` whether
    either happened after it fell dormant; `status` is open or dormant; `balance` in USD.
    """

    entity: str
    status: Literal["open", "dormant"]
    idle_days: Days
    unseen_days: Days
    noticed_days: Days
    used_since: bool
    balance: Decimal


class DormancyAnswer(BaseModel):
    """What is due: nothing, a notice, dormancy, the month's fee in the account's currency, or that
    it wakes.
    """

    step: Literal["none", "notice", "dormant", "fee", "wake"]
    fee: Annotated[Decimal, Field(ge=0, le=100)]


def _dormancy_said(answer: DormancyAnswer) -> str:
    return {
        "none": "nothing is due",
        "notice": "the client is told",
        "dormant": "it falls dormant",
        "fee": f"{answer.fee:f} of the account's currency is charged for the month",
        "wake": "it wakes",
    }[answer.step]


DORMANCY = Point(
    name="trading.dormancy",
    title="When an account falls dormant",
    help="Notice first, dormancy after it, and a fee a month that never takes more than there is."
    " Days of notice are -1 before it was given.",
    inputs=DormancyAsked,
    outputs=DormancyAnswer,
    cautious=DormancyAnswer(step="none", fee=Decimal(0)),
    learnt={"unseen_days": "100000", "used_since": False},
    says=_dormancy_said,
)

declare(
    DORMANCY,
    table_of(
        DORMANCY,
        [
            ("woken", {"status": '"dormant"', "used_since": "true"}, {"step": '"wake"', "fee": "0"},
             "Whoever signs in or trades again uses it again."),
            ("fee", {"status": '"dormant"', "balance": "> 0"}, {"step": '"fee"', "fee": "10"},
             "Keeping a dormant account costs 10 a month (client agreement, section 14)."),
            ("kept", {"status": '"dormant"'}, {"step": '"none"', "fee": "0"},
             "Nothing is taken where nothing is."),
            ("dormant",
             {"idle_days": ">= 365", "unseen_days": ">= 365", "noticed_days": ">= 30"},
             {"step": '"dormant"', "fee": "0"},
             "A year without a trade or a sign-in, and 30 days of notice."),
            ("notice", {"idle_days": ">= 335", "unseen_days": ">= 335", "noticed_days": "< 0"},
             {"step": '"notice"', "fee": "0"}, "The client is told 30 days before."),
            ("used", {}, {"step": '"none"', "fee": "0"}, "It is used, or its notice runs."),
        ],
    ),
)  # fmt: skip
