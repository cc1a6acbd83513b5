"""The demo firm: three licences, two brands, twelve colleagues in the roles of a back office."""

from dataclasses import dataclass

from nostro.core.access import Actor, Grants
from nostro.core.acts import Act
from nostro.core.identity import actor_of
from nostro.core.models import Role, User
from nostro.people import operations as people
from nostro.people.models import Brand, Client, Desk, LegalEntity, Staff

PASSWORD = "nostro-demo-2026"  # noqa: S105  (printed for whoever tries the demo)

LOOKS = [
    "people.clients", "people.entities", "people.brands", "people.desks", "people.staff",
    "people.notes", "people.add_note", "people.tag_client", "people.untag_client",
    "core.records", "core.proposals", "core.withdraw_proposal", "messages.messages", "ui.*",
    "rules.decisions", "rules.versions", "rules.points",
]  # fmt: skip
WRITES = ["messages.message_client"]
KYC_SEEN = [
    "compliance.applications", "compliance.documents", "compliance.hits",
    "compliance.list_versions", "compliance.agreement_texts", "compliance.flows",
]  # fmt: skip
PAYMENTS_SEEN = [
    "payments.deposits", "payments.withdrawals", "payments.transfers", "payments.legs",
    "payments.notices", "payments.providers", "payments.methods", "payments.destinations",
    "payments.saved_cards",
]  # fmt: skip
TRADING_SEEN = [
    "trading.accounts", "trading.deals", "trading.positions", "trading.orders",
    "trading.past_orders", "trading.days", "trading.credits", "trading.platforms",
    "trading.groups", "trading.symbols", "trading.instruments", "trading.breaks",
]  # fmt: skip
"""Who looks does not decide: compliance, payments and dealing have their own people."""
ROLES: dict[str, tuple[str, list[str], list[str]]] = {
    "administrator": ("Administrator", ["*"], ["*"]),
    "operations": (
        "Operations",
        [*LOOKS, *WRITES, *KYC_SEEN, "people.*", "trading.*", "payments.*", "partners.*",
         "reconciliation.*", "exposure.*", "ledger.*", "reports.*", "core.*", "sales.*"],
        ["people.client.*"],
    ),
    "compliance": (
        "Compliance officer",
        [*LOOKS, *WRITES, "compliance.*", "people.activate_client", "people.refuse_client",
         "people.restrict_client", "people.set_level", "people.change_details",
         "payments.withdrawals", "payments.deposits", "payments.approve_withdrawal",
         "payments.refuse_withdrawal", "payments.client_transfers",
         "payments.received_from_clients", "payments.approve_client_transfer",
         "payments.refuse_client_transfer", "trading.accounts", "trading.deals", "rules.*",
         "reports.*", "core.agree_to_proposal", "core.refuse_proposal"],
        ["people.client.*"],
    ),
    "payments": (
        "Payments",
        [*LOOKS, *WRITES, "payments.*", "ledger.accounts", "ledger.entries", "ledger.transfers",
         "ledger.account_statement",
         "trading.accounts", "reconciliation.*", "core.agree_to_proposal",
         "core.refuse_proposal"],
        ["people.client.email"],
    ),
    "finance": (
        "Finance",
        [*LOOKS, *PAYMENTS_SEEN, "ledger.*", "reconciliation.*", "reports.*", "partners.*",
         "trading.accounts", "trading.deals", "trading.breaks", "trading.break_deals",
         "trading.deal_corrections", "trading.taken_deals", "trading.propose_taking",
         "trading.take_deal", "trading.propose_write_off", "trading.write_off_debt",
         "core.agree_to_proposal", "core.refuse_proposal"],
        [],
    ),
    "dealing": (
        "Dealing",
        [*LOOKS, "exposure.*", "trading.*", "core.agree_to_proposal", "core.refuse_proposal"],
        [],
    ),
    "partners": ("IB manager", [*LOOKS, *WRITES, "partners.*", "reports.*", "trading.deals"], []),
    "reporting": ("Reporting analyst", [*LOOKS, *TRADING_SEEN, "reports.*", "ledger.accounts"], []),
    "support": (
        "Support",
        [*LOOKS, *WRITES, "sales.*", "trading.accounts", "payments.deposits",
         "payments.withdrawals", "payments.transfers", "compliance.applications",
         "people.change_details"],
        ["people.client.email", "people.client.phone"],
    ),
    "sales": (
        "Sales",
        [*LOOKS, *WRITES, "sales.*", "people.assign_owner"],
        ["people.client.phone"],
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Colleague:
    name: str
    title: str
    email: str
    roles: tuple[str, ...]
    entities: tuple[str, ...] = ()


COLLEAGUES = [
    Colleague("Eleni Markou", "Operations manager", "eleni", ("operations",)),
    Colleague("Adrian Vale", "Administrator", "adrian", ("administrator",)),
    Colleague("Anna Fischer", "Compliance officer", "anna", ("compliance",)),
    Colleague("Stavros Iliou", "Head of compliance", "stavros", ("compliance",)),
    Colleague("Priya Nair", "Compliance officer, UK", "priya", ("compliance",), ("UK",)),
    Colleague("Dimitra Loizou", "Payments", "dimitra", ("payments",)),
    Colleague("Marios Kyriakou", "Payments lead", "marios", ("payments", "operations")),
    Colleague("Jonas Weber", "Reconciliation", "jonas", ("finance",)),
    Colleague("Grace Whitfield", "Finance manager", "grace", ("finance", "reporting")),
    Colleague("Tom Ashworth", "Dealer", "tom", ("dealing",)),
    Colleague("Sofia Lindgren", "IB manager", "sofia", ("partners", "sales")),
    Colleague("Noah Adler", "Reporting analyst", "noah", ("reporting",)),
    Colleague("Lena Hartley", "Support coordinator", "lena", ("support",)),
]
ENTITIES = [
    ("CY", "Meridian Markets (Cyprus) Ltd", "000/00", "CySEC", "CY",
     "14 Lemesou Avenue, Nicosia", "EUR", 71, "cysec"),
    ("UK", "Meridian Markets (UK) Ltd", "000000", "FCA", "GB",
     "9 Cloth Court, London", "GBP", 69, "fca"),
    ("SC", "Meridian Global Ltd", "SD000", "FSA Seychelles", "SC",
     "Orion House, Victoria, Mahé", "USD", 74, "fsa_sc"),
]  # fmt: skip
BRANDS = [
    ("meridian", "Meridian", "#23408e", ["CY", "UK", "SC"]),
    ("northgate", "Northgate", "#0b6e5f", ["SC"]),
]


def set_up(act: Act) -> None:
    """Everything that stands before the first client comes."""
    for code, name, licence, regulator, country, address, currency, warning, pack in ENTITIES:
        people.add_entity(
            act, code=code, name=name, licence=licence, regulator=regulator, country=country,
            address=address, base_currency=currency, risk_warning_percent=warning, pack=pack,
        )  # fmt: skip
    for slug, name, colour, codes in BRANDS:
        people.add_brand(act, slug=slug, name=name, colour=colour, entity_codes=codes)
    for slug, (title, names, unmasked) in ROLES.items():
        people.set_role(act, slug=slug, title=title, names=names, unmasked=unmasked)
    for one in COLLEAGUES:
        people.add_staff(
            act, name=one.name, title=one.title, email=f"{one.email}@meridian.example",
            role_slugs=list(one.roles), entity_codes=list(one.entities), password=PASSWORD,
        )  # fmt: skip


class Cast:
    """The people of the demo, as those who act: made once, asked for by their first name."""

    def __init__(self) -> None:
        self.entities = {one.code: one for one in LegalEntity.objects.all()}
        self.brands = {one.slug: one for one in Brand.objects.all()}
        self.staff = {one.name.split()[0].lower(): one for one in Staff.objects.all()}
        users = User.objects.filter(kind=User.Kind.STAFF)
        self._actors = {user.person_id: actor_of(user) for user in users}
        self.desks = {one.name: one for one in Desk.objects.all()}
        self.roles = {one.slug: one for one in Role.objects.all()}

    def act(self, first_name: str, *, door: str = "staff") -> Act:
        """A fresh act by a colleague, at the house's present moment."""
        return Act(self._actors[self.staff[first_name].pk], door=door)


def as_client(client: Client, door: str = "trader") -> Act:
    """A fresh act by a client, of what is theirs."""
    return Act(Actor("client", client.pk, client.name, Grants()), door=door)


GUESTS = [
    ("client@example.com", "Lotte Vermeer, a client in the trader room"),
    ("partner@example.com", "Alpenkurs Media, a partner in the partner portal"),
]
"""Who else may sign in: the story sees to it that they exist and have seen something."""
