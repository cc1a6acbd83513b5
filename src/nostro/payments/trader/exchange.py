"""Exchange between wallets: what to give, the rate it gets for some seconds, and the yes to it."""

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger.models import Quote
from nostro.ledger.queries import worth
from nostro.payments import operations, queries
from nostro.payments.queries.wallets import wallets_of
from nostro.payments.trader.deposit import currencies_of
from nostro.payments.trader.forms import carried_out, chosen, typed_money
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.words import wallet_name
from nostro.ui.answers import told
from nostro.ui.pages import portal_page, show


@portal_page("client", "exchange/", "Exchange", icon="arrows-exchange")
def exchange_view(request: HttpRequest, act: Act) -> HttpResponse:
    """From which wallet, into which, how much. The rate comes next, before anything moves."""
    client = client_of(act)
    given = request.POST if request.method == "POST" else request.GET
    wallets = {one.currency: one for one in wallets_of(client)}
    named = given.get("currency", "")
    full = max(wallets.values(), key=lambda one: one.free.amount)
    wallet = chosen(wallets.get(named), named, f"wallet: {named}") or full
    known = currencies_of(client, [one for one in queries.methods(act) if one.takes_deposits])
    offered = [one for one in dict.fromkeys([*wallets, *known]) if one != wallet.currency]
    wanted = given.get("buys", "")
    buys = chosen(wanted if wanted in offered else None, wanted, "currency to get")
    problem = ""
    if request.method == "POST":
        made, problem = _rated(request, act, wallet.currency, buys or "")
        if made is not None:
            amount = given.get("amount", "")
            return HttpResponseRedirect(f"/room/exchange/{made.pk}/?amount={amount}")
    context: dict[str, Any] = {
        "title": "Exchange", "task": True, "wallet": wallet, "currency": wallet.currency,
        "currencies": list(wallets), "offered": offered, "buys": buys or (offered or [""])[0],
        "typed": given.get("amount", ""), "problem": problem,
        "key": request.POST.get("key") or uuid4().hex,
    }  # fmt: skip
    return show(request, act, "payments/exchange.html", context, status=422 if problem else 200)


def _rated(request: HttpRequest, act: Act, sells: str, buys: str) -> tuple[Any, str]:
    try:
        money = typed_money(request.POST.get("amount", ""), sells)
    except Problem as problem:
        return None, problem.sentence
    raw = {"money": money, "buys": buys}
    return carried_out(request, act, operations.ask_rate, client_of(act), raw)


@portal_page("client", "exchange/<int:pk>/", "Exchange")
def rate_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """One rate, what it makes of the amount, and how long it holds; the button takes exactly it."""
    client, quote, problem = client_of(act), find(act, Quote, pk), ""
    given = request.POST if request.method == "POST" else request.GET
    money = typed_money(given.get("amount", ""), quote.sells_id)
    if request.method == "POST":
        raw = {"quote": quote.pk, "money": money}
        made, problem = carried_out(request, act, operations.exchange_money, client, raw)
        if made is not None:
            got = Money.from_minor(int(made.got), quote.buys_id)
            told(request, f"{money} became {got}.")
            return HttpResponseRedirect("/room/money/")
    rate = quote.mid * (1 - quote.spread)
    _, got = worth(quote, money.amount)
    left = int((quote.expires_at - act.at).total_seconds())
    context: dict[str, Any] = {
        "title": "Exchange", "task": True, "money": money, "got": got, "left": max(left, 0),
        "quote": quote, "problem": problem, "key": request.POST.get("key") or uuid4().hex,
        "again": f"/room/exchange/?currency={quote.sells_id}&buys={quote.buys_id}"
        f"&amount={money.amount}",
        "pairs": [
            {"label": f"From your {wallet_name(quote.sells_id)}", "value": money},
            {"label": "Rate", "value": f"1 {quote.sells_id} = {rate:.6f} {quote.buys_id}"},
            {"label": f"In it, our {quote.spread * 100:.2f}% on the market's rate of",
             "value": f"{quote.mid:.6f}"},
            {"label": f"Into your {wallet_name(quote.buys_id)}", "value": got, "sum": True},
        ],
    }  # fmt: skip
    status = 422 if problem else 200
    return show(request, act, "payments/exchange_rate.html", context, status=status)
