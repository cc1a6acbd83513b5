"""A step's questions as a form, drawn from the flow's own data."""

from collections.abc import Mapping
from typing import Any

from django import forms

from nostro.compliance.models import Application
from nostro.compliance.queries import applies, fields_of
from nostro.people.countries import COUNTRIES

FEW = 5
"""Answers that stand side by side as buttons; more of them become a list."""
NEEDED = {"required": "This is needed."}


def _choices(field: Mapping[str, Any]) -> list[tuple[str, str]]:
    if field["kind"] == "country":
        return list(COUNTRIES.items())
    return [(str(value), str(words)) for value, words in field["choices"]]


def drawn(field: Mapping[str, Any]) -> forms.Field:
    """One question. What makes an answer wrong is the operation's to say."""
    options: dict[str, Any] = {
        "label": field["label"], "help_text": field.get("help", ""), "error_messages": NEEDED,
        "required": field.get("required", True) and not field.get("when"),
    }  # fmt: skip
    seen = {"autocomplete": field.get("auto", "off")}
    if when := field.get("when"):
        seen |= {"data-when": when["field"], "data-when-in": " ".join(when["in"])}
    if field["kind"] in ("choice", "country"):
        choices = _choices(field)
        if len(choices) <= FEW:
            return forms.ChoiceField(
                choices=choices, widget=forms.RadioSelect({**seen, "class": "p-radio"}), **options
            )
        return forms.ChoiceField(
            choices=[("", "Choose one"), *choices], widget=forms.Select(seen), **options
        )
    if field["kind"] == "date":
        day = forms.DateInput({**seen, "type": "date"}, format="%Y-%m-%d")
        return forms.CharField(widget=day, **options)
    if field["kind"] == "phone":
        return forms.CharField(widget=forms.TextInput({**seen, "type": "tel"}), **options)
    return forms.CharField(widget=forms.TextInput(seen), **options)


class StepForm(forms.Form):
    """The fields of one step of one application."""

    def __init__(
        self, application: Application, step: Mapping[str, Any], data: Any = None, **more: Any
    ) -> None:
        super().__init__(data, **more)
        self.asked = fields_of(application, step)
        for field in self.asked:
            self.fields[field["name"]] = drawn(field)

    def answers(self) -> dict[str, str]:
        """What was typed, without the questions that do not apply."""
        given = {one["name"]: self.data.get(one["name"], "") for one in self.asked}
        return {one["name"]: given[one["name"]] for one in self.asked if applies(one, given)}
