"""The palette: one field that finds pages, people, numbers and what can be done, through the same
queries as the pages, so nobody finds what they may not see.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from nostro.core.acts import Act
from nostro.core.operations import OPERATIONS
from nostro.kit import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ui import additions
from nostro.ui.actions import offered, possible
from nostro.ui.addresses import operation_url, url_of
from nostro.ui.columns import Badge
from nostro.ui.lists import LISTS, ListPage
from nostro.ui.pages import MENU, PAGES, staff_view
from nostro.ui.queues import QUEUES
from nostro.ui.templatetags.nostro import span
from nostro.ui.words import Search

MOST = 5
SHORTEST = 2


@dataclass(frozen=True)
class Hit:
    """One thing found. `method="dialog"` opens its address in the dialog."""

    title: str
    url: str
    faint: str = ""
    icon: str = "point"
    end: str = ""
    pill: str = ""
    tone: str = ""
    key: str = ""
    method: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    hits: list[Hit]


PROVIDERS: list[Callable[[Act, str], Group | None]] = []
"""More to search through: `f(act, words) -> Group | None`."""


def pages(act: Act, words: str) -> Group:
    """Pages by their title, with the room as the navigation calls it."""
    rooms = {one.room: one.title for _, items in MENU for one in items}
    found = [
        Hit(one.title, one.url, "" if room == one.title else room, one.icon)
        for one in PAGES.values()
        for room in [rooms.get(one.section, one.room.capitalize())]
        if one.title and one.allowed(act.actor) and _fits(words, f"{one.room} {room} {one.title}")
    ]
    found.sort(key=lambda one: bool(words) and one.title.lower() != words.lower().strip())
    return Group("Pages", found[: MOST if words else 12])


def commands(act: Act, words: str, most: int = 12) -> Group:
    """Operations by their name: those that need nothing at once, the others by their list."""
    found = []
    for one in OPERATIONS.values():
        if one.internal or one.name in HIDDEN or not _fits(words, f"{one.room} {one.title}"):
            continue
        if not act.actor.may(one.name):
            continue
        page = LISTS.get(one.subject_type) if one.subject_type else None
        icon = one.icon or "bolt"
        if one.subject_type is None:
            found.append(Hit(one.title, operation_url(one.name), one.help, icon, method="dialog"))
        elif words and page is not None and page.allowed(act.actor):
            queues = (queue.page for queue in QUEUES.values() if queue.operation == one.name)
            url = next(filter(None, queues), page.url)
            found.append(Hit(one.title, url, f"choose in {page.title}", icon))
    first = words.lower().strip()
    found.sort(key=lambda one: not one.title.lower().startswith(first))
    return Group("Commands", found[:most])


HIDDEN = {"ui.save_view", "ui.arrange_home"}
"""Operations that only make sense on the page they belong to."""


def things(act: Act, search: Search) -> list[tuple[ListPage, list[Any]]]:
    """The first rows of each list that the words find, in the order of the menu."""
    rooms = [one.room for _, items in MENU for one in items]
    lists = [one for one in LISTS.values() if one.allowed(act.actor)]
    lists.sort(key=lambda one: rooms.index(one.room) if one.room in rooms else len(rooms))
    if search.sign:
        bearing = [one for one in lists if one.number and search.sign in ("#", one.number)]
        lists = bearing if bearing or search.sign == "#" else lists
    asked = [(one, one.rows(act)) for one in lists]
    search.know(one.looks(rows, search, one.hidden(act, rows)) for one, rows in asked)
    found = []
    for one, rows in asked:
        some = one.named(act, search, MOST, rows)
        if not some and search.amount and one.inspector and one.inspector.does_all:
            # Whose amount it is is worth finding even where the amount is found elsewhere.
            some = one.named(act, Search(" ".join(search.names)), MOST, rows)
        found.append((one, some))
    return [(one, some) for one, some in found if some]


def _best(found: list[tuple[ListPage, list[Any]]], search: Search) -> tuple[ListPage, Any] | None:
    """What was meant: the thing of that number, of that amount, or the only one of the first."""
    for page, rows in found:
        if page.number and rows[0].pk == search.number:
            return page, rows[0]
    for page, rows in found:
        if search.amount and page.amount:
            return page, rows[0]
    if found and len(found[0][1]) == 1:
        return found[0][0], found[0][1][0]
    return None


def _hit(act: Act, page: ListPage, row: Any, search: Search) -> Hit:
    said = page.inspector.title if page.inspector else str
    title = _name(row) if said is str else said(row)
    beside = [page.beside(row)] if page.beside else []
    if due := getattr(row, "due_at", None):
        beside.append(span(due - act.at) + (" over" if due < act.at else ""))
    hit = Hit(_marked(title, search), _place(page, row), icon=page.icon, end=" · ".join(beside))
    hit = replace(hit, faint=_marked(_faint(row, title), search))
    state = next((one for one in page.columns if one.heading in ("Status", "State")), None)
    value = state.value(act, row) if isinstance(state, Badge) else None
    if not isinstance(state, Badge) or value is None:
        return hit
    return replace(hit, pill=state.word(row, value), tone=state.colors.get(str(value), ""))


def _marked(text: str, search: Search) -> SafeString:
    """The text with what was typed marked in it: words from their beginnings, amounts whole."""
    asked = [re.escape(one) for word in search.names for one in [word.strip("#,.")] if one]
    if search.amount:
        asked.append(re.escape(f"{Decimal(search.amount):,}"))
    if not asked:
        return format_html("{}", text)
    parts = re.split(rf"(\b(?:{'|'.join(asked)}))", text, flags=re.IGNORECASE)
    drawn = ((("<mark>{}</mark>" if at % 2 else "{}"), one) for at, one in enumerate(parts))
    return mark_safe("".join(format_html(shape, one) for shape, one in drawn))  # noqa: S308


def _place(page: ListPage, row: Any) -> str:
    return url_of(row) or f"{page.url}?open={row.pk}"


def _name(row: Any) -> str:
    return str(getattr(row, "name", None) or row)


def _faint(row: Any, title: str) -> str:
    """Its number, how much and whose it is, as far as the title does not say so."""
    money = getattr(row, "money", "")
    whose = getattr(getattr(row, "client", None), "name", "")
    said = [getattr(row, "number", "") or row, money if isinstance(money, Money) else "", whose]
    return ", ".join(str(one) for one in said if str(one) and str(one) not in title)


def _fits(words: str, text: str) -> bool:
    return all(word in text.lower() for word in words.lower().split())


def now_possible(act: Act, page: ListPage, row: Any) -> Group:
    """What can be done with the one thing that was meant: its page's buttons, then the rest."""
    label = str(type(row)._meta.label_lower)
    own = page.inspector.actions if page.inspector else page.actions
    buttons = offered(act, additions.merged_actions(label, own), row)
    known = {one["url"] for one in buttons}
    if page.inspector and page.inspector.does_all:
        rest = possible(act, type(row), row)
        buttons += [one for one in rest if one["url"] not in known]
    hits = [
        Hit(
            f"{one['title']}: {_name(row)}", one["url"], icon=one["icon"] or "bolt",
            method="dialog", key=one.get("key", ""),
        )
        for one in buttons
        if not one["why_not"]
    ]  # fmt: skip
    return Group("You can do now", hits[: MOST + 1])


