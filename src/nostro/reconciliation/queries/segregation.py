"""What is owed to clients and what is set aside for it, at one moment, from the ledger alone.

FCA CASS 7 (resource and requirement, 7.15 and 7.16; see the current handbook) is the reference.
Everything effective before a moment, as far as it was recorded by another, gives the same figures
for ever; what only the platforms know (open results) is kept with the report.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from nostro.kit.money import HALF_EVEN, Money
from nostro.ledger import chart
from nostro.people.models import LegalEntity
from nostro.reconciliation.models import BankAccount, ClientMoneyReport
from nostro.trading.models import TradingAccount

STOOD = """
WITH legs AS (
  SELECT t.source_id AS account, -t.units AS units, e.entity_id
    FROM ledger_transfer t JOIN ledger_entry e ON e.id = t.entry_id
   WHERE e.effective_at < %(as_of)s AND e.recorded_at <= %(known_at)s
  UNION ALL
  SELECT t.target_id, t.units, e.entity_id
    FROM ledger_transfer t JOIN ledger_entry e ON e.id = t.entry_id
   WHERE e.effective_at < %(as_of)s AND e.recorded_at <= %(known_at)s)
SELECT a.path, a.asset_id, a.client_id, sum(legs.units)
  FROM legs JOIN ledger_account a ON a.id = legs.account
  LEFT JOIN people_client c ON c.id = a.client_id
 WHERE a.of_clients AND (c.entity_id = %(entity)s
    OR a.path = ANY (%(banks)s)
    OR (a.client_id IS NULL AND a.path NOT LIKE 'bank/%%' AND legs.entity_id = %(entity)s)
    OR (a.path = %(transit)s AND legs.entity_id = %(entity)s))
 GROUP BY 1, 2, 3 HAVING sum(legs.units) <> 0
"""
PARTS = ("free", "margined", "unallocated", "in_transit")
"""What the requirement is made of."""


@dataclass(frozen=True)
class Standing:
    """One entity's client money in one currency. `at_providers` is owed to us, not set aside."""

    currency: str
    resource: Money
    free: Money
    margined: Money
    unallocated: Money
    in_transit: Money
    at_providers: Money
    to_platforms: Money
    clients: int

    @property
    def requirement(self) -> Money:
        return sum((getattr(self, name) for name in PARTS), self.to_platforms)

    @property
    def parts(self) -> dict[str, str | int]:
        names = ("resource", *PARTS, "at_providers", "to_platforms")
        return {name: str(getattr(self, name).amount) for name in names} | {"clients": self.clients}


def floating_now(entity: LegalEntity) -> dict[str, dict[str, str]]:
    """Currency → ledger path → open result, as the platforms last said it. Credit is no money,
    and neither is what is practised with.
    """
    rows = TradingAccount.objects.filter(
        entity=entity,
        login__isnull=False,
        platform__live=True,
        read_at__isnull=False,
        practice=False,
    ).select_related("platform")
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for one in rows.exclude(equity=0, balance=0):
        path = chart.client_trading(one.client_id, one.platform.slug, int(one.login or 0)).path
        result = Money.rounded(one.equity - one.balance - one.credit, one.currency, HALF_EVEN)
        if result:
            found[one.currency][path] = str(result.amount)
    return dict(found)


def opened_with(entity: LegalEntity) -> dict[str, dict[str, str]]:
    """Currency → ledger path → what stood on the clients' accounts before the ledger began."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for one in BankAccount.objects.filter(entity=entity, of_clients=True):
        found[one.currency][one.chart.path] = str(one.opened_with or 0)
    return dict(found)


def standings(
    entity: LegalEntity,
    *,
    as_of: datetime,
    known_at: datetime,
    floating: Mapping[str, Mapping[str, str]],
    opened: Mapping[str, Mapping[str, str]],
) -> dict[str, Standing]:
    """Currency → how client money stands. One statement, summed by account in the database."""
    banks = [path for paths in opened.values() for path in paths]
    asked: dict[str, Any] = {
        "as_of": as_of, "known_at": known_at, "entity": entity.pk, "banks": banks,
        "transit": chart.bank_in_transit().path,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(STOOD, asked)
        rows = cursor.fetchall()
    stood: dict[str, dict[str, tuple[int | None, Money]]] = defaultdict(dict)
    for path, asset, client_id, units in rows:
        stood[asset][path] = (client_id, Money.from_minor(int(units), asset))
    currencies = sorted({*stood, *opened, *floating})
    return {
        code: _standing(code, stood[code], floating.get(code, {}), opened.get(code, {}))
        for code in currencies
    }


def _standing(
    code: str,
    stood: Mapping[str, tuple[int | None, Money]],
    floating: Mapping[str, str],
    opened: Mapping[str, str],
) -> Standing:
    zero = Money.zero(code)
    free: dict[int, Money] = defaultdict(lambda: zero)
    margined: dict[str, Money] = {
        path: Money.of(f"{amount} {code}") for path, amount in floating.items()
    }
    unallocated = in_transit = at_providers = to_platforms = zero
    resource = sum((Money.of(f"{amount} {code}") for amount in opened.values()), zero)
    for path, (client_id, money) in stood.items():
        if path in opened:
            resource -= money
        elif path.endswith("/credit"):
            continue  # lent on a platform, never the client's to ask back
        elif client_id is not None and "/trading/" in path:
            margined[path] = margined.get(path, zero) + money
        elif client_id is not None and path.endswith(("/wallet", "/held")):
            free[client_id] += money
        elif path == chart.unallocated().path:
            unallocated = money
        elif path == chart.bank_in_transit().path:
            in_transit = money
        elif path.startswith("provider/"):
            at_providers -= money
        elif path.startswith("transit/"):
            to_platforms += money
    owed = [money for money in free.values() if money > zero]
    # One client's debt never pays for another: what is below zero counts as nothing.
    equity = [money for money in margined.values() if money > zero]
    return Standing(
        code, resource, sum(owed, zero), sum(equity, zero), max(unallocated, zero),
        max(in_transit, zero), at_providers, max(to_platforms, zero), len(owed),
    )  # fmt: skip


def digest_of(report: ClientMoneyReport, standing: Standing) -> str:
    """What is signed: the figures and everything they follow from, in one order."""
    said = {
        "entity": report.entity_id, "currency": report.currency, "day": str(report.day_date),
        "revision": report.revision, "as_of": report.as_of.isoformat(),
        "known_at": report.known_at.isoformat(), "parts": standing.parts,
        "floating": report.floating, "opened": report.opened,
    }  # fmt: skip
    body = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def again(report: ClientMoneyReport) -> Standing:
    """The same report from the ledger as it is today: equal, unless somebody rewrote the past."""
    found = standings(
        report.entity, as_of=report.as_of, known_at=report.known_at,
        floating={report.currency: report.floating}, opened={report.currency: report.opened},
    )  # fmt: skip
    return found[report.currency]


def reproduces(report: ClientMoneyReport) -> bool:
    """Whether a report is what the ledger still says, and bears our signature."""
    from cryptography.exceptions import InvalidSignature

    from nostro.core.seal import signing_key

    try:
        signing_key().public_key().verify(bytes.fromhex(report.signature), report.digest.encode())
    except (InvalidSignature, ValueError):
        return False
    standing = again(report)
    exact = Decimal(report.resource) - Decimal(report.requirement)
    same = (standing.resource - standing.requirement).amount == exact
    return same and digest_of(report, standing) == report.digest
