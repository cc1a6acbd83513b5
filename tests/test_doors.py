"""What is said of all doors at once: none can do what the API cannot, and none shows a person what
is another's. The walks read the registries, so a room joins them by declaring itself.
"""

import ast
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import caches
from django.db import connection, models
from django.test import Client as Browser
from django.urls import get_resolver

from nostro.core.acts import Act
from nostro.core.doors import PUBLISHED, ROUTED
from nostro.core.log import Cursor
from nostro.core.models import User
from nostro.core.operations import OPERATIONS, Operation
from nostro.core.queries import FINDERS, QUERIES
from nostro.kit import Money
from nostro.people import operations as people
from nostro.people.models import Client as Person
from nostro.people.models import LegalEntity, Staff
from nostro.ui.actions import as_actions
from nostro.ui.addresses import url_of
from nostro.ui.details import DetailPage
from nostro.ui.lists import ListPage
from nostro.ui.pages import PAGES, PORTAL_PAGES, PORTALS, StaffPage
from tests import make

get_resolver().url_patterns  # noqa: B018  Opens the doors of every room.
DOORS = ("staff", "trader", "partner")
REFUSED = {401, 403, 404}
EVERYTHING = sorted({f"{one.room}.*" for one in OPERATIONS.values()} - {"tests.*"})


def routed() -> set[tuple[str, str]]:
    from nostro.site.api import api

    paths = api.get_openapi_schema()["paths"]
    return {(verb, path) for path, verbs in paths.items() for verb in verbs}


# ── No door can do what the API cannot ──


def door_modules() -> Iterator[Any]:
    for room in apps.get_app_configs():
        for door in DOORS:
            name = f"{room.name}.{door}"
            if room.name.startswith("nostro.") and find_spec(name):
                import_module(name)
                yield from (one for key, one in sys.modules.items() if _inside(key, name))


def _inside(key: str, name: str) -> bool:
    return key == name or key.startswith(f"{name}.")


def named_in(module: Any) -> Iterator[Operation[..., Any]]:
    """Operations that a door's source names, as `operations.x` or by themselves."""
    known = vars(module)
    if module.__file__ is None:
        return
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        found: Any = None
        if isinstance(node, ast.Name):
            found = known.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = getattr(known.get(node.value.id), node.attr, None)
        if isinstance(found, Operation):
            yield found


def offered() -> dict[str, set[str]]:
    """Operation → the doors that offer it."""
    found: dict[str, set[str]] = {}

    def add(wanted: Operation[..., Any], where: str) -> None:
        found.setdefault(wanted.name, set()).add(where)

    for key, page in PAGES.items():
        detail = getattr(page, "detail", page)
        if isinstance(detail, ListPage | DetailPage):
            for one in as_actions(detail.actions):
                add(one.operation, key)
            for wanted in getattr(detail, "create", ()):
                add(wanted, key)
    for module in door_modules():
        for wanted in named_in(module):
            add(wanted, module.__name__)
    return found


BY_LISTS = {"ui.export_rows", "ledger.export_ledger"}
"""Taking rows out of the house as a file: the API's lists give them page by page."""


def test_no_door_can_do_what_the_api_cannot() -> None:
    routes, found = routed(), offered()
    missing = {
        name: sorted(where)
        for name, where in found.items()
        if ("post", "/api/v1/" + name.replace(".", "/")) not in routes
        and name not in BY_LISTS
        and not name.startswith("tests.")
    }

    assert len(found) > 20
    assert missing == {}


def test_every_operation_that_is_not_internal_has_a_route() -> None:
    wanted = {
        ("post", "/api/v1/" + one.name.replace(".", "/"))
        for one in OPERATIONS.values()
        if not one.internal and one.room != "tests"
    }

    assert wanted - routed() == set()


def test_an_internal_operation_has_none() -> None:
    internal = {
        ("post", "/api/v1/" + one.name.replace(".", "/"))
        for one in OPERATIONS.values()
        if one.internal and one.name not in ROUTED
    }

    assert internal & routed() == set()


def test_every_query_that_finds_something_has_its_list_and_its_one() -> None:
    routes = routed()
    for one in QUERIES.values():
        if one.finds is not None and one.room != "tests":
            path = f"/api/v1/{one.room}/{one.__name__}"
            assert {("get", path), ("get", path + "/{id}")} <= routes


