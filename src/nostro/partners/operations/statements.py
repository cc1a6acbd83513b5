"""Statements: a month is closed and locked, approved where a rule asks for it, and paid out."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.chart import Account
from nostro.ledger.operations import Move, post
from nostro.partners import plans
from nostro.partners.decisions import PAYOUT, PayoutAsked
from nostro.partners.events import (
    PayoutSent,
    StatementApproved,
    StatementClosed,
    StatementHeld,
)
from nostro.partners.models import Accrual, Partner, Payout, Statement
from nostro.partners.queries.acquisitions import plan_at
from nostro.rules.deciding import decide
from nostro.trading.rates import in_usd


class NotOver(Problem):
    """A month is closed once it is over."""


class ClosedAlready(Problem):
    """The month has its statement; what comes late goes into the next one."""

    status = 409


class NothingToClose(Problem):
    """No line is waiting for a statement."""


class NowhereToPay(Problem):
    """Nobody has said where the partner is paid."""


def month_after(period: date) -> date:
    return (period.replace(day=1) + timedelta(days=32)).replace(day=1)


@operation(title="Close a month", icon="lock")
def close_statement(act: Act, partner: Partner, *, month: date) -> Statement:
    """Lock a month: its lines never change again. What is finer than a cent moves to the next."""
    period = month.replace(day=1)
    end = datetime.combine(month_after(period), time(), UTC)
    if end > act.at:
        raise NotOver(f"{period:%B %Y} is not over yet.", field="month")
    if partner.statements.filter(period__gte=period).exists():
        raise ClosedAlready(
            f"{partner} has a statement for {period:%B %Y} or a later month.", field="month"
        )
    waiting = Accrual.objects.filter(partner=partner, statement=None, at__lt=end)
    corrected = Q(kind=Accrual.Kind.CORRECTION)
    sums = waiting.aggregate(
        lines=Count("pk"), earned=Sum("amount", filter=~corrected),
        corrections=Sum("amount", filter=corrected),
    )  # fmt: skip
    if not sums["lines"]:
        raise NothingToClose(f"{partner} has no lines waiting for a statement.")
    earned, corrections = sums["earned"] or Decimal(0), sums["corrections"] or Decimal(0)
    last = partner.statements.order_by("-period").first()
    brought = last.carried if last else Decimal(0)
    version = plan_at(partner.pk, end)
    threshold = version.agreement.payout_threshold if version else Decimal(0)
    found = plans.pay_out(
        [earned, corrections], partner.payout_currency, carried=brought, threshold=threshold
    )
    status = Statement.Status.CLOSED if found.paid else Statement.Status.CARRIED
    statement = Statement.objects.create(
        partner=partner, entity_id=partner.entity_id, period=period, lines=sums["lines"],
        currency=partner.payout_currency, earned=earned, corrections=corrections,
        brought=brought, paid=found.paid.amount, carried=found.carried, closed_at=act.at,
        status=status,
    )  # fmt: skip
    waiting.update(statement=statement)
    return _decided(act, statement, found.paid)


def _decided(act: Act, statement: Statement, paid: Money) -> Statement:
    """Ask who looks at it. Nothing to pay is carried and needs nobody."""
    partner = statement.partner
    asked = PayoutAsked(
        amount=in_usd(paid), first_payout=not partner.payouts.exists(),
        taken_back=max(Decimal(0), -statement.corrections).quantize(Decimal("0.01")),
        joined_days=Decimal(max(0, (act.at - partner.joined_at).days)),
    )  # fmt: skip
    answer = decide(act, PAYOUT, asked, about=statement)
    statement.why, statement.decision = answer.sentence, answer.id
    statement.save(update_fields=["why", "decision"])
    act.record(StatementClosed(statement.pk, paid, statement.lines, answer.id), about=statement)
    if paid and answer.output.approval == "automatic":
        approve_statement(act, statement)
    return statement


@operation(title="Approve", icon="check")
def approve_statement(act: Act, statement: Statement) -> Statement:
    """Let the statement be paid."""
    statement.move_to(Statement.Status.APPROVED, approved_at=act.at)
    act.record(StatementApproved(statement.pk, statement.payable), about=statement)
    return statement


@operation(title="Hold", icon="hand-stop", tone="refuse")
def hold_statement(act: Act, statement: Statement, *, reason: str) -> Statement:
    """Look closer before it is paid. The partner sees that it is held, and why."""
    statement.move_to(Statement.Status.HELD, reason=whole(reason))
    act.record(StatementHeld(statement.pk, whole(reason)), about=statement)
    return statement


@operation(title="Pay out", icon="arrow-up-right")
def pay_out(act: Act, statement: Statement) -> Statement:
    """Pay an approved statement to the partner's own wallet, or to their bank."""
    partner = statement.partner
    target, words = destination(partner)
    statement.move_to(Statement.Status.PAID, paid_at=act.at)
    entry = post(
        act, f"{statement} to {words}",
        Move(statement.payable, source=chart.partner_earned(partner.pk), target=target),
        key=f"statement/{statement.pk}/paid", kind="payout", entity_id=partner.entity_id,
        decision=statement.decision,
    )  # fmt: skip
    payout = Payout.objects.create(
        statement=statement, partner=partner, amount=statement.paid, currency=statement.currency,
        to=words, entry=entry, at=act.at,
    )  # fmt: skip
    act.record(PayoutSent(statement.pk, payout.pk, statement.payable), about=statement)
    return statement


def destination(partner: Partner) -> tuple[Account, str]:
    """The ledger's account a payout goes to, and its name."""
    if partner.own_client_id:
        return chart.client_wallet(partner.own_client_id), "wallet"
    if partner.bank_label:
        return chart.bank_in_transit(), f"bank {partner.bank_label}"
    raise NowhereToPay(f"Say first where {partner} is paid: a bank account or their own wallet.")
