"""Taking money out: the amount, where it goes leg by leg before anything is confirmed, its path."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from nostro.core.acts import Act
from nostro.core.operations import Operation
from nostro.core.queries import find
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.payments import operations, queries
from nostro.payments.allocation import Part
from nostro.payments.models import Destination, Leg, Withdrawal
from nostro.payments.queries.reasons import deposits_behind
from nostro.payments.queries.wallets import RUNNING, Wallet, wallets_of
from nostro.payments.trader.forms import carried_out, chosen, typed_money
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.words import WITHDRAWAL_WORDS, moment, wallet_name
from nostro.people.models import Client
from nostro.ui.answers import is_htmx, told
from nostro.ui.forms import OperationForm
from nostro.ui.pages import portal_page, show

Status = Withdrawal.Status
CARD_DAYS, BANK_DAYS = "Arrives in 2 to 5 working days", "Arrives in 1 to 2 working days"


@portal_page("client", "withdraw/", "Withdraw")
def withdraw_view(request: HttpRequest, act: Act) -> HttpResponse:
    """The split is shown for whatever is typed; the button confirms exactly that."""
    client = client_of(act)
    wallets = wallets_of(client)
    given = request.POST if request.method == "POST" else request.GET
    context = asked(act, client, wallets, given)
    if request.method == "POST" and context["typed_money"] is not None:
        # Before what is left is looked at: a second click finds the first one's answer.
        raw = {"money": context["typed_money"], "destination": context["chosen"]}
        made, problem = carried_out(request, act, operations.request_withdrawal, client, raw)
        if made is not None:
            told(request, f"{made} is on its way: {made.money}.")
            return HttpResponseRedirect(f"/room/withdrawals/{made.pk}/")
        context["problem"] = context["problem"] or problem
    if is_htmx(request):
        return render(request, "payments/withdraw_split.html", {**context, "now": act.at})
    running = queries.withdrawals(act).filter(status__in=RUNNING).prefetch_related("legs")
    context |= {
        "title": "Withdraw", "task": True, "key": request.POST.get("key") or uuid4().hex,
        "running": [path_of(one, act) for one in running[:5]],
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return show(request, act, "payments/withdraw.html", context, status=status)


def asked(act: Act, client: Client, wallets: list[Wallet], given: Any) -> dict[str, Any]:
    """What is typed, what can be had, and how it would go back."""
    known = {one.currency: one for one in wallets}
    currency, place = given.get("currency", ""), given.get("destination", "")
    wallet = chosen(known.get(currency), currency, f"wallet: {currency}") or max(
        wallets, key=lambda one: (bool(one.free), one is wallets[0])
    )
    usable = list(queries.destinations(act).filter(client=client, kind="bank"))
    bank = next((one for one in usable if str(one.pk) == place), None)
    # One that is younger than a day is better than none: a person then looks at it.
    bank = chosen(bank, place, "bank account") or min(
        usable, key=lambda one: one.usable_from > act.at, default=None
    )
    all_of_it = urlencode({"currency": wallet.currency, "amount": wallet.free.amount})
    context: dict[str, Any] = {
        "wallet": wallet, "wallet_name": wallet_name(wallet.currency),
        "currency": wallet.currency, "currencies": [one.currency for one in wallets],
        "typed": given.get("amount", ""), "money": None, "typed_money": None,
        "legs": [], "problem": "",
        "way_on": None,
        "all_url": f"/room/withdraw/?{all_of_it}", "banks": usable,
        "preview_url": "/room/withdraw/",
        "chosen": bank.pk if bank else None, "locked": _locked(client),
    }  # fmt: skip
    if not given.get("amount"):
        return context
    try:
        money = context["typed_money"] = typed_money(given["amount"], wallet.currency)
        _within(money, wallet)
        parts = queries.split_of(client, money, has_bank=bank is not None, at=act.at)
    except Problem as problem:
        context["problem"] = problem.sentence
        if problem.field == "destination":
            add = "/room/bank-accounts/add/"
            context["way_on"] = {"url": add, "title": "Add a bank account"}
        return context
    legs = legs_of(parts, bank, money)
    waits = bank is not None and bank.usable_from > act.at
    return context | {
        "money": money, "legs": legs,
        "waits": waits and any(part.deposit_id is None for part in parts),
        "pairs": [
            {"label": "Fee", "value": Money.zero(wallet.currency)},
            {"label": "You receive", "value": money, "sum": True},
        ],
    }  # fmt: skip


class NotThatMuch(Problem):
    """More than the wallet has, or nothing."""


def _within(money: Money, wallet: Wallet) -> None:
    if money.amount <= 0:
        raise NotThatMuch("An amount to withdraw is above zero.")
    if money > wallet.free:
        raise NotThatMuch(f"You can withdraw {wallet.free} now. Take that, or less.")


def _locked(client: Client) -> str:
    if client.status not in (Client.Status.ACTIVE, Client.Status.RESTRICTED):
        return "You can withdraw once your documents are approved."
    return ""


def legs_of(parts: list[Part], bank: Destination | None, money: Money) -> list[dict[str, Any]]:
    """The stream of `ui/portal/legs.html`: each leg with its share and its reason."""
    named = [part.deposit_id for part in parts if part.deposit_id]
    deposits = deposits_behind(named)
    drawn = []
    for part in parts:
        deposit = deposits.get(part.deposit_id or 0)
        card = deposit.instrument or f"{deposit.method}, as on {deposit.settled_at:%-d %b}" if (
            deposit and deposit.settled_at
        ) else ""  # fmt: skip
        drawn.append(
            {
                "title": card or f"Bank {bank}", "value": part.money, "text": part.reason,
                "when": CARD_DAYS if deposit else BANK_DAYS,
                "share": (part.money.amount * 100 / money.amount).quantize(Decimal("0.01")),
            }
        )  # fmt: skip
    return drawn


# ── The path of one withdrawal ──


def path_of(row: Withdrawal, act: Act) -> dict[str, Any]:
    """Its words, its steps with their moments, and whether it can still be cancelled."""
    words, tone = WITHDRAWAL_WORDS[row.status]
    to = row.destination.label if row.destination else "your card"
    return {
        "row": row, "words": words, "tone": "" if tone == "quiet" else tone, "to": to,
        "steps": track(row, act), "cancels": row.can_move_to(Status.CANCELLED),
    }  # fmt: skip


def track(row: Withdrawal, act: Act) -> list[dict[str, Any]]:
    """Done, now, next: five steps, or where it ended early."""
    agreed = {0: "Small amounts to a known place need nobody.", 1: "One person agreed.",
              2: "Two people agreed."}.get(row.people, "")  # fmt: skip
    asked_at = moment(row.requested_at, act.at)
    first = {"title": "You asked", "at": asked_at, "text": "The money was set aside at once."}
    if row.status in (Status.REFUSED, Status.CANCELLED):
        words = "Refused" if row.status == Status.REFUSED else "Cancelled"
        ended = row.reason or "It is back in your wallet."
        done = {"title": words, "at": moment(row.status_at, act.at), "text": ended}
        return [first | {"state": "done"}, done | {"state": "done"}]
    approved = moment(row.approved_at, act.at)
    legs = [one.sent_at for one in row.legs.all() if one.sent_at]
    left = moment(max(legs), act.at) if legs else ""
    all_steps: list[dict[str, Any]] = [
        first,
        {"title": "Checked", "at": asked_at},
        {"title": "Approved", "at": approved, "text": agreed if approved else ""},
        {"title": "Sent", "at": left, "text": "Until it is approved you can still cancel."
         if row.can_move_to(Status.CANCELLED) else ""},
        {"title": "Arrived", "at": moment(row.paid_at, act.at)},
    ]  # fmt: skip
    reached = {
        Status.APPROVED: 3,
        Status.STUCK: 3,
        Status.RETURNED: 3,
        Status.SENT: 4,
        Status.PAID: 5,
    }
    now = reached.get(Status(row.status), 2)
    for index, step in enumerate(all_steps):
        step["state"] = "done" if index < now else "now" if index == now else "next"
    return all_steps


@portal_page("client", "withdrawals/<int:pk>/", "Withdrawal")
def withdrawal_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """One withdrawal: cancel it while that is possible, answer what we asked."""
    row = find(act, Withdrawal, pk)
    problem = ""
    if request.method == "POST":
        does: dict[str, tuple[Operation[..., Any], dict[str, Any]]] = {
            "cancel": (operations.cancel_withdrawal, {}),
            "answer": (operations.answer_question, {"answer": request.POST.get("answer", "")}),
        }
        wanted = does.get(request.POST.get("do", ""))
        if wanted is None:
            raise NotFound("There is no such thing to do.")
        made, problem = carried_out(request, act, wanted[0], row, wanted[1])
        if made is not None:
            back = made.status == Status.CANCELLED
            told(request, f"{row.money} is back in your wallet." if back else "Thank you.")
            return HttpResponseRedirect(f"/room/withdrawals/{row.pk}/")
    context = {
        "title": str(row), "task": True, "path": path_of(row, act), "problem": problem,
        "key": uuid4().hex, "here": request.path, "legs": sent_legs(row),
    }  # fmt: skip
    status = 422 if problem else 200
    return show(request, act, "payments/withdrawal_status.html", context, status=status)


def sent_legs(row: Withdrawal) -> list[dict[str, Any]]:
    drawn = []
    for leg in row.legs.select_related("deposit__method", "destination").order_by("number"):
        title = f"{leg.deposit.paid_with}" if leg.deposit else str(
            leg.destination
        )  # fmt: skip
        far = "" if leg.status == Leg.Status.PLANNED else f" {leg.get_status_display()}."
        drawn.append(
            {
                "title": title, "value": leg.money, "text": leg.reason + far,
                "when": CARD_DAYS if leg.deposit else BANK_DAYS,
                "share": (leg.amount * 100 / row.amount).quantize(Decimal("0.01")),
            }
        )  # fmt: skip
    return drawn


@portal_page("client", "bank-accounts/add/", "Add a bank account")
def add_bank_view(request: HttpRequest, act: Act) -> HttpResponse:
    """A bank account in the client's own name."""
    client = client_of(act)
    data = request.POST if request.method == "POST" else None
    key = data.get("key", "") if data else ""
    form = OperationForm(operations.add_destination, act, data, initial={"holder": client.name})
    form.fields["iban"].label, form.fields["holder"].label = "IBAN", "Account holder"
    if data is not None and form.carry_out(client, key=key) is not None:
        told(request, "Added. For the first day a person looks at what goes there.")
        return HttpResponseRedirect("/room/money/")
    context = {
        "title": "Add a bank account", "task": True, "form": form, "problem": form.problem,
        "key": key or uuid4().hex,
    }  # fmt: skip
    status = 422 if data is not None else 200
    return show(request, act, "payments/bank_account.html", context, status=status)
