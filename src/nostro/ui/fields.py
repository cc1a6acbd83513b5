"""From the type of an operation's input to a form field, and from what was typed to JSON."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, TypeAliasType, Union, get_args, get_origin

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import models

from nostro.core.acts import Act
from nostro.core.files import Upload
from nostro.core.models import label
from nostro.core.operations import Operation
from nostro.core.queries import FINDERS
from nostro.kit import Money
from nostro.kit.problems import Forbidden
from nostro.ui.addresses import STAFF

Widget = Callable[[], forms.Field]
WIDGETS: dict[str, Widget] = {}
"""`room.operation.input` → the field for it, where its type alone would draw a poor one."""
Offer = Callable[[Act, Any], Iterable[tuple[Any, str]]]
CHOICES: dict[str, Offer] = {}
"""`room.operation.input`, or an input's bare name in every room → what staff may choose, from the
act and the subject; where nothing is answered, anything may be typed.
"""
PRESENT: dict[str, Callable[[Any], Any]] = {}
"""`room.operation.input` → what the subject holds today, where its field has another name."""
CHANGES = ("change", "correct", "set", "assign", "rename", "edit")
"""How operations begin that put something in the place of what stands there."""
LABELS: dict[str, str] = {}
"""An input's name → what it is called, where its own words would not do."""
SHORT = {"iban", "kyc", "aml", "id", "url", "api", "bic", "psp", "ib", "lp", "fx", "cpa", "mfa"}
LONG = ("note", "text", "reason", "message", "body", "comment")
SHORT_LIST = 200
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
"""A comma is read only where it parts thousands: `640,50` is refused, never taken for 64,050."""
NEEDED = {"required": "This is needed.", "invalid_choice": "Choose one from the list."}
NUMBERED = re.compile(r"\s*(?:[A-Za-z]{1,2}-|#)?(\d{1,18})\s*", re.ASCII)

Raw = Callable[[Any], Any]


@dataclass(frozen=True)
class Input:
    """A form field, and how what it holds is said in JSON."""

    field: forms.Field
    raw: Raw


def _same(value: Any) -> Any:
    return value


def label_of(name: str) -> str:
    """`expires_at` is Expires, `iban` IBAN: an input's name as people read it."""
    if name in LABELS:
        return LABELS[name]
    words = name.removesuffix("_at").split("_")
    said = " ".join(one.upper() if one in SHORT else one for one in words)
    return said[:1].upper() + said[1:]


def offered(act: Act, operation: str, name: str, subject: Any) -> list[tuple[Any, str]]:
    """What staff may choose for an input; the portals have their own ways of choosing."""
    ask = CHOICES.get(f"{operation}.{name}") or CHOICES.get(name)
    return list(ask(act, subject)) if ask and act.actor.kind == "staff" else []


def present(operation: str, name: str, subject: Any) -> Any:
    """What stands there now, for an operation that changes it. Never what was masked: it would be
    written back as dots.
    """
    if f"{operation}.{name}" in PRESENT:
        return PRESENT[f"{operation}.{name}"](subject)
    if operation.partition(".")[2].partition("_")[0] not in CHANGES:
        return None
    found = getattr(subject, name, None)
    if isinstance(found, models.Model):
        return found.pk
    if isinstance(found, list):
        return "\n".join(str(one) for one in found)
    return None if callable(found) or "•••" in str(found) else found


class MoneyWidget(forms.MultiWidget):
    template_name = "ui/pages/money_input.html"

    def __init__(self, currencies: list[str]) -> None:
        figures = {"inputmode": "decimal", "autocomplete": "off", "aria-label": "Amount"}
        code = {"maxlength": "5", "aria-label": "Currency"}
        pairs = [(one, one) for one in currencies]
        amount = forms.TextInput(figures)
        currency = forms.Select(code, pairs) if pairs else forms.TextInput(code)
        super().__init__([amount, currency])

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, Money):
            return [str(value.amount), str(value.currency)]
        return str(value).split(" ", 1) if value else ["", ""]


class MoneyField(forms.MultiValueField):
    """An amount and its currency, as text until the operation reads them."""

    def __init__(self, currencies: list[str], **options: Any) -> None:
        parts = (forms.CharField(required=False), forms.CharField(required=False))
        widget = MoneyWidget(currencies)
        super().__init__(parts, widget=widget, require_all_fields=False, **options)

    def compress(self, data_list: list[Any]) -> Any:
        amount, currency = data_list or ["", ""]
        if not amount:
            return None
        plain = amount.strip()
        if THOUSANDS.fullmatch(plain):
            plain = plain.replace(",", "")
        return {"amount": plain, "currency": currency.strip().upper()}


def bare(annotation: Any) -> tuple[Any, bool]:
    """The type without `| None`, aliases and annotations, and whether nothing is allowed."""
    if isinstance(annotation, TypeAliasType):
        return bare(annotation.__value__)
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        options = [one for one in get_args(annotation) if one is not type(None)]
        inner, empty = bare(options[0])
        return inner, empty or len(options) < len(get_args(annotation))
    return annotation, False


def _choices(kind: Any) -> list[tuple[Any, str]] | None:
    if get_origin(kind) is Literal:
        return [(one, str(one).replace("_", " ").capitalize()) for one in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, models.Choices):
        return [(value, str(words)) for value, words in kind.choices]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [(one.value, one.name.replace("_", " ").capitalize()) for one in kind]
    return None


