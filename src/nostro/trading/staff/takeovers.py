"""Taking over accounts that stand on a platform: compared on one page, looked through on another,
agreed to by two people; and how they stand here and there afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core import log
from nostro.core.access import dots
from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.kit.money import HALF_EVEN, Currency, Money
from nostro.trading import logins, operations
from nostro.trading.events import LoginsCompared, LoginsListed, LoginsTakenOver
from nostro.trading.models import Takeover, TakeoverRow
from nostro.trading.queries import takeovers as known
from nostro.trading.staff.names import named
from nostro.ui.actions import Action, only_in
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn, Number, Person
from nostro.ui.details import DetailPage, kv, table, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, text
from nostro.ui.forms import OperationForm
from nostro.ui.lists import ListPage, View
from nostro.ui.pages import show, staff_page
from nostro.ui.queues import Queue
from nostro.ui.timeline import NAMES

PLACE = f"{STAFF}trading/take-over/"
Status, Row = Takeover.Status, TakeoverRow.Status
TONES = {"comparing": "info", "ready": "wait", "running": "info", "done": "ok", "dropped": ""}
ROW_TONES = {"chosen": "", "planned": "info", "refused": "bad", "left": "warn", "done": "ok"}
SHOWN = 30
FIRST = Case(
    *(When(status=one, then=Value(place)) for place, one in enumerate(
        (Row.REFUSED, Row.LEFT, Row.PLANNED, Row.CHOSEN, Row.DONE)
    )),
    output_field=IntegerField(),
)  # fmt: skip
"""Exceptions first."""
STRIDES = [LoginsListed.name, LoginsCompared.name, LoginsTakenOver.name]
WORDS = {
    Status.COMPARING: "Nothing is anybody’s yet: each is held against our clients first.",
    Status.READY: "Nothing is anybody’s yet. A second person has to agree to what is planned.",
    Status.RUNNING: "It goes on in the background. You may leave this page.",
    Status.DONE: "Refused logins can be compared again once they are mended.",
    Status.DROPPED: "It was given up. What was taken over stays so.",
}


def _of(row: Takeover) -> str:
    return f"{row.platform}, {'a file' if row.stored_id else 'its own list'}"


def _prepare(act: Act, rows: list[Any]) -> None:
    found = known.takeover_counts(rows)
    for one in rows:
        one.counts = found[one.pk]


def _figures(act: Act, row: Any) -> list[Figure]:
    counts = row.counts
    planned = Figure("Can be taken over", f"{counts.planned:,}")
    return [
        Figure("Logins", f"{counts.total:,}"),
        Figure("Taken over", f"{counts.done:,}") if row.started_at else planned,
        Figure("Refused", f"{counts.refused:,}", tone="bad" if counts.refused else "quiet"),
        Figure("Nobody’s", f"{counts.left:,}", tone="" if counts.left else "quiet"),
    ]


def _progress(act: Act, row: Any) -> dict[str, Any]:
    counts = row.counts
    parts = [
        {"value": counts.done, "tone": "ok"}, {"value": counts.planned, "tone": "1"},
        {"value": counts.left, "tone": "warn"}, {"value": counts.refused, "tone": "bad"},
        {"value": counts.chosen, "tone": "rest"},
    ]  # fmt: skip
    begun = row.status in (Status.RUNNING, Status.DONE)
    reached = counts.done if begun else counts.total - counts.chosen
    verb = "taken over" if begun else "compared"
    return {"parts": parts, "reached": reached, "total": counts.total, "verb": verb,
            "things": "logins",
            "words": WORDS[row.status]}  # fmt: skip


def _totals(act: Act, row: Takeover) -> dict[str, Any] | None:
    found = [
        {**one, "balance": _money(one["balances"], one["currency"]),
         "credit": _money(one["credits"], one["currency"])}
        for one in known.takeover_totals(row)
    ]  # fmt: skip
    return {"totals": found} if found else None


def _money(amount: Decimal, currency: str) -> Money:
    return Money.rounded(amount, Currency(currency), HALF_EVEN)


def _why(act: Act, row: Takeover) -> list[dict[str, Any]]:
    return [{"said": said, "many": many} for said, many in known.takeover_reasons(row)]


def _rows(act: Act, row: Takeover) -> list[TakeoverRow]:
    seen = known.takeover_rows(act).filter(takeover=row)
    return list(seen.alias(place=FIRST).order_by("place", "number")[:SHOWN])


def _story(act: Act, row: Takeover) -> QuerySet[Record]:
    """What happened to it, without each portion."""
    about = log.records(act).filter(subject_type=label(row), subject_id=row.pk)
    return about.exclude(name__in=STRIDES)


def _client_url(row: Any) -> str:
    return url_of(row.client) if row.client else ""


def _account_url(row: Any) -> str:
    return url_of(row.account) if row.account else ""


def _all_rows(row: Takeover) -> tuple[str, str]:
    return ("All logins, and export", f"{STAFF}trading/takeover-rows/?view=all&takeover={row.pk}")


def _trades(row: TakeoverRow) -> int | str:
    return row.positions if row.group else ""


@dataclass(frozen=True)
class Whose(Person):
    """The client, or what the file calls whom nobody found: often an address, which is dotted out
    for whom the role does not show it to.
    """

    def value(self, act: Act, row: Any) -> Any:
        found = super().value(act, row)
        seen = row.client or "@" not in found or act.actor.grants.unmask("people.client.email")
        return found if seen else dots(found)


who: list[Column] = [
    Column("login", "Login", url=_account_url),
    Whose(lambda row: row.client.name if row.client else row.named, "Client", url=_client_url),
    Column("group", low=3, quiet=True, cut=True),
]
stands: list[Column] = [
    MoneyColumn("balance_money", "Balance", low=2),
    Number(_trades, "Open trades", low=3),
]
verdict = Badge("status", "Verdict", colors=ROW_TONES)

takeover = DetailPage(
    room="trading",
    slug="takeovers",
    model=Takeover,
    rows=known.takeovers,
    title=lambda row: f"{row} Accounts of {row.platform}",
    subtitle=_of,
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=_figures,
    panels=[
        template("How far it is", "ui/parts/progress.html", _progress),
        template("By currency", "trading/takeover_totals.html", _totals),
        table(
            "What keeps logins from being taken over",
            _why,
            [Column(lambda one: one["said"], "Reason"), Number(lambda one: one["many"], "Logins")],
            empty="Nothing: every login finds its client.",
        ),
        table(
            "Logins",
            _rows,
            [*who, *stands, verdict, Column("said", "What was said", low=2)],
            empty="No login that you may see.",
            link=_all_rows,
        ),
        kv(
            "What it is",
            [
                Link("platform"),
                Column(lambda row: row.stored.name if row.stored else "", "File"),
                Date("made_at", "Begun"),
                Date("started_at", "Started"),
                Date("ended_at", "Ended"),
                Column("reason", "Why it ended"),
            ],
            side=True,
        ),
    ],
    actions=[
        Action(operations.start_takeover, when=only_in(Status.READY)),
        Action(
            operations.compare_takeover,
            when=only_in(Status.READY, Status.RUNNING, Status.DONE),
        ),
        Action(operations.drop_takeover, when=only_in(Status.COMPARING, Status.READY)),
    ],
    prepare=_prepare,
    timeline=_story,
    icon="transfer-in",
)

Queue(
    Takeover,
    Status.READY,
    title="Accounts to take over",
    icon="transfer-in",
    page=PLACE,
    line=_of,
    nothing="No takeover waits for a second look.",
)


def _known(act: Act) -> Sequence[tuple[Any, str]]:
    return [(one.pk, f"{one} · {one.platform}") for one in known.takeovers(act)[:200]]


rows = ListPage(
    room="trading",
    slug="takeover-rows",
    title="Logins compared",
    rows=known.takeover_rows,
    columns=[
        *who,
        Column("ratio", "Leverage", low=3),
        *stands,
        Link("takeover", low=2),
        verdict,
        Column("said", "What was said", cut=True, low=2),
    ],
    filters=[
        choice("takeover", _known),
        choice("status", Row.choices, title="Verdict"),
        text("login", "login__contains"),
    ],
    views=[
        View("Refused", status=Row.REFUSED, counted=False),
        View("Nobody’s", status=Row.LEFT, counted=False),
        View("Can be taken over", status=Row.PLANNED, counted=False),
        View("Taken over", status=Row.DONE, counted=False),
        View("All", counted=False),
    ],
    order="pk",
    empty="No login stands here. Compare those of a platform first.",
    icon="list-check",
    live=[label(Takeover)],
)


parallel = ListPage(
    room="trading",
    slug="parallel-run",
    title="Parallel run",
    rows=known.takeover_figures,
    columns=[
        Link("account"),
        Person("client.name", "Client", url=_client_url, low=2),
        MoneyColumn(lambda row: row.account.money(row.held), "The ledger holds"),
        MoneyColumn(lambda row: row.account.money(row.shown), "The platform shows"),
        MoneyColumn(lambda row: row.account.money(row.apart), "Difference"),
        Number("breaks", "Breaks", low=2),
        Date("account.read_at", "Read", low=3),
        Link("takeover", low=3),
    ],
    filters=[choice("takeover", _known), text("login", "login__contains")],
    views=[
        View("Differs", agrees=False),
        View("All", counted=False),
    ],
    order="pk",
    empty="No account that was taken over differs here and on its platform.",
    icon="git-compare",
    live=["trading.platform"],
)


@staff_page("trading", "take-over", "Take over accounts", may=operations.read_takeover.name,
            icon="transfer-in")  # fmt: skip
def takeover_view(request: HttpRequest, act: Act) -> HttpResponse:
    """The platform and a file of whose its logins are; the format; what was taken over before."""
    if "template" in request.GET:
        answer = HttpResponse(logins.FORMAT.template, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="logins.csv"'
        return answer
    posted = request.method == "POST"
    data, files = (request.POST, request.FILES) if posted else (None, None)
    chosen = {"platform": request.GET.get("platform")}
    form = OperationForm(operations.read_takeover, act, data, files, initial=chosen)
    form.fields["file"].label = "CSV file"
    form.fields["file"].help_text = "Without one, by what the platform itself keeps."
    if posted:
        made = form.carry_out()
        if made is not None:
            return HttpResponseRedirect(f"{takeover.url}{made.pk}/")
    before = list(known.takeovers(act)[:20])
    _prepare(act, before)
    context = {
        "title": "Take over accounts",
        "sub": "Accounts that stand on a platform and are nobody’s here. Compared first, taken over"
        " by two people; nothing is opened on the platform.",
        "links": [{"title": "Parallel run", "url": parallel.url, "icon": "git-compare"}]
        if act.actor.may(known.takeover_figures.name) else [],
        "heading": "Whose they are", "form": form, "note": "Only compared: nothing is taken over.",
        "icon": "search", "button": "Compare", "each": "a login", "most": logins.MOST_LINES,
        "megabytes": logins.FORMAT.largest_bytes >> 20,
        "columns": [
            {"name": name, "text": words, "needed": True} for name, words in logins.COLUMNS.items()
        ],
        "before": "What was compared before", "nothing": "Nothing was compared yet",
        "hint": "Take the template, fill it from your old system, and compare it here.",
        "files": [
            {"row": one, "url": f"{takeover.url}{one.pk}/", "tone": TONES[one.status],
             "of": _of(one), "counts": one.counts}  # type: ignore[attr-defined]
            for one in before
        ],
    }  # fmt: skip
    return show(
        request, act, "ui/pages/read_file.html", context, status=422 if form.is_bound else 200
    )


NAMES[label(Takeover)] = named(Takeover, "takeovers")
