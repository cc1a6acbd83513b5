"""An application from its first page until it is sent in: registration, answers, agreements."""

from contextlib import suppress
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password

from nostro.compliance.decisions import ENTITY
from nostro.compliance.events import (
    AddressRefused,
    AgreementAccepted,
    AnswersKept,
    AnswersSaved,
    ApplicationStarted,
    ApplicationSubmitted,
    DocumentDisputed,
)
from nostro.compliance.models import (
    Acceptance,
    AgreementText,
    Application,
    sealed,
)
from nostro.compliance.operations.flows import ensure_agreements, flow_for, questionnaire_for
from nostro.compliance.queries.answers import read_answers, step_of, unfinished_answers
from nostro.compliance.queries.papers import left_to_do
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.statements import Statement, insert_if
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.messages.operations import queue_message
from nostro.people import operations as people
from nostro.people.models import Brand, Client
from nostro.people.operations.clients import NothingChanged
from nostro.people.operations.firm import EmailInUse
from nostro.rules.deciding import decide


class NotServed(Problem):
    """The brand takes no clients from this country."""


class NotComplete(Problem):
    """Something is missing before the application can be sent in."""


class SentAlready(Problem):
    """The application is being looked at, so it does not change any more."""

    status = 409


@operation(internal=True)
def register(
    act: Act, *, brand: Brand, email: str, password: str, first_name: str, last_name: str,
    country: str, referral_code: str = "", account_type: str = "standard",
) -> Client | None:  # fmt: skip
    """Take a stranger in, and send the code for their address. Nobody, where it is taken: its
    owner is told instead, and the page says the same to both.
    """
    answer = decide(act, ENTITY, {"brand": brand.slug, "country": country}, about=brand)
    entity = brand.entities.filter(code=answer.output.entity).first()
    if entity is None:
        raise NotServed(f"{brand} takes no clients from there.", field="country")
    try:
        client = people.register_client(
            act, entity=entity, brand=brand, email=email, password=password, country=country,
            first_name=first_name, last_name=last_name, referral_code=referral_code,
            account_type=account_type,
        )  # fmt: skip
    except EmailInUse:
        make_password(password)
        owner = Client.objects.filter(email=email.strip().lower()).first()
        if owner is not None:
            queue_message(act, owner, template="address_in_use")
        act.record(AddressRefused(), about=brand)
        return None
    send_code(act, client)
    start_application(act, client)
    return client


@operation(internal=True)
def send_code(act: Act, client: Client) -> Client:
    """Send a new code to the client's address."""
    code = people.send_email_code(act, client)
    queue_message(act, client, template="email_code", context={"code": code})
    return client


class BegunAlready(Problem):
    """A client has one application; it is sent back or reopened, never begun twice."""

    status = 409


@operation(open_to=("client",), title="Begin an application", icon="file-text")
def start_application(act: Act, client: Client) -> Application:
    """Begin an application on the flow that holds today. Its texts are those of the firm."""
    if Application.objects.filter(client=client).exists():
        raise BegunAlready("There is an application already.")
    flow, questions = flow_for(act, client), questionnaire_for(act)
    ensure_agreements(act, client.entity)
    known = {"first_name": client.first_name, "last_name": client.last_name}
    application = Application.objects.create(
        client=client, flow=flow, questionnaire=questions, started_at=act.at,
        status=Application.Status.STARTED,
        answers_sealed=sealed(client.pk, {"identity": known}),
    )  # fmt: skip
    act.record(ApplicationStarted(application.pk, str(flow)), about=application)
    return application


def locked_client(application: Application) -> Client:
    """The client, locked after their application: it is read once for both."""
    rows = Client.objects.select_related("entity").select_for_update(of=("self",))
    return rows.get(pk=application.client_id)


def still_open(application: Application) -> None:
    if not application.is_open_to_client:
        raise SentAlready("Your application is being looked at, so it does not change any more.")


