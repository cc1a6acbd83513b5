"""Who may ask to trade without swaps, and what it costs to hold trades overnight without them."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point
from nostro.trading.decisions.accounts import Category

AssetClass = Literal["fx_major", "fx_minor", "metal", "index", "energy", "share", "crypto", "none"]


class SwapFreeWished(BaseModel):
    """A client who wishes to trade an account without swaps; `before` is how often it was given."""

    entity: str
    country: str
    account_type: str
    category: Category
    days: Annotated[Decimal, Field(json_schema_extra={"unit": "days"})]
    before: Annotated[Decimal, Field(title="given before")]


class SwapFreeVerdict(BaseModel):
    """Whether it is given at once, a person looks, or it is not done; `told` is what the client
    then reads.
    """

    verdict: Literal["automatic", "person", "refused"]
    told: Annotated[str, Field(max_length=200)]


def _request_said(answer: SwapFreeVerdict) -> str:
    return {
        "automatic": "it is given at once",
        "person": "a person looks",
        "refused": "it is not given",
    }[answer.verdict]


SWAP_FREE_REQUEST = Point(
    name="trading.swap_free_request",
    title="When a client asks to trade without swaps",
    help="What is given at once and what a person decides. For how long is the other rule's word.",
    inputs=SwapFreeWished,
    outputs=SwapFreeVerdict,
    cautious=SwapFreeVerdict(verdict="person", told=""),
    says=_request_said,
)
_NOT_HERE = "We do not offer accounts without swaps here."
_CUSTOM = (
    '"AE", "BD", "BH", "DZ", "EG", "ID", "JO", "KW", "MA", "MY", "OM", "PK", "QA", "SA", "TN", "TR"'
)

declare(
    SWAP_FREE_REQUEST,
    table_of(
        SWAP_FREE_REQUEST,
        [
            ("uk", {"entity": '"UK"'}, {"verdict": '"refused"', "told": f'"{_NOT_HERE}"'},
             "Not offered under this licence."),
            ("raw", {"account_type": '"raw"'},
             {"verdict": '"refused"', "told": '"Raw accounts pay the market\'s own swaps."'},
             "Raw accounts pay the market's own swaps."),
            ("often", {"before": ">= 3"}, {"verdict": '"person"', "told": '""'},
             "After three times somebody looks at how it is used."),
            ("custom", {"country": _CUSTOM}, {"verdict": '"automatic"', "told": '""'},
             "Where many clients take no interest for their faith."),
            ("others", {}, {"verdict": '"person"', "told": '""'}, "Everybody else is asked why."),
        ],
    ),
)  # fmt: skip


class SwapFreeHeld(BaseModel):
    """A trade that is held overnight on an account without swaps. `code` is the instrument, and
    `nights` are those it was held without swaps, this one with them.
    """

    entity: str
    account_type: str
    category: Category
    asset_class: AssetClass
    code: str
    nights: Annotated[Decimal, Field(json_schema_extra={"unit": "nights"})]


class SwapFreeFee(BaseModel):
    """What this night costs, in USD for each lot; never below zero."""

    fee: Annotated[Decimal, Field(ge=0, le=1000, json_schema_extra={"unit": "USD"})]


def _terms_said(answer: SwapFreeFee) -> str:
    if not answer.fee:
        return "the night is free"
    return f"the night costs {answer.fee.normalize():f} USD a lot"


SWAP_FREE_TERMS = Point(
    name="trading.swap_free_terms",
    title="What trading without swaps costs",
    help="A fee for each lot and night, by instrument and by how many nights the trade is held.",
    inputs=SwapFreeHeld,
    outputs=SwapFreeFee,
    cautious=SwapFreeFee(fee=Decimal(0)),
    cases=(
        Case(
            "the seventh night of a major pair is free",
            {"entity": "SC", "account_type": "standard", "category": "retail",
             "asset_class": "fx_major", "code": "EURUSD", "nights": "7"},
            {"fee": "0"},
        ),
    ),
    says=_terms_said,
)  # fmt: skip

declare(
    SWAP_FREE_TERMS,
    table_of(
        SWAP_FREE_TERMS,
        [
            ("crypto", {"asset_class": '"crypto"'}, {"fee": "25"},
             "Outside the offer: it costs from the first night."),
            ("exotic", {"code": '"USDTRY", "EURTRY", "USDZAR", "USDMXN"'}, {"fee": "20"},
             "Outside the offer: their interest is too large to be given."),
            ("metals-free", {"asset_class": '"metal"', "nights": "<= 5"}, {"fee": "0"},
             "Five nights are free."),
            ("metals", {"asset_class": '"metal"'}, {"fee": "8"}, "Five nights were free."),
            ("pairs-free", {"asset_class": '"fx_major", "fx_minor"', "nights": "<= 7"},
             {"fee": "0"}, "Seven nights are free."),
            ("pairs", {"asset_class": '"fx_major", "fx_minor"'}, {"fee": "5"},
             "Seven nights were free."),
            ("others-free", {"nights": "<= 3"}, {"fee": "0"}, "Three nights are free."),
            ("others", {}, {"fee": "6"}, "Three nights were free."),
        ],
    ),
)  # fmt: skip
