"""What a browser can do wrong: each gets a clear sentence or a 4xx, and changes nothing."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.applicant import WORD, Applicant
from tests.journeys.conftest import House

pytestmark = pytest.mark.xdist_group("journeys")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LOTTE = "client@example.com"


def test_files_that_are_no_pictures_are_refused_with_a_sentence(page: Page, house: House) -> None:
    applicant = Applicant()
    applicant.register(page, house)
    applicant.answer(page)
    for name, kind, content in (
        ("drawing.svg", "image/svg+xml", SVG),
        ("drawing.png", "image/png", SVG),
        ("cut.png", "image/png", applicant.passport[:20_000]),
        ("empty.png", "image/png", b""),
    ):
        applicant.upload(page, "passport", name, kind, content)
        expect(page.get_by_text("That file will not do")).to_be_visible()
        expect(page.get_by_text("We are reading it")).to_have_count(0)
    page.goto("/room/papers/")
    expect(page.get_by_role("link", name=re.compile("Passport"))).to_have_count(0)


def test_a_taken_address_is_answered_like_a_new_one(page: Page) -> None:
    page.goto("/register")
    page.get_by_label("Given names").fill("Lotte")
    page.get_by_label("Surname").fill("Vermeer")
    page.get_by_label("Country you live in").select_option("NL")
    page.get_by_label("E-mail").fill(LOTTE)
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Look into your e-mail")).to_be_visible()
    page.get_by_label("Code").fill("123456")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("That is not the code we sent.")).to_be_visible()


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("-5", "above zero"),
        ("0", "above zero"),
        ("99999999", "You can withdraw"),
        ("1.005", None),
        ("NaN", None),
        ("lots", None),
    ],
)
def test_an_amount_that_cannot_be_withdrawn_moves_nothing(
    amount: str, sentence: str | None, signed_in: Callable[[str], Page]
) -> None:
    page = signed_in(LOTTE)
    page.goto("/room/withdraw/")
    before = page.locator("#can").inner_text()
    page.goto(f"/room/withdraw/?amount={amount}&currency=EUR")
    note = page.get_by_role("alert").filter(has_text="Not like this")
    expect(note).to_be_visible()
    if sentence:
        expect(note).to_contain_text(sentence)
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(
        "/room/withdraw/",
        form={"amount": amount, "currency": "EUR", "csrfmiddlewaretoken": token, "key": "x" * 20},
        headers={"Referer": page.url},
    )
    assert answer.status == 422
    page.goto("/room/withdraw/")
    assert page.locator("#can").inner_text() == before


@pytest.mark.parametrize(
    ("room", "listed"),
    [
        ("accounts", "trading/accounts"), ("deposits", "payments/deposits"),
        ("transfers", "payments/transfers"), ("papers", "compliance/documents"),
    ],
)  # fmt: skip
def test_what_belongs_to_others_is_not_found_by_its_number(
    room: str, listed: str, signed_in: Callable[[str], Page]
) -> None:
    staff = signed_in("adrian")
    staff.goto(f"/staff/{listed}/")
    rows = staff.locator("tr[data-row]").filter(has_not_text="Lotte Vermeer").all()
    numbers = [row.get_attribute("data-row") for row in rows]
    assert numbers
    client = signed_in(LOTTE)
    for number in numbers[:8]:
        answer = client.request.get(f"/room/{room}/{number}/")
        assert answer.status == 404, (number, answer.status)


@pytest.mark.parametrize("address", ["/staff/", "/staff/people/clients/1/", "/partner/"])
def test_a_client_finds_no_other_shell(address: str, signed_in: Callable[[str], Page]) -> None:
    answer = signed_in(LOTTE).request.get(address, max_redirects=0)
    assert answer.status in (302, 403, 404)


def test_a_link_nobody_gave_out_just_leads_to_the_registration(page: Page) -> None:
    page.goto("/r/NOBODY-AT-ALL")
    expect(page).to_have_url(re.compile("/register$"))
