"""How payments stand: the figures on top of the lists, and how each provider does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, F, Min, Q, Sum

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.payments.models import Deposit, Notice, Withdrawal

WAITING = (
    Withdrawal.Status.APPROVAL, Withdrawal.Status.SECOND, Withdrawal.Status.ASKED,
)  # fmt: skip
WEEK = timedelta(days=7)


class Median(models.Aggregate):
    """The middle value: half of them took no longer."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)%(filter)s"
    output_field = models.DurationField()


@dataclass(frozen=True)
class WithdrawalStanding:
    """The strip above the withdrawals. Amounts are in USD as they were asked for."""

    waiting: int
    waiting_usd: Decimal
    late: int
    oldest_late: timedelta
    paid_today: int
    paid_today_usd: Decimal
    median: timedelta | None
    automatic: int
    decided: int
    automatic_before: int
    decided_before: int

    @property
    def untouched(self) -> Decimal | None:
        return _share(self.automatic, self.decided)

    @property
    def untouched_before(self) -> Decimal | None:
        return _share(self.automatic_before, self.decided_before)


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(100) * part / whole).quantize(Decimal("0.1")) if whole else None


def withdrawal_standing(act: Act) -> WithdrawalStanding:
    """Everything the strip says, in one statement."""
    rows: models.QuerySet[Withdrawal] = visible(act.actor, Withdrawal.objects.all())
    waiting, today = Q(status__in=WAITING), _midnight(act.at)
    late = waiting & Q(due_at__lt=act.at)
    paid = Q(paid_at__gte=today)
    this_week = Q(requested_at__gte=act.at - WEEK)
    before = Q(requested_at__gte=act.at - 2 * WEEK, requested_at__lt=act.at - WEEK)
    untouched = Q(people=0)
    found: dict[str, Any] = rows.filter(waiting | this_week | before | paid).aggregate(
        waiting=Count("pk", filter=waiting),
        waiting_usd=Sum("usd", filter=waiting, default=Decimal(0)),
        late=Count("pk", filter=late),
        oldest=Min("due_at", filter=late),
        paid_today=Count("pk", filter=paid),
        paid_today_usd=Sum("usd", filter=paid, default=Decimal(0)),
        median=Median(
            F("paid_at") - F("requested_at"), filter=this_week & Q(paid_at__isnull=False)
        ),
        decided=Count("pk", filter=this_week),
        automatic=Count("pk", filter=this_week & untouched),
        decided_before=Count("pk", filter=before),
        automatic_before=Count("pk", filter=before & untouched),
    )
    oldest = found.pop("oldest")
    return WithdrawalStanding(oldest_late=act.at - oldest if oldest else timedelta(), **found)


@dataclass(frozen=True)
class DepositStanding:
    """The strip above the deposits, since midnight in UTC."""

    settled: int
    failed: int
    held: int
    underway: int

    @property
    def success(self) -> Decimal | None:
        return _share(self.settled, self.settled + self.failed)


def deposit_standing(act: Act) -> DepositStanding:
    rows: models.QuerySet[Deposit] = visible(act.actor, Deposit.objects.all())
    today = _midnight(act.at)
    status = Deposit.Status
    settled, held = Q(settled_at__gte=today), Q(status=status.HELD)
    failed = Q(status=status.FAILED, status_at__gte=today)
    underway = Q(status__in=[status.STARTED, status.PENDING], started_at__gte=today)
    return DepositStanding(
        **rows.filter(settled | failed | held | underway).aggregate(
            settled=Count("pk", filter=settled),
            failed=Count("pk", filter=failed),
            held=Count("pk", filter=held),
            underway=Count("pk", filter=underway),
        )
    )


@dataclass(frozen=True)
class ProviderStanding:
    """How a provider did in the last day."""

    settled: int = 0
    failed: int = 0
    notice_at: datetime | None = None

    @property
    def success(self) -> Decimal | None:
        return _share(self.settled, self.settled + self.failed)


def provider_standings(at: datetime, ids: list[int]) -> dict[int, ProviderStanding]:
    """Every provider's last day, in two statements."""
    since = at - timedelta(days=1)
    deposits = (
        Deposit.objects.filter(provider__in=ids, status_at__gte=since)
        .values("provider")
        .annotate(
            settled=Count("pk", filter=Q(settled_at__gte=since)),
            failed=Count("pk", filter=Q(status=Deposit.Status.FAILED)),
        )
        .values_list("provider", "settled", "failed")
    )
    notices = dict(
        Notice.objects.filter(provider__in=ids)
        .values("provider")
        .annotate(last=models.Max("received_at"))
        .values_list("provider", "last")
    )
    counts = {pk: (settled, failed) for pk, settled, failed in deposits}
    return {pk: ProviderStanding(*counts.get(pk, (0, 0)), notices.get(pk)) for pk in ids}


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
