"""Lists of applications and documents, and the queue in which applications wait."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse

from nostro.compliance import operations, queries
from nostro.compliance.models import Application, Document, Hit
from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.core.queries import find
from nostro.people.countries import country_name
from nostro.people.models import Client
from nostro.ui.actions import allow_when, only_in
from nostro.ui.addresses import STAFF, URLS
from nostro.ui.columns import Badge, Clock, Column, Date, Link, Number, Person
from nostro.ui.details import DetailPage, kv
from nostro.ui.fields import WIDGETS
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range, flag, text
from nostro.ui.lists import ListPage, View
from nostro.ui.pages import fresh, staff_page
from nostro.ui.queues import Queue
from nostro.ui.timeline import NAMES

MONTH = timedelta(days=30)
REVIEW = f"{STAFF}compliance/review/"
FILES = f"{STAFF}compliance/files/"
TONES = {
    "started": "line", "checking": "info", "review": "wait", "more_needed": "warn",
    "approved": "ok", "refused": "bad",
}  # fmt: skip
PAPER_TONES = {
    "uploaded": "info", "read": "wait", "accepted": "ok", "rejected": "bad", "replaced": "line",
}  # fmt: skip
URLS["compliance.application"] = lambda row: f"{REVIEW}{row.pk}/"

WIDGETS["compliance.ask_for_more.words"] = lambda: forms.CharField(
    widget=forms.Textarea({"rows": 4}), label="What the client reads"
)
WIDGETS["compliance.clear_hit.note"] = WIDGETS["compliance.confirm_hit.note"] = lambda: (
    forms.CharField(widget=forms.Textarea({"rows": 2}), label="Why, for the file")
)
_REVIEW = Application.Status.REVIEW
allow_when(operations.refuse_application, only_in(_REVIEW, Application.Status.MORE_NEEDED))
allow_when(operations.ask_for_more, only_in(_REVIEW))
allow_when(operations.clear_hit, only_in(Hit.Status.OPEN))
allow_when(operations.confirm_hit, only_in(Hit.Status.OPEN))
for _own in (
    operations.save_answers, operations.keep_answers, operations.accept_agreement,
    operations.submit_application, operations.dispute_reading, operations.upload_document,
    operations.view_document,
):  # fmt: skip
    allow_when(_own, lambda act, row: None)


TITLES = {
    "e-mail": "E-mail confirmed", "appropriateness": "Appropriateness", "picture": "Sharp picture",
    "edited": "Not edited", "mrz-read": "Zone read", "mrz-digits": "MRZ check digits",
    "name": "Name on MRZ", "birth-date": "Date of birth", "document-number": "Document number",
    "nationality": "Nationality", "expiry": "Document in date", "age": "Full age",
    "bill-picture": "Sharp bill", "bill-edited": "Bill not edited", "bill-name": "Name on the bill",
    "bill-date": "Age of the bill", "bill-address": "Address on the bill",
    "duplicate": "One account only", "screening": "Screening", "risk": "Risk",
}  # fmt: skip
FAILS = {
    "name": "Name on MRZ differs from the form", "birth-date": "Date of birth differs",
    "document-number": "Document number differs", "nationality": "Nationality differs",
    "mrz-digits": "An MRZ check digit does not hold", "mrz-read": "The MRZ was not read",
    "expiry": "The document is not in date", "age": "Under full age",
    "duplicate": "The document belongs to another client", "screening": "A possible hit on a list",
    "appropriateness": "Experience does not suit the product",
    "bill-name": "Name not found on the bill", "bill-date": "The bill is too old or undated",
    "bill-address": "The address is written differently",
}  # fmt: skip


def failing(row: Application) -> str:
    """What did not pass, as the review says it."""
    return ", ".join(FAILS.get(code) or TITLES.get(code, code) for code in row.failing)


def _line(row: Application) -> str:
    said = failing(row)
    return f"{row.client.name}, {said[:1].lower()}{said[1:]}" if said else row.client.name


def _figures(act: Act) -> list[Figure]:
    waiting, late = Q(status=_REVIEW), Q(status=_REVIEW, due_at__lt=act.at)
    asked, checking = Q(status="more_needed"), Q(status="checking")
    decided = Q(status__in=("approved", "refused"), decided_at__gte=act.at - MONTH)
    alone = decided & Q(decided_by=None, status="approved")
    counted = {
        "waiting": waiting, "late": late, "asked": asked, "checking": checking,
        "decided": decided, "alone": alone,
    }  # fmt: skip
    found = (
        queries.applications(act)
        .order_by()
        .filter(waiting | asked | checking | decided)
        .aggregate(**{name: Count("pk", filter=one) for name, one in counted.items()})
    )
    total, by_itself = found["decided"], found["alone"]
    share = f"{round(100 * by_itself / total)}%" if total else "—"
    return [
        Figure("Waiting", found["waiting"],
               note=f"{found['late']} overdue" if found["late"] else "all in time",
               note_tone="bad" if found["late"] else ""),
        Figure("Client asked", found["asked"]),
        Figure("Being checked", found["checking"]),
        Figure("Approved by itself", share, note=f"{by_itself} of {total} in 30 days"),
    ]  # fmt: skip


applications = ListPage(
    room="compliance",
    slug="reviews",
    title="KYC reviews",
    rows=queries.applications,
    columns=[
        Clock("due_at", sort="due_at"),
        Link("", "No", low=3, quiet=True),
        Person("client.name", "Client", sort="client__last_name",
               url=lambda row: f"{REVIEW}{row.pk}/"),
        Column(failing, "What did not pass", cut=True),
        Column(lambda row: country_name(row.client.country), "Country", low=2),
        Column("client.entity.code", "Entity", sort="client__entity__code", low=3, quiet=True),
        Badge("client.risk", "Risk", words=dict(Client.Risk.choices),
              colors={"low": "line", "medium": "warn", "high": "bad"}, low=2),
        Date("sent_at", "Sent in", sort="sent_at", low=2),
        Badge("status", colors=TONES),
    ],
    filters=[
        choice("status", Application.Status.choices),
        text("client", "client__last_name__holds"),
        choice("risk", Client.Risk.choices[1:], path="client__risk"),
        text("failing", "failing__icontains", title="Check"),
        date_range("sent_at", title="Sent in"),
        flag("overdue", "Overdue", status=_REVIEW, due_at__lt=lambda act: act.at),
    ],
    views=[
        View("To decide", status=_REVIEW, order="due_at"),
        View("Client asked", status="more_needed"),
        View("Being checked", status="checking"),
        View("Not sent in", status="started"),
        View("Approved", status="approved", counted=False),
        View("Refused", status="refused", counted=False),
        View("All", counted=False),
    ],
    figures=_figures,
    search=["client__last_name__holds", "client__first_name__holds"],
    number="A",
    order="-started_at",
    empty="No application waits for a person. What the checks do not pass appears here by itself.",
    icon="id",
)  # fmt: skip

Queue(
    Application,
    _REVIEW,
    title="KYC reviews",
    icon="shield-check",
    page=applications.url,
    line=_line,
    nothing="No application waits for a decision.",
)


def _kind_of_file(row: Document) -> str:
    """`PDF`, `JPEG`."""
    return row.file.content_type.rpartition("/")[2].upper()


document = DetailPage(
    room="compliance",
    slug="documents",
    model=Document,
    rows=queries.documents,
    title=lambda row: f"{row} {row.get_kind_display()}",
    subtitle=lambda row: f"of {row.client.name}, {row.client.number}",
    pills=lambda act, row: [Pill(row.status_label, PAPER_TONES[row.status])],
    panels=[
        kv(
            "The file",
            [
                Person("client", "Client"),
                Date("uploaded_at", "Sent"),
                Date("expiry_date", "Valid until"),
                Column(_kind_of_file, "Kind of file"),
                Number("file.size", "Bytes"),
                Number("pages"),
                Column("file.sha256", "SHA-256", cut=True),
                Column(lambda row: "Look at it", "Content",
                       url=lambda row: f"{FILES}{row.pk}/?reason=quality_check"),
            ],
        )
    ],
)  # fmt: skip

documents = ListPage(
    room="compliance",
    slug="documents",
    title="Documents",
    rows=queries.documents,
    columns=[
        Date("uploaded_at", "Sent", sort="uploaded_at"),
        Person("client.name", "Client", sort="client__last_name"),
        Badge("kind"),
        Date("expiry_date", "Valid until", sort="expiry_date", low=2),
        Number("pages", low=3),
        Badge("status", colors=PAPER_TONES),
    ],
    filters=[
        choice("status", Document.Status.choices),
        choice("kind", Document.Kind.choices),
        text("client", "client__last_name__holds"),
        date_range("expiry_date", title="Valid until"),
    ],
    views=[
        View("All", counted=False),
        View("Not accepted yet", status="read"),
        View("Run out", status="accepted", expiry_date__lt=lambda act: act.at.date()),
    ],
    inspector=document,
    search=["client__last_name__holds", "client__first_name__holds"],
    number="D",
    order="-uploaded_at",
    empty="Nobody has sent a document yet.",
    icon="files",
)


@staff_page("compliance", "files", "", may="compliance.view_document", path="<int:pk>/")
def file_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """A document's content. Each look is recorded, with its reason, before a byte is read."""
    row = find(act, Document, pk)
    raw = {"reason": request.GET.get("reason", "")}
    call(fresh(act), operations.view_document, row, raw)
    return queries.file_answer(row)


def _named(model: Any, address: str) -> Any:
    return lambda ids: {
        pk: (name, f"{address}{pk}/") for pk, name in queries.numbers(model, ids).items()
    }


NAMES["compliance.application"] = _named(Application, REVIEW)
NAMES["compliance.document"] = _named(Document, document.url)