def search(act: Act, asked: str) -> list[Group]:
    """Every group with something in it; the best first."""
    words = asked.strip()
    if words.startswith(">"):
        return [group for group in [commands(act, words[1:])] if group.hits]
    looked_for = Search(words)
    groups: list[Group] = []
    if len(words) >= SHORTEST or words.isdigit():
        found = things(act, looked_for)
        best = _best(found, looked_for)
        if best is not None:
            hit = _hit(act, *best, looked_for)
            groups = [Group("Best match", [hit]), now_possible(act, *best)]
        for page, rows in found:
            rest = [one for one in rows if best is None or one is not best[1]]
            groups.append(Group(page.title, [_hit(act, page, one, looked_for) for one in rest]))
        more = (ask(act, words) for ask in PROVIDERS)
        groups += [one for one in more if one is not None]
    if looked_for.sign != "#":
        groups += [pages(act, words), *([commands(act, words, MOST)] if words else [])]
    return [group for group in groups if group.hits]


@staff_view
def palette_view(request: HttpRequest, act: Act) -> HttpResponse:
    groups = search(act, request.GET.get("q", "")[:200])
    count = sum(len(group.hits) for group in groups)
    context = {"groups": groups, "count_text": f"{count} found" if count else ""}
    return render(request, "ui/parts/palette_hits.html", context)


@staff_view
def find_view(request: HttpRequest, act: Act, model: str) -> HttpResponse:
    """Options for an input that names a thing of the house."""
    known: dict[str, type[models.Model]] = {one._meta.label_lower: one for one in LISTS}
    page = LISTS[known[model]] if model in known else None
    if page is None or not page.allowed(act.actor):
        raise NotFound("Nothing of this kind can be searched.")
    words = next(iter(request.GET.dict().values()), "")[:100]
    try:
        rows = page.named(act, Search(words)) if words else []
    except Problem:
        rows = []
    options = format_html_join(
        "", '<option value="{}">{}</option>', [(row.pk, _name(row)) for row in rows]
    )
    return HttpResponse(format_html("{}", options))
