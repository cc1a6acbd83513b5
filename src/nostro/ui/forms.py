"""Forms from an operation's signature. What was typed goes through `core.doors.call` like any
other door's JSON, and each error comes back beside the field it is about.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nostro.core.acts import Act
from nostro.core.doors import BadInput, call, whole
from nostro.core.models import Proposal, label
from nostro.core.operations import OPERATIONS, Operation
from nostro.core.queries import find
from nostro.kit import Money
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.ui.addresses import STAFF, operation_url, url_of
from nostro.ui.answers import done, is_htmx, safe_next
from nostro.ui.fields import NEEDED, WIDGETS, Input, bare, input_for, label_of, present
from nostro.ui.pages import fresh, pages_of, show, staff_view


@dataclass(frozen=True)
class Summary:
    """What an operation is about, said once more before it is confirmed."""

    text: str
    money: Money | None = None


SUMMARIES: dict[str, Callable[[Any], Summary]] = {}
"""Model label → how much, and to whom: whoever decides about money sees both where they decide."""


class OperationForm(forms.Form):
    """The inputs of one operation. `carry_out` answers what the operation does, or nothing where
    the form now holds errors (`problem` is the one that belongs to no field).
    """

    def __init__(
        self,
        wanted: Operation[..., Any],
        act: Act,
        data: Any = None,
        files: Any = None,
        *,
        initial: dict[str, Any] | None = None,
        without: tuple[str, ...] = (),
        subject: models.Model | None = None,
    ) -> None:
        super().__init__(data, files, initial=initial)
        self.operation, self.act, self.problem, self.subject = wanted, act, "", subject
        self._inputs: dict[str, Input] = {}
        for name in wanted.input_names:
            if name not in without:
                self._inputs[name] = self._input(name)
                self.fields[name] = self._inputs[name].field
        self.given: dict[str, str] = {}

    def take(self, values: dict[str, str], names: Iterable[str]) -> None:
        """Needed inputs that the button already gave: they are carried along and not asked for."""
        for name in names:
            if name in self.fields and self.fields[name].required and values.get(name):
                self.given[name] = values[name]
                self.fields[name].widget = forms.HiddenInput()

    def _input(self, name: str) -> Input:
        shape = self.operation.inputs.model_fields[name]
        required = shape.is_required()
        options: dict[str, Any] = {
            "required": required,
            "label": label_of(name),
            "help_text": shape.description or "",
            "error_messages": NEEDED,
        }
        default = None if required else shape.get_default(call_default_factory=True)
        stands = present(self.operation.name, name, self.subject) if self.subject else None
        if (start := default if stands is None else stands) not in (None, ""):
            options["initial"] = start
        drawn = WIDGETS.get(f"{self.operation.name}.{name}")
        made = input_for(self.act, self.operation, name, options, self.subject)
        if drawn is not None:
            field = drawn()
            field.required, field.label = required, field.label or options["label"]
            field.initial = stands if field.initial is None else field.initial
            made = Input(field, made.raw)
        return made

    def raw(self) -> dict[str, Any]:
        """What was typed, as JSON; what was left empty is left out."""
        said: dict[str, Any] = {}
        for name, one in self._inputs.items():
            value = self.cleaned_data.get(name)
            kind, _ = bare(self.operation.inputs.model_fields[name].annotation)
            if kind is bool or value not in (None, "", []):
                said[name] = one.raw(value)
        return said

    def blame(self, problem: Problem) -> None:
        errors = problem.errors if isinstance(problem, BadInput) else {}
        if not errors and problem.field:
            errors = {problem.field: problem.sentence}
        for name, sentence in errors.items():
            if name in self.fields and name not in self.given:
                self.add_error(name, sentence)
            else:
                self.problem = sentence
        if not errors:
            self.problem = problem.sentence

    def carry_out(self, subject: models.Model | None = None, *, key: str = "", **more: Any) -> Any:
        """Call the operation. `more` are raw inputs that the form does not ask for."""
        if not self.is_valid():
            return None
        try:
            thing = whole(subject) if subject is not None else None
            answer = call(fresh(self.act, key), self.operation, thing, {**self.raw(), **more})
        except Problem as problem:
            self.blame(problem)
            return None
        return True if answer is None else answer


def is_proposed(wanted: Operation[..., Any], answer: Any) -> bool:
    """Whether the call became a proposal, instead of being about one."""
    return isinstance(answer, Proposal) and wanted.room != "core"


def said_of(wanted: Operation[..., Any], answer: Any, subject: Any = None) -> str:
    """The outcome in a sentence; a proposal says how many people it waits for."""
    if is_proposed(wanted, answer):
        people = "one other person" if answer.people == 1 else f"{answer.people} other people"
        return f"Proposed as {answer}. It waits for {people}."
    thing = answer if isinstance(answer, models.Model) else subject
    return f"{wanted.title}: {thing}." if thing is not None else f"{wanted.title}: done."


def wanted_operation(act: Act, name: str) -> Operation[..., Any]:
    wanted = OPERATIONS.get(name)
    if wanted is None or wanted.internal:
        raise NotFound("There is no such operation.")
    if not act.actor.may(name):
        raise Forbidden(f"Your role does not include “{wanted.title}”.")
    return wanted


@staff_view
def operation_view(
    request: HttpRequest, act: Act, name: str, pk: int | None = None
) -> HttpResponse:
    """The dialog or page of one operation, and its carrying out."""
    wanted = wanted_operation(act, name)
    subject = None
    if wanted.subject_type is not None:
        if pk is None:
            raise NotFound(f"{wanted.title} needs to know which one.")
        subject = find(act, wanted.subject_type, pk)
    if request.method == "POST":
        form = OperationForm(wanted, act, request.POST, request.FILES, subject=subject)
        form.take(request.POST.dict(), request.POST.getlist("given"))
        answer = form.carry_out(subject, key=request.POST.get("key", ""))
        if answer is not None:
            thing = answer if isinstance(answer, models.Model) and answer.pk else subject
            tone = "info" if is_proposed(wanted, answer) else "ok"
            return done(request, said_of(wanted, answer, subject), tone=tone, url=url_of(thing))
    else:
        form = OperationForm(wanted, act, initial=request.GET.dict(), subject=subject)
        form.take(request.GET.dict(), request.GET)
    return _asked(request, act, form, subject)


def _asked(
    request: HttpRequest, act: Act, form: OperationForm, subject: models.Model | None
) -> HttpResponse:
    wanted, status = form.operation, 422 if form.is_bound else 200
    pk = subject.pk if subject is not None else None
    going = safe_next(request, "" if is_htmx(request) else url_of(subject) or STAFF)
    action = operation_url(wanted.name, pk)
    named = getattr(subject, "name", "") or (str(subject) if subject is not None else "")
    said = subject is not None or not form.visible_fields()
    about = (", ".join(form.given.values()) if said else "") or named
    context = {
        "title": ": ".join(one for one in (wanted.title, about) if one),
        "text": " ".join(one for one in (wanted.help, wanted.confirm) if one),
        "form": form,
        "problem": form.problem,
        "submit": wanted.verb,
        "refuses": wanted.tone == "refuse",
        "summary": SUMMARIES[label(subject)](subject)
        if subject is not None and label(subject) in SUMMARIES
        else None,
        "cancel_url": going or "#",
        "key": request.POST.get("key") or uuid4().hex,
        "action_url": f"{action}?{urlencode({'next': going})}" if going else action,
    }
    if is_htmx(request):
        part = "ui/parts/form.html" if form.is_bound else "ui/dialog.html"
        return render(request, part, context, status=status)
    first = next(iter(pages_of(wanted.room, act.actor)), None)
    place = url_of(subject) or (first.url if first else "")
    context["place"] = place
    context["crumb"] = [{"title": named or (first.title if first else ""), "url": place}]
    return show(request, act, "ui/pages/operation.html", context, status=status)
