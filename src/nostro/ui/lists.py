"""A list page from one declaration: views, filters, search, sorting, keyset pages, live rows,
the inspector, bulk actions and spreadsheets.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.db import models
from django.db.models import Q, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.text import slugify

from nostro.core.access import Actor
from nostro.core.acts import Act
from nostro.core.models import label
from nostro.core.operations import Operation
from nostro.core.queries import Query
from nostro.kit.problems import Forbidden, Problem
from nostro.ui import bulk, exports, queries
from nostro.ui.actions import Actions, as_actions, creations
from nostro.ui.addresses import STAFF, Address, operation_url, url_of
from nostro.ui.answers import is_htmx
from nostro.ui.columns import Column
from nostro.ui.details import PLAIN_ROW, DetailPage, cells, heading
from nostro.ui.figures import Figure
from nostro.ui.filters import BadFilter, Filter
from nostro.ui.keyset import MANY, Page, about_how_many, page_of, together
from nostro.ui.pages import crumb, register, show, staff_view
from nostro.ui.words import Search

Look = tuple[type[models.Model], Sequence[str], list[str]]
COUNTED = 99
MORE: list[Callable[["ListPage", Act, Address], list[dict[str, Any]]]] = []
"""What higher rooms offer beside a list's own buttons."""
LISTS: dict[type[models.Model], "ListPage"] = {}
"""Model → the list that finds it by words; pages and the palette search through it."""


