"""Withdrawals: the queue with its clocks, and one request with all that speaks for and against."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.payments import operations, queries
from nostro.payments.models import Check, Leg, Withdrawal
from nostro.payments.operations.approvals import COMPLIANCE
from nostro.payments.queries.reasons import decision_behind
from nostro.payments.queries.standing import WAITING, withdrawal_standing
from nostro.payments.staff import choices
from nostro.payments.staff.entries import entries_of
from nostro.rules.queries import row_numbers, rows_in_words
from nostro.ui.actions import Action, allow_when, only_in
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, MoneyColumn, Person, Risk
from nostro.ui.details import DetailPage, template
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import choice, date_range, flag
from nostro.ui.forms import SUMMARIES, Summary
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.templatetags.nostro import MINUS, icon, span
from nostro.ui.timeline import NAMES

Status = Withdrawal.Status
TONES = {
    "requested": "line", "approval": "line", "second": "wait", "asked": "info", "approved": "info",
    "sent": "info", "paid": "ok", "refused": "bad", "cancelled": "", "stuck": "warn",
    "returned": "warn", "compliance": "warn",
}  # fmt: skip
LARGE = Decimal(10_000)
PROMISE = timedelta(hours=24)


def _state(row: Withdrawal) -> str:
    with_compliance = row.status == Status.APPROVAL and row.queue == "compliance"
    return "compliance" if with_compliance else row.status


def _state_word(row: Withdrawal) -> str:
    return "With compliance" if _state(row) == "compliance" else row.status_label


def _prepare(act: Act, rows: list[Withdrawal]) -> None:
    prefetch_related_objects(rows, "legs__provider", "legs__deposit__method", "legs__destination")


def _client_url(row: Withdrawal) -> str:
    return url_of(row.client)


def _goes_to(row: Withdrawal) -> SafeString:
    legs = list(row.legs.all())
    if len(legs) == 1:
        symbol, word = ("credit-card", "Card") if legs[0].deposit else ("building-bank", "Bank")
    else:
        symbol, word = "arrows-split", f"{len(legs)} legs"
    classes = "row-flex quiet"
    return format_html('<span class="{}">{}{}</span>', classes, icon(symbol, "i-s faint"), word)


# ── What may be done, and why not ──


def _may_approve(act: Act, row: Withdrawal) -> str | None:
    if not row.can_move_to(Status.APPROVED) or row.status == Status.REQUESTED:
        return None
    if row.queue == "compliance" and not act.actor.may(COMPLIANCE):
        return "The rule asks for compliance here. Somebody of theirs approves it."
    if row.asked_by is not None and row.asked_by == act.actor.id:
        return "You asked for this one on the client's behalf: somebody else approves."
    if row.approvals.filter(staff_id=act.actor.id or 0).exists():
        return "You have approved this one. The second person is somebody else."
    return ""


def _may_refuse(act: Act, row: Withdrawal) -> str | None:
    if not row.can_move_to(Status.REFUSED) or row.status == Status.RETURNED:
        return None
    gone = row.legs.exclude(status__in=[Leg.Status.PLANNED, Leg.Status.FAILED]).exists()
    return f"Part of {row} has been sent, so it cannot be refused." if gone else ""


allow_when(operations.approve_withdrawal, _may_approve)
allow_when(operations.refuse_withdrawal, _may_refuse)
allow_when(operations.send_back, only_in(Status.APPROVAL, Status.SECOND))
allow_when(operations.look_into_withdrawal, only_in(Status.STUCK, Status.RETURNED))
allow_when(operations.assign_withdrawal, only_in(*WAITING, Status.STUCK, Status.RETURNED))
allow_when(operations.answer_question, only_in(Status.ASKED))
allow_when(
    operations.cancel_withdrawal,
    lambda act, row: "" if row.can_move_to(Status.CANCELLED) else None,
)


# ── One withdrawal ──


def _leg(number: int, leg: Leg) -> dict[str, Any]:
    if leg.deposit:
        title, symbol = leg.deposit.paid_with, "credit-card"
    else:
        title, symbol = str(leg.destination or "No bank account"), "building-bank"
    far = "" if leg.status == Leg.Status.PLANNED else f" {leg.get_status_display()}."
    return {
        "icon": symbol, "title": title, "faint": f"via {leg.provider}", "amount": leg.money,
        "tone": str(min(number + 1, 3)), "text": leg.reason + far,
    }  # fmt: skip


def lowered(sentence: str) -> str:
    """A sentence as it stands after another's colon or comma."""
    return sentence[:1].lower() + sentence[1:]


