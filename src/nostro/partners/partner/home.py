"""The portal's home: today, the month, the best clients, and the way from click to trade."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.partners import queries
from nostro.partners.models import Accrual
from nostro.partners.partner.words import TOPIC, next_payout, shared
from nostro.partners.queries import earnings
from nostro.ui import charts
from nostro.ui.pages import portal_page, show

FUNNEL_DAYS = 90


@portal_page("partner", "", "Home", icon="home", nav=1)
def home(request: HttpRequest, act: Act) -> HttpResponse:
    partner = earnings.own_partner(act)
    currency = partner.payout_currency
    today, month = earnings.day_start(act.at), earnings.month_start(act.at)
    now_earned, trades = earnings.total(act, currency, today, act.at + timedelta(days=1))
    month_earned, _ = earnings.total(act, currency, month, act.at + timedelta(days=1))
    latest = queries.accruals(act).filter(kind=Accrual.Kind.TRADE, amount__gt=0).first()
    months = request.GET.get("by") == "year"
    until = act.at + timedelta(days=1)
    subs = earnings.sub_partners(act, currency, month, until)
    context = {
        "title": "Your earnings",
        "partner": partner,
        "topic": TOPIC,
        "today": now_earned,
        "trades": trades,
        "latest": latest,
        "month": month_earned,
        "compared": _compared(act, currency, month, month_earned),
        "payout": next_payout(act, partner),
        "chart": _chart(act, currency, months=months).data,
        "by_year": months,
        "clients": earnings.top_clients(act, currency, month, until),
        "clients_count": earnings.clients_count(act),
        "best_sub": next((one for one in subs if one.earned), None),
        **_funnel(act),
        "link": _own_link(act),
    }
    return show(request, act, "partners/home.html", context)


def _compared(act: Act, currency: str, month: datetime, earned: Money) -> str:
    """This month against the same days of the last one."""
    before = earnings.month_before(month)
    until = min(before + (act.at - month), month)
    was, _ = earnings.total(act, currency, before, until)
    if not was or was.amount < 0:
        return "Your first month with us" if not was else ""
    change = (earned.amount - was.amount) * 100 / was.amount
    word = "more" if change >= 0 else "less"
    if change >= 1000:
        return f"{change / 100 + 1:,.0f} times 1 to {until.day} {before:%B}"
    return f"{abs(change):.1f}% {word} than 1 to {until.day} {before:%B}"


def _chart(act: Act, currency: str, *, months: bool) -> charts.Chart:
    start = earnings.month_start(act.at)
    if months:
        start = start.replace(year=start.year - 1)
    found = earnings.by_time(act, start, act.at + timedelta(days=1), months=months)
    cuts = _cuts(start, act.at, months=months)
    labels = [f"{cut:%b}" if months else str(cut.day) for cut in cuts]
    if not months and labels:
        labels[-1] = "Today"
    zero = (Decimal(0), Decimal(0))
    own = [found.get(cut, zero)[0].quantize(Decimal("0.01")) for cut in cuts]
    sub = [found.get(cut, zero)[1].quantize(Decimal("0.01")) for cut in cuts]
    return charts.bar(
        "Earnings month by month" if months else f"Earnings on the days of {act.at:%B}",
        labels, charts.Series("Your clients", own, "brand"),
        charts.Series("Sub-partners’ clients", sub, "second"), unit=currency, stacked=True,
    )  # fmt: skip


def _cuts(start: datetime, end: datetime, *, months: bool) -> list[datetime]:
    """Working days with today, or months: the trading days on which something can be earned."""
    cuts, cut = [], start
    while cut <= end:
        if months or cut.weekday() < 5 or cut.date() == end.date():
            cuts.append(cut)
        cut = (cut + timedelta(days=32)).replace(day=1) if months else cut + timedelta(days=1)
    return cuts


def _funnel(act: Act) -> dict[str, Any]:
    found = earnings.funnel(act, act.at - timedelta(days=FUNNEL_DAYS))
    steps, whole = [], Decimal(found.registered)
    before, named = found.registered, "registered"
    for name, count in (
        ("Registered", found.registered), ("Verified", found.verified),
        ("Funded", found.funded), ("Trading", found.trading),
    ):  # fmt: skip
        small = f"{Decimal(count * 100) / before:.0f}% of the {named}" if before else ""
        share = f"{count * 100 / whole:.1f}%" if whole else "0%"
        first = name == "Registered"
        steps.append(
            {"name": name, "count": count, "share": share, "small": "" if first else small}
        )
        before, named = count, name.lower()
    rate = f"{Decimal(found.registered * 100) / found.clicks:.1f}%" if found.clicks else ""
    stopped = found.registered - found.verified
    return {"funnel": found, "steps": steps, "rate": rate, "stopped": stopped}


def _own_link(act: Act) -> dict[str, Any] | None:
    link = queries.links(act).filter(ended_at=None).order_by("pk").first()
    return shared(link) if link else None


@portal_page("partner", "network/", "Network", icon="affiliate", nav=2)
def network(request: HttpRequest, act: Act) -> HttpResponse:
    partner = earnings.own_partner(act)
    month = earnings.month_start(act.at)
    subs = earnings.sub_partners(act, partner.payout_currency, month, act.at + timedelta(days=1))
    rows = earnings.clients(act, partner.payout_currency)
    context = {
        "title": "Network",
        "clients": rows,
        "clients_count": earnings.clients_count(act),
        "subs": subs,
    }
    return show(request, act, "partners/network.html", context)
