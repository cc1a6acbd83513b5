"""The journal: every entry with its legs, the act that wrote it, the rule that decided."""

from typing import Any

from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core import log
from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.core.seal import NotSealed, inclusion, signing_key
from nostro.kit.merkle import opened_checkpoint
from nostro.kit.money import Money
from nostro.ledger import operations, queries
from nostro.ledger.models import Entry, Transfer
from nostro.ledger.staff.naming import (
    AccountColumn,
    decision_link,
    entry_url,
    legs_said,
    money_of,
    operation_title,
    with_names,
)
from nostro.ledger.staff.narrowing import (
    ByOperation,
    InCurrency,
    KnownAt,
    LegsOf,
    OfAccount,
    OfAmount,
    OfClient,
    OfEntity,
    currencies,
    entities_or_none,
)
from nostro.ui.actions import Action
from nostro.ui.columns import Column, Date, MoneyColumn
from nostro.ui.details import DetailPage, listing, template
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View
from nostro.ui.timeline import NAMES


def _with_legs(act: Act, rows: list[Any]) -> None:
    """The legs of each entry with their accounts by name, and what was done."""
    queries.with_legs(rows)
    with_names(leg for row in rows for leg in (*row.legs, *row.held))
    acts = queries.acts_behind({row.act for row in rows})
    for row in rows:
        row.moved = row.legs or row.held
        row.operation = operation_title(acts[row.act].operation) if row.act in acts else ""


def _legs(act: Act, row: Entry) -> dict[str, Any]:
    own: list[Transfer] = row.moved  # type: ignore[attr-defined]
    return {
        "only_held": not row.legs,  # type: ignore[attr-defined]
        "legs": [
            {
                "source": leg.source_named,  # type: ignore[attr-defined]
                "target": leg.target_named,  # type: ignore[attr-defined]
                "money": money_of(leg),
            }
            for leg in own
        ],
    }


def _written_by(act: Act, row: Entry) -> list[SafeString]:
    found = queries.acts_behind({row.act}).get(row.act)
    lines = []
    if found is not None:
        kind, pk = found.actor_kind, found.actor_id
        known = NAMES[kind]({pk}) if kind in NAMES and pk is not None else {}
        who, url = known.get(pk or 0, (kind.capitalize(), ""))
        link = '<span class="quiet grow">By</span>' + (
            '<a class="link" href="{}">{}</a>' if url else "{1}"
        )
        operation = '<span class="quiet grow">Operation</span><span>{}</span>'
        lines = [
            format_html(operation, operation_title(found.operation)),
            format_html(link, url, who),
        ]
    act_line = '<span class="quiet grow">Act</span><span class="mono small cut">{}</span>'
    decided = '<span class="quiet grow">Decided by</span>{}'
    return [
        *lines,
        format_html(act_line, row.act),
        format_html(decided, decision_link(row.decision)),
    ]


def _same_act(act: Act, row: Entry) -> models.QuerySet[Record]:
    return log.records(act).filter(act_id=row.act)


def _proof(act: Act, row: Entry) -> dict[str, Any]:
    """Where the entry's event stands in the sealed log, as far as it is sealed."""
    record = _same_act(act, row).order_by("pk").first() if act.actor.may(log.records.name) else None
    if record is None:
        return {"reason": "No event of this act that you may see."}
    try:
        found = inclusion(record)
    except NotSealed as trouble:
        return {"record": record, "reason": trouble.sentence}
    origin, size, root = opened_checkpoint(found.checkpoint, signing_key().public_key())
    return {"record": record, "index": found.index, "size": size, "root": root.hex(), "by": origin}


def _reversals(act: Act, row: Entry) -> dict[str, Any]:
    undone = queries.reversal_of(row)
    return {"reversed_by": undone, "reverses": row.reverses}


def _may_reverse(act: Act, row: Entry) -> str | None:
    if row.reverses_id is not None or not getattr(row, "legs", True) or queries.reversal_of(row):
        return None
    there = next((one for one in row.touched if one.on_platform), None)
    return f"It moved money of {there}, which follows the platform." if there else ""


