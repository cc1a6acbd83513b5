import re
from datetime import date
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from nostro.compliance import operations, queries
from nostro.compliance.models import Application, Document, Hit
from nostro.compliance.tests import make as papers
from nostro.core.jobs import drain
from nostro.core.models import Record, User
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.site.demo import specimens
from tests import make

pytestmark = pytest.mark.django_db
WHO = {
    "first_name": "Anna Maria", "last_name": "Eriksson", "country": "CY",
    "email": "anna@example.com", "password": "long enough a word",
}  # fmt: skip


@pytest.fixture(autouse=True)
def brand(settings: Any) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()
    make.brand("CY")


def signed_in(client: Client) -> Browser:
    browser = Browser()
    browser.force_login(User.objects.get(kind="client", person_id=client.pk))
    return browser


def code_in(letter: Message) -> str:
    found = re.search(r"\b\d{6}\b", letter.body)
    assert found
    return found[0]


def sent(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


def test_a_stranger_becomes_an_active_client_without_anybody_of_staff() -> None:
    papers.lists()
    browser = Browser()
    assert browser.get("/register?ref=IB-77").status_code == 200
    assert browser.post("/register", WHO)["Location"] == "/register/code"
    code = code_in(Message.objects.get(template="email_code"))
    assert browser.post("/register/code", {"code": code})["Location"] == "/room/start/"
    client = Client.objects.get()
    assert (client.referral_code, client.entity.code) == ("IB-77", "CY")

    assert browser.get("/room/start/")["Location"] == "/room/start/identity/"
    home = {"street": papers.STREET, "city": papers.CITY, "tax_country": "CY"}
    steps = [("identity", papers.identity(), "address"), ("address", home, "experience"),
             ("experience", papers.EXPERIENCE, "agreements")]  # fmt: skip
    first_name = WHO["first_name"]
    assert "Save and leave" in browser.get("/room/start/identity/").content.decode()
    begun = {"leave": "1", "first_name": first_name, "birth_date": "12"}
    assert browser.post("/room/start/identity/", begun)["Location"] == "/room/"
    kept = browser.get("/room/start/identity/").content.decode()
    assert f'value="{first_name}"' in kept and 'value="12"' in kept
    assert browser.get("/room/start/")["Location"] == "/room/start/identity/"
    for code, answers, following in steps:
        answer = browser.post(f"/room/start/{code}/", answers)
        assert answer["Location"] == f"/room/start/{following}/"
    application = Application.objects.get()
    ticked = {f"text-{one.pk}": one.sha256 for one in queries.texts_left(application)}
    assert browser.post("/room/start/agreements/", ticked)["Location"].endswith("documents/")
    for kind, content in [
        ("passport", specimens.passport(papers.ANNA)), ("proof_of_address", papers.bill().content),
    ]:  # fmt: skip
        browser.post(
            "/room/start/documents/",
            {"do": "upload", "kind": kind, "upload": sent("x.png", content)},
        )
    drain()
    page = browser.get("/room/start/documents/").content.decode()
    assert "Name matches: Anna Maria Eriksson" in page
    assert browser.post("/room/start/documents/", {"do": "submit"})["Location"].endswith("/done/")
    assert "We are checking" in browser.get("/room/start/done/").content.decode()
    drain()
    assert "Your account is open" in browser.get("/room/start/done/").content.decode()
    client.refresh_from_db()
    assert client.status == Client.Status.ACTIVE


def test_a_taken_address_is_answered_like_a_new_one_and_only_the_mail_differs() -> None:
    make.client(email="anna@example.com", first_name="Somebody")
    new, taken = Browser(), Browser()
    answers = [
        new.post("/register", {**WHO, "email": "new@example.com"}),
        taken.post("/register", {**WHO, "email": " ANNA@example.com"}),
    ]
    pages = [
        new.get("/register/code").content.decode().replace("new@example.com", "@"),
        taken.get("/register/code").content.decode().replace("ANNA@example.com", "@"),
    ]
    token = re.compile(r'(csrfmiddlewaretoken" value="|csrf-token" content=")\w+|nostro-now" .*')
    assert [one.status_code for one in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert token.sub("", pages[0]) == token.sub("", pages[1])
    assert sorted(Message.objects.values_list("template", flat=True)) == [
        "address_in_use", "email_code",
    ]  # fmt: skip
    assert taken.post("/register/code", {"code": "000000"}).status_code == 422


def test_a_code_is_guessed_five_times_at_most() -> None:
    browser = Browser()
    browser.post("/register", WHO)
    right = code_in(Message.objects.get(template="email_code"))
    wrong = "000000" if right != "000000" else "111111"
    tries = [browser.post("/register/code", {"code": wrong}).status_code for _ in range(6)]
    assert tries == [422, 422, 422, 422, 422, 429]
    assert browser.post("/register/code", {"code": right}).status_code == 429
    assert Client.objects.get().email_confirmed_at is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"country": "US"}, "takes no clients from there"),
        ({"password": "password1234"}, "too common"),
        ({"password": "short"}, "at least 12"),
        ({"email": "nobody"}, "valid email"),
        ({"first_name": ""}, "This is needed."),
        ({"country": "ZZ"}, "ZZ"),
    ],
)
def test_a_wrong_registration_says_why_and_registers_nobody(
    change: dict[str, str], said: str
) -> None:
    before = Record.objects.count()
    answer = Browser().post("/register", {**WHO, **change})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert (Client.objects.count(), Record.objects.count()) == (0, before)


