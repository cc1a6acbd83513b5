"""The choices payments leaves to rules: who approves a withdrawal, who takes a deposit."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point
from nostro.rules.wording import hours, people

Usd = Annotated[Decimal, Field(json_schema_extra={"unit": "USD"})]
Days = Annotated[Decimal, Field(json_schema_extra={"unit": "days"})]


class WithdrawalAsked(BaseModel):
    """A withdrawal, as the rules see it."""

    amount: Usd
    total_24h: Annotated[Usd, Field(title="day total")]
    risk: Literal["none", "low", "medium", "high"]
    level: Decimal
    entity: str
    country: str
    new_destination: bool
    verified_days: Annotated[Days, Field(title="time verified")]
    checks_failed: Annotated[Decimal, Field(title="failed checks")]


class ApprovalAnswer(BaseModel):
    """How many people must approve, in which queue, within how many hours."""

    people: Annotated[Decimal, Field(ge=0, le=2, title="approvals")]
    queue: Literal["nobody", "payments", "compliance"]
    within_hours: Annotated[Decimal, Field(gt=0, title="hours")]


def _approval_said(answer: ApprovalAnswer) -> str:
    if not answer.people:
        return "it is paid without staff"
    whose = "" if answer.queue == "nobody" else f" of the {answer.queue} queue"
    approve = "approves" if answer.people == 1 else "approve"
    return f"{people(answer.people)}{whose} {approve} within {hours(answer.within_hours)}"


APPROVAL = Point(
    name="payments.approval",
    title="Who approves a withdrawal",
    help="Automatic under a limit, else one or two people, never the same person twice.",
    inputs=WithdrawalAsked,
    outputs=ApprovalAnswer,
    cautious=ApprovalAnswer(people=Decimal(2), queue="compliance", within_hours=Decimal(4)),
    cases=(
        Case(
            "a large one needs two people",
            {"amount": "60000", "total_24h": "60000", "risk": "low", "level": "2", "entity": "CY",
             "country": "AT", "new_destination": False, "verified_days": "400",
             "checks_failed": "0"},
            {"people": "2"},
        ),
    ),
    says=_approval_said,
)  # fmt: skip

declare(
    APPROVAL,
    table_of(
        APPROVAL,
        [
            ("failed-check-large", {"checks_failed": "> 0", "amount": ">= 10000"},
             {"people": "2", "queue": '"compliance"', "within_hours": "4"},
             "A large amount with a failed check takes two people of compliance."),
            ("failed-check", {"checks_failed": "> 0"},
             {"people": "1", "queue": '"compliance"', "within_hours": "4"},
             "A failed check is looked at by compliance."),
            ("high-risk", {"risk": '"high"'},
             {"people": "2", "queue": '"compliance"', "within_hours": "4"},
             "High risk is never automatic."),
            ("not-scored", {"risk": '"none"'},
             {"people": "1", "queue": '"compliance"', "within_hours": "4"},
             "Nobody is paid before a risk score."),
            ("two-people", {"amount": ">= 10000"},
             {"people": "2", "queue": '"payments"', "within_hours": "4"},
             "Large amounts take two people."),
            ("day-total", {"total_24h": ">= 10000"},
             {"people": "2", "queue": '"payments"', "within_hours": "4"},
             "Large amounts in parts take two people as well."),
            ("new-destination", {"new_destination": "true"},
             {"people": "1", "queue": '"payments"', "within_hours": "4"},
             "A new destination is looked at once."),
            ("new-client", {"verified_days": "< 14", "amount": ">= 200"},
             {"people": "1", "queue": '"payments"', "within_hours": "4"},
             "A young relationship is looked at."),
            ("automatic", {"amount": "< 500", "risk": '"low", "medium"', "level": ">= 2"},
             {"people": "0", "queue": '"nobody"', "within_hours": "1"},
             "Small amounts to a known destination are paid without staff."),
            ("one-person", {},
             {"people": "1", "queue": '"payments"', "within_hours": "4"},
             "Everything else takes one person."),
        ],
    ),
)  # fmt: skip


class RouteAsked(BaseModel):
    """A deposit that looks for a provider."""

    method: str
    currency: str
    amount: Usd
    country: str
    entity: str


class RouteAnswer(BaseModel):
    """The provider to go to, by slug; empty where none takes it."""

    provider: str


def _route_said(answer: RouteAnswer) -> str:
    return f"{answer.provider} takes it" if answer.provider else "no provider takes it"


ROUTING = Point(
    name="payments.routing",
    title="Which provider takes a deposit",
    help="The first row that matches names the provider.",
    inputs=RouteAsked,
    outputs=RouteAnswer,
    cautious=RouteAnswer(provider=""),
    says=_route_said,
)

declare(
    ROUTING,
    table_of(
        ROUTING,
        [
            ("cards", {"method": '"card"', "amount": "<= 50000"}, {"provider": '"cardwell"'},
             "Cards go to Cardwell."),
            ("wires", {"method": '"bank"'}, {"provider": '"aegean"'},
             "Wires arrive at Aegean Bank."),
        ],
    ),
)  # fmt: skip


class PayInAsked(BaseModel):
    """Money that a client would pay in. The totals of the last 24 hours and 30 days have it in."""

    method: str
    entity: str
    country: str
    level: Decimal
    risk: Literal["none", "low", "medium", "high"]
    amount: Usd
    total_24h: Annotated[Usd, Field(title="day total")]
    total_30d: Annotated[Usd, Field(title="total of 30 days")]


class PayInAnswer(BaseModel):
    """The most that may be paid in within 24 hours and within 30 days, in USD."""

    most_24h: Annotated[Usd, Field(ge=0, title="most in a day")]
    most_30d: Annotated[Usd, Field(ge=0, title="most in 30 days")]


def _pay_in_said(answer: PayInAnswer) -> str:
    return (
        f"up to {answer.most_24h:,.0f} USD is paid in within 24 hours,"
        f" up to {answer.most_30d:,.0f} USD within 30 days"
    )


PAY_IN = Point(
    name="payments.pay_in",
    title="How much a client may pay in",
    help="The most of a day and of 30 days. The first row that matches says it.",
    inputs=PayInAsked,
    outputs=PayInAnswer,
    cautious=PayInAnswer(most_24h=Decimal(0), most_30d=Decimal(0)),
    cases=(
        Case(
            "somebody who is not verified in full pays in a little only",
            {"method": "card", "entity": "CY", "country": "AT", "level": "1", "risk": "low",
             "amount": "100", "total_24h": "100", "total_30d": "100"},
            {"most_30d": "2000"},
        ),
    ),
    says=_pay_in_said,
)  # fmt: skip

declare(
    PAY_IN,
    table_of(
        PAY_IN,
        [
            ("not-verified", {"level": "< 2"}, {"most_24h": "2000", "most_30d": "2000"},
             "Little is taken before the documents are approved in full."),
            ("high-risk", {"risk": '"high"'}, {"most_24h": "10000", "most_30d": "20000"},
             "More of high risk is talked about first."),
            ("everyone", {}, {"most_24h": "100000", "most_30d": "250000"},
             "More is agreed with the firm first."),
        ],
    ),
)  # fmt: skip


class ExchangeAsked(BaseModel):
    """A client who would exchange money of one wallet into another."""

    entity: str
    country: str
    level: Decimal
    sells: str
    buys: str
    worth: Usd


class ExchangeAnswer(BaseModel):
    """Whether it may be, at which spread in per cent of the rate, and how long a rate holds."""

    allowed: bool
    spread: Annotated[Decimal, Field(ge=0, le=10, json_schema_extra={"unit": "%"})]
    seconds: Annotated[Decimal, Field(ge=5, le=300)]


def _exchange_said(answer: ExchangeAnswer) -> str:
    if not answer.allowed:
        return "nothing is exchanged"
    return (
        f"it is exchanged with a spread of {answer.spread.normalize():f} %,"
        f" at a rate that holds for {answer.seconds:f} seconds"
    )


EXCHANGE = Point(
    name="payments.exchange",
    title="Exchange between wallets",
    help="What clients may exchange by themselves, and at which spread.",
    inputs=ExchangeAsked,
    outputs=ExchangeAnswer,
    cautious=ExchangeAnswer(allowed=False, spread=Decimal(0), seconds=Decimal(30)),
    says=_exchange_said,
)

declare(
    EXCHANGE,
    table_of(
        EXCHANGE,
        [
            ("not-verified", {"level": "< 1"},
             {"allowed": "false", "spread": "0", "seconds": "30"},
             "Nobody exchanges before a first verification."),
            ("large", {"worth": "> 50000"},
             {"allowed": "false", "spread": "0", "seconds": "30"},
             "Above 50,000 USD a dealer is asked for a rate."),
            ("coins-sold", {"sells": '"BTC", "ETH", "USDT"'},
             {"allowed": "true", "spread": "1.5", "seconds": "30"},
             "Coins move more within half a minute."),
            ("coins-bought", {"buys": '"BTC", "ETH", "USDT"'},
             {"allowed": "true", "spread": "1.5", "seconds": "30"},
             "Coins move more within half a minute."),
            ("currencies", {},
             {"allowed": "true", "spread": "0.5", "seconds": "60"},
             "Half a per cent between currencies."),
        ],
    ),
)  # fmt: skip


class ClientTransferAsked(BaseModel):
    """Money that one client would give to another one. `worth` and `total_24h`, which has it in, in
    USD; levels are of verification; `known` where the same two did it before; `of_cards` where
    money of the giver could still go back to a card.
    """

    entity: str
    same_entity: bool
    currency: str
    worth: Usd
    total_24h: Annotated[Usd, Field(title="day total")]
    count_24h: Annotated[Decimal, Field(title="how many in a day")]
    level: Decimal
    recipient_level: Decimal
    risk: Literal["none", "low", "medium", "high"]
    recipient_risk: Literal["none", "low", "medium", "high"]
    known: Annotated[bool, Field(title="sent before")]
    of_cards: Annotated[bool, Field(title="card money")]


class ClientTransferAnswer(BaseModel):
    """Whether it goes by itself, a person approves it within some hours, or it is not done; `told`
    is what the client then reads, who learns nothing of the other one by it.
    """

    verdict: Literal["automatic", "person", "refused"]
    within_hours: Annotated[Decimal, Field(gt=0, title="hours")]
    told: Annotated[str, Field(max_length=300)]


def _client_transfer_said(answer: ClientTransferAnswer) -> str:
    if answer.verdict == "person":
        return f"a person approves it within {hours(answer.within_hours)}"
    return "it goes at once" if answer.verdict == "automatic" else "it is not done"


CLIENT_TRANSFER = Point(
    name="payments.client_transfer",
    title="Money to another client",
    help="What clients may send to one another, by themselves or with a person's yes.",
    inputs=ClientTransferAsked,
    outputs=ClientTransferAnswer,
    cautious=ClientTransferAnswer(verdict="person", within_hours=Decimal(4), told=""),
    cases=(
        Case(
            "nothing goes to another legal entity",
            {"entity": "CY", "same_entity": False, "currency": "EUR", "worth": "10",
             "total_24h": "10", "count_24h": "1", "level": "2", "recipient_level": "2",
             "risk": "low", "recipient_risk": "low", "known": True, "of_cards": False},
            {"verdict": "refused"},
        ),
        Case(
            "nothing goes to somebody who is not verified",
            {"entity": "CY", "same_entity": True, "currency": "EUR", "worth": "10",
             "total_24h": "10", "count_24h": "1", "level": "2", "recipient_level": "1",
             "risk": "low", "recipient_risk": "low", "known": True, "of_cards": False},
            {"verdict": "refused"},
        ),
    ),
    says=_client_transfer_said,
)  # fmt: skip

_PERSON = {"verdict": '"person"', "within_hours": "4", "told": '""'}
_AUTOMATIC = {"verdict": '"automatic"', "within_hours": "4", "told": '""'}


def _refused(told: str) -> dict[str, str]:
    return {"verdict": '"refused"', "within_hours": "4", "told": f'"{told}"'}


_UNVERIFIED = _refused("We send money between clients once both are fully verified.")

declare(
    CLIENT_TRANSFER,
    table_of(
        CLIENT_TRANSFER,
        [
            ("another-entity", {"same_entity": "false"},
             _refused("Money is sent between clients of the same firm only."),
             "Client money of one legal entity never becomes another's."),
            ("not-verified", {"level": "< 2"}, _UNVERIFIED, "Both sides are verified first."),
            ("recipient", {"recipient_level": "< 2"}, _UNVERIFIED,
             "Both sides are verified first."),
            ("coins", {"currency": '"BTC", "ETH", "USDT"'},
             _refused("Coins are not sent between clients."),
             "Between clients they would need what the travel rule asks for."),
            ("day-total", {"total_24h": "> 20000"},
             _refused("20,000 USD in a day is the most that you can send to other clients."),
             "The limit of a day."),
            ("often", {"count_24h": "> 5"},
             _refused("You can send money to other clients five times in a day."),
             "More often looks like somebody's payment service."),
            ("risk", {"risk": '"high", "none"'}, _PERSON,
             "A giver at high risk, or without a score, is looked at."),
            ("recipient-risk", {"recipient_risk": '"high", "none"'}, _PERSON,
             "A recipient at high risk, or without a score, is looked at."),
            ("cards", {"of_cards": "true"}, _PERSON,
             "Money that came by card goes back to the card, not on to somebody else."),
            ("first", {"known": "false"}, _PERSON, "The first time between two clients."),
            ("small", {"worth": "<= 500", "total_24h": "<= 1000"}, _AUTOMATIC,
             "Small amounts between clients who did it before go by themselves."),
            ("others", {}, _PERSON, "Everything else takes a person."),
        ],
    ),
)  # fmt: skip
