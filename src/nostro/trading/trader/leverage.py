"""The trader room's wish for another leverage."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.problems import NotFound
from nostro.trading import operations
from nostro.trading.models import LeverageRequest, TradingAccount
from nostro.trading.trader.accounts import HOME
from nostro.ui.forms import OperationForm
from nostro.ui.pages import portal_page, told

Status = LeverageRequest.Status


@portal_page("client", "accounts/<int:pk>/leverage/", "Leverage")
def leverage_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Ask for another leverage; what the rule made of it is said at once."""
    if request.method != "POST":
        raise NotFound("There is nothing to see here.")
    account = find(act, TradingAccount, pk)
    form = OperationForm(operations.ask_leverage, act, request.POST)
    wish = form.carry_out(account, key=request.POST.get("key", ""))
    if wish is None:
        problem = form.problem or next((str(one[0]) for one in form.errors.values()), "")
        told(request, problem, tone="bad")
    elif wish.status == Status.REFUSED:
        told(request, wish.answer, tone="bad")
    elif wish.status == Status.ASKED:
        told(request, "Somebody looks at it and answers within a day.")
    else:
        told(request, "Leverage changes in a moment.")
    return HttpResponseRedirect(f"{HOME}{pk}/")


@portal_page("client", "accounts/leverage/<int:pk>/cancel/", "Take it back")
def cancel_leverage_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Take a wish back that nobody has decided about."""
    wish = find(act, LeverageRequest, pk)
    if request.method != "POST":
        raise NotFound("There is nothing to see here.")
    form = OperationForm(operations.cancel_leverage, act, request.POST)
    done = form.carry_out(wish, key=request.POST.get("key", ""))
    if done is None:
        told(request, form.problem or "Nothing was taken back.", tone="bad")
    else:
        told(request, "You took it back.")
    return HttpResponseRedirect(f"{HOME}{wish.account_id}/")
