"""Accounts below zero on which nothing is open, and what brought each of them there."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db import connection, models
from django.db.models import functions
from django.db.models.fields.json import KT

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.trading.events import NegativeFound, WriteOffAsked
from nostro.trading.models import BalanceBreak, Deal, TradingAccount
from nostro.trading.queries.upkeep import OPEN

BELOW_ZERO: dict[str, Any] = {
    "status__in": OPEN,
    "balance__lt": 0,
    "position": None,
    "practice": False,
}
"""Virtual money is owed by nobody."""
TRADED = (Deal.Action.BUY, Deal.Action.SELL, Deal.Action.COMMISSION, Deal.Action.OTHER)
"""What trading itself does to a balance; all else is money that somebody moved."""
Cause = Literal["trading", "money", "unknown"]

FELL = """
WITH each AS (
  SELECT d.account_id, d.action, d.at, d.ticket,
         d.profit + d.swap + d.commission + d.fee + coalesce(
           (SELECT sum(c.delta) FROM trading_dealcorrection c WHERE c.deal_id = d.id), 0) AS moved
    FROM trading_deal d WHERE d.account_id = ANY (%s) AND d.action <> 'credit'
), stood AS (
  SELECT account_id, action, at, ticket, moved, sum(moved) OVER w AS after
    FROM each WHERE moved <> 0 WINDOW w AS (PARTITION BY account_id ORDER BY at, ticket)
), fell AS (
  SELECT DISTINCT ON (account_id) account_id, action FROM stood
   WHERE after < 0 AND after - moved >= 0 ORDER BY account_id, at DESC, ticket DESC
)
SELECT e.account_id, sum(e.moved), max(f.action)
  FROM each e LEFT JOIN fell f USING (account_id) GROUP BY 1
"""


@dataclass(frozen=True)
class Debt:
    """An account below zero; `cause` is nothing while its deals are still being read."""

    account: TradingAccount
    cause: Cause | None


def below_zero() -> models.QuerySet[TradingAccount]:
    """Accounts below zero on which nothing is open."""
    rows = TradingAccount.objects.filter(**BELOW_ZERO)
    return rows.select_related("client", "entity", "group", "platform")


def debts(accounts: Collection[TradingAccount]) -> list[Debt]:
    """What brought each of these accounts below zero, by the deal that did. Two statements.

    What deals do not add up to is waited for, unless it is a break that people look at already.
    """
    ids = [one.pk for one in accounts]
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(FELL, [ids])
        found = {pk: (total, action) for pk, total, action in cursor.fetchall()}
    kind = BalanceBreak.Kind.BALANCE
    standing = BalanceBreak.objects.filter(account__in=ids, healed_at=None, kind=kind)
    broken = set(standing.values_list("account", flat=True))
    return [
        Debt(one, _cause(one, *found.get(one.pk, (Decimal(0), None)), one.pk in broken))
        for one in accounts
    ]


def _cause(
    account: TradingAccount, total: Decimal, action: str | None, broken: bool
) -> Cause | None:
    if account.money(total) != account.balance_money:
        return "unknown" if broken else None
    if action is None:
        return "unknown"
    return "trading" if action in TRADED else "money"


def credit_kept_with_debts() -> models.QuerySet[Record]:
    """Debts that were written off, whose credit is on the account still: no deal took it back."""
    lent = TradingAccount.objects.filter(credit__gt=0, practice=False)
    rows = Record.objects.filter(
        name__in=[NegativeFound.name, WriteOffAsked.name], subject_id__in=lent.values("pk"),
        subject_type=TradingAccount._meta.label_lower,
    ).exclude(data__corrected=False)  # fmt: skip
    amount = functions.Cast(KT("data__credit__amount"), models.DecimalField())
    reference = functions.Concat(
        KT("data__reference"), models.Value("C"), output_field=models.TextField()
    )
    taken = Deal.objects.filter(
        account=models.OuterRef("subject_id"), action=Deal.Action.CREDIT,
        comment__startswith=models.OuterRef("credit_reference"),
    )  # fmt: skip
    found = rows.annotate(credit_reference=reference, owed=amount).filter(owed__gt=0)
    return found.exclude(models.Exists(taken)).order_by("pk")


def left() -> models.QuerySet[Record]:
    """What the rules said last of each account below zero, where that was to leave it to a person:
    those whose debt was written off since are not among them.
    """
    rows = Record.objects.filter(
        name=NegativeFound.name, subject_id__in=below_zero().values("pk"),
        subject_type=TradingAccount._meta.label_lower,
    )  # fmt: skip
    newest = rows.order_by("subject_id", "-pk").distinct("subject_id")
    return Record.objects.filter(pk__in=newest.values("pk"), data__corrected=False)


def left_to_people(act: Act) -> dict[int, str]:
    """Account → the amount that was missing when the rules last left it to a person."""
    found = left().values_list("subject_id", "data__money__amount")
    return {pk: amount for pk, amount in found if pk is not None}
