"""The list of clients and the page of one: everything the house knows of them, in one place.

The rooms above fill most of it (money, trading, documents, decisions) from their own `staff.py`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf.locale import LANG_INFO
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core import log
from nostro.core.acts import Act
from nostro.people import operations, queries
from nostro.people.countries import COUNTRIES, country_name
from nostro.people.models import Client
from nostro.ui.actions import allow_when, only_in
from nostro.ui.additions import Chip, extend
from nostro.ui.addresses import operation_url, url_of
from nostro.ui.columns import Badge, Column, Date, Link, Number, Person, Risk
from nostro.ui.details import DetailPage, Tab, kv, listing, table, template
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View
from nostro.ui.templatetags.nostro import when
from nostro.ui.timeline import NAMES

STATUS = {
    "registered": "line", "in_review": "wait", "active": "ok", "restricted": "warn",
    "refused": "bad", "closed": "",
}  # fmt: skip
RISK = {"low": "line", "medium": "warn", "high": "bad"}
OPEN = (Client.Status.REGISTERED, Client.Status.IN_REVIEW)
LIVING = (*OPEN, Client.Status.ACTIVE, Client.Status.RESTRICTED)

allow_when(operations.activate_client, only_in(*OPEN, Client.Status.RESTRICTED))
allow_when(operations.restrict_client, only_in(Client.Status.ACTIVE))
allow_when(operations.refuse_client, only_in(*OPEN))
allow_when(operations.close_client, only_in(*LIVING))
allow_when(operations.untag_client, lambda act, row: None)
allow_when(operations.confirm_email, lambda act, row: None)


@dataclass(frozen=True)
class Personal(Column):
    """Personal data: dots with their reason for whom the role does not show it to."""

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        grant = f"people.client.{self.source}"
        if self.source in queries.MASKED and not act.actor.grants.unmask(grant):
            return format_html(
                '<span class="tab">{}</span> <span class="small faint">hidden, your role does not '
                "include {}</span>",
                value,
                grant,
            )
        return when(Context({"now": act.at}), value) if isinstance(value, date) else str(value)


def _country(row: Client) -> str:
    return country_name(row.country)


def _subtitle(row: Client) -> str:
    owner = f"owner {row.owner}" if row.owner else "no owner yet"
    since = f"since {row.registered_at:%b %Y}"
    return " · ".join((row.number, str(row.entity), _country(row), since, owner))


def _pills(act: Act, row: Client) -> list[Pill]:
    risk = [Pill(row.get_risk_display(), RISK[row.risk])] if row.risk else []
    level = f"Level {row.level} verified" if row.level else "Not verified"
    return [Pill(row.status_label, STATUS[row.status]), *risk, Pill(level, "line")]


def _locks(row: Client) -> list[Chip]:
    """What this client cannot do now, each with its reason."""
    found = []
    if row.status == Client.Status.RESTRICTED:
        found.append(Chip("Restricted", "may close positions and withdraw", "lock", "warn"))
    if row.status in OPEN:
        found.append(Chip("No money, no trading", "until the file is approved", "lock", "warn"))
    if row.email_confirmed_at is None:
        found.append(Chip("Withdraws nothing", "e-mail not confirmed", "lock", "warn"))
    return found


def _language(code: str) -> str:
    known = code in LANG_INFO and "name" in LANG_INFO[code]
    return str(LANG_INFO[code]["name"]) if known else code


def _chips(act: Act, row: Client) -> list[Chip]:
    off = operation_url(operations.untag_client.name, row.pk)
    may_off = act.actor.may(operations.untag_client.name)
    words = [
        Chip(one.text, url=f"{off}?{urlencode({'tag': one.text})}" if may_off else "")
        for one in row.tags.all()
    ]
    category = [Chip("professional")] if row.category == "professional" else []
    found = [*_locks(row), *category, *words, Chip(_language(row.language))]
    if act.actor.may(operations.tag_client.name):
        url = operation_url(operations.tag_client.name, row.pk)
        found.append(Chip("Tag", icon="plus", url=url, adds=True))
    return found


def _through(act: Act, row: Client) -> list[SafeString]:
    if row.partner_id is None and not row.referral_code:
        return [format_html('<span class="quiet">{}</span>', "On their own, without a partner.")]
    lines = []
    if row.partner_id is not None:
        known = NAMES["partner"]({row.partner_id}) if "partner" in NAMES else {}
        name, url = known.get(row.partner_id, (f"Partner {row.partner_id}", ""))
        link = '<a class="link" href="{0}">{1}</a>' if url else "{1}"
        lines.append(format_html('<span class="quiet grow">Partner</span>' + link, url, name))
    if row.referral_code:
        lines.append(
            format_html(
                '<span class="quiet grow">Link</span><span class="mono">{}</span>',
                row.referral_code,
            )
        )
    return lines


def _notes(act: Act, row: Client) -> dict[str, Any]:
    correct = act.actor.may(operations.correct_note.name)
    return {
        "notes": list(queries.notes(act).filter(client=row, superseded_by=None)[:6]),
        "correct": operation_url(operations.correct_note.name) if correct else "",
    }


def _sign_ins(act: Act, row: Client) -> Any:
    return queries.client_sign_ins(act).filter(person_id=row.pk)[:20]


details = kv(
    "Details",
    [
        Column("name"),
        Personal("email", "E-mail"),
        Personal("phone"),
        Personal("address"),
        Personal("birth_date", "Born"),
        Column(lambda row: country_name(row.nationality), "Nationality"),
        Column(_country, "Residence"),
        Column("get_kind_display", "Kind"),
        Column("get_category_display", "Category"),
        Column("brand"),
        Column("desk"),
        Column("external_number", "Number elsewhere"),
        Column("base_currency", "Currency"),
        Date("registered_at", "Registered"),
    ],
)
sign_in = kv(
    "Sign-in",
    [
        Date("email_confirmed_at", "E-mail confirmed"),
        Personal("email", "Signs in with"),
        Badge("status", "May sign in", words={"closed": "No, the relationship has ended"}),
    ],
)
sign_ins = table(
    "Signed in",
    _sign_ins,
    [
        Date("at", "When"),
        Column("address", masked="core.act.address"),
        Column("device", low=2),
        Date("ended_at", "Signed out"),
    ],
    empty="This client has not signed in yet.",
    may=queries.client_sign_ins.name,
)

client = DetailPage(
    room="people",
    slug="clients",
    model=Client,
    rows=queries.clients,
    title=lambda row: row.name,
    subtitle=_subtitle,
    pills=_pills,
    chips=_chips,
    face=lambda row: row.name,
    does_all=True,
    timeline=lambda act, row: log.records(act).filter(client_id=row.pk),
    tabs=[
        Tab("money", "Money", ()),
        Tab("trading", "Trading", ()),
        Tab("kyc", "KYC", [details]),
        Tab("documents", "Documents", ()),
        Tab("messages", "Messages", ()),
        Tab("decisions", "Decisions", ()),
        Tab("access", "Access", [sign_in, sign_ins]),
    ],
)
extend("people.client", place=80, panels=[listing("Came through", _through, side=True)])
extend(
    "people.client",
    place=90,
    panels=[
        template(
            "Notes",
            "people/notes.html",
            _notes,
            side=True,
            may=queries.notes.name,
            offer=("Add", operations.add_note),
        ),
    ],
)


def _owners(act: Act) -> list[tuple[Any, str]]:
    names = queries.staff(act).prefetch_related(None).select_related(None)
    return list(names.values_list("pk", "name"))


def _entities(act: Act) -> list[tuple[Any, str]]:
    return [(one.pk, one.name) for one in queries.entities(act)]


clients = ListPage(
    room="people",
    slug="clients",
    title="Clients",
    rows=queries.clients,
    columns=[
        Person("name", "Client", sort="last_name", url=url_of),
        Column("number", "Number", sort="pk", quiet=True, low=2),
        Badge("status", sort="status", colors=STATUS),
        Risk("risk", sort="risk_score"),
        Number("level", sort="level", low=2),
        Column("entity.code", "Entity", sort="entity__code", low=2),
        Column(_country, "Country", sort="country", low=3),
        Column("email", "E-mail", sort="email", masked="people.client.email", cut=True, low=3),
        Link("owner", "Owner", low=3),
        Date("registered_at", "Registered", sort="registered_at"),
    ],
    filters=[
        choice("status", Client.Status.choices),
        choice("entity", _entities),
        choice("risk", [one for one in Client.Risk.choices if one[0]]),
        choice("country", list(COUNTRIES.items())),
        choice("owner", _owners),
        text("tag", "tags__text"),
        date_range("registered_at", title="Registered"),
    ],
    views=[
        View("All", counted=False),
        View("Registered", status=Client.Status.REGISTERED),
        View("In review", status=Client.Status.IN_REVIEW),
        View("Restricted", status=Client.Status.RESTRICTED),
        View("High risk", risk=Client.Risk.HIGH),
        View("Mine", owner_id=lambda act: act.actor.id),
    ],
    actions=[operations.tag_client, operations.assign_owner],
    create=[operations.read_import],
    inspector=client,
    search=["last_name__holds", "first_name__holds", "email__holds"],
    number="C",
    beside=lambda row: " · ".join(
        one for one in (row.entity.name, row.get_risk_display().lower()) if one
    ),
    order="-registered_at",
    masked={"email": "people.client.email"},
    empty="Nobody has registered yet. New clients appear here by themselves.",
    icon="users",
    live=["people.client"],
)
