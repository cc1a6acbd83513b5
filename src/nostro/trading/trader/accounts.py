"""The trader room's accounts: what is on them, what is open, a new one in two clicks, and the
credentials that are shown once.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.money import Money, quoted
from nostro.kit.problems import NotFound
from nostro.people.models import Client
from nostro.trading import operations, queries
from nostro.trading.models import (
    Deal,
    DealCorrection,
    EquityPoint,
    OneTimeSecret,
    PendingOrder,
    Position,
    TradingAccount,
)
from nostro.trading.queries import Card
from nostro.trading.queries.statement_sheets import STOPS
from nostro.trading.queries.swaps import swap_free_offered
from nostro.trading.queries.terms import can_look, closes_only
from nostro.trading.trader.terms import terms_of
from nostro.ui.charts import Series, bar, line
from nostro.ui.forms import OperationForm
from nostro.ui.pages import NEEDS, portal_page, show, told

Status = TradingAccount.Status
HOME = "/room/accounts/"
WORDS = {
    Status.REQUESTED: ("Being looked at", "wait"), Status.OPENING: ("Opening", "wait"),
    Status.FAILED: ("Being looked at", "wait"),
    Status.CLOSE_ONLY: ("You can close trades and take money out", "warn"),
    Status.READ_ONLY: ("You can look and take money out", "warn"),
    Status.DISABLED: ("Closed for now: write to us", "bad"),
    Status.DORMANT: ("Asleep: not used for a long time", "wait"),
    Status.CLOSED: ("Closed", "quiet"), Status.REFUSED: ("Not opened", "bad"),
}  # fmt: skip
SHORT_WORDS = {
    Status.CLOSE_ONLY: "No new trades", Status.READ_ONLY: "Look only", Status.DISABLED: "Shut",
    Status.DORMANT: "Asleep",
}  # fmt: skip
"""What fits beside an account's name; the account's own page says more."""
SIDES = {1: "Buy", -1: "Sell"}
ACTIONS = {"balance": "Money moved", "credit": "Credit", "bonus": "Bonus", "charge": "Charge"}
SHORT, FEW, POINTS = 10, 50, 400


def client_of(act: Act) -> Client:
    return find(act, Client, act.actor.id)


def _account(act: Act, pk: int) -> TradingAccount:
    return find(act, TradingAccount, pk)


def spark(card: Card) -> dict[str, str]:
    """The day's equity as a line in a box of 300 by 56; nothing where there is too little."""
    values = [*(one.equity for one in card.curve), card.account.equity]
    if len(card.curve) < 2:
        return {}
    low, high = min(values), max(values)
    tall, step = high - low or Decimal(1), Decimal(300) / (len(values) - 1)
    places = [
        f"{step * index:.1f} {50 - (value - low) / tall * 44:.1f}"
        for index, value in enumerate(values)
    ]
    line = "M" + "L".join(places)
    ground = places[0].partition(" ")[2]
    return {"line": line, "area": f"{line}V56H0Z", "ground": f"M0 {ground}H300"}


def words_of(account: TradingAccount) -> tuple[str, str]:
    """What the client can still do, where it is not everything, and its tone."""
    if account.status == Status.CLOSE_ONLY and not closes_only(account):
        return "No trading for now: write to us to close what is open", "warn"
    return WORDS.get(Status(account.status), ("", ""))


def drawn(card: Card) -> dict[str, Any]:
    """A card as `trading/card.html` draws it."""
    account, count = card.account, card.open_trades
    words, tone = words_of(account)
    since = card.since
    return {
        "account": account,
        "url": f"{HOME}{account.pk}/",
        "line": ", ".join(
            filter(None, (str(account.login or ""), account.ratio and f"leverage {account.ratio}"))
        ),
        "pill": SHORT_WORDS.get(Status(account.status), words),
        "pill_tone": tone,
        "trades": "1 open trade" if count == 1 else f"{count} open trades",
        "floating": card.floating,
        "free": card.free,
        "tone": "p-up"
        if card.floating.amount > 0
        else "p-down"
        if card.floating.amount < 0
        else "",
        "spark": spark(card),
        "spark_words": f"Equity in a day, from {since} to {account.equity_money}" if since else "",
        "add_url": f"/room/transfer/?account={account.pk}",
        "take_url": f"/room/transfer/?account={account.pk}&direction=out",
    }


