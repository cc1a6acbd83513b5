"""What every template needs to say a value the house way: money, times, clocks, states, icons.

Each tag writes finished, escaped markup without style attributes, so a strict CSP holds.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from nostro.core import acts
from nostro.kit import Money

register = template.Library()

MINUS = "\N{MINUS SIGN}"
NONE = mark_safe('<span class="n-none">—</span>')
CURRENT = mark_safe(' aria-current="true"')
SOON = Decimal("0.8")
"""A promise is close to its end when this share of its time is gone."""
RISK_WORDS = {1: "Low", 2: "Medium", 3: "High"}
PART = '<rect class="{}" x="{}" width="{}" height="100%"></rect>'
STRIPES = '<line class="p-stripes" x1="{0}" x2="{1}" y1="{2}" y2="{2}"></line>'
GAP = Decimal("0.6")
"""Per cent of white between two parts of a bar, so that they differ without their colours."""


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, classes: str = "") -> SafeString:
    """One symbol of the sprite, silent to screen readers: the words beside it speak."""
    own = classes.split()
    css = classes if "p-i" in own else f"i {classes}".strip()
    source = static("nostro/icons.svg")
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"></use></svg>', css, source, name
    )


@register.simple_tag
def menu_items(items: Iterable[Mapping[str, Any]]) -> SafeString:
    """The lines of a menu; some are hundreds long, so no template draws each."""
    return format_html_join(
        "\n",
        '<a class="item" href="{}"{}>{}<span>{}</span>{}</a>',
        (
            (
                one["url"],
                CURRENT if one.get("current") else "",
                icon(one["icon"]) if one.get("icon") else "",
                one.get("title") or one.get("name") or "",
                icon("check", "i-s end") if one.get("current") else "",
            )
            for one in items or ()
        ),
    )


@register.filter
def amount(value: Money | Decimal | int | None) -> str:
    """Figures only, with thousands and a true minus: `Money` keeps its currency's digits."""
    if value is None:
        return "—"
    number = value.amount if isinstance(value, Money) else value
    digits = f".{value.currency.scale}f" if isinstance(value, Money) else ""
    return f"{number:,{digits}}".replace("-", MINUS)


def _signed(value: Money | None, sign: bool) -> str:
    plus = "+" if sign and value is not None and value.amount > 0 else ""
    return plus + amount(value)


@register.simple_tag
def money(value: Money | None, strong: bool = True, sign: bool = False) -> SafeString:
    """An amount with its currency quiet behind it; `sign` writes the plus as well."""
    if value is None:
        return NONE
    figure = format_html("<strong>{}</strong>" if strong else "{}", _signed(value, sign))
    return format_html('{}<span class="ccy">{}</span>', figure, value.currency)


@register.simple_tag
def big_money(value: Money | None, size: str = "", sign: bool = False) -> SafeString:
    """The portals' large sum: whole units large, the rest small. Sizes: `xl`, `m`, none."""
    if value is None:
        return NONE
    whole, point, rest = _signed(value, sign).partition(".")
    css = f"p-amt p-amt-{size}" if size else "p-amt"
    small = format_html("<small>.{}</small>", rest) if point else ""
    return format_html(
        '<span class="{}">{}{}<abbr>{}</abbr></span>', css, whole, small, value.currency
    )


def _now(context: Context) -> datetime:
    now = context.get("now")
    return now if isinstance(now, datetime) else acts.now()


def _day(moment: date, this_year: int) -> str:
    year = f" {moment.year}" if moment.year != this_year else ""
    return f"{moment.day} {moment:%b}{year}"


@register.simple_tag(takes_context=True)
def when(context: Context, moment: datetime | date | None, full: bool = False) -> SafeString:
    """A moment in UTC: the time alone today, the day before it otherwise."""
    if moment is None:
        return NONE
    now = _now(context).astimezone(UTC)
    if not isinstance(moment, datetime):
        text = f"{moment.day} {moment:%b} {moment.year}"
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), text)
    at = moment.astimezone(UTC)
    today = at.date() == now.date() and not full
    text = f"{at:%H:%M}" if today else f"{_day(at, now.year)} {at:%H:%M}"
    title = f"{at.day} {at:%b %Y %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), title, text)


