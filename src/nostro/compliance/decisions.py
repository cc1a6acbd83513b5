"""The choices compliance leaves to rules: which firm takes whom, how risky, and who may pass."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point

Level = Literal["low", "medium", "high"]


class EntityAsked(BaseModel):
    """Somebody wants to register with a brand from a country."""

    brand: str
    country: str


class EntityAnswer(BaseModel):
    """The code of the legal entity that takes them; empty where none does."""

    entity: str


def _entity_said(answer: EntityAnswer) -> str:
    return f"{answer.entity} takes them" if answer.entity else "nobody takes them"


ENTITY = Point(
    name="compliance.entity",
    title="Which legal entity takes a new client",
    help="By country of residence. Nobody is taken where no row says so.",
    inputs=EntityAsked,
    outputs=EntityAnswer,
    cautious=EntityAnswer(entity=""),
    cases=(
        Case("nobody from the United States", {"brand": "meridian", "country": "US"},
             {"entity": ""}),
    ),
    says=_entity_said,
)  # fmt: skip
_CLOSED = '"US", "CA", "JP", "KP", "IR", "SY", "MM", "CU", "RU", "BY"'
_EEA = (
    '"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IS", "IE",'
    ' "IT", "LV", "LI", "LT", "LU", "MT", "NL", "NO", "PL", "PT", "RO", "SK", "SI", "ES", "SE"'
)

declare(
    ENTITY,
    table_of(
        ENTITY,
        [
            ("closed", {"country": _CLOSED}, {"entity": '""'},
             "We are not licensed to take clients from there."),
            ("britain", {"country": '"GB"'}, {"entity": '"UK"'}, "The British go to the UK firm."),
            ("europe", {"country": _EEA}, {"entity": '"CY"'},
             "The European Economic Area goes to Cyprus by passport."),
            ("elsewhere", {}, {"entity": '"SC"'}, "Everybody else goes to the global firm."),
        ],
    ),
)  # fmt: skip


class RiskAsked(BaseModel):
    """A client, as the risk rules see them."""

    country: str
    nationality: str
    pep: bool
    source_of_funds: str
    product: str
    channel: Literal["direct", "partner"]
    age_days: Annotated[Decimal, Field(json_schema_extra={"unit": "days"})]
    checks_failed: Decimal
    open_hits: Decimal
    confirmed_hits: Decimal


class RiskFactor(BaseModel):
    """What one factor contributes, and the least risk it allows."""

    points: Annotated[Decimal, Field(ge=0, le=100)]
    least: Level


def _factor_said(factor: RiskFactor) -> str:
    least = "" if factor.least == "low" else f", and the risk is {factor.least} at least"
    return f"{factor.points:f} points are added{least}"


RISK = Point(
    name="compliance.risk",
    title="What makes a client risky",
    help="Every row that matches adds its points; `least` is a floor (a PEP is at least high).",
    inputs=RiskAsked,
    outputs=RiskFactor,
    cautious=RiskFactor(points=Decimal(100), least="high"),
    collect=True,
    cases=(
        Case(
            "a politically exposed person is high",
            {"country": "CY", "nationality": "CY", "pep": True, "source_of_funds": "salary",
             "product": "standard", "channel": "direct", "age_days": "0", "checks_failed": "0",
             "open_hits": "0", "confirmed_hits": "0"},
            [{"least": "low"}, {"points": "60", "least": "high"}, {"points": "5"}],
        ),
    ),
    says=_factor_said,
)  # fmt: skip
_INCREASED = (
    '"AF", "DZ", "AO", "BO", "BG", "CM", "CI", "CD", "HT", "KE", "LA", "LB", "ML", "MZ", "NA",'
    ' "NP", "NG", "SS", "VE", "VN", "VG", "YE"'
)


def _factor(points: int, least: str = "low") -> dict[str, str]:
    return {"points": str(points), "least": f'"{least}"'}


declare(
    RISK,
    table_of(
        RISK,
        [
            ("start", {}, _factor(10), "Everybody starts here."),
            ("residence", {"country": _INCREASED}, _factor(30),
             "Lives where the FATF asks for more monitoring."),
            ("residence-high", {"country": '"IR", "KP", "MM"'}, _factor(60, "high"),
             "Lives where the FATF calls for action."),
            ("nationality", {"nationality": _INCREASED}, _factor(15),
             "National of a country under more monitoring."),
            ("nationality-high", {"nationality": '"IR", "KP", "MM"'}, _factor(40, "high"),
             "National of a country the FATF calls for action on."),
            ("pep", {"pep": "true"}, _factor(60, "high"),
             "Holds a public office, or is close to somebody who does."),
            ("funds-gift", {"source_of_funds": '"gift", "inheritance"'}, _factor(10),
             "Money that was given is harder to follow."),
            ("funds-crypto", {"source_of_funds": '"crypto"'}, _factor(25),
             "Money from crypto-assets is harder to follow."),
            ("funds-unknown", {"source_of_funds": '"other", ""'}, _factor(25, "medium"),
             "The source of the money is not clear."),
            ("product", {"product": '"raw", "professional"'}, _factor(5),
             "Products for large volumes."),
            ("channel", {"channel": '"partner"'}, _factor(5), "Came through a partner."),
            ("young", {"age_days": "< 180"}, _factor(5), "A young relationship."),
            ("checks", {"checks_failed": "> 0"}, _factor(15), "A check failed."),
            ("hit-open", {"open_hits": "> 0"}, _factor(30, "medium"),
             "May be on a list, and nobody has said yet."),
            ("hit", {"confirmed_hits": "> 0"}, _factor(100, "high"), "Is on a list."),
        ],
    ),
)  # fmt: skip


class BandAsked(BaseModel):
    """The points of all factors together, 0 to 100."""

    score: Decimal


class BandAnswer(BaseModel):
    """The risk in one word."""

    risk: Level


def _band_said(answer: BandAnswer) -> str:
    return f"the risk is {answer.risk}"


BAND = Point(
    name="compliance.risk_band",
    title="From which score a risk is medium or high",
    inputs=BandAsked,
    outputs=BandAnswer,
    cautious=BandAnswer(risk="high"),
    says=_band_said,
)

declare(
    BAND,
    table_of(
        BAND,
        [
            ("low", {"score": "< 35"}, {"risk": '"low"'}, "Up to 34 points are low."),
            ("medium", {"score": "< 60"}, {"risk": '"medium"'}, "Up to 59 points are medium."),
            ("high", {"score": ">= 60"}, {"risk": '"high"'}, "From 60 points it is high."),
        ],
    ),
)


class VerdictAsked(BaseModel):
    """What the checks of an application came to."""

    entity: str
    required_missing: Decimal
    failed: Decimal
    to_look_at: Decimal
    open_hits: Decimal
    confirmed_hits: Decimal
    risk: Level


class VerdictAnswer(BaseModel):
    """Whether it is approved at once, or a person looks."""

    verdict: Literal["approve", "review"]


def _verdict_said(answer: VerdictAnswer) -> str:
    return "it is approved by itself" if answer.verdict == "approve" else "a person looks"


VERDICT = Point(
    name="compliance.verdict",
    title="Whether an application is approved by itself",
    help="Only a plain pass of every required check is a pass. Everything else, a person sees.",
    inputs=VerdictAsked,
    outputs=VerdictAnswer,
    cautious=VerdictAnswer(verdict="review"),
    cases=(
        Case(
            "a hit is always looked at",
            {"entity": "CY", "required_missing": "0", "failed": "0", "to_look_at": "0",
             "open_hits": "1", "confirmed_hits": "0", "risk": "low"},
            {"verdict": "review"},
        ),
        Case(
            "a required check that did not pass is looked at",
            {"entity": "CY", "required_missing": "1", "failed": "0", "to_look_at": "0",
             "open_hits": "0", "confirmed_hits": "0", "risk": "low"},
            {"verdict": "review"},
        ),
    ),
    says=_verdict_said,
)  # fmt: skip

declare(
    VERDICT,
    table_of(
        VERDICT,
        [
            ("hit", {"open_hits": "> 0"}, {"verdict": '"review"'},
             "A possible hit on a list is looked at."),
            ("confirmed", {"confirmed_hits": "> 0"}, {"verdict": '"review"'},
             "Whoever is on a list is looked at."),
            ("high", {"risk": '"high"'}, {"verdict": '"review"'},
             "High risk is never approved by itself."),
            ("failed", {"failed": "> 0"}, {"verdict": '"review"'},
             "A failed check is looked at."),
            ("required", {"required_missing": "> 0"}, {"verdict": '"review"'},
             "A required check that did not pass is looked at."),
            ("unsure", {"to_look_at": "> 0"}, {"verdict": '"review"'},
             "What could not be told is looked at."),
            ("clean", {"required_missing": "0", "failed": "0", "to_look_at": "0",
                       "open_hits": "0", "confirmed_hits": "0", "risk": '"low", "medium"'},
             {"verdict": '"approve"'}, "Everything required passed and nobody was found."),
        ],
    ),
)  # fmt: skip
