"""The journal's own filters: by account, client, amount and operation, which are no columns; and
how a figure leads down to its entries by them, of the same moment and the same legal entity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlencode

from django.db import models
from django.db.models import Q

from nostro.core.acts import Act
from nostro.core.operations import OPERATIONS
from nostro.kit.problems import Problem
from nostro.ledger import queries
from nostro.ledger.queries import NO_ENTITY, Moment
from nostro.ledger.staff.naming import account_url
from nostro.ui.addresses import STAFF, Address
from nostro.ui.filters import BadFilter, Choice, Choices, Range, Text
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


def entities_or_none(act: Act) -> Choices:
    """The same, and to who sees the whole firm what belongs to no legal entity."""
    unlimited = act.actor.grants.scope.entities is None
    return [*entities(act), *([(NO_ENTITY, "No legal entity")] if unlimited else [])]


def entity_of(act: Act, params: Mapping[str, str]) -> tuple[int | None, str]:
    """The legal entity that an address asks for, with its name. Refuses one of others."""
    text = params.get("entity", "")
    known = {str(pk): str(name) for pk, name in entities_or_none(act)}
    if text and text not in known:
        raise Problem("You work for no such legal entity.", field="entity")
    return (int(text), known[text]) if text else (None, "")


def entity_chip(act: Act, address: Address) -> dict[str, Any]:
    """The choice of a legal entity as `ui/parts/filters.html` draws it."""
    return Choice("entity", "Legal entity", choices=entities_or_none).chip(act, address)


def time_of(text: str, field: str) -> datetime:
    """A moment in UTC as an address has it. Raises a sentence for what is no time."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Problem(f"“{text}” is no time. Write 2026-11-20 23:59:59.", field=field) from error


def clock_of(params: Mapping[str, str]) -> Literal["recorded", "effective"]:
    """By which of the two times an address asks."""
    match params.get("clock", ""):
        case "" | "recorded":
            return "recorded"
        case "effective":
            return "effective"
    raise Problem("A balance is told as recorded or as effective.", field="clock")


def at_said(at: datetime) -> str:
    """A moment as addresses have it: in UTC, to what was asked."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat()


def statement_url(account_id: int, moment: Moment, entity_id: int | None = None) -> str:
    """An account's statement up to a moment by its clock, which closes at the chart's figure."""
    query: dict[str, Any] = {}
    if moment.at is not None and moment.clock == "effective":
        query = {"until": f"{moment.at.astimezone(UTC):%Y-%m-%d}", "clock": "effective"}
    elif moment.at is not None:
        query = {"until": at_said(moment.at)}
    if entity_id is not None:
        query["entity"] = entity_id
    url = f"{account_url(account_id)}statement/"
    return f"{url}?{urlencode(query)}" if query else url


def entries_url(place: str, asset: str, moment: Moment, entity_id: int | None = None) -> str:
    """The journal under a place of the chart: what a folded figure of then is made of."""
    query: dict[str, Any] = {"account": place, "currency": asset}
    if moment.at is not None and moment.clock == "effective":
        query["value_date_to"] = f"{moment.at.astimezone(UTC):%Y-%m-%d}"
    elif moment.at is not None:
        query["known_at"] = at_said(moment.at)
    if entity_id is not None:
        query["entity"] = entity_id
    return f"{STAFF}ledger/entries/?{urlencode(query)}"


def accounts_url(place: str, asset: str) -> str:
    """The accounts under a place of the chart, with what stands on them now."""
    query = urlencode({"view": "all", "path": f"{place}/", "asset": asset})
    return f"{STAFF}ledger/accounts/?{query}"


@dataclass(frozen=True)
class OfEntity(Choice):
    """Entries of one legal entity, or of none."""

    def narrow(self, act: Act, rows: Rows, params: Mapping[str, str]) -> Rows:
        if params.get(self.name, "") == str(NO_ENTITY) and str(NO_ENTITY) in self.known(act):
            return rows.filter(entity_id=None)
        return super().narrow(act, rows, params)


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
class KnownAt(Narrowed):
    """Entries that had been recorded by a moment."""

    def narrowed(self, rows: Rows, wanted: str) -> Rows:
        return rows.filter(recorded_at__lte=time_of(wanted, self.name))


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
