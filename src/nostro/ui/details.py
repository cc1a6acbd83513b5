"""A thing's page: its figures, panels, timeline and buttons; the same declaration is the
inspector beside a list.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from nostro.core import approvals, log
from nostro.core.access import Actor
from nostro.core.acts import Act
from nostro.core.models import Proposal, Record, label
from nostro.core.operations import OPERATIONS, Operation
from nostro.core.queries import Query
from nostro.kit.problems import Forbidden, NotFound
from nostro.ui import additions
from nostro.ui.actions import SELDOM, Actions, as_actions, button, offered, possible
from nostro.ui.additions import Chip
from nostro.ui.addresses import STAFF, URLS, Address, operation_url, url_of
from nostro.ui.answers import is_htmx
from nostro.ui.columns import Column
from nostro.ui.figures import Figure, Pill
from nostro.ui.keyset import about_how_many
from nostro.ui.pages import crumb, register, show, staff_view
from nostro.ui.timeline import feed, timeline

Ask = Callable[[Act, Any], Any]
Offer = tuple[str, Operation[..., Any]]
PLAIN_ROW = dict.fromkeys(
    ("key", "url", "inspect", "push", "open", "ticked", "off", "group", "sum"), ""
)
"""What a template asks of each row: a word that is missing costs more than one that is empty."""


@dataclass(frozen=True)
class Panel:
    """One section of a detail page. `side` puts it on the rail; `may` names what it needs."""

    kind: Literal["kv", "table", "list", "template"]
    title: str
    columns: Sequence[Column] = ()
    ask: Ask | None = None
    name: str = ""
    empty: str = "Nothing yet."
    side: bool = False
    may: str = ""
    link: Callable[[Any], tuple[str, str]] | None = None
    offer: Offer | None = None

    def drawn(self, request: HttpRequest, act: Act, row: Any) -> dict[str, Any] | None:
        """For its template; a panel that asks and is told `None` is not there."""
        found: Any = self.ask(act, row) if self.ask else ()
        if found is None:
            return None
        link = self.link(row) if self.link else None
        drawn: dict[str, Any] = {"kind": self.kind, "title": self.title, "link": link}
        if self.offer and act.actor.may(self.offer[1].name):
            drawn["offer"] = (self.offer[0], operation_url(self.offer[1].name, row.pk))
        if self.kind == "kv":
            drawn["pairs"] = [{"label": c.heading, "value": c.html(act, row)} for c in self.columns]
        elif self.kind == "table":
            drawn["columns"] = [heading(c) for c in self.columns]
            drawn["rows"] = [{**PLAIN_ROW, "tds": cells(act, self.columns, one)} for one in found]
            drawn["empty"] = getattr(found, "empty", "") or self.empty
        elif self.kind == "list":
            drawn["lines"], drawn["empty"] = list(found), self.empty
        else:
            context = {"act": act, "now": act.at, "row": row, **dict(found or {})}
            drawn["html"] = render_to_string(self.name, context, request)
        return drawn


def heading(column: Column) -> dict[str, Any]:
    return {"title": column.heading, "numeric": column.numeric, "low": column.low}


def cells(act: Act, columns: Iterable[Column], row: Any) -> SafeString:
    """A row's cells as they stand in the table. Lists have hundreds, so no template draws each."""
    drawn = ((one.css, one.html(act, row)) for one in columns)
    return format_html_join("", '<td class="{}">{}</td>', drawn)


def kv(title: str, columns: Sequence[Column], *, side: bool = False, may: str = "") -> Panel:
    """Names and values of the thing itself."""
    return Panel("kv", title, columns, side=side, may=may)


def table(
    title: str, rows: Callable[[Act, Any], Iterable[Any]], columns: Sequence[Column], *,
    empty: str = "Nothing yet.", side: bool = False, may: str = "",
    link: Callable[[Any], tuple[str, str]] | None = None, offer: Offer | None = None,
) -> Panel:  # fmt: skip
    """Other rows that belong to the thing; `link(row)` gives the words and address of them all,
    `offer` names an operation on the thing that stands in the panel's head. What is asked may say
    by an `empty` of its own what it means that there is nothing.
    """
    about: Any = {"empty": empty, "side": side, "may": may, "link": link, "offer": offer}
    return Panel("table", title, columns, rows, **about)


def listing(
    title: str, lines: Callable[[Act, Any], Iterable[str]], *, empty: str = "Nothing yet.",
    side: bool = False, may: str = "", offer: Offer | None = None,
) -> Panel:  # fmt: skip
    """Lines of text, as `format_html` gives them."""
    return Panel("list", title, ask=lines, empty=empty, side=side, may=may, offer=offer)


