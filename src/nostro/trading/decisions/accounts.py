"""The choices trading leaves to rules: where an account is opened, how much leverage it may have,
how many a client may hold.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nostro.rules.deciding import declare, table_of
from nostro.rules.points import Case, Point

Category = Literal["retail", "professional"]
Row = tuple[str, Mapping[str, str], Mapping[str, str], str]


class ProvisionAsked(BaseModel):
    """A trading account that a client wants; `swap_free` is whether the rules of trading without
    swaps give it to them, as they asked for it. Where the answer names a group with swaps then, the
    group beside it without them is taken.
    """

    entity: str
    country: str
    account_type: str
    currency: str
    category: Category
    level: Decimal
    risk: Literal["none", "low", "medium", "high"]
    swap_free: bool


class ProvisionAnswer(BaseModel):
    """Group, leverage, the book the group has to be in, and the platform; empty is any platform,
    and without a group a person looks.
    """

    group: str
    leverage: Annotated[Decimal, Field(ge=0, le=1000)]
    book: Literal["any", "a", "b"]
    platform: str


def _provision_said(answer: ProvisionAnswer) -> str:
    if not answer.group:
        return "a person opens it"
    book = f" of the {answer.book.upper()} book" if answer.book != "any" else ""
    where = f" on {answer.platform}" if answer.platform else ""
    return f"it is opened in {answer.group}{book}{where} at 1:{answer.leverage:f}"


PROVISION = Point(
    name="trading.provision",
    title="Where a trading account is opened",
    help="Group and leverage by legal entity, account type, currency and category of client.",
    inputs=ProvisionAsked,
    outputs=ProvisionAnswer,
    cautious=ProvisionAnswer(group="", leverage=Decimal(0), book="any", platform=""),
    cases=(
        Case(
            "a retail client in Cyprus has leverage 30",
            {"entity": "CY", "country": "AT", "account_type": "standard", "currency": "EUR",
             "category": "retail", "level": "2", "risk": "low", "swap_free": False},
            {"leverage": "30"},
        ),
    ),
    learnt={"swap_free": False},
    says=_provision_said,
)  # fmt: skip

GROUPS = {
    "CY": ("EUR", "USD"),
    "UK": ("GBP", "USD"),
    "SC": ("EUR", "USD"),
}
TYPES = ("standard", "raw")
NOT_OFFERED = {("UK", "USD", "raw")}
ESMA = "ESMA product intervention (CySEC DI87-09) caps retail leverage at 30."


def _quoted(word: str) -> str:
    return f'"{word}"'


def _rows_of(entity: str, currency: str, account_type: str) -> list[Row]:
    """The rows of one group: a professional's first, where the licence knows the difference."""
    words = {"entity": entity, "account_type": account_type, "currency": currency}
    asked = {name: _quoted(word) for name, word in words.items()}
    group = rf"real\{entity}-{currency}-{account_type.capitalize()}"
    most = {
        "CY": [("professional", 100, "Professional clients may have more."), ("", 30, ESMA)],
        "UK": [("", 30, "The FCA's cap (COBS 22.5) is 30.")],
        "SC": [("", 500 if account_type == "standard" else 200, "The house's own cap.")],
    }
    rows: list[Row] = []
    for category, leverage, note in most[entity]:
        row_id = f"{entity}-{currency}-{account_type}-{category or 'all'}".lower()
        cells = asked | ({"category": _quoted(category)} if category else {})
        out = {
            "group": _quoted(group), "leverage": str(leverage), "book": '"any"', "platform": '""',
        }  # fmt: skip
        rows.append((row_id, cells, out, note))
    return rows


HIGH_RISK: Row = (
    "high-risk",
    {"risk": '"high"'},
    {"group": '""', "leverage": "0", "book": '"any"', "platform": '""'},
    "A person opens accounts of clients at high risk.",
)

declare(
    PROVISION,
    table_of(
        PROVISION,
        [HIGH_RISK]
        + [
            row
            for entity, currencies in GROUPS.items()
            for currency in currencies
            for account_type in TYPES
            if (entity, currency, account_type) not in NOT_OFFERED
            for row in _rows_of(entity, currency, account_type)
        ],
    ),
)


class LeverageAsked(BaseModel):
    """An account whose leverage somebody wants to choose. `country` is where its client lives,
    `equity` in USD; `news` while a window around news holds, whose own cap no answer exceeds.
    """

    entity: str
    country: str
    category: Category
    account_type: str
    equity: Decimal
    news: bool


class LeverageAnswer(BaseModel):
    """The highest leverage it may have."""

    most: Annotated[Decimal, Field(ge=1, le=1000)]


def _leverage_said(answer: LeverageAnswer) -> str:
    return f"leverage is 1:{answer.most:f} at most"


LEVERAGE = Point(
    name="trading.leverage",
    title="The highest leverage",
    help="What a client, or a colleague for them, may set an account's leverage to.",
    inputs=LeverageAsked,
    outputs=LeverageAnswer,
    cautious=LeverageAnswer(most=Decimal(30)),
    learnt={"news": False, "country": ""},
    says=_leverage_said,
)

