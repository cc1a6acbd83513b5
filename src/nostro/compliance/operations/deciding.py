"""The end of an application: what the checks said, the rules' verdict, and an officer's word."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from nostro.compliance import matching
from nostro.compliance.checks import Check, Verdict
from nostro.compliance.decisions import BAND, RISK, VERDICT, RiskAsked, VerdictAsked
from nostro.compliance.events import (
    ApplicationApproved,
    ApplicationRefused,
    ApplicationSentToReview,
    MoreAsked,
)
from nostro.compliance.models import Application, CheckResult, Document, Hit, sealed
from nostro.compliance.operations.applications import NotComplete, locked_client, require
from nostro.compliance.operations.screening import NoteNeeded, screened
from nostro.compliance.queries.answers import step_of
from nostro.compliance.queries.papers import papers_of
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.messages.operations import queue_message
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.rules.deciding import decide

LEVELS = ("low", "medium", "high")
Step = Literal["identity", "address", "experience", "agreements", "documents"]


@dataclass(frozen=True)
class Standing:
    """What stands for and against a client: counts that the rules ask about."""

    failed: int
    to_look_at: int
    required_missing: int
    open_hits: int
    confirmed_hits: int


def standing(application: Application, checks: list[Check]) -> Standing:
    """A failed screening counts by its hits, so it is no failed check as well."""
    passed = {one.code for one in checks if one.verdict is Verdict.PASS}
    hits = Hit.objects.filter(client_id=application.client_id)
    return Standing(
        failed=sum(o.verdict is Verdict.FAIL and o.code != "screening" for o in checks),
        to_look_at=sum(one.verdict is Verdict.REVIEW for one in checks),
        required_missing=len(set(application.flow.requires) - passed),
        open_hits=hits.filter(status=Hit.Status.OPEN).count(),
        confirmed_hits=hits.filter(status=Hit.Status.CONFIRMED).count(),
    )


@operation(internal=True)
def record_checks(
    act: Act, application: Application, *, checks: list[Check], query: matching.Query,
    hits: list[matching.Hit],
) -> Application:  # fmt: skip
    """Keep what the checks said, ask the rules, and approve or pass on to a person."""
    require(application, Application.Status.CHECKING)
    client = application.client = locked_client(application)
    screened(act, client, query=query, hits=hits)
    _keep(act, application, checks)
    stands = standing(application, checks)
    risk, score, decision = _risk(act, application, client, stands)
    people.set_risk(act, client, risk=risk, score=score, decision=decision)
    verdict = decide(
        act,
        VERDICT,
        VerdictAsked(
            entity=client.entity.code, risk=risk, failed=Decimal(stands.failed),
            to_look_at=Decimal(stands.to_look_at), open_hits=Decimal(stands.open_hits),
            required_missing=Decimal(stands.required_missing),
            confirmed_hits=Decimal(stands.confirmed_hits),
        ),
        about=application,
    )  # fmt: skip
    failing = [one.code for one in checks if one.verdict is not Verdict.PASS]
    application.failing = failing + (["risk"] if risk == "high" else [])
    application.verdict, application.risk_decision = verdict.id, decision
    if verdict.output.verdict == "approve":
        return _approve(act, application, client, accepted=[], by_itself=True)
    application.move_to(
        Application.Status.REVIEW, failing=application.failing, verdict=verdict.id,
        risk_decision=decision,
    )  # fmt: skip
    act.record(ApplicationSentToReview(application.failing, verdict.id), about=application)
    if client.status == Client.Status.REGISTERED:
        people.move_to_review(act, client, reason="The application is looked at")
    queue_message(act, client, template="application_in_review")
    return application


def _keep(act: Act, application: Application, checks: list[Check]) -> None:
    CheckResult.objects.bulk_create(
        CheckResult(
            application=application, run=application.run, code=one.code, at=act.at,
            verdict=one.verdict.value, required=one.code in application.flow.requires,
            said_sealed=sealed(
                application.client_id, {"sentence": one.sentence, "evidence": one.evidence}
            ),
        )
        for one in checks
    )  # fmt: skip


def _risk(
    act: Act, application: Application, client: Client, stands: Standing
) -> tuple[Literal["low", "medium", "high"], int, int]:
    """The risk with its score, and the decision that keeps each factor's part."""
    wealth = application.answers.get("experience", {})
    answer = decide(
        act,
        RISK,
        RiskAsked(
            country=client.country, nationality=client.nationality,
            pep=wealth.get("pep") != "no", product=client.account_type,
            source_of_funds=str(wealth.get("source_of_funds", "")),
            channel="partner" if client.partner_id or client.referral_code else "direct",
            age_days=Decimal((act.at - client.registered_at).days),
            checks_failed=Decimal(stands.failed), open_hits=Decimal(stands.open_hits),
            confirmed_hits=Decimal(stands.confirmed_hits),
        ),
        about=application,
    )  # fmt: skip
    score = min(Decimal(100), sum((one.points for one in answer.outputs), Decimal()))
    band = decide(act, BAND, {"score": score}, about=application)
    floor = [one.least for one in answer.outputs]
    risk = max([band.output.risk, *floor], key=LEVELS.index)
    return risk, int(score), answer.id


