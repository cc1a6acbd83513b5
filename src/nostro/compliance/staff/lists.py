"""Sanctions lists with their versions, and the hits that wait for somebody to say who it is."""

from typing import Any

from nostro.compliance import operations, queries
from nostro.compliance.models import Hit, ListVersion
from nostro.compliance.staff.review import drawn_hit
from nostro.core.acts import Act
from nostro.ui.columns import Badge, Clock, Column, Date, Number, Person
from nostro.ui.details import DetailPage, kv, listing, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.timeline import NAMES

TONES = {"open": "wait", "cleared": "ok", "confirmed": "bad"}


def _explained(act: Act, row: Hit) -> dict[str, Any]:
    return {"one": drawn_hit(act, row) | {"may": False}}


hit = DetailPage(
    room="compliance",
    slug="hits",
    model=Hit,
    rows=queries.hits,
    title=lambda row: f"{row} {row.client.name}",
    subtitle=lambda row: f"{row.entry} · score {row.score:.2f}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    panels=[
        template("On the list", "compliance/hit.html", _explained),
        kv(
            "The entry",
            [
                Column(lambda row: " · ".join(row.entry.names), "Names"),
                Column(lambda row: " · ".join(row.entry.weak_names), "Weak aliases"),
                Column(lambda row: " · ".join(row.entry.birth_dates), "Born"),
                Column(lambda row: ", ".join(row.entry.countries), "Countries"),
                Column(lambda row: " · ".join(row.entry.identifiers), "Papers"),
                Column(lambda row: ", ".join(row.entry.programmes), "Programmes"),
            ],
        ),
        kv(
            "The client",
            [
                Person("client", "Client"),
                Date("client.birth_date", "Born", masked="people.client.birth_date"),
                Column("client.country", "Country"),
                Column("client.nationality", "Nationality"),
            ],
        ),
    ],
    actions=[operations.clear_hit, operations.confirm_hit],
)

hits = ListPage(
    room="compliance",
    slug="hits",
    title="Hits",
    rows=queries.hits,
    columns=[
        Clock("due_at", sort="due_at"),
        Person("client.name", "Client", sort="client__last_name"),
        Column(lambda row: row.entry.names[0], "On the list", cut=True),
        Column("entry.list", "List", sort="entry__list"),
        Number("score", places=2, sort="score"),
        Date("found_at", "Found", sort="found_at", low=2),
        Badge("status", colors=TONES),
    ],
    filters=[
        choice("status", Hit.Status.choices),
        text("list", "entry__list__icontains"),
        text("client", "client__last_name__holds"),
        date_range("found_at", title="Found"),
    ],
    views=[
        View("Open", status=Hit.Status.OPEN, order="due_at"),
        View("Confirmed", status=Hit.Status.CONFIRMED),
        View("Cleared", status=Hit.Status.CLEARED, counted=False),
        View("All", counted=False),
    ],
    inspector=hit,
    search=["client__last_name__holds", "client__first_name__holds"],
    number="H",
    order="-found_at",
    empty="Nobody looks like somebody on a list. New hits appear here by themselves.",
    icon="radar-2",
)

Queue(
    Hit,
    Hit.Status.OPEN,
    title="Hits on lists",
    icon="radar-2",
    page=hits.url,
    line=lambda row: f"{row.client.name}, {row.entry.list} {row.score:.2f}",
    nothing="No hit waits for an answer.",
)


def _figures(act: Act) -> list[Figure]:
    newest: dict[str, ListVersion] = {}
    for one in queries.list_versions(act).order_by("number"):
        newest[one.list] = one
    return [
        Figure(name, one.entries, note=f"v{one.number}, {one.loaded_at:%d %b %Y}")
        for name, one in sorted(newest.items())
    ]


version = DetailPage(
    room="compliance",
    slug="lists",
    model=ListVersion,
    rows=queries.list_versions,
    title=str,
    subtitle=lambda row: f"{row.entries} entries",
    panels=[
        kv(
            "This version",
            [
                Date("loaded_at", "Loaded"),
                Number("entries"),
                Number("added"),
                Number("changed"),
                Number("removed"),
                Column("sha256", "SHA-256 of its entries", cut=True),
            ],
        ),
        listing(
            "What could not be read",
            lambda act, row: row.unread,
            empty="Every line was understood.",
        ),
    ],
)

versions = ListPage(
    room="compliance",
    slug="lists",
    title="Screening lists",
    rows=queries.list_versions,
    columns=[
        Date("loaded_at", "Loaded", sort="loaded_at"),
        Column("list", sort="list"),
        Number("number", "Version"),
        Number("entries"),
        Number("added", low=2),
        Number("changed", low=2),
        Number("removed", low=2),
        Number(lambda row: len(row.unread), "Unread"),
    ],
    filters=[text("list"), date_range("loaded_at", title="Loaded")],
    create=[operations.upload_list],
    figures=_figures,
    inspector=version,
    order="-loaded_at",
    empty="No list is loaded, so nobody is approved by itself. Load one.",
    icon="list-search",
)


def _names(model: Any, address: str) -> Any:
    return lambda ids: {
        pk: (name, f"{address}{pk}/") for pk, name in queries.numbers(model, ids).items()
    }


NAMES["compliance.hit"] = _names(Hit, hit.url)
NAMES["compliance.listversion"] = _names(ListVersion, version.url)