def test_every_room_says_what_of_its_things_leaves_the_house() -> None:
    silent = {
        one.finds._meta.label
        for one in QUERIES.values()
        if one.finds is not None and one.room != "tests" and one.finds not in PUBLISHED
    }

    assert silent == set()


SECRET = ("sealed", "hash", "password", "salt", "session_key", "wrapped", "fingerprint")


def test_no_secret_is_among_what_leaves_the_house() -> None:
    leaving = {
        f"{model._meta.label}.{name}"
        for model, said in PUBLISHED.items()
        for name in (*said.fields, *said.staff)
        if any(word in name for word in SECRET)
    }

    assert leaving == set()


# ── A foreign id opens nothing ──


@dataclass
class World:
    """One client's things in one entity, and three who have no business with them."""

    owner: Person
    entity: LegalEntity
    outsiders: dict[str, Browser] = field(default_factory=dict)
    things: list[models.Model] = field(default_factory=list)


def _spread_ids() -> None:
    """Let no two tables share an id, so that a foreign one is nobody's anywhere."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename), 1000000 * n, true)"
            " FROM (SELECT *, row_number() OVER (ORDER BY sequencename) AS n FROM pg_sequences"
            " WHERE schemaname = 'public' AND sequencename NOT LIKE 'procrastinate%') AS s"
        )


def signed_in(person: Any, kind: str) -> Browser:
    browser = Browser()
    browser.force_login(User.objects.get(kind=kind, person_id=person.pk))
    return browser


def _belongs(row: models.Model, world: World, deep: int = 2) -> bool:
    """Whether a row is the owner's or the entity's, by itself or by what it stands on."""
    if row == world.owner or getattr(row, "client_id", None) == world.owner.pk:
        return True
    entity = getattr(row, "entity_id", None)
    if entity is not None or isinstance(row, Staff | User):
        return bool(entity == world.entity.pk)
    links = [one for one in row._meta.concrete_fields if isinstance(one, models.ForeignKey)]
    return deep > 0 and any(
        _belongs(target, world, deep - 1)
        for one in links
        if isinstance(target := getattr(row, one.name), models.Model)
    )


def _lived(world: World) -> None:
    """The owner's story: as many kinds of things as the rooms let one client have."""
    from nostro.payments import operations as payments
    from nostro.payments.models import Method
    from nostro.sales import operations as sales
    from nostro.sales.models import Task

    act = Act.system()
    make.funded(world.owner, "100.00 EUR")
    make.funded(world.owner, "500.00 EUR", method="bank")
    people.add_note(act, world.owner, text="Prefers to be called in the morning.")
    sales.set_task(act, world.owner, how=Task.How.CALL, text="Call", until=act.at + timedelta(1))
    card = Method.objects.get(slug="card")
    payments.start_deposit(act, world.owner, money=Money.of("50.00 EUR"), method=card)
    for told in STORIES:
        told(world)


STORIES: list[Callable[[World], None]] = []


def story(tell: Callable[[World], None]) -> Callable[[World], None]:
    STORIES.append(tell)
    return tell


@story
def _keys_and_hooks(world: World) -> None:
    from nostro.hooks import operations

    act = make.act_of(world.owner)
    operations.create_api_key(act, name="Mine", scopes=["payments.*"])
    made = operations.add_endpoint(act, name="Ours", url="https://example.com/", events=["*"])
    said = [(1, "payments.DepositSettled")]
    operations.queue_deliveries(Act.system(), made, heard=said, at=Cursor(1, 1))


@story
def _accounts_and_deals(world: World) -> None:
    from nostro.partners.tests.make import traded
    from nostro.payments.tests.make import given

    traded(world.owner)
    given(world.owner)


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    from nostro.partners.tests import make as partners

    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()
    _spread_ids()
    make.entity("SC")
    world = World(make.client("CY"), make.entity("CY"))
    _lived(world)
    world.outsiders = {
        "staff": signed_in(make.staff(*EVERYTHING, entities=["SC"]), "staff"),
        "client": signed_in(make.client("SC"), "client"),
        "partner": signed_in(partners.partner("north"), "partner"),
    }
    for model in FINDERS:
        if FINDERS[model].room != "tests":
            rows = model._base_manager.all()[:200]
            world.things += [row for row in rows if _belongs(row, world)]
    return world


def _opens(world: World, kind: str, thing: models.Model) -> bool:
    """Words that every client and partner may read, though they are one entity's."""
    finder = FINDERS[type(thing)]
    public = not hasattr(thing, "client_id") and kind in finder.open_to
    house = kind == "staff" and type(thing)._meta.label in HOUSE_WIDE
    return public or house


