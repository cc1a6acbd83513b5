"""Readers of sanctions lists: OFAC's CSV sets and the XML of the UN Security Council.

Every reader also reports what it could not read, because a silently dropped entry is a sanctioned
person let in. The demo list is written in the UN's format and read by the UN reader.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lxml import etree

from nostro.compliance.countries import country_code
from nostro.compliance.names import Kind

LARGEST_FILE = 200 * 1024 * 1024
"""A list unpacks to a few megabytes; more than this is not a list."""
_MONTH_NAMES = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_MONTHS = {month: f"{number:02}" for number, month in enumerate(_MONTH_NAMES, start=1)}
_OFAC_KINDS = {
    "individual": Kind.PERSON, "entity": Kind.ORGANISATION, "": Kind.ORGANISATION,
    "vessel": Kind.VESSEL, "aircraft": Kind.AIRCRAFT,
}  # fmt: skip
_IDENTIFIER = re.compile(
    r"^(Passport|National ID|Tax ID|Registration|Identification|SSN|Cedula|C\.?U\.?I\.?T|D\.?N\.?I"
    r"|NIT|R\.?F\.?C|C\.?U\.?R\.?P|Business|Company Number|Vessel Registration|Driver|Phone"
    r"|SWIFT|UK Company|Digital Currency Address|Commercial Registry|Electoral|Birth Cert|RUC|RIF"
    r"|V\.?A\.?T|US FEIN|Matricula|Enterprise|Trade License|Registered|MMSI|Serial|Travel Document)"
)


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One listed person or thing. `names[0]` is the primary one; `weak_names` alone prove little.

    Birth dates are as exact as the list is: "1971", "1971-05", "1971-05-12" or "1968/1972".
    `countries` are alpha-2 codes of nationality, birth and address. `content_hash` changes when
    anything a reviewer looked at changes, and only then.
    """

    list: str
    entry_id: str
    kind: Kind
    names: tuple[str, ...]
    weak_names: tuple[str, ...]
    birth_dates: tuple[str, ...]
    countries: tuple[str, ...]
    identifiers: tuple[str, ...]
    programmes: tuple[str, ...]
    content_hash: str


@dataclass(slots=True)
class ListRead:
    """A list as read. `unread` has one line for whatever was not understood."""

    entries: list[ListEntry] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Draft:
    source: str
    entry_id: str
    kind: Kind
    names: list[str] = field(default_factory=list)
    weak_names: list[str] = field(default_factory=list)
    birth_dates: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)

    def entry(self) -> ListEntry:
        content = {
            key: list(dict.fromkeys(value)) if isinstance(value, list) else str(value)
            for key, value in asdict(self).items()
        }
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return ListEntry(
            self.source, self.entry_id, self.kind, _once(self.names), _once(self.weak_names),
            _once(self.birth_dates), _once(self.countries), _once(self.identifiers),
            _once(self.programmes), digest,
        )  # fmt: skip

    def add_country(self, text: str, read: ListRead) -> None:
        code = country_code(text)
        if code:
            self.countries.append(code)
        elif text.strip():
            read.unread.append(f"{self.source} {self.entry_id}: no country is called {text!r}")


def read_ofac(source: Path) -> ListRead:
    """OFAC's SDN or consolidated list: a folder or zip with sdn.csv or cons_prim.csv and so on."""
    files = _ofac_files(source)
    prefix, primary = ("cons_", "cons_prim.csv") if "cons_prim.csv" in files else ("", "sdn.csv")
    read = ListRead()
    if primary not in files:
        read.unread.append(f"{source.name} has neither sdn.csv nor cons_prim.csv")
        return read
    name = "OFAC-CONS" if prefix else "OFAC-SDN"
    comments = files.get(f"{prefix}comments.csv" if prefix else "sdn_comments.csv", "")
    continued = {row[0]: row[1] for row in _rows(comments, 2, name, read)}
    drafts = {}
    for row in _rows(files[primary], 12, name, read):
        drafts[row[0]] = _ofac_draft(name, row, continued.get(row[0], ""), read)
    for row in _rows(files.get(f"{prefix}alt.csv", ""), 4, name, read):
        if row[0] in drafts:
            draft = drafts[row[0]]
            draft.names.append(_turned(row[3], draft.kind))
        else:
            read.unread.append(f"{name} {row[0]}: another name for an entry that is not there")
    for row in _rows(files.get(f"{prefix}add.csv", ""), 5, name, read):
        if row[0] in drafts:
            drafts[row[0]].add_country(row[4], read)
    read.entries = [draft.entry() for draft in drafts.values()]
    return read


def read_un(source: Path | bytes, *, name: str = "UN") -> ListRead:
    """The UN Security Council's consolidated list, and any list written in its format."""
    read = ListRead()
    content = source if isinstance(source, bytes) else source.read_bytes()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        read.unread.append(f"{name}: not well-formed XML ({error.msg})")
        return read
    for element in root.iter("INDIVIDUAL", "ENTITY"):
        draft = _un_draft(name, element, read)
        if draft.names and draft.entry_id:
            read.entries.append(draft.entry())
        else:
            read.unread.append(f"{name} {draft.entry_id}: an entry without a name or an id")
    if not read.entries:
        read.unread.append(f"{name}: the file holds no entry")
    return read


def _once(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(value.split()) for value in values if value.strip()))


