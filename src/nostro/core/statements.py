"""Statements composed once and kept, and statements that nobody has to wait for (ADR 10).

Composing a query costs more than carrying it out, and a round trip more than either. So rows are
locked, inserted and updated by statements made once a model; what gives no answer travels with
the next statement, in order; BEGIN goes with the first one and COMMIT with the last.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DatabaseError, connection, models, transaction
from psycopg import ServerCursor

from nostro.core.acts import Frame, frame, has_frame
from nostro.kit.problems import NotFound, Problem

TOGETHER = ";\n"
Converters = list[tuple[Any, list[tuple[Callable[..., Any], Any]]]]
"""Fields, each with what turns its column into its value, and the column."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and its values. `refused` makes a sentence of the database's refusal, where it is one."""

    sql: str
    values: Sequence[Any] = ()
    refused: Callable[[DatabaseError], Problem | None] | None = None


# ── One transaction, in few trips ──


@contextmanager
def whole() -> Iterator[bool]:
    """A transaction of its own. True: the first statement brings BEGIN, the last may bring COMMIT.

    False inside a test's transaction, where a savepoint takes its place.
    """
    if connection.in_atomic_block:
        with transaction.atomic(durable=True):
            yield False
        return
    connection.ensure_connection()
    connection.in_atomic_block, connection.autocommit = True, False
    connection.needs_rollback = False
    try:
        yield True
        connection.connection.commit()
    except BaseException:
        connection.run_on_commit.clear()
        _taken_back()
        raise
    finally:
        connection.in_atomic_block, connection.autocommit = False, True
        connection.needs_rollback = False
    connection.run_and_clear_commit_hooks()


def _taken_back() -> None:
    """Roll back; a connection that cannot even do that is closed, and with it the transaction."""
    try:
        connection.connection.rollback()
    except Exception:
        connection.in_atomic_block = False
        connection.close()


def together(first: Sequence[Statement], cursor: Any) -> None:
    """Carry out several statements in one trip. The cursor stands at the first one's answer."""
    cursor.execute(
        TOGETHER.join(one.sql for one in first), [value for one in first for value in one.values]
    )


def later(statement: Statement) -> None:
    """Carry this out with the next statement of the operation in progress, before it."""
    frame().unsent.append(statement)


