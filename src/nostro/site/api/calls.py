"""Operations by POST: a JSON body with the subject's id and the typed inputs, one key a call."""

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic.errors import PydanticInvalidForJsonSchema

from nostro.core.acts import Act
from nostro.core.doors import BadInput, call
from nostro.core.files import Upload
from nostro.core.models import Proposal
from nostro.core.operations import Operation
from nostro.kit.problems import NotFound
from nostro.site.api.lists import json_answer
from nostro.site.api.problems import Malformed
from nostro.site.api.things import answered

UPLOAD = {
    "type": "object",
    "required": ["name", "content"],
    "properties": {
        "name": {"type": "string"},
        "content": {"type": "string", "contentEncoding": "base64"},
        "content_type": {"type": "string"},
    },
}
DEEPEST = 40


def subject_key(wanted: Operation[..., Any]) -> str:
    """Where the subject's id stands: `subject`, or its own name where an input is called that."""
    if wanted.subject_type is None:
        return ""
    return wanted.subject_name if "subject" in wanted.input_names else "subject"


def uploads(wanted: Operation[..., Any]) -> list[str]:
    fields = wanted.inputs.model_fields
    return [
        name
        for name, one in fields.items()
        if Upload in (one.annotation, *getattr(one.annotation, "__args__", ()))
    ]


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The body: one JSON object whose texts PostgreSQL can keep."""
    if not request.body:
        return {}
    try:
        body = json.loads(request.body, parse_constant=_no_constant)
        _check(body, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is no JSON that can be read.") from error
    if not isinstance(body, dict):
        raise Malformed("The body has to be a JSON object.")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _check(value: Any, deep: int) -> None:
    if deep < 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        value.encode()
        if "\x00" in value:
            raise ValueError("NUL in a text")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, deep)
            _check(inner, deep - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, deep - 1)


def id_of(given: Any) -> int:
    """An id as a number or as its digits: nothing that Python would merely take for one."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 20:
        return int(given)
    raise NotFound("Name the subject by its id.")


def unpacked(wanted: Operation[..., Any], raw: dict[str, Any]) -> dict[str, Any]:
    """Files come as base64; everything else as it is."""
    for name in uploads(wanted):
        given = raw.get(name)
        if given is None:
            continue
        try:
            content = b64decode(given["content"], validate=True)
            # A name is never a path: some readers put the file down under it for a moment.
            name_said = PurePath(str(given["name"]).replace("\\", "/")).name
            if name_said in ("", ".."):
                raise ValueError("no name")
            kind = str(given.get("content_type", ""))
            raw[name] = Upload(name_said, content, kind)
        except (NotBase64, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadInput({name: "Send its name, and its content in base64."}) from error
    return raw


def call_view(wanted: Operation[..., Any]) -> Callable[[HttpRequest], HttpResponse]:
    """Carry an operation out: 200 with the thing, 202 with the proposal that waits for others."""
    key = subject_key(wanted)

    def carried_out(request: HttpRequest) -> HttpResponse:
        act: Act = request.auth  # type: ignore[attr-defined]
        raw = body_of(request)
        subject = id_of(raw.pop(key, None)) if key else None
        given = call(act, wanted, subject, unpacked(wanted, raw))
        proposed = isinstance(given, Proposal) and wanted.room != "core"
        return json_answer(answered(act, given), 202 if proposed else 200)

    carried_out.__name__ = f"do_{wanted.name.replace('.', '_')}"
    return carried_out


def body_schema(wanted: Operation[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body's JSON schema, and the definitions it refers to by their names in this room."""
    template = f"#/components/schemas/{wanted.room}.{{model}}"
    try:
        schema = wanted.inputs.model_json_schema(ref_template=template)
    except PydanticInvalidForJsonSchema:
        schema = {"type": "object", "properties": {name: {} for name in wanted.input_names}}
    found = {f"{wanted.room}.{name}": one for name, one in schema.pop("$defs", {}).items()}
    schema.setdefault("properties", {})
    for name in uploads(wanted):
        schema["properties"][name] = UPLOAD
    if key := subject_key(wanted):
        about = wanted.subject_type._meta.verbose_name if wanted.subject_type else ""
        subject = {"type": "integer", "description": f"The id of the {about}", "minimum": 1}
        schema["properties"] = {key: subject, **schema["properties"]}
        schema["required"] = [key, *schema.get("required", [])]
    return schema, found
