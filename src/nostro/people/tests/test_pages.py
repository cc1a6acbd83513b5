"""The pages of clients, colleagues and the firm, as each person may see them."""

import re

import pytest
from django.conf import LazySettings
from django.core.cache import caches

from nostro.core.acts import Act
from nostro.core.models import Proposal, Record
from nostro.people import operations
from nostro.people.models import Client, Note, Staff
from nostro.ui import words
from tests import make

pytestmark = pytest.mark.django_db
LIST = "/staff/people/clients/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: LazySettings) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()


def page_of(client: Client, tab: str = "") -> str:
    return f"{LIST}{client.pk}/" + (f"?tab={tab}" if tab else "")


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_a_client_page_says_who_it_is_and_what_happened(act: Act) -> None:
    ada = make.client()
    operations.tag_client(act, ada, tag="gold trader")
    operations.add_note(act, ada, text="Call after 15:00.", pinned=True)
    found = text(make.browser(make.staff("people.*", "core.records")).get(page_of(ada)))

    for word in ("Ada Lovelace", ada.number, "gold trader", "Call after 15:00.", "Active"):
        assert word in found
    assert "became active" in found


def test_personal_data_is_dots_with_their_reason_for_whom_it_is_not(act: Act) -> None:
    ada = make.client(email="ada@example.com")
    operations.change_details(act, ada, phone="+357 22 123456")
    masked = text(make.browser(make.staff("people.*")).get(page_of(ada, "kyc")))
    seen = make.staff("people.*", unmasked=["people.client.*"])
    shown = text(make.browser(seen).get(page_of(ada, "kyc")))

    assert "ada@example.com" not in masked
    assert "123456" not in masked
    assert "people.client.email" in masked
    assert "ada@example.com" in shown
    assert "+357 22 123456" in shown


def test_a_masked_field_finds_nobody(act: Act) -> None:
    make.client(email="ada@example.com")
    masked = make.browser(make.staff("people.*"))
    assert "Ada Lovelace" not in text(masked.get(f"{LIST}?q=ada@example.com"))
    assert "Ada Lovelace" in text(masked.get(f"{LIST}?q=lovelace"))


@pytest.mark.parametrize("few", [words.FEW, 0])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("lovel", True),
        ("ADA love", True),
        ("king", True),
        ("ÅSA", False),
        ("élo", True),
        ("ada.k", True),
        ("example.com", True),
        ("ovelace", False),
        ("ada nobody", False),
        ("@", False),
        ("ada' & !x:*", False),
    ],
)
def test_a_client_is_found_by_the_beginnings_of_words(
    act: Act, monkeypatch: pytest.MonkeyPatch, few: int, asked: str, found: bool
) -> None:
    monkeypatch.setattr(words, "FEW", few)
    make.client(first_name="Ada Élodie", last_name="King-Lovelace", email="ada.king@example.com")
    browser = make.browser(make.staff("people.*", unmasked=["people.client.*"]))
    assert ("King-Lovelace" in text(browser.get(LIST, {"q": asked}))) is found
    assert ("King-Lovelace" in text(browser.get("/palette", {"q": asked}))) is found


def test_a_client_is_found_by_their_number_alone(act: Act) -> None:
    ada, other = make.client(), make.client(first_name="Tom", last_name="Price")
    browser = make.browser(make.staff("people.*"))
    for asked in (ada.number, f"#{ada.pk}", ada.number.lower()):
        shown = text(browser.get(LIST, {"q": asked}))
        assert "Ada Lovelace" in shown
        assert other.name not in shown


def test_a_client_of_another_entity_is_not_there(act: Act) -> None:
    british = make.client("UK", first_name="Tom", last_name="Price")
    cypriot = make.browser(make.staff("people.*", entities=["CY"]))
    assert cypriot.get(page_of(british)).status_code == 404
    assert "Tom Price" not in text(cypriot.get(LIST))


def test_who_may_not_ask_for_clients_is_told_so(act: Act) -> None:
    ada = make.client()
    nobody = make.browser(make.staff("people.staff"))
    assert nobody.get(LIST).status_code == 403
    assert nobody.get(page_of(ada)).status_code == 403


def test_the_do_menu_offers_what_this_person_may_and_the_state_allows(act: Act) -> None:
    ada = make.client()
    found = text(make.browser(make.staff("people.clients", "people.restrict_client")).get(
        page_of(ada)))  # fmt: skip
    assert "people.restrict_client" in found
    assert "people.close_client" not in found
    assert '<p class="under">Access</p>' in found
    assert found.count("people.restrict_client") == 2  # the address of one item, twice
    everything = text(make.browser(make.staff("people.*")).get(page_of(ada)))
    assert "people.close_client" in everything
    assert "people.refuse_client" not in everything


def test_a_restricted_client_wears_the_lock_with_its_reason(act: Act) -> None:
    ada = make.client()
    operations.restrict_client(act, ada, reason="Document expired")
    assert "may close positions and withdraw" in text(
        make.browser(make.staff("people.*")).get(page_of(ada))
    )


def test_a_timeline_can_be_seen_as_it_was_on_a_day(act: Act) -> None:
    ada = make.client()
    browser = make.browser(make.staff("people.*", "core.records"))
    assert "became active" not in text(browser.get(f"{page_of(ada)}?until=2020-01-01"))
    assert browser.get(f"{page_of(ada)}?until=someday").status_code == 422


