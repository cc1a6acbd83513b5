"""A table on paper: a title, what it is about, rows with a repeated head, set as a PDF by typst.

Everything comes in as JSON and is set as text, so nothing in it can be taken for markup.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import typst

LAYOUT = rb"""
#let paper = json(bytes(sys.inputs.paper))
#set document(title: paper.title, author: paper.house)
#let across = paper.columns.len()
#set page(
  paper: "a4", flipped: across > 7, margin: (x: 16mm, top: 16mm, bottom: 18mm),
  footer: context [
    #set text(7pt, fill: luma(90))
    #paper.house #h(1fr) #paper.made #h(1fr)
    #counter(page).display("1 / 1", both: true)
  ],
)
#set text(8pt, font: ("Libertinus Serif",), number-type: "lining", number-width: "tabular")
#text(15pt, weight: 600, paper.title)
#v(-4pt)
#grid(
  columns: (auto, 1fr), column-gutter: 12pt, row-gutter: 5pt,
  ..paper.facts.map(one => (text(fill: luma(90), one.at(0)), one.at(1))).flatten(),
)
#v(4pt)
#let cell(value) = text(hyphenate: true, value)
#table(
  columns: paper.wide.map(one => if one { 1fr } else { auto }),
  align: paper.columns.map(one => if one.numeric { right } else { left }),
  stroke: (x, y) => (bottom: if y == 0 { 0.8pt } else { 0.3pt + luma(200) }),
  inset: (x: 5pt, y: 3.2pt),
  table.header(..paper.columns.map(one => text(weight: 600, one.title))),
  ..paper.rows.map(row => if row.strong { row.cells.map(one => text(weight: 600, one)) }
    else { row.cells.map(cell) }).flatten(),
)
#if paper.note != "" [ #v(4pt) #text(7.5pt, fill: luma(70), paper.note) ]
"""


SHORT = 22
"""Characters that never need a second line."""


@dataclass(frozen=True)
class PaperColumn:
    """A heading; figures stand on the right."""

    title: str
    numeric: bool = False


@dataclass(frozen=True)
class PaperRow:
    """The cells of a row as they are read. A strong one is an opening, a sum, a closing."""

    cells: Sequence[str]
    strong: bool = False


@dataclass(frozen=True)
class Paper:
    """What is printed. `facts` are names and values above the table; `house` signs each page."""

    title: str
    facts: Sequence[tuple[str, str]]
    columns: Sequence[PaperColumn]
    rows: Sequence[PaperRow]
    house: str
    note: str = ""


def as_pdf(paper: Paper, *, at: datetime) -> bytes:
    """The PDF of a paper, made at a time; the same paper at the same time is the same file."""
    moment = at.astimezone(UTC)
    made = f"{moment.day} {moment:%B %Y %H:%M} UTC"
    wide = [
        not column.numeric and any(len(row.cells[at]) > SHORT for row in paper.rows)
        for at, column in enumerate(paper.columns)
    ]
    said = json.dumps({**asdict(paper), "made": made, "wide": wide})
    whole = moment.replace(microsecond=0)
    found: bytes = typst.compile(
        LAYOUT, sys_inputs={"paper": said}, timestamp=int(whole.timestamp())
    )
    return found
