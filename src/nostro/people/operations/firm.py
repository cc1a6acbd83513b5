"""The firm itself: legal entities, brands, desks, roles, staff."""

import re
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.core.models import Role, User
from nostro.core.operations import operation
from nostro.kit.money import Currency
from nostro.kit.problems import Problem
from nostro.people.countries import COUNTRIES
from nostro.people.events import (
    BrandAdded,
    BrandChanged,
    DeskAdded,
    EntityAdded,
    EntityChanged,
    RoleSet,
    StaffAdded,
    StaffChanged,
    StaffLeft,
)
from nostro.people.models import Brand, Desk, LegalEntity, Staff

COLOUR = re.compile(r"#[0-9a-f]{6}")
GRANT = re.compile(r"\*|[a-z0-9_]+\.[a-z0-9_*]+(\.[a-z0-9_*]+)?")


class EmailInUse(Problem):
    """Somebody signs in with this address already."""

    status = 409


class NameInUse(Problem):
    """Something of the firm has this name already."""

    status = 409


class BadFirm(Problem):
    """Something about the firm that cannot be so."""


class OwnAccess(Problem):
    """Nobody changes or ends what they themselves may do."""


def _entities(codes: list[str] | None) -> list[LegalEntity]:
    """The legal entities with these codes; one that is unknown is refused, never passed over."""
    found = list(LegalEntity.objects.filter(code__in=codes or []))
    unknown = set(codes or []) - {one.code for one in found}
    if unknown:
        raise BadFirm(f"There is no legal entity {sorted(unknown)[0]}.", field="entity_codes")
    return found


def _roles(slugs: list[str]) -> list[Role]:
    found = list(Role.objects.filter(slug__in=slugs))
    unknown = set(slugs) - {one.slug for one in found}
    if unknown:
        raise BadFirm(f"There is no role {sorted(unknown)[0]}.", field="role_slugs")
    return found


def _colour(text: str) -> str:
    if not COLOUR.fullmatch(text.strip().lower()):
        raise BadFirm("A colour is written like #23408e.", field="colour")
    return text.strip().lower()


def _percent(value: int) -> int:
    if not 0 <= value <= 100:
        raise BadFirm("A percentage lies between 0 and 100.", field="risk_warning_percent")
    return value


def _changed(thing: models.Model, wanted: dict[str, Any]) -> list[str]:
    """Writes what differs, and says which fields did."""
    fields = [name for name, value in wanted.items() if getattr(thing, name) != value]
    if fields:
        for name in fields:
            setattr(thing, name, wanted[name])
        thing.save(update_fields=fields)
    return fields


@operation(title="Add a legal entity", icon="plus")
def add_entity(
    act: Act,
    *,
    code: str,
    name: str,
    licence: str,
    regulator: str,
    country: str,
    address: str,
    base_currency: str,
    risk_warning_percent: int,
    pack: str,
) -> LegalEntity:
    """Add a legal entity with its licence."""
    if not 2 <= len(code) <= 4:
        raise BadFirm("A code has two to four letters, such as CY.", field="code")
    if country not in COUNTRIES:
        raise BadFirm("Choose a country from the list.", field="country")
    if LegalEntity.objects.filter(code=code).exists():
        raise NameInUse("A legal entity has this code already.", field="code")
    entity = LegalEntity.objects.create(
        code=code, name=name, licence=licence, regulator=regulator, country=country,
        address=address, base_currency=Currency(base_currency), pack=pack,
        risk_warning_percent=_percent(risk_warning_percent),
    )  # fmt: skip
    act.record(EntityAdded(code), about=entity)
    return entity


@operation(title="Change a legal entity", verb="Change", icon="pencil")
def change_entity(
    act: Act,
    entity: LegalEntity,
    *,
    name: str = "",
    licence: str = "",
    address: str = "",
    risk_warning_percent: int | None = None,
) -> LegalEntity:
    """Correct what clients read about the firm. Empty fields stay as they are."""
    wanted: dict[str, Any] = {"name": name, "licence": licence, "address": address}
    wanted = {field: text.strip() for field, text in wanted.items() if text.strip()}
    if risk_warning_percent is not None:
        wanted["risk_warning_percent"] = _percent(risk_warning_percent)
    fields = _changed(entity, wanted)
    if not fields:
        raise BadFirm("That is what stands there already.")
    act.record(EntityChanged(fields), about=entity)
    return entity


@operation(title="Add a brand", icon="plus")
def add_brand(act: Act, *, slug: str, name: str, colour: str, entity_codes: list[str]) -> Brand:
    """Add a brand, and say which legal entities stand behind it."""
    if Brand.objects.filter(slug=slug).exists():
        raise NameInUse("A brand has this slug already.", field="slug")
    entities = _entities(entity_codes)
    brand = Brand.objects.create(slug=slug, name=name, colour=_colour(colour))
    brand.entities.set(entities)
    act.record(BrandAdded(slug), about=brand)
    return brand