def test_a_corrected_note_replaces_the_old_one_and_both_are_kept(act: Act) -> None:
    ada = make.client()
    note = operations.add_note(act, ada, text="Speaks German.")
    operations.correct_note(Act.system(), note, text="Speaks German and Greek.")
    found = text(make.browser(make.staff("people.*")).get(page_of(ada)))

    assert "German and Greek" in found
    assert "Speaks German.<" not in found
    assert Note.objects.count() == 2
    before = Record.objects.count()
    with pytest.raises(operations.clients.NothingChanged):
        operations.correct_note(Act.system(), note, text="Again.")
    assert Record.objects.count() == before


@pytest.mark.parametrize(
    "page",
    ["staff", "roles", "access", "entities", "brands", "desks"],
)
def test_the_pages_of_the_firm_open_for_whoever_may_ask(act: Act, page: str) -> None:
    make.client()
    address = f"/staff/people/{page}/"
    assert make.browser(make.staff("people.*")).get(address).status_code == 200
    assert make.browser(make.staff("people.clients")).get(address).status_code == 403


def test_who_may_do_what_names_roles_and_four_eyes(act: Act) -> None:
    someone = make.staff("people.roles", "people.add_note")
    found = text(make.browser(someone).get("/staff/people/access/"))
    row = found[found.index("people.set_role") :][:400]
    assert "+1" in row
    assert someone.roles.get().title in found[found.index("people.add_note") :][:400]


def test_a_role_says_in_words_what_it_grants(act: Act) -> None:
    given = ("people.roles", "people.add_note", "payments.*", "*")
    person = make.staff(*given, unmasked=["people.client.email"])
    shown = text(make.browser(person).get(f"/staff/people/roles/{person.roles.get().pk}/"))
    for word in (
        operations.add_note.title,
        "Everything in Payments",
        "Everything</span>",
        "Email of a client",
    ):
        assert word in shown


def test_access_is_changed_by_two_people_and_never_one_s_own(act: Act) -> None:
    maker, other = make.staff("people.*"), make.staff("people.clients")
    role = make.staff("people.*", "ledger.*").roles.get()
    browser = make.browser(maker)
    browser.post(f"/staff/do/people.change_staff/{other.pk}", {"role_slugs": role.slug})

    assert Proposal.objects.get().operation == "people.change_staff"
    assert role not in other.roles.all()
    before = Record.objects.count()
    with pytest.raises(operations.firm.OwnAccess):
        operations.change_staff(make.act_of(maker), maker, role_slugs=[role.slug])
    with pytest.raises(operations.firm.OwnAccess):
        operations.end_staff(make.act_of(maker), maker)
    assert Record.objects.count() == before
    assert Staff.objects.get(pk=maker.pk).left_at is None


@pytest.mark.parametrize(
    ("wanted", "inputs"),
    [
        ("add_brand", {"slug": "x", "name": "X", "colour": "red", "entity_codes": ["CY"]}),
        ("add_brand", {"slug": "x", "name": "X", "colour": "#000000", "entity_codes": ["XX"]}),
        ("set_role", {"slug": "x", "title": "X", "names": ["drop table"]}),
        ("add_staff", {"name": "X", "title": "X", "email": "x@example.com", "role_slugs": ["x"]}),
        ("add_desk", {"name": "Retention"}),
    ],
)
def test_what_cannot_be_so_in_a_firm_is_refused_and_changes_nothing(
    act: Act, wanted: str, inputs: dict[str, object]
) -> None:
    from nostro.kit.problems import Problem

    make.entity()
    operations.add_desk(act, name="Retention")
    before = Record.objects.count()
    with pytest.raises(Problem):
        getattr(operations, wanted)(Act.system(), **inputs)
    assert Record.objects.count() == before


def test_a_form_that_changes_begins_with_what_stands_there_and_never_with_dots(act: Act) -> None:
    ada = make.client(email="ada@example.com")
    operations.change_details(act, ada, phone="+357 22 123456", nationality="GR")
    url = f"/staff/do/people.change_details/{ada.pk}"
    form = text(make.browser(make.staff("people.*")).get(url))

    assert 'name="first_name" value="Ada"' in form
    assert '<option value="GR" selected>Greece</option>' in form
    assert "•••" not in form
    assert "123456" not in form
    shown = make.browser(make.staff("people.*", unmasked=["people.client.*"])).get(url)
    assert 'value="+357 22 123456"' in text(shown)


def test_a_form_on_a_page_of_its_own_leads_back_and_stands_in_its_room(act: Act) -> None:
    ada = make.client()
    page = text(make.browser(make.staff("people.*")).get(f"/staff/do/people.add_note/{ada.pk}"))

    assert f'<p class="n-crumb"><a href="{page_of(ada)}">Ada Lovelace</a></p>' in page
    assert re.search(rf'<a[^>]*href="{LIST}"[^>]*aria-current', page)


def test_access_is_changed_from_what_it_is(act: Act) -> None:
    eleni = make.staff("people.*", entities=["CY"])
    lead = make.browser(make.staff("people.*"))
    form = text(lead.get(f"/staff/do/people.change_staff/{eleni.pk}"))

    slug = eleni.roles.get().slug
    assert re.search(rf'name="role_slugs" value="{slug}"[^>]* checked', form)
    assert re.search(r'name="entity_codes" value="CY"[^>]* checked', form)
    assert "Roles" in form and "Role slugs" not in form
