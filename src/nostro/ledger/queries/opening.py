"""The dry run of a file of opening balances: what it would open, and what stands in its way."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from nostro.core.access import Actor, Grants, Scope
from nostro.core.acts import Act
from nostro.core.log import CLIENTS_SEEN
from nostro.core.queries import query
from nostro.ledger.chart import Account
from nostro.ledger.models import Asset, Entry, LedgerAccount, Opening, Transfer
from nostro.ledger.opening import Fault, OpeningLine, Total, read, totals

KNOWN: dict[str, Callable[[set[str]], Mapping[str, Account]]] = {}
"""`provider`, `bank`, `partner`, `trading`, `transit` → of these paths, the accounts of things that
are known there. The rooms above put their answers here; the ledger knows only its own rows."""
OWN = ("house", "unallocated", "chargebacks", "fx_position")
MOST_KEPT = 500
"""Faults that are kept and shown, line by line; the others are counted."""


@dataclass(frozen=True)
class Report:
    """What a dry run found. `ready` lines can be posted, `faulty` counts the others."""

    sha256: str
    lines: int
    ready: list[OpeningLine]
    faults: list[Fault]
    faulty: int
    totals: dict[str, Total]

    @property
    def clean(self) -> bool:
        return not self.faults

    def kept(self) -> dict[str, Any]:
        """As the row of the file keeps it."""
        return {
            "lines": self.lines,
            "faulty": self.faulty,
            "faults": [asdict(one) for one in self.faults[:MOST_KEPT]],
            "totals": {
                code: {"lines": one.lines, "owed": str(one.owed), "had": str(one.had)}
                for code, one in self.totals.items()
            },
        }


@query(finds=Opening)
def openings(act: Act) -> Any:
    """Files of opening balances, newest first; those of the asker's legal entities."""
    rows, entities = Opening.objects.order_by("-pk"), act.actor.grants.scope.entities
    if act.actor.kind == "system" or entities is None:
        return rows
    return rows.filter(entity_id__in=sorted(entities))


def opening_report(act: Act, content: bytes, *, entity_id: int | None) -> Report:
    """Read a file and look up every account it names, without writing anything."""
    scales = dict(Asset.objects.values_list("code", "scale"))
    reading = read(content, scales)
    known, closed = _known(act, reading.lines, entity_id)
    opened = _opened(one.account.path for one in reading.lines)
    faults, ready = list(reading.faults), []
    for line in reading.lines:
        path, asset = line.account.path, str(line.money.currency)
        said, kind = "", "orphan"
        if path not in known:
            said = _orphan(line.account, entity_id)
        elif (path, asset) in closed:
            said = "This account is closed. Open it again first."
        elif (path, asset) in opened:
            said, kind = f"Opened by E-{opened[path, asset]} already.", "duplicate"
        elif line.money.amount < 0 and not known[path].overdraft:
            said, kind = "This account cannot stand below zero.", "amount"
        if said:
            faults.append(Fault(line.number, "account", said, kind, path))  # type: ignore[arg-type]
        else:
            ready.append(replace(line, account=known[path]))
    faults.sort(key=lambda one: one.line)
    digest = hashlib.sha256(content).hexdigest()
    faulty = len({one.line for one in faults})
    return Report(digest, reading.count, ready, faults, faulty, totals(reading.lines))


def _orphan(account: Account, entity_id: int | None) -> str:
    if account.client_id is not None and "/trading/" not in account.path:
        where = " of this legal entity" if entity_id is not None else ""
        return f"There is no client {account.client_id}{where}, or you may not see them."
    if account.partner_id is not None:
        return f"There is no partner {account.partner_id}."
    return "Nothing in the house stands behind this account. Add it first: its connection or login."


def _known(
    act: Act, lines: list[OpeningLine], entity_id: int | None
) -> tuple[dict[str, Account], set[tuple[str, str]]]:
    """path → the account, where somebody or something of the house stands behind it; and which
    accounts are closed.
    """
    wanted = {one.account.path: one.account for one in lines}
    found = {path: one for path, one in wanted.items() if path.startswith(OWN)}
    seen = _clients_of(act, {o.client_id for o in wanted.values() if o.client_id}, entity_id)
    asked: dict[str, set[str]] = {}
    for path, one in wanted.items():
        if "/trading/" in path:
            asked.setdefault("trading", set()).add(path)
        elif one.client_id is not None:
            found |= {path: one} if one.client_id in seen else {}
        elif path not in found:
            asked.setdefault(path.partition("/")[0], set()).add(path)
    if "bank/in-transit" in wanted:
        found["bank/in-transit"] = wanted["bank/in-transit"]
    for kind, paths in asked.items():
        found |= KNOWN[kind](paths) if kind in KNOWN else {}
    closed = set()
    for row in LedgerAccount.objects.filter(path__in=list(wanted)).iterator():
        if row.client_id is None or row.client_id in seen:
            found[row.path] = row.in_chart
        if row.closed_at is not None:
            closed.add((row.path, row.asset_id))
    return {
        path: one for path, one in found.items() if one.client_id is None or one.client_id in seen
    }, closed


def _clients_of(act: Act, ids: set[int], entity_id: int | None) -> set[int]:
    """Which of these clients the asker sees, in one legal entity where it is named."""
    actor = act.actor
    scope = actor.grants.scope if actor.kind == "staff" else Scope()
    if entity_id is not None:
        scope = replace(scope, entities=frozenset({entity_id}))
    # The names belong to the file's reader, who has been let in; only the rows are narrowed.
    eyes = replace(act, actor=Actor("staff", actor.id, actor.name, Grants(frozenset("*"), scope)))
    if not CLIENTS_SEEN or not ids:
        return set()
    return set(CLIENTS_SEEN[0](eyes).filter(pk__in=ids).values_list("pk", flat=True))


def _opened(paths: Iterable[str]) -> dict[tuple[str, str], int]:
    """(path, currency) → the entry that opened it, unless that was reversed."""
    wanted = set(paths)
    undone = Entry.objects.filter(reverses__isnull=False).values("reverses")
    legs = Transfer.objects.filter(entry__kind="opening").exclude(entry__in=undone)
    return {
        (path, asset): entry
        for one, two, asset, entry in legs.values_list(
            "source__path", "target__path", "asset_id", "entry_id"
        )
        for path in (one, two)
        if path in wanted
    }
