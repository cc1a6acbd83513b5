"""The log as sentences: who did what to what, with names looked up as they are today, because
the log itself holds none. Higher rooms say how their things are named, and what stands behind.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from nostro.core.acts import Act
from nostro.core.events import EVENTS
from nostro.core.models import Record
from nostro.kit import Money
from nostro.kit.problems import Problem
from nostro.ui.addresses import Address, reached
from nostro.ui.keyset import page_of

Names = dict[int, tuple[str, str]]
NAMES: dict[str, Callable[[set[int]], Names]] = {}
"""Model label, or kind of actor → `f(ids) -> {id: (text, url)}`."""
DETAILS: list[Callable[[Act, Sequence[Record]], dict[int, list[list[Any]]]]] = []
"""`f(act, records) -> {record id: rows of the slip}`: entries, decisions, evidence."""
GROUPS = {
    "": "Everything",
    "money": "Money",
    "compliance": "Compliance",
    "trading": "Trading",
    "notes": "Notes",
    "access": "Access",
}
WORDS: dict[str, Callable[[str], str]] = {
    "provider": lambda slug: slug.replace("-", " ").capitalize(),
    "country": str,
}
"""Field of an event → what people call a code that stands in it."""
BY_RULE: dict[str, str] = {}
"""Event → its sentence where no colleague did it: a rule decided inside somebody's request."""
READINGS = "readings"
"""The group of events that only say what was seen again."""
HUM: set[str] = set()
"""Events that come every second from a machine: the first page leaves them to the log."""
CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
"""A value that a machine chose, such as `in_review`: people read it without the underscores."""
SHORT = re.compile(r"\b(?:kyc|aml|psp|ib|lp|fx)\b")
PLACE = re.compile(r"\{(\w+)[^}]*\}")
DOORS = {"staff": "Staff", "room": "Client, trader room", "partner": "Partner portal"}


@dataclass(frozen=True)
class Line:
    """One event as a sentence with its sources."""

    at: datetime
    text: SafeString
    icon: str
    tone: str
    by: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    record: int = 0


def names_of(records: Iterable[Record]) -> dict[tuple[str, int], tuple[str, str]]:
    """Every actor, subject and client of some records, one look-up a kind."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for one in records:
        for kind, pk in _named(one):
            wanted[kind].add(pk)
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for kind, ids in wanted.items():
        if kind in NAMES:
            found |= {(kind, pk): name for pk, name in NAMES[kind](ids).items()}
    return found


def _named(record: Record) -> list[tuple[str, int]]:
    pairs = [
        (record.actor_kind, record.actor_id),
        (record.subject_type, record.subject_id),
        ("client", record.client_id),
    ]
    return [(kind, pk) for kind, pk in pairs if kind and pk is not None]


def plain(value: Any) -> str:
    """A field of an event in words: money with its currency, lists with commas."""
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        try:
            return str(Money(Decimal(value["amount"]), value["currency"]))
        except Problem:
            return f"{value['amount']} {value['currency']}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(plain(one) for one in value)
    if isinstance(value, str) and CODE.fullmatch(value):
        return SHORT.sub(lambda found: found[0].upper(), value.replace("_", " "))
    return "" if value is None else str(value)


def event_title(name: str) -> str:
    """`payments.DepositSettled` as people say it: “Deposit settled”."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.rpartition(".")[2]).capitalize()


def _linked(name: tuple[str, str]) -> SafeString:
    text, url = name
    if url:
        return format_html('<a class="link" href="{}">{}</a>', url, text)
    return format_html("{}", text)


def _bold(name: tuple[str, str]) -> SafeString:
    return format_html("<b>{}</b>", name[0])


def sentence(record: Record, names: dict[tuple[str, int], tuple[str, str]]) -> SafeString:
    """`Event.says` with its names and fields in place."""
    event = EVENTS.get(record.name)
    says = event.says if event else record.name.partition(".")[2]
    if record.actor_kind != "staff":
        says = BY_RULE.get(record.name, says)
    who = names.get((record.actor_kind, record.actor_id or 0))
    about = names.get((record.subject_type, record.subject_id or 0))
    kind = record.subject_type.partition(".")[2]
    client = names.get(("client", record.client_id or 0))
    values: dict[str, SafeString] = {
        "actor": _bold(who or (_unknown(record.actor_kind, record.actor_id).capitalize(), "")),
        "subject": _linked(about or (_unknown(kind, record.subject_id), "")),
        "client": _linked(client or (_unknown("client", record.client_id), "")),
    }

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        known = values.get(name) if name not in record.data else None
        value = record.data.get(name, "")
        if name in WORDS and isinstance(value, str):
            value = WORDS[name](value)
        return known or conditional_escape(plain(value))

    parts, last = [], 0
    for match in PLACE.finditer(says):
        parts += [conditional_escape(says[last : match.start()]), filled(match)]
        last = match.end()
    text = "".join([*parts, conditional_escape(says[last:])])
    return mark_safe(text[:1].upper() + text[1:])  # noqa: S308  every part is escaped above


