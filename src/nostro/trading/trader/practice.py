"""The trader room's practice accounts: a new one in two clicks, more virtual money, the end."""

from decimal import Decimal

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.trading import operations, queries
from nostro.trading.trader.accounts import HOME, asked, client_of, kind_of
from nostro.ui.forms import OperationForm
from nostro.ui.pages import portal_page, show, told

USUAL = Decimal(10_000)
"""Virtual money that a practice account begins with, unless another amount is chosen."""


@portal_page("client", "accounts/practice/", "Practise")
def practice_view(request: HttpRequest, act: Act) -> HttpResponse:
    """A practice account: its kind and how much virtual money, and that is all."""
    client, offers = client_of(act), queries.practice_offers(client_of(act))
    problem = ""
    if request.method == "POST":
        account_type, _, currency = request.POST.get("kind", "").partition("/")
        raw = {"account_type": account_type, "currency": currency}
        raw["balance"] = request.POST.get("balance", "")
        form = OperationForm(operations.request_practice, act, raw)
        account = form.carry_out(client, key=request.POST.get("key", ""))
        if account is not None:
            told(request, "Your practice account is being opened.")
            return HttpResponseRedirect(f"{HOME}{account.pk}/")
        problem = form.problem or next((str(one[0]) for one in form.errors.values()), "")
    least = max((one.least for one in offers), default=Decimal(0))
    most = min((one.most for one in offers), default=Decimal(0))
    context = {
        "title": "Practise",
        "kinds": [kind_of(one, first=index == 0) for index, one in enumerate(offers)],
        "least": f"{least:,f}",
        "most": f"{most:,f}",
        "typed": request.POST.get("balance") or f"{min(max(USUAL, least), most):f}",
        "problem": problem,
        "key": request.POST.get("key") or act.id.hex,
        "confirmed": client.email_confirmed_at is not None or client.level,
        "task": True,
    }
    return show(request, act, "trading/practice.html", context, status=422 if problem else 200)


@portal_page("client", "accounts/<int:pk>/top-up/", "Top up")
def top_up_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Ask for more virtual money."""
    return asked(request, act, operations.top_up_practice, pk, "Virtual money is on its way.")


@portal_page("client", "accounts/<int:pk>/end/", "End practice")
def end_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """End a practice account."""
    return asked(request, act, operations.end_practice, pk, "This practice account has ended.")