def span(length: timedelta) -> str:
    """A duration in its two largest units: `41 m`, `1 h 46 m`, `1 d 3 h`, `40 s`."""
    seconds = abs(int(length.total_seconds()))
    days, hours = seconds // 86_400, seconds // 3_600 % 24
    minutes = seconds // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes:02} m" if minutes else f"{hours} h"
    return f"{minutes} m" if minutes else f"{seconds} s"


@register.filter(name="span")
def span_filter(length: timedelta | None) -> str:
    """`{{ row.waited|span }}`"""
    return "—" if length is None else span(length)


@register.simple_tag(takes_context=True)
def ago(context: Context, moment: datetime | None) -> SafeString:
    """How long ago something happened; the browser keeps it current."""
    if moment is None:
        return NONE
    text = f"{span(max(_now(context) - moment, timedelta()))} ago"
    iso = moment.astimezone(UTC).isoformat()
    return format_html('<time class="tab" datetime="{0}" data-ago="{0}">{1}</time>', iso, text)


@register.simple_tag(takes_context=True)
def clock(
    context: Context, due: datetime | None, since: datetime | None = None, long: bool = False
) -> SafeString:
    """A promise counting down: a ring for the share of its time that is gone, and the words.

    `since` is when the promise began; without it the ring stays empty until it is broken.
    """
    if due is None:
        return NONE
    now = _now(context)
    left = due - now
    whole = due - since if since is not None else timedelta()
    gone = Decimal((now - since) / whole) if since is not None and whole else Decimal(0)
    late = left < timedelta()
    percent = 100 if late else max(0, min(100, round(gone * 100)))
    css = "n-clock is-late" if late else "n-clock is-soon" if gone >= SOON else "n-clock"
    words = f"{span(left)} over" if late else span(left)
    if long and not late:
        words += f" left of {span(whole)}" if whole else " left"
    return format_html(
        '<span class="{}" data-due="{}" data-since="{}"{}>'
        '<svg class="n-ring" viewBox="0 0 14 14" aria-hidden="true">'
        '<circle class="bed" cx="7" cy="7" r="5.5"></circle>'
        '<circle class="gone" cx="7" cy="7" r="5.5" pathLength="100" stroke-dasharray="{} 100">'
        '</circle></svg><span class="w">{}</span></span>',
        css,
        due.astimezone(UTC).isoformat(),
        since.astimezone(UTC).isoformat() if since is not None else "",
        mark_safe(" data-long") if long else "",
        percent,
        words,
    )


