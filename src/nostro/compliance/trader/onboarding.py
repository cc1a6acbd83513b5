"""Onboarding: five steps of one task that owns the phone's screen, saved one by one, and a page
that waits with the client for the decision.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.compliance import operations, queries
from nostro.compliance.models import Application
from nostro.compliance.trader.forms import StepForm
from nostro.compliance.trader.papers import cards, upload_of
from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.core.inputs import BadInput
from nostro.kit.problems import Problem
from nostro.people import queries as people_queries
from nostro.ui.pages import fresh, portal_page, show, told

START = "/room/start/"
DONE = f"{START}done/"


def own_application(act: Act) -> Application:
    """The client's application; begun now, where they have none yet."""
    found = queries.applications(act).first()
    if found is None:
        client = people_queries.clients(act).get(pk=act.actor.id or 0)
        call(fresh(act), operations.start_application, client, {})
        found = queries.applications(act).first()
    if found is None:
        raise Problem("The application could not be begun. Try again.")
    return found


def left_of(act: Act, application: Application) -> list[str]:
    return queries.left_to_do(application, today=act.at.date())


def progress(act: Act, application: Application, code: str) -> dict[str, Any]:
    """Where in the task somebody is: the bar, what comes before, and how long it takes."""
    steps, left = application.flow.steps, left_of(act, application)
    place = [step["code"] for step in steps].index(code)
    minutes = sum(step.get("minutes", 1) for step in steps[place:])
    last = ", the last" if place == len(steps) - 1 else ""
    about = f"About {minutes} minutes left" if minutes > 1 else "About a minute left"
    before = steps[place - 1] if place else None
    return {
        "steps": [
            {
                "title": step["title"],
                "state": "now" if step["code"] == code
                else "done" if step["code"] not in left else "next",
            }
            for step in steps
        ],
        "words": f"Step {place + 1} of {len(steps)}{last}. {about}",
        "back_url": f"{START}{before['code']}/" if before else "/room/",
        "back_label": f"Back to {before['title'].lower()}" if before else "Back",
        "leave_url": "/room/",
        "task": True,
        "step": steps[place],
        "title": steps[place]["heading"],
        "following": steps[place + 1]["code"] if place + 1 < len(steps) else "",
        "asked": application.words.get("asked", "") if application.reopened else "",
    }  # fmt: skip


@portal_page("client", "start/", "Open your account")
def start(request: HttpRequest, act: Act) -> HttpResponse:
    """Lead to the first step that is not finished, or to the page that waits."""
    application = own_application(act)
    if not application.is_open_to_client:
        return HttpResponseRedirect(DONE)
    left = left_of(act, application)
    code = left[0] if left else application.flow.steps[-1]["code"]
    return HttpResponseRedirect(f"{START}{code}/")


@portal_page("client", "start/done/", "Your application")
def done(request: HttpRequest, act: Act) -> HttpResponse:
    """What happens now, step by step; it changes by itself when it is decided."""
    application = own_application(act)
    if application.is_open_to_client:
        return HttpResponseRedirect(START)
    status = application.status
    context = {
        "title": "Your application",
        "application": application,
        "status": status,
        "is_decided": status in (Application.Status.APPROVED, Application.Status.REFUSED),
        "track": _track(application),
    }
    return show(request, act, "compliance/done.html", context)


def _track(application: Application) -> list[dict[str, Any]]:
    status, states = application.status, Application.Status
    checked = status not in (states.CHECKING,)
    ended = status in (states.APPROVED, states.REFUSED)
    looked = status == states.REVIEW
    return [
        {"title": "Sent in", "state": "done",
         "text": "All steps are finished. You can leave this page."},
        {"title": "Checked by our systems", "state": "done" if checked else "now",
         "text": "" if checked else "We read your documents and compare them. A few seconds."},
        {"title": "Looked at by a person" if looked else "Decided",
         "state": "done" if ended else "now" if looked else "next",
         "text": "Usually within four hours on working days. We write to you." if looked else ""},
        {"title": "Account open", "state": "done" if status == states.APPROVED else "next"},
    ]  # fmt: skip