def template(
    title: str, name: str, context: Callable[[Act, Any], dict[str, Any] | None] | None = None, *,
    side: bool = False, may: str = "", offer: Offer | None = None,
) -> Panel:  # fmt: skip
    """Whatever a template of the room draws."""
    return Panel("template", title, ask=context, name=name, side=side, may=may, offer=offer)


@dataclass(frozen=True)
class Tab:
    """A page of the detail, beside its overview; one without panels waits to be filled."""

    slug: str
    title: str
    panels: Sequence[Panel]
    count: Callable[[Act, Any], int | None] | None = None


@dataclass
class DetailPage:
    """Declare a thing's page. Making it registers it and gives the thing its address."""

    room: str
    slug: str
    model: type[models.Model]
    rows: Query[..., Any]
    title: Callable[[Any], str] = str
    subtitle: Callable[[Any], str] | None = None
    pills: Callable[[Act, Any], Sequence[Pill]] | None = None
    figures: Callable[[Act, Any], Sequence[Figure]] | None = None
    panels: Sequence[Panel] = ()
    tabs: Sequence[Tab] = ()
    actions: Actions = ()
    timeline: bool | Callable[[Act, Any], models.QuerySet[Record]] = True
    prepare: Callable[[Act, list[Any]], None] | None = None
    section: str = ""
    icon: str = "point"
    face: Callable[[Any], str] | None = None
    chips: Callable[[Act, Any], Sequence[Chip]] | None = None
    does_all: bool = False
    """Whether a “Do” menu offers every operation that this person may carry out on it."""

    def __post_init__(self) -> None:
        self.section = self.section or self.room
        URLS[self.label] = lambda thing: f"{self.url}{thing.pk}/"
        register(_Listed(self), "detail")

    @property
    def url(self) -> str:
        return f"{STAFF}{self.room}/{self.slug}/"

    @property
    def label(self) -> str:
        return str(self.model._meta.label_lower)

    def find(self, act: Act, pk: int) -> Any:
        row = self.rows(act).filter(pk=pk).first()
        if row is None:
            raise NotFound(f"There is no {self.model._meta.verbose_name} {pk}, or not for you.")
        if self.prepare:
            self.prepare(act, [row])
        return row

    def records(self, act: Act, row: Any) -> models.QuerySet[Record] | None:
        if self.timeline is False or not act.actor.may(log.records.name):
            return None
        if callable(self.timeline):
            return self.timeline(act, row)
        return log.records(act).filter(subject_type=label(row), subject_id=row.pk)

    def top(self, act: Act, row: Any) -> dict[str, Any]:
        """What the page and the inspector have alike."""
        return {
            "row": row,
            "title": self.title(row),
            "sub": self.subtitle(row) if self.subtitle else "",
            "pills": additions.asked(self.label, "pills", self.pills, act, row),
            "figures": additions.asked(self.label, "figures", self.figures, act, row),
            "actions": offered(act, additions.merged_actions(self.label, self.actions), row),
            "waiting": waiting_for(act, row),
            "topics": label(row),
        }

    def _drawn(
        self, request: HttpRequest, act: Act, row: Any, panels: Sequence[Panel]
    ) -> list[dict[str, Any]]:
        seen = [one for one in panels if not one.may or act.actor.may(one.may)]
        drawn = (one.drawn(request, act, row) for one in seen)
        return [one for one in drawn if one is not None]

    def inspector(self, request: HttpRequest, act: Act, row: Any) -> dict[str, Any]:
        records = self.records(act, row)
        url = f"{self.url}{row.pk}/"
        return {
            **self.top(act, row),
            "full_url": url,
            "inspect_url": f"{url}?part=inspector",
            "panels": self._drawn(
                request, act, row, additions.merged_panels(self.label, self.panels)
            ),
            "mini": feed(act, records, 6) if records is not None else [],
        }

    def page(self, request: HttpRequest, act: Act, row: Any) -> dict[str, Any]:
        address = Address(f"{self.url}{row.pk}/", request.GET.dict())
        tab = address.params.get("tab", "")
        records = self.records(act, row)
        tabs = additions.merged_tabs(self.label, self.tabs)
        everything = additions.merged_panels(self.label, self.panels)
        chosen = next((one for one in tabs if one.slug == tab), None)
        if tab and chosen is None and tab != "timeline":
            raise NotFound("There is no such part of this page.")
        shown = chosen.panels if chosen else everything
        on_line = records is not None and (tab == "timeline" or not tab)
        around = [] if tab == "timeline" else [one for one in shown if not one.side]
        side = [one for one in everything if one.side]
        count = None if any(not one.side for one in everything) else records
        return {
            **self.top(act, row),
            "crumb": [one for one in crumb(_Listed(self), act) if one["url"] == self.url],
            "face": self.face(row) if self.face else "",
            "chips": additions.asked(self.label, "chips", self.chips, act, row),
            **(self._menus(request, act, row) if self.does_all else {}),
            "tabs": [_first_tab(address, tab, count), *_tabs(act, row, address, tabs)]
            if tabs
            else [],
            "panels": self._drawn(request, act, row, around),
            "side": self._drawn(request, act, row, side),
            "line": timeline(act, records, address) if on_line and records is not None else None,
            "here": request.get_full_path(),
        }

    def _menus(self, request: HttpRequest, act: Act, row: Any) -> dict[str, Any]:
        """What is done often under “Do”, the rest behind three dots."""
        declared = as_actions(additions.merged_actions(self.label, self.actions))
        own = [one for one in declared if one.on_top and one.verdict(act, row) == ""]
        every = possible(act, self.model, row, own)
        return {
            "actions": [button(one, row) for one in own],
            "do": [one for one in every if one["heading"] not in SELDOM],
            "seldom": [one for one in every if one["heading"] in SELDOM],
            "whole_url": request.build_absolute_uri(f"{self.url}{row.pk}/"),
        }

    def answer(self, request: HttpRequest, act: Act, pk: int) -> HttpResponse:
        row = self.find(act, pk)
        if request.GET.get("part") == "inspector" and is_htmx(request):
            context = {**self.inspector(request, act, row), "act": act, "now": act.at}
            return render(request, "ui/pages/inspector.html", context)
        return show(request, act, "ui/pages/detail.html", self.page(request, act, row))