@portal_page("client", "accounts/", "Accounts", icon="chart-candle", nav=2)
def accounts_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Every account with its equity and what is open on it."""
    cards = [drawn(one) for one in queries.cards(act)]
    there = [one for one in cards if one["account"].login]
    context = {
        "title": "Accounts",
        "cards": [one for one in there if not one["account"].practice],
        "practice": [one for one in there if one["account"].practice],
        "practice_offers": queries.practice_offers(client_of(act)),
        "waiting": [_row(one) for one in cards if not one["account"].login],
        "offers": queries.offers(client_of(act)),
        "read_at": max(
            (at for one in cards if (at := one["account"].platform.read_at)), default=None
        ),
    }
    return show(request, act, "trading/accounts.html", context)


def _row(card: dict[str, Any]) -> dict[str, Any]:
    """An account that is not open yet."""
    account = card["account"]
    kind = f"{account.account_type.capitalize()}, {account.currency}"
    kind += ", practice" if account.practice else ""
    return {
        "url": card["url"], "icon": "clock", "tone": "wait", "title": account.name, "small": kind,
        "pill": card["pill"], "pill_tone": card["pill_tone"],
    }  # fmt: skip


@portal_page("client", "accounts/open/", "Open an account")
def open_view(request: HttpRequest, act: Act) -> HttpResponse:
    """A new account: choose its kind, and that is all."""
    client, offers = client_of(act), queries.offers(client_of(act))
    wanted = operations.request_account
    problem = ""
    if request.method == "POST":
        account_type, _, currency = request.POST.get("kind", "").partition("/")
        raw = {"account_type": account_type, "currency": currency}
        raw |= {"name": request.POST["name"]} if request.POST.get("name") else {}
        raw |= {"swap_free": "on"} if request.POST.get("swap_free") else {}
        form = OperationForm(wanted, act, raw)
        account = form.carry_out(client, key=request.POST.get("key", ""))
        if account is not None:
            told(request, _opening_words(account))
            return HttpResponseRedirect(f"{HOME}{account.pk}/")
        problem = form.problem or next((str(one[0]) for one in form.errors.values()), "")
    context = {
        "title": "Open an account",
        "kinds": [kind_of(one, first=index == 0) for index, one in enumerate(offers)],
        "problem": problem,
        "free_kinds": _without_swaps(client, offers),
        "free_asked": bool(request.POST.get("swap_free")),
        "key": request.POST.get("key") or act.id.hex,
        "task": True,
    }
    return show(request, act, "trading/open.html", context, status=422 if problem else 200)


def _opening_words(account: TradingAccount) -> str:
    wish = account.swap_free_requests.first()
    if wish is None or wish.status != "asked":
        return "Your account is being opened."
    return "Your account is being opened. Somebody looks at trading without swaps within a day."


def _without_swaps(client: Client, offers: list[queries.Offer]) -> str:
    """The types of account that may be asked for without swaps, in words."""
    kinds = sorted({one.account_type for one in offers})
    return " and ".join(one for one in kinds if swap_free_offered(client, one))


def kind_of(offer: queries.Offer | queries.PracticeOffer, *, first: bool) -> dict[str, Any]:
    raw = offer.account_type == "raw"
    return {
        "value": offer.value, "title": f"{offer.account_type.capitalize()}, {offer.currency}",
        "icon": "bolt" if raw else "chart-candle", "checked": first,
        "text": queries.cost_of(offer.account_type),
    }  # fmt: skip


@portal_page("client", "accounts/<int:pk>/", "Account")
def account_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """One account: its curve, its open and closed trades."""
    account = _account(act, pk)
    cards = queries.cards(act, queries.accounts(act).filter(pk=pk))
    points = list(account.points.order_by("-at")[:POINTS])[::-1]
    context = {
        "title": account.name,
        "account": account,
        "card": drawn(cards[0]) if cards else None,
        "words": words_of(account),
        "reason": account.reason if account.client.status == Client.Status.ACTIVE else "",
        "needs_passwords": account.status in operations.SIGNS_IN,
        "chart": _chart(account, points) if len(points) > 1 else None,
        "open_trades": [open_row(one) for one in queries.positions(act).filter(account=account)],
        "orders": [_order(one) for one in queries.orders(act).filter(account=account)],
        "closed": [closed_row(account, one) for one in queries.closed_trades(account)[:SHORT]],
        "volume": _volume(account, act.at),
        "link": link_of(act, account),
        "is_open": account.status == Status.OPEN,
        "has_login": account.status in queries.OPEN,
        "is_dormant": account.status == Status.DORMANT,
        **terms_of(account, act.at),
    }
    return show(request, act, "trading/account_page.html", context)


def _chart(account: TradingAccount, points: list[EquityPoint]) -> dict[str, Any]:
    labels = [f"{one.at:%-d %b %H:%M}" for one in points]
    values = [account.money(one.equity) for one in points]
    return line("Equity", labels, Series("Equity", values, "brand"), unit=account.currency).data


def _volume(account: TradingAccount, at: datetime) -> dict[str, Any] | None:
    """Lots opened and closed a day, for a month; nothing where nothing was traded."""
    traded = queries.lots_by_day(account, at - timedelta(days=30))
    if not traded:
        return None
    days = [at.date() - timedelta(days=ago) for ago in range(29, -1, -1)]
    values = [traded.get(day, Decimal(0)) for day in days]
    return bar("Volume", [f"{day:%-d %b}" for day in days], Series("Lots", values, "d1")).data


def open_row(position: Position) -> dict[str, Any]:
    floating = position.floating
    return {
        "mark": SIDES[position.side][0], "square": True,
        "title": f"{SIDES[position.side]} {position.lots.normalize():f} {position.symbol}",
        "small": f"{price(position, position.price_open)} → {price(position, position.price)}",
        "value": floating, "tone": tone_of(floating.amount),
    }  # fmt: skip


def _order(order: PendingOrder) -> dict[str, Any]:
    stops = [
        f"{word} {price(order, level)}"
        for word, level in (("stop loss", order.stop_loss), ("take profit", order.take_profit))
        if level
    ]
    until = [f"until {order.expires_at:%-d %b %H:%M}"] if order.expires_at else []
    return {
        "mark": order.kind[0].upper(), "square": True,
        "title": f"{order.kind.capitalize()} {order.lots.normalize():f} {order.symbol}",
        "small": ", ".join([f"at {price(order, order.price)}", *stops, *until]),
        "value": "Waits", "tone": "wait",
    }  # fmt: skip


def price(of: Position | PendingOrder | Deal, value: Decimal) -> str:
    return quoted(value, of.instrument.digits if of.instrument else None)


def tone_of(amount: Decimal) -> str:
    return "ok" if amount > 0 else "bad" if amount < 0 else "quiet"


def closed_row(account: TradingAccount, deal: Deal) -> dict[str, Any]:
    result = account.money(deal.profit + deal.swap + deal.commission + deal.fee)
    trade = deal.action in ("buy", "sell")
    # A deal that closes is the other way round: a buy is closed by a sell.
    side = "Sell" if deal.action == "buy" else "Buy"
    title = (
        f"{side} {deal.lots.normalize():f} {deal.symbol}"
        if trade
        else ACTIONS.get(deal.action, deal.get_action_display())
    )
    small = f"{deal.at:%-d %b %H:%M}"
    if deal.reason in STOPS:
        small = f"{deal.get_reason_display()}, {small}"
    if trade and deal.price_open:
        small = f"{price(deal, deal.price_open)} → {price(deal, deal.price)}, {small}"
    later: list[DealCorrection] = deal.__dict__.get("later", [])
    if later:
        small = f"{small}. {_corrected(result, later[-1])}"
        result += sum((account.money(one.delta) for one in later), account.money(Decimal(0)))
    moved = {"icon": "arrows-exchange"}
    return {
        "title": title, "small": small, "value": result, "tone": tone_of(result.amount),
        **({"mark": side[0], "square": True} if trade else moved),
    }  # fmt: skip


def _corrected(was: Money, last: DealCorrection) -> str:
    """What a trade was when it was first shown here, in words, where the platform changed it."""
    when = f"{last.found_at:%-d %b %H:%M}"
    if last.gone:
        return f"Cancelled {when}: it was {was}"
    names = {name: name.replace("_", " ") for name in last.changed}
    told = [f"{names[name]} {before} → {last.changed[name]}" for name, before in last.was.items()]
    return f"Corrected {when}: {', '.join(told) or 'as it was at first'}"


def link_of(act: Act, account: TradingAccount) -> str:
    """The address behind which the account's credentials wait to be shown; empty without any."""
    waiting = queries.secrets(act).filter(account=account, opened_at=None, expires_at__gt=act.at)
    secret = waiting.exclude(sealed="").first()
    if secret is None:
        return ""
    return f"{HOME}credentials/{secret.pk}/{operations.token_of(secret)}/"


