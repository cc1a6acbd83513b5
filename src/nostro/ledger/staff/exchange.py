"""Exchange: what the house is long or short of, what it is worth, at which rates it exchanged."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.core import log
from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.ledger import operations, queries
from nostro.ledger.models import Exchange, Quote, Revaluation
from nostro.ledger.queries import Position, Positions
from nostro.ledger.staff.naming import account_url, entry_url, tabs
from nostro.ledger.staff.narrowing import currencies
from nostro.ui.actions import creations
from nostro.ui.columns import Column, Date, MoneyColumn, Number
from nostro.ui.figures import Figure, arithmetic
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage
from nostro.ui.pages import show, staff_page
from nostro.ui.templatetags.nostro import amount, span
from nostro.ui.timeline import NAMES, lines

SHOWN = 8


def rate_said(rate: Decimal | None) -> str:
    """A rate to six digits behind the point, without idle zeros."""
    if rate is None:
        return "—"
    text = f"{rate:.6f}".rstrip("0")
    return text + "0" * max(0, 2 - len(text.partition(".")[2]))


def pair(row: Quote) -> str:
    return f"{row.sells_id} into {row.buys_id}"


def spread_said(row: Quote) -> str:
    return f"{row.spread * 100:.2f}%"


def given(row: Exchange) -> Money:
    return Money.from_minor(int(row.given), row.quote.sells_id)


def got(row: Exchange) -> Money:
    return Money.from_minor(int(row.got), row.quote.buys_id)


def earned(row: Exchange) -> Money:
    return Money.from_minor(int(row.earned), row.quote.buys_id)


def result(row: Revaluation) -> Money:
    return Money.from_minor(int(row.result), row.asset_id)


def with_clients(act: Act, rows: list[Any]) -> None:
    """For whom each quote or exchange was made, by name."""
    ids = {one.client_id for one in rows if one.client_id}
    known = NAMES["client"](ids) if ids and "client" in NAMES else {}
    for one in rows:
        one.client_name, one.client_url = known.get(one.client_id or 0, ("", ""))


def standing(row: Quote, at: datetime, used: set[int]) -> tuple[str, str]:
    """What became of a quote: used once, still good, or over."""
    if row.pk in used:
        return "Used", "ok"
    if row.expires_at > at:
        return f"Good for {span(row.expires_at - at)}", "wait"
    return "Expired", "line"


@staff_page(
    "ledger", "exchange", "Exchange", may=queries.exchange_positions.name, icon="arrows-exchange"
)
def exchange_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Positions at the last revaluation and now; quotes, exchanges and revaluations. Who sees a
    part of the firm sees what was exchanged there: positions are the whole firm's.
    """
    found = queries.exchange_positions(act) if queries.sees_all(act) else None
    offers = list(queries.quotes(act)[:SHOWN]) if act.actor.may(queries.quotes.name) else []
    may_see = act.actor.may(queries.exchanges.name)
    made = list(queries.exchanges(act)[:SHOWN]) if may_see else []
    with_clients(act, made)
    used = set(queries.exchanges(act).filter(quote__in=offers).values_list("quote", flat=True)
               if may_see else ())  # fmt: skip
    valued = found is not None and act.actor.may(queries.revaluations.name)
    context = {
        "title": "Exchange",
        "sub": "Exchanging for clients leaves the house long of one currency and short of another.",
        "actions": creations(act, [operations.revalue_day]) if found else [],
        "views": tabs(act, "Exchange"),
        "figures": _figures(act, found) if found else [],
        "positions": [_drawn(one) for one in found.rows] if found else [],
        "found": found,
        "skipped": _skipped(act, found) if found else "",
        "quotes": [_quote(one, act.at, used) for one in offers],
        "exchanges": [_exchange(one) for one in made],
        "revaluations": [_revaluation(one) for one in queries.revaluations(act)[:SHOWN]]
        if valued
        else [],
    }
    return show(request, act, "ledger/exchange.html", context)


