"""The palette: one field that finds pages, people, numbers and what can be done, through the same
queries as the pages, so nobody finds what they may not see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join

from nostro.core.acts import Act
from nostro.core.operations import OPERATIONS
from nostro.kit import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ui.actions import offered
from nostro.ui.addresses import operation_url, url_of
from nostro.ui.lists import LISTS, ListPage
from nostro.ui.pages import MENU, PAGES, staff_view
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
    return Group("Pages", found[: MOST if words else 12])


def commands(act: Act, words: str) -> Group:
    """Operations that need nothing to start from."""
    found = [
        Hit(one.title, operation_url(one.name), one.help, one.icon or "bolt", method="dialog")
        for one in OPERATIONS.values()
        if not one.internal
        and one.subject_type is None
        and act.actor.may(one.name)
        and one.name not in HIDDEN
        and _fits(words, f"{one.room} {one.title}")
    ]
    return Group("Commands", found[:12])


HIDDEN = {"ui.save_view"}
"""Operations that only make sense on the page they belong to."""


def things(act: Act, page: ListPage, search: Search) -> tuple[Group, list[Any]]:
    """The first rows of a list that the words find."""
    rows = page.named(act, search, MOST)
    said = page.inspector.title if page.inspector else str
    titles = [(row, _name(row) if said is str else said(row)) for row in rows]
    hits = [Hit(one, _place(page, row), _faint(row, one), page.icon) for row, one in titles]
    return Group(page.title, hits), rows


def _place(page: ListPage, row: Any) -> str:
    return url_of(row) or f"{page.url}?open={row.pk}"


def _name(row: Any) -> str:
    return str(getattr(row, "name", None) or row)


def _faint(row: Any, title: str) -> str:
    """Its number, whose it is and how much, as far as the title does not say so."""
    money = getattr(row, "money", "")
    whose = getattr(getattr(row, "client", None), "name", "")
    said = [getattr(row, "number", "") or row, whose, money if isinstance(money, Money) else ""]
    return " · ".join(str(one) for one in said if str(one) and str(one) not in title)


def _fits(words: str, text: str) -> bool:
    return all(word in text.lower() for word in words.lower().split())


def now_possible(act: Act, page: ListPage, row: Any) -> Group:
    """What can be done with the one thing that was found."""
    actions = page.inspector.actions if page.inspector else page.actions
    hits = [
        Hit(f"{one['title']}: {row}", one["url"], icon=one["icon"] or "bolt", method="dialog")
        for one in offered(act, actions, row)
        if not one["why_not"]
    ]
    return Group("You can do now", hits)


def search(act: Act, asked: str) -> list[Group]:
    """Every group with something in it; the best first."""
    words = asked.strip()
    if words.startswith(">"):
        return [group for group in [commands(act, words[1:])] if group.hits]
    numbers_only = words.startswith("#")
    words = words.removeprefix("#")
    groups: list[Group] = []
    found: list[tuple[ListPage, Any]] = []
    looked_for = Search(words)
    if len(words) >= SHORTEST or words.isdigit():
        for page in LISTS.values():
            if page.allowed(act.actor) and (page.number or not numbers_only):
                group, rows = things(act, page, looked_for)
                groups.append(group)
                found += [(page, row) for row in rows]
        if len(found) == 1:
            groups.insert(0, now_possible(act, *found[0]))
        more = (ask(act, words) for ask in PROVIDERS)
        groups += [one for one in more if one is not None]
    if not numbers_only:
        groups += [pages(act, words), *([commands(act, words)] if words else [])]
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
