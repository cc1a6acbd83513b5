"""Colleagues, their roles, and the page that answers who may do what, and who must agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core import approvals, log
from nostro.core.access import Grants
from nostro.core.acts import Act
from nostro.core.models import Role
from nostro.core.operations import OPERATIONS, Operation
from nostro.core.queries import QUERIES
from nostro.people import operations, queries
from nostro.people.models import Staff
from nostro.ui.actions import Action
from nostro.ui.addresses import STAFF, Address
from nostro.ui.columns import Column, Date, Link, Person
from nostro.ui.details import DetailPage, kv, listing, table
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, text
from nostro.ui.lists import ListPage, View
from nostro.ui.pages import PAGES, crumb, show, staff_page, url_of

# ── Colleagues ──


def _pills(act: Act, row: Staff) -> list[Pill]:
    state = Pill("Has left", "") if row.left_at else Pill("At work", "ok")
    own = [Pill("Own clients only", "line")] if row.own_clients_only else []
    return [state, *(Pill(one.title, "line") for one in row.roles.all()), *own]


def _sees(row: Staff) -> str:
    names = [one.name for one in row.entities.all()]
    return ", ".join(names) or "All legal entities"


def _role_words(row: Staff) -> str:
    return ", ".join(one.title for one in row.roles.all())


def _may(act: Act, row: Staff) -> list[SafeString]:
    names = sorted({name for role in row.roles.all() for name in role.names})
    return _said(names)


def _said(patterns: Iterable[str]) -> list[SafeString]:
    """What each pattern grants in words, with the pattern itself quietly behind."""
    return [
        format_html(
            '<span title="{}">{}</span> <span class="mono small faint">{}</span>', *_words(one), one
        )
        for one in patterns
    ]


def _words(pattern: str) -> tuple[str, str]:
    """The help and the title of what a pattern grants: one thing, a room, or everything."""
    known: dict[str, Any] = {**OPERATIONS, **QUERIES}
    if pattern in known:
        return known[pattern].help, known[pattern].title
    if pattern == "*":
        return "Every operation and query of the house.", "Everything"
    granted = Grants(frozenset({pattern}))
    things = [one for name, one in known.items() if granted.allow(name)]
    help = ", ".join(sorted({one.title for one in things}))
    room, _, rest = pattern.partition(".")
    if rest == "*":
        return help, f"Everything in {room.replace('_', ' ').capitalize()}"
    return help, f"{len(things)} operations and queries"


def _at_work(act: Act, row: Staff) -> str | None:
    if row.left_at is not None:
        return None
    if act.actor.is_same_person("staff", row.pk):
        return "Somebody else has to change your own access."
    return ""


member = DetailPage(
    room="people",
    slug="staff",
    model=Staff,
    rows=queries.staff,
    subtitle=lambda row: row.title,
    face=lambda row: row.name,
    pills=_pills,
    panels=[
        kv(
            "Access",
            [
                Column("user.email", "Signs in with"),
                Column(_role_words, "Roles"),
                Column(_sees, "Sees clients of"),
                Column("desk"),
                Column(lambda row: ", ".join(row.countries), "Countries"),
                Column("own_clients_only", "Own clients only"),
                Date("joined_at", "Joined"),
                Date("left_at", "Left"),
            ],
        ),
        listing("May do and ask", _may, empty="Nothing.", side=True, may=queries.roles.name),
    ],
    actions=[
        Action(operations.change_staff, when=_at_work),
        Action(operations.end_staff, when=_at_work),
    ],
    timeline=lambda act, row: log.records(act).filter(
        Q(actor_kind="staff", actor_id=row.pk) | Q(subject_type="people.staff", subject_id=row.pk)
    ),
    icon="user",
)


def _roles(act: Act) -> list[tuple[Any, str]]:
    return [(one.pk, one.title) for one in queries.roles(act)]


colleagues = ListPage(
    room="people",
    slug="staff",
    title="Staff",
    rows=queries.staff,
    columns=[
        Person("name", sort="name", url=url_of),
        Column("title", "Does", sort="title", low=2),
        Column(_role_words, "Roles", cut=True),
        Column(_sees, "Sees clients of", cut=True, low=3),
        Date("joined_at", "Joined", sort="joined_at", low=2),
    ],
    filters=[choice("role", _roles, path="roles"), text("title", title="Does")],
    views=[View("At work", left_at=None), View("Left", left_at__isnull=False)],
    create=[operations.add_staff],
    inspector=member,
    search=["name", "title"],
    order="name",
    empty="Nobody works here yet. Give somebody access.",
    icon="user-shield",
)

# ── Roles ──


def _granted(role: Role) -> Grants:
    return Grants(frozenset(role.names), unmasked=frozenset(role.unmasked))


def _names(act: Act, role: Role) -> list[SafeString]:
    return _said(sorted(role.names))


def _unmasked(act: Act, role: Role) -> list[SafeString]:
    return [
        format_html('{} <span class="mono small faint">{}</span>', _field(one), one)
        for one in role.unmasked
    ]


def _field(grant: str) -> str:
    """`people.client.email` as people say it: “Email of a client”."""
    if grant == "*":
        return "Everything"
    thing, _, name = grant.rpartition(".")
    of = thing.rpartition(".")[2].replace("_", " ")
    word = "Everything" if name == "*" else name.replace("_", " ").capitalize()
    return f"{word} of a {of}" if of else word


def _holders(act: Act, role: Role) -> Any:
    return queries.staff(act).filter(roles=role, left_at=None)


def _counted(row: Role) -> int:
    granted = _granted(row)
    return sum(granted.allow(one.name) for one in OPERATIONS.values() if not one.internal)


role = DetailPage(
    room="people",
    slug="roles",
    model=Role,
    rows=queries.roles,
    subtitle=lambda row: f"{row.slug} · {_counted(row)} operations",
    panels=[
        table(
            "People",
            _holders,
            [Link(title="Name"), Column("title", "Does"), Column(_sees, "Sees clients of")],
            empty="Nobody has this role.",
            may=queries.staff.name,
        ),
        listing("May do and ask", _names, empty="Nothing yet."),
        listing("Sees unmasked", _unmasked, empty="Personal data is dotted out.", side=True),
    ],
    icon="key",
)
roles = ListPage(
    room="people",
    slug="roles",
    title="Roles",
    rows=queries.roles,
    columns=[
        Link(title="Role", sort="title"),
        Column("slug", low=2),
        Column(_counted, "Operations"),
    ],
    create=[operations.set_role],
    inspector=role,
    order="title",
    empty="No role yet. A role says what its people may do.",
    icon="key",
)

# ── Who may do what ──


@dataclass(frozen=True)
class Permission:
    """One operation or query, and whom it is granted to."""

    name: str
    title: str
    help: str
    four_eyes: str
    why: str
    roles: list[Role]
    people: int
    everybody: bool


def _four_eyes(act: Act, wanted: Operation[..., Any]) -> tuple[str, str]:
    need = approvals.needed(act, wanted, None, {})
    if need.people == 0:
        return "", ""
    return f"+{need.people}", need.sentence


def _permissions(act: Act, known: list[Role], room: str, role: str) -> list[Permission]:
    """What can be done and asked in the house, each with the roles that include it."""
    grants = {one: _granted(one) for one in known}
    staffed = dict(
        queries.roles(act)
        .annotate(people=Count("staff", filter=Q(staff__left_at=None)))
        .values_list("pk", "people")
    )
    found = []
    for thing in _things(room):
        holders = [one for one in known if grants[one].allow(thing.name)]
        everybody = "staff" in thing.open_to
        if role and not everybody and role not in {one.slug for one in holders}:
            continue
        eyes = _four_eyes(act, thing) if isinstance(thing, Operation) else ("", "")
        people = sum(staffed.get(one.pk, 0) for one in holders)
        found.append(
            Permission(thing.name, thing.title, thing.help, *eyes, holders, people, everybody)
        )
    return found


def _things(room: str) -> Iterable[Any]:
    doable: list[Any] = [one for one in OPERATIONS.values() if not one.internal]
    for thing in sorted([*doable, *QUERIES.values()], key=lambda one: (one.room, one.name)):
        if thing.room == room:
            yield thing


@staff_page("people", "access", "Who may do what", may=queries.roles.name, icon="shield-lock")
def who_may_do_what(request: HttpRequest, act: Act) -> HttpResponse:
    """Every operation and query of a room with the roles that include it, and four eyes."""
    address = Address(f"{STAFF}people/access/", request.GET.dict())
    rooms = sorted({one.room for one in OPERATIONS.values() if not one.internal} - {"tests"})
    room = address.params.get("room", "people")
    known = list(queries.roles(act))
    wanted = address.params.get("role", "")
    context = {
        "title": "Who may do what",
        "crumb": crumb(PAGES["page people/access"], act),
        "views": [
            {
                "title": one.capitalize(),
                "url": address.url(room=one),
                "current": one == room,
                "count": None,
            }
            for one in rooms
        ],
        "filters": [
            {
                "title": "Role",
                "value": next((one.title for one in known if one.slug == wanted), ""),
                "clear_url": address.url(role=None) if wanted else "",
                "options": [
                    {
                        "title": one.title,
                        "url": address.url(role=one.slug),
                        "current": one.slug == wanted,
                    }
                    for one in known
                ],
            }
        ],
        "permissions": _permissions(act, known, room, wanted),
    }
    return show(request, act, "people/access.html", context)