def _unknown(kind: str, pk: int | None) -> str:
    word = kind.replace("_", " ") or "it"
    return word.capitalize() if pk is None else f"{word} {pk}"


def lines(act: Act, records: Sequence[Record], *, details: bool = False) -> list[Line]:
    """Records as lines; `details` adds what the slip shows."""
    names = {k: (word, reached(act.actor, url)) for k, (word, url) in names_of(records).items()}
    slips: dict[int, list[list[Any]]] = defaultdict(list)
    if details:
        for ask in DETAILS:
            for pk, rows in ask(act, records).items():
                slips[pk] += rows
        for one in records:
            slips[one.pk] += _of_act(act, one)
    return [_line(one, names, slips.get(one.pk, [])) for one in records]


def _line(
    record: Record, names: dict[tuple[str, int], tuple[str, str]], rows: list[list[Any]]
) -> Line:
    event = EVENTS.get(record.name)
    icon, tone = (event.icon, event.tone) if event else ("point", "plain")
    drawn = "" if tone == "plain" else tone
    by = [] if record.actor_kind == "staff" else [record.actor_kind.capitalize()]
    text = sentence(record, names)
    return Line(record.at, text, icon, drawn, by, rows, record.pk)


def _of_act(act: Act, record: Record) -> list[list[Any]]:
    """The act behind a record; where it came from is shown to those who may see it."""
    row = record.act
    seen = act.actor.grants.unmask("core.act.address")
    place = f"{row.address} {row.device}".strip() if seen else ""
    door = DOORS.get(row.door, row.door.capitalize())
    title = event_title(record.name)
    return [["Act", door, place, str(row.pk)[:8]], ["Event", title, "", f"#{record.pk}"]]


def grouped(rows: Sequence[Line], now: datetime) -> list[dict[str, Any]]:
    """Lines by their UTC day, as `ui/parts/timeline.html` draws them."""
    days: dict[date, list[Line]] = defaultdict(list)
    for one in rows:
        days[one.at.astimezone(UTC).date()].append(one)
    return [{**_day(day, now.astimezone(UTC).date()), "items": own} for day, own in days.items()]


def _day(day: date, today: date) -> dict[str, str]:
    said = f"{day:%A} {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")
    known = {today: "Today", today - timedelta(days=1): "Yesterday"}
    return {"title": known[day], "date": said} if day in known else {"title": said, "date": ""}


def of_group(rows: models.QuerySet[Record], group: str) -> models.QuerySet[Record]:
    names = [event.name for event in EVENTS.values() if event.group == group]
    return rows.filter(name__in=names) if group else rows


def timeline(act: Act, rows: models.QuerySet[Record], address: Address) -> dict[str, Any]:
    """A page of the timeline: its days, its groups, and where it goes on."""
    params = address.params
    group = params.get("group", "")
    chosen = of_group(rows.select_related("act"), group)
    until = params.get("until", "")
    if until:
        chosen = chosen.filter(at__lt=_end_of(until))
    page = page_of(chosen, "-at", after=params.get("after", ""), before=params.get("before", ""))
    said = lines(act, page.rows, details=True)
    return {
        "days": grouped(said, act.at),
        "groups": [
            {"title": title, "url": address.url(group=key or None), "current": key == group}
            for key, title in GROUPS.items()
        ],
        "previous_url": address.url(before=page.before) if page.before else "",
        "next_url": address.url(after=page.after) if page.after else "",
        "until": until,
        "now_url": address.url(until=None) if until else "",
        "kept": address.without("until"),
    }


def _end_of(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError) as error:
        raise Problem(f"“{day}” is not a day.", field="until") from error


def without_readings(rows: models.QuerySet[Record]) -> models.QuerySet[Record]:
    """What happened, without the looks at a market that come every second."""
    return rows.exclude(name__in=[one.name for one in EVENTS.values() if one.group == READINGS])


def feed(act: Act, rows: models.QuerySet[Record], most: int = 9) -> list[Line]:
    """The newest few, without their slips and without what comes every second."""
    return lines(act, list(rows.exclude(name__in=HUM).order_by("-at", "-pk")[:most]))