declare(
    LEVERAGE,
    table_of(
        LEVERAGE,
        [
            ("cy-professional", {"entity": '"CY"', "category": '"professional"'}, {"most": "100"},
             "Professional clients may have more."),
            ("cy", {"entity": '"CY"'}, {"most": "30"}, ESMA),
            ("uk", {"entity": '"UK"'}, {"most": "30"}, "The FCA's cap (COBS 22.5) is 30."),
            ("sc-huge", {"entity": '"SC"', "equity": ">= 250000"}, {"most": "100"},
             "A position of this size is not hedged at once."),
            ("sc-large", {"entity": '"SC"', "equity": ">= 50000"}, {"most": "200"},
             "Less leverage from 50,000 USD of equity on."),
            ("sc-raw", {"entity": '"SC"', "account_type": '"raw"'}, {"most": "200"},
             "The house's own cap."),
            ("sc", {"entity": '"SC"'}, {"most": "500"}, "The house's own cap."),
        ],
    ),
)  # fmt: skip


class AllowanceAsked(BaseModel):
    """A client who wants one more account."""

    entity: str
    category: Category
    level: Decimal


class AllowanceAnswer(BaseModel):
    """How many trading accounts the client may hold."""

    accounts: Annotated[Decimal, Field(ge=0, le=100)]


def _allowance_said(answer: AllowanceAnswer) -> str:
    if answer.accounts == 0:
        return "no account is opened"
    kept = "account is" if answer.accounts == 1 else "accounts are"
    return f"{answer.accounts:f} {kept} held at most"


ALLOWANCE = Point(
    name="trading.allowance",
    title="How many accounts a client may hold",
    help="By verification level. Closed and refused accounts do not count.",
    inputs=AllowanceAsked,
    outputs=AllowanceAnswer,
    cautious=AllowanceAnswer(accounts=Decimal(0)),
    says=_allowance_said,
)

declare(
    ALLOWANCE,
    table_of(
        ALLOWANCE,
        [
            ("professional", {"level": ">= 2", "category": '"professional"'}, {"accounts": "20"},
             "Professionals run several strategies."),
            ("verified", {"level": ">= 2"}, {"accounts": "5"}, "Enough for every purpose."),
            ("partly", {"level": "1"}, {"accounts": "1"}, "One, until documents are approved."),
            ("unverified", {}, {"accounts": "0"}, "Documents come first."),
        ],
    ),
)  # fmt: skip


class SwapFreeAsked(BaseModel):
    """An account that is to be kept without overnight interest."""

    entity: str
    country: str
    account_type: str
    category: Category


class SwapFreeAnswer(BaseModel):
    """Whether it may, and for how many days at most before it goes back by itself."""

    allowed: bool
    days: Annotated[Decimal, Field(ge=0, le=3650)]


def _swap_free_said(answer: SwapFreeAnswer) -> str:
    if not answer.allowed:
        return "swaps are charged"
    return f"no swaps are charged for {answer.days:f} days at most"


SWAP_FREE = Point(
    name="trading.swap_free",
    title="Who may trade without swaps",
    help="Accounts kept without overnight interest, and for how long at most.",
    inputs=SwapFreeAsked,
    outputs=SwapFreeAnswer,
    cautious=SwapFreeAnswer(allowed=False, days=Decimal(0)),
    says=_swap_free_said,
)

declare(
    SWAP_FREE,
    table_of(
        SWAP_FREE,
        [
            ("raw", {"account_type": '"raw"'}, {"allowed": "false", "days": "0"},
             "Raw accounts pay the market's own swaps."),
            ("cy", {"entity": '"CY"'}, {"allowed": "true", "days": "90"},
             "Looked at again each quarter."),
            ("sc", {"entity": '"SC"'}, {"allowed": "true", "days": "180"},
             "Looked at again each half year."),
            ("others", {}, {"allowed": "false", "days": "0"}, "Not offered under this licence."),
        ],
    ),
)  # fmt: skip


class ArchiveAsked(BaseModel):
    """A closed account, and whole days since it was closed; `platform` is its kind, such as mt5."""

    entity: str
    platform: str
    closed_days: Decimal


class ArchiveAnswer(BaseModel):
    """Whether the platform is asked to put it into its archive now."""

    archive: bool


def _archive_said(answer: ArchiveAnswer) -> str:
    return "it is put into the archive" if answer.archive else "it stays where it is"


ARCHIVE = Point(
    name="trading.archive",
    title="When a closed account is archived",
    help="It leaves the platform's lists, and comes back as it was when it is opened again.",
    inputs=ArchiveAsked,
    outputs=ArchiveAnswer,
    cautious=ArchiveAnswer(archive=False),
    says=_archive_said,
)

declare(
    ARCHIVE,
    table_of(
        ARCHIVE,
        [
            ("mt5", {"platform": '"mt5"', "closed_days": ">= 1"}, {"archive": "true"},
             "A day later everything that happened on it has been read."),
            ("kept", {}, {"archive": "false"}, "Too early, or the platform has no archive."),
        ],
    ),
)  # fmt: skip
