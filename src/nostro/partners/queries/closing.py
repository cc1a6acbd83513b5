"""What partners are owed, and should be known before books are closed."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from django.db.models import Exists, F, OuterRef, Q

from nostro.core.acts import Act
from nostro.core.models import Proposal
from nostro.ledger.queries import CHECKS, Check, Closing, last_closed
from nostro.partners.models import Accrual, ClientLink, Statement
from nostro.partners.queries.chains import CLOSING
from nostro.trading.models import Deal

WAITING = (Statement.Status.CLOSED, Statement.Status.HELD, Statement.Status.APPROVED)
PLANS = ("partners.set_plan", "partners.assign_plan")


def before_closing(act: Act, closing: Closing) -> Iterator[Check]:
    """Trades not worked out, months without a statement, statements not paid, plans not agreed."""
    trades = _not_worked_out(closing)
    lines = Accrual.objects.filter(statement=None, at__lt=closing.over).exclude(amount=0)
    unpaid = Statement.objects.filter(status__in=WAITING, period__lte=closing.through)
    plans = Proposal.objects.filter(
        status=Proposal.Status.OPEN, operation__in=PLANS, made_at__lt=closing.over
    )
    if closing.entity_id is not None:
        trades = trades.filter(account__entity=closing.entity_id)
        lines = lines.filter(partner__entity=closing.entity_id)
        unpaid = unpaid.filter(entity=closing.entity_id)
        plans = plans.filter(Q(entity_id=closing.entity_id) | Q(entity_id=None))
    owed = lines.order_by().values("partner").distinct()
    yield _none(trades.count(), "Every trade of partners’ clients is worked out", "trade", "lines")
    yield _none(
        owed.count(), "Every partner has a statement of what was earned", "partner", "lines"
    )
    yield _none(unpaid.count(), "Every partner’s statement is paid", "statement", "statements")
    yield _none(plans.count(), "No plan waits for a second person", "plan", "plans")


def _not_worked_out(closing: Closing):  # type: ignore[no-untyped-def]
    """Deals since the books were closed last that should have earned somebody something."""
    theirs = ClientLink.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=OuterRef("at")), client=OuterRef("account__client"),
        starts_at__lte=OuterRef("at"),
    )  # fmt: skip
    rows = Deal.objects.filter(
        Exists(theirs), entry__in=CLOSING, action__in=("buy", "sell"), at__lt=closing.over,
        account__client__in=ClientLink.objects.values("client"), account__practice=False,
    ).exclude(Exists(Accrual.objects.filter(deal=OuterRef("pk"))))  # fmt: skip
    rows = rows.exclude(account__taken_over_at__gt=F("at"))
    last = last_closed(closing.entity_id)
    if last is None:
        return rows
    return rows.filter(at__gte=datetime.combine(last + timedelta(days=1), time(), UTC))


def _none(count: int, text: str, noun: str, page: str) -> Check:
    if not count:
        return Check(text)
    end = f"1 {noun}" if count == 1 else f"{count} {noun}s"
    note = "Settle it, or name it when you close."
    return Check(text, "fail", end, note, f"/staff/partners/{page}/")


CHECKS.append(before_closing)
