"""The choices reconciliation leaves to rules: how sure a match must be, whose money may be
credited without a person, how long a break may stay open.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Point
from nostro.rules.wording import hours

Usd = Annotated[Decimal, Field(json_schema_extra={"unit": "USD"})]
Score = Annotated[Decimal, Field(ge=0, le=101)]


class LinesRead(BaseModel):
    """A statement that is about to be matched."""

    bank: str
    currency: str


class HowSure(BaseModel):
    """Out of 100: from where a score confirms, from where it proposes, and ahead by how much."""

    confirm_at: Score
    propose_at: Score
    margin: Score
    days: Annotated[Decimal, Field(ge=0, le=31)]


def _said(sure: HowSure) -> str:
    return (
        f"a score of {sure.propose_at:f} within {sure.days:f} days proposes a match, and one of"
        f" {sure.confirm_at:f} that leads by {sure.margin:f} confirms it"
    )


MATCHING = Point(
    name="reconciliation.matching",
    title="How sure a match must be",
    help="Where no reference joins a line to a payment, a score does. 101 never confirms.",
    inputs=LinesRead,
    outputs=HowSure,
    cautious=HowSure(
        confirm_at=Decimal(101), propose_at=Decimal(40), margin=Decimal(15), days=Decimal(5)
    ),
    says=_said,
)

declare(
    MATCHING,
    table_of(
        MATCHING,
        [
            ("every-bank", {},
             {"confirm_at": "80", "propose_at": "40", "margin": "15", "days": "5"},
             "Amount and date alone reach 50, so they never confirm."),
        ],
    ),
)  # fmt: skip


class ReceiptArrived(BaseModel):
    """Money that arrived for a deposit: by which rule it was found, and who sent it."""

    found_by: str
    payer: Literal["client", "third party", "unnamed"]
    amount: Usd


class MayCredit(BaseModel):
    """Whether it is credited without a person."""

    credited_at_once: bool


RECEIPTS = Point(
    name="reconciliation.receipts",
    title="Which bank receipts are credited without a person",
    help="Money from somebody else's account is looked at first.",
    inputs=ReceiptArrived,
    outputs=MayCredit,
    cautious=MayCredit(credited_at_once=False),
    says=lambda answer: "it is credited" if answer.credited_at_once else "a person looks",
)

declare(
    RECEIPTS,
    table_of(
        RECEIPTS,
        [
            ("third-party", {"payer": '"third party"'}, {"credited_at_once": "false"},
             "Third parties' money is not taken unseen."),
            ("unnamed", {"payer": '"unnamed"', "amount": ">= 1000"},
             {"credited_at_once": "false"},
             "A large sum from nobody is looked at."),
            ("rest", {}, {"credited_at_once": "true"},
             "The client's own reference and amount are enough."),
        ],
    ),
)  # fmt: skip


class BreakSeen(BaseModel):
    """Something that does not agree."""

    kind: Literal[
        "credit", "debit", "returned", "statement", "bank", "provider", "payout", "missing",
        "shortfall",
    ]  # fmt: skip
    amount: Usd


class BreakClock(BaseModel):
    """Within how many hours it has to be explained."""

    within_hours: Annotated[Decimal, Field(gt=0)]


BREAKS = Point(
    name="reconciliation.breaks",
    title="How long a break may stay open",
    help="The clock of each break, by its kind and amount.",
    inputs=BreakSeen,
    outputs=BreakClock,
    cautious=BreakClock(within_hours=Decimal(4)),
    says=lambda answer: f"it is settled within {hours(answer.within_hours)}",
)

declare(
    BREAKS,
    table_of(
        BREAKS,
        [
            ("client-money", {"kind": '"shortfall", "statement"'}, {"within_hours": "8"},
             "Client money is put right by the close of the day."),
            ("large", {"amount": ">= 10000"}, {"within_hours": "4"},
             "Large amounts first."),
            ("came-back", {"kind": '"returned"'}, {"within_hours": "8"},
             "A client waits for money that came back."),
            ("rest", {}, {"within_hours": "24"}, "Everything else within a day."),
        ],
    ),
)  # fmt: skip
