"""What exposure leaves to rules: how much a book may carry before somebody is told, and whose
trading is looked at because it wins within seconds.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point

Usd = Annotated[Decimal, Field(gt=0, json_schema_extra={"unit": "USD"})]
Percent = Annotated[Decimal, Field(ge=0, le=1000, json_schema_extra={"unit": "%"})]


class Carried(BaseModel):
    """Something a book carries: an instrument, a currency, or the sum of all nets."""

    kind: Literal["instrument", "currency", "total"]
    code: str
    asset_class: Literal[
        "fx_major", "fx_minor", "metal", "index", "energy", "share", "crypto", "none"
    ]
    book: Literal["a", "b"]


class Levels(BaseModel):
    """The limit; from which share of it an alert is raised, below which it may end, after what."""

    limit: Usd
    enter: Percent
    leave: Percent
    minutes: Annotated[Decimal, Field(ge=0)]


def _said(levels: Levels) -> str:
    return (
        f"it may carry {levels.limit:,f} USD, with an alert from {levels.enter:f} %"
        f" until it is below {levels.leave:f} %"
    )


LIMITS = Point(
    name="exposure.limits",
    title="How much a book may carry",
    help="An alert is raised at the first share of the limit and ends only below the second.",
    inputs=Carried,
    outputs=Levels,
    cautious=Levels(
        limit=Decimal(500_000), enter=Decimal(100), leave=Decimal(80), minutes=Decimal(5)
    ),
    says=_said,
    cases=(
        Case(
            "gold is watched from five million",
            {"kind": "instrument", "code": "XAUUSD", "asset_class": "metal", "book": "b"},
            {"limit": "5000000"},
        ),
    ),
)


def _levels(limit: str) -> dict[str, str]:
    return {"limit": limit, "enter": "100", "leave": "90", "minutes": "5"}


declare(
    LIMITS,
    table_of(
        LIMITS,
        [
            ("passed-on", {"book": '"a"'}, _levels("100000000"),
             "What is passed on is watched for mistakes only."),
            ("total", {"kind": '"total"'}, _levels("30000000"), "All nets together."),
            ("dollar", {"kind": '"currency"', "code": '"USD"'}, _levels("30000000"),
             "Most instruments are paid for in dollars."),
            ("currency", {"kind": '"currency"'}, _levels("15000000"), "Any other currency."),
            ("majors", {"asset_class": '"fx_major"'}, _levels("10000000"), "Deep markets."),
            ("minors", {"asset_class": '"fx_minor"'}, _levels("4000000"), "Thinner markets."),
            ("metals", {"asset_class": '"metal"'}, _levels("5000000"), "Gold moves fast."),
            ("indices", {"asset_class": '"index"'}, _levels("5000000"), "Indices and energy gap."),
            ("energy", {"asset_class": '"energy"'}, _levels("2000000"), "Indices and energy gap."),
            ("shares", {"asset_class": '"share"'}, _levels("1000000"), "Single names."),
            ("crypto", {"asset_class": '"crypto"'}, _levels("2000000"),
             "Crypto trades at weekends too."),
        ],
    ),
)  # fmt: skip


Seconds = Annotated[Decimal, Field(ge=0, json_schema_extra={"unit": "s"})]


class Flow(BaseModel):
    """A day of closed trades of one client that won money from the house: `held` is the time that
    half of them stood no longer than, `won` what they made after costs, `winning` how many won.
    """

    closed: Annotated[Decimal, Field(ge=1, title="closed trades")]
    held: Annotated[Seconds, Field(title="held, median")]
    winning: Annotated[Decimal, Field(ge=0, le=100, json_schema_extra={"unit": "%"})]
    won: Annotated[Decimal, Field(json_schema_extra={"unit": "USD"})]


class Verdict(BaseModel):
    """Whether a dealer should look at it."""

    stands_out: bool


def _flow_said(verdict: Verdict) -> str:
    return "a dealer looks at it" if verdict.stands_out else "nothing stands out"


TOXIC = Point(
    name="exposure.toxic_flow",
    title="Whose trading stands out",
    help="Clients who win within seconds, again and again: quotes that lag, spikes at news.",
    inputs=Flow,
    outputs=Verdict,
    cautious=Verdict(stands_out=True),
    says=_flow_said,
    cases=(
        Case(
            "ten wins of five seconds each stand out",
            {"closed": "10", "held": "5", "winning": "100", "won": "120"},
            {"stands_out": True},
        ),
        Case(
            "a good day of patient trading does not",
            {"closed": "40", "held": "5400", "winning": "80", "won": "9000"},
            {"stands_out": False},
        ),
    ),
)

declare(
    TOXIC,
    table_of(
        TOXIC,
        [
            ("few", {"closed": "< 5"}, {"stands_out": "false"},
             "A handful of trades can be luck."),
            ("latency", {"held": "< 10", "winning": ">= 60"}, {"stands_out": "true"},
             "Nobody forecasts ten seconds: somebody has seen the price before us."),
            ("spikes", {"held": "< 60", "winning": ">= 70", "won": ">= 100"},
             {"stands_out": "true"}, "Short and nearly always right: news, or a quote that lags."),
            ("minutes", {"held": "< 300", "winning": ">= 80", "won": ">= 1000"},
             {"stands_out": "true"}, "Much won within minutes."),
            ("else", {}, {"stands_out": "false"}, "Held long enough to have been at risk."),
        ],
    ),
)  # fmt: skip