@portal_page("client", "accounts/credentials/<int:pk>/<str:token>/", "Credentials")
def credentials_view(request: HttpRequest, act: Act, pk: int, token: str) -> HttpResponse:
    """Opening the link asks first, so that a preview of it shows and spends nothing."""
    secret = find(act, OneTimeSecret, pk)
    shown = None
    if request.method == "POST":
        found = operations.view_credentials(act, secret, token=token)
        shown = {
            "platform": found.platform,
            "login": found.login,
            "main": found.main.get_secret_value(),
            "investor": found.investor.get_secret_value(),
            "looks": can_look(secret.account),
        }
    context = {
        "title": "Your credentials",
        "account": secret.account,
        "secret": secret,
        "shown": shown,
        "gone": not secret.sealed or secret.expires_at <= act.at,
        "task": True,
        "back_url": f"{HOME}{secret.account_id}/",
    }
    answer = show(request, act, "trading/credentials.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@portal_page("client", "accounts/<int:pk>/type/", "Account type")
def type_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Ask for the terms of another account type."""
    said = "Your account changes in a moment."
    return asked(request, act, operations.change_account_type, pk, said)


@portal_page("client", "accounts/<int:pk>/wake/", "Use it again")
def wake_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Wake a dormant account."""
    return asked(request, act, operations.reactivate_account, pk, "Your account is awake again.")


@portal_page("client", "accounts/<int:pk>/passwords/", "New passwords")
def passwords_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Ask for new passwords."""
    return asked(request, act, operations.ask_passwords, pk, "New passwords are on their way.")


def asked(request: HttpRequest, act: Act, wanted: Any, pk: int, said: str) -> HttpResponse:
    if request.method != "POST":
        raise NotFound("There is nothing to see here.")
    account = _account(act, pk)
    form = OperationForm(wanted, act, request.POST)
    if form.carry_out(account, key=request.POST.get("key", "")) is None:
        problem = form.problem or next((str(one[0]) for one in form.errors.values()), "")
        told(request, problem, tone="bad")
    else:
        told(request, said)
    return HttpResponseRedirect(f"{HOME}{pk}/")


def credentials_waiting(act: Act) -> list[dict[str, Any]]:
    """Credentials nobody has looked at yet, for the first page."""
    waiting = queries.secrets(act).filter(opened_at=None, expires_at__gt=act.at)
    return [
        {
            "tone": "",
            "icon": "key",
            "title": f"{one.account} is ready",
            "text": "Its login and passwords are shown once. Keep them in a safe place.",
            "actions": [
                {
                    "title": "Show them",
                    "url": f"{HOME}credentials/{one.pk}/{operations.token_of(one)}/",
                    "tone": "primary",
                }
            ],
        }
        for one in waiting.exclude(sealed="")
    ]


NEEDS.append(credentials_waiting)
