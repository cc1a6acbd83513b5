"""What practice accounts are left to rules: who may have one, with how much virtual money, and when
one that nobody trades on ends.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Point
from nostro.trading.decisions.accounts import ESMA, Row

Amount = Annotated[Decimal, Field(ge=0, le=10_000_000)]


class PracticeAsked(BaseModel):
    """Somebody who wants to practise. `confirmed` says that their e-mail address is theirs."""

    entity: str
    country: str
    account_type: str
    currency: str
    standing: Literal["registered", "in_review", "active", "restricted", "refused", "closed"]
    confirmed: bool
    level: Decimal


class PracticeAnswer(BaseModel):
    """How many practice accounts at once, where and with what leverage. A group or platform that is
    empty is any for practice. Amounts in the account's currency: what it may begin with, the
    balance below which more may be had, and how far up.
    """

    accounts: Annotated[Decimal, Field(ge=0, le=100)]
    group: str
    platform: str
    leverage: Annotated[Decimal, Field(ge=0, le=1000)]
    least: Amount
    most: Amount
    top_up_below: Amount
    top_up_to: Amount


def _practice_said(answer: PracticeAnswer) -> str:
    if answer.accounts == 0:
        return "no practice account is opened"
    where = answer.group or "any practice group"
    kept = "practice account is" if answer.accounts == 1 else "practice accounts are"
    return (
        f"{answer.accounts:f} {kept} held at most, in {where} at 1:{answer.leverage:f},"
        f" with {answer.least:,f} to {answer.most:,f} of virtual money"
    )


PRACTICE = Point(
    name="trading.practice",
    title="Where a practice account is opened",
    help="Who may practise, in which group, and with how much virtual money.",
    inputs=PracticeAsked,
    outputs=PracticeAnswer,
    cautious=PracticeAnswer(
        accounts=Decimal(0), group="", platform="", leverage=Decimal(0), least=Decimal(0),
        most=Decimal(0), top_up_below=Decimal(0), top_up_to=Decimal(0),
    ),
    says=_practice_said,
)  # fmt: skip

NOBODY = {
    "accounts": "0", "group": '""', "platform": '""', "leverage": "0", "least": "0", "most": "0",
    "top_up_below": "0", "top_up_to": "0",
}  # fmt: skip


def _lent(leverage: int) -> dict[str, str]:
    return {
        "accounts": "3", "group": '""', "platform": '""', "leverage": str(leverage),
        "least": "100", "most": "100000", "top_up_below": "5000", "top_up_to": "100000",
    }  # fmt: skip


_ROWS: list[Row] = [
    ("refused", {"standing": '"refused"'}, NOBODY, "We do not do business with them."),
    ("closed", {"standing": '"closed"'}, NOBODY, "They have left us."),
    ("unconfirmed", {"confirmed": "false", "level": "0"}, NOBODY,
     "The e-mail address is confirmed first."),
    ("cy", {"entity": '"CY"'}, _lent(30), f"As with real money: {ESMA}"),
    ("uk", {"entity": '"UK"'}, _lent(30), "As with real money: the FCA's cap (COBS 22.5) is 30."),
    ("sc", {"entity": '"SC"'}, _lent(500), "As with real money: the house's own cap."),
]  # fmt: skip

declare(PRACTICE, table_of(PRACTICE, _ROWS))


class PracticeEndAsked(BaseModel):
    """A practice account that nobody trades on. Days of notice are -1 before it was given."""

    entity: str
    idle_days: Decimal
    noticed_days: Decimal


class PracticeEndAnswer(BaseModel):
    """What is due: nothing, a notice, or its end."""

    step: Literal["none", "notice", "end"]


def _practice_end_said(answer: PracticeEndAnswer) -> str:
    said = {"none": "it goes on", "notice": "the client is told", "end": "it is closed"}
    return said[answer.step]


PRACTICE_END = Point(
    name="trading.practice_end",
    title="When a practice account ends",
    help="Notice first, then it is closed. An open trade or a waiting order keeps it.",
    inputs=PracticeEndAsked,
    outputs=PracticeEndAnswer,
    cautious=PracticeEndAnswer(step="none"),
    says=_practice_end_said,
)

declare(
    PRACTICE_END,
    table_of(
        PRACTICE_END,
        [
            ("end", {"idle_days": ">= 30", "noticed_days": ">= 7"}, {"step": '"end"'},
             "A month without a trade, and a week of notice."),
            ("notice", {"idle_days": ">= 23", "noticed_days": "< 0"}, {"step": '"notice"'},
             "The client is told a week before."),
            ("used", {}, {"step": '"none"'}, "It is used, or its notice runs."),
        ],
    ),
)  # fmt: skip
