"""The live book: what is carried now, who is behind it, what is hedged, what a shock would cost."""

from collections.abc import Sequence
from decimal import ROUND_UP, Decimal
from typing import Any, Literal
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nostro.core.acts import Act
from nostro.exposure import operations, queries
from nostro.exposure.decisions import TOXIC, Carried
from nostro.exposure.models import Alert, Fill, Limit
from nostro.exposure.staff.behind import concentration, split, splits
from nostro.exposure.staff.figures import MILLION, lots, short, units, whole
from nostro.exposure.staff.limits import take
from nostro.kit.money import quoted
from nostro.trading.models import Instrument
from nostro.ui.actions import creations, offered
from nostro.ui.addresses import reached, url_of
from nostro.ui.answers import is_htmx
from nostro.ui.charts import Chart, Series, line
from nostro.ui.figures import Figure, arithmetic
from nostro.ui.pages import PAGES, crumb, show, staff_page
from nostro.ui.templatetags.nostro import MINUS, span

TOXIC_RULE = f"/staff/rules/table/{TOXIC.name}/"
BOOKS = {"b": "B book", "a": "A book", "both": "Both"}
SIDE = Decimal(48)
"""Per cent of the bar's width that the largest net takes on its side of the middle."""


def _book(request: HttpRequest) -> str:
    asked = request.GET.get("book", "b")
    return asked if asked in BOOKS else "b"


class Limits:
    """The limits of one book, looked up once a page."""

    def __init__(self, book: str) -> None:
        self.book: Literal["a", "b"] = "a" if book == "a" else "b"
        self.rule = queries.in_force()
        self.overrides = queries.overrides_of(self.book, None)

    def of(self, kind: str, code: str, asset_class: str = "") -> Decimal:
        question = {"kind": kind, "code": code, "asset_class": asset_class or "none"}
        about = Carried.model_validate({**question, "book": self.book})
        return self.rule.levels(about, self.overrides)[0].limit

    def of_row(self, row: queries.Row) -> Decimal:
        return self.of("instrument", row.code, row.asset_class)


def _bar(row: queries.Row, largest: Decimal) -> dict[str, Any]:
    """The diverging bar: pale is passed on, solid is ours."""

    def part(value: Decimal) -> dict[str, str]:
        width = SIDE * abs(value) / largest if largest else Decimal(0)
        start = 50 - width if value < 0 else Decimal(50)
        return {"x": f"{start:.2f}%", "width": f"{width:.2f}%"}

    side = "short" if row.net < 0 else "long"
    solid = min(row.open, row.net, key=abs) if row.open * row.net > 0 else Decimal(0)
    label = f"{side} {abs(row.net) / MILLION:.3f} million"
    return {"side": side, "whole": part(row.net), "open": part(solid), "label": label}


def _beside(row: queries.Row) -> str:
    """What a code does not say by itself: `Gold` of XAUUSD, nothing of a pair of currencies."""
    known = row.asset_class.startswith("fx") or row.name == row.code
    return "" if known else row.name.partition(" vs ")[0]


def _drawn(
    act: Act, seen: queries.Exposure, limits_of: Limits, opened: str, around: dict[str, str]
) -> list[Any]:
    over = set(_open_alerts(act).values_list("code", flat=True))
    largest = max((abs(row.net) for row in seen.rows), default=Decimal(0))
    drawn = []
    for row in seen.rows:
        limit = limits_of.of_row(row)
        used = abs(row.open if seen.book != "a" else row.net) / limit * 100
        price = abs(row.net / row.net_lots) if row.net_lots else Decimal(0)
        drawn.append(
            {
            "row": row,
                "name": _beside(row),
                "bar": _bar(row, largest), "net": short(row.net),
                "long": lots(row.long_lots), "short": lots(row.short_lots),
                "result": whole(row.house_result), "is_open": row.code == opened,
                "alert": row.code in over, "url": f"?{urlencode({**around, 'open': row.code})}",
                "result_why": arithmetic(
                    f"{row.code}, P/L now", ("Clients' open trades", whole(row.floating)),
                    ("Ours", whole(row.house_result)),
                    note="Longs valued at bid, shorts at ask: what clients lose is ours.",
                ),
                "passed_on": "—" if row.passed_on is None else f"{row.passed_on}%",
                "lots_why": arithmetic(
                    "Net lots", ("Clients long", lots(row.long_lots)),
                    ("Clients short", lots(-row.short_lots)),
                    ("Net", lots(row.net_lots, sign=True)),
                    note="Symbols of one instrument are merged, on every platform.",
                ),
                "net_lots": lots(row.net_lots, sign=True),
                "net_why": arithmetic(
                    f"{row.code} against its limit", ("Net lots", lots(row.net_lots, sign=True)),
                    ("USD a lot, at mid", f"{price:,.0f}"), ("Net USD", short(row.net)),
                    ("Carried by us", short(row.open)), ("Limit", short(limit, sign=False)),
                    ("Used", f"{used:.0f}%"),
                ),
            }
        )  # fmt: skip
    return drawn


