"""What anyone can ask of the ledger: balances, statements, proof."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from nostro.core.acts import Act
from nostro.core.models import ActRow
from nostro.core.queries import query
from nostro.kit.money import Money
from nostro.ledger.chart import Account
from nostro.ledger.models import (
    Alarm,
    Asset,
    Entry,
    Evidence,
    Hold,
    LedgerAccount,
    Period,
    Transfer,
    Verification,
)
from nostro.ledger.queries.chart import NO_ENTITY, Line, Moment, Sums, chart_of_accounts, sums_seen
from nostro.ledger.queries.closing import (
    CHECKS,
    Check,
    Closing,
    checks,
    last_closed,
    unmet,
)
from nostro.ledger.queries.exchange import (
    HOUSE_RATES,
    HouseRates,
    Position,
    Positions,
    exchange_positions,
    exchanges,
    house_rates,
    needs_revaluation,
    quotes,
    revaluations,
    worth,
)
from nostro.ledger.queries.export import Written, whole_ledger
from nostro.ledger.queries.journal import (
    by_operations,
    in_currency,
    of_amount,
    of_client,
    touching,
)
from nostro.ledger.queries.limits import limits_of, of_clients, sees_all, sees_part_of
from nostro.ledger.queries.opening import KNOWN, Report, opening_report, openings
from nostro.ledger.queries.proof import INVARIANTS, Flaw, verify, verify_since
from nostro.ledger.queries.seals import OF_SEALS, broken_seals, seals, unlike
from nostro.ledger.queries.standing import (
    AccountStatement,
    Days,
    Statement,
    StatementRow,
    account_statement,
    balances_by_value_date,
    balances_known_at,
    statement_of,
    whole_statement,
)

__all__ = [
    "CHECKS",
    "HOUSE_RATES",
    "INVARIANTS",
    "KNOWN",
    "NO_ENTITY",
    "OF_SEALS",
    "AccountStatement",
    "Check",
    "Closing",
    "Days",
    "Flaw",
    "HouseRates",
    "Line",
    "Moment",
    "Position",
    "Positions",
    "Report",
    "Statement",
    "StatementRow",
    "Sums",
    "Written",
    "account_statement",
    "balances_by_value_date",
    "balances_known_at",
    "broken_seals",
    "by_operations",
    "chart_of_accounts",
    "checks",
    "exchange_positions",
    "exchanges",
    "house_rates",
    "in_currency",
    "last_closed",
    "needs_revaluation",
    "of_amount",
    "of_client",
    "opening_report",
    "openings",
    "quotes",
    "revaluations",
    "seals",
    "sees_all",
    "sees_part_of",
    "statement_of",
    "sums_seen",
    "touching",
    "unlike",
    "unmet",
    "verify",
    "verify_since",
    "whole_ledger",
    "whole_statement",
    "worth",
]


@query(finds=LedgerAccount, open_to=("client", "partner"))
def accounts(act: Act) -> models.QuerySet[LedgerAccount]:
    """Accounts of the chart. Portal users see their own, staff those their entities touched."""
    rows = LedgerAccount.objects.order_by("path", "asset")
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    if act.actor.kind == "partner":
        return rows.filter(partner_id=act.actor.id)
    limits = limits_of(act)
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
    rows, limits = Entry.objects.order_by("-effective_at", "-id"), limits_of(act)
    if limits.entities is not None:
        rows = rows.filter(entity_id__in=limits.entities)
    if limits.clients is not None:
        legs = Transfer.objects.filter(entry=models.OuterRef("pk"))
        rows = rows.filter(models.Exists(legs.filter(of_clients(limits.clients))))
    return rows


@query(finds=Transfer)
def transfers(act: Act) -> models.QuerySet[Transfer]:
    """Every leg of every entry the asker may see, newest first."""
    rows = Transfer.objects.select_related("entry", "source", "target").order_by("-id")
    limits = limits_of(act)
    if limits.entities is not None:
        rows = rows.filter(entry__entity_id__in=limits.entities)
    return rows if limits.clients is None else rows.filter(of_clients(limits.clients))


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
    rows, limits = Evidence.objects.select_related("stored").order_by("-pk"), limits_of(act)
    if limits.entities is not None:
        rows = rows.filter(models.Q(entity_id__in=limits.entities) | models.Q(entity_id=None))
    return rows if limits.clients is None else rows.filter(client_id__in=limits.clients)


@query(finds=Hold)
def holds(act: Act) -> models.QuerySet[Hold]:
    """What was set aside and is neither carried out nor released, oldest first."""
    ended = Hold.objects.filter(pending=models.OuterRef("pk"))
    rows = Hold.objects.filter(~models.Exists(ended), state=Hold.State.PENDING)
    rows, limits = rows.select_related("entry", "source", "target").order_by("id"), limits_of(act)
    if limits.entities is not None:
        rows = rows.filter(entry__entity_id__in=limits.entities)
    return rows if limits.clients is None else rows.filter(of_clients(limits.clients))


@query(finds=Period)
def periods(act: Act) -> models.QuerySet[Period]:
    """Periods that were closed, latest first; those opened again say when."""
    rows, limits = Period.objects.order_by("-through", "-id"), limits_of(act)
    if limits.entities is not None:
        rows = rows.filter(models.Q(entity_id=None) | models.Q(entity_id__in=limits.entities))
    return rows


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


def currencies() -> list[str]:
    """Every currency and coin that the ledger knows."""
    return list(Asset.objects.order_by("code").values_list("code", flat=True))


def accounts_by_id(ids: set[int]) -> dict[int, LedgerAccount]:
    """Accounts by id, for the names in a line that was itself seen through a query."""
    return LedgerAccount.objects.in_bulk(ids)


def account_at(path: str) -> LedgerAccount | None:
    """An account by its path, in whichever currency it was opened first."""
    return LedgerAccount.objects.filter(path=path).order_by("pk").first()


def reversal_of(entry: Entry) -> Entry | None:
    """The entry that undid this one, if it was undone."""
    return Entry.objects.filter(reverses=entry).first()


def with_legs(entries: list[Entry]) -> None:
    """Give each entry its `legs` and what it `held`, with their accounts. Two statements."""
    rows = Transfer.objects.select_related("source", "target").order_by("leg")
    held = Hold.objects.select_related("source", "target").order_by("pk")
    models.prefetch_related_objects(
        entries,
        models.Prefetch("transfers", rows, to_attr="legs"),
        models.Prefetch("holds", held, to_attr="held"),
    )


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


@dataclass(frozen=True)
class Standing:
    """What stands on an account, and how much of it open holds set aside."""

    balance: Money
    held: Money

    @property
    def free(self) -> Money:
        return self.balance - self.held


def standings(paths: Iterable[str]) -> dict[str, dict[str, Standing]]:
    """path → currency → what stands there and what is held of it. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.path, a.asset_id, s.credits - s.debits, s.pending_debits"
            " FROM ledger_account a JOIN ledger_standing s ON s.account_id = a.id"
            " WHERE a.path = ANY(%s) ORDER BY a.path, a.asset_id",
            [list(paths)],
        )
        found: dict[str, dict[str, Standing]] = {}
        for path, asset, units, held in cursor.fetchall():
            both = (Money.from_minor(int(one), asset) for one in (units, held))
            found.setdefault(path, {})[asset] = Standing(*both)
    return found


def open_holds(path: str) -> list[Hold]:
    """What is set aside on an account by holds, the oldest first."""
    ended = Hold.objects.filter(pending=models.OuterRef("pk"))
    rows = Hold.objects.filter(~models.Exists(ended), source__path=path, state=Hold.State.PENDING)
    return list(rows.select_related("entry").order_by("pk"))


def balance(account: Account, currency: str) -> Money:
    """What stands on one account; zero where nothing was ever posted."""
    return balances([account.path]).get(account.path, {}).get(currency, Money.zero(currency))
