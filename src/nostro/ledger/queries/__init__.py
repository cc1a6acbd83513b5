"""What anyone can ask of the ledger: balances, statements, proof."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection, models

from nostro.core.acts import Act
from nostro.core.log import CLIENTS_SEEN
from nostro.core.models import ActRow
from nostro.core.queries import query
from nostro.kit.money import Money
from nostro.ledger.chart import Account
from nostro.ledger.models import (
    Alarm,
    Asset,
    Entry,
    Evidence,
    Exchange,
    Hold,
    LedgerAccount,
    Period,
    Quote,
    Revaluation,
    Transfer,
    Verification,
)
from nostro.ledger.queries.export import Written, whole_ledger
from nostro.ledger.queries.opening import KNOWN, Report, opening_report, openings
from nostro.ledger.queries.proof import INVARIANTS, Flaw, verify, verify_since
from nostro.ledger.queries.standing import (
    Statement,
    StatementRow,
    balances_by_value_date,
    balances_known_at,
    statement_of,
)

__all__ = [
    "INVARIANTS",
    "KNOWN",
    "Flaw",
    "Report",
    "Statement",
    "StatementRow",
    "Written",
    "balances_by_value_date",
    "balances_known_at",
    "opening_report",
    "openings",
    "statement_of",
    "verify",
    "verify_since",
    "whole_ledger",
]


@query(finds=LedgerAccount, open_to=("client", "partner"))
def accounts(act: Act) -> models.QuerySet[LedgerAccount]:
    """Accounts of the chart. Portal users see their own, staff those their entities touched."""
    rows = LedgerAccount.objects.order_by("path", "asset")
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    if act.actor.kind == "partner":
        return rows.filter(partner_id=act.actor.id)
    limits = _limits(act)
    if limits.entities is not None:
        touched = Transfer.objects.filter(entry__entity_id__in=limits.entities)
        here = models.OuterRef("pk")
        rows = rows.filter(
            models.Exists(touched.filter(source=here)) | models.Exists(touched.filter(target=here))
        )
    return rows if limits.clients is None else rows.filter(client_id__in=limits.clients)


@query(finds=Entry)
def entries(act: Act) -> models.QuerySet[Entry]:
    """The journal, newest first."""
    rows, limits = Entry.objects.order_by("-effective_at", "-id"), _limits(act)
    if limits.entities is not None:
        rows = rows.filter(entity_id__in=limits.entities)
    if limits.clients is not None:
        legs = Transfer.objects.filter(entry=models.OuterRef("pk"))
        rows = rows.filter(models.Exists(legs.filter(_of_clients(limits.clients))))
    return rows


@query(finds=Transfer)
def transfers(act: Act) -> models.QuerySet[Transfer]:
    """Every leg of every entry the asker may see, newest first."""
    rows = Transfer.objects.select_related("entry", "source", "target").order_by("-id")
    limits = _limits(act)
    if limits.entities is not None:
        rows = rows.filter(entry__entity_id__in=limits.entities)
    return rows if limits.clients is None else rows.filter(_of_clients(limits.clients))


@query(finds=Verification)
def verifications(act: Act) -> models.QuerySet[Verification]:
    """Proofs of the whole ledger, newest first."""
    return Verification.objects.order_by("-at")


@query(finds=Alarm)
def alarms(act: Act) -> models.QuerySet[Alarm]:
    """Times when the ledger did not hold, newest first, with what was said of each."""
    return Alarm.objects.order_by("-pk")


@query(finds=Evidence)
def evidence(act: Act) -> models.QuerySet[Evidence]:
    """What shows that money had to be moved by hand; of the asker's entities and clients."""
    rows, limits = Evidence.objects.select_related("stored").order_by("-pk"), _limits(act)
    if limits.entities is not None:
        rows = rows.filter(models.Q(entity_id__in=limits.entities) | models.Q(entity_id=None))
    return rows if limits.clients is None else rows.filter(client_id__in=limits.clients)


