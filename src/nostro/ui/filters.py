"""Filters: what somebody may narrow a list by. They live in the address, so a view is a link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote_plus

from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.kit.problems import Forbidden, Problem
from nostro.ui.addresses import Address

Choices = Sequence[tuple[Any, Any]]
PLACE = "\0"
"""Stands for a value in the address that a filter's choices share: some are hundreds."""


class BadFilter(Problem):
    """A filter's value makes no sense, so the list cannot be what was asked for."""


@dataclass(frozen=True)
class Filter:
    """Narrows rows by what the address says under `name`."""

    name: str
    title: str = ""
    lookup: str = ""
    is_private: bool = False
    """Free text may be a person's name: an export's event then says that it was set, not how."""

    @property
    def heading(self) -> str:
        return self.title or self.name.removesuffix("_at").replace("_", " ").capitalize()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.lookup or self.name,)

    def narrow(
        self, act: Act, rows: models.QuerySet[Any], params: Mapping[str, str]
    ) -> models.QuerySet[Any]:
        raise NotImplementedError

    def chip(self, act: Act, address: Address) -> dict[str, Any]:
        """What `ui/parts/filters.html` draws."""
        said = self.said(act, address.params)
        cleared = address.url(**dict.fromkeys(self.names)) if said else ""
        chip = {"title": self.heading, "value": said, "clear_url": cleared}
        return {**chip, **self.asked(act, address)}

    def said(self, act: Act, params: Mapping[str, str]) -> str:
        return params.get(self.name, "")

    def asked(self, act: Act, address: Address) -> dict[str, Any]:
        raise NotImplementedError

    def form(self, address: Address, kind: str, labels: Sequence[str]) -> SafeString:
        kept = format_html_join(
            "", '<input type="hidden" name="{}" value="{}">', address.without(*self.names).items()
        )
        asked = format_html_join(
            "",
            '<label>{}<input class="n-field" type="{}" name="{}" value="{}"></label>',
            [
                (label, kind, name, address.params.get(name, ""))
                for name, label in zip(self.names, labels, strict=True)
            ],
        )
        return format_html("{}{}", kept, asked)


@dataclass(frozen=True)
class Choice(Filter):
    choices: Choices | Callable[[Act], Choices] = ()

    def known(self, act: Act) -> dict[str, str]:
        try:
            found = self.choices(act) if callable(self.choices) else self.choices
        except Forbidden:  # they are of another room, which this person does not see
            found = ()
        return {str(value): str(words) for value, words in found}

    def narrow(
        self, act: Act, rows: models.QuerySet[Any], params: Mapping[str, str]
    ) -> models.QuerySet[Any]:
        wanted = params.get(self.name, "")
        if not wanted:
            return rows
        if wanted not in self.known(act):
            raise BadFilter(f"{self.heading} cannot be “{wanted}”.", field=self.name)
        return rows.filter(**{self.paths[0]: wanted})

    def chip(self, act: Act, address: Address) -> dict[str, Any]:
        current = address.params.get(self.name, "")
        known = self.known(act)
        before, _, after = address.url(**{self.name: PLACE}).partition(quote_plus(PLACE))
        return {
            "title": self.heading,
            "value": known.get(current, current),
            "clear_url": address.url(**{self.name: None}) if current else "",
            "options": [
                {
                    "title": words,
                    "url": f"{before}{quote_plus(value)}{after}",
                    "current": value == current,
                }
                for value, words in known.items()
            ],
        }


@dataclass(frozen=True)
class Text(Filter):
    is_private: bool = True

    def narrow(
        self, act: Act, rows: models.QuerySet[Any], params: Mapping[str, str]
    ) -> models.QuerySet[Any]:
        wanted = params.get(self.name, "").strip()
        return rows.filter(**{self.paths[0]: wanted}) if wanted else rows

    def asked(self, act: Act, address: Address) -> dict[str, Any]:
        return {"form": self.form(address, "text", [self.heading])}


@dataclass(frozen=True)
class Range(Filter):
    """From and to, both included. Days are UTC days."""

    kind: str = "date"

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.name}_from", f"{self.name}_to")

    def _bound(self, raw: str, *, days: int = 0) -> date | Decimal:
        try:
            if self.kind != "date":
                return Decimal(raw)
            day = date.fromisoformat(raw) + timedelta(days=days)
        except (ValueError, InvalidOperation, OverflowError) as error:
            raise BadFilter(f"{self.heading}: “{raw}” is not a {self.kind}.") from error
        is_day = self.paths[0].endswith("_date")
        return day if is_day else datetime.combine(day, time(), UTC)

    def narrow(
        self, act: Act, rows: models.QuerySet[Any], params: Mapping[str, str]
    ) -> models.QuerySet[Any]:
        since, until = (params.get(name, "") for name in self.names)
        path = self.paths[0]
        if since:
            rows = rows.filter(**{f"{path}__gte": self._bound(since)})
        if until:
            ends = "lt" if self.kind == "date" else "lte"
            rows = rows.filter(**{f"{path}__{ends}": self._bound(until, days=1)})
        return rows

    def said(self, act: Act, params: Mapping[str, str]) -> str:
        since, until = (params.get(name, "") for name in self.names)
        if since and until:
            return f"{since} to {until}"
        return f"from {since}" if since else f"to {until}" if until else ""

    def asked(self, act: Act, address: Address) -> dict[str, Any]:
        return {"form": self.form(address, self.kind, ["From", "To"])}


@dataclass(frozen=True)
class Flag(Filter):
    wanted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.wanted)

    def narrow(
        self, act: Act, rows: models.QuerySet[Any], params: Mapping[str, str]
    ) -> models.QuerySet[Any]:
        chosen = {key: v(act) if callable(v) else v for key, v in self.wanted.items()}
        return rows.filter(**chosen) if params.get(self.name) == "1" else rows

    def said(self, act: Act, params: Mapping[str, str]) -> str:
        return "only" if params.get(self.name) == "1" else ""

    def asked(self, act: Act, address: Address) -> dict[str, Any]:
        on = {"title": "Only these", "url": address.url(**{self.name: "1"})}
        return {"options": [on | {"current": address.params.get(self.name) == "1"}]}


def choice(
    name: str, choices: Choices | Callable[[Act], Choices], *, path: str = "", title: str = ""
) -> Choice:
    """One of some values; the choices may be a callable of the act."""
    return Choice(name, title, path, choices=choices)


def text(name: str, lookup: str = "", *, title: str = "") -> Text:
    """Free text by an ORM lookup: `text("client", "client__last_name__holds")`."""
    return Text(name, title, lookup or f"{name}__icontains")


def date_range(name: str, *, path: str = "", title: str = "") -> Range:
    """A day or moment from one day to another, both included."""
    return Range(name, title, path)


def number_range(name: str, *, path: str = "", title: str = "") -> Range:
    """A figure from one amount to another, both included."""
    return Range(name, title, path, kind="number")


def flag(name: str, title: str, **lookup: Any) -> Flag:
    """On or off: `flag("overdue", "Overdue", due_at__lt=lambda act: act.at)`."""
    return Flag(name, title, wanted=lookup)