@operation(title="Change a brand", verb="Change", icon="pencil")
def change_brand(
    act: Act,
    brand: Brand,
    *,
    name: str = "",
    colour: str = "",
    entity_codes: list[str] | None = None,
) -> Brand:
    """Change a brand's name, colour or legal entities. Empty fields stay as they are."""
    wanted = {"name": name.strip(), "colour": _colour(colour) if colour else ""}
    fields = _changed(brand, {field: text for field, text in wanted.items() if text})
    if entity_codes and {one.code for one in brand.entities.all()} != set(entity_codes):
        brand.entities.set(_entities(entity_codes))
        fields.append("entities")
    if not fields:
        raise BadFirm("That is what stands there already.")
    act.record(BrandChanged(fields), about=brand)
    return brand


@operation(title="Add a desk", icon="plus")
def add_desk(act: Act, *, name: str) -> Desk:
    """Add a desk."""
    if Desk.objects.filter(name=name).exists():
        raise NameInUse("A desk has this name already.", field="name")
    desk = Desk.objects.create(name=name)
    act.record(DeskAdded(), about=desk)
    return desk


@operation(title="Set a role", icon="key")
def set_role(
    act: Act, *, slug: str, title: str, names: list[str], unmasked: list[str] | None = None
) -> Role:
    """Say what a role may do and ask, and which fields it sees unmasked."""
    for field, given in (("names", names), ("unmasked", unmasked or [])):
        for one in given:
            if not GRANT.fullmatch(one):
                raise BadFirm(
                    f"“{one}” is no permission: write payments.* or one name.", field=field
                )
    role, _ = Role.objects.update_or_create(
        slug=slug, defaults={"title": title, "names": names, "unmasked": unmasked or []}
    )
    act.record(RoleSet(slug, names, unmasked or []), about=role)
    return role


@operation(title="Give access", icon="user-plus")
def add_staff(
    act: Act,
    *,
    name: str,
    title: str,
    email: str,
    role_slugs: list[str],
    entity_codes: list[str] | None = None,
    desk: Desk | None = None,
    own_clients_only: bool = False,
    password: str = "",
) -> Staff:
    """Give somebody access. Without a password they set one by e-mail."""
    if User.objects.filter(email=email.strip().lower()).exists():
        raise EmailInUse("Somebody signs in with this address already.", field="email")
    roles, entities = _roles(role_slugs), _entities(entity_codes)
    user = User.objects.create_user(email, password or None, kind=User.Kind.STAFF)
    user.email_verified_at = act.at
    staff = Staff.objects.create(
        user=user, name=name, title=title, desk=desk, own_clients_only=own_clients_only,
        joined_at=act.at,
    )  # fmt: skip
    user.person_id = staff.pk
    user.save(update_fields=["person_id", "email_verified_at"])
    staff.roles.set(roles)
    staff.entities.set(entities)
    act.record(StaffAdded(role_slugs), about=staff)
    return staff


@operation(title="Change access", icon="user-cog")
def change_staff(
    act: Act,
    staff: Staff,
    *,
    role_slugs: list[str],
    entity_codes: list[str] | None = None,
    desk: Desk | None = None,
    own_clients_only: bool = False,
    title: str = "",
) -> Staff:
    """Say anew what somebody may do and whom they see. No legal entity means all of them."""
    if act.actor.is_same_person("staff", staff.pk):
        raise OwnAccess("Somebody else has to change your own access.")
    if staff.left_at is not None:
        raise BadFirm(f"{staff} has left.")
    roles, entities = _roles(role_slugs), _entities(entity_codes)
    wanted: dict[str, Any] = {"desk": desk, "own_clients_only": own_clients_only}
    if title.strip():
        wanted["title"] = title.strip()
    fields = _changed(staff, wanted)
    if set(staff.roles.all()) != set(roles):
        staff.roles.set(roles)
        fields.append("roles")
    if set(staff.entities.all()) != set(entities):
        staff.entities.set(entities)
        fields.append("entities")
    if not fields:
        raise BadFirm("That is what stands there already.")
    codes = [one.code for one in entities]
    act.record(StaffChanged(fields, [one.slug for one in roles], codes), about=staff)
    return staff


@operation(title="End access", icon="user-x", tone="refuse", confirm="They are signed out at once.")
def end_staff(act: Act, staff: Staff) -> Staff:
    """End somebody's access. What they did stays under their name."""
    if act.actor.is_same_person("staff", staff.pk):
        raise OwnAccess("Somebody else has to end your own access.")
    if staff.left_at is not None:
        raise BadFirm(f"{staff} has left already.")
    staff.left_at = act.at
    staff.save(update_fields=["left_at"])
    staff.user.is_active = False
    staff.user.save(update_fields=["is_active"])
    act.record(StaffLeft(), about=staff)
    return staff
