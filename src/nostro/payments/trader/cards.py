"""A saved card: since when the provider keeps it, and the way to have it forgotten."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.payments import operations
from nostro.payments.models import SavedCard
from nostro.payments.trader.forms import carried_out
from nostro.payments.trader.words import moment
from nostro.ui.pages import portal_page, show, told


@portal_page("client", "cards/<int:pk>/", "Saved card")
def card_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """One card of the client's own."""
    card = find(act, SavedCard, pk)
    problem = ""
    if request.method == "POST":
        made, problem = carried_out(request, act, operations.forget_card, card, {})
        if made is not None:
            told(request, f"{card} is forgotten.")
            return HttpResponseRedirect("/room/money/")
    context = {
        "title": card.label, "task": True, "problem": problem, "key": uuid4().hex,
        "here": request.path,
        "pairs": [
            {"label": "Saved", "value": moment(card.saved_at, act.at)},
            {"label": "Last used", "value": moment(card.used_at, act.at)},
        ],
    }  # fmt: skip
    status = 422 if problem else 200
    return show(request, act, "payments/saved_card.html", context, status=status)