def _approve(
    act: Act, application: Application, client: Client, *, accepted: list[str], by_itself: bool
) -> Application:
    application.move_to(
        Application.Status.APPROVED, failing=application.failing, decided_at=act.at,
        decided_by=act.actor.id if act.actor.kind == "staff" else None,
        verdict=application.verdict, risk_decision=application.risk_decision,
    )  # fmt: skip
    for document in papers_of(application.client_id):
        if document.can_move_to(Document.Status.ACCEPTED):
            document.move_to(Document.Status.ACCEPTED)
    act.record(ApplicationApproved(by_itself, accepted, application.verdict), about=application)
    people.set_level(act, client, level=2, reason="The application was approved")
    if client.can_move_to(Client.Status.ACTIVE):
        people.activate_client(act, client, reason="The application was approved")
    queue_message(act, client, template="application_approved")
    return application


def _noted(application: Application, **words: str) -> bytes:
    return sealed(application.client_id, {**application.words, **words})


@operation(title="Approve", icon="check")
def approve_application(act: Act, application: Application, *, note: str = "") -> Application:
    """Open the account. To accept a check that did not pass, say why."""
    require(application, Application.Status.REVIEW)
    hits = Hit.objects.filter(client_id=application.client_id)
    if hits.filter(status=Hit.Status.CONFIRMED).exists():
        raise NotComplete("A hit on a list was confirmed, so this cannot be approved.")
    if hits.filter(status=Hit.Status.OPEN).exists():
        raise NotComplete("Say of each hit whether it is the client, then decide.")
    if application.failing and len(note.strip()) < 3:
        raise NoteNeeded("Say why you accept what did not pass.", field="note")
    client = application.client = locked_client(application)
    application.words_sealed = _noted(application, note=note.strip())
    application.save(update_fields=["words_sealed"])
    return _approve(act, application, client, accepted=list(application.failing), by_itself=False)


@operation(title="Refuse", icon="circle-x", tone="refuse")
def refuse_application(act: Act, application: Application, *, note: str) -> Application:
    """Open no account. The client is told so, without the reason, which stays in the file."""
    if len(note.strip()) < 3:
        raise NoteNeeded("Say for the file why it is refused.", field="note")
    application.move_to(
        Application.Status.REFUSED, decided_at=act.at, decided_by=act.actor.id,
        words_sealed=_noted(application, note=note.strip()),
    )  # fmt: skip
    client = application.client = locked_client(application)
    for document in papers_of(application.client_id):
        if document.can_move_to(Document.Status.REJECTED):
            document.move_to(Document.Status.REJECTED)
    act.record(ApplicationRefused(list(application.failing)), about=application)
    if client.can_move_to(Client.Status.REFUSED):
        people.refuse_client(act, client, reason="The application was refused")
    queue_message(act, client, template="application_refused")
    return application


@operation(title="Ask for more", verb="Ask the client", icon="message-circle")
def ask_for_more(
    act: Act, application: Application, *, words: str, steps: list[Step]
) -> Application:
    """Ask the client for something else. They read your words exactly as you write them."""
    if len(words.strip()) < 10:
        raise NoteNeeded("Write to the client what is missing and why.", field="words")
    if not steps:
        raise NotComplete("Choose what the client should do again.", field="steps")
    for step in steps:
        step_of(application, step)
    application.move_to(
        Application.Status.MORE_NEEDED, reopened=list(steps),
        words_sealed=_noted(application, asked=words.strip()),
    )  # fmt: skip
    act.record(MoreAsked(list(steps)), about=application)
    queue_message(act, application.client, template="more_needed",
                  context={"words": words.strip()})  # fmt: skip
    return application