@dataclass(frozen=True)
class View:
    """A tab of a list: some of its rows under a name. Values may be callables of the act."""

    name: str
    lookup: Mapping[str, Any]
    counted: bool = True
    order: str = ""

    def __init__(self, name: str, *, counted: bool = True, order: str = "", **lookup: Any) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "lookup", lookup)
        object.__setattr__(self, "counted", counted)
        object.__setattr__(self, "order", order)

    @property
    def slug(self) -> str:
        return slugify(self.name)

    def narrow(self, act: Act, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(**{k: v(act) if callable(v) else v for k, v in self.lookup.items()})


@dataclass(frozen=True)
class Selection:
    """The rows that an address asks for, in their order."""

    rows: models.QuerySet[Any]
    order: str
    address: Address


@dataclass
class ListPage:
    """Declare a list. Making it registers it."""

    room: str
    slug: str
    title: str
    rows: Query[..., Any]
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    views: Sequence[View] = ()
    actions: Actions = ()
    create: Sequence[Operation[..., Any]] = ()
    figures: Callable[[Act], Sequence[Figure]] | None = None
    inspector: DetailPage | None = None
    search: Sequence[str] = ()
    number: str = ""
    amount: str = ""
    beside: Callable[[Any], str] | None = None
    order: str = "-pk"
    empty: str = "Nothing here yet."
    section: str = ""
    icon: str = "list"
    masked: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Act, list[Any]], None] | None = None
    live: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.section = self.section or self.room
        if self.rows.finds is not None and (self.search or self.number):
            LISTS.setdefault(self.rows.finds, self)
        register(self, "list")

    @property
    def name(self) -> str:
        return f"{self.room}/{self.slug}"

    @property
    def url(self) -> str:
        return f"{STAFF}{self.name}/"

    @cached_property
    def filters_by_name(self) -> dict[str, Filter]:
        return {name: one for one in self.filters for name in one.names}

    def allowed(self, actor: Actor) -> bool:
        return actor.may(self.rows.name)

    def patterns(self) -> list[URLPattern]:
        def at(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            @staff_view
            def opened(request: HttpRequest, act: Act, **more: Any) -> HttpResponse:
                if not self.allowed(act.actor):
                    raise Forbidden(f"Your role does not include “{self.title}”.")
                return view(request, act, **more)

            return opened

        start, name = self.url.removeprefix("/"), f"{self.room}.{self.slug}"
        return [
            path(start, at(self.answer), name=name),
            path(f"{start}export", at(self.export), name=f"{name}.export"),
            path(f"{start}bulk/<str:operation>", at(self.bulk), name=f"{name}.bulk"),
        ]

    # ── What is asked for ──

    def hidden(self, act: Act, rows: models.QuerySet[Any]) -> set[str]:
        """Paths this person sees masked: to sort or search by them would tell what they hold."""
        declared = dict(self.masked)
        for one in self.columns:
            if one.masked:
                source = one.source.replace(".", "__") if isinstance(one.source, str) else ""
                declared |= dict.fromkeys(filter(None, (one.sort, source)), one.masked)
        unseen = {key for key, grant in declared.items() if not act.actor.grants.unmask(grant)}
        return unseen | set(getattr(rows, "_masks", ()))

    def select(self, act: Act, params: Mapping[str, str]) -> Selection:
        address = Address(self.url, params)
        rows: models.QuerySet[Any] = self.rows(act)
        hidden = self.hidden(act, rows)
        view = self.view(params)
        if view is not None:
            rows = view.narrow(act, rows)
        seen = self.seen_filters(hidden)
        for one in self.filters:
            if one in seen:
                rows = one.narrow(act, rows, params)
            elif any(params.get(name) for name in one.names):
                raise BadFilter(f"Your role does not see {one.heading}, so it cannot filter by it.")
        rows = self.found(rows, Search(params.get("q", "")), hidden)
        order = params.get("sort") or (view.order if view else "") or self.order
        allowed = {one.sort for one in self.columns if one.sort and not _touches(one.sort, hidden)}
        if params.get("sort") and order.removeprefix("-") not in allowed:
            raise Problem("This list is not sorted by that.", field="sort")
        return Selection(rows, order, address)

    def view(self, params: Mapping[str, str]) -> View | None:
        wanted = params.get("view")
        if wanted is None:
            return self.views[0] if self.views else None
        return next((one for one in self.views if one.slug == wanted), None)

    def seen_filters(self, hidden: set[str]) -> list[Filter]:
        return [one for one in self.filters if not any(_touches(p, hidden) for p in one.paths)]

    def found(
        self, rows: models.QuerySet[Any], search: Search, hidden: set[str]
    ) -> models.QuerySet[Any]:
        """Rows whose searched fields hold every word, or that bear the number."""
        if not search.words:
            return rows
        ways = self.ways(rows, search, hidden)
        return rows.filter(reduce(Q.__or__, ways)) if ways else rows.none()

    def ways(self, rows: models.QuerySet[Any], search: Search, hidden: set[str]) -> list[Q]:
        exact = [Q(pk=search.number)] if self.number and search.number is not None else []
        if exact and search.sign in ("#", self.number):
            return exact
        seen = self.searched(hidden)
        if self.amount and search.amount:
            of_amount = search.of_amount(self.amount)
            return [one & of_amount for one in search.ways(rows.model, seen, search.names)]
        return [*search.ways(rows.model, seen), *exact]

    def searched(self, hidden: set[str]) -> list[str]:
        return [one for one in self.search if not _touches(one, hidden)]

    def looks(self, rows: models.QuerySet[Any], search: Search, hidden: set[str]) -> Look:
        """What `ways` will ask the search for."""
        exact = self.number and search.number is not None and search.sign in ("#", self.number)
        words = search.names if self.amount and search.amount else search.words
        return rows.model, [] if exact else self.searched(hidden), words

    def named(
        self, act: Act, search: Search, most: int = 20, rows: models.QuerySet[Any] | None = None
    ) -> list[Any]:
        """The first things that words or a number find: for inputs and the palette."""
        rows = self.rows(act) if rows is None else rows
        ways = self.ways(rows, search, self.hidden(act, rows)) if search.words else []
        if not ways:
            return []
        found = page_of(rows.filter(reduce(Q.__or__, ways)), self.order, size=most).rows
        full = len(found) == most
        return search.exact_first(rows, found, full=full)[:most] if self.number else found

    # ── What is shown ──

    def answer(self, request: HttpRequest, act: Act) -> HttpResponse:
        params = request.GET.dict()
        selection = self.select(act, params)
        context = self.rows_context(request, act, selection)
        if params.get("part") == "rows" and is_htmx(request):
            return render(request, "ui/pages/list_rows.html", {**context, "now": act.at})
        return show(
            request, act, "ui/pages/list.html", context | self.head(request, act, selection)
        )

    def head(self, request: HttpRequest, act: Act, selection: Selection) -> dict[str, Any]:
        address, params = selection.address, selection.address.params
        hidden = self.hidden(act, selection.rows)
        place = "Filter" if self.search else ""
        search = {"name": "q", "value": params.get("q", ""), "placeholder": place}
        opened = params.get("open", "")
        context = {
            "title": self.title,
            "crumb": crumb(self, act),
            "actions": [*self._own_actions(act, address), *creations(act, self.create)],
            "figures": list(self.figures(act)) if self.figures else [],
            "views": self._views(act, address),
            "filters": [one.chip(act, address) for one in self.seen_filters(hidden)],
            "hide": self._columns_menu(address),
            "search": {**search, "keep": address.without("q")} if place or self.number else None,
        }
        if self.inspector and opened.isdigit() and act.actor.may(self.inspector.rows.name):
            row = self.inspector.find(act, int(opened))
            context["inspector"] = self.inspector.inspector(request, act, row)
        return context

    def rows_context(self, request: HttpRequest, act: Act, selection: Selection) -> dict[str, Any]:
        address, params = selection.address, selection.address.params
        after, before = params.get("after", ""), params.get("before", "")
        asked = address.without("view", "saved", "hide", "sort")
        page = page_of(selection.rows, selection.order, after=after, before=before)
        if self.number and not after and not before:
            search, full = Search(params.get("q", "")), bool(page.after)
            page = replace(page, rows=search.exact_first(selection.rows, page.rows, full=full))
        if self.prepare:
            self.prepare(act, page.rows)
        hidden = self.hidden(act, selection.rows)
        shown = self._shown(params)
        open_row = params.get("open") or _open_in(request)
        bulk_actions = [
            one for one in as_actions(self.actions) if act.actor.may(one.operation.name)
        ]
        return {
            "label": self.title,
            "columns": [self._heading(one, selection, hidden) for one in shown],
            "rows": [self._row(act, address, shown, one, open_row) for one in page.rows],
            "selectable": bool(bulk_actions),
            "bulk_actions": bulk.buttons(self, bulk_actions),
            "empty": None if asked else {"icon": self.icon, "title": self.empty},
            "count_text": self._count(selection, page),
            "previous_url": address.url(before=page.before) if page.before else "",
            "next_url": address.url(after=page.after) if page.after else "",
            "topics": " ".join([label(selection.rows.model), *self.live]),
            "rows_url": f"{address.url(after=after or None, before=before or None, part='rows')}",
        }

    def _count(self, selection: Selection, page: Page) -> str:
        if not page.before and not page.after:
            return f"{len(page.rows)} of {len(page.rows)}"
        most, more = about_how_many(selection.rows)
        return f"{len(page.rows)} of more than {MANY}" if more else f"{len(page.rows)} of {most}"

    def _shown(self, params: Mapping[str, str]) -> list[Column]:
        folded = set(params.get("hide", "").split(","))
        return [one for index, one in enumerate(self.columns) if str(index) not in folded]

    def _columns_menu(self, address: Address) -> list[dict[str, Any]]:
        folded = {one for one in address.params.get("hide", "").split(",") if one}
        return [
            {
                "title": one.heading,
                "url": address.url(hide=",".join(sorted(folded ^ {str(index)})) or None),
                "current": str(index) not in folded,
            }
            for index, one in enumerate(self.columns)
        ]

    def _heading(self, column: Column, selection: Selection, hidden: set[str]) -> dict[str, Any]:
        drawn = heading(column)
        if not column.sort or _touches(column.sort, hidden):
            return drawn
        current = selection.order.removeprefix("-") == column.sort
        down = selection.order.startswith("-")
        again = f"-{column.sort}" if current and not down else column.sort
        drawn["sort_url"] = selection.address.url(sort=again)
        drawn["sorted"] = ("descending" if down else "ascending") if current else ""
        return drawn

    def _row(
        self, act: Act, address: Address, columns: Sequence[Column], row: Any, opened: str
    ) -> dict[str, Any]:
        url = f"{self.inspector.url}{row.pk}/" if self.inspector else url_of(row)
        return {
            **PLAIN_ROW,
            "key": row.pk,
            "label": str(row),
            "url": url,
            "inspect": f"{url}?part=inspector" if self.inspector else "",
            "push": address.url(open=str(row.pk)),
            "open": str(row.pk) == opened,
            "sum": str(row.money) if self.amount else "",
            "tds": cells(act, columns, row),
        }

    def _views(self, act: Act, address: Address) -> list[dict[str, Any]]:
        saved, current = address.params.get("saved", ""), self.view(address.params)
        counts = self._counts(act)
        drawn = [
            {
                "title": one.name,
                "url": f"{self.url}?view={one.slug}",
                "current": one is current and not saved,
                "count": counts.get(one.slug),
            }
            for one in self.views
        ]
        for own in queries.saved_views(act).filter(page=self.name):
            url = f"{self.url}?{own.query}&saved={own.pk}"
            drawn.append({"title": own.name, "url": url, "current": saved == str(own.pk)})
        return drawn

    def _counts(self, act: Act) -> dict[str, str]:
        """How many rows each counted view has, as far as a tab counts, in one statement."""
        everything: models.QuerySet[Any] = self.rows(act)
        rows = [
            one.narrow(act, everything).order_by().annotate(of=Value(one.slug)).values_list("of")
            for one in self.views
            if one.counted
        ]
        if not rows:
            return {}
        found = Counter(of for (of,) in together([one[: COUNTED + 1] for one in rows]))
        return {
            one.slug: f"{COUNTED}+" if found[one.slug] > COUNTED else str(found[one.slug])
            for one in self.views
            if one.counted
        }

    def _own_actions(self, act: Act, address: Address) -> list[dict[str, Any]]:
        drawn = []
        saved, query = address.params.get("saved", ""), urlencode(address.chosen)
        quiet = {"tone": "quiet", "method": "dialog"}
        if saved.isdigit():
            url = operation_url("ui.delete_view", int(saved)) + "?" + urlencode({"next": self.url})
            drawn.append({"title": "Delete view", "url": url, "icon": "trash", **quiet})
        elif query:
            asked = urlencode({"page": self.name, "query": query})
            url = operation_url("ui.save_view") + "?" + asked
            drawn.append({"title": "Save view", "url": url, "icon": "bookmark", **quiet})
        if act.actor.may("ui.export_rows"):
            url = f"{self.url}export?{query}" if query else f"{self.url}export"
            drawn.append({"title": "Export", "url": url, "icon": "download", **quiet})
        return drawn + [one for more in MORE for one in more(self, act, address)]

    def export(self, request: HttpRequest, act: Act) -> HttpResponse:
        return exports.answer(self, request, act)

    def bulk(self, request: HttpRequest, act: Act, operation: str) -> HttpResponse:
        return bulk.answer(self, request, act, operation)


def _touches(path: str, hidden: set[str]) -> bool:
    """Whether a lookup reads a hidden path: `email__icontains` reads `email`."""
    return any(path == one or path.startswith(f"{one}__") for one in hidden)


def _open_in(request: HttpRequest) -> str:
    """The row that stands open in the browser that asks for fresh rows."""
    query = urlsplit(request.headers.get("HX-Current-URL", "")).query
    return parse_qs(query).get("open", [""])[0]
