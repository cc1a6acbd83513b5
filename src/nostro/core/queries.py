"""Queries: what anyone can ask. They never write and always know who asks."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Concatenate, overload

from django.db import models
from django.db.models.expressions import RawSQL

from nostro.core.access import OPEN
from nostro.core.acts import Act
from nostro.core.events import room_of
from nostro.kit.problems import Forbidden, NotFound

QUERIES: dict[str, "Query[..., Any]"] = {}
FINDERS: dict[type[models.Model], "Query[..., Any]"] = {}


class Query[**P, R]:
    """A named question. Its name is its permission, its docstring the help text."""

    do_not_call_in_templates = True

    def __init__(
        self,
        function: Callable[Concatenate[Act, P], R],
        *,
        finds: type[models.Model] | None = None,
        open_to: tuple[str, ...] = (),
    ) -> None:
        self.function = function
        self.room = room_of(function.__module__)
        self.name = f"{self.room}.{function.__name__}"
        self.title = function.__name__.replace("_", " ").capitalize()
        self.help = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
        self.finds, self.open_to = finds, open_to
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        QUERIES[self.name] = self
        OPEN[self.name] = frozenset(open_to)
        if finds is not None:
            FINDERS[finds] = self

    def __repr__(self) -> str:
        return f"<query {self.name}>"

    def __call__(self, act: Act, *args: P.args, **kwargs: P.kwargs) -> R:
        if not act.actor.may(self.name):
            raise Forbidden(f"Your role does not include “{self.title}”.")
        return self.function(act, *args, **kwargs)


@overload
def query[**P, R](function: Callable[Concatenate[Act, P], R]) -> Query[P, R]: ...
@overload
def query[**P, R](
    *, finds: type[models.Model] | None = None, open_to: tuple[str, ...] = ()
) -> Callable[[Callable[Concatenate[Act, P], R]], Query[P, R]]: ...
def query(function: Any = None, **options: Any) -> Any:
    """Declare a query. `finds=Model` makes it the one through which doors name such a thing."""
    if function is not None:
        return Query(function)
    return lambda inner: Query(inner, **options)


def named[M: models.Model](model: type[M], ids: Iterable[int]) -> dict[int, M]:
    """Rows by id, for the names in a line that was itself seen through a query."""
    found: dict[int, M] = model._base_manager.in_bulk(ids)
    return found


def find[M: models.Model](act: Act, model: type[M], pk: Any) -> M:
    """One thing by its id, if the asker may see it. What you may not see, you cannot name."""
    finder = FINDERS.get(model)
    if finder is None:
        raise NotFound("There is no such thing.")
    try:
        row = finder(act).filter(pk=int(pk)).first()
    except (TypeError, ValueError, OverflowError, Forbidden):
        row = None
    if row is None:
        raise NotFound(f"There is no {model._meta.verbose_name} {pk}, or you may not see it.")
    found: M = row
    return found


def one_of(keys: Sequence[int]) -> RawSQL:
    """For `__in` with very many keys: they travel as one array, not as a value each."""
    return RawSQL("SELECT unnest(%s::bigint[])", [f"{{{','.join(map(str, keys))}}}"])
