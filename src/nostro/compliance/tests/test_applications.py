import json
from dataclasses import replace
from datetime import date

import pytest

from nostro.compliance import operations, queries
from nostro.compliance.models import Acceptance, Application, CheckResult, Document, Hit
from nostro.compliance.operations.applications import NotComplete, SentAlready
from nostro.compliance.tests import make as papers
from nostro.core.acts import Act
from nostro.core.inputs import BadInput
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.queries import find
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.rules.models import Decision
from nostro.site.demo import specimens
from tests import make

pytestmark = pytest.mark.django_db
VARGO = specimens.Holder(
    "ZELENKOV", "VARGO", date(1968, 3, 14), "M", "SRB", "UTX004417", date(2022, 4, 16),
    date(2032, 4, 15),
)  # fmt: skip


def sent_in(made: Application) -> Application:
    operations.submit_application(make.act_of(made.client), made)
    drain()
    made.refresh_from_db()
    made.client.refresh_from_db()
    return made


def test_a_clean_application_is_approved_by_itself() -> None:
    papers.lists()
    made = sent_in(papers.application())

    assert {one["code"]: one["sentence"] for one in queries.results(made)
            if one["verdict"] != "pass"} == {}  # fmt: skip
    assert made.status == Application.Status.APPROVED
    client = made.client
    assert (client.status, client.level, client.risk) == (Client.Status.ACTIVE, 2, "low")
    assert client.birth_date == date(1990, 8, 12)
    assert set(Document.objects.values_list("status", flat=True)) == {"accepted"}
    said = list(Message.objects.values_list("template", flat=True))
    assert "application_approved" in said
    assert Decision.objects.get(pk=made.verdict or 0).point == "compliance.verdict"


def test_a_listed_name_lands_in_the_queue_with_the_failing_check_named() -> None:
    papers.lists()
    made = sent_in(papers.application(VARGO))

    assert made.status == Application.Status.REVIEW
    assert "screening" in made.failing
    assert made.client.status == Client.Status.IN_REVIEW
    assert made.due_at is not None
    hit = Hit.objects.get()
    assert hit.said["name"] == "VARGO ZELENKOV"
    failing = next(one for one in queries.results(made) if one["code"] == "screening")
    assert failing["verdict"] == "fail"
    assert "Vargo" in failing["sentence"] or "VARGO" in failing["sentence"]


def test_an_open_hit_is_answered_before_an_approval_and_a_confirmed_one_forbids_it() -> None:
    papers.lists()
    made = sent_in(papers.application(VARGO))
    officer = make.act_of(make.staff("compliance.*"))
    with pytest.raises(NotComplete):
        operations.approve_application(officer, made, note="it is somebody else")

    hit = Hit.objects.get()
    with pytest.raises(Problem):
        operations.clear_hit(officer, hit, note=" ")
    operations.clear_hit(officer, hit, note="Born elsewhere, other father's name")
    operations.approve_application(officer, made, note="The hit was cleared")
    made.client.refresh_from_db()
    assert made.client.status == Client.Status.ACTIVE

    other = sent_in(papers.application(replace(VARGO, document_number="UTX999999")))
    second = Hit.objects.get(client=other.client)
    operations.confirm_hit(officer, second, note="The same person by passport")
    with pytest.raises(NotComplete):
        operations.approve_application(officer, other, note="let it pass")
    assert other.status == Application.Status.REVIEW


def test_without_a_list_nobody_is_approved_by_itself() -> None:
    made = sent_in(papers.application())
    assert made.status == Application.Status.REVIEW
    assert made.failing == ["screening"]


def test_a_difference_to_the_passport_is_named_and_reviewed() -> None:
    papers.lists()
    made = sent_in(papers.application(birth_date="1990-08-21"))
    assert made.status == Application.Status.REVIEW
    assert made.failing == ["birth-date"]
    assert queries.results(made)[0]["evidence"] == {"form": "1990-08-21", "document": "900812"}


