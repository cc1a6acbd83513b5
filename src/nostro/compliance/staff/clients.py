"""What compliance adds to a client's page: applications, documents, hits."""

from typing import Any

from nostro.compliance import queries
from nostro.compliance.staff.reviews import PAPER_TONES, REVIEW, TONES, failing
from nostro.core.acts import Act
from nostro.people.models import Client
from nostro.ui.additions import extend
from nostro.ui.columns import Badge, Column, Date, Link, Number
from nostro.ui.details import Tab, table


def _applications(act: Act, row: Client) -> Any:
    return queries.applications(act).filter(client_id=row.pk)


def _documents(act: Act, row: Client) -> Any:
    return queries.documents(act).filter(client_id=row.pk)


def _hits(act: Act, row: Client) -> Any:
    return queries.hits(act).filter(client_id=row.pk)


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
    tabs=[
        Tab("kyc", "KYC", [applications, hits]),
        Tab("documents", "Documents", [documents],
            count=lambda act, row: _documents(act, row).count()
            if act.actor.may(queries.documents.name) else 0),
    ],
)  # fmt: skip