def _checks(found: Sequence[Check]) -> list[dict[str, Any]]:
    """What failed stands open with its figure; what passed folds into one line."""
    failed = [
        {"state": "warn", "text": f"Not so: {lowered(one.sentence)}", "end": one.figure}
        for one in found
        if not one.passed
    ]
    passed = [one.sentence for one in found if one.passed]
    if not passed:
        return failed
    told = ", ".join([passed[0], *(lowered(one) for one in passed[1:])])
    return [*failed, {"state": "ok", "text": told, "end": len(passed)}]


def _people(act: Act, row: Withdrawal) -> list[dict[str, Any]]:
    given = list(row.approvals.select_related("staff").order_by("at"))
    seats = [
        {"name": one.staff.name, "faint": one.staff.title, "at": one.at} for one in given
    ]  # fmt: skip
    whose = "Compliance" if row.queue == "compliance" else "Payments"
    if row.status in WAITING:
        verdict = _may_approve(act, row)
        may = act.actor.may(operations.approve_withdrawal.name) and verdict == ""
        if may:
            yours = "you can give it"
        elif act.actor.id == row.asked_by or any(one.staff_id == act.actor.id for one in given):
            yours = "somebody else has to give it"
        else:
            yours = "your role does not include it"
        for seat in range(row.people - len(given)):
            words = yours if seat == 0 else "another person after that"
            seats.append({"name": f"{whose}: {words}", "open": True})
    return seats


def _asked_by(row: Withdrawal) -> str:
    """Who asked for it in the client's name."""
    known = NAMES["staff"]({row.asked_by}) if row.asked_by and "staff" in NAMES else {}
    return known.get(row.asked_by or 0, ("a colleague", ""))[0] if row.asked_by else ""


def _why(row: Withdrawal) -> dict[str, Any]:
    decision = decision_behind(row.decision)
    if decision is None:
        return {"text": row.why or "Nothing was asked of the rules."}
    version = decision.version
    rows, numbers = rows_in_words(decision), row_numbers(decision)
    title = f"{version.point} v{version.number}" + (f", {rows}" if rows else "")
    inputs, url = url_of(decision), url_of(version) or "/staff/rules/"
    place = f"#row-{numbers[0]}" if numbers else ""
    return {
        "text": row.why, "rule": {"title": title, "url": f"{url}{place}"},
        "reference": str(decision), "inputs_url": inputs,
    }  # fmt: skip


def _whole(act: Act, row: Withdrawal) -> dict[str, Any]:
    legs = list(
        row.legs.select_related("provider", "deposit__method", "destination").order_by("number")
    )
    checks = list(row.checks.order_by("pk"))
    failed = sum(not one.passed for one in checks)
    drawn = [_leg(number, leg) for number, leg in enumerate(legs)]
    keys = [f"withdrawal/{row.pk}/hold", f"withdrawal/{row.pk}/release"]
    keys += [f"leg/{leg.key}/{step}" for leg in legs for step in ("sent", "returned", "back")]
    given = row.approvals.count()
    return {
        "withdrawal": row,
        "client_url": url_of(row.client),
        "risk_word": row.client.get_risk_display(),
        "why": _why(row),
        "legs": drawn,
        "parts": [{"value": one["amount"], "tone": one["tone"]} for one in drawn],
        "parts_label": ", ".join(f"{one['amount']} {one['title']}" for one in drawn),
        "checks": _checks(checks),
        "checks_word": f"{len(checks) - failed} passed"
        + (f", {failed} to look at" if failed else ""),
        "people": _people(act, row),
        "asked_by": _asked_by(row),
        "people_word": f"{given} of {row.people}" if row.people else "by the rule alone",
        "entries": entries_of(act, keys),
    }


def _pills(act: Act, row: Withdrawal) -> list[Pill]:
    return [Pill(_state_word(row), TONES[_state(row)])]


withdrawal = DetailPage(
    room="payments",
    slug="withdrawals",
    model=Withdrawal,
    rows=queries.withdrawals,
    pills=_pills,
    panels=[template("", "payments/withdrawal.html", _whole)],
    actions=[
        operations.approve_withdrawal,
        Action(operations.look_into_withdrawal),
        Action(operations.send_back, key="S"),
        operations.refuse_withdrawal,
    ],
    icon="arrow-up-right",
)


# ── The list ──


