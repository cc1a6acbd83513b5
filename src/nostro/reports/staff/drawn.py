"""Figures as charts, each with the events it counts: the home page and the dashboard draw them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from nostro.core.acts import Act
from nostro.reports import queries
from nostro.reports.queries.figures import NOTHING, Step, Total, Waited
from nostro.reports.queries.measures import DEPOSITS, RETURNED, TURNAROUNDS, WITHDRAWALS, Promise
from nostro.ui.addresses import STAFF
from nostro.ui.charts import Chart, Series, bar, funnel, line
from nostro.ui.figures import Figure, arithmetic
from nostro.ui.templatetags.nostro import span

FLOWS = (DEPOSITS.name, WITHDRAWALS.name, RETURNED.name)
NONE_YET = Waited(0, None, None)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Flows = Mapping[str, Mapping[datetime, Total]]


def midnight(at: datetime) -> datetime:
    """The start of the UTC day."""
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)


def events_url(event: str, since: datetime, until: datetime) -> str:
    """The events behind a figure, one line each."""
    last = (until - timedelta(microseconds=1)).date()
    asked = {"name": event, "at_from": since.date().isoformat(), "at_to": last.isoformat()}
    return f"{STAFF}core/events/?{urlencode(asked)}"


def share(part: int, whole: int) -> str:
    return f"{Decimal(100 * part) / whole:.1f}%" if whole else "—"


def funnel_chart(steps: list[Step]) -> Chart:
    return funnel("Registered to trading", [(one.title, one.count) for one in steps])


def step_figures(steps: list[Step], since: datetime, until: datetime) -> list[Figure]:
    """Each step with its share of the one before, and the events it counts."""
    found: list[Figure] = []
    before = 0
    for one in steps:
        why = arithmetic(
            one.title, (f"Clients with the event {one.event}", one.count),
            note="Of those who registered in this time, who has come this far by now.",
            url=events_url(one.event, since, until),
        )  # fmt: skip
        note = f"{share(one.count, before)} of the step before" if found else ""
        found.append(Figure(one.title, f"{one.count:,}", note=note, why=why))
        before = one.count
    return found


def added(flows: Flows, measure: str) -> Total:
    sums = flows[measure].values()
    return Total(sum(one.count for one in sums), sum((one.amount for one in sums), Decimal(0)))


def flow_figures(flows: Flows, since: datetime, until: datetime) -> list[Figure]:
    """What came in and what went out, in USD."""
    paid_in, paid, back = (added(flows, name) for name in FLOWS)
    rates = "Other currencies at the rate of the minute in which they were added up."
    out = Total(paid.count, paid.amount - back.amount)
    return [
        Figure(
            "Deposits", paid_in.usd,
            why=arithmetic(
                "Deposits settled", (f"{paid_in.count} deposits", paid_in.usd), note=rates,
                url=events_url(DEPOSITS.events[0], since, until),
            ),
        ),
        Figure(
            "Withdrawals", out.usd,
            why=arithmetic(
                "Withdrawals paid", (f"{paid.count} paid out", paid.usd),
                (f"{back.count} came back", back.usd), note=rates,
                url=events_url(WITHDRAWALS.events[0], since, until),
            ),
        ),
    ]  # fmt: skip


def flow_chart(flows: Flows, times: list[datetime], *, hours: bool) -> Chart:
    labels = [f"{one:%H}" if hours else f"{one.day} {one:%b}" for one in times]
    paid_in, out, back = ([flows[name].get(one, NOTHING) for one in times] for name in FLOWS)
    left = [Total(0, a.amount - b.amount).usd for a, b in zip(out, back, strict=True)]
    return bar(
        "Deposits and withdrawals", labels,
        Series("Deposits", [one.usd for one in paid_in], "d1"),
        Series("Withdrawals", left, "d2"), unit="USD",
    )  # fmt: skip


def times_between(since: datetime, until: datetime, step: timedelta) -> list[datetime]:
    return [since + n * step for n in range(-(-(until - since) // step))]


def in_hours(length: timedelta | None) -> Decimal | None:
    if length is None:
        return None
    return (Decimal(int(length.total_seconds())) / 3600).quantize(Decimal("0.01"))


def said(length: timedelta | None) -> str:
    return "—" if length is None else span(length)


def waited_figures(
    promise: Promise, whole: Waited, since: datetime, until: datetime
) -> list[Figure]:
    """Median and slowest tenth, with the decisions they are of."""
    why = arithmetic(
        promise.title, ("Decisions", whole.count), ("Median", said(whole.median)),
        ("Nine of ten within", said(whole.slowest_tenth)),
        note=f"From {promise.opened} to the decision.",
        url=events_url(promise.closed[0], since, until),
    )  # fmt: skip
    return [
        Figure("Median", said(whole.median), why=why),
        Figure("Slowest tenth", said(whole.slowest_tenth), why=why),
    ]


def waited_chart(promise: Promise, by_day: Mapping[date, Waited], days: Iterable[date]) -> Chart:
    listed = list(days)
    found = [by_day.get(one, NONE_YET) for one in listed]
    return line(
        f"{promise.title}, median and slowest tenth",
        [f"{one.day} {one:%b}" for one in listed],
        Series("Median", [in_hours(one.median) for one in found], "d1"),
        Series("Slowest tenth", [in_hours(one.slowest_tenth) for one in found], "d3"),
        Series("Promise", [Decimal(promise.hours)] * len(listed), "d3", dashed=True),
        unit="h",
    )


def turnaround_of(
    act: Act, kind: str, since: datetime, until: datetime
) -> tuple[list[Figure], Chart]:
    promise = TURNAROUNDS[kind]
    whole, by_day = queries.turnaround(act, kind, since=since, until=until)
    days = [one.date() for one in times_between(since, until, DAY)]
    return waited_figures(promise, whole, since, until), waited_chart(promise, by_day, days)
