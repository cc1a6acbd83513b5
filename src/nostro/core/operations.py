"""An operation: permission, one transaction, a fresh and locked subject, a record, an answer.

Everything the house can do is one of these. Its name is its permission, its signature its form
and its API body, the first line of its docstring the help text.

A call costs two trips to the database beside its own work. The first brings BEGIN, `nostro_begin`
(bears the act, claims the key) and the lock on the subject, the last `nostro_write` (events, jobs,
answer) and COMMIT.
"""

import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from functools import cached_property
from typing import Any, Concatenate, cast, get_type_hints, overload

from django.apps import apps
from django.db import OperationalError, connection, models
from pydantic import BaseModel, ConfigDict, create_model
from pydantic_core import to_jsonable_python

from nostro.core import jobs
from nostro.core.access import OPEN
from nostro.core.acts import Act, Frame, Recorded, frame, has_frame, opened
from nostro.core.events import room_of, to_data
from nostro.core.models import label
from nostro.core.statements import (
    Question,
    Statement,
    delivering,
    freshen,
    later,
    lock,
    together,
    whole,
)
from nostro.kit.problems import Forbidden, NotFound, Problem

DEADLOCK, DEADLOCKS = "40P01", 3
BEGIN, COMMIT = Statement("BEGIN"), Statement("COMMIT")
OPERATIONS: dict[str, "Operation[..., Any]"] = {}
NEW = object()
"""What a key that was never used before answers."""


class KeyReused(Problem):
    """The idempotency key was used before, with other inputs."""

    status = 409


class NothingRecorded(RuntimeError):
    """An operation changed something and said nothing: a fault of ours."""


