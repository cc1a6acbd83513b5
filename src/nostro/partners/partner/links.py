"""A partner's links with what they brought, and the plan they are paid by."""

from io import BytesIO

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.problems import NotFound
from nostro.partners import operations, queries
from nostro.partners.models import Link, PlanVersion
from nostro.partners.partner.words import address_of, shared
from nostro.partners.queries import earnings
from nostro.partners.queries.acquisitions import plan_at
from nostro.ui import forms
from nostro.ui.pages import portal_page, show, told


@portal_page("partner", "links/", "Links", icon="link", nav=5)
def links(request: HttpRequest, act: Act) -> HttpResponse:
    partner = earnings.own_partner(act)
    posted = request.method == "POST"
    form = forms.OperationForm(operations.add_link, act, request.POST if posted else None)
    if posted and form.carry_out(partner, key=request.POST.get("key", "")) is not None:
        told(request, "Your link is ready.")
        return HttpResponseRedirect("/partner/links/")
    listed = earnings.link_figures(queries.links(act).filter(ended_at=None))
    context = {
        "title": "Links",
        "links": [{**one, **shared(one["link"])} for one in listed],
        "form": form,
        "problem": form.problem,
    }
    return show(request, act, "partners/links.html", context, status=422 if posted else 200)


@portal_page("partner", "links/<int:pk>/qr.png", "QR code")
def qr(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """The link as a QR code, large enough to print."""
    link: Link = find(act, Link, pk)
    buffer = BytesIO()
    segno.make(address_of(link), micro=False, error="m").save(buffer, kind="png", scale=16)
    answer = HttpResponse(buffer.getvalue(), content_type="image/png")
    answer["Content-Disposition"] = f'attachment; filename="{link.code}.png"'
    return answer


@portal_page("partner", "plan/", "Your plan")
def plan(request: HttpRequest, act: Act) -> HttpResponse:
    version: PlanVersion | None = plan_at(int(act.actor.id or 0), act.at)
    if version is None:
        raise NotFound("No plan is in force for you. Ask us about it.")
    mine = queries.plan_versions(act)
    history = [{"version": one, "says": list(one.agreement.sentences())} for one in mine]
    context = {"title": "Your plan", "version": version, "history": history}
    return show(request, act, "partners/plan.html", context)
