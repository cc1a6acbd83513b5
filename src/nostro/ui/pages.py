"""Every page of the house: who may open it, what its shell shows, and how a refusal is said."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from nostro.core.access import Actor
from nostro.core.acts import Act, time_ordered
from nostro.core.identity import act_of
from nostro.core.models import User
from nostro.kit.problems import Forbidden, Problem
from nostro.ui import queues
from nostro.ui.addresses import OPEN_TO, STAFF, url_of
from nostro.ui.answers import is_htmx, toasts, told, trigger
from nostro.ui.templatetags.nostro import initials

__all__ = ["portal_page", "show", "staff_page", "staff_view", "told", "url_of", "urlpatterns"]

View = Callable[..., HttpResponse]


class Page(Protocol):
    """What a registered page is to the menu, the palette and the addresses."""

    @property
    def room(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def url(self) -> str: ...
    def allowed(self, actor: Actor) -> bool: ...
    def patterns(self) -> list[URLPattern]: ...


@dataclass(frozen=True)
class MenuItem:
    """One room in the navigation, which leads to its `first` page or to the one declared first."""

    room: str
    title: str
    icon: str
    first: str = ""


@dataclass(frozen=True)
class PortalPage:
    kind: str
    address: str
    title: str
    icon: str
    nav: int
    view: View

    @property
    def url(self) -> str:
        return f"/{PORTALS[self.kind]}/{self.address.partition('<')[0]}"


PAGES: dict[str, Page] = {}
MENU: list[tuple[str, list[MenuItem]]] = []
MENU_FOOT: list[dict[str, str]] = []
PORTALS = {"client": "room", "partner": "partner"}
PORTAL_PAGES: list[PortalPage] = []
PUBLIC: list[URLPattern] = []
"""Addresses that need no sign-in, from the rooms' `public.py`: webhooks, registration."""
NEEDS: list[Callable[[Act], list[dict[str, Any]]]] = []
"""What a client should do next, as `ui/portal/note.html` draws it; rooms fill it for the home."""
ENTITIES: list[Callable[[Act], list[tuple[int, str]]]] = []
BANNERS: list[Callable[[Act], list[dict[str, Any]]]] = []
"""What every page of staff says above itself, as `ui/parts/note.html` draws it: alarms alone."""
UNDER: dict[str, str] = {}
"""Where an address of a portal begins → the address of the tab that it belongs to."""
PORTAL: list[Callable[[HttpRequest, Act], dict[str, Any]]] = []
KIND_HOME = {"staff": STAFF, "client": "/room/", "partner": "/partner/"}


def register(page: Page, kind: str) -> None:
    key = f"{kind} {page.room}/{page.slug}"
    earlier = PAGES.get(key)
    if earlier is not None and type(earlier) is not type(page):
        raise RuntimeError(f"Two pages are called {key}.")
    PAGES[key] = page
    OPEN_TO.setdefault(page.url, page.allowed)


def fresh(act: Act, key: str = "") -> Act:
    """The same person's next act: an act is carried out once."""
    return replace(act, id=time_ordered(), begun=False, key=key or act.key)


# ── Who is asking ──


def staff_act(request: HttpRequest) -> Act:
    """The act of a person of staff, within the legal entity they have chosen to work in."""
    if not request.user.is_authenticated or getattr(request.user, "kind", "") != User.Kind.STAFF:
        raise Forbidden("This page is for staff.")
    act = act_of(request, door="staff")
    entity = request.session.get("entity")
    actor = act.actor
    entities = actor.grants.scope.entities
    if entity is not None and (entities is None or entity in entities):
        scope = replace(actor.grants.scope, entities=frozenset({entity}))
        actor = replace(actor, grants=replace(actor.grants, scope=scope))
    return replace(act, actor=actor)


def needs_second_factor(request: HttpRequest) -> bool:
    """Staff without a second factor get no further than the page where they set one up."""
    if not getattr(settings, "NOSTRO_REQUIRE_MFA", False):
        return False
    from allauth.mfa.utils import is_mfa_enabled

    return not is_mfa_enabled(request.user)


def refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem as a page, or as a message in place where a fragment was asked for."""
    if is_htmx(request):
        answer = HttpResponse(status=problem.status)
        return trigger(answer, toast={"text": problem.sentence, "tone": "bad"})
    context = {"problem": problem, "home": KIND_HOME.get(getattr(request.user, "kind", ""), "/")}
    return render(request, "ui/pages/problem.html", context, status=problem.status)


def _signed_out(request: HttpRequest) -> HttpResponse:
    if is_htmx(request):
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path(), reverse("account_login"))


def staff_view(view: View) -> Callable[..., HttpResponse]:
    """Signed in as staff, with a second factor where the house asks for one; problems said."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _signed_out(request)
        try:
            act = staff_act(request)
            if needs_second_factor(request):
                return HttpResponseRedirect(reverse("mfa_index"))
            return view(request, act, *args, **more)
        except Problem as problem:
            return refused(request, problem)

    return opened


def portal_view(kind: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """Signed in as a client or a partner; problems said."""

    def wrap(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _signed_out(request)
            try:
                if getattr(request.user, "kind", "") != kind:
                    raise Forbidden("This page belongs to another part of the house.")
                return view(request, act_of(request, door=PORTALS[kind]), *args, **more)
            except Problem as problem:
                return refused(request, problem)

        return opened

    return wrap


# ── Declaring plain pages ──


@dataclass(frozen=True)
class StaffPage:
    """A staff page that is a view of its own."""

    room: str
    slug: str
    title: str
    section: str
    icon: str
    may: str
    address: str
    view: View

    @property
    def url(self) -> str:
        return f"{STAFF}{self.room}/{self.slug}/"

    def allowed(self, actor: Actor) -> bool:
        return not self.may or actor.may(self.may)

    def patterns(self) -> list[URLPattern]:
        @staff_view
        def guarded(request: HttpRequest, act: Act, **more: Any) -> HttpResponse:
            if not self.allowed(act.actor):
                raise Forbidden(f"Your role does not include “{self.title}”.")
            return self.view(request, act, **more)

        name = f"{self.room}.{self.slug}"
        return [path(self.url.removeprefix("/") + self.address, guarded, name=name)]


def staff_page(
    room: str,
    slug: str,
    title: str,
    *,
    may: str,
    section: str = "",
    icon: str = "point",
    path: str = "",
) -> Callable[[View], View]:
    """Declare a staff view; `may` names the query or operation it needs."""

    def declare(view: View) -> View:
        page = StaffPage(room, slug, title, section or room, icon, may, path, view)
        register(page, "page")
        return view

    return declare


def portal_page(
    kind: str, address: str, title: str, *, icon: str = "point", nav: int = 0
) -> Callable[[View], View]:
    """Declare a portal view; `nav` is its place in the tab bar, 0 for none."""

    def declare(view: View) -> View:
        PORTAL_PAGES.append(PortalPage(kind, address, title, icon, nav, view))
        return view

    return declare


def urlpatterns() -> list[URLPattern]:
    """The addresses of every page that has been declared by now."""
    found = [*PUBLIC, *(pattern for page in PAGES.values() for pattern in page.patterns())]
    for one in PORTAL_PAGES:
        address = f"{PORTALS[one.kind]}/{one.address}"
        # A colon in a name would stand for a namespace.
        name = f"{one.kind}.{one.address.replace(':', ' ')}"
        found.append(path(address, portal_view(one.kind)(one.view), name=name))
    return found


# ── What the shells show ──


def pages_of(section: str, actor: Actor) -> list[Page]:
    first = next((m.first for _, items in MENU for m in items if m.room == section), "")
    found = (one for one in PAGES.values() if one.section == section and one.title)
    return sorted(filter(lambda one: one.allowed(actor), found), key=lambda one: one.slug != first)


def menu(act: Act, current: str) -> list[dict[str, Any]]:
    """The navigation: each room at its first page, with what waits there."""
    waiting = waits(act)
    sections = [{"title": "", "items": [_home_item(act, waiting, current)]}]
    for title, rooms in MENU:
        items = [
            {
                "title": room.title,
                "url": pages[0].url,
                "icon": room.icon,
                "count": waiting.get(room.room, (0, 0))[0],
                "late": waiting.get(room.room, (0, 0))[1] > 0,
                "current": any(current.startswith(page.url) for page in pages),
            }
            for room in rooms
            if (pages := pages_of(room.room, act.actor))
        ]
        if items:
            sections.append({"title": title, "items": items})
    return sections


def _home_item(act: Act, waiting: dict[str, queues.RoomWaits], current: str) -> dict[str, Any]:
    late = sum(one for _, one in waiting.values())
    home = {"title": "My work", "url": STAFF, "icon": "home", "count": late, "late": late > 0}
    return home | {"current": current == STAFF}


def waits(act: Act, known: list[queues.Standing] | None = None) -> dict[str, queues.RoomWaits]:
    """What waits and what is late by room; looked up every few seconds, not on every page."""
    scope = act.actor.grants.scope
    key = f"ui.waiting.{act.actor.id}.{hash((act.actor.grants.names, scope))}"
    found: dict[str, queues.RoomWaits] | None = caches["memory"].get(key) if known is None else None
    if found is None:
        found = queues.waiting_by_room(act, known)
        caches["memory"].set(key, found, 10)
    return found


BESIDE = 8
"""Pages that a crumb names beside each other. Where there are more, the room's first has tabs."""


def crumb(page: Page, act: Act) -> list[dict[str, str]]:
    """The room, then its other pages; of a room with many, the page that leads to the others."""
    room = next((m.title for _, items in MENU for m in items if m.room == page.section), "")
    others = pages_of(page.section, act.actor)
    named = room and all(one.title != room for one in others)
    if len(others) > BESIDE:
        return [{"title": room or others[0].title, "url": others[0].url},
                {"title": page.title, "url": ""}]  # fmt: skip
    steps = [{"title": room, "url": ""}] if named else []
    return steps + [
        {"title": one.title, "url": "" if one is page else one.url}
        for one in others
        if len(others) > 1
    ]


def entities(act: Act, request: HttpRequest) -> dict[str, Any]:
    known = [pair for ask in ENTITIES for pair in ask(act)]
    chosen = request.session.get("entity")
    name = dict(known).get(chosen or 0)
    choices: Iterable[tuple[Any, str]] = [("", "All entities"), *known] if known else []
    listed = [
        {"name": word, "url": f"{STAFF}entity/?id={one}", "current": (one or None) == chosen}
        for one, word in choices
    ]
    return {"entities": listed, "entity": {"name": name} if name else None}


def shell(request: HttpRequest, act: Act, place: str = "") -> dict[str, Any]:
    """The context every staff page has. `place` is the page it belongs to, where it has no own."""
    person = {"name": act.actor.name, "initials": initials(act.actor.name)}
    demo = getattr(settings, "NOSTRO_DEMO", False)
    return {
        "act": act,
        "now": act.at,
        "home_url": STAFF,
        "palette_url": "/palette",
        "live_url": "/live",
        "menu": menu(act, place or request.path),
        "menu_foot": MENU_FOOT,
        "staff": person,
        "staff_menu": [
            {"title": "Your account", "url": f"{STAFF}me/", "icon": "user"},
            {"title": "Sessions", "url": f"{STAFF}me/sessions/", "icon": "devices"},
        ],
        "sign_out_url": "/sign-out",
        "env_label": "Demo" if demo else "Live",
        "env_tone": "demo" if demo else "",
        "messages": toasts(request),
        "banners": [one for ask in BANNERS for one in ask(act)],
        **entities(act, request),
    }


def portal_shell(request: HttpRequest, act: Act) -> dict[str, Any]:
    """The context every portal page has; the brand and its words come from higher rooms."""
    kind = act.actor.kind
    here = next((tab for at, tab in UNDER.items() if request.path.startswith(at)), request.path)
    home = KIND_HOME[kind]
    homes = {"home_url": home, "live_url": "/live", "profile_url": f"{home}profile/"}
    nav = [
        {
            "title": one.title,
            "url": one.url,
            "icon": one.icon,
            "current": here == one.url or (bool(one.address) and here.startswith(one.url)),
        }
        for one in sorted(PORTAL_PAGES, key=lambda one: one.nav)
        if one.kind == kind and one.nav
    ]
    person = {"name": act.actor.name, "initials": initials(act.actor.name)}
    context = {"act": act, "now": act.at, "nav": nav, "person": person, **homes}
    context["messages"] = toasts(request)
    for fill in PORTAL:
        context |= fill(request, act)
    return context


def show(
    request: HttpRequest, act: Act, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page in its shell; a fragment without one."""
    if is_htmx(request):
        return render(request, template, {"act": act, "now": act.at, **context}, status=status)
    staff = act.actor.kind == "staff"
    around = shell(request, act, context.get("place", "")) if staff else portal_shell(request, act)
    return render(request, template, {**around, **context}, status=status)
