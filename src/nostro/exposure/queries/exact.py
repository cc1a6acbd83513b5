"""Exact nets and the limits they are held against: what triggers an alert is never a float."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection

from nostro.exposure.decisions import LIMITS, Carried, Levels
from nostro.exposure.models import Limit
from nostro.kit.money import HALF_EVEN, Money
from nostro.rules.deciding import BUILT_IN, compiled, explained
from nostro.rules.engine import Compiled, compile_table, evaluate
from nostro.rules.models import Version
from nostro.rules.tables import Table
from nostro.trading.models import Instrument
from nostro.trading.rates import usd_rates

ZERO = Decimal(0)

EXACT = """
SELECT a.entity_id, coalesce(g.book, 'b'), i.code, i.asset_class, i.base, i.quote,
       sum(p.side * p.lots * p.contract_size * (s.bid + s.ask) / 2)
  FROM trading_position p
  JOIN trading_platform f ON f.id = p.platform_id AND f.live
  JOIN trading_tradingaccount a ON a.id = p.account_id AND NOT a.practice
  LEFT JOIN trading_group g ON g.id = a.group_id
  JOIN trading_platformsymbol s ON s.platform_id = p.platform_id AND s.name = p.symbol
  JOIN trading_instrument i ON i.id = s.instrument_id
 WHERE s.bid IS NOT NULL AND s.ask IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5, 6
"""


@dataclass(frozen=True)
class Net:
    """One net of one book of one legal entity, exact."""

    entity_id: int
    book: str
    code: str
    asset_class: str
    base: str
    quote: str
    usd: Decimal


def exact_nets() -> list[Net]:
    """Every net in decimals, by entity, book and instrument. One statement, no floats."""
    rates = usd_rates()
    with connection.cursor() as cursor:
        cursor.execute(EXACT)
        rows: list[Any] = cursor.fetchall()
    return [
        Net(
            entity, book, code, kind, base, quote,
            Money.rounded(total * rates[quote], "USD", HALF_EVEN).amount,
        )
        for entity, book, code, kind, base, quote, total in rows
        if quote in rates
    ]  # fmt: skip


def by_currency(nets: Iterable[tuple[str, str, Decimal]]) -> list[tuple[str, Decimal]]:
    """Base gains what quote pays: `(base, quote, net in USD)` of each instrument, largest first."""
    legs: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for base, quote, net in nets:
        legs[base] += net
        legs[quote] -= net
    held = [(code, net) for code, net in legs.items() if net]
    return sorted(held, key=lambda one: (-abs(one[1]), one[0]))


def carried(nets: Iterable[Net], book: str, entity_id: int | None) -> dict[Carried, Decimal]:
    """What is held against limits: each instrument, each currency, and the sum of all nets."""
    own = [n for n in nets if n.book == book and entity_id in (None, n.entity_id)]
    by_code: dict[str, Decimal] = defaultdict(lambda: ZERO)
    kinds = {n.code: n.asset_class for n in own}
    for one in own:
        by_code[one.code] += one.usd
    found: dict[Carried, Decimal] = {}
    for code, usd in by_code.items():
        found[_carried("instrument", code, kinds[code], book)] = usd
    legs = by_currency((n.base, n.quote, n.usd) for n in own if n.base != n.quote)
    for code, usd in legs:
        found[_carried("currency", code, "none", book)] = usd
    total = sum((abs(usd) for usd in by_code.values()), ZERO)
    found[_carried("total", "", "none", book)] = total
    return found


class _Asked(Carried):
    """A question that can stand in a set: it never changes."""

    model_config = {"frozen": True}


def _carried(kind: str, code: str, asset_class: str, book: str) -> Carried:
    return _Asked(kind=kind, code=code, asset_class=asset_class, book=book)


@lru_cache(maxsize=4)
def _built_in(fingerprint: str) -> Compiled:
    return compile_table(LIMITS, BUILT_IN[LIMITS.name])


@dataclass(frozen=True)
class InForce:
    """The rule as it is now. Asked every minute for everything, so its answers are not kept;
    the one that raises an alert is.
    """

    ready: Compiled
    table: Table

    def levels(
        self, about: Carried, overrides: Mapping[tuple[str, str], Decimal]
    ) -> tuple[Levels, str]:
        """The limit and why: the rule's, with the amount that a person set before it."""
        outcome = evaluate(LIMITS, self.ready, Carried(**about.model_dump()))
        amount = overrides.get((about.kind, about.code))
        if amount is None:
            return outcome.output, explained(LIMITS, self.table, outcome)
        return outcome.output.model_copy(update={"limit": amount}), "The limit was set by hand."


def in_force() -> InForce:
    """The active version of the limits, or the table a new house starts from. One statement."""
    version = Version.objects.filter(point=LIMITS.name, status=Version.Status.ACTIVE).first()
    if version is None:
        table = BUILT_IN[LIMITS.name]
        return InForce(_built_in(table.fingerprint), table)
    return InForce(*compiled(version.pk, version.fingerprint))


def overrides_of(book: str, entity_id: int | None) -> dict[tuple[str, str], Decimal]:
    """Limits set by hand: by kind and code."""
    rows = Limit.objects.filter(book=book, entity_id=entity_id)
    return {(one.kind, one.code): one.amount for one in rows}


def instrument_kind(code: str) -> str:
    """The asset class of an instrument, `none` where it is unknown."""
    found = Instrument.objects.filter(code=code).values_list("asset_class", flat=True).first()
    return str(found or "none")
