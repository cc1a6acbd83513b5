"""The client's page: the whole file, taken out as one, with its reason."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.core.models import Proposal
from nostro.core.queries import find
from nostro.people.models import Client
from nostro.reports.operations import export_client
from nostro.ui.additions import extend
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.details import listing
from nostro.ui.forms import OperationForm, said_of
from nostro.ui.pages import show, staff_page, told

ADDRESS = f"{STAFF}reports/evidence/"


@staff_page("reports", "evidence", "", may=export_client.name, path="<int:pk>/")
def evidence_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Ask for the reason, then give the file."""
    client = find(act, Client, pk)
    form = OperationForm(export_client, act, request.POST or None)
    if request.method == "POST":
        answer = form.carry_out(client)
        if isinstance(answer, Proposal):
            told(request, said_of(export_client, answer, client), tone="info")
            return HttpResponseRedirect(url_of(client) or STAFF)
        if answer is not None:
            return _file(answer, client)
    context = {
        "title": f"Export the whole file of {client.name}",
        "text": export_client.help,
        "form": form,
        "problem": form.problem,
        "submit": "Export",
        "cancel_url": url_of(client),
    }
    status = 422 if form.is_bound else 200
    return show(request, act, "ui/pages/operation.html", context, status=status)


def _file(content: bytes, client: Client) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{client.number}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


def _offered(act: Act, row: Any) -> list[SafeString]:
    return [
        format_html('<a class="btn" href="{}{}/">Export the whole file</a>', ADDRESS, row.pk),
        format_html(
            '<span class="small quiet">{}</span>',
            "History, decisions, documents and ledger in one ZIP that reads offline.",
        ),
    ]


extend(
    "people.client",
    place=95,
    panels=[listing("Evidence", _offered, side=True, may=export_client.name)],
)