def _open_alerts(act: Act) -> Any:
    return queries.alerts(act).exclude(status=Alert.Status.CLEARED)


def _figures(act: Act, seen: queries.Exposure, limits_of: Limits) -> Sequence[Figure]:
    limit = limits_of.of("total", "")
    carried = sum((abs(row.open) for row in seen.rows), Decimal(0))
    by_row = [(row.code, short(row.net)) for row in seen.rows[:6]]
    side = "clients long" if seen.net > 0 else "clients short" if seen.net else "flat"
    passed = seen.passed_on
    return [
        Figure("Net, USD", short(seen.net), note=side,
               why=arithmetic("Net", *by_row, note="Largest six of all instruments.")),
        Figure("Sum of nets", short(seen.sum_of_nets, sign=False),
               note=f"limit {short(limit, sign=False)}",
               why=arithmetic("Sum of nets",
                              *((code, net.lstrip("+" + MINUS)) for code, net in by_row),
                              note="Each net without its sign: they do not pay for each other.")),
        Figure("Passed on", "—" if passed is None else f"{passed}%", note="A book"),
        Figure("House P/L now", whole(seen.house_result), note="open positions",
               why=arithmetic("House P/L now",
                              *((row.code, whole(row.house_result)) for row in seen.rows[:6]),
                              note="What clients lose is ours, at bid and ask.")),
        Figure("House P/L today", whole(queries.result_today(act, book=seen.book)),
               note="closed and swap"),
        Figure("1% against us", whole(-carried / 100), note="every open net at once",
               why=arithmetic("1% against us", ("Carried by us", short(carried, sign=False)),
                              ("One per cent", whole(-carried / 100)))),
    ]  # fmt: skip


def _alerts(act: Act, seen: queries.Exposure) -> list[dict[str, Any]]:
    rows = {row.code: row for row in seen.rows}
    return [_alert(act, one, rows.get(one.code)) for one in _open_alerts(act)[:8]]


def _alert(act: Act, alert: Alert, row: queries.Row | None) -> dict[str, Any]:
    said = f"{short(abs(alert.net), sign=False)} open, limit {short(alert.limit, sign=False)}."
    over = alert.over.amount
    if row is not None and alert.kind == Limit.Kind.INSTRUMENT and row.net_lots and over:
        needed = (over / abs(row.net / row.net_lots)).quantize(Decimal("0.01"), ROUND_UP)
        verb = "Selling" if alert.net < 0 else "Buying"
        said += f" {verb} {needed} lots brings it back."
    state = "fail" if alert.status == Alert.Status.OPEN else "warn"
    note = f"{alert.owner}: {alert.note}" if alert.note else ""
    return {
        "alert": alert, "url": url_of(alert), "age": span(act.at - alert.raised_at),
        "text": said, "state": state, "note": note,
        "take": [one | {"key": "", "tone": "", "icon": ""} for one in offered(act, [take], alert)],
    }  # fmt: skip


def _chart(act: Act, seen: queries.Exposure, limits_of: Limits, code: str) -> Chart | None:
    kept = queries.readings_today(act, book=seen.book)
    if len(kept) < 2:
        return None
    labels = [f"{at:%H:%M}" for at, _ in kept]
    total = [round(sum(nets.values(), Decimal(0)) / MILLION, 3) for _, nets in kept]
    series = [Series("All symbols", total, "d1")]
    row = next((row for row in seen.rows if row.code == code), None)
    if row is not None:
        own = [round(nets.get(code, Decimal(0)) / MILLION, 3) for _, nets in kept]
        limit = limits_of.of_row(row) / MILLION * (-1 if row.net < 0 else 1)
        series += [
            Series(code, own, "short" if row.net < 0 else "long"),
            Series("Limit", [round(limit, 3)] * len(kept), "d2", dashed=True),
        ]
    return line("Net over the day", labels, *series, unit="M USD")