def test_one_tap_corrects_a_slip_and_standing_by_it_goes_to_a_person() -> None:
    papers.lists()
    made = papers.application(birth_date="1990-08-21")
    drain()
    browser = signed_in(made.client)
    page = browser.get("/room/start/documents/").content.decode()
    assert "Which date is right?" in page
    assert "12 August 1990" in page

    browser.post("/room/start/documents/", {"do": "dispute", "field": "birth_date"})
    assert "Which date is right?" not in browser.get("/room/start/documents/").content.decode()
    use = {"do": "use", "field": "birth_date", "value": "1990-08-12"}
    browser.post("/room/start/documents/", use)
    made.refresh_from_db()
    assert made.answers["identity"]["birth_date"] == "1990-08-12"


def test_a_bad_file_is_refused_on_the_page_in_a_sentence() -> None:
    made = papers.application(papers=False)
    browser = signed_in(made.client)
    for content in (b"<svg/>", b"GIF89a"):
        upload = {"do": "upload", "kind": "passport", "upload": sent("p.png", content)}
        answer = browser.post("/room/start/documents/", upload)
        assert answer.status_code == 422
        assert "That file will not do" in answer.content.decode()
    nothing = browser.post("/room/start/documents/", {"do": "upload", "kind": "passport"})
    assert nothing.status_code == 422
    assert not Document.objects.exists()


def test_a_wrong_answer_stands_beside_its_field_and_what_was_typed_stays() -> None:
    made = papers.application(papers=False)
    browser = signed_in(made.client)
    answer = browser.post("/room/start/identity/", papers.identity(phone="<b>", first_name="Eve"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A phone number has digits only" in page
    assert 'value="Eve"' in page


def test_an_officer_sees_the_failing_check_decides_and_goes_on_to_the_next() -> None:
    papers.lists()
    made = papers.application(birth_date="1990-08-21")
    operations.submit_application(make.act_of(made.client), made)
    drain()
    person = make.staff("compliance.*", "people.clients", "rules.*")
    browser = Browser()
    browser.force_login(User.objects.get(pk=person.user_id))
    queue = browser.get("/staff/compliance/reviews/").content.decode()
    assert "Date of birth differs" in queue
    page = browser.get(f"/staff/compliance/review/{made.pk}/").content.decode()
    assert "Date of birth differs" in page
    assert "compliance.verdict v1, row 4" in page
    assert "Found on no list." in page

    next_url = "/staff/queues/compliance.application/review/next"
    url = f"/staff/do/compliance.approve_application/{made.pk}?next={next_url}"
    assert browser.post(url, {"note": ""}).status_code == 422
    made.refresh_from_db()
    assert made.status == Application.Status.REVIEW
    answer = browser.post(url, {"note": "A slip of the finger, seen on the passport"})
    assert answer["Location"] == next_url
    made.refresh_from_db()
    assert made.status == Application.Status.APPROVED
    assert made.decided_by == person.pk


def test_whoever_may_not_decide_is_offered_nothing_and_refused() -> None:
    papers.lists()
    made = papers.application(birth_date="1990-08-21")
    operations.submit_application(make.act_of(made.client), made)
    drain()
    person = make.staff("compliance.applications")
    browser = Browser()
    browser.force_login(User.objects.get(pk=person.user_id))
    page = browser.get(f"/staff/compliance/review/{made.pk}/").content.decode()
    assert "Approve" not in page
    assert "does not include looking at documents" in page
    assert "Date of birth differs" in page
    for told in ("1990", "X12345678", papers.STREET):
        assert told not in page
    url = f"/staff/do/compliance.approve_application/{made.pk}"
    assert browser.post(url, {"note": "let me"}).status_code == 403
    british = make.staff("compliance.*", entities=[make.entity("UK").code])
    browser.force_login(User.objects.get(pk=british.user_id))
    assert browser.get(f"/staff/compliance/review/{made.pk}/").status_code == 404


def test_every_list_and_page_of_compliance_opens() -> None:
    papers.lists()
    made = papers.application(
        specimens.Holder("ZELENKOV", "VARGO", date(1968, 3, 14), "M", "SRB", "UTX004417",
                         date(2022, 4, 16), date(2032, 4, 15))
    )  # fmt: skip
    operations.submit_application(make.act_of(made.client), made)
    drain()
    person = make.staff("*")
    browser = Browser()
    browser.force_login(User.objects.get(pk=person.user_id))
    hit, document = Hit.objects.get(), Document.objects.first()
    assert document is not None
    for address in (
        "compliance/reviews/?view=all", "compliance/documents/", "compliance/hits/",
        "compliance/lists/", f"compliance/hits/{hit.pk}/", f"compliance/documents/{document.pk}/",
        f"compliance/review/{made.pk}/",
        "messages/messages/", f"messages/messages/{Message.objects.latest('pk').pk}/",
        "core/events/",
    ):  # fmt: skip
        assert browser.get(f"/staff/{address}").status_code == 200, address
    for operation, pk in (("clear_hit", hit.pk), ("ask_for_more", made.pk)):
        assert browser.get(f"/staff/do/compliance.{operation}/{pk}").status_code == 200


def test_what_was_typed_is_kept_for_whoever_leaves_in_the_middle() -> None:
    made = papers.application()
    browser = Browser()
    browser.force_login(queries.sign_in_of(made.client))
    page = "/room/start/identity/"
    assert 'form="step" name="leave"' in browser.get(page).content.decode()
    typed = {"leave": "1", "first_name": "Annabel", "nothing": "of ours"}

    assert browser.post(page, typed)["Location"] == "/room/"

    assert 'value="Annabel"' in browser.get(page).content.decode()
    made.refresh_from_db()
    assert made.answers["identity"] == {"first_name": "Annabel"}
    assert browser.get("/room/start/")["Location"] == page