def _picked(choices: list[tuple[Any, str]], required: bool, options: dict[str, Any]) -> Input:
    known = {str(value): value for value, _ in choices}
    stands = options.get("initial")
    if stands not in (None, "") and str(stands) not in known and isinstance(stands, str | int):
        choices = [(stands, str(stands)), *choices]
    empty = [] if required and len(choices) == 1 else [("", "Choose one" if required else "—")]
    field = forms.ChoiceField(choices=[*empty, *choices], **options)
    return Input(field, lambda value: known.get(value, value))


def _of_client(model: type[models.Model], subject: Any) -> dict[str, Any]:
    """The lookup that leaves only what belongs to the client whose thing the operation is about."""
    link = next((one for one in model._meta.fields if one.name == "client"), None)
    if link is None or subject is None or not link.is_relation:
        return {}
    own = isinstance(subject, link.related_model)  # type: ignore[arg-type]
    client = subject.pk if own else getattr(subject, "client_id", None)
    return {"client": client} if client else {}


def _model(act: Act, model: type[models.Model], options: dict[str, Any], subject: Any) -> Input:
    """A thing of the house: a list to choose from, or a search where there are many."""
    finder, own = FINDERS.get(model), _of_client(model, subject)
    try:
        found = list(finder(act).filter(**own)[: SHORT_LIST + 1]) if finder is not None else []
    except Forbidden:
        found = []
    if len(found) <= SHORT_LIST:
        choices = [("", "Choose one"), *((row.pk, str(row)) for row in found)]
        return Input(forms.ChoiceField(choices=choices, **options), int)
    name = f"find-{label(model).replace('.', '-')}"
    widget = forms.TextInput(
        {
            "list": name,
            "autocomplete": "off",
            "placeholder": "Name or number",
            "hx-get": f"{STAFF}find/{label(model)}",
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{name}",
        }
    )
    widget.template_name = "ui/pages/find_input.html"
    thing = str(model._meta.verbose_name)
    article = "an" if thing[0] in "aeio" else "a"
    said = {**NEEDED, "invalid": f"Choose {article} {thing} from the list."}
    field = forms.RegexField(NUMBERED, widget=widget, **{**options, "error_messages": said})
    return Input(field, _number)


def _number(value: str) -> int:
    """`W-88214` and `88214` alike."""
    return int(NUMBERED.fullmatch(value)[1])  # type: ignore[index]  # the field has looked


def _file(value: "UploadedFile[Any]") -> Upload:
    return Upload(value.name or "file", value.read(), value.content_type or "")


def _moment(value: datetime) -> str:
    return value.isoformat()


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _simple(kind: Any, options: dict[str, Any], currencies: list[str]) -> Input | None:
    if kind is bool:
        return Input(forms.BooleanField(**{**options, "required": False}), bool)
    if kind is Upload:
        return Input(forms.FileField(**options), _file)
    if kind is Money:
        return Input(MoneyField(currencies, **options), _same)
    if not isinstance(kind, type):
        return None
    if issubclass(kind, datetime):
        local = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return Input(forms.DateTimeField(widget=local, **options), _moment)
    if issubclass(kind, date):
        day = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        return Input(forms.DateField(widget=day, **options), date.isoformat)
    if issubclass(kind, int):
        return Input(forms.IntegerField(**options), _same)
    if issubclass(kind, Decimal):
        figures = forms.TextInput({"inputmode": "decimal"})
        return Input(forms.CharField(widget=figures, **options), _same)
    return None


def input_for(
    act: Act, operation: Operation[..., Any], name: str, options: dict[str, Any], subject: Any
) -> Input:
    """The field for one input, from its type, its name and what it is about."""
    model = operation.input_models.get(name)
    if model is not None:
        return _model(act, model, options, subject)
    kind, _ = bare(operation.inputs.model_fields[name].annotation)
    known = offered(act, operation.name, name, subject)
    choices = _choices(kind) or (known if kind in (str, int) else None)
    if choices:
        return _picked(choices, bool(options["required"]), options)
    simple = _simple(kind, options, _currencies(act, operation, subject) if kind is Money else [])
    if simple is not None:
        return simple
    if get_origin(kind) in (list, set, frozenset, tuple):
        return _several(kind, options, known)
    if kind is str:
        plain = forms.Textarea({"rows": 3}) if name in LONG else forms.TextInput()
        return Input(forms.CharField(widget=plain, **options), _same)
    return Input(forms.CharField(widget=forms.Textarea({"rows": 6}), **options), _json)


def _currencies(act: Act, operation: Operation[..., Any], subject: Any) -> list[str]:
    """Every currency that is offered, the subject's own first."""
    known = [str(code) for code, _ in offered(act, operation.name, "currency", subject)]
    own = str(getattr(subject, "currency", "") or getattr(subject, "base_currency", ""))
    return sorted(known, key=lambda code: code != own)


def _several(kind: Any, options: dict[str, Any], known: list[tuple[Any, str]]) -> Input:
    inner, _ = bare(get_args(kind)[0])
    choices = _choices(inner) or known
    if not choices:
        lines = forms.Textarea({"rows": 4})
        field = forms.CharField(
            widget=lines, **{**options, "help_text": options.get("help_text") or "One a line."}
        )
        return Input(
            field, lambda value: [one.strip() for one in value.splitlines() if one.strip()]
        )
    boxes = forms.CheckboxSelectMultiple()
    return Input(forms.MultipleChoiceField(choices=choices, widget=boxes, **options), list)
