"""The choices partners leaves to rules: first plans, clicks, whose client it is, payouts."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point
from nostro.rules.wording import hours

Usd = Annotated[Decimal, Field(json_schema_extra={"unit": "USD"})]
Days = Annotated[Decimal, Field(json_schema_extra={"unit": "days"})]


class NewPartner(BaseModel):
    """A partner who joins."""

    entity: str
    currency: str
    under_another: bool


class PlanAnswer(BaseModel):
    """The plan to start on, by slug; empty where a person chooses."""

    plan: str


def _plan_said(answer: PlanAnswer) -> str:
    return f"they start on {answer.plan}" if answer.plan else "a person chooses their plan"


FIRST_PLAN = Point(
    name="partners.plan",
    title="Which plan a new partner starts on",
    help="Assigned when the partner is added. Staff may assign another one at any time.",
    inputs=NewPartner,
    outputs=PlanAnswer,
    cautious=PlanAnswer(plan=""),
    says=_plan_said,
)

declare(
    FIRST_PLAN,
    table_of(
        FIRST_PLAN,
        [
            ("dollars", {"currency": '"USD"'}, {"plan": '"standard-ib"'},
             "Partners paid in dollars start on Standard IB."),
            ("others", {}, {"plan": '""'},
             "The partner desk agrees on a plan in any other currency."),
        ],
    ),
)  # fmt: skip


class LinkFollowed(BaseModel):
    """Somebody follows a link, perhaps not the first one."""

    partner: str
    campaign: str
    earlier_click: bool


class ClickAnswer(BaseModel):
    """Which click the client belongs to, and for how many days it counts."""

    wins: Literal["first", "last"]
    days: Annotated[Decimal, Field(ge=1, le=365)]


def _click_said(answer: ClickAnswer) -> str:
    return f"the {answer.wins} click counts for {answer.days:f} days"


CLICKS = Point(
    name="partners.clicks",
    title="Which click counts, and for how long",
    help="Asked each time a partner's link is followed.",
    inputs=LinkFollowed,
    outputs=ClickAnswer,
    cautious=ClickAnswer(wins="first", days=Decimal(30)),
    says=_click_said,
)

declare(
    CLICKS,
    table_of(
        CLICKS,
        [
            ("first-90", {}, {"wins": '"first"', "days": "90"},
             "The first click counts, for 90 days."),
        ],
    ),
)  # fmt: skip


class ClientClaimed(BaseModel):
    """A partner's claim on a client."""

    how: Literal["link", "code", "hand"]
    related: bool
    linked_already: bool
    registered_days: Days


class ClaimAnswer(BaseModel):
    """Follow the claim, or keep everything as it is, with the reason as people are told."""

    follow: bool
    reason: str


def _claim_said(answer: ClaimAnswer) -> str:
    does = "the claim is followed" if answer.follow else "everything stays as it is"
    return f"{does}: {answer.reason[:1].lower()}{answer.reason[1:].rstrip('.')}"


ATTRIBUTION = Point(
    name="partners.attribution",
    title="Whose client somebody is",
    help="The first row that matches decides. Claims that are not followed are kept as conflicts.",
    inputs=ClientClaimed,
    outputs=ClaimAnswer,
    cautious=ClaimAnswer(follow=False, reason="This claim has to be looked at by a person."),
    cases=(
        Case(
            "nobody is their own client",
            {"how": "link", "related": True, "linked_already": False, "registered_days": "0"},
            {"follow": False},
        ),
    ),
    says=_claim_said,
)

declare(
    ATTRIBUTION,
    table_of(
        ATTRIBUTION,
        [
            ("self-referral", {"related": "true"},
             {"follow": "false", "reason": '"A partner does not earn on their own account."'},
             "No self-referral."),
            ("taken", {"linked_already": "true"},
             {"follow": "false", "reason": '"The client came through a partner already."'},
             "The first partner keeps the client."),
            ("late", {"how": '"link", "code"', "registered_days": "> 7"},
             {"follow": "false", "reason": '"The client had registered before."'},
             "A client who was here already is nobody's."),
            ("follow", {}, {"follow": "true", "reason": '"A valid claim."'},
             "Everything else is followed."),
        ],
    ),
)  # fmt: skip


class PayoutAsked(BaseModel):
    """A closed statement."""

    amount: Usd
    first_payout: bool
    taken_back: Usd
    joined_days: Days


class PayoutAnswer(BaseModel):
    """Whether a person looks at it first, and within how many hours."""

    approval: Literal["automatic", "person"]
    within_hours: Annotated[Decimal, Field(gt=0)]


def _payout_said(answer: PayoutAnswer) -> str:
    if answer.approval == "automatic":
        return "it is approved without staff"
    return f"a person approves it within {hours(answer.within_hours)}"


PAYOUT = Point(
    name="partners.payout",
    title="Which statements are approved without staff",
    help="Asked when a statement is closed.",
    inputs=PayoutAsked,
    outputs=PayoutAnswer,
    cautious=PayoutAnswer(approval="person", within_hours=Decimal(48)),
    says=_payout_said,
    cases=(
        Case(
            "a first payout is looked at",
            {"amount": "90", "first_payout": True, "taken_back": "0", "joined_days": "40"},
            {"approval": "person"},
        ),
    ),
)

declare(
    PAYOUT,
    table_of(
        PAYOUT,
        [
            ("first", {"first_payout": "true"},
             {"approval": '"person"', "within_hours": "48"},
             "A first payout is looked at once."),
            ("corrected", {"taken_back": "> 100"},
             {"approval": '"person"', "within_hours": "48"},
             "Large corrections are looked at."),
            ("small", {"amount": "< 500"},
             {"approval": '"automatic"', "within_hours": "24"},
             "Small payouts to known partners need nobody."),
            ("person", {}, {"approval": '"person"', "within_hours": "48"},
             "Everything else takes one person."),
        ],
    ),
)  # fmt: skip