def _plain(value: Any) -> Any:
    """Inputs as JSON; a model stands for its primary key."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(inner) for name, inner in asdict(value).items()}
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return to_jsonable_python(value)


def model_of(annotation: Any) -> type[models.Model] | None:
    """The model that an annotation names, `Client` and `Client | None` alike."""
    for option in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(option, type) and issubclass(option, models.Model):
            return option
    return None


class Operation[**P, R]:
    """A named action. Call it with an act, its subject and its inputs."""

    do_not_call_in_templates = True

    def __init__(
        self, function: Callable[Concatenate[Act, P], R], *, open_to: tuple[str, ...] = (),
        lock: bool = True, title: str = "", verb: str = "", icon: str = "", tone: str = "",
        confirm: str = "", internal: bool = False, reads: tuple[str, ...] = (),
        asks: tuple[Question[Any], ...] = (), reading: bool = False,
    ) -> None:  # fmt: skip
        self.function = function
        self.room = room_of(function.__module__)
        self.name = f"{self.room}.{function.__name__}"
        self.title = title or function.__name__.replace("_", " ").capitalize()
        self.verb = verb or self.title
        self.icon, self.tone, self.confirm = icon, tone, confirm
        self.help = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
        self.open_to, self.lock, self.internal, self.reads = open_to, lock, internal, reads
        self.asks, self.reading = asks, reading
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        known = OPERATIONS.get(self.name)
        if known is not None and known.function.__module__ != function.__module__:
            raise RuntimeError(f"Two operations are called {self.name}.")
        OPERATIONS[self.name] = self
        OPEN[self.name] = frozenset(open_to)

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, include_extras=True)

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.function)

    @cached_property
    def subject_name(self) -> str:
        """The name of the positional parameter after `act`, or nothing."""
        parameters = list(self._signature.parameters.values())[1:]
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return parameters[0].name if parameters and parameters[0].kind in kinds else ""

    @cached_property
    def subject_type(self) -> type[models.Model] | None:
        return model_of(self._hints[self.subject_name]) if self.subject_name else None

    @cached_property
    def input_models(self) -> dict[str, type[models.Model]]:
        """Inputs that are things of the house: given by id, found through queries."""
        found = {name: model_of(self._hints[name]) for name in self.input_names}
        return {name: model for name, model in found.items() if model}

    @cached_property
    def input_names(self) -> list[str]:
        return [
            one.name
            for one in self._signature.parameters.values()
            if one.kind is inspect.Parameter.KEYWORD_ONLY
        ]

    @cached_property
    def inputs(self) -> type[BaseModel]:
        """The typed inputs as a pydantic model: the API's body, the form, a proposal's content."""
        shape: dict[str, Any] = {}
        for name in self.input_names:
            default = self._signature.parameters[name].default
            required = default is inspect.Parameter.empty
            annotation = self._hints[name]
            if name in self.input_models:
                annotation = int if required else int | None
            shape[name] = (annotation, ... if required else default)
        strict = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        made = create_model(f"{self.name.replace('.', '_')}_inputs", __config__=strict, **shape)
        return cast(type[BaseModel], made)

    def __call__(self, act: Act, *args: P.args, **kwargs: P.kwargs) -> R:
        if has_frame():
            return self._nested(act, *args, **kwargs)
        self.check(act, args[0] if args else None)
        for _ in range(DEADLOCKS):
            try:
                return self._whole(act, *args, **kwargs)
            except OperationalError as error:
                # Nothing was written, so the one whom the database chose may begin again.
                if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
                    raise
        return self._whole(act, *args, **kwargs)

    def _whole(self, act: Act, *args: P.args, **kwargs: P.kwargs) -> R:
        """One transaction: begun, carried out, written."""
        current = Frame(act)
        with whole() as alone, opened(current), connection.execute_wrapper(delivering(current)):
            if alone:
                later(BEGIN)
            if self.reading:
                return self._read(act, current, alone, *args, **kwargs)
            earlier = self._begin(act, args, kwargs)
            if earlier is not NEW:
                return cast(R, earlier)
            current.stack.append(cast(Any, self))
            answer = self.function(act, *args, **kwargs)
            if not current.recorded:
                raise NothingRecorded(f"{self.name} recorded nothing.")
            write(act, current.recorded, answer, alone=alone)
            return answer

    def _read(self, act: Act, current: Frame, alone: bool, *args: P.args, **kwargs: P.kwargs) -> R:
        """Write a reading down: borne by an act, but neither an act's row nor an event."""
        topic = f"{label(args[0])}/" if args and isinstance(args[0], models.Model) else ""
        later(Statement("SELECT set_config('nostro.act', %s, true)", [str(act.begin())]))
        current.stack.append(cast(Any, self))
        answer = self.function(act, *args, **kwargs)
        if current.recorded:
            raise NothingRecorded(f"{self.name} is a reading: what happens is an event.")
        told = "SELECT set_config('nostro.act', '', true), pg_notify('nostro_log', %s)"
        with connection.cursor() as cursor:
            together([Statement(told, [topic]), *([COMMIT] if alone else [])], cursor)
        return answer

    def _nested(self, act: Act, *args: P.args, **kwargs: P.kwargs) -> R:
        current = frame()
        current.stack.append(cast(Any, self))
        try:
            return self.function(act, *args, **kwargs)
        finally:
            current.stack.pop()

    def check(self, act: Act, subject: Any) -> None:
        """Refuse who may not do this, and a portal user who names another's thing."""
        if not act.actor.may(self.name):
            raise Forbidden(f"Your role does not include “{self.title}”.")
        if act.actor.kind in ("client", "partner") and isinstance(subject, models.Model):
            owner = getattr(subject, f"{act.actor.kind}_id", None)
            if owner != act.actor.id:
                raise NotFound("There is no such thing.")

    def _locked(self, args: tuple[Any, ...]) -> models.Model | None:
        """The subject, where there is one to lock."""
        subject = args[0] if args and self.lock else None
        return subject if isinstance(subject, models.Model) else None

    def _begin(self, act: Act, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Bear the act, claim the key, lock the subject and read it afresh: one trip.

        An earlier answer, where the key has one.
        """
        digest = ""
        if act.key:
            body = json.dumps([_plain(list(args)), _plain(kwargs)], sort_keys=True)
            digest = hashlib.sha256(body.encode()).hexdigest()
        actor, subject = act.actor, self._locked(args)
        first = [
            Statement(
                "SELECT nostro_begin(%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
                [
                    act.begin(), self.name, act.key, digest, act.at, actor.kind, actor.id,
                    actor.key, act.door, act.address[:45], act.device[:200], act.cause,
                ],
            )
        ]  # fmt: skip
        if subject is not None:
            first.append(lock(subject, self.reads))
            first += [one.statement(subject.pk) for one in self.asks]
        with connection.cursor() as cursor:
            together(first, cursor)
            found = cursor.fetchone()[0]
            if found is None and subject is not None:
                cursor.nextset()
                freshen(subject, self.reads, cursor.fetchone())
                for one in self.asks:
                    cursor.nextset()
                    frame().asked[one, subject.pk] = cursor.fetchall()
        if found is None:
            return NEW
        earlier = json.loads(found) if isinstance(found, str) else found
        if earlier["inputs_hash"] != digest:
            raise KeyReused("This key was used before with other inputs. Use a new one.")
        return read_answer(earlier["answer"])


def write(act: Act, recorded: list[Recorded], answer: Any, *, alone: bool) -> None:
    """Events, the jobs of their reactions, and the answer: one statement, and COMMIT with it."""
    rows = [
        {
            "name": one.event.name,
            "operation": one.operation,
            "subject_type": label(one.subject) if one.subject is not None else "",
            "subject_id": one.subject.pk if one.subject is not None else None,
            "client_id": one.client_id,
            "entity_id": one.entity_id,
            "data": to_data(one.event),
            "jobs": jobs.jobs_for(one),
        }
        for one in recorded
    ]
    kept = json.dumps(keep_answer(answer)) if act.key else None
    written = Statement("SELECT nostro_write(%s, %s, %s)", [act.id, kept, json.dumps(rows)])
    with connection.cursor() as cursor:
        together([written, *([COMMIT] if alone else [])], cursor)


def keep_answer(answer: Any) -> Any:
    if isinstance(answer, models.Model):
        return {"model": label(answer), "id": answer.pk}
    return {"value": _plain(answer)}


def read_answer(kept: Any) -> Any:
    if "model" in kept:
        return apps.get_model(kept["model"])._base_manager.get(pk=kept["id"])
    return kept["value"]


@overload
def operation[**P, R](function: Callable[Concatenate[Act, P], R]) -> Operation[P, R]: ...
@overload
def operation[**P, R](
    *, open_to: tuple[str, ...] = (), lock: bool = True, title: str = "", verb: str = "",
    icon: str = "", tone: str = "", confirm: str = "", internal: bool = False,
    reads: tuple[str, ...] = (), asks: tuple[Question[Any], ...] = (), reading: bool = False,
) -> Callable[[Callable[Concatenate[Act, P], R]], Operation[P, R]]: ...  # fmt: skip
def operation(function: Any = None, **options: Any) -> Any:
    """Declare an operation.

    `open_to` names who may call it without a grant: client, partner, or all staff. `lock=False`
    is for subjects that many may touch at once. `internal` operations have no button and no API
    route of their own: they bring answers back in from the outside world. `reads` names what the
    subject points to and the operation needs: it comes with the lock, in the same statement, whole
    ("account") or no more than a few columns ("account__platform:slug", after "account"). `asks`
    are questions about the subject, by its key, that travel right behind the lock.
    A `reading` writes down what the outside world shows now (quotes, positions, equity), each look
    over the one before: it leaves no event and no act's row (ADR 7).
    """
    if function is not None:
        return Operation(function)
    return lambda inner: Operation(inner, **options)
