"""Registration: a page of the brand that tells nobody who is a client already, and the code that
proves an e-mail address. Whoever types it is signed in and led to the first step.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from nostro.compliance import operations, queries
from nostro.core import limits
from nostro.core.acts import Act
from nostro.kit.problems import Problem
from nostro.people import operations as people
from nostro.people import queries as people_queries
from nostro.people.countries import COUNTRIES
from nostro.people.models import Brand, Client
from nostro.people.operations.registration import CODE_LIVES, TRIES
from nostro.ui.pages import PUBLIC

CODES_AN_HOUR = 5
REGISTRATIONS_AN_HOUR = 30
WAITS, REFERRAL, BRAND = "registering", "referral", "brand"
PARTNER_COOKIE, PARTNER_SALT = "nostro_ref", "nostro.partners.click"


class TooMany(Problem):
    """The same page was asked too often."""

    status = 429


class Registration(forms.Form):
    """What a stranger is asked: the rest comes step by step."""

    first_name = forms.CharField(
        label="Given names", max_length=80,
        widget=forms.TextInput({"autocomplete": "given-name"}),
    )  # fmt: skip
    last_name = forms.CharField(
        label="Surname", max_length=80, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    country = forms.ChoiceField(label="Country you live in")
    account_type = forms.ChoiceField(
        label="Account you want", help_text="You can open others later."
    )
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        label="Password", help_text="At least 12 characters.", max_length=200,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, types: Sequence[tuple[str, str]], *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        kind: Any = self.fields["account_type"]
        kind.choices, kind.initial = types, types[0][0] if types else None
        if len(types) < 2:
            del self.fields["account_type"]
        country: Any = self.fields["country"]
        country.choices = [("", "Choose one"), *COUNTRIES.items()]
        for field in self.fields.values():
            field.error_messages["required"] = "This is needed."

    def clean_password(self) -> str:
        word: str = self.cleaned_data["password"]
        try:
            validate_password(word)
        except ValidationError as weak:
            raise forms.ValidationError(list(weak.messages)) from weak
        return word


class Code(forms.Form):
    """Six digits from an e-mail."""

    code = forms.CharField(
        label="Code", max_length=12, error_messages={"required": "Type the six digits."},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code",
                                "data-focus": ""}),
    )  # fmt: skip


def public_act(request: HttpRequest) -> Act:
    act = Act.system(door="public")
    act.address = str(request.META.get("REMOTE_ADDR", ""))[:45]
    act.device = request.headers.get("User-Agent", "")[:200]
    return act


def at_most(what: str, who: str, times: int, *, seconds: int = 3600) -> None:
    """Refuse what somebody asks too often."""
    if limits.tries(f"compliance.{what}.{who}", seconds=seconds) > times:
        raise TooMany("That was tried too often. Wait an hour, then try again.")


def brand_of(request: HttpRequest) -> Brand:
    """The brand whose page this is: named in the address, remembered, or the first of the house."""
    named = request.GET.get("brand") or request.session.get(BRAND, "")
    brands = {one.slug: one for one in people_queries.brands(public_act(request)).order_by("pk")}
    if not brands:
        raise Problem("Nobody can register here yet.")
    brand = brands.get(named) or next(iter(brands.values()))
    if named:
        request.session[BRAND] = brand.slug
    return brand


def referral_of(request: HttpRequest) -> str:
    """Who brought them: the code in the address, or the click that the browser remembers."""
    named = request.GET.get("ref", "")[:40]
    if named:
        request.session[REFERRAL] = named
    try:
        held = signing.loads(request.COOKIES.get(PARTNER_COOKIE, ""), salt=PARTNER_SALT)
    except signing.BadSignature:
        held = {}
    return str(request.session.get(REFERRAL) or held.get("code", ""))[:40]


def surroundings(brand: Brand, act: Act) -> dict[str, Any]:
    """What a page of a brand shows around itself. Of several firms, the gravest warning and no
    name: which of them takes somebody is decided by their country, which is not known here.
    """
    firms = list(brand.entities.all())
    entity = max(firms, key=lambda one: one.risk_warning_percent, default=None)
    if entity is None:
        raise Problem(f"{brand} has no legal entity yet, so nobody can register.")
    return {
        "brand": {"name": brand.name, "short": brand.name},
        "brand_css": f"/brand/{brand.slug}.css",
        "now": act.at,
        "home_url": "/register",
        "losing_percent": entity.risk_warning_percent,
        "firm_line": f"{entity.name}, {entity.address}. Authorised by {entity.regulator}, "
        f"licence {entity.licence}."
        if len(firms) == 1
        else "",
    }


def shown(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    around = surroundings(brand_of(request), public_act(request))
    return render(request, template, {**around, **context}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def register_view(request: HttpRequest) -> HttpResponse:
    """Become a client. The answer is the same whether the address is new or taken."""
    try:
        brand, referral = brand_of(request), referral_of(request)
        types = people_queries.account_types(brand)
        form = Registration(types, request.POST if request.method == "POST" else None)
        problem = ""
        if request.method == "POST" and form.is_valid():
            problem = _registered(request, form, brand, referral)
            if not problem and not form.errors:
                return HttpResponseRedirect("/register/code")
        context = {"form": form, "problem": problem}
        status = 422 if form.is_bound else 200
        return shown(request, "compliance/register.html", context, status=status)
    except Problem as problem_page:
        return _refused(request, problem_page)


def _registered(request: HttpRequest, form: Registration, brand: Brand, referral: str) -> str:
    """Carry it out; what belongs to no field comes back as a sentence."""
    act, given = public_act(request), form.cleaned_data
    at_most("register", act.address, REGISTRATIONS_AN_HOUR)
    try:
        client = operations.register(act, brand=brand, referral_code=referral, **given)
    except Problem as problem:
        if problem.field not in form.fields:
            return problem.sentence
        form.add_error(problem.field, problem.sentence)
        return ""
    pk = client.pk if client is not None else None
    request.session[WAITS] = {"client": pk, "email": given["email"]}
    return ""


@never_cache
@require_http_methods(["GET", "POST"])
def code_view(request: HttpRequest) -> HttpResponse:
    """Prove the address. A taken one looks the same here, but no code will ever fit."""
    waits = request.session.get(WAITS)
    if not waits:
        return HttpResponseRedirect("/register")
    try:
        form = Code(request.POST if "code" in request.POST else None)
        note = ""
        if "again" in request.POST:
            note = _sent_again(request, waits)
        elif request.method == "POST" and form.is_valid():
            client = _proven(request, waits, form)
            if client is not None:
                del request.session[WAITS]
                backend = settings.AUTHENTICATION_BACKENDS[0]
                login(request, queries.sign_in_of(client), backend=backend)
                return HttpResponseRedirect("/room/start/")
        context = {"form": form, "email": waits["email"], "note": note}
        status = 422 if form.errors else 200
        return shown(request, "compliance/code.html", context, status=status)
    except Problem as problem:
        return _refused(request, problem)


def _proven(request: HttpRequest, waits: dict[str, Any], form: Code) -> Client | None:
    """The client, if the code fits. Tries are counted here: a refused one leaves no trace."""
    act = public_act(request)
    who = waits["email"].strip().lower()
    at_most("code", who, TRIES, seconds=int(CODE_LIVES.total_seconds()))
    client = _client(act, waits)
    try:
        if client is not None:
            return people.confirm_email(act, client, code=form.cleaned_data["code"])
    except Problem as problem:
        form.add_error("code", problem.sentence)
        return None
    form.add_error("code", "That is not the code we sent.")
    return None


def _client(act: Act, waits: dict[str, Any]) -> Client | None:
    found: Client | None = people_queries.clients(act).filter(pk=waits["client"] or 0).first()
    return found


def _sent_again(request: HttpRequest, waits: dict[str, Any]) -> str:
    act = public_act(request)
    at_most("again", waits["email"].strip().lower(), CODES_AN_HOUR)
    client = _client(act, waits)
    if client is not None and client.email_confirmed_at is None:
        operations.send_code(act, client)
    return "We sent a new code. The earlier one does not work any more."


def _refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    context = {"problem": problem, "home": "/register"}
    return render(request, "ui/pages/problem.html", context, status=problem.status)


PUBLIC += [
    path("register", register_view, name="compliance.register"),
    path("register/code", code_view, name="compliance.register_code"),
]
