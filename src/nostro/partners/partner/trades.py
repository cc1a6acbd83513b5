"""Trades as a partner reads them: what each one earned, factor by factor, and who else."""

from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.partners import queries
from nostro.partners.models import Accrual
from nostro.partners.partner.words import TOPIC, grouped, masked, symbol_of
from nostro.partners.plans.wording import in_words
from nostro.partners.queries import earnings
from nostro.ui.keyset import page_of
from nostro.ui.pages import portal_page, show
from nostro.ui.templatetags import nostro as tags


@portal_page("partner", "trades/", "Trades", icon="list-check", nav=3)
def trades(request: HttpRequest, act: Act) -> HttpResponse:
    rows = queries.accruals(act)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(rows, "-at", after=after, before=before)
    days: list[dict[str, Any]] = []
    for line in page.rows:
        day = f"{line.at.astimezone(UTC):%A, %-d %B}"
        if not days or days[-1]["title"] != day:
            days.append({"title": day, "rows": []})
        days[-1]["rows"].append(_row(line))
    context = {"title": "Trades", "days": days, "topic": TOPIC, "after": page.after,
               "before": page.before}  # fmt: skip
    return show(request, act, "partners/trades.html", context)


def _row(line: Accrual) -> dict[str, Any]:
    icons = {Accrual.Kind.ACQUISITION: "user-plus", Accrual.Kind.CORRECTION: "receipt-refund"}
    what = symbol_of(line) if line.deal_id else "New client"
    if line.kind == Accrual.Kind.CORRECTION:
        what = f"Correction, {what}"
    small = f"{masked(line)}, {line.at.astimezone(UTC):%H:%M}"
    if line.kind == Accrual.Kind.TRADE:
        small = f"{masked(line)}, {line.lots:,.2f} lots, {line.at.astimezone(UTC):%H:%M}"
    return {
        "url": f"/partner/trades/{line.pk}/",
        "icon": icons.get(Accrual.Kind(line.kind), ""),
        "mark": str(line.level),
        "title": what,
        "small": small,
        "value": tags.amount(line.money),
        "unit": line.currency,
    }


@portal_page("partner", "trades/<int:pk>/", "Trade")
def trade(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    line: Accrual = find(act, Accrual, pk)
    symbol, deal = symbol_of(line), line.deal
    previous = None
    if line.version is not None:
        older = line.version.plan.versions.filter(number=line.version.number - 1)
        previous = older.first()
    after = None
    if line.kind == Accrual.Kind.TRADE:
        later = queries.accruals(act).filter(
            client=line.client_id, kind=Accrual.Kind.TRADE, at__gte=line.at
        )
        after = later.exclude(pk=pk).exclude(at=line.at, pk__lt=pk).order_by("at", "pk").first()
    context = {
        "title": f"Trade {grouped(deal.ticket)}" if deal else "New client",
        "ticket": grouped(deal.ticket) if deal else "",
        "line": line,
        "symbol": symbol,
        "story": _story(line, symbol),
        "sum": in_words(line.factors, symbol=symbol, currency=line.currency),
        "beside": [_row(one) for one in earnings.beside(act, line)],
        "chain": earnings.chain_of(act, line),
        "client": f"{masked(line)}, {line.client.country}",
        "came": _came(line),
        "previous": previous,
        "rules": list(line.version.agreement.sentences()) if line.version else [],
        "was": next(previous.agreement.sentences(), "") if previous else "",
        "exact": f"{line.amount:,.6f}",
        "conversion": _conversion(line),
        "after": _after(after),
    }
    return show(request, act, "partners/trade.html", context)


def _came(line: Accrual) -> str:
    link = line.client.partner_links.filter(starts_at__lte=line.at).order_by("-starts_at").first()
    if link is None:
        return ""
    how = {"link": "Through a link", "code": "With a code", "hand": "Given by us"}[link.how]
    if link.partner_id == line.partner_id and link.how != "hand":
        how = how.replace(" a ", " your ")
    return f"{how}, {link.starts_at.astimezone(UTC):%-d %B}"


def _held(line: Accrual) -> str:
    held = timedelta(seconds=int(line.arithmetic.get("held", 0)))
    if held < timedelta(minutes=1):
        return ""
    if held >= timedelta(hours=2):
        return f" and held them for {tags.span(held)}"
    minutes = held // timedelta(minutes=1)
    return f" and held them for {minutes} minute{'s' * (minutes != 1)}"


def _story(line: Accrual, symbol: str) -> str:
    """The line in two sentences, in a partner's words."""
    if line.kind == Accrual.Kind.CORRECTION:
        return f"A correction of an earlier line: {line.arithmetic.get('reason', '')}"
    if line.deal is None:
        return f"{masked(line)} is a new client, and by your plan that is worth it."
    side = "sold" if line.deal.action == "buy" else "bought"
    whose = "Your client" if line.level == 1 else "A client of a sub-partner"
    name = f" {masked(line)}" if line.level == 1 else ""
    first = f"{whose}{name} {side} {line.lots:,.2f} lots of {symbol}{_held(line)}."
    if line.refusal:
        return f"{first} {line.refusal}"
    rate = earnings.rate_of(line)
    if line.level > 1 and rate.endswith("%"):
        return f"{first} By your plan you earn {rate} on top of what they earn."
    return f"{first} By your plan you earn {rate}, in {line.currency}." if rate else first


def _conversion(line: Accrual) -> tuple[str, str]:
    """The rate that turned prices into the payout currency, and why that one."""
    used = next((one for one in line.factors if "into" in str(one["label"]).lower()), None)
    if used is None:
        return "1.00000000", "Nothing on this trade had to be converted."
    rate = Decimal(used["value"])
    return f"{rate:.8f}", f"The rate at the close of the trade, into {line.currency}."


def _after(line: Accrual | None) -> dict[str, Any] | None:
    """The same client's next trade, and how long it was held where that decided."""
    if line is None or line.deal is None:
        return None
    held, least = line.arithmetic.get("held"), line.arithmetic.get("minimum")
    missed = line.arithmetic.get("missed")
    drawn: dict[str, Any] = {"line": line, "ticket": grouped(line.deal.ticket),
                             "symbol": symbol_of(line)}  # fmt: skip
    if held is not None and least and held < least:
        left = f"{least - held} more seconds"
        drawn |= {
            "held": held, "least": least, "share": f"{held * 100 / least:.1f}%",
            "opened": line.at - timedelta(seconds=held),
            "words": f"Very short trades earn no commission, for any partner on this plan. "
            f"With {left} it would have earned {Decimal(missed or 0):,.2f} {line.currency}.",
        }  # fmt: skip
    return drawn
