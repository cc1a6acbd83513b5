"""Staff pages of partners: their files, lines with their why, plans, statements, claims."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.core.queries import named
from nostro.partners import operations, queries
from nostro.partners.events import PartnerAccrued
from nostro.partners.models import (
    Accrual,
    ClientLink,
    Link,
    Partner,
    Plan,
    Statement,
)
from nostro.partners.plans.wording import in_words
from nostro.partners.queries import acquisitions, chains, earnings
from nostro.ui.actions import allow_when, only_in
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, MoneyColumn, Number, Person
from nostro.ui.columns import Link as LinkColumn
from nostro.ui.details import DetailPage, Tab, kv, listing, table, template
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.timeline import HUM, NAMES

STATUS = {"active": "ok", "paused": "warn", "ended": "line"}
STATEMENT = {"closed": "wait", "held": "warn", "approved": "info", "paid": "ok", "carried": "line"}
KIND = {"trade": "line", "acquisition": "info", "correction": "warn"}

allow_when(operations.pause_partner, only_in("active"))
allow_when(operations.resume_partner, only_in("paused"))
allow_when(operations.approve_statement, only_in("closed", "held"))
allow_when(operations.hold_statement, only_in("closed"))
allow_when(operations.pay_out, only_in("approved"))
allow_when(
    operations.correct_accrual,
    lambda act, row: f"{row} has been corrected already." if hasattr(row, "corrected_by") else "",
)
allow_when(operations.end_link, lambda act, row: None if row.ended_at else "")


# ── Partners ──


def _month(act: Act, partner: Partner) -> list[Figure]:
    start = earnings.month_start(act.at)
    lines = queries.accruals(act).filter(partner=partner, at__gte=start).order_by()
    sums = earnings.summed(lines, partner.payout_currency)
    unpaid = earnings.unpaid(partner)
    clients = queries.client_links(act).filter(partner=partner, ends_at=None).count()
    return [
        Figure(f"Earned in {act.at:%B}", sums.earned),
        Figure(
            "Not paid yet", unpaid,
            why=arithmetic(
                "What stands in the ledger", ("On the partner’s account", unpaid),
                note="Lines finer than a cent stay beside it until they add up to one.",
            ),
        ),
        Figure("Clients", clients),
        Figure("Sub-partners", len(chains.below(partner.pk, act.at)), low=2),
    ]  # fmt: skip


def _tree(act: Act, partner: Partner) -> list[SafeString]:
    """The partner in the tree now: everybody above, and everybody below by level."""
    above = earnings.above(partner.pk, act.at)
    levels = chains.below(partner.pk, act.at)
    under = sorted(
        queries.partners(act).filter(pk__in=levels), key=lambda one: (levels[one.pk], one.name)
    )
    rows = [_named(one, f"{level} above") for level, one in reversed(above)]
    rows.append(format_html("<b>{}</b>", partner))
    return rows + [_named(one, f"{levels[one.pk]} below") for one in under]


def _named(partner: Partner, words: str) -> SafeString:
    return format_html(
        '<a class="link" href="{}">{}</a> <span class="quiet">{}</span>',
        url_of(partner), partner, words,
    )  # fmt: skip


def _plan_lines(act: Act, partner: Partner) -> list[SafeString]:
    version = acquisitions.plan_at(partner.pk, act.at)
    if version is None:
        return []
    said = [format_html("{}", sentence) for sentence in version.agreement.sentences()]
    name = format_html('<a class="link" href="{}">{}</a>', url_of(version.plan), version)
    return [name, *said]


def _paid_to(partner: Partner) -> str:
    known = partner.own_client_id or partner.bank_label
    return partner.paid_to.removeprefix("your ") if known else "not said yet"


def _parent(partner: Partner) -> Any:
    edge = partner.parents.filter(ends_at=None).select_related("parent").first()
    return edge.parent if edge else None


def _clients(act: Act, partner: Partner) -> Iterable[ClientLink]:
    """The newest hundred; the list of clients has them all."""
    return queries.client_links(act).filter(partner=partner, ends_at=None)[:100]


def _link_rows(act: Act, partner: Partner) -> Iterable[Any]:
    return queries.with_brought(queries.links(act).filter(partner=partner))


partner_page = DetailPage(
    room="partners", slug="partners", model=Partner, rows=queries.partners,
    subtitle=lambda row: f"{row.code}, {row.entity}",
    pills=lambda act, row: [Pill(row.status_label, STATUS[row.status])],
    figures=_month,
    panels=[
        kv("Partner", [
            Column("code"), Column("entity"), Column("payout_currency", title="Paid in"),
            Column(_paid_to, title="Paid to"), LinkColumn(_parent, title="Stands under"),
            LinkColumn("own_client", title="Own account"), Date("joined_at", title="Joined"),
        ]),
        listing("Tree", _tree),
        listing("Plan", _plan_lines, empty="No plan: nothing is earned until one is assigned."),
    ],
    tabs=[
        Tab("clients", "Clients", [
            table("Clients",
                  _clients,
                  [Person("client"), Badge("how", words=dict(ClientLink.How.choices)),
                   LinkColumn("link", title="Link"), Date("starts_at", title="Since")],
                  empty="Nobody came through this partner yet.", may="partners.client_links"),
        ]),
        Tab("earnings", "Earnings", [
            table("Newest lines",
                  lambda act, row: queries.accruals(act).filter(partner=row)[:50],
                  [Date("at"), LinkColumn(title="Line"), Number("level"), Number("lots", places=2),
                   MoneyColumn("money"), Column("refusal", title="Why nothing", quiet=True)],
                  empty="Nothing was earned yet.", may="partners.accruals"),
        ]),
        Tab("links", "Links", [
            table("Links", _link_rows,
                  [LinkColumn(title="Code"), Column("campaign"), Number("followed", title="Clicks"),
                   Number("brought", title="Clients"), Date("made_at", title="Made")]),
        ]),
        Tab("statements", "Statements", [
            table("Statements",
                  lambda act, row: queries.statements(act).filter(partner=row),
                  [LinkColumn(title="Number"), MoneyColumn("payable", title="Paid"),
                   Badge("status", colors=STATEMENT), Date("closed_at", title="Closed")],
                  empty="No month was closed yet.", may="partners.statements"),
        ]),
    ],
    actions=[
        operations.assign_plan, operations.move_partner, operations.set_payout_account,
        operations.add_link, operations.close_statement, operations.resume_partner,
        operations.pause_partner,
    ],
)  # fmt: skip

partners = ListPage(
    room="partners", slug="partners", title="Partners",
    rows=queries.partners, inspector=partner_page,
    columns=[
        Person("", title="Partner", sort="name"), Column("code", sort="code"),
        Column("entity", low=3), Badge("status", colors=STATUS),
        Column("payout_currency", title="Paid in", low=2),
        Date("joined_at", title="Joined", sort="joined_at"),
    ],
    filters=[choice("status", Partner.Status.choices), date_range("joined_at")],
    views=[View("Active", status="active"), View("Paused", status="paused"),
           View("All", counted=False)],
    create=[operations.add_partner],
    search=["name", "code"], order="name", icon="affiliate",
    empty="No partners yet. Add one: they get a link and a plan at once.",
)  # fmt: skip


# ── Lines ──


def _because(act: Act, line: Accrual) -> dict[str, Any]:
    symbol = line.deal.symbol if line.deal else ""
    return {"sum": in_words(line.factors, symbol=symbol, currency=line.currency)}


def _siblings(act: Act, line: Accrual) -> Iterable[Accrual]:
    same = queries.accruals(act).exclude(pk=line.pk)
    if line.deal_id:
        return same.filter(deal_id=line.deal_id).order_by("level", "pk")
    return same.filter(deposit_id=line.deposit_id or 0)


accrual_page = DetailPage(
    room="partners", slug="lines", model=Accrual, rows=queries.accruals,
    subtitle=lambda row: f"{row.partner}, level {row.level}",
    pills=lambda act, row: [Pill(row.get_kind_display(), KIND[row.kind])],
    figures=lambda act, row: [
        Figure("Amount", row.money, note=f"{row.amount:,.6f} exactly"),
        Figure("Base", f"{row.base:,f}".rstrip("0").rstrip(".")),
        Figure("Lots", f"{row.lots:,.2f}"),
    ],
    panels=[
        template("Why", "partners/why.html", _because),
        kv("Line", [
            LinkColumn("partner"), LinkColumn("client"), Column("deal"),
            LinkColumn("version.plan", title="Plan"), Column("version"), Date("at", title="Closed"),
            Date("accrued_at", title="Accrued"), LinkColumn("statement"),
            LinkColumn("corrects", title="Corrects"),
        ]),
        table("On the same deal or client", _siblings,
              [LinkColumn(title="Line"), LinkColumn("partner"), Number("level"),
               MoneyColumn("money")], empty="Nobody else earned on it."),
    ],
    actions=[operations.correct_accrual],
)  # fmt: skip

lines = ListPage(
    room="partners", slug="lines", title="Lines", rows=queries.accruals, inspector=accrual_page,
    columns=[
        Date("at", title="Closed", sort="at"), LinkColumn("partner"), Person("client", low=2),
        Badge("kind", colors=KIND), Number("level"), Number("lots", places=2, sort="lots"),
        MoneyColumn("money", title="Amount", sort="amount"),
        Column("refusal", title="Why nothing", low=3, quiet=True, cut=True),
    ],
    filters=[choice("kind", Accrual.Kind.choices), date_range("at")],
    views=[View("All", counted=False), View("Corrections", kind="correction"),
           View("Earned nothing", counted=False, amount=0),
           View("Not in a statement", counted=False, statement=None)],
    search=["partner__name", "partner__code"], number="A", order="-at", icon="coins",
    empty="Nothing accrued yet. Lines appear as clients of partners close trades.",
)  # fmt: skip


# ── Statements ──

statement_page = DetailPage(
    room="partners", slug="statements", model=Statement, rows=queries.statements,
    subtitle=lambda row: f"{row.partner}, {row.period:%B %Y}",
    pills=lambda act, row: [Pill(row.status_label, STATEMENT[row.status])],
    figures=lambda act, row: [
        Figure(
            "To pay", row.payable,
            why=arithmetic(
                "How it comes to this", ("Earned", f"{row.earned:,.6f}"),
                ("Corrections", f"{row.corrections:,.6f}"), ("Brought", f"{row.brought:,.6f}"),
                ("Carried on", f"{row.carried:,.6f}"), ("Paid", row.payable),
            ),
        ),
        Figure("Lines", row.lines),
    ],
    panels=[
        kv("Statement", [
            LinkColumn("partner"), Column(lambda row: _paid_to(row.partner), title="Paid to"),
            Column("why", title="Why it is here"), Column("reason", title="Held because"),
            Date("closed_at", title="Closed"), Date("approved_at", title="Approved"),
            Date("paid_at", title="Paid"),
        ]),
        table("Largest lines",
              lambda act, row: queries.accruals(act).filter(statement=row).order_by("-amount")[:20],
              [LinkColumn(title="Line"), Person("client"), Number("level"),
               Number("lots", places=2), MoneyColumn("money")], may="partners.accruals"),
        table("Corrections",
              lambda act, row: queries.accruals(act).filter(statement=row, kind="correction"),
              [LinkColumn(title="Line"), LinkColumn("corrects"), MoneyColumn("money"),
               Column("sentence", title="Why")], empty="None.", may="partners.accruals"),
    ],
    actions=[operations.approve_statement, operations.pay_out, operations.hold_statement],
)  # fmt: skip

statements = ListPage(
    room="partners", slug="statements", title="Statements", rows=queries.statements,
    inspector=statement_page,
    columns=[
        Clock(), LinkColumn(title="Number"), LinkColumn("partner"),
        MoneyColumn("payable", title="To pay", sort="paid"), Number("lines", low=2),
        Badge("status", colors=STATEMENT), Date("closed_at", title="Closed", sort="closed_at"),
    ],
    filters=[choice("status", Statement.Status.choices), date_range("closed_at")],
    views=[View("To approve", status__in=["closed", "held"], order="due_at"),
           View("To pay", status="approved", order="due_at"), View("All", counted=False)],
    actions=[operations.approve_statement, operations.pay_out],
    search=["partner__name", "partner__code"], order="-closed_at", icon="report-money",
    empty="Nothing to approve. Months are closed on the 3rd of the next one.",
)  # fmt: skip

for _status, _title in (
    ("closed", "Partner statements to approve"),
    ("approved", "Partner statements to pay"),
    ("held", "Partner statements on hold"),
):
    Queue(
        Statement, _status, title=_title, icon="report-money", page=statements.url,
        line=lambda row: f"{row.partner}, {row.payable}",
    )  # fmt: skip


# ── Plans, links and claims ──

plan_page = DetailPage(
    room="partners", slug="plans", model=Plan, rows=queries.plans,
    panels=[
        listing("What it says", lambda act, row: [
            format_html("{}", sentence) for sentence in _latest(row).agreement.sentences()
        ]),
        table("Versions",
              lambda act, row: queries.plan_versions(act).filter(plan=row).annotate(
                  partners=Count("assignments__partner", distinct=True)),
              [Number("number", title="Version"), Date("starts_at", title="From"),
               Number("partners", title="Assigned"), Column("note")]),
        table("Partners on it now",
              lambda act, row: queries.partners(act).filter(pk__in=earnings.on_plan(row, act.at)),
              [LinkColumn(title="Partner"), Column("code"), Badge("status", colors=STATUS)],
              may="partners.partners"),
    ],
)  # fmt: skip


def _latest(plan: Plan) -> Any:
    return plan.versions.order_by("-number").first()


plans = ListPage(
    room="partners", slug="plans", title="Plans", rows=queries.plans, inspector=plan_page,
    columns=[
        LinkColumn(title="Plan", sort="name"),
        Column(lambda row: f"v{_latest(row).number}", title="Version"),
        Date(lambda row: _latest(row).starts_at, title="In force since"),
        Column(lambda row: next(_latest(row).agreement.sentences(), ""), title="Says", cut=True),
    ],
    create=[operations.set_plan], search=["name"], order="name", icon="table",
    empty="No plans yet. The standard ones are written when the first partner joins.",
)  # fmt: skip

link_page = DetailPage(
    room="partners", slug="links", model=Link, rows=queries.links,
    panels=[kv("Link", [LinkColumn("partner"), Column("campaign"), Date("made_at", title="Made"),
                        Date("ended_at", title="Ended")])],
    actions=[operations.end_link],
)  # fmt: skip

conflicts = ListPage(
    room="partners", slug="conflicts", title="Refused claims", rows=queries.conflicts,
    columns=[
        Date("at", sort="at"), Person("client"), LinkColumn("claimant", title="Claimed by"),
        LinkColumn("kept", title="Stays with"),
        Badge("how", words=dict(ClientLink.How.choices)), Column("reason"),
    ],
    filters=[date_range("at")], order="-at", icon="user-x",
    empty="No claim was refused yet.",
)  # fmt: skip


# ── Names in timelines ──


def _partner_names(ids: set[int]) -> dict[int, tuple[str, str]]:
    return {pk: (one.name, url_of(one)) for pk, one in named(Partner, ids).items()}


HUM.add(PartnerAccrued.name)
NAMES["partner"] = NAMES["partners.partner"] = _partner_names
NAMES["partners.link"] = lambda ids: {
    pk: (f"link {one.code}", url_of(one)) for pk, one in named(Link, ids).items()
}
NAMES["partners.plan"] = lambda ids: {
    pk: (one.name, url_of(one)) for pk, one in named(Plan, ids).items()
}
NAMES["partners.statement"] = lambda ids: {
    pk: (str(one), url_of(one)) for pk, one in named(Statement, ids).items()
}
NAMES["partners.accrual"] = lambda ids: {
    pk: (str(one), url_of(one)) for pk, one in named(Accrual, ids).items()
}