def delivering(current: Frame) -> Callable[..., Any]:
    """Sends what was left for later with whatever is carried out next."""

    def deliver(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if not current.unsent:
            return execute(sql, values, many, context)
        unsent, current.unsent = current.unsent, []
        cursor = context["cursor"].cursor
        if many or isinstance(values, dict) or isinstance(cursor, ServerCursor):
            with connection.cursor() as own, _said(unsent):
                together(unsent, own)
                _stepped_over(unsent, own.cursor)
            return execute(sql, values, many, context)
        sql = sql if values is not None else sql.replace("%", "%%")
        text = TOGETHER.join([*(one.sql for one in unsent), sql])
        before = [value for one in unsent for value in one.values]
        with _said(unsent):
            answer = execute(text, [*before, *(values or ())], many, context)
        _stepped_over(unsent, cursor)
        return answer

    return deliver


@contextmanager
def _said(sent: list[Statement]) -> Iterator[None]:
    """The refusal of a statement that was not waited for, as its sentence."""
    try:
        yield
    except DatabaseError as error:
        for one in sent:
            if one.refused and (problem := one.refused(error)):
                raise problem from error
        raise


def _stepped_over(sent: list[Statement], cursor: Any) -> None:
    """Step over the answers of what was sent, to the one that is waited for."""
    for _ in sent:
        cursor.nextset()


# ── Statements planned once a connection ──

_names: dict[str, str] = {}
_numbers = count(1)
_planned: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def planned(sql: str) -> str:
    """The same statement as an EXECUTE: each connection parses and plans it once."""
    name = _names.get(sql) or _names.setdefault(sql, f"nostro_{next(_numbers)}")
    places = sql.count("%s")
    connection.ensure_connection()
    raw = connection.connection
    known = _planned.setdefault(raw, set())
    if name not in known:
        text = sql
        for number in range(1, places + 1):
            text = text.replace("%s", f"${number}", 1)
        raw.execute(f"PREPARE {name} AS {text.replace('%%', '%')}")
        known.add(name)
    return f"EXECUTE {name} ({', '.join(['%s'] * places)})"


# ── Rows, by statements made once a model ──


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _converters(fields: Sequence[Any]) -> Converters:
    made: Converters = []
    for one in fields:
        column = one.get_col(one.model._meta.db_table)
        own = connection.ops.get_db_converters(column) + one.get_db_converters(connection)
        made.append((one, [(convert, column) for convert in own]))
    return made


@dataclass(frozen=True)
class _Joined:
    """What comes along with a locked row: the path to it, its key's place, its columns."""

    path: tuple[str, ...]
    model: type[models.Model]
    start: int
    fields: Converters


@cache
def _locking(
    model: type[models.Model], reads: tuple[str, ...]
) -> tuple[str, Converters, list[_Joined]]:
    """The statement that locks one row and reads it with what `reads` names."""
    own = list(model._meta.concrete_fields)
    columns = [f"s.{_quoted(str(one.column))}" for one in own]
    tables, joined = f"{_quoted(model._meta.db_table)} s", []
    known: dict[tuple[str, ...], str] = {(): "s"}
    for read in reads:
        text, _, few = read.partition(":")
        path, at = tuple(text.split("__")), model
        for depth in range(1, len(path) + 1):
            link: Any = at._meta.get_field(path[depth - 1])
            at, here, above = link.related_model, path[:depth], known[path[: depth - 1]]
            if here in known:
                continue
            known[here] = alias = f"r{len(known)}"
            tables += (
                f" LEFT JOIN {_quoted(at._meta.db_table)} {alias}"
                f" ON {alias}.{_quoted(str(at._meta.pk.column))} = {above}.{_quoted(link.column)}"
            )
            named = [at._meta.pk.name, *few.split(",")] if here == path and few else []
            theirs = [f for f in at._meta.concrete_fields if not named or f.name in named]
            joined.append(_Joined(here, at, len(columns), _converters(theirs)))
            columns += [f"{alias}.{_quoted(str(one.column))}" for one in theirs]
    sql = (
        f"SELECT {', '.join(columns)} FROM {tables}"  # noqa: S608
        f" WHERE s.{_quoted(str(model._meta.pk.column))} = %s FOR NO KEY UPDATE OF s"
    )
    return sql, _converters(own), joined


def lock(subject: models.Model, reads: tuple[str, ...]) -> Statement:
    """Locks a row. Give its answer to `freshen`."""
    return Statement(planned(_locking(type(subject), reads)[0]), [subject.pk])


def freshen(subject: models.Model, reads: tuple[str, ...], row: Sequence[Any] | None) -> None:
    """Put a locked row into the very object; what was cached of related rows is forgotten."""
    if row is None:
        raise NotFound("There is no such thing any more.")
    _, own, joined = _locking(type(subject), reads)
    subject.__dict__.update(_values(own, row))
    subject._state.fields_cache.clear()
    subject.__dict__.pop("_prefetched_objects_cache", None)
    for one in joined:
        thing: Any = subject
        for step in one.path[:-1]:
            thing = thing._meta.get_field(step).get_cached_value(thing, default=None)
        if thing is None or thing.__dict__[thing._meta.get_field(one.path[-1]).attname] is None:
            continue
        values = _values(one.fields, row[one.start :])
        related = one.model.from_db("default", list(values), list(values.values()))
        thing._meta.get_field(one.path[-1]).set_cached_value(thing, related)


def _values(fields: Converters, row: Sequence[Any]) -> dict[str, Any]:
    """Each field's value by its name, converted where its column is stored otherwise."""
    found = {field.attname: value for (field, _), value in zip(fields, row, strict=False)}
    for field, converters in fields:
        for convert, column in converters:
            found[field.attname] = convert(found[field.attname], column, connection)
    return found


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return _quoted(field.column)


@cache
def _inserting(model: type[models.Model], names: tuple[str, ...]) -> str:
    columns = ", ".join(_column(model, name) for name in names)
    return (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({columns})"  # noqa: S608
        f" VALUES ({', '.join(['%s'] * len(names))})"
    )


@cache
def _updating(model: type[models.Model], names: tuple[str, ...]) -> str:
    changes = ", ".join(f"{_column(model, name)} = %s" for name in names)
    key = _quoted(str(model._meta.pk.column))
    update = f"UPDATE {_quoted(model._meta.db_table)} SET {changes} WHERE {key} = %s"  # noqa: S608
    # A row that is not there divides by zero: nobody waits, and COMMIT may come with it.
    return f"WITH changed AS ({update} RETURNING 1) SELECT 1 / count(*) FROM changed"  # noqa: S608


def add(*rows: models.Model) -> None:
    """Insert rows of one model with the next statement: nobody waits, for keys they lack either."""
    if not rows:
        return
    auto = None if rows[0].pk else rows[0]._meta.auto_field
    fields = [one for one in rows[0]._meta.concrete_fields if one is not auto]
    sql = _inserting(type(rows[0]), tuple(one.name for one in fields))
    more = f", ({', '.join(['%s'] * len(fields))})" * (len(rows) - 1)
    values = [
        one.get_db_prep_save(one.pre_save(row, add=True), connection)
        for row in rows
        for one in fields
    ]
    later(Statement(sql + more, values))


def insert_if(row: models.Model, true: Statement) -> bool:
    """Insert a row and give it its key, if a question has an answer. Whether it had."""
    fields = [one for one in row._meta.concrete_fields if one is not row._meta.auto_field]
    head = _inserting(type(row), tuple(one.name for one in fields)).replace(" VALUES (", " SELECT ")
    values = [one.get_db_prep_save(one.pre_save(row, add=True), connection) for one in fields]
    key = _quoted(str(row._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(
            f"{head[:-1]} WHERE EXISTS ({true.sql}) RETURNING {key}", [*values, *true.values]
        )
        found = cursor.fetchone()
    if found:
        row.pk, row._state.adding, row._state.db = found[0], False, "default"
    return found is not None


class Slot(models.Value):
    """The place of an argument in a question that is composed once."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self,)


class Question[**P]:
    """A `values_list` question whose SQL is composed once. Arguments are compared with columns."""

    def __init__(self, build: Callable[P, Any]) -> None:
        self.build: Any = build
        self.kept: tuple[str, list[int]] | None = None

    def statement(self, *values: Any) -> Statement:
        if self.kept is None:
            slots = [Slot(number) for number in range(len(values))]
            self.kept = _with_slots(*self.build(*slots).query.sql_with_params())
        sql, order = self.kept
        return Statement(planned(sql), [values[number] for number in order])

    def __call__(self, *values: P.args, **_: P.kwargs) -> list[tuple[Any, ...]]:
        """What is there now. Who asks it with a subject's lock (`asks`) has the answer already."""
        known = frame().asked.pop((self, *values), None) if has_frame() else None
        if known is not None:
            return known
        asked = self.statement(*values)
        with connection.cursor() as cursor:
            cursor.execute(asked.sql, asked.values)
            return list(cursor.fetchall())


composed = Question


def _with_slots(sql: str, values: Sequence[Any]) -> tuple[str, list[int]]:
    """Only arguments stay open; what is constant is written out, so that partial indexes serve."""
    pieces, order = sql.split("%s"), []
    for place, value in enumerate(values):
        if isinstance(value, Slot):
            order.append(value.number)
            pieces[place] += "%s"
        else:
            with connection.cursor() as cursor:
                pieces[place] += cursor.mogrify("%s", [value]).replace("%", "%%")
    return "".join(pieces), order


class Kept(models.Model):
    """A row that is inserted and updated by statements made once, where that is all there is to it.

    An update inside an operation is not waited for: its subject is locked.
    """

    class Meta:
        abstract = True

    def _do_insert(
        self, manager: Any, using: str, fields: Any, returning_fields: Any, raw: bool
    ) -> Any:
        values = [one.pre_save(self, add=True) for one in fields]
        if raw or any(hasattr(value, "resolve_expression") for value in values):
            return super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]
        sql = _inserting(type(self), tuple(one.name for one in fields))
        back = ", ".join(_quoted(str(one.column)) for one in returning_fields)
        prepared = [
            one.get_db_prep_save(value, connection)
            for one, value in zip(fields, values, strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(planned(f"{sql} RETURNING {back}" if back else sql), prepared)
            return cursor.fetchall() if back else []

    def _do_update(
        self, base_qs: Any, using: str | None, pk_val: Any, values: Any, update_fields: Any,
        forced_update: bool, returning_fields: Any,
    ) -> Any:  # fmt: skip
        plain = not any(hasattr(value, "resolve_expression") for _, _, value in values)
        if not (forced_update and values and plain and has_frame()) or returning_fields:
            return super()._do_update(
                base_qs, using, pk_val, values, update_fields, forced_update, returning_fields
            )
        self._change([field for field, _, _ in values])
        return [()]

    def change(self, *names: str) -> None:
        """Update these fields with the operation's next statement. The row is locked."""
        fields: list[Any] = [self._meta.get_field(name) for name in dict.fromkeys(names)]
        self._change(fields)

    def _change(self, fields: Sequence[Any]) -> None:
        sql = _updating(type(self), tuple(field.name for field in fields))
        values = [one.get_db_prep_save(one.pre_save(self, add=False), connection) for one in fields]
        later(Statement(planned(sql), [*values, self.pk]))
