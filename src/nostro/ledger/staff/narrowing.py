"""The journal's own filters: by account, client, amount and operation, which are no columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from nostro.core.acts import Act
from nostro.core.operations import OPERATIONS
from nostro.ledger import queries
from nostro.ui.filters import BadFilter, Choices, Range, Text
from nostro.ui.pages import ENTITIES
from nostro.ui.timeline import NAMES

Rows = models.QuerySet[Any]


def currencies(act: Act) -> Choices:
    return [(code, code) for code in queries.currencies()]


def entities(act: Act) -> Choices:
    """The legal entities that somebody works for; where it is one alone, that one."""
    known = [pair for ask in ENTITIES for pair in ask(act)]
    own = act.actor.grants.scope.entities
    if known or own is None or "people.legalentity" not in NAMES:
        return known
    return [(pk, name) for pk, (name, _) in NAMES["people.legalentity"](set(own)).items()]


@dataclass(frozen=True)
class Narrowed(Text):
    """Free text that says no name: the export's event tells what it was."""

    is_private: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.name,)

    def narrow(self, act: Act, rows: Rows, params: Mapping[str, str]) -> Rows:
        wanted = params.get(self.name, "").strip()
        return self.narrowed(rows, wanted) if wanted else rows

    def narrowed(self, rows: Rows, wanted: str) -> Rows:
        raise NotImplementedError


@dataclass(frozen=True)
class OfAccount(Narrowed):
    """Entries on an account, or under a place of the chart such as `provider/cardwell`."""

    def narrowed(self, rows: Rows, wanted: str) -> Rows:
        return queries.touching(rows, wanted)


@dataclass(frozen=True)
class OfClient(Narrowed):
    """Entries on the accounts of the client of a number."""

    def narrowed(self, rows: Rows, wanted: str) -> Rows:
        digits = wanted.upper().removeprefix("C-")
        if not digits.isdecimal() or len(digits) > 18:
            raise BadFilter("Write a client’s number, such as C-35.", field=self.name)
        return queries.of_client(rows, int(digits))


@dataclass(frozen=True)
class InCurrency(Narrowed):
    """Entries in one of the currencies that the ledger keeps."""

    def narrowed(self, rows: Rows, wanted: str) -> Rows:
        code = wanted.upper()
        if code not in queries.currencies():
            raise BadFilter(f"The ledger keeps no “{wanted}”.", field=self.name)
        return queries.in_currency(rows, code)


@dataclass(frozen=True)
class ByOperation(Narrowed):
    """Entries by what was done: “settle”, “withdrawal”."""

    def narrowed(self, rows: Rows, wanted: str) -> Rows:
        words = wanted.lower()
        names = [
            one.name
            for one in OPERATIONS.values()
            if words in one.title.lower() or words in one.name
        ]
        return queries.by_operations(rows, names)


@dataclass(frozen=True)
class OfAmount(Range):
    """Entries with a leg of so much, in its own currency."""

    kind: str = "number"

    def narrow(self, act: Act, rows: Rows, params: Mapping[str, str]) -> Rows:
        said = [params.get(name, "") for name in self.names]
        if not any(said):
            return rows
        least, most = (self._amount(one) for one in said)
        return queries.of_amount(rows, least, most)

    def _amount(self, raw: str) -> Decimal | None:
        if not raw:
            return None
        found = self._bound(raw)
        if not isinstance(found, Decimal) or not found.is_finite() or abs(found) > 10**20:
            raise BadFilter(f"{self.heading}: “{raw}” is no amount.")
        return found


@dataclass(frozen=True)
class LegsOf(Narrowed):
    """Legs that touch one account, on either side."""

    @property
    def paths(self) -> tuple[str, ...]:
        return ("source__path", "target__path")

    def narrowed(self, rows: Rows, wanted: str) -> Rows:
        return rows.filter(Q(source__path=wanted) | Q(target__path=wanted))
