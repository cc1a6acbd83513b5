"""What compliance adds to a client's page: applications, documents, hits."""

from datetime import timedelta
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.compliance import queries
from nostro.compliance.models import Document
from nostro.compliance.staff.reviews import PAPER_TONES, REVIEW, TONES, failing
from nostro.core.acts import Act
from nostro.people.models import Client
from nostro.ui.additions import extend
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Column, Date, Link, Number
from nostro.ui.details import Tab, listing, table
from nostro.ui.templatetags.nostro import icon

SOON = timedelta(days=30)
"""From when on a document's end is said in days."""


def _applications(act: Act, row: Client) -> Any:
    return queries.applications(act).filter(client_id=row.pk)


def _documents(act: Act, row: Client) -> Any:
    return queries.documents(act).filter(client_id=row.pk)


def _hits(act: Act, row: Client) -> Any:
    return queries.hits(act).filter(client_id=row.pk)


def _papers(act: Act, row: Client) -> list[SafeString]:
    """What is held of the client now, with the day until which it counts."""
    rows = _documents(act, row).exclude(status=Document.Status.REPLACED)
    return [
        format_html(
            '{}<a class="grow cut" href="{}">{}</a><span class="small tab {}">{}</span>',
            icon("file-text", "i-s faint"),
            url_of(one),
            one.get_kind_display(),
            *_standing(act, one),
        )
        for one in rows[:6]
    ]


def _standing(act: Act, paper: Document) -> tuple[str, str]:
    """Tone and words: what is wrong with it, else how long it counts."""
    if paper.status != Document.Status.ACCEPTED:
        tone = "bad" if paper.status == Document.Status.REJECTED else "faint"
        return tone, paper.status_label.lower()
    if paper.expiry_date is None:
        return "faint", "accepted"
    left = (paper.expiry_date - act.at.date()).days
    if left < 0:
        return "bad", "out of date"
    if left <= SOON.days:
        return "warn", f"ends in {left} day{'' if left == 1 else 's'}"
    return "faint", f"{paper.expiry_date.day} {paper.expiry_date:%b %Y}"


applications = table(
    "Applications",
    _applications,
    [
        Link("", "No", url=lambda row: f"{REVIEW}{row.pk}/"),
        Date("sent_at", "Sent in"),
        Column(failing, "What did not pass"),
        Date("decided_at", "Decided"),
        Badge("status", colors=TONES),
    ],
    empty="No application yet.",
    may=queries.applications.name,
)
documents = table(
    "Documents",
    _documents,
    [
        Link("", "No"),
        Badge("kind"),
        Date("uploaded_at", "Sent"),
        Date("expiry_date", "Valid until"),
        Badge("status", colors=PAPER_TONES),
    ],
    empty="No document yet.",
    may=queries.documents.name,
)
hits = table(
    "Screening",
    _hits,
    [
        Link("", "No"),
        Column(lambda row: row.entry.names[0], "On the list"),
        Column("entry.list", "List"),
        Number("score", places=2),
        Badge("status", colors={"open": "wait", "cleared": "ok", "confirmed": "bad"}),
    ],
    empty="Found on no list.",
    may=queries.hits.name,
)

extend(
    "people.client",
    place=30,
    panels=[
        listing("Documents", _papers, empty="No document yet.", side=True,
                may=queries.documents.name)
    ],
    tabs=[
        Tab("kyc", "KYC", [applications, hits]),
        Tab("documents", "Documents", [documents],
            count=lambda act, row: _documents(act, row).count()
            if act.actor.may(queries.documents.name) else None),
    ],
)  # fmt: skip