def _ofac_files(source: Path) -> dict[str, str]:
    """Lower-case file name → text. OFAC writes Latin-1, its newest files UTF-8."""
    contents: dict[str, bytes] = {}
    if source.is_dir():
        contents = {path.name.lower(): path.read_bytes() for path in source.glob("*.csv")}
    else:
        with zipfile.ZipFile(source) as archive:
            for info in archive.infolist():
                if info.filename.lower().endswith(".csv") and info.file_size <= LARGEST_FILE:
                    contents[Path(info.filename).name.lower()] = archive.read(info)
    return {name: _decoded(content) for name, content in contents.items()}


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _rows(text: str, width: int, name: str, read: ListRead) -> Iterator[list[str]]:
    for row in csv.reader(io.StringIO(text)):
        cells = ["" if cell.strip() == "-0-" else cell.strip() for cell in row]
        if len(cells) >= width and cells[0]:
            yield cells
        elif cells and cells != ["\x1a"]:
            read.unread.append(f"{name}: a row of {len(cells)} cells: {' | '.join(cells)[:80]}")


def _turned(name: str, kind: Kind) -> str:
    """OFAC writes "LAST, First"; of a company the comma is part of the name."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and kind is Kind.PERSON else name


def _ofac_draft(name: str, row: list[str], continued: str, read: ListRead) -> _Draft:
    kind = _OFAC_KINDS.get(row[2].lower())
    if kind is None:
        read.unread.append(f"{name} {row[0]}: no kind is called {row[2]!r}")
    draft = _Draft(name, row[0], kind or Kind.UNKNOWN)
    draft.names.append(_turned(row[1], draft.kind))
    draft.programmes += re.findall(r"[^\[\]]+", row[3].replace("] [", "]["))
    if row[9]:
        draft.add_country(row[9], read)
    for part in re.split(r";\s*", (row[11] + continued).rstrip(". ")):
        _ofac_remark(draft, part.strip(), read)
    return draft


def _ofac_remark(draft: _Draft, remark: str, read: ListRead) -> None:
    plain = remark.removeprefix("alt. ").removesuffix(".")
    subject, _, rest = plain.partition(" ")
    if subject == "DOB":
        _add_birth_date(draft, _ofac_date(rest), rest, read)
    elif subject in ("nationality", "citizen"):
        draft.add_country(rest, read)
    elif subject == "POB":
        code = country_code(rest.rsplit(", ", 1)[-1])
        draft.countries += [code] if code else []
    elif subject in ("a.k.a.", "f.k.a.", "n.k.a."):
        draft.weak_names.append(rest.strip("'\" "))
    elif _IDENTIFIER.match(plain):
        draft.identifiers.append(plain)


def _ofac_date(text: str) -> str | None:
    """ "14 Aug 1961", "Aug 1961", "circa 1961", "1959 to 1961", "01 Jan 1965 to 31 Dec 1966"."""
    parts = re.findall(r"(?:(\d{1,2}) )?(?:([A-Z][a-z]{2}) )?(\d{4})", text)
    if not parts or len(parts) > 2:
        return None
    if len(parts) == 2:
        return f"{parts[0][2]}/{parts[1][2]}"
    day, month, year = parts[0]
    if month and month not in _MONTHS:
        return None
    if "circa" in text or not month:
        return str(year)
    return f"{year}-{_MONTHS[month]}" + (f"-{int(day):02}" if day else "")


def _add_birth_date(draft: _Draft, found: str | None, written: str, read: ListRead) -> None:
    if found:
        draft.birth_dates.append(found)
    elif written.strip():
        read.unread.append(f"{draft.source} {draft.entry_id}: no date of birth in {written!r}")


def _un_draft(name: str, element: etree._Element, read: ListRead) -> _Draft:
    person = element.tag == "INDIVIDUAL"
    prefix = "INDIVIDUAL" if person else "ENTITY"
    draft = _Draft(
        name,
        _text(element, "DATAID"),
        Kind.PERSON if person else Kind.ORGANISATION,
        programmes=[_text(element, "UN_LIST_TYPE")],
        identifiers=[_text(element, "REFERENCE_NUMBER")],
    )
    places = ("FIRST", "SECOND", "THIRD", "FOURTH")
    draft.names.append(" ".join(filter(None, (_text(element, f"{n}_NAME") for n in places))))
    draft.names.append(_text(element, "NAME_ORIGINAL_SCRIPT"))
    for alias in element.iter(f"{prefix}_ALIAS"):
        weak = _text(alias, "QUALITY") == "Low"
        target = draft.weak_names if weak else draft.names
        target += re.split(r";\s*", _text(alias, "ALIAS_NAME"))
    for born in element.iter("INDIVIDUAL_DATE_OF_BIRTH"):
        _add_birth_date(draft, _un_date(born), _all_text(born), read)
    for value in element.iterfind("NATIONALITY/VALUE"):
        draft.add_country(value.text or "", read)
    for place in element.iter(f"{prefix}_ADDRESS", "INDIVIDUAL_PLACE_OF_BIRTH"):
        draft.add_country(_text(place, "COUNTRY"), read)
    for paper in element.iter("INDIVIDUAL_DOCUMENT"):
        number = _text(paper, "NUMBER")
        if number:
            draft.identifiers.append(f"{_text(paper, 'TYPE_OF_DOCUMENT')} {number}".strip())
    draft.names = [one for one in draft.names if one.strip()]
    return draft


def _un_date(born: etree._Element) -> str | None:
    if _text(born, "TYPE_OF_DATE") == "BETWEEN":
        first, last = _text(born, "FROM_YEAR"), _text(born, "TO_YEAR")
        return f"{first}/{last}" if first and last else None
    found = re.match(r"\d{4}-\d{2}-\d{2}", _text(born, "DATE"))
    if found:
        return found[0]
    years = set(re.findall(r"\b(?:19|20)\d{2}\b", _all_text(born)))
    return years.pop() if len(years) == 1 else None


def _text(element: etree._Element, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())


def _all_text(element: etree._Element) -> str:
    return " ".join(" ".join(str(part) for part in element.itertext()).split())
