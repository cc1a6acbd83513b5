"""Money in one place, and everything that ever happened to it."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.kit.problems import Problem
from nostro.payments import queries
from nostro.payments.queries import payment_reference
from nostro.payments.queries.wallets import RUNNING, activity, wallets_of
from nostro.payments.trader.home import ACTIONS, drawn
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.withdraw import path_of
from nostro.payments.trader.words import by_day, moment
from nostro.ui.pages import portal_page, show

PAGE = 25


@portal_page("client", "money/", "Money", icon="wallet", nav=3)
def money_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Wallets, what is on its way, and where money may be paid."""
    client = client_of(act)
    running = queries.withdrawals(act).filter(status__in=RUNNING).prefetch_related("legs")
    banks: list[dict[str, Any]] = [
        {
            "icon": "building-bank", "title": one.label,
            "small": "Can be used" if one.usable_from <= act.at
            else f"Can be used from {moment(one.usable_from, act.at)}",
        }
        for one in queries.destinations(act).filter(kind="bank")
    ]  # fmt: skip
    cards = [
        {
            "url": f"/room/cards/{one.pk}/", "icon": one.method.icon, "title": one.label,
            "small": f"Last used {moment(one.used_at, act.at)}",
        }
        for one in queries.saved_cards(act).select_related("method")
    ]  # fmt: skip
    context = {
        "title": "Money",
        "actions": ACTIONS,
        "wallets": [drawn(one) for one in wallets_of(client)],
        "running": [path_of(one, act) for one in running[:5]],
        "banks": banks,
        "cards": cards,
        "reference": payment_reference(client.pk),
        "days": by_day(activity(client, most=8), act.at),
    }
    return show(request, act, "payments/money.html", context)


@portal_page("client", "activity/", "Activity", icon="history", nav=4)
def activity_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Every payment, newest first, a page at a time."""
    before = None
    if request.GET.get("before"):
        try:
            before = datetime.fromisoformat(request.GET["before"])
        except ValueError as error:
            raise Problem("That is not a moment to start from.") from error
        if before.tzinfo is None:
            raise Problem("That is not a moment to start from.")
    found = activity(client_of(act), before=before, most=PAGE)
    older = ""
    if len(found) == PAGE:
        older = f"/room/activity/?{urlencode({'before': found[-1].at.isoformat()})}"
    context = {"title": "Activity", "days": by_day(found, act.at), "older_url": older}
    return show(request, act, "payments/activity.html", context)
