"""A room's tables, created together, are the same as created one by one, and go again."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState
from django.db.models import Model, UniqueConstraint

from nostro.core.migrations import CreateTables

TOGETHER = CreateTables(
    tables=[
        CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
        CreateModel(
            "Book",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("shelf", models.ForeignKey("attic.shelf", on_delete=models.PROTECT)),
            ],
            options={"indexes": [models.Index(fields=["shelf", "-id"], name="attic_newest")]},
        ),
    ]
)


def state(*, rendered: bool, after: bool) -> ProjectState:
    found = ProjectState()
    if rendered:
        assert not found.apps.get_models()
    if after:
        TOGETHER.state_forwards("attic", found)
    return found


def there() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("attic_")}


@pytest.mark.django_db
def test_tables_that_need_each_other_are_made_together_and_go_again() -> None:
    before, after = state(rendered=True, after=False), state(rendered=True, after=True)

    with connection.schema_editor() as editor:
        TOGETHER.database_forwards("attic", editor, before, after)
    with connection.cursor() as cursor:
        rules = connection.introspection.get_constraints(cursor, "attic_book")
    assert there() == {"attic_shelf", "attic_book"}
    assert rules["attic_newest"]["orders"] == ["ASC", "DESC"]
    assert ("attic_shelf", "id") in [one["foreign_key"] for one in rules.values()]

    with connection.schema_editor() as editor:
        TOGETHER.database_backwards("attic", editor, after, before)
    assert there() == set()


def test_the_state_is_the_one_of_single_steps() -> None:
    single = ProjectState()
    for one in TOGETHER.tables:
        one.state_forwards("attic", single)

    assert state(rendered=True, after=True) == single
    assert state(rendered=False, after=True) == single


def test_no_column_has_an_index_where_another_index_begins_with_it() -> None:
    """Every row would be written into both, and one of them answers whatever the other can."""
    twice = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("nostro.")
        for field in model._meta.local_fields
        if getattr(field, "db_index", False)
        and not field.unique
        and field.name in _beginnings(model)
    ]
    assert twice == []


def _beginnings(model: type[Model]) -> set[str]:
    indexes = [one.fields_orders for one in model._meta.indexes if one.condition is None]
    rules = [
        one.fields
        for one in model._meta.constraints
        if isinstance(one, UniqueConstraint) and one.condition is None
    ]
    begins = {orders[0][0] for orders in indexes if orders and not orders[0][1]}
    return begins | {fields[0] for fields in rules if fields}