class ShockForm(forms.Form):
    """By how much prices move, all of them or one instrument's."""

    on = forms.ChoiceField(required=False, label="Instrument")
    move = forms.DecimalField(
        min_value=Decimal(-100), max_value=Decimal(1000), label="Move, %", required=False
    )

    def __init__(self, seen: queries.Exposure, data: Any, initial: dict[str, Any]) -> None:
        super().__init__(data or None, initial=initial)
        chosen = [("", "All of them"), *((row.code, row.code) for row in seen.rows)]
        self.fields["on"] = forms.ChoiceField(choices=chosen, required=False, label="Instrument")
        for one in self.fields.values():
            one.widget.attrs["class"] = "n-field"


def _shock(act: Act, request: HttpRequest, seen: queries.Exposure) -> dict[str, Any]:
    asked = {key: request.GET[key] for key in ("on", "move") if key in request.GET}
    form = ShockForm(seen, asked, {"move": "-5"})
    context: dict[str, Any] = {"shock": form, "shocked": None}
    if not asked or not form.is_valid() or form.cleaned_data["move"] is None:
        return context
    move, on = form.cleaned_data["move"], form.cleaned_data["on"]
    found = queries.what_if(act, moves={on: float(move) / 100}, book=seen.book)
    total = sum((change for _, change in found), Decimal(0))
    rows = [(row.code, whole(change)) for row, change in found if round(change)][:5]
    verb = "wins" if total > 0 else "loses"
    words = f"The house {verb} {abs(total):,.0f} USD on open positions." if total else (
        "The house neither wins nor loses."
    )  # fmt: skip
    return context | {"shocked": {"words": words, "rows": rows, "tone": "" if total > 0 else "bad"}}


def _toxic(act: Act, book: str) -> list[dict[str, Any]] | None:
    """Whose trading stands out; nothing at all for those who see no clients."""
    if not act.actor.may("people.clients") or not act.actor.may(queries.toxic_flow.name):
        return None
    return [
        {
            "client": one.client, "url": url_of(one.client), "won": whole(one.won),
            "words": f"{one.closed} closed, {one.winning}% won, held {span(one.held)}",
            "why": arithmetic(
                "Why it stands out", ("Closed in 24 hours", one.closed),
                ("Of them won", f"{one.winning}%"), ("Half held no longer than", span(one.held)),
                ("Won after costs, USD", whole(one.won)), note=one.why,
            ),
        }
        for one in queries.toxic_flow(act, book=book)
    ]  # fmt: skip


def _hedges(act: Act) -> list[queries.Hedge]:
    """Nothing where no provider is listened to, or to whom the house's own is not shown."""
    names = (queries.hedges.name, queries.providers.name)
    if not all(act.actor.may(one) for one in names) or not queries.providers(act).exists():
        return []
    return queries.hedges(act)


def _hedged(found: list[queries.Hedge]) -> list[dict[str, Any]]:
    return [
        {
            "hedge": one, "clients": lots(one.client_lots, sign=True),
            "held": lots(one.held_lots, sign=True), "left": lots(one.left_lots, sign=True),
            "usd": "—" if one.left_usd is None else short(one.left_usd),
            "ratio": "—" if one.ratio is None else f"{round(one.ratio)}%".replace("-", MINUS),
            "why": arithmetic(
                f"{one.code} after hedges",
                ("Clients, both books", short(one.client_usd)),
                (f"At {one.providers or 'no provider'}",
                 "not priced" if one.held_usd is None else short(-one.held_usd)),
                ("Left with us", "—" if one.left_usd is None else short(one.left_usd)),
                note="In USD at mid, from the clients' side.",
            ),
        }
        for one in found
    ]  # fmt: skip


def _left(found: list[queries.Hedge]) -> list[Figure]:
    """The sum of what is left, each instrument without its sign."""
    if not found:
        return []
    left = sum((abs(one.left_usd or one.client_usd) for one in found), Decimal(0))
    names = {name for one in found for name in one.providers.split(", ") if name}
    by_row = [(one.code, short(abs(one.left_usd or one.client_usd), sign=False))
              for one in found[:6]]  # fmt: skip
    why = arithmetic("Left after hedges", *by_row, note="Both books, each without its sign.")
    note = f"hedged at {', '.join(sorted(names))}" if names else "nothing is hedged"
    return [Figure("After hedges", short(left, sign=False), note=note, why=why)]


