"""The routes, from the registries; and the OpenAPI document that describes them."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from nostro.core.acts import Act
from nostro.core.doors import ROUTED
from nostro.core.log import Cursor
from nostro.core.models import Proposal
from nostro.core.operations import OPERATIONS, Operation, model_of
from nostro.core.queries import QUERIES, Query
from nostro.hooks.queries import events_after, told
from nostro.kit.problems import NotFound
from nostro.site.api import problems, shown
from nostro.site.api.calls import body_schema, call_view
from nostro.site.api.entrance import entered
from nostro.site.api.lists import (
    MOST,
    USUAL,
    filters,
    json_answer,
    list_view,
    one_view,
    sortable,
)
from nostro.site.api.problems import Malformed
from nostro.site.api.things import schema_of, type_of

__all__ = ["api", "shown", "urlpatterns"]

ROOT = "api/v1/"
REFS = "#/components/schemas/"
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]*$"},
    "description": "A repeat with the same key answers the same and does nothing again.",
}
SCHEMAS: dict[str, Any] = {"Problem": problems.SCHEMA}


class Api(NinjaAPI):
    """Django Ninja, whose document also knows the shapes that come from the registries."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        schema["components"].setdefault("schemas", {}).update(SCHEMAS)
        schema["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"key": []}]
        return schema


api = Api(
    title="Nostro",
    version="1",
    description="Everything the house can do and tell. A key may what its owner may, no more.",
    auth=[entered],
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)
problems.install(api)


def refused() -> dict[Any, Any]:
    """The answers that any call may have."""
    shape = {problems.PROBLEM_JSON: {"schema": {"$ref": f"{REFS}Problem"}}}
    said = {
        400: "Unreadable", 401: "No good key", 403: "Not granted", 404: "Not there, or not yours",
        409: "Not in this state, or the key was used before", 410: "Erased",
        422: "Refused, with the reason", 429: "Too often",
    }  # fmt: skip
    return {code: {"description": words, "content": shape} for code, words in said.items()}


def ref(model: type[models.Model]) -> dict[str, str]:
    """A reference to a thing's shape, put among the components at its first use."""
    name = model._meta.label
    if name not in SCHEMAS:
        SCHEMAS[name] = {}
        try:
            made = schema_of(model).model_json_schema(mode="serialization", ref_template="{model}")
        except PydanticInvalidForJsonSchema:
            made = {"type": "object"}
        SCHEMAS[name] = _inlined(made, made.pop("$defs", {}))
    return {"$ref": REFS + name}


def _inlined(value: Any, found: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(found.get(value["$ref"], {}), {})
        return {key: _inlined(inner, found) for key, inner in value.items()}
    return [_inlined(inner, found) for inner in value] if isinstance(value, list) else value


def content(schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def add_operation(wanted: Operation[..., Any]) -> None:
    body, defined = body_schema(wanted)
    SCHEMAS.update(defined)
    answer = model_of(wanted._hints.get("return"))
    done = ref(answer) if answer else {"type": "object", "properties": {"answer": {}}}
    responses = {
        200: content({"anyOf": [done, {"type": "object", "required": ["id"]}]} if answer else done,
                     "Carried out"),
        202: content(ref(Proposal), "Proposed: other people have to agree"),
    }  # fmt: skip
    api.default_router.add_api_operation(
        f"/{wanted.room}/{wanted.__name__}", ["POST"], call_view(wanted),
        operation_id=wanted.name, summary=wanted.title, description=wanted.help,
        tags=[wanted.room],
        openapi_extra={
            "parameters": [IDEMPOTENCY],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {**responses, **refused()},
            "x-open-to": sorted(wanted.open_to),
        },
    )  # fmt: skip


def parameters(model: type[models.Model]) -> list[dict[str, Any]]:
    orders = [sign + name for name in ("id", *sortable(model)) for sign in ("", "-")]
    found: list[dict[str, Any]] = [
        {"name": "after", "in": "query", "schema": {"type": "string"},
         "description": "The `next` of the page before"},
        {"name": "limit", "in": "query",
         "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}},
        {"name": "order", "in": "query",
         "schema": {"type": "string", "enum": list(dict.fromkeys(orders)), "default": "-id"}},
    ]  # fmt: skip
    for name, (_, field) in filters(model).items():
        kind = type_of(model, field.attname)
        schema = TypeAdapter(kind).json_schema() if name == field.attname else {"type": "string"}
        found.append({"name": name, "in": "query", "schema": schema})
    return found


def add_query(query: Query[..., Any]) -> None:
    model: type[models.Model] = query.finds  # type: ignore[assignment]
    about: dict[str, Any] = {"tags": [query.room], "description": query.help}
    items = {"type": "array", "items": ref(model)}
    listed = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": items, "next": {"type": ["string", "null"]}},
    }
    where = f"/{query.room}/{query.__name__}"
    api.default_router.add_api_operation(
        where, ["GET"], list_view(query), operation_id=query.name, summary=query.title, **about,
        openapi_extra={
            "parameters": parameters(model),
            "responses": {200: content(listed, "A page"), **refused()},
            "x-open-to": sorted(query.open_to),
        },
    )  # fmt: skip
    api.default_router.add_api_operation(
        where + "/{int:id}", ["GET"], one_view(query), operation_id=f"{query.name}.one",
        summary=f"One of: {query.title.lower()}", **about,
        openapi_extra={"responses": {200: content(ref(model), "The thing"), **refused()}},
    )  # fmt: skip


def events(request: HttpRequest, after: str = "", limit: int = 100) -> HttpResponse:
    """Events in the order of their commits, as far as you may see them. Ask again with `next`."""
    act: Act = request.auth  # type: ignore[attr-defined]
    try:
        stand = Cursor.parse(after)
        if min(stand.xid, stand.id) < 0 or max(stand.xid, stand.id) >= 2**63:
            raise ValueError
    except ValueError as error:
        raise Malformed("This is no cursor of this feed.") from error
    if not 1 <= limit <= 500:
        raise Malformed("Ask for 1 to 500 events.")
    rows = [told(row) for row in events_after(act, stand, limit=limit)]
    return json_answer({"items": rows, "next": rows[-1]["cursor"] if rows else str(stand)})


def add_events() -> None:
    one = {"type": "object", "required": ["id", "cursor", "event", "at", "data"]}
    listed = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": one}, "next": {"type": "string"}},
    }
    api.default_router.add_api_operation(
        "/events", ["GET"], events, operation_id="events", summary="The feed of events",
        tags=["core"], openapi_extra={"responses": {200: content(listed, "Events"), **refused()}},
    )  # fmt: skip


def is_routed(wanted: Operation[..., Any]) -> bool:
    return wanted.room != "tests" and (not wanted.internal or wanted.name in ROUTED)


def build() -> None:
    """Once, when every room has declared itself."""
    for wanted in sorted(OPERATIONS.values(), key=lambda one: one.name):
        if is_routed(wanted):
            add_operation(wanted)
    for query in sorted(QUERIES.values(), key=lambda one: one.name):
        if query.finds is not None and query.room != "tests":
            add_query(query)
    add_events()


def docs(request: HttpRequest) -> HttpResponse:
    """The reference as a page, for people."""
    rooms = sorted({one.room for one in OPERATIONS.values()} - {"tests"})
    listed = [
        {
            "name": room,
            "operations": [_described(one) for one in _of(OPERATIONS, room) if is_routed(one)],
            "queries": [_listing(one) for one in _of(QUERIES, room) if one.finds],
        }
        for room in rooms
    ]
    context = {"title": "API", "rooms": listed, "home_url": "/", "root": f"/{ROOT}"}
    return render(request, "nostro_site/api.html", context)


def _of(registry: dict[str, Any], room: str) -> list[Any]:
    return sorted((one for one in registry.values() if one.room == room), key=lambda o: o.name)


def _described(wanted: Operation[..., Any]) -> dict[str, Any]:
    body, _ = body_schema(wanted)
    needed = body.get("required", [])
    inputs = [{"name": name, "needed": name in needed} for name in body["properties"]]
    where = f"/{ROOT}{wanted.room}/{wanted.__name__}"
    return {"url": where, "title": wanted.title, "help": wanted.help, "inputs": inputs}


def _listing(query: Query[..., Any]) -> dict[str, Any]:
    model: type[models.Model] = query.finds  # type: ignore[assignment]
    return {
        "url": f"/{ROOT}{query.room}/{query.__name__}",
        "title": query.title,
        "help": query.help,
        "filters": list(filters(model)),
        "fields": list(schema_of(model).model_fields),
    }


def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    return problems.answer(NotFound("There is nothing at this address."))


def urlpatterns() -> list[URLPattern | URLResolver]:
    """The API's addresses, built from what the rooms have declared by now."""
    build()
    return [
        path(f"{ROOT}docs", docs, name="api_docs"),
        path(ROOT, api.urls),
        path(f"{ROOT}<path:rest>", nowhere),
    ]