@query(finds=Hold)
def holds(act: Act) -> models.QuerySet[Hold]:
    """What was set aside and is neither carried out nor released, oldest first."""
    ended = Hold.objects.filter(pending=models.OuterRef("pk"))
    rows = Hold.objects.filter(~models.Exists(ended), state=Hold.State.PENDING)
    rows, limits = rows.select_related("entry", "source", "target").order_by("id"), _limits(act)
    if limits.entities is not None:
        rows = rows.filter(entry__entity_id__in=limits.entities)
    return rows if limits.clients is None else rows.filter(_of_clients(limits.clients))


@query(finds=Period)
def periods(act: Act) -> models.QuerySet[Period]:
    """Periods that were closed, latest first; those opened again say when."""
    rows, limits = Period.objects.order_by("-through", "-id"), _limits(act)
    if limits.entities is not None:
        rows = rows.filter(models.Q(entity_id=None) | models.Q(entity_id__in=limits.entities))
    return rows


@query(finds=Quote, open_to=("client",))
def quotes(act: Act) -> models.QuerySet[Quote]:
    """Rates that were promised, newest first; a client's own."""
    rows = Quote.objects.order_by("-id")
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    clients = _limits(act).clients
    return rows if clients is None else rows.filter(client_id__in=clients)


@query(finds=Exchange, open_to=("client",))
def exchanges(act: Act) -> models.QuerySet[Exchange]:
    """Exchanges that were made, newest first; a client's own."""
    rows, limits = Exchange.objects.select_related("quote").order_by("-id"), _limits(act)
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    if limits.entities is not None:
        rows = rows.filter(entity_id__in=limits.entities)
    return rows if limits.clients is None else rows.filter(client_id__in=limits.clients)


@query(finds=Revaluation)
def revaluations(act: Act) -> models.QuerySet[Revaluation]:
    """Days on which exchange positions were valued at mid, newest first."""
    return Revaluation.objects.order_by("-day")


def holds_since(moment: datetime) -> bool:
    """Whether the whole ledger was proved, without a flaw, at or after a moment."""
    return Verification.objects.filter(whole=True, flaws=[], at__gte=moment).exists()


def extent() -> tuple[int, int]:
    """How many entries there are, and the newest one's number."""
    newest = Entry.objects.aggregate(newest=models.Max("pk"))["newest"]
    return Entry.objects.count(), newest or 0


def expired_holds(at: datetime) -> list[int]:
    """The ids of open holds whose time was over at a moment, oldest first, 500 at most."""
    ended = Hold.objects.filter(pending=models.OuterRef("pk"))
    rows = Hold.objects.filter(~models.Exists(ended), expires_at__lte=at).order_by("expires_at")
    return list(rows.values_list("pk", flat=True)[:500])


@dataclass(frozen=True)
class Limits:
    """What somebody sees of the ledger: legal entities, and clients where that is narrower."""

    entities: list[int] | None = None
    clients: Any = None


def _limits(act: Act) -> Limits:
    scope = act.actor.grants.scope
    if act.actor.kind == "system":
        return Limits()
    entities = None if scope.entities is None else sorted(scope.entities)
    narrow = scope.desks is not None or scope.countries is not None or scope.owner is not None
    clients = (CLIENTS_SEEN[0](act) if CLIENTS_SEEN else []) if narrow else None
    return Limits(entities, clients)


def _of_clients(clients: Any) -> models.Q:
    return models.Q(source__client_id__in=clients) | models.Q(target__client_id__in=clients)


@dataclass(frozen=True)
class Moment:
    """When a balance is asked for: now, as it was known at a time, or as it took effect by then."""

    at: datetime | None = None
    clock: Literal["recorded", "effective"] = "recorded"


@dataclass(frozen=True)
class Line:
    """One line of the chart in one currency. `accounts` are folded into it, `id` is the only one.

    Amounts are owed to whom the account belongs: above zero is owed, below is had.
    """

    path: str
    title: str
    asset: str
    debits: Money
    credits: Money
    accounts: int
    clients: int
    id: int

    @property
    def balance(self) -> Money:
        return self.credits - self.debits