def _figures(act: Act, found: Positions) -> list[Figure]:
    gained = found.unrealised
    rows = [(str(one.money), one.worth or "no rate") for one in found.rows]
    note = found.rates.source if found.rates else "Nobody tells the house any rates."
    why = arithmetic("Positions at mid", *rows, note=f"{note}.") if rows else None
    since = f"since {found.last.day:%-d %b}" if found.last else "never valued"
    at = found.rates.at if found.rates else None
    tone = "" if not gained or not gained.amount else "ok" if gained.amount > 0 else "bad"
    last = found.last
    return [
        Figure(
            "Unrealised", gained if gained is not None else "—", tone=tone, why=why,
            note=since if gained is not None else "a rate is missing",
            note_tone="" if gained is not None else "bad",
        ),
        Figure("Positions", len(found.rows), note="currencies that do not stand at zero"),
        Figure(
            "Last revaluation", result(last) if last else "—",
            note=f"{last.day:%-d %b %Y}" if last else "not yet", low=2,
        ),
        Figure(
            "Rates", f"{span(act.at - at)} old" if at else "—",
            note=found.rates.source if found.rates else "from nowhere", low=3,
        ),
    ]  # fmt: skip


def _drawn(one: Position) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "url": f"{account_url(one.account_id)}statement/",
        "money": one.money,
        "side": ("long", "Long") if one.money.amount > 0 else ("short", "Short"),
        "then": rate_said(one.rate_then),
        "now": rate_said(one.rate_now),
        "worth": one.worth,
        "missing": one.missing,
    }


def _quote(row: Quote, at: datetime, used: set[int]) -> dict[str, Any]:
    word, tone = standing(row, at, used)
    client = row.mid * (1 - row.spread)
    return {
        "row": row, "pair": pair(row), "mid": rate_said(row.mid), "spread": spread_said(row),
        "client": rate_said(client), "word": word, "tone": tone,
        "lasts": span(row.expires_at - row.quoted_at),
    }  # fmt: skip


def _exchange(row: Exchange) -> dict[str, Any]:
    rate = row.quote.mid * (1 - row.quote.spread)
    return {
        "row": row, "url": entry_url(row.entry_id), "given": given(row), "got": got(row),
        "earned": earned(row), "rate": rate_said(rate),
    }  # fmt: skip


def _revaluation(row: Revaluation) -> dict[str, Any]:
    held = ", ".join(f"{amount(Decimal(v))} {code}" for code, v in row.positions.items())
    url = entry_url(row.entry_id) if row.entry_id else ""
    return {"row": row, "url": url, "result": result(row), "held": held}


def _skipped(act: Act, found: Positions) -> str:
    """Why the newest day was not valued, if it was not."""
    if not act.actor.may(log.records.name):
        return ""
    newest = log.records(act).filter(name="ledger.RevaluationSkipped").order_by("-at").first()
    if newest is None or (found.last and str(found.last.day) >= str(newest.data["day"])):
        return ""
    return str(lines(act, [newest])[0].text)


quotes = ListPage(
    room="ledger",
    slug="quotes",
    title="Quotes",
    rows=queries.quotes,
    columns=[
        Date("quoted_at", "Quoted", sort="quoted_at"),
        Column(str, "Quote", sort="pk", low=2),
        Column(pair, "Pair"),
        Number(lambda row: rate_said(row.mid), "Mid"),
        Number(spread_said, "Spread"),
        Column("source", low=2),
        Column("client_name", "Client", low=2, url=lambda row: row.client_url),
        Date("expires_at", "Good until", sort="expires_at"),
    ],
    filters=[
        choice("sells", currencies, path="sells"),
        choice("buys", currencies, path="buys"),
        date_range("quoted_at", title="Quoted"),
    ],
    number="Q",
    order="-pk",
    prepare=with_clients,
    empty="No rate was quoted yet.",
    icon="arrows-exchange",
)

exchanges = ListPage(
    room="ledger",
    slug="exchanges",
    title="Exchanges",
    rows=queries.exchanges,
    columns=[
        Date("quote.quoted_at", "When"),
        Column(str, "Exchange", sort="pk", low=2, url=lambda row: entry_url(row.entry_id)),
        MoneyColumn(given, "Given"),
        MoneyColumn(got, "Got"),
        MoneyColumn(earned, "Spread earned", low=2),
        Column("client_name", "Client", url=lambda row: row.client_url),
    ],
    filters=[
        choice("sells", currencies, path="quote__sells"),
        choice("buys", currencies, path="quote__buys"),
        date_range("quoted_at", path="quote__quoted_at", title="When"),
    ],
    number="X",
    order="-pk",
    prepare=with_clients,
    empty="Nobody has exchanged anything yet.",
    icon="arrows-exchange",
)
