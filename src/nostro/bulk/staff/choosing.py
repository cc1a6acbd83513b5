"""The way to a bulk change: from a list, with its filters, its ticked rows, or a file of names."""

from collections import defaultdict
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.bulk import operations, queries
from nostro.bulk.foresight import SPOKEN, Spoken
from nostro.bulk.naming import BadFile, read_numbers
from nostro.bulk.operations.changes import MOST, takes_files
from nostro.core.acts import Act
from nostro.core.doors import BadInput
from nostro.core.models import label
from nostro.core.operations import Operation
from nostro.kit.problems import NotFound, Problem
from nostro.ui import bulk as bar
from nostro.ui import lists
from nostro.ui.actions import as_actions
from nostro.ui.addresses import STAFF, Address, url_of
from nostro.ui.forms import OperationForm
from nostro.ui.lists import ListPage
from nostro.ui.pages import PAGES, fresh, show, staff_page

NEW = f"{STAFF}bulk/new/"
OWN = ("page", "operation", "row", "why", "file", "key")


def possible(page: ListPage, act: Act) -> list[Operation[..., Any]]:
    """What this person may do in bulk with the rows of a list."""
    found = [one.operation for one in as_actions(page.actions)]
    return [
        one
        for one in found
        if act.actor.may(one.name)
        and not one.internal
        and one.subject_type is not None
        and not takes_files(one)
    ]


def beside_list(page: ListPage, act: Act, address: Address) -> list[dict[str, Any]]:
    """The button on a list: everything that its filters match."""
    if page.room == "bulk" or not possible(page, act):
        return []
    url = Address(NEW, {**address.chosen, "page": page.name}).url()
    return [{"title": "Change many", "url": url, "icon": "stack-2", "tone": "quiet"}]


def on_bar(page: ListPage) -> dict[str, Any]:
    return {"title": "In the background", "url": f"{NEW}?page={page.name}", "icon": "stack-2",
            "method": "post"}  # fmt: skip


lists.MORE.append(beside_list)
bar.ELSEWHERE.append(on_bar)


class Chosen:
    """The rows that a person has in hand: ticked, or all that the list's filters match."""

    def __init__(self, request: HttpRequest, act: Act) -> None:
        name = request.GET.get("page", "")
        page = PAGES.get(f"list {name}")
        if not isinstance(page, ListPage) or not page.allowed(act.actor):
            raise NotFound("There is no such list.")
        self.page, self.act = page, act
        params = {key: value for key, value in request.GET.dict().items() if key not in OWN}
        self.selection = page.select(act, params)
        self.ticked = [int(one) for one in request.POST.getlist("row") if one.isdecimal()]
        if self.ticked:
            rows = page.rows(act).filter(pk__in=self.ticked[:MOST])
            self.selection = lists.Selection(rows, page.order, Address(page.url, {}))
        self.kind = label(self.selection.rows.model)

    @property
    def spoken(self) -> Spoken:
        return SPOKEN.get(self.kind, Spoken("pk", "number"))

    def count(self) -> int:
        return self.selection.rows.order_by().count()

    def ids(self) -> list[int]:
        order = self.selection.order
        rows = self.selection.rows.order_by(order, "pk" if order[0] != "-" else "-pk")
        return list(rows.values_list("pk", flat=True)[: MOST + 1])

    def named(self, content: bytes) -> tuple[list[int], list[tuple[str, str]]]:
        """The rows that a file names, and the names that are none of these rows."""
        field, word = self.spoken
        numbers = read_numbers(content, word)
        if len(numbers) > MOST:
            raise BadFile(f"{MOST:,} rows are the most for one bulk change.", field="file")
        found: dict[int, list[int]] = defaultdict(list)
        rows = self.selection.rows.order_by().filter(**{f"{field}__in": numbers})
        for number, pk in rows.values_list(field, "pk"):
            found[number].append(pk)
        ids = [found[one][0] for one in numbers if len(found[one]) == 1]
        missing = [
            (str(one), f"No row of the list bears this {word}.")
            if not found[one]
            else (str(one), f"{len(found[one])} rows bear this {word}: filter the list first.")
            for one in numbers
            if len(found[one]) != 1
        ]
        if not ids:
            raise BadFile(f"No row of the list bears any {word} of this file.", field="file")
        return ids, missing

    def words(self, file: str = "") -> str:
        """Which rows, for whoever reads it later. Free text may be a name, so it is not kept."""
        if self.ticked:
            return f"Ticked on {self.page.title}"
        address = self.selection.address
        view = self.page.view(address.params)
        said = [view.name] if view else []
        for one in self.page.filters:
            value = one.chip(self.act, address)["value"]
            if value:
                said.append(f"{one.heading}: {'…' if one.is_private else value}")
        said += ["a search"] if address.params.get("q") else []
        begin = f"Named in {file}, of " if file else ""
        return f"{begin}{self.page.title}: {', '.join(said) or 'all'}"