@portal_page("client", "start/<slug:code>/", "Open your account")
def step(request: HttpRequest, act: Act, code: str) -> HttpResponse:
    """One step: its questions, its agreements or its documents."""
    application = own_application(act)
    if not application.is_open_to_client:
        return HttpResponseRedirect(DONE)
    asked = queries.step_of(application, code)
    if asked.get("agreements"):
        return _agreements(request, act, application, code)
    if asked.get("documents"):
        return _documents(request, act, application, code)
    return _questions(request, act, application, asked)


def _onward(act: Act, code: str, following: str) -> HttpResponse:
    """To the next step, or back to what is still open once all were seen."""
    return HttpResponseRedirect(f"{START}{following}/" if following else START)


def _questions(
    request: HttpRequest, act: Act, application: Application, asked: dict[str, Any]
) -> HttpResponse:
    code = asked["code"]
    around = progress(act, application, code)
    kept = application.answers.get(code, {})
    form = StepForm(application, asked, request.POST or None, initial=kept)
    problem = ""
    if "leave" in request.POST:
        typed = {"step": code, "answers": form.answers()}
        call(fresh(act), operations.keep_answers, application, typed)
        return HttpResponseRedirect("/room/")
    if request.method == "POST":
        try:
            raw = {"step": code, "answers": form.answers()}
            call(fresh(act), operations.save_answers, application, raw)
            return _onward(act, code, around["following"])
        except BadInput as bad:
            form.full_clean()
            for name, sentence in bad.errors.items():
                if name in form.fields:
                    form.errors.pop(name, None)
                    form.add_error(name, sentence)
        except Problem as refusal:
            problem = refusal.sentence
    context = {**around, "form": form, "problem": problem, "leave_form": "step"}
    status = 422 if form.is_bound else 200
    return show(request, act, "compliance/questions.html", context, status=status)


def _agreements(
    request: HttpRequest, act: Act, application: Application, code: str
) -> HttpResponse:
    left = queries.texts_left(application)
    around = progress(act, application, code)
    problem = ""
    if request.method == "POST":
        ticked = {text.pk: request.POST.get(f"text-{text.pk}", "") for text in left}
        if all(ticked.values()):
            for text in left:
                raw = {"text": text.pk, "sha256": ticked[text.pk]}
                call(fresh(act), operations.accept_agreement, application, raw)
            return _onward(act, code, around["following"])
        problem = "Tick each of them once you have read it."
    waiting = {text.pk for text in left}
    texts = [
        {"text": text, "agreed": text.pk not in waiting}
        for text in queries.current_texts(application.entity_id)
    ]
    context = {**around, "texts": texts, "problem": problem, "left": len(left)}
    status = 422 if problem else 200
    return show(request, act, "compliance/agreements.html", context, status=status)


def _documents(request: HttpRequest, act: Act, application: Application, code: str) -> HttpResponse:
    problem, wrong = "", ""
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        try:
            answer = _on_documents(request, act, application)
            if answer is not None:
                return answer
        except Problem as refusal:
            problem, wrong = refusal.sentence, kind
    application = own_application(act)
    left = [one for one in left_of(act, application) if one != code]
    found = cards(act, application)
    context = {
        **progress(act, application, code),
        "cards": found,
        "problem": problem,
        "wrong": wrong,
        "unfinished": [queries.step_of(application, one) for one in left],
        "is_ready": not left and not queries.papers_left(application),
        "questions": sum(len(one["questions"]) for one in found),
    }
    status = 422 if problem else 200
    return show(request, act, "compliance/papers.html", context, status=status)


def _on_documents(request: HttpRequest, act: Act, application: Application) -> HttpResponse | None:
    """What a button of this page asks for. Every refusal is a `Problem`."""
    here = HttpResponseRedirect(f"{START}documents/")
    wanted = request.POST.get("do", "")
    if wanted == "upload":
        sent = {"kind": request.POST.get("kind"), "upload": upload_of(request)}
        call(fresh(act), operations.upload_document, application, sent)
        return here
    if wanted == "use":
        identity = application.answers.get("identity", {})
        answers = {**identity, request.POST.get("field", ""): request.POST.get("value", "")}
        corrected = {"step": "identity", "answers": answers}
        call(fresh(act), operations.save_answers, application, corrected)
        told(request, "Corrected in step 1.")
        return here
    if wanted == "dispute":
        field = request.POST.get("field", "")
        call(fresh(act), operations.dispute_reading, application, {"field": field})
        return here
    call(fresh(act), operations.submit_application, application, {})
    return HttpResponseRedirect(DONE)
