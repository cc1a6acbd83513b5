"""Opening balances: a file is read on one page, looked through on another, posted by two people."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.models import label
from nostro.kit.money import Money
from nostro.ledger import operations, queries
from nostro.ledger.models import Opening
from nostro.ledger.opening import COLUMNS, MOST_LINES, NEEDED, TEMPLATE
from nostro.ledger.staff.naming import tabs
from nostro.ui.actions import Action, only_in
from nostro.ui.addresses import STAFF
from nostro.ui.columns import Column, Date
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.forms import OperationForm
from nostro.ui.pages import ENTITIES, show, staff_page
from nostro.ui.queues import Queue
from nostro.ui.timeline import NAMES

OPENING_URL = f"{STAFF}ledger/opening/"
TONES = {"faulty": "bad", "clean": "wait", "posted": "ok", "dropped": "line"}
KINDS = {
    "orphan": "Unknown client, account or currency",
    "duplicate": "Twice",
    "amount": "Not an amount that can stand there",
    "form": "Not in the format",
}
WAITING = (Opening.Status.CLEAN, Opening.Status.FAULTY)


def _totals(act: Act, row: Opening) -> dict[str, Any]:
    """By currency: what is owed, what is had, and what is left on the other side."""
    found = []
    for code, one in row.totals.items():
        owed, had = (_money(one[side], code) for side in ("owed", "had"))
        found.append({"code": code, "lines": one["lines"], "owed": owed, "had": had,
                      "left": -(owed + had)})  # fmt: skip
    return {"totals": found}


def _money(text: str, code: str) -> Money:
    return Money.of(f"{text.partition(' ')[0].replace(',', '')} {code}")


def _faults(act: Act, row: Opening) -> dict[str, Any] | None:
    """Every fault by its line; how many there are of each kind."""
    if row.status not in WAITING:
        return None
    counts = {word: sum(one["kind"] == kind for one in row.faults) for kind, word in KINDS.items()}
    left = row.faulty - len({one["line"] for one in row.faults})
    return {
        "faults": row.faults,
        "counts": {word: count for word, count in counts.items() if count},
        "left": max(0, left),
    }


def _figures(act: Act, row: Opening) -> list[Figure]:
    tone = "bad" if row.faulty else "ok"
    said = "nothing is posted before they are" if row.faulty else "every line can be posted"
    if row.status == Opening.Status.POSTED:
        said = "each is an entry of the journal"
    return [
        Figure("Lines", f"{row.lines:,}", note="below the headings"),
        Figure("Not right", f"{row.faulty:,}", tone=tone, note=said),
        Figure("Currencies", len(row.totals), low=3),
    ]


def _entity(row: Opening) -> str:
    if row.entity_id is None:
        return "The whole firm"
    known = NAMES["people.legalentity"]({row.entity_id}) if "people.legalentity" in NAMES else {}
    return known.get(row.entity_id, (f"Legal entity {row.entity_id}", ""))[0]


def _read_by(row: Opening) -> str:
    if row.read_by is None:
        return "Command line"
    known = NAMES["staff"]({row.read_by}) if "staff" in NAMES else {}
    return known.get(row.read_by, (f"Colleague {row.read_by}", ""))[0]


opening = DetailPage(
    room="ledger",
    slug="openings",
    model=Opening,
    rows=queries.openings,
    title=lambda row: f"{row} Opening balances of {row.day:%-d %b %Y}",
    subtitle=lambda row: "Posted against house/opening, all lines or none, once.",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=_figures,
    panels=[
        template("What is not right", "ledger/opening_faults.html", _faults),
        template("By currency", "ledger/opening_totals.html", _totals),
        kv(
            "File",
            [
                Column(_entity, "Of"),
                Date("day", "Stood at the end of"),
                Column(_read_by, "Read by"),
                Column(lambda row: row.sha256[:16] + "…", "SHA-256"),
                Date("posted_at", "Posted"),
            ],
            side=True,
        ),
    ],
    actions=[
        Action(operations.post_opening, when=only_in(Opening.Status.CLEAN)),
        Action(operations.check_opening, when=only_in(*WAITING)),
        Action(operations.drop_opening, when=only_in(*WAITING)),
    ],
    icon="file-import",
)

Queue(
    Opening,
    Opening.Status.CLEAN,
    title="Opening balances",
    icon="file-import",
    page=OPENING_URL,
    line=lambda row: f"{row.lines:,} lines of {row.day:%-d %b %Y}",
    nothing="No clean file waits to be posted.",
)


def _form(request: HttpRequest, act: Act) -> OperationForm:
    """The file, its day and whose it is; the legal entities by name."""
    posted = request.method == "POST"
    data, files = (request.POST, request.FILES) if posted else (None, None)
    form = OperationForm(operations.read_opening, act, data, files, initial={"day": act.at.date()})
    form.fields["file"].label = "CSV file"
    form.fields["day"].label = "Stood at the end of"
    firms = [pair for ask in ENTITIES for pair in ask(act)]
    form.fields["entity_id"] = forms.ChoiceField(
        choices=[("", "The whole firm"), *firms], required=False, label="Legal entity"
    )
    return form


@staff_page(
    "ledger", "opening", "Opening balances", may=operations.read_opening.name, icon="file-import"
)
def opening_view(request: HttpRequest, act: Act) -> HttpResponse:
    """The format with its template, a place for the file, and the files that came before."""
    if "template" in request.GET:
        answer = HttpResponse(TEMPLATE, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="opening-balances.csv"'
        return answer
    form = _form(request, act)
    if request.method == "POST":
        made = form.carry_out()
        if made is not None:
            return HttpResponseRedirect(f"{opening.url}{made.pk}/")
    context = {
        "title": "Opening balances",
        "sub": "What stood on accounts before this ledger began. Read first, then posted by two"
        " people.",
        "views": tabs(act, "Opening balances"),
        "form": form,
        "columns": [
            {"name": name, "text": text, "needed": name in NEEDED} for name, text in COLUMNS.items()
        ],
        "most": MOST_LINES,
        "files": [
            {"row": one, "url": f"{opening.url}{one.pk}/", "tone": TONES[one.status],
             "of": _entity(one), "by": _read_by(one)}
            for one in queries.openings(act)[:20]
        ],
    }  # fmt: skip
    return show(request, act, "ledger/opening.html", context, status=422 if form.is_bound else 200)


def _names(ids: set[int]) -> dict[int, tuple[str, str]]:
    return {pk: (f"OB-{pk}", f"{opening.url}{pk}/") for pk in ids}


NAMES[label(Opening)] = _names
