"""The firm itself: legal entities, brands, desks, roles, staff."""

from nostro.core.acts import Act
from nostro.core.models import Role, User
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.people.events import BrandAdded, EntityAdded, RoleSet, StaffAdded, StaffLeft
from nostro.people.models import Brand, Desk, LegalEntity, Staff


class EmailInUse(Problem):
    """Somebody signs in with this address already."""

    status = 409


@operation
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
    entity = LegalEntity.objects.create(
        code=code, name=name, licence=licence, regulator=regulator, country=country,
        address=address, base_currency=base_currency, pack=pack,
        risk_warning_percent=risk_warning_percent,
    )  # fmt: skip
    act.record(EntityAdded(code), about=entity)
    return entity


@operation
def add_brand(
    act: Act, *, slug: str, name: str, colour: str, entity_codes: list[str]
) -> Brand:
    """Add a brand, and say which legal entities stand behind it."""
    brand = Brand.objects.create(slug=slug, name=name, colour=colour)
    brand.entities.set(LegalEntity.objects.filter(code__in=entity_codes))
    act.record(BrandAdded(slug), about=brand)
    return brand


@operation
def add_desk(act: Act, *, name: str) -> Desk:
    """Add a desk."""
    desk = Desk.objects.create(name=name)
    act.record(BrandAdded(name), about=desk)
    return desk


@operation
def set_role(
    act: Act, *, slug: str, title: str, names: list[str], unmasked: list[str] | None = None
) -> Role:
    """Say what a role may do and ask, and which fields it sees unmasked."""
    role, _ = Role.objects.update_or_create(
        slug=slug, defaults={"title": title, "names": names, "unmasked": unmasked or []}
    )
    act.record(RoleSet(slug, names, unmasked or []), about=role)
    return role


@operation
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
    user = User.objects.create_user(email, password or None, kind=User.Kind.STAFF)
    user.email_verified_at = act.at
    staff = Staff.objects.create(
        user=user, name=name, title=title, desk=desk, own_clients_only=own_clients_only,
        joined_at=act.at,
    )  # fmt: skip
    user.person_id = staff.pk
    user.save(update_fields=["person_id", "email_verified_at"])
    staff.roles.set(Role.objects.filter(slug__in=role_slugs))
    staff.entities.set(LegalEntity.objects.filter(code__in=entity_codes or []))
    act.record(StaffAdded(role_slugs), about=staff)
    return staff


@operation(title="End access", tone="refuse")
def end_staff(act: Act, staff: Staff) -> Staff:
    """End somebody's access. What they did stays under their name."""
    staff.left_at = act.at
    staff.save(update_fields=["left_at"])
    staff.user.is_active = False
    staff.user.save(update_fields=["is_active"])
    act.record(StaffLeft(), about=staff)
    return staff