def _figures(act: Act) -> list[Figure]:
    now = withdrawal_standing(act)
    waiting = arithmetic(
        "Waiting for a person, in USD when they asked",
        (f"{now.waiting} requests", f"{now.waiting_usd:,.0f} USD"),
    )
    late = f"oldest {span(now.oldest_late)} over" if now.late else "all within their time"
    share = arithmetic(
        "Requests of the last seven days",
        ("Approved by the rule alone", now.automatic),
        ("All requests", now.decided),
    )
    paid = arithmetic(
        "Paid since midnight in UTC, in USD when they were asked for",
        (f"{now.paid_today} requests", f"{now.paid_today_usd:,.0f} USD"),
    )
    before = now.untouched_before
    moved = now.untouched - before if now.untouched is not None and before is not None else None
    return [
        Figure("To approve", now.waiting, note=f"≈ {now.waiting_usd:,.0f} USD", why=waiting),
        Figure("Overdue", now.late, tone="bad" if now.late else "", note=late),
        Figure("Paid today", now.paid_today, note=f"≈ {now.paid_today_usd:,.0f} USD", why=paid),
        Figure(
            "Ask to paid, median",
            span(now.median) if now.median is not None else "—",
            note="none in a week"
            if now.median is None
            else f"promise {PROMISE // timedelta(hours=1)} h",
            why=arithmetic(
                "From asking to paid",
                ("Half of them no longer than", span(now.median)),
                note="Requests of the last seven days that are paid.",
            )
            if now.median is not None
            else None,
        ),
        Figure(
            "Untouched by hand",
            f"{now.untouched}%" if now.untouched is not None else "—",
            note=f"{moved:+} points on the week before".replace("-", MINUS)
            if moved is not None
            else "no week to compare",
            why=share if now.decided else None,
        ),
    ]


def _line(row: Withdrawal) -> str:
    money: Money = row.money
    return f"{row.client.name}, {money}"


withdrawals = ListPage(
    room="payments",
    slug="withdrawals",
    title="Withdrawals",
    rows=queries.withdrawals,
    columns=[
        Clock("due_at", sort="due_at"),
        Column(str, "Request", sort="pk", low=3, quiet=True),
        Person("client.name", "Client", sort="client__last_name", url=_client_url),
        MoneyColumn("money", "Amount", sort="usd"),
        Column(_goes_to, "Goes to", low=2),
        Column("entity.code", "Entity", sort="entity__code", low=2, quiet=True),
        Risk("client.risk", "Risk", low=2),
        Badge(
            _state, "State", low=2, colors=TONES,
            words={**dict(Status.choices), "compliance": "With compliance"},
        ),
    ],
    filters=[
        choice("status", Status.choices),
        choice("entity", choices.entities),
        choice("risk", [("low", "Low"), ("medium", "Medium"), ("high", "High")],
               path="client__risk"),
        choice("queue", [("payments", "Payments"), ("compliance", "Compliance")]),
        flag("overdue", "Overdue", due_at__lt=lambda act: act.at),
        date_range("requested_at", title="Asked"),
    ],
    views=[
        View("To approve", status__in=WAITING),
        View("Mine", status__in=WAITING, owner_id=lambda act: act.actor.id),
        View("Over 10,000", status__in=WAITING, usd__gte=LARGE),
        View("Sent, not confirmed", status__in=[Status.APPROVED, Status.SENT]),
        View("Returned", status__in=[Status.STUCK, Status.RETURNED]),
        View("Refused", counted=False, order="-requested_at", status=Status.REFUSED),
        View("All", counted=False, order="-requested_at"),
    ],
    actions=[
        operations.approve_withdrawal, operations.assign_withdrawal, operations.refuse_withdrawal,
    ],
    create=[operations.withdraw_for_client],
    figures=_figures,
    inspector=withdrawal,
    search=["client__last_name__holds", "client__first_name__holds"],
    number="W",
    amount="amount",
    order="due_at",
    prepare=_prepare,
    empty="Nobody waits for money. New requests appear here by themselves.",
    icon="arrow-up-right",
)  # fmt: skip


def _summary(row: Withdrawal) -> Summary:
    where = " and ".join(dict.fromkeys(_leg_to(one) for one in row.legs.order_by("number")))
    return Summary(f"to {row.client.name}{', ' if where else ''}{where}", row.money)


def _leg_to(leg: Leg) -> str:
    if leg.deposit:
        return leg.deposit.paid_with
    return str(leg.destination)


SUMMARIES["payments.withdrawal"] = _summary
SUMMARIES["payments.deposit"] = lambda row: Summary(f"of {row.client.name}", row.money)

for waiting, words in (
    (Status.APPROVAL, "Withdrawals to approve"),
    (Status.SECOND, "Withdrawals, second person"),
    (Status.STUCK, "Withdrawals not confirmed"),
    (Status.RETURNED, "Withdrawals that came back"),
):
    Queue(
        Withdrawal, waiting, title=words, icon="arrow-up-right", page=withdrawals.url, line=_line,
        nothing="Nobody waits for money.",
    )  # fmt: skip
