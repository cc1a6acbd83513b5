"""Everything the house knows of one client's standing, in the order in which it happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils.html import strip_tags

from nostro.compliance.models import Document
from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.core.queries import query
from nostro.core.seal import Inclusion, NotSealed, inclusion
from nostro.kit.money import Money
from nostro.ledger.models import Transfer
from nostro.people.models import Client
from nostro.rules.deciding import POINTS, compiled
from nostro.rules.models import Decision
from nostro.rules.wording import sentence as in_words
from nostro.ui.timeline import names_of, sentence

PROVED = (
    "compliance.ApplicationApproved", "compliance.ApplicationRefused", "people.ClientActivated",
    "people.ClientRegistered", "payments.WithdrawalApproved",
)  # fmt: skip
PROOFS = 5


@dataclass(frozen=True)
class Decided:
    """One answer of a rule: what it was asked, what it said, and by which version and rows."""

    id: int
    point: str
    title: str
    version: int
    rows: Sequence[str]
    at: datetime
    inputs: dict[str, Any]
    answers: list[dict[str, Any]]
    sentence: str
    cautious: bool
    act: UUID

    @property
    def rule(self) -> str:
        row = f", row {', '.join(self.rows)}" if self.rows else ", no row matched"
        return f"{self.point} v{self.version}{row}"


@dataclass(frozen=True)
class Happened:
    """One event: when, who, what, through which door, by which rules."""

    record: Record
    who: str
    text: str
    rules: Sequence[Decided]


@dataclass(frozen=True)
class Posted:
    """One leg on one of the client's accounts, with the balance after it where one is kept."""

    at: datetime
    entry: int
    kind: str
    text: str
    account: str
    taken: Money | None
    given: Money | None
    balance: Money | None


@dataclass(frozen=True)
class Evidence:
    """What an evidence pack is made of."""

    client: Client
    happened: Sequence[Happened]
    decisions: Sequence[Decided]
    documents: Sequence[Document]
    posted: Sequence[Posted]
    proofs: Sequence[tuple[Record, Inclusion]]


def _worded(decision: Decision) -> str:
    point = POINTS.get(decision.point)
    if decision.cautious or point is None:
        return decision.reason
    _, table = compiled(decision.version_id, decision.version.fingerprint)
    rows = {row.id: row for row in table.rows}
    return " ".join(in_words(point, table, rows[one]) for one in decision.rows if one in rows)


def _decisions(client: Client) -> list[Decided]:
    rows = Decision.objects.filter(client_id=client.pk).select_related("version")
    return [
        Decided(
            one.pk, one.point, POINTS[one.point].title if one.point in POINTS else one.point,
            one.version.number, [str(row) for row in one.rows], one.at, one.inputs, one.answers,
            _worded(one), one.cautious, one.act,
        )
        for one in rows.order_by("at", "pk")
    ]  # fmt: skip


def _happened(records: Sequence[Record], decisions: Iterable[Decided]) -> list[Happened]:
    names = names_of(records)
    by_act: dict[UUID, list[Decided]] = defaultdict(list)
    for one in decisions:
        by_act[one.act].append(one)
    found = []
    for record in records:
        known = names.get((record.actor_kind, record.actor_id or 0))
        who = known[0] if known else f"{record.actor_kind} {record.actor_id or ''}".strip()
        text = unescape(strip_tags(sentence(record, names)))
        rules = by_act.pop(record.act_id, ())
        found.append(Happened(record, who.capitalize() if not known else who, text, rules))
    return found


def _posted(client: Client) -> list[Posted]:
    own = Q(source__client_id=client.pk) | Q(target__client_id=client.pk)
    legs = Transfer.objects.filter(own).select_related("entry", "source", "target")
    found = []
    for leg in legs.order_by("entry__recorded_at", "pk"):
        money = Money.from_minor(leg.units, leg.asset_id)
        for account, balance, taken in (
            (leg.source, leg.source_balance, True),
            (leg.target, leg.target_balance, False),
        ):
            if account.client_id != client.pk:
                continue
            found.append(
                Posted(
                    leg.entry.effective_at, leg.entry_id, leg.entry.kind, leg.entry.text,
                    account.path, money if taken else None, None if taken else money,
                    None if balance is None else _balance(balance, leg.asset_id),
                )
            )  # fmt: skip
    return found


def _balance(units: Decimal, asset: str) -> Money:
    return Money.from_minor(int(units), asset)


def _proofs(records: Sequence[Record]) -> list[tuple[Record, Inclusion]]:
    """Proofs that the turning points stand in the sealed log; none for what is too young."""
    wanted = [one for one in reversed(records) if one.name in PROVED][:PROOFS]
    found = []
    for one in wanted:
        try:
            found.append((one, inclusion(one)))
        except NotSealed:
            continue
    return found


@query
def evidence(act: Act, client: Client) -> Evidence:
    """One client's whole compliance history, in order, with what stands behind each step."""
    records = list(
        Record.objects.filter(client_id=client.pk).select_related("act").order_by("at", "pk")
    )
    decisions = _decisions(client)
    documents = Document.objects.filter(client=client).select_related("file")
    return Evidence(
        client, _happened(records, decisions), decisions,
        list(documents.order_by(F("uploaded_at"))), _posted(client), _proofs(records),
    )  # fmt: skip