def _when(row: Entry) -> str:
    """When it was recorded, and for which day it counts where that is another one."""
    recorded = f"Recorded {row.recorded_at:%-d %b %Y %H:%M:%S} UTC"
    if row.value_date == row.recorded_at.date():
        return recorded
    return f"{recorded}, counts for {row.value_date:%-d %b %Y}"


entry = DetailPage(
    room="ledger",
    slug="entries",
    model=Entry,
    rows=queries.entries,
    title=lambda row: f"{row} {row.text}",
    subtitle=_when,
    pills=lambda act, row: [Pill(row.kind.replace("_", " ").capitalize(), "line")],
    panels=[
        template("Legs", "ledger/legs.html", _legs),
        template("Reversal", "ledger/reversal.html", _reversals),
        listing("Written by", _written_by, side=True),
        template("Proof", "ledger/proof.html", _proof, side=True),
    ],
    actions=[Action(operations.propose_reversal, when=_may_reverse)],
    timeline=_same_act,
    prepare=_with_legs,
    icon="book-2",
)


entries = ListPage(
    room="ledger",
    slug="entries",
    title="Journal",
    rows=queries.entries,
    columns=[
        Date("effective_at", "Effective", sort="effective_at"),
        Column(str, "Entry", sort="pk", quiet=True, url=lambda row: entry_url(row.pk)),
        Column("text", "What", cut=True),
        Column(lambda row: legs_said(row.moved), "From → to", cut=True, low=3, quiet=True),
        MoneyColumn(lambda row: money_of(row.moved[0]) if row.moved else None, "Amount"),
        Column("kind", sort="kind", low=2, quiet=True),
        Date("value_date", "Counts for", low=3),
        Date("recorded_at", "Recorded", sort="recorded_at", low=3),
    ],
    filters=[
        InCurrency("currency"),
        OfAmount("amount"),
        OfAccount("account"),
        OfClient("client"),
        OfEntity("entity", lookup="entity_id", choices=entities_or_none),
        text("kind", "kind__istartswith"),
        ByOperation("operation"),
        text("text", title="What"),
        date_range("effective_at", title="Effective"),
        date_range("value_date", title="Counts for"),
        date_range("recorded_at", title="Recorded"),
        KnownAt("known_at", "Known at"),
    ],
    views=[
        View("All", counted=False),
        View("By hand", kind="adjustment", counted=False),
        View("Reversals", kind="reversal", counted=False),
    ],
    inspector=entry,
    number="E",
    order="-effective_at",
    prepare=_with_legs,
    empty="No money has moved yet. Every movement is an entry here.",
    icon="book-2",
)


def _after(row: Transfer, side: str) -> str:
    units = getattr(row, f"{side}_balance")
    if units is None:
        return ""
    return str(Money.from_minor(int(units), row.asset_id))


def _leg_names(act: Act, rows: list[Any]) -> None:
    with_names(rows)


transfers = ListPage(
    room="ledger",
    slug="transfers",
    title="Movements",
    rows=queries.transfers,
    columns=[
        Date("entry.recorded_at", "Recorded"),
        Column("entry", "Entry", quiet=True, url=lambda row: entry_url(row.entry_id)),
        Column("entry.text", "What", cut=True, low=2),
        AccountColumn("source_named", "From"),
        AccountColumn("target_named", "To"),
        MoneyColumn(money_of, "Amount", sort="units"),
        Column(lambda row: _after(row, "source"), "Left there", low=3, quiet=True),
        Column(lambda row: _after(row, "target"), "Stood here", low=3, quiet=True),
    ],
    filters=[
        LegsOf("account", "Account"),
        choice("currency", currencies, path="asset"),
        date_range("effective_at", path="entry__effective_at", title="Effective"),
        date_range("recorded_at", path="entry__recorded_at", title="Recorded"),
        text("kind", "entry__kind"),
    ],
    order="-pk",
    prepare=_leg_names,
    section="ledger",
    empty="No money has moved here in this time.",
    icon="list-details",
)