class Asked(forms.Form):
    """Why, and a file of names where the rows were not ticked."""

    why = forms.CharField(
        label="Why", widget=forms.Textarea({"rows": 2}), max_length=200,
        help_text="It is kept with each row, and clients may read it where they are told.",
        error_messages={"required": "Say why."},
    )  # fmt: skip
    file = forms.FileField(required=False)

    def __init__(self, chosen: Chosen, *given: Any) -> None:
        super().__init__(*given)
        self.fields["file"].label = f"Only these {chosen.spoken.word}s"
        self.fields[
            "file"
        ].help_text = f"A CSV with one {chosen.spoken.word} a line. Without it, all rows are taken."
        if chosen.ticked:
            del self.fields["file"]


@staff_page("bulk", "new", "", may=queries.changes.name, section="bulk", icon="stack-2")
def new_change(request: HttpRequest, act: Act) -> HttpResponse:
    """Which rows, what to do with them, and why; then each row is checked before anything is."""
    chosen = Chosen(request, act)
    known = {one.name: one for one in possible(chosen.page, act)}
    if not known:
        raise NotFound("Nothing can be done in bulk with these rows.")
    name = request.POST.get("operation") or request.GET.get("operation", "")
    if name and name not in known:
        raise NotFound("There is no such action on this list.")
    context: dict[str, Any] = {
        "title": "Bulk change", "crumb": [{"title": chosen.page.title, "url": chosen.page.url}],
        "count": chosen.count(), "words": chosen.words(), "ticked": chosen.ticked,
        "action_url": request.get_full_path(), "known": list(known.values()), "most": MOST,
        "key": request.POST.get("key") or uuid4().hex, "cancel_url": chosen.selection.address.url(),
    }  # fmt: skip
    if not name:
        return show(request, act, "bulk/new.html", context)
    wanted = known[name]
    sent = "why" in request.POST
    data = request.POST if sent else None
    form = OperationForm(wanted, act, data, initial=request.GET.dict(), without=("reason",))
    asked = Asked(chosen, data, request.FILES if sent else None)
    if sent and form.is_valid() and asked.is_valid():
        try:
            made = _prepared(act, chosen, wanted, form, asked, context["key"])
            return HttpResponseRedirect(url_of(made))
        except Problem as problem:
            _blame(form, asked, problem)
    context |= {"wanted": wanted, "form": form, "asked": asked, "problem": form.problem}
    return show(request, act, "bulk/new.html", context, status=422 if sent else 200)


def _prepared(
    act: Act, chosen: Chosen, wanted: Operation[..., Any], form: OperationForm, asked: Asked,
    key: str,
) -> Any:  # fmt: skip
    raw, why = form.raw(), asked.cleaned_data["why"]
    if "reason" in wanted.input_names:
        raw["reason"] = why
    file = asked.cleaned_data.get("file")
    ids, missing = chosen.named(file.read()) if file else (chosen.ids(), [])
    if chosen.ticked:
        found = set(ids)
        ids = [one for one in chosen.ticked if one in found]
    return operations.prepare_change(
        fresh(act, key), operation=wanted.name, inputs=raw, ids=ids, reason=why, missing=missing,
        chosen=chosen.words(file.name[:60] if file else ""),
    )  # fmt: skip


def _blame(form: OperationForm, asked: Asked, problem: Problem) -> None:
    if problem.field in asked.fields and not isinstance(problem, BadInput):
        asked.add_error(problem.field, problem.sentence)
    else:
        form.blame(problem)