def test_somebody_under_age_is_never_approved_by_itself() -> None:
    papers.lists()
    young = replace(papers.ANNA, birth_date=date(2015, 1, 3))
    made = sent_in(papers.application(young))
    assert made.status == Application.Status.REVIEW
    assert "age" in made.failing


def test_a_document_sent_by_another_client_is_named() -> None:
    papers.lists()
    first = sent_in(papers.application())
    second = sent_in(papers.application())
    assert second.status == Application.Status.REVIEW
    assert second.failing == ["duplicate"]
    duplicate = next(one for one in queries.results(second) if one["code"] == "duplicate")
    assert duplicate["evidence"]["clients"] == f"C-{first.client_id}"


@pytest.mark.parametrize(
    ("answer", "value"), [("pep", "yes"), ("source_of_funds", "crypto"), ("leverage", "20")]
)
def test_an_answer_that_matters_changes_the_risk_or_the_verdict(answer: str, value: str) -> None:
    papers.lists()
    made = papers.application(papers=True)
    given = {**papers.EXPERIENCE, answer: value, "learned": "nowhere", "trades": "never"}
    if answer == "pep":
        given["pep_office"] = "Minister"
    operations.save_answers(make.act_of(made.client), made, step="experience", answers=given)
    made = sent_in(made)
    if answer == "pep":
        assert (made.status, made.client.risk) == ("review", "high")
        assert "risk" in made.failing
    elif answer == "leverage":
        assert made.failing == ["appropriateness"]
    else:
        assert made.client.risk == "medium"


def test_asked_for_more_the_client_reads_the_same_words_and_sends_in_again() -> None:
    papers.lists()
    made = sent_in(papers.application(birth_date="1990-08-21"))
    officer, words = make.act_of(make.staff("compliance.*")), "Your birth date differs: correct it."
    operations.ask_for_more(officer, made, words=words, steps=["identity"])

    assert words in Message.objects.get(template="more_needed").body
    with pytest.raises(NotComplete):
        operations.submit_application(make.act_of(made.client), made)
    operations.save_answers(
        make.act_of(made.client), made, step="identity", answers=papers.identity()
    )
    made = sent_in(made)
    assert (made.status, made.run) == (Application.Status.APPROVED, 2)


def test_a_refusal_tells_the_client_nothing_of_its_reason() -> None:
    papers.lists()
    made = sent_in(papers.application(VARGO))
    operations.refuse_application(
        make.act_of(make.staff("compliance.*")), made, note="Sanctions, do not tell"
    )
    made.client.refresh_from_db()
    assert made.client.status == Client.Status.REFUSED
    letter = Message.objects.get(template="application_refused").body.lower()
    assert "sanction" not in letter
    assert made.words["note"] == "Sanctions, do not tell"
    with pytest.raises(WrongState):
        operations.approve_application(make.act_of(make.staff("compliance.*")), made, note="no")


def test_nothing_is_sent_in_before_every_step_is_finished() -> None:
    made = papers.application(papers=False)
    before = Record.objects.count()
    with pytest.raises(NotComplete, match="Documents"):
        operations.submit_application(make.act_of(made.client), made)
    made.refresh_from_db()
    assert (made.status, made.run, Record.objects.count()) == ("started", 0, before)


@pytest.mark.parametrize(
    ("step", "answers", "field"),
    [
        ("identity", {"birth_date": "tomorrow"}, "birth_date"),
        ("identity", {"birth_date": "2999-01-01"}, "birth_date"),
        ("identity", {"nationality": "ZZ"}, "nationality"),
        ("identity", {"first_name": ""}, "first_name"),
        ("identity", {"first_name": "A" * 500}, "first_name"),
        ("identity", {"phone": "<script>"}, "phone"),
        ("identity", {"is_admin": "1"}, "is_admin"),
        ("experience", {"income": "plenty"}, "income"),
        ("experience", {"pep": "yes"}, "pep_office"),
    ],
)
def test_a_wrong_answer_names_its_field_and_changes_nothing(
    step: str, answers: dict[str, str], field: str
) -> None:
    made = papers.application(papers=False)
    good = papers.identity() if step == "identity" else papers.EXPERIENCE
    kept, before = made.answers, Record.objects.count()
    with pytest.raises(BadInput) as refusal:
        operations.save_answers(
            make.act_of(made.client), made, step=step, answers={**good, **answers}
        )
    assert set(refusal.value.errors) == {field}
    made.refresh_from_db()
    assert (made.answers, Record.objects.count()) == (kept, before)