@operation(open_to=("client",), title="Save answers", icon="list-check", reads=("client",))
def save_answers(
    act: Act, application: Application, *, step: str, answers: dict[str, Any]
) -> Application:
    """Keep the answers of one step."""
    still_open(application)
    kept = application.answers
    read = read_answers(application, step, answers, today=act.at.date())
    application.answers_sealed = sealed(application.client_id, {**kept, step: read})
    application.reopened = [one for one in application.reopened if one != step]
    application.save(update_fields=["answers_sealed", "reopened"])
    act.record(AnswersSaved(step), about=application)
    return application


@operation(
    open_to=("client",), title="Keep unfinished answers", icon="list-check", reads=("client",),
)  # fmt: skip
def keep_answers(
    act: Act, application: Application, *, step: str, answers: dict[str, Any]
) -> Application:
    """Keep what was typed of a step so far. It is asked for again until it is complete."""
    still_open(application)
    typed = unfinished_answers(application, step, answers)
    kept = {**application.answers, step: typed}
    application.answers_sealed = sealed(application.client_id, kept)
    application.save(update_fields=["answers_sealed"])
    act.record(AnswersKept(step), about=application)
    return application


@operation(
    open_to=("client",), title="Say that it was read wrongly", icon="message-report",
    reads=("client",),
)  # fmt: skip
def dispute_reading(act: Act, application: Application, *, field: str) -> Application:
    """Stand by what you typed where your document was read otherwise. A person compares it."""
    still_open(application)
    kept = application.answers
    disputed = sorted({*kept.get("disputed", {}), field})
    application.answers_sealed = sealed(
        application.client_id, {**kept, "disputed": dict.fromkeys(disputed, True)}
    )
    application.save(update_fields=["answers_sealed"])
    act.record(DocumentDisputed(field), about=application)
    return application


NOT_YET = """
SELECT 1 WHERE NOT EXISTS (
  SELECT 1 FROM compliance_acceptance WHERE client_id = %s AND text_id = %s)
"""


@operation(open_to=("client",), title="Agree", icon="writing-sign", reads=("client",))
def accept_agreement(
    act: Act, application: Application, *, text: AgreementText, sha256: str
) -> Application:
    """Agree to a text. The hash says which words were on the screen."""
    still_open(application)
    if text.entity_id != application.entity_id or sha256 != text.sha256:
        raise NotComplete("These words have changed. Read them again, please.")
    accepted = Acceptance(
        client_id=application.client_id, text=text, sha256=sha256, at=act.at,
        address=act.address[:45],
    )  # fmt: skip
    if not insert_if(accepted, Statement(NOT_YET, [application.client_id, text.pk])):
        raise NotComplete("You have agreed to this already.")
    act.record(AgreementAccepted(text.kind, text.number, sha256), about=application)
    return application


@operation(open_to=("client",), title="Send in", icon="send")
def submit_application(act: Act, application: Application) -> Application:
    """Send the application in. It is checked at once, in the background."""
    still_open(application)
    client = application.client = locked_client(application)
    if client.email_confirmed_at is None:
        raise NotComplete("Confirm your e-mail address first.")
    left = left_to_do(application, today=act.at.date())
    if left:
        title = step_of(application, left[0])["title"]
        raise NotComplete(f"One step is not finished yet: {title}.")
    with suppress(NothingChanged):
        people.change_details(act, client, **_details(application))
    application.run += 1
    application.move_to(
        Application.Status.CHECKING, run=application.run, sent_at=act.at, failing=[]
    )
    act.record(ApplicationSubmitted(application.pk, application.run), about=application)
    return application


def _details(application: Application) -> dict[str, Any]:
    """What the answers say about the client, as their file keeps it."""
    identity = application.answers["identity"]
    home = application.answers.get("address", {})
    address = ", ".join(filter(None, (home.get("street"), home.get("postcode"), home.get("city"))))
    return {
        "first_name": identity["first_name"], "last_name": identity["last_name"],
        "birth_date": date.fromisoformat(identity["birth_date"]),
        "nationality": identity["nationality"], "phone": identity["phone"],
        "address": address[:200],
    }  # fmt: skip


def require(application: Application, *statuses: str) -> None:
    if application.status not in statuses:
        raise WrongState(f"{application} is {application.status_label.lower()}.")