HOUSE_WIDE: set[str] = set()


def test_the_same_things_open_to_who_has_to_do_with_them(world: World) -> None:
    """Or the walks below would prove nothing."""
    colleague = signed_in(make.staff(*EVERYTHING), "staff")
    shut = []
    for thing in world.things:
        finder = FINDERS[type(thing)]
        if colleague.get(f"/api/v1/{finder.room}/{finder.__name__}/{thing.pk}").status_code != 200:
            shut.append(thing._meta.label)
        url = url_of(thing)
        if url and colleague.get(url).status_code != 200:
            shut.append(url)
    assert set(shut) <= {"ui.SignIn", "ui.SavedView"}


def test_a_foreign_id_opens_nothing_in_the_api(world: World) -> None:
    leaks = []
    for thing in world.things:
        finder = FINDERS[type(thing)]
        path = f"/api/v1/{finder.room}/{finder.__name__}"
        for kind, browser in world.outsiders.items():
            if _opens(world, kind, thing):
                continue
            one = browser.get(f"{path}/{thing.pk}")
            if one.status_code not in REFUSED:
                leaks.append(f"{kind} reads {thing._meta.label} {thing.pk}")
            listed = browser.get(path, {"limit": 200})
            if listed.status_code == 200:
                ids = [row.get("id") for row in listed.json()["items"]]
                if thing.pk in ids:
                    leaks.append(f"{kind} finds {thing._meta.label} {thing.pk} in the list")
    kinds = {type(thing)._meta.label for thing in world.things}
    assert {"people.Client", "people.Note", "payments.Deposit", "hooks.ApiKey"} <= kinds
    assert leaks == []


def test_no_operation_is_done_to_a_foreign_thing(world: World) -> None:
    leaks = []
    before = connection_count()
    for wanted in OPERATIONS.values():
        if wanted.internal or wanted.subject_type is None or wanted.room == "tests":
            continue
        for thing in (one for one in world.things if type(one) is wanted.subject_type):
            key = "subject" if "subject" not in wanted.input_names else wanted.subject_name
            for kind, browser in world.outsiders.items():
                if _opens(world, kind, thing):
                    continue
                answer = browser.post(
                    f"/api/v1/{wanted.room}/{wanted.__name__}",
                    json.dumps({key: thing.pk}),
                    content_type="application/json",
                )
                if answer.status_code not in REFUSED:
                    leaks.append(f"{kind} {wanted.name}: {answer.status_code}")
                if kind == "staff":
                    dialog = browser.get(f"/staff/do/{wanted.name}/{thing.pk}")
                    if dialog.status_code not in REFUSED:
                        leaks.append(f"{kind} dialog {wanted.name}: {dialog.status_code}")
    assert leaks == []
    assert connection_count() == before


def connection_count() -> int:
    """How many operations were carried out."""
    from nostro.core.models import ActRow

    return ActRow.objects.count()


def test_no_page_shows_a_foreign_thing(world: World) -> None:
    leaks = []
    for page in PAGES.values():
        detail = getattr(page, "detail", None)
        if isinstance(detail, DetailPage):
            asked = [one for one in world.things if isinstance(one, detail.model)]
            urls = [(one, f"{page.url}{one.pk}/") for one in asked]
        elif isinstance(page, StaffPage) and "<int:" in page.address:
            start = page.address.partition("<")[0]
            end = page.address.partition(">")[2]
            urls = [(one, f"{page.url}{start}{one.pk}{end}") for one in world.things]
        else:
            continue
        for thing, url in urls:
            if _opens(world, "staff", thing):
                continue
            status = world.outsiders["staff"].get(url).status_code
            if status not in REFUSED:
                leaks.append(f"{url} ({thing._meta.label}): {status}")
    assert leaks == []


def test_no_portal_shows_a_foreign_thing(world: World) -> None:
    leaks = []
    for page in PORTAL_PAGES:
        if page.address.count("<") != 1:
            continue
        start, _, rest = page.address.partition("<")
        for thing in world.things:
            if _opens(world, page.kind, thing):
                continue
            url = f"/{PORTALS[page.kind]}/{start}{thing.pk}{rest.partition('>')[2]}"
            status = world.outsiders[page.kind].get(url).status_code
            if status not in REFUSED | {405}:
                leaks.append(f"{url} ({thing._meta.label}): {status}")
    assert leaks == []