def _first_tab(
    address: Address, tab: str, records: models.QuerySet[Record] | None
) -> dict[str, Any]:
    """The overview; where nothing but the timeline stands there, the timeline with its length."""
    first = {"title": "Overview", "url": address.path, "current": not tab, "count": None}
    if records is None:
        return first
    count, more = about_how_many(records)
    return first | {"title": "Timeline", "count": f"{count}+" if more else count}


def _tabs(act: Act, row: Any, address: Address, tabs: Sequence[Tab]) -> list[dict[str, Any]]:
    return [
        {
            "title": one.title,
            "url": f"{address.path}?tab={one.slug}",
            "current": one.slug == address.params.get("tab"),
            "count": one.count(act, row) if one.count else None,
        }
        for one in tabs
        if any(not panel.may or act.actor.may(panel.may) for panel in one.panels)
    ]


class _Listed:
    """A detail page in the registry: it has an address, and no entry of its own in the menu."""

    title = ""

    def __init__(self, detail: DetailPage) -> None:
        self.detail, self.url = detail, detail.url
        self.room, self.slug = detail.room, detail.slug
        self.section, self.icon = detail.section, detail.icon

    def allowed(self, actor: Actor) -> bool:
        return actor.may(self.detail.rows.name)

    def patterns(self) -> list[URLPattern]:
        @staff_view
        def opened(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
            return self.detail.answer(request, act, pk)

        address = f"{self.url.removeprefix('/')}<int:pk>/"
        return [path(address, opened, name=f"{self.room}.{self.slug}.one")]


def waiting_for(act: Act, row: Any) -> list[dict[str, Any]]:
    """Open proposals about a thing, with who has to agree: four eyes, said aloud."""
    if isinstance(row, Proposal):
        return [_eyes(act, row)] if row.status == Proposal.Status.OPEN else []
    try:
        found = approvals.proposals(act).filter(
            subject_type=label(row), subject_id=row.pk, status=Proposal.Status.OPEN
        )
    except Forbidden:
        return []
    return [_eyes(act, one) for one in found]


def _eyes(act: Act, proposal: Proposal) -> dict[str, Any]:
    given = proposal.agreements.filter(agrees=True).count()
    left = proposal.people - given
    said = proposal.agreements.filter(staff_id=act.actor.id or 0).exists()
    own = act.actor.is_same_person(proposal.maker_kind, proposal.maker_id)
    if own:
        yours = "someone else has to give it, because you proposed it"
    elif said:
        yours = "someone else has to give it, because you gave yours"
    elif act.actor.may(proposal.needs):
        yours = "you can give it"
    else:
        yours = "your role does not include it"
    title = OPERATIONS[proposal.operation].title if proposal.operation in OPERATIONS else ""
    people = "one more person" if left == 1 else f"{left} more people"
    return {
        "title": f"{title or proposal.operation} waits for {people}",
        "text": f"{given} of {proposal.people} agreed: {yours}.",
        "url": url_of(proposal),
        "reason": proposal.reason,
        "due_at": proposal.due_at,
        "made_at": proposal.made_at,
    }
