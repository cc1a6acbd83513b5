"""Builders: every state a test needs, set up through operations."""

from itertools import count

from django.conf import settings
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.models import User
from nostro.people import operations as people
from nostro.people.models import Brand, Client, LegalEntity, Staff

_numbers = count(1)

ENTITIES = {
    "CY": ("Meridian Markets (Cyprus) Ltd", "000/00", "CySEC", "CY", "EUR", 71, "cysec"),
    "UK": ("Meridian Markets (UK) Ltd", "000000", "FCA", "GB", "GBP", 69, "fca"),
    "SC": ("Meridian Global Ltd", "SD000", "FSA Seychelles", "SC", "USD", 74, "fsa_sc"),
}


def entity(code: str = "CY") -> LegalEntity:
    """A legal entity, made at its first use."""
    found = LegalEntity.objects.filter(code=code).first()
    if found:
        return found
    name, licence, regulator, country, currency, warning, pack = ENTITIES[code]
    return people.add_entity(
        Act.system(), code=code, name=name, licence=licence, regulator=regulator,
        country=country, address="14 Lemesou Avenue, Nicosia", base_currency=currency,
        risk_warning_percent=warning, pack=pack,
    )  # fmt: skip


def brand(code: str = "CY") -> Brand:
    """The brand that stands before a legal entity."""
    slug = f"meridian-{code.lower()}"
    found = Brand.objects.filter(slug=slug).first()
    if found:
        return found
    entity(code)
    return people.add_brand(
        Act.system(), slug=slug, name="Meridian", colour="#24408e", entity_codes=[code]
    )


def client(
    code: str = "CY", *, first_name: str = "Ada", last_name: str = "Lovelace", active: bool = True,
    country: str = "CY", currency: str = "", email: str = "",
) -> Client:  # fmt: skip
    """A client, active unless told otherwise."""
    made = people.register_client(
        Act.system(), entity=entity(code), brand=brand(code), password="correct horse battery",
        email=email or f"client{next(_numbers)}@example.com", first_name=first_name,
        last_name=last_name, country=country, base_currency=currency,
    )  # fmt: skip
    if active:
        people.activate_client(Act.system(), made, reason="made by a test")
        people.set_level(Act.system(), made, level=2, reason="made by a test")
    return made


def staff(
    *names: str, entities: list[str] | None = None, unmasked: list[str] | None = None
) -> Staff:
    """A colleague whose one role grants these operations and queries (patterns)."""
    for code in entities or ():
        entity(code)
    number = next(_numbers)
    role = people.set_role(
        Act.system(), slug=f"role-{number}", title=f"Role {number}", names=list(names),
        unmasked=unmasked or [],
    )  # fmt: skip
    return people.add_staff(
        Act.system(), name=f"Colleague {number}", title="Tester", role_slugs=[role.slug],
        email=f"staff{number}@example.com", entity_codes=entities, password="correct horse battery",
    )  # fmt: skip


def owner_of(client: Client, *names: str) -> Staff:
    """A colleague who sees their own clients only, and looks after this one."""
    number = next(_numbers)
    role = people.set_role(
        Act.system(), slug=f"role-{number}", title=f"Role {number}", names=list(names)
    )
    made = people.add_staff(
        Act.system(), name=f"Colleague {number}", title="Sales", role_slugs=[role.slug],
        email=f"staff{number}@example.com", own_clients_only=True, password="correct horse battery",
    )  # fmt: skip
    people.assign_owner(Act.system(), client, owner=made)
    return made


def browser(person: Staff | Client) -> Browser:
    """A browser in which this person has signed in."""
    made = Browser()
    kind = "staff" if isinstance(person, Staff) else "client"
    user = User.objects.get(kind=kind, person_id=person.pk)
    made.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return made


def act_of(person: Staff | Client, **more: object) -> Act:
    """An act by this person, with all their grants, as a door would make it."""
    from nostro.core.identity import actor_of
    from nostro.core.models import User

    kind = "staff" if isinstance(person, Staff) else "client"
    user = User.objects.get(kind=kind, person_id=person.pk)
    return Act(actor_of(user), **more)  # type: ignore[arg-type]


def methods() -> None:
    """Card and bank, a card provider and a bank, without anything behind them."""
    from decimal import Decimal

    from nostro.payments.models import Method, Provider
    from nostro.payments.operations import set_method

    if Method.objects.exists():
        return
    act = Act.system()
    for slug, icon in (("card", "credit-card"), ("bank", "building-bank")):
        set_method(
            act, slug=slug, name=slug.capitalize(), icon=icon, currencies=["USD", "EUR", "GBP"],
            least=Decimal(10), most=Decimal(50000), speed="at once",
        )  # fmt: skip
    with_settings = [
        ("cardwell", "stripe", "card", {"base_url": "http://127.0.0.1:9"}, 120),
        ("aegean", "iso20022", "bank", {"base_url": "http://127.0.0.1:9"}, 0),
    ]
    for slug, kind, method, _, days in with_settings:
        _provider(act, slug=slug, kind=kind, method=method, refund_days=days)
    assert Provider.objects.count() == 2


def _provider(act: Act, *, slug: str, kind: str, method: str, refund_days: int) -> None:
    from nostro.core.operations import operation
    from nostro.payments.events import ProviderSet
    from nostro.payments.models import Method, Provider

    @operation(internal=True)
    def add_test_provider(act: Act, *, slug: str) -> Provider:
        provider = Provider.objects.create(
            slug=slug, name=slug.capitalize(), kind=kind, refund_days=refund_days,
            accounts={"EUR": "CY17002001280000001200527600"},
        )  # fmt: skip
        provider.methods.set(Method.objects.filter(slug=method))
        act.record(ProviderSet(slug), about=provider)
        return provider

    add_test_provider(act, slug=slug)


def funded(client: Client, amount: str, *, method: str = "card", act: Act | None = None) -> object:
    """Money in the wallet, paid in and settled."""
    from nostro.kit import Money
    from nostro.payments.models import Method
    from nostro.payments.operations import settle_deposit, start_deposit

    methods()
    act = act or Act.system()
    money = Money.of(amount)
    deposit = start_deposit(act, client, money=money, method=Method.objects.get(slug=method))
    return settle_deposit(act, deposit, received=money, payment=f"pi_{deposit.pk}")
