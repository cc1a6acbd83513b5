"""Staff pages of connections: API keys, webhook endpoints, and what was delivered to them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.models import Proposal
from nostro.core.operations import Operation
from nostro.hooks import operations, queries
from nostro.hooks.models import ApiKey, Delivery, Endpoint
from nostro.ui.actions import Action, only_in
from nostro.ui.answers import is_htmx
from nostro.ui.columns import Badge, Column, Date, Link
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.fields import WIDGETS
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, text
from nostro.ui.forms import OperationForm
from nostro.ui.lists import ListPage, View
from nostro.ui.pages import show, staff_page, url_of
from nostro.ui.timeline import NAMES, Names

TONES = {"waiting": "wait", "delivered": "ok", "given_up": "bad"}
SHOWN_ONCE = "Copy it now: it is shown this once and kept as a hash."


class Patterns(forms.CharField):
    """Name patterns, one a line."""

    def __init__(self) -> None:
        super().__init__(
            widget=forms.Textarea(attrs={"rows": 3, "class": "mono"}),
            help_text="One a line; a * stands for anything: payments.*",
        )


for patterned in ("create_api_key.scopes", "add_endpoint.events", "change_endpoint.events"):
    WIDGETS[f"hooks.{patterned}"] = Patterns


def _words(names: list[str]) -> str:
    return ", ".join(names)


# ── API keys ──


def _used(row: ApiKey) -> datetime | None:
    bucket = getattr(row, "bucket", None)
    return bucket.used_at if bucket is not None else None


def _state(act: Act, row: ApiKey) -> list[Pill]:
    if row.revoked_at is not None:
        return [Pill("Revoked", "bad")]
    ended = row.expires_at is not None and row.expires_at <= act.at
    return [Pill("Expired", "line") if ended else Pill("In use", "ok")]


def _revocable(act: Act, row: ApiKey) -> str | None:
    return "" if row.revoked_at is None else None


revoke = Action(operations.revoke_api_key, when=_revocable)
key = DetailPage(
    room="hooks",
    slug="keys",
    model=ApiKey,
    rows=queries.api_keys,
    subtitle=lambda row: f"{row.prefix}…",
    pills=_state,
    panels=[
        kv(
            "The key",
            [
                Column(lambda row: f"{row.prefix}…", "Begins with"),
                Column("owner.email", "Speaks for"),
                Column(lambda row: _words(row.scopes), "May do and ask"),
                Date("made_at", "Made"),
                Date("expires_at", "Expires"),
                Date(_used, "Last used"),
                Date("revoked_at", "Revoked"),
            ],
        )
    ],
    actions=[revoke],
    icon="key",
)
keys = ListPage(
    room="hooks",
    slug="keys",
    title="API keys",
    rows=queries.api_keys,
    columns=[
        Link(title="Name", sort="name"),
        Column(lambda row: f"{row.prefix}…", "Key", quiet=True),
        Column("owner.email", "Speaks for", low=2),
        Column(lambda row: _words(row.scopes), "May do and ask", cut=True, low=3),
        Date(_used, "Last used", low=2),
        Date("expires_at", "Expires", low=2),
        Date("revoked_at", "Revoked", low=3),
    ],
    views=[View("In use", revoked_at=None), View("Revoked", revoked_at__isnull=False)],
    actions=[revoke],
    inspector=key,
    search=["name", "prefix"],
    order="-made_at",
    empty="No program acts for anybody. A key lets one do what its owner may, and no more.",
    icon="key",
)

# ── Endpoints ──


def _sent(act: Act, row: Endpoint) -> Any:
    return queries.deliveries(act).filter(endpoint=row)[:20]


def _hears(act: Act, row: Endpoint) -> str | None:
    return "" if row.active else None


def _silent(act: Act, row: Endpoint) -> str | None:
    return None if row.active else ""


def _waiting(act: Act, row: Endpoint) -> list[Figure]:
    rows = queries.deliveries(act).filter(endpoint=row)
    return [
        Figure("Waiting", rows.filter(status=Delivery.Status.WAITING).count()),
        Figure("Given up", rows.filter(status=Delivery.Status.GIVEN_UP).count()),
    ]


pause = Action(operations.pause_endpoint, when=_hears)
resume = Action(operations.resume_endpoint, when=_silent)
ATTEMPT = [
    Column("event", "Event"),
    Badge("status", colors=TONES, words=dict(Delivery.Status.choices)),
    Column("attempts", "Attempts", low=2),
    Column(lambda row: row.http_status or row.trouble, "Answer", cut=True),
    Date("status_at", "When"),
]
endpoint = DetailPage(
    room="hooks",
    slug="endpoints",
    model=Endpoint,
    rows=queries.endpoints,
    subtitle=lambda row: row.url,
    pills=lambda act, row: [Pill("Hears", "ok") if row.active else Pill("Paused", "wait")],
    figures=_waiting,
    panels=[
        kv(
            "Where it goes",
            [
                Column("url", "Address"),
                Column(lambda row: _words(row.events), "Hears"),
                Column("owner.email", "Sees what is seen by"),
                Date("made_at", "Added"),
            ],
        ),
        table("Deliveries", _sent, [Link("event"), *ATTEMPT[1:]], empty="Nothing was sent yet."),
    ],
    actions=[operations.change_endpoint, pause, resume],
    icon="webhook",
)
endpoints = ListPage(
    room="hooks",
    slug="endpoints",
    title="Webhooks",
    rows=queries.endpoints,
    columns=[
        Link(title="Name", sort="name"),
        Column("url", "Address", cut=True),
        Column(lambda row: _words(row.events), "Hears", cut=True, low=2),
        Badge(lambda row: "on" if row.active else "off", "State",
              colors={"on": "ok", "off": "wait"}, words={"on": "Hears", "off": "Paused"}),
    ],
    views=[View("All"), View("Paused", active=False)],
    actions=[pause, resume],
    inspector=endpoint,
    search=["name", "url"],
    order="-made_at",
    empty="Nobody outside hears what happens here. An endpoint is told in order, and signed.",
    icon="webhook",
)  # fmt: skip

# ── Deliveries ──

replay = Action(operations.replay_delivery, when=only_in("delivered", "given_up"))
delivery = DetailPage(
    room="hooks",
    slug="deliveries",
    model=Delivery,
    rows=queries.deliveries,
    title=lambda row: f"{row.event} to {row.endpoint}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    panels=[
        kv(
            "The delivery",
            [
                Column("endpoint"),
                Column("endpoint.url", "Address"),
                Column(lambda row: f"evt_{row.record_id}", "Webhook-Id"),
                Column("attempts"),
                Column("http_status", "Answer"),
                Column("trouble"),
                Date("next_at", "Next attempt"),
                Date("status_at", "Since"),
            ],
        )
    ],
    actions=[replay],
    icon="send",
)
deliveries = ListPage(
    room="hooks",
    slug="deliveries",
    title="Deliveries",
    rows=queries.deliveries,
    columns=[Column("endpoint", low=2), Link("event", "Event"), *ATTEMPT[1:]],
    filters=[
        choice("status", Delivery.Status.choices),
        text("event", "event__icontains"),
        text("endpoint", "endpoint__name__icontains"),
    ],
    views=[
        View("All", counted=False),
        View("Waiting", status=Delivery.Status.WAITING),
        View("Given up", status=Delivery.Status.GIVEN_UP),
    ],
    actions=[replay],
    inspector=delivery,
    order="-id",
    empty="Nothing was sent yet. Deliveries appear here once an endpoint hears something.",
    icon="send",
)

# ── Making what is shown once ──


def _made(request: HttpRequest, act: Act, wanted: Operation[..., Any], told: str) -> HttpResponse:
    """The form, and after it the secret: it is in this one page and nowhere else."""
    form = OperationForm(wanted, act, request.POST or None)
    context: dict[str, Any] = {"title": wanted.title, "text": wanted.help, "told": told}
    if request.method == "POST":
        answer = form.carry_out(key=request.POST.get("key", ""))
        if answer is not None:
            proposed = isinstance(answer, Proposal)
            context |= {"made": answer, "proposed": proposed, "made_url": url_of(answer)}
    context |= {
        "form": form,
        "problem": form.problem,
        "submit": wanted.verb,
        "cancel_url": "/staff/hooks/keys/",
        "key": request.POST.get("key") or uuid4().hex,
        "action_url": request.path,
    }
    failed = form.is_bound and "made" not in context
    template = "hooks/made_body.html" if is_htmx(request) else "hooks/made.html"
    given = show(request, act, template, context, status=422 if failed else 200)
    given["Cache-Control"] = "no-store"
    return given


@staff_page("hooks", "new-key", "New API key", may="hooks.create_api_key", icon="key")
def new_key(request: HttpRequest, act: Act) -> HttpResponse:
    """Make a key that speaks for oneself."""
    return _made(request, act, operations.create_api_key, SHOWN_ONCE)


@staff_page("hooks", "new-endpoint", "New endpoint", may="hooks.add_endpoint", icon="webhook")
def new_endpoint(request: HttpRequest, act: Act) -> HttpResponse:
    """Add an address that hears events."""
    told = "Copy the secret now: it is shown this once. Every delivery is signed with it."
    return _made(request, act, operations.add_endpoint, told)


def _key_names(ids: set[int]) -> Names:
    rows = ApiKey._default_manager.filter(pk__in=ids)
    return {one.pk: (one.name, f"{key.url}{one.pk}/") for one in rows}


def _endpoint_names(ids: set[int]) -> Names:
    rows = Endpoint._default_manager.filter(pk__in=ids)
    return {one.pk: (one.name, f"{endpoint.url}{one.pk}/") for one in rows}


NAMES["hooks.apikey"] = _key_names
NAMES["hooks.endpoint"] = _endpoint_names
