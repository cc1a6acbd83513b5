"""The firm: its legal entities with their licences, its brands, its desks."""

from typing import Any

from nostro.core.acts import Act
from nostro.people import operations, queries
from nostro.people.countries import country_name
from nostro.people.models import Brand, Desk, LegalEntity
from nostro.ui.columns import Column, Link, Number
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.lists import ListPage


def _brands_of(act: Act, row: LegalEntity) -> Any:
    return row.brands.order_by("name")


def _entities_of(act: Act, row: Brand) -> Any:
    return queries.entities(act).filter(brands=row)


def _entity_words(row: Brand) -> str:
    return ", ".join(one.code for one in row.entities.all())


def _people_of(act: Act, row: Desk) -> Any:
    return queries.staff(act).filter(desk=row, left_at=None)


entity = DetailPage(
    room="people",
    slug="entities",
    model=LegalEntity,
    rows=queries.entities,
    subtitle=lambda row: f"{row.regulator} {row.licence} · {country_name(row.country)}",
    panels=[
        kv(
            "Licence",
            [
                Column("code"),
                Column("name"),
                Column("regulator"),
                Column("licence"),
                Column(lambda row: country_name(row.country), "Country"),
                Column("address"),
                Column("base_currency", "Base currency"),
                Number("risk_warning_percent", "Losing accounts, %"),
                Column(lambda row: row.pack.replace("_", " ").upper(), "Policy pack"),
            ],
        ),
        table(
            "Brands",
            _brands_of,
            [Link(title="Brand"), Column("slug"), Column("colour")],
            empty="No brand stands before it yet.",
            may=queries.brands.name,
        ),
    ],
    actions=[operations.change_entity],
    icon="building-bank",
)
entities = ListPage(
    room="people",
    slug="entities",
    title="Legal entities",
    rows=queries.entities,
    columns=[
        Link(title="Name", sort="name"),
        Column("code", sort="code"),
        Column("regulator", sort="regulator"),
        Column("licence", low=2),
        Column(lambda row: country_name(row.country), "Country", low=2),
        Column("base_currency", "Currency", low=3),
        Number("risk_warning_percent", "Losing, %", low=3),
    ],
    create=[operations.add_entity],
    inspector=entity,
    order="name",
    search=["name", "licence"],
    empty="No legal entity yet. Add the first, with its licence.",
    icon="building-bank",
)
brand = DetailPage(
    room="people",
    slug="brands",
    model=Brand,
    rows=queries.brands,
    subtitle=lambda row: row.slug,
    panels=[
        kv("Looks", [Column("name"), Column("slug"), Column("colour")]),
        table(
            "Legal entities",
            _entities_of,
            [Link(title="Name"), Column("regulator"), Column("licence")],
            empty="None that you see.",
            may=queries.entities.name,
        ),
    ],
    actions=[operations.change_brand],
    icon="tag",
)
brands = ListPage(
    room="people",
    slug="brands",
    title="Brands",
    rows=queries.brands,
    columns=[
        Link(title="Brand", sort="name"),
        Column("slug", sort="slug"),
        Column("colour"),
        Column(_entity_words, "Legal entities", low=2),
    ],
    create=[operations.add_brand],
    inspector=brand,
    order="name",
    empty="No brand yet. Clients see its name and its colour.",
    icon="tag",
)
desk = DetailPage(
    room="people",
    slug="desks",
    model=Desk,
    rows=queries.desks,
    panels=[
        table(
            "People",
            _people_of,
            [Link(title="Name"), Column("title")],
            empty="Nobody sits here yet.",
            may=queries.staff.name,
        )
    ],
    icon="users-group",
)
desks = ListPage(
    room="people",
    slug="desks",
    title="Desks",
    rows=queries.desks,
    columns=[Link(title="Desk", sort="name")],
    create=[operations.add_desk],
    inspector=desk,
    order="name",
    empty="No desk yet. A desk is a group of staff that looks after some clients together.",
    icon="users-group",
)
