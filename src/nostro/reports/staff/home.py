"""The home page: three small charts of how today goes, and who decided what."""

from collections.abc import Callable
from functools import wraps

from nostro.core.acts import Act
from nostro.kit.problems import Forbidden
from nostro.reports import queries
from nostro.reports.queries.measures import TURNAROUNDS
from nostro.reports.staff.drawn import (
    DAY,
    FLOWS,
    HOUR,
    flow_chart,
    flow_figures,
    funnel_chart,
    midnight,
    said,
    share,
    times_between,
    turnaround_of,
)
from nostro.ui.home import SHIFT, STRIP, OnShift, Strip
from nostro.ui.timeline import NAMES


def _if_allowed[R](ask: Callable[[Act], R], nothing: R) -> Callable[[Act], R]:
    """Who may not see a figure has a page without it, not a page that is refused."""

    @wraps(ask)
    def asked(act: Act) -> R:
        try:
            return ask(act)
        except Forbidden:
            return nothing

    return asked


def _registered(act: Act) -> Strip | None:
    today = midnight(act.at)
    steps = queries.funnel(act, since=today, until=today + DAY)
    week = queries.funnel(act, since=today - 7 * DAY, until=today - 6 * DAY)
    first, last = steps[0].count, steps[-1].count
    foot = ""
    if first:
        foot = f"{share(last, first)} of today’s registrations trade."
    if foot and week[0].count:
        foot += f" Last {act.at:%A} {share(week[-1].count, week[0].count)}."
    return Strip("Registered to trading", funnel_chart(steps), "today", foot=foot)


def _in_and_out(act: Act) -> Strip | None:
    today, until = midnight(act.at), act.at
    flows = queries.flows(act, FLOWS, since=today, until=today + DAY)
    begun = [one for name in FLOWS for one in flows[name]]
    hours = times_between(min([*begun, until - HOUR * 3, today + HOUR * 6]), until, HOUR)
    hours = [one.replace(minute=0, second=0, microsecond=0) for one in hours]
    shown = sorted({one for one in hours if one >= today} | {today.replace(hour=until.hour)})
    figures = flow_figures(flows, today, today + DAY)
    return Strip("In and out", flow_chart(flows, shown, hours=True), "USD, by hour", figures)


def _approvals(act: Act) -> Strip | None:
    until = midnight(act.at) + DAY
    figures, chart = turnaround_of(act, "withdrawal", until - 14 * DAY, until)
    return Strip("Approval turnaround", chart, "withdrawals, 14 days", figures)


def _shift(act: Act) -> list[OnShift]:
    found = queries.on_shift(act, since=midnight(act.at))
    names = NAMES["staff"]({one.staff_id for one in found}) if found else {}
    return [
        OnShift(
            names.get(one.staff_id, (f"Colleague {one.staff_id}", ""))[0],
            ", ".join(TURNAROUNDS[kind].title for kind in one.kinds if kind in TURNAROUNDS),
            one.decided,
            said(one.median),
        )
        for one in found
    ]


STRIP.extend(_if_allowed(one, None) for one in (_registered, _in_and_out, _approvals))
SHIFT.append(_if_allowed(_shift, []))
