"""What was lent on trading accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, models

from nostro.bulk.models import BulkChange, BulkRow
from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.core.queries import query
from nostro.ledger.queries import balances
from nostro.trading.events import CreditAsked, CreditEnded
from nostro.trading.models import Credit, TradingAccount
from nostro.trading.queries.books import FRESH, SENT_BY_US, credit_path

ON_IT = (Credit.Status.GIVEN, Credit.Status.ENDING)


@query(finds=Credit, open_to=("client",))
def credits(act: Act) -> models.QuerySet[Credit]:
    """Credit on trading accounts, newest first."""
    rows = Credit.objects.select_related("account__client", "account__platform", "account__entity")
    return visible(act.actor, rows.order_by("-asked_at", "-id"), client="account__client__")


def credits_over(at: datetime) -> models.QuerySet[Credit]:
    """What is still on an account although its time is over."""
    rows = Credit.objects.filter(status=Credit.Status.GIVEN, expires_at__lte=at)
    return rows.select_related("account__platform").order_by("pk")


def credits_on(account: TradingAccount) -> models.QuerySet[Credit]:
    """What of ours is on an account now."""
    return Credit.objects.filter(account=account, status__in=ON_IT).order_by("pk")


@dataclass(frozen=True)
class Lent:
    """A credit that a bulk change lent, and why it is gone where it is."""

    credit: Credit
    gone: str = ""


def lent_in(change: BulkChange, ids: Sequence[int]) -> dict[int, Lent]:
    """Account → what a bulk change lent on it. Four statements for any number of accounts."""
    rows = BulkRow.objects.filter(change=change, thing_id__in=ids, act_id__isnull=False)
    acts = [act for (act,) in rows.values_list("act_id")]
    given = Record.objects.filter(act_id__in=acts, name=CreditAsked.name).values("subject_id")
    found = list(Credit.objects.select_related("account__platform").filter(pk__in=given))
    ends = Record.objects.filter(
        name=CreditEnded.name, subject_type=label(Credit), subject_id__in=[one.pk for one in found]
    )
    gone = dict(ends.values_list("subject_id", "data__why"))
    return {one.account_id: Lent(one, gone.get(one.pk, "")) for one in found}


OTHERS = """
SELECT coalesce(sum(d.profit), 0) FROM trading_deal d
 WHERE d.account_id = %s AND d.action = 'credit' AND NOT {ours}
""".replace("{ours}", SENT_BY_US)


def moved_by_others(account: TradingAccount) -> Decimal:
    """What people on the platform lent on an account without us; below zero where they took."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, [account.pk])
        return Decimal(cursor.fetchone()[0])


def lent_on(accounts: Sequence[TradingAccount]) -> set[int]:
    """Of these accounts, those that something is lent on by our credits or our books."""
    rows = Credit.objects.filter(account__in=accounts, status__in=ON_IT)
    paths = {credit_path(one).path: one.pk for one in accounts}
    booked = {paths[path] for path, stand in balances(paths).items() if any(stand.values())}
    return booked | set(rows.values_list("account_id", flat=True))


def lending_now(accounts: Sequence[TradingAccount], at: datetime) -> set[int]:
    """Of these accounts, those whose credit is on its way, or was until a moment ago: the ledger
    and the platform follow one another.
    """
    moving = models.Q(status__in=[Credit.Status.ASKED, Credit.Status.ENDING])
    moving |= models.Q(status_at__gt=at - FRESH)
    rows = Credit.objects.filter(moving, account__in=accounts)
    return set(rows.values_list("account_id", flat=True))
