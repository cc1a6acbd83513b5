"""Money to another client: who, from which wallet, how much; and where one such transfer stands."""

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.problems import Problem
from nostro.payments import operations
from nostro.payments.models import ClientTransfer
from nostro.payments.queries.wallets import wallets_of
from nostro.payments.trader.forms import carried_out, chosen, typed_money
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.words import GIVEN_WORDS, moment, wallet_name
from nostro.people.models import Client
from nostro.ui.answers import told
from nostro.ui.pages import portal_page, show

Status = ClientTransfer.Status


@portal_page("client", "send/", "Send to another client", icon="users")
def send_view(request: HttpRequest, act: Act) -> HttpResponse:
    """The recipient by number and e-mail address, then the amount, then the button."""
    client = client_of(act)
    given = request.POST if request.method == "POST" else request.GET
    wallets = {one.currency: one for one in wallets_of(client)}
    named = given.get("currency", "")
    full = max(wallets.values(), key=lambda one: one.free.amount)
    wallet = chosen(wallets.get(named), named, f"wallet: {named}") or full
    problem = ""
    if request.method == "POST":
        made, problem = _sent(request, act, wallet.currency)
        if made is not None:
            if made.status != Status.REFUSED:
                at_once = made.status == Status.SETTLED
                words = "was sent." if at_once else "is set aside until one of us has looked."
                told(request, f"{made.money} {words}")
            return HttpResponseRedirect(f"/room/sent/{made.pk}/")
    active = client.status == Client.Status.ACTIVE
    context: dict[str, Any] = {
        "title": "Send to another client", "task": True, "wallet": wallet,
        "currency": wallet.currency, "currencies": list(wallets),
        "number": given.get("number", ""), "email": given.get("email", ""),
        "typed": given.get("amount", ""), "problem": problem, "entity": client.entity.name,
        "own": client, "key": request.POST.get("key") or uuid4().hex,
        "locked": "" if active else "You can send money once your documents are approved.",
    }  # fmt: skip
    return show(request, act, "payments/send.html", context, status=422 if problem else 200)


def _sent(request: HttpRequest, act: Act, currency: str) -> tuple[Any, str]:
    try:
        money = typed_money(request.POST.get("amount", ""), currency)
    except Problem as problem:
        return None, problem.sentence
    raw = {
        "money": money, "number": request.POST.get("number", ""),
        "email": request.POST.get("email", ""),
    }  # fmt: skip
    return carried_out(request, act, operations.send_to_client, client_of(act), raw)


@portal_page("client", "sent/<int:pk>/", "Between clients")
def sent_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """One transfer, to whoever gave it or got it; the giver may take it back while it waits."""
    row, problem = find(act, ClientTransfer, pk), ""
    own = act.actor.is_client(row.client_id)
    if request.method == "POST":
        made, problem = carried_out(request, act, operations.cancel_client_transfer, row, {})
        if made is not None:
            told(request, f"{row.money} is back in your wallet.")
            return HttpResponseRedirect(f"/room/sent/{row.pk}/")
    words, tone = GIVEN_WORDS[row.status] if own else ("In your wallet", "ok")
    context: dict[str, Any] = {
        "title": "Between clients", "task": True, "row": row, "words": words,
        "tone": "" if tone == "quiet" else tone, "problem": problem, "here": request.path,
        "line": f"to client {row.recipient}" if own else f"from {row.client.name}, {row.client}",
        "steps": _steps(row, act) if own else [
            {"title": f"In your {wallet_name(row.currency)}", "state": "done",
             "at": moment(row.settled_at, act.at)},
        ],
        "cancels": own and row.can_move_to(Status.CANCELLED), "key": uuid4().hex,
    }  # fmt: skip
    status = 422 if problem else 200
    return show(request, act, "payments/sent.html", context, status=status)


def _steps(row: ClientTransfer, act: Act) -> list[dict[str, Any]]:
    asked = {"title": "You asked", "at": moment(row.requested_at, act.at), "state": "done"}
    ended = {"at": moment(row.status_at, act.at), "state": "done"}
    if row.status == Status.SETTLED:
        return [asked, ended | {"title": f"In the wallet of client {row.recipient}"}]
    if row.status == Status.REFUSED:
        return [asked, ended | {"title": "Not sent", "text": row.reason}]
    if row.status == Status.CANCELLED:
        return [asked, ended | {"title": "Taken back", "text": "It is back in your wallet."}]
    waits = {"title": "One of us looks at it", "state": "now",
             "text": "It is set aside until then, and you can take it back."}  # fmt: skip
    return [asked, waits, {"title": f"In the wallet of client {row.recipient}", "state": "next"}]
