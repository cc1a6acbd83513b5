"""What regulators allow of leverage by what is traded, what happens when an account's equity climbs
into a band with a lower cap, and what becomes of a client's wish for another leverage.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point
from nostro.trading.decisions.accounts import Category, Row
from nostro.trading.instruments import LeverageClass


class ClassLeverageAsked(BaseModel):
    """A client of a legal entity who lives in `country`, and a kind of instrument as the regulators
    tell them apart.
    """

    entity: str
    country: str
    category: Category
    traded: LeverageClass


class ClassLeverageAnswer(BaseModel):
    """The highest leverage of it; 0 where it is not offered to them."""

    most: Annotated[Decimal, Field(ge=0, le=1000)]


def _case(title: str, entity: str, traded: str, most: str, country: str = "") -> Case:
    asked = {"entity": entity, "country": country, "category": "retail", "traded": traded}
    return Case(title, asked, {"most": most})


def _class_said(answer: ClassLeverageAnswer) -> str:
    return f"leverage is 1:{answer.most:f} at most" if answer.most else "it is not offered"


CLASS_LEVERAGE = Point(
    name="trading.class_leverage",
    title="The highest leverage by what is traded",
    help="The licence's own caps, and those of where the client lives: no other rule, and nobody "
    "here, gives more.",
    inputs=ClassLeverageAsked,
    outputs=ClassLeverageAnswer,
    cautious=ClassLeverageAnswer(most=Decimal(2)),
    cases=(
        _case("major currency pairs of retail clients in Cyprus: 30", "CY", "fx_major", "30"),
        _case("gold of retail clients in Cyprus: 20", "CY", "gold", "20"),
        _case("shares of retail clients in the UK: 5", "UK", "share", "5"),
        _case("currency pairs of whoever lives in Japan: 25", "SC", "fx_major", "25", "JP"),
    ),
    learnt={"country": ""},
    says=_class_said,
)
ESMA_CAPS: dict[str, int] = {
    "fx_major": 30, "fx_minor": 20, "gold": 20, "index_major": 20, "index": 10, "commodity": 10,
    "share": 5, "crypto": 2,
}  # fmt: skip
OVERLAYS: dict[str, tuple[str, Mapping[str, int]]] = {
    "AU": ("ASIC Product Intervention Order, Instrument 2020/986.", ESMA_CAPS),
    "JP": (
        "Japan: Cabinet Office Order on Financial Instruments Business, Art. 117.",
        {"fx_major": 25, "fx_minor": 25, "gold": 20, "index_major": 10, "index": 10,
         "commodity": 20, "share": 5, "crypto": 2},
    ),
    "TR": ("Türkiye: CMB Communiqué III-37.1 on leveraged transactions.",
           dict.fromkeys(ESMA_CAPS, 10)),
}  # fmt: skip
"""By where a client lives, whichever licence serves them: the source, and the highest leverage of
retail clients by what is traded.
"""


def _where_clients_live() -> Iterator[Row]:
    """The rows of the overlays. Under a licence with caps of its own the lower of the two holds."""
    for country, (source, caps) in OVERLAYS.items():
        least = {traded: min(cap, ESMA_CAPS[traded]) for traded, cap in caps.items()}
        if caps != least:
            yield from _overlay(f"{country}-sc", {"entity": '"SC"'}, country, caps, source)
        yield from _overlay(country, {}, country, least, source)


def _overlay(
    name: str, cells: Mapping[str, str], country: str, caps: Mapping[str, int], source: str
) -> Iterator[Row]:
    for most in sorted(set(caps.values()), reverse=True):
        traded = ", ".join(f'"{one}"' for one, cap in caps.items() if cap == most)
        asked = {"country": f'"{country}"', "category": '"retail"', "traded": traded}
        yield f"{name}-{most}".lower(), {**cells, **asked}, {"most": str(most)}, source


ESMA = "ESMA Decision (EU) 2018/796, Art. 2(a) and Annex I; CySEC DI87-09; FCA COBS 22.5."

declare(
    CLASS_LEVERAGE,
    table_of(
        CLASS_LEVERAGE,
        [
            ("uk-crypto", {"entity": '"UK"', "category": '"retail"', "traded": '"crypto"'},
             {"most": "0"}, "Not sold to retail clients in the UK (COBS 22.6)."),
            *_where_clients_live(),
            ("sc-crypto", {"entity": '"SC"', "traded": '"crypto"'}, {"most": "50"},
             "The house's own cap."),
            ("sc-share", {"entity": '"SC"', "traded": '"share"'}, {"most": "20"},
             "The house's own cap."),
            ("sc", {"entity": '"SC"'}, {"most": "500"}, "The house's own cap."),
            ("professional-crypto", {"category": '"professional"', "traded": '"crypto"'},
             {"most": "10"}, "The house's own cap."),
            ("professional-share", {"category": '"professional"', "traded": '"share"'},
             {"most": "20"}, "The house's own cap."),
            ("professional", {"category": '"professional"'}, {"most": "100"},
             "Professional clients may have more."),
            ("fx-major", {"traded": '"fx_major"'}, {"most": "30"}, ESMA),
            ("twenty", {"traded": '"fx_minor", "gold", "index_major"'}, {"most": "20"}, ESMA),
            ("ten", {"traded": '"index", "commodity"'}, {"most": "10"}, ESMA),
            ("share", {"traded": '"share"'}, {"most": "5"}, ESMA),
            ("crypto", {"traded": '"crypto"'}, {"most": "2"}, ESMA),
        ],
    ),
)  # fmt: skip


class BandAsked(BaseModel):
    """An account whose leverage is above its cap, for its equity as a rule. `noticed_hours` are -1
    before the client was told; `margin_level` is what would be left, in per cent, with the cap on
    the open trades.
    """

    entity: str
    category: Category
    leverage: Decimal
    cap: Decimal
    open_trades: bool
    margin_level: Annotated[Decimal, Field(json_schema_extra={"unit": "%"})]
    noticed_hours: Annotated[Decimal, Field(json_schema_extra={"unit": "hours"})]


class BandAnswer(BaseModel):
    """What is due: nothing yet, a notice, the lower leverage, or to keep it for the open trades."""

    step: Literal["none", "notice", "lower", "keep"]


def _band_said(answer: BandAnswer) -> str:
    return {
        "none": "nothing is due yet",
        "notice": "the client is told",
        "lower": "leverage falls",
        "keep": "leverage stays for the open trades",
    }[answer.step]


BAND = Point(
    name="trading.leverage_band",
    title="When leverage falls with equity",
    help="What is done about an account that has more leverage than the rules allow it by now.",
    inputs=BandAsked,
    outputs=BandAnswer,
    cautious=BandAnswer(step="none"),
    says=_band_said,
)

declare(
    BAND,
    table_of(
        BAND,
        [
            ("told", {"noticed_hours": "< 0"}, {"step": '"notice"'},
             "The client is told a day before."),
            ("told-again", {"noticed_hours": "> 336"}, {"step": '"notice"'},
             "After two weeks the client is told anew."),
            ("runs", {"noticed_hours": "< 24"}, {"step": '"none"'}, "The notice runs for a day."),
            ("margin", {"open_trades": "true", "margin_level": "< 200"}, {"step": '"keep"'},
             "Nobody is stopped out by us: open trades need the margin."),
            ("lower", {}, {"step": '"lower"'}, "What is open keeps enough margin."),
        ],
    ),
)  # fmt: skip


class LeverageWished(BaseModel):
    """A client who wishes another leverage than 1:`cap`, the most that the rules allow the account,
    or one within it. `equity` in USD; `margin_level` is what it is now, 0 without open trades;
    `before` is how often more than the cap was given.
    """

    entity: str
    country: str
    account_type: str
    category: Category
    risk: Literal["none", "low", "medium", "high"]
    leverage: Annotated[Decimal, Field(title="asked for")]
    cap: Decimal
    reach: Literal["within", "above"]
    equity: Annotated[Decimal, Field(json_schema_extra={"unit": "USD"})]
    open_trades: bool
    margin_level: Annotated[Decimal, Field(json_schema_extra={"unit": "%"})]
    before: Annotated[Decimal, Field(title="given before")]


class LeverageVerdict(BaseModel):
    """Whether it is set at once, a person looks, or it is not done; for how many days at most,
    where it is above the cap; and what the client reads of a refusal.
    """

    verdict: Literal["automatic", "person", "refused"]
    days: Annotated[Decimal, Field(ge=0, le=366, json_schema_extra={"unit": "days"})]
    told: Annotated[str, Field(max_length=200)]


def _wish_said(answer: LeverageVerdict) -> str:
    return {
        "automatic": "it is set at once",
        "person": f"a person looks, and gives it for {answer.days:f} days at most",
        "refused": "it is not given",
    }[answer.verdict]


LEVERAGE_REQUEST = Point(
    name="trading.leverage_request",
    title="When a client asks for leverage",
    help="What is set at once and what a person decides. More than the licence allows is given by "
    "nobody, whatever stands here.",
    inputs=LeverageWished,
    outputs=LeverageVerdict,
    cautious=LeverageVerdict(verdict="person", days=Decimal(30), told=""),
    says=_wish_said,
)
_AT_RISK = "We give no more leverage than 1:100 on this account."
_THIN = "Your open trades leave little free margin. Ask again once there is more of it."

declare(
    LEVERAGE_REQUEST,
    table_of(
        LEVERAGE_REQUEST,
        [
            ("within", {"reach": '"within"'},
             {"verdict": '"automatic"', "days": "0", "told": '""'},
             "What the rules allow is set at once."),
            ("risk", {"risk": '"high"', "leverage": "> 100"},
             {"verdict": '"refused"', "days": "0", "told": f'"{_AT_RISK}"'},
             "No exception for clients at high risk."),
            ("thin", {"open_trades": "true", "margin_level": "< 150"},
             {"verdict": '"refused"', "days": "0", "told": f'"{_THIN}"'},
             "More leverage close to a stop-out makes the loss larger."),
            ("above", {}, {"verdict": '"person"', "days": "90", "told": '""'},
             "Looked at again each quarter."),
        ],
    ),
)  # fmt: skip