@register.filter
def initials(name: str) -> str:
    """`Lukas Brandtner` is LB, `Cher` is C: the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.simple_tag
def pill(text: object, tone: str = "", symbol: str = "") -> SafeString:
    """A state in words on its colour. Tones: ok, warn, bad, info, wait, line, none."""
    css = f"n-pill is-{tone}" if tone else "n-pill"
    return format_html('<span class="{}">{}{}</span>', css, icon(symbol) if symbol else "", text)


@register.simple_tag
def risk(level: int | str, words: bool = False) -> SafeString:
    """Three bars whose height says the risk: 1 low, 2 medium, 3 high (or those words)."""
    names = {name.lower(): number for number, name in RISK_WORDS.items()}
    number = names[level.lower()] if isinstance(level, str) else level
    said = "" if words else "sr"
    return format_html(
        '<span class="n-risk is-{}"><i></i><i></i><i></i></span><span class="{}"> {}</span>',
        number,
        said,
        RISK_WORDS[number],
    )


def _size(value: object) -> Decimal:
    return value.amount if isinstance(value, Money) else Decimal(str(value))


@register.simple_tag
def bars(parts: Iterable[Mapping[str, object]], label: str = "", height: int = 6) -> SafeString:
    """One sum cut into its parts: `[{"value": 14, "tone": "ok"}, …]`, drawn as SVG attributes.

    Tones: ok, warn, bad, 1, 2, 3, long, short, rest; the portals' own: c1, c2, c3, c-wait.
    """
    known = [(_size(part["value"]), str(part["tone"])) for part in parts]
    known = [(value, tone) for value, tone in known if value > 0]
    whole = sum((value for value, _ in known), Decimal(0))
    drawn, at = [], Decimal(0)
    for index, (value, tone) in enumerate(known):
        share = value / whole * 100
        gap = GAP if index < len(known) - 1 else Decimal(0)
        css = f"p-{tone}" if tone.startswith("c") else f"f-{tone}"
        start, width = f"{at:.2f}%", f"{max(share - gap, GAP):.2f}%"
        drawn.append(format_html(PART, css, start, width))
        if tone == "c-wait":
            drawn.append(format_html(STRIPES, start, f"{at + share:.2f}%", height // 2))
        at += share
    rects = format_html_join("", "{}", ((part,) for part in drawn))
    spoken = mark_safe('aria-hidden="true"')
    if label:
        spoken = format_html('role="img" aria-label="{}"', label)
    css = "p-bar" if any(tone.startswith("c") for _, tone in known) else "n-bars"
    return format_html('<svg class="{}" height="{}" {}>{}</svg>', css, height, spoken, rects)


class _Encoder(DjangoJSONEncoder):
    """Money as its figure: charts draw numbers, the table beside them has the currency."""

    def default(self, o: object) -> object:
        return str(o.amount) if isinstance(o, Money) else super().default(o)


@register.filter
def as_json(value: object) -> str:
    """For a data attribute; the template escapes it."""
    return json.dumps(value, cls=_Encoder)


@register.filter
def chart_rows(chart: Mapping[str, Any]) -> list[dict[str, object]]:
    """A chart's figures as the rows of its table: a label and one figure a series."""
    columns = [list(series["values"]) for series in chart.get("series", [])]
    return [
        {"label": label, "values": [_figure(column, index) for column in columns]}
        for index, label in enumerate(chart.get("labels", []))
    ]


@register.filter
def funnel_steps(chart: Mapping[str, Any]) -> list[dict[str, object]]:
    """A funnel's steps, each drawn against the first and told as a share of the one before."""
    values = [int(value) for value in chart["series"][0]["values"]]
    first = max(values[:1], default=0)
    drawn: list[dict[str, object]] = []
    for index, (label, value) in enumerate(zip(chart["labels"], values, strict=True)):
        before = values[index - 1] if index else 0
        parts = [{"value": value, "tone": "1"}, {"value": max(first - value, 0), "tone": "rest"}]
        share = f"{value * 100 / before:.0f}%" if before else ""
        drawn.append({"label": label, "value": f"{value:,}", "parts": parts, "share": share})
    return drawn


def _figure(column: Sequence[Any], index: int) -> str:
    if index >= len(column) or column[index] is None:
        return "—"
    value = column[index]
    return amount(value) if isinstance(value, Money | Decimal | int) else str(value)


@register.filter
def streams(legs: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """Each leg with the SVG that draws it leaving a stream as wide as what is still in it.

    A leg's `share` is out of 100; the whole stream is 28 units wide, a leg never less than 2.
    """
    widths = [max(Decimal(2), Decimal(str(leg["share"])) * 28 / 100) for leg in legs]
    drawn: list[dict[str, object]] = []
    for index, leg in enumerate(legs):
        width, rest = widths[index], sum(widths[index + 1 :], Decimal(0))
        centre, half = rest + width / 2, max(Decimal(8), width / 2 + 4)
        turn = max(Decimal(0), 20 - max(Decimal(9), width * Decimal("0.8")))
        path = f"M{centre:.2f} 0V{turn:.2f}Q{centre:.2f} 20 {centre + 20 - turn:.2f} 20H55"
        tip = f"M54 {20 - half:.2f}l9 {half:.2f}-9 {half:.2f}z"
        leaving = {"rest": f"{rest:.2f}" if rest else "", "width": f"{width:.2f}"}
        drawn.append({**leg, **leaving, "path": path, "tip": tip})
    return drawn