def _fills_today(act: Act) -> list[dict[str, Any]]:
    if not act.actor.may(queries.hedges_today.name) or not act.actor.may(queries.fills.name):
        return []
    return [{"fill": one, "url": url_of(one), "text": _said(one)}
            for one in queries.hedges_today(act)[:5]]  # fmt: skip


def _said(one: Fill) -> str:
    verb = "Bought" if one.side > 0 else "Sold"
    price = _price(one.price, one.position.instrument)
    return f"{verb} {units(one.quantity)} {one.position.symbol} at {one.provider}, {price}"


def _price(value: Decimal, instrument: Instrument | None) -> str:
    return quoted(value, instrument.digits if instrument else None)


def _head(act: Act, request: HttpRequest, book: str) -> dict[str, Any]:
    held_still = request.GET.get("hold") == "1"
    by = request.GET.get("by", "")
    chosen = {"by": by} if by in queries.SPLITS else {}
    around = {"book": book} | ({"hold": "1"} if held_still else {}) | chosen
    hold = {
        "title": "Go on" if held_still else "Hold still", "method": "get",
        "url": f"?{urlencode({'book': book} | ({} if held_still else {'hold': '1'}))}",
        "icon": "player-play" if held_still else "player-pause",
    }  # fmt: skip
    limit = [
        one | {"key": "L", "tone": "primary"} for one in creations(act, [operations.set_limit])
    ]
    return {
        "actions": [hold, *limit], "held_still": held_still, "around": around,
        "split_by": chosen.get("by", ""),
        "books": [{"value": k, "title": v, "current": k == book} for k, v in BOOKS.items()],
    }  # fmt: skip


@staff_page("exposure", "now", "Exposure", may="exposure.exposure", icon="scale")
def exposure_page(request: HttpRequest, act: Act) -> HttpResponse:
    """What the book carries now, its alerts, who is behind it, and what a shock would cost."""
    book = _book(request)
    seen = queries.exposure(act, book=book)
    head, limits_of = _head(act, request, book), Limits(book)
    codes = [row.code for row in seen.rows]
    hedges = _hedges(act)
    wanted = request.GET.get("open", "")
    opened = wanted if wanted in codes else (codes[0] if codes else "")
    part = {**head["around"], "open": opened, "part": "live"}
    context = {
        "title": "Exposure", "crumb": crumb(PAGES["page exposure/now"], act),
        "seen": seen, "stale": seen.is_stale(act.at),
        "opened": opened, "book_title": BOOKS[book],
        "whose": _whose(act), "rows": _drawn(act, seen, limits_of, opened, head["around"]),
        "figures": [*_figures(act, seen, limits_of), *_left(hedges)],
        "hedges": _hedged(hedges), "alerts": _alerts(act, seen),
        "live_part": f"?{urlencode(part)}", **head,
    }  # fmt: skip
    if is_htmx(request) and request.GET.get("part") == "live":
        return render(request, "exposure/live.html", {"act": act, "now": act.at, **context})
    context |= _shock(act, request, seen)
    chart = _chart(act, seen, limits_of, opened)
    positions = []
    if opened and act.actor.may("trading.positions"):
        positions = [
            {"row": one, "opened_at": _price(one.price_open, one.instrument)}
            for one in queries.positions_behind(act, code=opened, book=book)[:8]
        ]
    context |= {
        "chart": chart.data if chart else None, "positions": positions,
        "behind": concentration(act, seen, opened),
        "split": split(act, seen, opened, head["split_by"]),
        "splits": [{"value": k, "title": k.capitalize(), "current": k == head["split_by"]}
                   for k in splits(act)],
        "fills_today": _fills_today(act),
        "toxic": _toxic(act, book), "toxic_rule": reached(act.actor, TOXIC_RULE),
        "currencies": [(code, short(net), net < 0) for code, net in seen.currencies],
    }  # fmt: skip
    return show(request, act, "exposure/page.html", context)


def _whose(act: Act) -> str:
    return "your entities" if act.actor.grants.scope.entities is not None else "all entities"