NOW = "SELECT account_id AS account, debits AS d, credits AS c FROM ledger_standing"
THEN = """
  SELECT account, sum(d) AS d, sum(c) AS c FROM (
    SELECT t.source_id AS account, t.units AS d, 0 AS c FROM ledger_transfer t
      JOIN ledger_entry e ON e.id = t.entry_id WHERE {which}
    UNION ALL SELECT t.target_id, 0, t.units FROM ledger_transfer t
      JOIN ledger_entry e ON e.id = t.entry_id WHERE {which}) AS legs GROUP BY account"""
FOLDED = """CASE WHEN a.client_id IS NOT NULL THEN 'client'
  WHEN a.partner_id IS NOT NULL THEN 'partner' ELSE a.path END"""


@query
def chart_of_accounts(
    act: Act, moment: Moment = Moment(), *, client_id: int | None = None, whole: bool = False
) -> list[Line]:
    """What stands on every account: clients and partners folded into one line each, unless
    one client's accounts or the `whole` chart are asked for. One statement.
    """
    sums, values = _sums(_limits(act), moment)
    node = "a.path" if whole or client_id is not None else FOLDED
    own = "a.client_id = %s" if client_id is not None else "true"
    values += [client_id] if client_id is not None else []
    clients = _limits(act).clients
    if clients is not None:
        own += " AND a.client_id = ANY(%s)"
        values.append([pk for (pk,) in clients.values_list("pk")] if clients else [])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH sums AS ({sums}) SELECT {node} AS node, min(a.title), a.asset_id, sum(s.d),"  # noqa: S608
            " sum(s.c), count(*), count(DISTINCT a.client_id), min(a.id) FROM ledger_account a"
            f" JOIN sums s ON s.account = a.id WHERE {own} GROUP BY 1, 3 ORDER BY 1, 3",
            values,
        )
        return [
            Line(
                path, title, asset, Money.from_minor(int(debits), asset),
                Money.from_minor(int(credits), asset), count, owners, id,
            )
            for path, title, asset, debits, credits, count, owners, id in cursor.fetchall()
        ]  # fmt: skip


def _sums(limits: Limits, moment: Moment) -> tuple[str, list[Any]]:
    """What each account has taken and given. Only now, and only whole, is it kept ready."""
    if moment.at is None and limits.entities is None:
        return NOW, []
    which = ["true"]
    values: list[Any] = []
    if moment.at is not None:
        which.append(f"e.{moment.clock}_at <= %s")
        values.append(moment.at)
    if limits.entities is not None:
        which.append("e.entity_id = ANY(%s)")
        values.append(limits.entities)
    return THEN.format(which=" AND ".join(which)), values * 2


def currencies() -> list[str]:
    """Every currency and coin that the ledger knows."""
    return list(Asset.objects.order_by("code").values_list("code", flat=True))


def account_names(ids: set[int]) -> dict[int, str]:
    return {one.pk: str(one) for one in LedgerAccount.objects.filter(pk__in=ids)}


def reversal_of(entry: Entry) -> Entry | None:
    """The entry that undid this one, if it was undone."""
    return Entry.objects.filter(reverses=entry).first()


def with_legs(entries: list[Entry]) -> None:
    """Give each entry its `legs` with their accounts. Two statements for them all."""
    rows = Transfer.objects.select_related("source", "target").order_by("leg")
    models.prefetch_related_objects(entries, models.Prefetch("transfers", rows, to_attr="legs"))


def acts_behind(ids: set[Any]) -> dict[Any, ActRow]:
    """The acts that wrote some entries: who, by which operation."""
    return ActRow.objects.in_bulk(ids)


def balances(paths: Iterable[str]) -> dict[str, dict[str, Money]]:
    """path → currency → balance (credits − debits), for accounts that exist. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.path, a.asset_id, s.credits - s.debits FROM ledger_account a"
            " JOIN ledger_standing s ON s.account_id = a.id WHERE a.path = ANY(%s)"
            " ORDER BY a.path, a.asset_id",
            [list(paths)],
        )
        found: dict[str, dict[str, Money]] = {}
        for path, asset, units in cursor.fetchall():
            found.setdefault(path, {})[asset] = Money.from_minor(int(units), asset)
    return found


def balance(account: Account, currency: str) -> Money:
    """What stands on one account; zero where nothing was ever posted."""
    return balances([account.path]).get(account.path, {}).get(currency, Money.zero(currency))
