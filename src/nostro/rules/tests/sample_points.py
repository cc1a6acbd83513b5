"""Two invented decision points, one of every kind of input, to try the engine on."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from nostro.rules.points import Case, Point
from nostro.rules.tables import Column, Row, Table


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Request(BaseModel):
    amount: Decimal = Field(json_schema_extra={"unit": "USD"})
    limit: Decimal
    country: str
    risk: Risk
    verified: bool
    logins: int
    born: date
    asked_at: datetime
    tags: tuple[str, ...]


class Verdict(BaseModel):
    verdict: Literal["approve", "review", "refuse"]
    fee: Decimal
    reviewers: int
    queue: str
    checks: list[str]
    again: date
    urgent: bool


LOOK = Verdict(
    verdict="review", fee=Decimal(0), reviewers=1, queue="manual", checks=[],
    again=date(2026, 1, 1), urgent=False,
)  # fmt: skip

GOOD = Request(
    amount=Decimal("100.00"), limit=Decimal("500.00"), country="CY", risk=Risk.LOW, verified=True,
    logins=3, born=date(1990, 5, 17), asked_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    tags=("vip", "wire"),
)  # fmt: skip

RELEASE = Point(
    name="payments.release", inputs=Request, outputs=Verdict, cautious=LOOK,
    title="Release a withdrawal",
)  # fmt: skip


def answer(verdict: str, **changed: str) -> dict[str, str]:
    """The cells of one answer."""
    usual = {
        "verdict": f'"{verdict}"', "fee": "0", "reviewers": "1", "queue": '"first line"',
        "checks": "[]", "again": 'date("2026-06-30")', "urgent": "false",
    }  # fmt: skip
    return usual | changed


def release_table(*rows: Row) -> Table:
    """A table of the release point with all its columns."""
    return Table(
        "first",
        tuple(Column(name, name) for name in RELEASE.asks),
        tuple(Column(name, name) for name in RELEASE.answers),
        rows,
    )


def row(row_id: str, verdict: str, note: str = "", **cells: str) -> Row:
    return Row(row_id, cells, answer(verdict), note)


USUAL = release_table(
    row("sanctioned", "refuse", country='"IR", "KP"'),
    row("big", "review", amount="[10000.00..50000.00]", risk='"medium"'),
    row("huge", "refuse", amount="> 50000"),
    row("clean", "approve", verified="true"),
    row("rest", "approve"),
)


class Facts(BaseModel):
    country: str
    pep: bool


class Document(BaseModel):
    document: str


DOCUMENTS = Point(
    name="compliance.documents", inputs=Facts, outputs=Document,
    cautious=Document(document="ask compliance"), title="Documents", collect=True,
    cases=(Case("A Cypriot shows a card", {"country": "CY", "pep": False}, [{"document": "id"}]),),
)  # fmt: skip

DOCUMENT_TABLE = Table(
    "collect",
    (Column("country"), Column("pep")),
    (Column("document"),),
    (
        Row("card", {"country": '"CY", "GR"'}, {"document": '"id"'}),
        Row("wealth", {"pep": "true"}, {"document": '"source of wealth"'}),
    ),
)
