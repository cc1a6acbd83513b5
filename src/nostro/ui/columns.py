"""Columns: how one value of a row is named, shown, sorted, spared from eyes and exported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.access import dots
from nostro.core.acts import Act
from nostro.kit import Money
from nostro.ui.addresses import reached, url_of
from nostro.ui.templatetags import nostro as tags


def follow(row: Any, source: str | Callable[[Any], Any]) -> Any:
    """What a dotted path or a callable gives of a row; nothing where a step is missing."""
    if callable(source):
        return source(row)
    for step in source.split(".") if source else ():
        row = getattr(row, step, None)
        if row is None:
            return None
        if callable(row) and not isinstance(row, models.Model):
            row = row()
    return row


@dataclass(frozen=True)
class Column:
    """One column. `masked` names the grant without which its value is dotted out."""

    source: str | Callable[[Any], Any]
    title: str = ""
    sort: str = ""
    masked: str = ""
    low: int = 0
    quiet: bool = False
    cut: bool = False
    url: Callable[[Any], str] | None = None
    numeric: ClassVar[bool] = False

    @property
    def heading(self) -> str:
        if self.title or callable(self.source):
            return self.title
        last = self.source.rpartition(".")[2].removesuffix("_at")
        return last.replace("_", " ").capitalize()

    @property
    def name(self) -> str:
        return self.sort or self.heading

    @cached_property
    def css(self) -> str:
        """The classes of its cells; what is less important goes first where there is no room."""
        low = "p2 p3" if self.low == 3 else "p2" if self.low else ""
        numeric, quiet = "num" if self.numeric else "", "quiet" if self.quiet else ""
        return " ".join(filter(None, (numeric, quiet, low, "cut" if self.cut else "")))

    def value(self, act: Act, row: Any) -> Any:
        found = follow(row, self.source)
        if self.masked and not act.actor.grants.unmask(self.masked):
            return dots(found)
        return found

    def html(self, act: Act, row: Any) -> str:
        value = self.value(act, row)
        shown = tags.NONE if value in (None, "") else self.drawn(act, row, value)
        address = reached(act.actor, self.url(row)) if self.url else ""
        return format_html('<a href="{}">{}</a>', address, shown) if address else shown

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        if isinstance(value, bool):
            return "Yes" if value else "No"
        return value if isinstance(value, SafeString) else str(value)

    def headings(self) -> list[str]:
        """As a spreadsheet has it: money takes two columns."""
        return [self.heading]

    def plain(self, act: Act, row: Any) -> list[Any]:
        value = self.value(act, row)
        kept = value is None or isinstance(value, bool | int | Decimal | date)
        return [value if kept else str(value)]


@dataclass(frozen=True)
class MoneyColumn(Column):
    """An amount with its currency quiet behind it."""

    numeric: ClassVar[bool] = True

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        return tags.money(value) if isinstance(value, Money) else str(value)

    def headings(self) -> list[str]:
        return [self.heading, "Currency"]

    def plain(self, act: Act, row: Any) -> list[Any]:
        value = self.value(act, row)
        if isinstance(value, Money):
            return [value.amount, str(value.currency)]
        return [value and str(value), ""]


@dataclass(frozen=True)
class Number(Column):
    """A figure with thousands; `places` fixes its decimals."""

    places: int | None = None
    numeric: ClassVar[bool] = True

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        if not isinstance(value, int | Decimal):
            return str(value)
        digits = f",.{self.places}f" if self.places is not None else ","
        return format(value, digits).replace("-", tags.MINUS)


@dataclass(frozen=True)
class Date(Column):
    """A day, or a moment in UTC."""

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        known = isinstance(value, date)
        return tags.when(Context({"now": act.at}), value) if known else str(value)


@dataclass(frozen=True)
class Clock(Column):
    """A promise that counts down: when it is due, and since when."""

    source: str | Callable[[Any], Any] = "due_at"
    title: str = "Clock"
    since: str = "status_at"

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        since = follow(row, self.since)
        known = isinstance(value, datetime)
        return tags.clock(Context({"now": act.at}), value, since) if known else str(value)


@dataclass(frozen=True)
class Badge(Column):
    """A state in words on its colour: `colors` maps values to ok, warn, bad, info, wait, line."""

    colors: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def word(self, row: Any, value: Any) -> str:
        shown = getattr(row, f"get_{self.source}_display", None)
        known = self.words.get(str(value)) or (shown() if shown else "")
        return known or str(value).replace("_", " ").capitalize()

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        return tags.pill(self.word(row, value), self.colors.get(str(value), ""))

    def plain(self, act: Act, row: Any) -> list[Any]:
        value = self.value(act, row)
        return ["" if value is None else self.word(row, value)]


@dataclass(frozen=True)
class Link(Column):
    """A thing by its name, linked to its page; the row itself where `source` is empty."""

    source: str | Callable[[Any], Any] = ""

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        address = "" if self.url else reached(act.actor, url_of(value))
        return format_html('<a href="{}">{}</a>', address, value) if address else str(value)


@dataclass(frozen=True)
class Person(Link):
    """Somebody's name, linked to their page; long ones are cut."""

    cut: bool = True

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        name = getattr(value, "name", "") if isinstance(value, models.Model) else ""
        if address := "" if self.url or not name else reached(act.actor, url_of(value)):
            return format_html('<a href="{}">{}</a>', address, name)
        return str(name) or super().drawn(act, row, value)


@dataclass(frozen=True)
class Risk(Column):
    """One to three bars, or low, medium and high."""

    title: str = "Risk"

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        known = isinstance(value, int) or str(value).lower() in LEVELS
        return tags.risk(value) if known else str(value)


LEVELS = ("low", "medium", "high")
