"""What becomes of a client's accounts once the client may not trade any more."""

from typing import Literal

from pydantic import BaseModel

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point


class StandingAsked(BaseModel):
    """An account whose client is not active. `practice` is an account with virtual money."""

    entity: str
    status: Literal["registered", "in_review", "restricted", "refused", "closed"]
    practice: bool


class StandingAnswer(BaseModel):
    """How the account is restricted until the client's standing changes again."""

    how: Literal["none", "close_only", "read_only", "disabled"]


def _standing_said(answer: StandingAnswer) -> str:
    return {
        "none": "the account stays as it is",
        "close_only": "open trades can be closed, and nothing more",
        "read_only": "the client can look, and trade nothing",
        "disabled": "nobody signs in to the account",
    }[answer.how]


STANDING = Point(
    name="trading.client_standing",
    title="Accounts of clients who may not trade",
    help="What a trading account may still do while its client is not active. Once the client is "
    "active again, this restriction ends, and no other one does.",
    inputs=StandingAsked,
    outputs=StandingAnswer,
    cautious=StandingAnswer(how="close_only"),
    cases=(
        Case(
            "who is restricted may close what is open",
            {"entity": "CY", "status": "restricted", "practice": False},
            {"how": "close_only"},
        ),
    ),
    says=_standing_said,
)

declare(
    STANDING,
    table_of(
        STANDING,
        [
            ("ended", {"status": '"closed", "refused"'}, {"how": '"read_only"'},
             "Nothing is traded any more; what is left is paid back."),
            ("practice", {"practice": "true"}, {"how": '"none"'},
             "Virtual money does nobody any harm."),
            ("restricted", {"status": '"restricted"'}, {"how": '"close_only"'},
             "They close what they hold and take their money out."),
            ("others", {}, {"how": '"read_only"'}, "Real money waits until the file is approved."),
        ],
    ),
)  # fmt: skip
