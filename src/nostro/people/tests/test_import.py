"""Clients from another system: checked line by line, agreed to by two people, brought over once."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act
from nostro.core.approvals import OwnProposal, agree_to_proposal
from nostro.core.doors import call
from nostro.core.files import Upload
from nostro.core.jobs import drain
from nostro.core.models import Proposal, Record, User
from nostro.core.states import WrongState
from nostro.kit.csv_files import BadFile
from nostro.kit.problems import Problem
from nostro.people import importing, queries
from nostro.people import operations as people
from nostro.people.importing import COLUMNS, FORMAT, Firm, read
from nostro.people.models import Client, ClientImport
from nostro.people.operations.agreed import BegunAgain
from nostro.people.operations.importing import NothingToImport
from tests import make

pytestmark = pytest.mark.django_db
HEAD = "email,first_name,last_name,country,entity"
ADA = "ada@example.com,Ada,Lovelace,GB,CY"


def file(*lines: str, head: str = HEAD) -> Upload:
    return Upload("clients.csv", "\n".join((head, *lines, "")).encode(), "text/csv")


def checked(*lines: str, head: str = HEAD, by: Act | None = None) -> ClientImport:
    make.brand("CY"), make.brand("SC")
    made = people.read_import(by or Act.system(), file=file(*lines, head=head))
    drain()
    made.refresh_from_db()
    return made


def brought(found: ClientImport) -> ClientImport:
    people.start_import(Act.system(), found)
    drain()
    found.refresh_from_db()
    return found


def said(found: ClientImport) -> list[tuple[int, str, str]]:
    rows = found.rows.order_by("number")
    return [(one.number, one.status, one.said) for one in rows]


def test_a_client_is_brought_over_as_the_file_says() -> None:
    row = {
        "email": "Ada@Example.com", "first_name": "Ada", "last_name": "Lovelace", "country": "gb",
        "entity": "CY", "brand": "", "phone": "+44 20 1234567", "birth_date": "1985-12-10",
        "nationality": "GB", "address": "\"12 St James's Square, London\"", "language": "en",
        "external_number": "M-4711", "status": "active", "category": "professional", "level": "2",
        "registered": "2021-11-05", "partner": "", "currency": "GBP",
    }  # fmt: skip
    assert list(row) == list(COLUMNS)
    found = checked(",".join(row.values()), head=",".join(row))
    assert (found.status, said(found)) == ("ready", [(2, "planned", "")])
    assert not Client.objects.exists()

    brought(found)

    ada = Client.objects.get()
    assert found.status == "done"
    assert found.rows.get().client == ada
    assert (ada.email, ada.name, ada.country) == ("ada@example.com", "Ada Lovelace", "GB")
    assert (ada.entity.code, ada.brand.slug) == ("CY", "meridian-cy")
    assert (ada.phone, ada.birth_date) == ("+44 20 1234567", date(1985, 12, 10))
    assert (ada.status, ada.category, ada.level) == ("active", "professional", 2)
    assert (ada.external_number, ada.base_currency) == ("M-4711", "GBP")
    assert ada.registered_at.date() == date(2021, 11, 5)
    assert ada.email_confirmed_at is None
    user = User.objects.get(kind="client")
    assert (user.person_id, user.has_usable_password()) == (ada.pk, False)
    assert Record.objects.get(name="people.ClientImported").client_id == ada.pk


def test_nobody_is_written_to_and_no_account_is_opened_by_it() -> None:
    brought(checked(ADA + ",active,2", head=HEAD + ",status,level"))

    assert Client.objects.count() == 1
    assert not Record.objects.filter(name__startswith="messages.").exists()
    assert not Record.objects.filter(name__startswith="trading.").exists()


@pytest.mark.parametrize(
    ("more", "value", "words"),
    [
        ("phone", "call me", "Phone: this is no phone number."),
        ("birth_date", "31.03.1984", "Birth date: this is no day in the past"),
        ("birth_date", "1984-02-30", "Birth date: this is no day in the past"),
        ("birth_date", "2084-02-20", "is no day in the past"),
        ("nationality", "XX", "Nationality: “XX” is no country in two letters."),
        ("language", "klingon", "Language: “klingon” is no language"),
        ("status", "vip", "Status: “vip” is no status: registered, active, restricted."),
        ("category", "eligible", "Category: “eligible” is no category"),
        ("level", "3", "Level: “3” is no level: 0, 1 or 2."),
        ("registered", "2084-01-01", "is no day up to today"),
        ("currency", "EURO", "Currency: “EURO” is no currency that we know."),
        ("partner", "NOBODY", "No partner has the code “NOBODY”."),
        ("brand", "other", "CY has no brand “other”."),
        ("external_number", "c-3", "External number: this is no number of another system"),
        ("external_number", "ada@x.example", "reads like one of ours, or like an e-mail address"),
        ("external_number", "9" * 41, "External number is longer than 40 letters."),
    ],
)
def test_what_is_wrong_in_a_line_is_said_beside_it(more: str, value: str, words: str) -> None:
    ((number, status, sentence),) = said(checked(f"{ADA},{value}", head=f"{HEAD},{more}"))

    assert (number, status) == (2, "refused")
    assert words in sentence


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ada,Ada,Lovelace,GB,CY", "E-mail: this is no e-mail address."),
        (",Ada,Lovelace,GB,CY", "E-mail is missing."),
        ("ada@example.com,,Lovelace,GB,CY", "First name is missing."),
        ("ada@example.com,Ada,Lovelace,England,CY", "“ENGLAND” is no country in two letters."),
        ("ada@example.com,Ada,Lovelace,GB,XX", "There is no legal entity “XX” that you work for."),
        ("ada@example.com,Ada,Lovelace,GB", "This line has 4 cells"),
        ("ada@example.com,Ada,Lovelace,GB,CY,x", "This line has 6 cells"),
    ],
)
def test_a_line_that_lacks_something_is_refused(line: str, words: str) -> None:
    ((_, status, sentence),) = said(checked(line))

    assert status == "refused"
    assert words in sentence


def test_whoever_is_here_already_is_refused_and_so_is_who_stands_there_twice() -> None:
    known = make.client("CY", email="known@example.com")
    people.set_external_number(Act.system(), known, number="M-1")
    make.staff("people.*")
    colleague = User.objects.get(kind="staff").email

    found = checked(
        "KNOWN@example.com,Ada,Lovelace,GB,CY,", "new@example.com,Ada,Lovelace,GB,CY,M-1",
        f"{colleague},Ada,Lovelace,GB,CY,", "eve@example.com,Eve,Lovelace,GB,CY,M-2",
        "Eve@example.com,Eve,Lovelace,GB,CY,M-3", "bob@example.com,Bob,Lovelace,GB,CY,M-2",
        head=f"{HEAD},external_number",
    )  # fmt: skip

    taken = "Somebody signs in with this e-mail address already."
    assert said(found) == [
        (2, "refused", taken),
        (3, "refused", "A client has this external number already."),
        (4, "refused", taken),
        (5, "planned", ""),
        (6, "refused", "This e-mail address stands on line 5 already."),
        (7, "refused", "This external number stands on line 5 already."),
    ]


def test_the_same_file_twice_brings_nobody_over_twice() -> None:
    brought(checked(ADA))

    again = checked(ADA)

    assert said(again)[0][1] == "refused"
    with pytest.raises(NothingToImport):
        people.start_import(Act.system(), again)
    assert Client.objects.count() == 1


def test_whoever_registers_meanwhile_is_refused_and_the_others_are_brought_over() -> None:
    found = checked(ADA, "bob@example.com,Bob,Lovelace,GB,CY")
    make.client("CY", email="ada@example.com")

    brought(found)

    assert [one[1] for one in said(found)] == ["refused", "done"]
    assert set(Client.objects.values_list("email", flat=True)) == {
        "ada@example.com", "bob@example.com",
    }  # fmt: skip


def test_it_takes_a_second_person() -> None:
    maker, other = (make.staff("people.*", "core.*") for _ in range(2))
    found = checked(ADA, by=make.act_of(maker))

    proposal = call(make.act_of(maker), people.start_import, found, {})

    assert isinstance(proposal, Proposal)
    with pytest.raises(OwnProposal):
        agree_to_proposal(make.act_of(maker), proposal)
    drain()
    assert not Client.objects.exists()
    agree_to_proposal(make.act_of(other), proposal)
    drain()
    assert Client.objects.get().email == "ada@example.com"


def test_what_was_checked_again_after_it_was_proposed_is_proposed_anew() -> None:
    maker, other = (make.staff("people.*", "core.*") for _ in range(2))
    found = checked(ADA, "bob@example.com,Bob,Byron,SC,UK", by=make.act_of(maker))
    old = call(make.act_of(maker), people.start_import, found, {})
    make.brand("UK")
    people.check_import_again(make.act_of(maker), found)
    with pytest.raises(WrongState, match="is being checked"):
        call(make.act_of(maker), people.start_import, found, {})
    drain()

    with pytest.raises(WrongState, match="Propose it anew"):
        agree_to_proposal(make.act_of(other), old)
    drain()
    assert not Client.objects.exists()
    found.refresh_from_db()
    agree_to_proposal(make.act_of(other), call(make.act_of(maker), people.start_import, found, {}))
    drain()
    assert Client.objects.count() == 2


def test_a_portion_that_comes_after_a_second_check_brings_nobody_over() -> None:
    found = checked(ADA)
    people.start_import(Act.system(), found)
    people.check_import_again(Act.system(), found)

    with pytest.raises(BegunAgain, match="is being checked"):
        people.import_clients(Act.system(), found, most=10)

    drain()
    found.refresh_from_db()
    assert (found.status, said(found)) == ("ready", [(2, "planned", "")])
    with pytest.raises(BegunAgain, match="is ready"):
        people.check_import(Act.system(), found)
    brought(found)
    assert Client.objects.count() == 1


def test_a_colleague_of_one_legal_entity_brings_over_its_clients_alone() -> None:
    colleague = make.staff("people.*", entities=["SC"])

    found = checked(ADA, "bob@example.com,Bob,Byron,SC,SC", by=make.act_of(colleague))

    assert [one[1] for one in said(found)] == ["refused", "planned"]
    assert not queries.imports(make.act_of(make.staff("people.*", entities=["CY"]))).exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (HEAD.encode() + b"\n", "headings and nothing below"),
        (HEAD.replace(",", ";").encode() + b"\n1;2\n", "parted by commas"),
        (b"email,first_name\na@b.cc,A\n", "no column"),
        (HEAD.encode() + b",iban\n", "in the format"),
        (HEAD.encode() + b",email\n", "stands there twice"),
        (HEAD.encode() + b"\n\xff\xfe\n", "UTF-8"),
        (b"PK\x03\x04", "no text"),
        (f'{HEAD}\n{ADA}\nb@c.dd,"B"o,Byron,GB,CY\n'.encode(), "Line 3 is no line of a CSV"),
        (b"x" * (30 * 1024 * 1024 + 1), "larger than 30 MB"),
    ],
)
def test_what_is_no_such_file_is_refused_before_anything(content: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        people.read_import(Act.system(), file=Upload("x.csv", content))
    assert not ClientImport.objects.exists()
    assert not Record.objects.filter(name="people.ImportRead").exists()


def test_a_file_that_cannot_be_read_any_more_is_put_aside_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.brand("CY")
    made = people.read_import(Act.system(), file=file(ADA))
    monkeypatch.setattr(importing, "FORMAT", replace(FORMAT, columns=FORMAT.columns[1:]))

    drain()

    made.refresh_from_db()
    assert (made.status, made.reason) == ("dropped", "There is no column “email” in the format.")


def test_more_lines_than_one_file_holds_are_refused() -> None:
    firm = Firm({"CY": {"meridian-cy"}}, {"en"}, date(2026, 1, 1))
    many = "\n".join([HEAD, *[ADA] * (FORMAT.most_lines + 1)]).encode()

    with pytest.raises(BadFile, match="100,000"):
        list(read(many, firm))


def test_who_was_refused_is_checked_again_and_nobody_else() -> None:
    found = brought(checked(ADA, "bob@example.com,Bob,Byron,SC,UK"))
    assert [one[1] for one in said(found)] == ["done", "refused"]
    make.brand("UK")

    people.check_import_again(Act.system(), found)
    drain()
    found.refresh_from_db()
    assert (found.status, [one[1] for one in said(found)]) == ("ready", ["done", "planned"])
    brought(found)

    assert [one[1] for one in said(found)] == ["done", "done"]
    assert Client.objects.count() == 2


def test_whoever_was_brought_over_signs_in_once_they_have_chosen_a_password(
    settings: Any, mailoutbox: list[Any]
) -> None:
    brought(checked(ADA))
    browser = Browser()

    browser.post("/account/password/reset/", {"email": "ada@example.com"})

    (link,) = re.findall(r"/account/password/reset/key/\S+", str(mailoutbox[-1].body))
    form = browser.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    words = {"password1": "correct horse battery 7", "password2": "correct horse battery 7"}
    browser.post(address, words)
    assert User.objects.get(kind="client").check_password("correct horse battery 7")


def test_a_dropped_file_brings_nobody_over() -> None:
    found = checked(ADA)
    with pytest.raises(Problem):
        people.drop_import(Act.system(), found, reason=" ")

    people.drop_import(Act.system(), found, reason="An old list")

    with pytest.raises(Problem):
        people.start_import(Act.system(), found)
    assert not Client.objects.exists()


def test_two_hundred_clients_cost_as_many_statements_as_two() -> None:
    def cost(first: int, many: int) -> int:
        lines = [f"c{n}@example.com,Ada,Lovelace,GB,CY" for n in range(first, first + many)]
        found = checked(*lines)
        people.start_import(Act.system(), found)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            people.import_clients(Act.system(), found, most=1000)
        return len(seen)

    assert cost(0, 2) == cost(10, 200)
    assert Client.objects.count() == 202


def test_pages_lead_from_the_file_to_whoever_was_brought_over(settings: Any) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    make.brand("CY")
    browser = make.browser(make.staff("*"))
    place = "/staff/people/import/"
    assert "Empty template" in browser.get(place).text
    assert browser.get(f"{place}?template").content == FORMAT.template.encode()
    bad = browser.post(place, {"file": SimpleUploadedFile("clients.csv", b"email\na@b.cc\n")})
    assert (bad.status_code, "There is no column" in bad.text) == (422, True)

    good = SimpleUploadedFile("clients.csv", f"{HEAD}\n{ADA}\nx,Y,Z,GB,CY\n".encode())
    answer = browser.post(place, {"file": good})
    drain()
    page = browser.get(answer["Location"]).text
    assert "Can be brought over" in page
    assert "is no e-mail address" in page
    brought(ClientImport.objects.get())

    assert "Ada Lovelace" in browser.get(answer["Location"]).text
    assert "is no e-mail" in browser.get("/staff/people/import-rows/?view=refused").text
    client = Client.objects.get()
    told = browser.get(f"/staff/people/clients/{client.pk}/").text
    assert "was brought over from another system" in told
