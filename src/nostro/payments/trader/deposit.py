"""Paying in: the amount, then the way to pay with its limits said, then the provider's own page."""

from decimal import ROUND_DOWN, Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.payments import operations, queries
from nostro.payments.models import Deposit, Method, SavedCard
from nostro.payments.operations.deposits import OverLimit
from nostro.payments.ports import BANKS
from nostro.payments.queries import Way
from nostro.payments.queries.taking import Over, Taking
from nostro.payments.trader.forms import carried_out, chosen, typed_money
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.words import moment, wallet_name
from nostro.people.models import Client
from nostro.ui.answers import is_htmx
from nostro.ui.pages import portal_page, show
from nostro.ui.templatetags.nostro import amount as figures

QUICK = (100, 250, 500, 1000)
STEPS = ("Amount", "Method", "Pay")
WHOLE = 100
"""From which amount on a limit is stated without its cents."""
WAYS = 4
"""Ways that were used before and are offered first."""
NOTES = {
    "card": "Cards are typed on the provider’s own page. We never see the number.",
    "bank": "You see where to send it, and your reference, on the next page.",
}
SAVED_NOTE = "The provider keeps this card for you, and asks for its security code only."


def steps(now: int) -> list[dict[str, str]]:
    state = {True: "done", False: "next"}
    return [
        {"title": title, "state": "now" if index == now else state[index < now]}
        for index, title in enumerate(STEPS)
    ]


def currencies_of(client: Client, methods: list[Method]) -> list[str]:
    """What can be paid in, the client's own currency first."""
    known = sorted({code for one in methods for code in one.currencies})
    return sorted(known, key=lambda code: (code != client.base_currency, code))


@portal_page("client", "deposit/", "Deposit", icon="wallet")
def deposit_view(request: HttpRequest, act: Act) -> HttpResponse:
    """One address for the three steps: what is chosen stands in the query."""
    client = client_of(act)
    methods = [one for one in queries.methods(act) if one.takes_deposits]
    given = request.POST if request.method == "POST" else request.GET
    offered = currencies_of(client, methods)
    named = given.get("currency", "")
    currency = chosen(named if named in offered else None, named, "currency to pay in")
    currency = currency or (offered or [client.base_currency])[0]
    problem, money, instead = "", None, None
    if given.get("amount"):
        try:
            money = typed_money(given["amount"], currency)
            if money.amount <= 0:
                problem, money = "An amount to pay in is above zero.", None
        except Problem as wrong:
            problem = wrong.sentence
    if request.method == "POST" and money is not None:
        made, problem, instead = _started(request, act, client, money)
        if made is not None:
            return HttpResponseRedirect(f"/room/deposits/{made.pk}/?go=1")
    context = {
        "title": "Deposit", "task": True, "problem": problem, "instead": instead,
        "currency": currency,
        "currencies": offered, "typed": given.get("amount", ""), "money": money,
        "key": request.POST.get("key") or uuid4().hex, "locked": _locked(client),
    }  # fmt: skip
    status = 422 if problem else 200
    if money is None:
        quick = [{"url": _again(code, currency), "text": f"{code:,}"} for code in QUICK]
        context |= {"steps": steps(0), "quick": quick}
        return show(request, act, "payments/deposit_amount.html", context, status=status)
    used, cards = queries.ways_paid(act, client.pk), list(queries.saved_cards(act)[:WAYS])
    taking = Taking(act, client)
    rows = offers(taking, methods, money, used, cards, again=given.get("method", ""))
    if not problem and (limit := _over_all(taking, methods, money)):
        context |= {"over": str(limit), "instead": _instead(limit.left)}
    context |= {
        "steps": steps(1), "methods": rows,
        "first": next((one for one in rows if one["checked"]), None),
        "change_url": f"/room/deposit/?{urlencode({'currency': currency})}",
        "pairs": [
            {"label": "Fee", "value": Money.zero(currency)},
            {"label": f"Into your {wallet_name(currency)}", "value": str(money)},
        ],
    }  # fmt: skip
    return show(request, act, "payments/deposit_method.html", context, status=status)


def _started(
    request: HttpRequest, act: Act, client: Client, money: Money
) -> tuple[Deposit | None, str, list[dict[str, str]] | None]:
    """The deposit; or nothing, why not, and the way on where there is one."""
    way, _, card = request.POST.get("method", "").partition(" ")
    raw = {"money": money, "method": way or None, "card": card or None}
    start = operations.start_deposit
    try:
        return *carried_out(request, act, start, client, raw, aloud=(OverLimit,)), None
    except OverLimit as over:
        return None, over.sentence, _instead(over.left)


def _over_all(taking: Taking, methods: list[Method], money: Money) -> Over | None:
    """The limit that this amount is over, whichever way it is paid."""
    over = {taking.over(one, money) for one in methods if money.currency in one.currencies}
    return over.pop() if len(over) == 1 else None


def _instead(left: Money) -> list[dict[str, str]] | None:
    """The way on from a limit: what may still be paid in."""
    if not left:
        return None
    url = _again(left.amount, str(left.currency))
    return [{"title": f"Pay in {left} instead", "url": url, "tone": "primary"}]


def _again(amount: object, currency: str) -> str:
    return f"/room/deposit/?{urlencode({'amount': amount, 'currency': currency})}"


def _locked(client: Client) -> str:
    """Why this client cannot pay in at all, before they type anything."""
    if client.status == Client.Status.RESTRICTED:
        return "Your account is restricted: you can withdraw, but not pay in."
    if client.status != Client.Status.ACTIVE:
        return "You can pay in once your documents are approved."
    return ""