def test_what_was_sent_in_does_not_change_any_more() -> None:
    made = papers.application()
    act = make.act_of(made.client)
    operations.submit_application(act, made)
    with pytest.raises(SentAlready):
        operations.save_answers(act, made, step="identity", answers=papers.identity())
    with pytest.raises(SentAlready):
        operations.upload_document(act, made, kind="proof_of_address", upload=papers.bill())


def test_an_agreement_counts_for_the_words_that_were_on_the_screen() -> None:
    client = papers.newcomer()
    made = operations.start_application(Act.system(), client)
    text = queries.agreement_texts(make.act_of(client)).filter(kind="terms").get()
    with pytest.raises(NotComplete):
        operations.accept_agreement(make.act_of(client), made, text=text, sha256="0" * 64)
    assert not Acceptance.objects.exists()
    act = make.act_of(client, address="203.0.113.7")
    operations.accept_agreement(act, made, text=text, sha256=text.sha256)
    kept = Acceptance.objects.get()
    assert (kept.sha256, kept.address, kept.at) == (text.sha256, "203.0.113.7", act.at)


def test_a_client_names_no_application_or_document_of_another() -> None:
    made = papers.application()
    stranger = make.act_of(papers.newcomer())
    document = Document.objects.first()
    assert document is not None
    with pytest.raises(NotFound):
        find(stranger, Document, document.pk)
    with pytest.raises(NotFound):
        operations.save_answers(stranger, made, step="identity", answers=papers.identity())
    with pytest.raises(NotFound):
        operations.view_document(stranger, document, reason="own")
    with pytest.raises(Forbidden):
        operations.approve_application(make.act_of(made.client), made)
    with pytest.raises(Forbidden):
        queries.hits(make.act_of(made.client))


def test_staff_of_another_entity_see_neither_application_nor_document() -> None:
    made = papers.application()
    british = make.act_of(make.staff("compliance.*", entities=[make.entity("UK").code]))
    assert not queries.applications(british).exists()
    assert not queries.documents(british).exists()
    with pytest.raises(NotFound):
        find(british, Application, made.pk)


def test_no_event_holds_anything_about_the_person() -> None:
    papers.lists()
    made = sent_in(papers.application(VARGO))
    operations.clear_hit(
        make.act_of(make.staff("compliance.*")), Hit.objects.get(), note="Zelenkov is another"
    )
    told = json.dumps(list(Record.objects.values_list("data", flat=True))).lower()
    for word in ("zelenkov", "vargo", "1968", "utx004417", "harbour", "99 123456", "@example"):
        assert word not in told, word
    assert made.client.email


def test_what_is_kept_about_a_person_is_unreadable_in_the_database() -> None:
    papers.lists()
    made = sent_in(papers.application())
    rows = [bytes(made.answers_sealed or b"")]
    rows += [bytes(one) for one in CheckResult.objects.values_list("said_sealed", flat=True)]
    rows += [bytes(one) for one in Document.objects.values_list("read_sealed", flat=True)]
    assert not any(b"ERIKSSON" in row.upper() for row in rows)


def test_checking_twice_decides_once() -> None:
    papers.lists()
    made = sent_in(papers.application())
    record = Record.objects.get(name="compliance.ApplicationSubmitted")
    before = Record.objects.count()
    from nostro.core.jobs import run_reaction

    run_reaction("compliance.check_application", record.pk)
    assert Record.objects.count() == before
    assert CheckResult.objects.filter(application=made, run=1).count() > 10
