"""Moving money between a wallet and a trading account, and where a transfer stands."""

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.payments import operations
from nostro.payments.models import Transfer
from nostro.payments.queries.free import free_on_accounts
from nostro.payments.queries.wallets import accounts_of, wallets_of
from nostro.payments.trader.forms import carried_out, chosen, typed_money
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.words import TRANSFER_WORDS, moment, wallet_name
from nostro.trading.models import TradingAccount
from nostro.ui.answers import told
from nostro.ui.pages import portal_page, show


@portal_page("client", "transfer/", "Transfer")
def transfer_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Which account, which way, how much; the limit of each way is said before."""
    client = client_of(act)
    accounts = accounts_of(client)
    given = request.POST if request.method == "POST" else request.GET
    direction = "out" if given.get("direction") == "out" else "in"
    named = given.get("account", "")
    account = chosen(
        next((one for one in accounts if str(one.pk) == named), None), named, "trading account"
    )
    account = account or (accounts[0] if accounts else None)
    context: dict[str, Any] = {
        "title": "Transfer", "task": True, "accounts": accounts, "account": account,
        "direction": direction, "typed": given.get("amount", ""), "problem": "",
        "key": request.POST.get("key") or uuid4().hex,
    }  # fmt: skip
    if account is None:
        return show(request, act, "payments/transfer.html", context)
    free = {one.currency: one.free for one in wallets_of(client)}
    wallet = free.get(account.currency, Money.zero(account.currency))
    most = wallet
    if direction == "out":
        most = free_on_accounts(client.pk).get(account.pk, wallet.zero(account.currency))
    names = (wallet_name(account.currency), account.name or str(account))
    source, target = names if direction == "in" else names[::-1]
    context |= {
        "currency": account.currency, "most": most, "source": source, "target": target,
        "here": f"/room/transfer/?account={account.pk}&direction={direction}",
        "ways": _ways(account, direction),
    }  # fmt: skip
    if request.method == "POST":
        made, context["problem"] = _moved(request, act, account, direction)
        if made is not None:
            told(request, f"{made.money} is on its way.")
            return HttpResponseRedirect(f"/room/transfers/{made.pk}/")
    status = 422 if context["problem"] else 200
    return show(request, act, "payments/transfer.html", context, status=status)


def _ways(account: TradingAccount, direction: str) -> list[dict[str, Any]]:
    return [
        {
            "title": title, "current": way == direction,
            "url": f"/room/transfer/?account={account.pk}&direction={way}",
        }
        for way, title in (("in", "Add money"), ("out", "Take out"))
    ]  # fmt: skip


def _moved(
    request: HttpRequest, act: Act, account: TradingAccount, direction: str
) -> tuple[Any, str]:
    try:
        money = typed_money(request.POST.get("amount", ""), account.currency)
    except Problem as problem:
        return None, problem.sentence
    raw = {"account": account.pk, "money": money, "direction": direction}
    return carried_out(request, act, operations.request_transfer, client_of(act), raw)


@portal_page("client", "transfers/<int:pk>/", "Transfer")
def transfer_status_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """The path of one transfer."""
    row = find(act, Transfer, pk)
    words, tone = TRANSFER_WORDS[row.status]
    failed, settled = row.status == Transfer.Status.FAILED, row.settled_at is not None
    account = row.account.name or str(row.account)
    ends = (wallet_name(row.currency), account)
    source, target = ends if row.direction == "in" else ends[::-1]
    asked_at = moment(row.requested_at, act.at)
    arrived = {"title": f"On {target}", "at": moment(row.settled_at, act.at)}
    if failed:
        arrived = {"title": "Went back", "at": moment(row.status_at, act.at), "text": row.reason}
    context = {
        "title": "Transfer", "task": True, "row": row, "words": words, "tone": tone,
        "source": source, "target": target, "here": request.path,
        "steps": [
            {"title": f"Left {source}", "at": asked_at, "state": "done"},
            arrived | {"state": "done" if settled or failed else "now"},
        ],
    }  # fmt: skip
    return show(request, act, "payments/transfer_status.html", context)