def offers(
    taking: Taking,
    methods: list[Method],
    money: Money,
    used: list[Way],
    cards: list[SavedCard],
    *,
    again: str = "",
) -> list[dict[str, Any]]:
    """Each way to pay with everything that matters before the tap; a limit has a way on.

    Saved cards and ways that were used come first, the last one on top, then what is new. A row's
    value is its method, and after a space the saved card. `again` was chosen and refused.
    """
    known = {one.pk: one for one in methods}
    saved = [(one.used_at, known[one.method_id], one) for one in cards if one.method_id in known]
    by_card = {method.pk for _, method, _ in saved}
    plain = [(one.at, known[one.method_id], None) for one in used if one.method_id in known]
    ways = sorted(
        [*saved, *(one for one in plain if one[1].pk not in by_card)],
        key=lambda one: one[0], reverse=True,
    )[:WAYS]  # fmt: skip
    new = [(one, None) for one in sorted(methods, key=lambda one: one.pk not in by_card)]
    shown = dict.fromkeys([*((method, card) for _, method, card in ways), *new])
    limits = {one.pk: _limits(taking, one, money) for one in methods}
    rows = [_offer(*way, *limits[way[0].pk], another=way[0].pk in by_card) for way in shown]
    if ways and ways[0][0] == max(one[0] for one in [*plain, *saved]):
        rows[0]["pill"] = "Last used"
    usable = [row for row in rows if not row["disabled"]]
    if usable:
        next((row for row in usable if row["value"] == again), usable[0])["checked"] = True
    return rows


def _offer(
    method: Method, card: SavedCard | None, limits: str, text: str, *, another: bool
) -> dict[str, Any]:
    new = f"Another {method.name.lower()}" if another else method.name
    return {
        "value": f"{method.pk} {card.pk}" if card else str(method.pk),
        "note": SAVED_NOTE if card else NOTES.get(method.slug, ""),
        "title": card.label if card else new,
        "icon": "circle-plus" if another and not card else method.icon,
        "limits": limits, "fee": "None",
        "arrives": method.speed, "text": text or _hint(method, card),
        "disabled": bool(text), "pill": "", "checked": False,
    }  # fmt: skip


def _limits(taking: Taking, method: Method, money: Money) -> tuple[str, str]:
    """From how much to how much the method takes from this client, and why not this amount."""
    if money.currency not in method.currencies:
        return "–", f"It does not take {money.currency}."
    most, limit = taking.most(method, str(money.currency)), taking.over(method, money)
    if most is None:
        return "–", str(limit) if limit else taking.why_not(method, money)
    limits, instead = f"{_figure(method.least)} to {_figure(most.amount)}", most.amount
    if taking.takes(method, money):
        return limits, ""
    if money.amount < method.least:
        why, instead = f"{method} takes {method.least:,.2f} at least.", method.least
    elif limit is not None and most.amount < method.most:
        why = f"{limit.left.amount:,.2f} is left of what you can pay in {limit.span}."
    elif money > most:
        why = f"{method} takes up to {most.amount:,.2f}."
    else:
        why = f"{method} does not take this amount from you right now."
    return limits, format_html(
        'Not for {}: {} <a class="p-inline" href="{}">Pay in {} instead</a>', figures(money), why,
        _again(instead, str(money.currency)), f"{instead:,.2f}",
    )  # fmt: skip


def _figure(limit: Decimal) -> str:
    """A limit as it is stated: in whole units, of which never more than is taken."""
    return f"{limit.to_integral_value(ROUND_DOWN) if limit >= WHOLE else limit.normalize():,f}"


def _hint(method: Method, card: SavedCard | None) -> str:
    if card is not None:
        return "Withdrawals return to this card first, up to what you paid in."
    if method.slug == "bank":
        return "From an account in your own name, with a reference that is yours alone."
    return ""


# ── Where a deposit stands ──


@portal_page("client", "deposits/<int:pk>/", "Deposit")
def status_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Waits for the provider's page and goes there; afterwards says what became of the money."""
    deposit = find(act, Deposit, pk)
    back = bool(request.GET.get("paid") or request.GET.get("left"))
    waits = deposit.status == Deposit.Status.STARTED
    if waits and deposit.hosted_url and request.GET.get("go") and is_htmx(request):
        # A redirect of the form's own answer would be stopped by the policy for form targets.
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = deposit.hosted_url
        return answer
    context = {
        "title": "Deposit", "task": True, "deposit": deposit, "steps": steps(2),
        "wire": wire_of(deposit), "wallet": wallet_name(deposit.currency),
        "paid": bool(request.GET.get("paid")), "left": bool(request.GET.get("left")),
        "opening": waits and not back and not wire_of(deposit),
        "here": request.get_full_path(),
        "again_url": _again(deposit.money.amount, deposit.currency),
        "at": moment(deposit.settled_at, act.at), "now": act.at,
    }  # fmt: skip
    if is_htmx(request):
        return render(request, "payments/deposit_state.html", context)
    return show(request, act, "payments/deposit_status.html", context)


def wire_of(deposit: Deposit) -> list[dict[str, str]]:
    """What a client writes on a wire; nothing for a deposit that is paid otherwise."""
    if deposit.provider.kind not in BANKS.kinds() or deposit.status != Deposit.Status.STARTED:
        return []
    account = deposit.provider.accounts.get(deposit.currency, "")
    spaced = " ".join(account[index : index + 4] for index in range(0, len(account), 4))
    return [
        {"label": "Amount", "value": str(deposit.money), "copy": str(deposit.money.amount)},
        {"label": "To", "value": deposit.entity.name, "copy": deposit.entity.name},
        {"label": "IBAN", "value": spaced or "We tell you by message", "copy": account},
        {"label": "Bank", "value": deposit.provider.name, "copy": ""},
        {"label": "Reference", "value": deposit.reference, "copy": deposit.reference},
    ]
