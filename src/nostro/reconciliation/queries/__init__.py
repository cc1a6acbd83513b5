"""What anyone can ask about reconciliation: accounts, statements, matches, breaks, client money."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery, Sum

from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.kit.money import Money
from nostro.ledger.chart import Account
from nostro.ledger.queries import KNOWN, balances
from nostro.reconciliation.models import (
    BankAccount,
    Break,
    ClientMoneyReport,
    Match,
    ProviderComparison,
    StatementFile,
    StatementLine,
    money_of,
)
from nostro.reconciliation.queries.closing import before_closing as before_closing


def _of_entity[M: models.Model](
    act: Act, rows: models.QuerySet[M], path: str, *, shared: bool = False
) -> models.QuerySet[M]:
    """Rows of the legal entities somebody works for; `shared` ones belong to none of them."""
    if act.actor.kind not in ("staff", "system"):
        return rows.none()
    entities = act.actor.grants.scope.entities
    if entities is None:
        return rows
    seen = Q(**{f"{path}__in": entities})
    return rows.filter(seen | Q(**{path: None})) if shared else rows.filter(seen)


@query(finds=BankAccount)
def bank_accounts(act: Act) -> models.QuerySet[BankAccount]:
    """Accounts at banks, as they stand."""
    rows = BankAccount.objects.select_related("entity").order_by("entity", "name", "currency")
    return _of_entity(act, rows, "entity_id")


@query(finds=StatementFile)
def statements(act: Act) -> models.QuerySet[StatementFile]:
    """Bank statements, newest first."""
    rows = StatementFile.objects.select_related("account__entity").order_by("-read_at", "-id")
    return _of_entity(act, rows, "account__entity_id")


@query(finds=StatementLine)
def lines(act: Act) -> models.QuerySet[StatementLine]:
    """Lines of bank statements, newest first."""
    rows = StatementLine.objects.select_related("account", "file").order_by("-booked_date", "-id")
    return _of_entity(act, rows, "account__entity_id")


@query(finds=Match)
def matches(act: Act) -> models.QuerySet[Match]:
    """What was found to belong together, newest first."""
    rows = Match.objects.select_related("account__entity").prefetch_related("lines")
    return _of_entity(act, rows.order_by("-made_at", "-id"), "account__entity_id")


@query(finds=Break)
def breaks(act: Act) -> models.QuerySet[Break]:
    """What does not agree."""
    rows = Break.objects.select_related("account", "entity", "owner", "line", "file")
    return _of_entity(act, rows.order_by("due_at", "id"), "entity_id", shared=True)


@query(finds=ClientMoneyReport)
def client_money(act: Act) -> models.QuerySet[ClientMoneyReport]:
    """Daily reconciliations of client money, newest first."""
    rows = ClientMoneyReport.objects.select_related("entity")
    newest_first = rows.order_by("-day_date", "entity", "currency", "-revision")
    return _of_entity(act, newest_first, "entity_id")


@query
def provider_comparisons(act: Act) -> list[ProviderComparison]:
    """The newest look at each provider's balance, by currency."""
    rows = ProviderComparison.objects.order_by("provider", "currency", "-at")
    return list(rows.distinct("provider", "currency"))


@dataclass(frozen=True)
class AccountStanding:
    """A bank account beside the ledger, at its newest proven statement."""

    account: BankAccount
    file: StatementFile | None
    closing: Money | None
    ledger: Money
    unbooked: Money
    matched: int
    open: int
    breaks: int

    @property
    def difference(self) -> Money | None:
        if self.closing is None:
            return None
        return self.closing - self.ledger - self.unbooked

    @property
    def state(self) -> tuple[str, str]:
        """In words, and the tone."""
        if self.account.trouble:
            return "No answer", "bad"
        if self.file is None or self.closing is None:
            return "No statement yet", "wait"
        if self.difference:
            return "Differs", "bad"
        return ("Agrees, with breaks", "warn") if self.breaks else ("Agrees", "ok")


@query
def standing(act: Act) -> list[AccountStanding]:
    """Every bank account as of its newest proven statement. Four statements."""
    proven = StatementFile.objects.filter(account=OuterRef("pk"), proves=True)
    newest = proven.order_by("-closing_date", "-read_at", "-pk").values("pk")[:1]
    status = StatementLine.Status
    accounts = list(
        bank_accounts(act).annotate(
            newest=Subquery(newest),
            matched=Count("lines", filter=Q(lines__status=status.MATCHED)),
            waiting=Count("lines", filter=Q(lines__status__in=[status.BROKEN, status.HELD])),
            unbooked=Sum(
                "lines__amount",
                filter=Q(
                    lines__status=status.BROKEN,
                    lines__unallocated_entry=None,
                    lines__amount__lt=0,
                ),
            ),
        )
    )
    files = StatementFile.objects.select_related("account").in_bulk([a.newest for a in accounts])
    rows = Break.objects.filter(status=Break.Status.OPEN, account__in=accounts)
    counted: dict[Any, int] = dict(rows.values_list("account").annotate(Count("pk")))
    booked = balances(account.chart.path for account in accounts)
    return [_standing(one, files.get(one.newest), booked, counted) for one in accounts]


def _standing(
    account: Any,
    file: StatementFile | None,
    booked: dict[str, dict[str, Money]],
    breaks_by_account: dict[Any, int],
) -> AccountStanding:
    code = account.currency
    unbooked = money_of(account.unbooked or Decimal(0), code)
    opened = money_of(account.opened_with or Decimal(0), code)
    ledger = opened - booked.get(account.chart.path, {}).get(code, Money.zero(code))
    closing = file.closing_money if file else None
    return AccountStanding(
        account, file, closing, ledger, unbooked, account.matched, account.waiting,
        breaks_by_account.get(account.pk, 0),
    )  # fmt: skip


def _accounts_of_banks(paths: set[str]) -> dict[str, Account]:
    """Of these paths, those of bank accounts that were added: for opening balances."""
    charted = (one.chart for one in BankAccount.objects.all())
    return {one.path: one for one in charted if one.path in paths}


KNOWN["bank"] = _accounts_of_banks
