"""An applicant whom a list names: the rules stop, an officer sees why, and decides."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from tests.journeys.applicant import Applicant
from tests.journeys.conftest import House

pytestmark = pytest.mark.xdist_group("journeys")


def test_a_listed_name_waits_for_the_officer_who_sends_it_back_and_then_refuses(
    house: House, page: Page, signed_in: Callable[[str], Page]
) -> None:
    listed = Applicant("Vargo", "Zelenkov", date(1968, 3, 14))
    listed.register(page, house)
    listed.answer(page)
    listed.send_papers(page)
    expect(page.get_by_role("heading", name="A person looks at it")).to_be_visible(timeout=60_000)

    officer = signed_in("anna")
    officer.goto("/staff/compliance/reviews/")
    row = officer.get_by_role("row", name=re.compile("Vargo Zelenkov")).first
    row.get_by_role("link").first.click()
    review = officer.locator("body")
    expect(officer.get_by_role("heading", name="Vargo Zelenkov")).to_be_visible()
    expect(review).to_contain_text("A possible hit on a list")
    expect(officer.get_by_role("button", name=re.compile("^Approve"))).to_be_visible()
    address = officer.url

    officer.keyboard.press("m")
    dialog = officer.locator("dialog[open]")
    dialog.locator("textarea, input[type=text]").first.fill("Send a bill of this month, please.")
    for box in dialog.get_by_label(re.compile("Documents", re.I)).all():
        box.check()
    with officer.expect_response(lambda reply: reply.request.method == "POST"):
        dialog.locator("button[type=submit]").last.click()
    page.goto("/room/")
    expect(page.get_by_text("We need one more thing")).to_be_visible()
    page.goto("/room/start/documents/")
    listed.send_papers(page)
    expect(page.get_by_role("heading", name="A person looks at it")).to_be_visible(timeout=60_000)

    officer.goto(address)
    officer.get_by_label("Reason").fill("A true match of the sanctions list.")
    officer.get_by_role("button", name=re.compile("^Refuse")).click()
    refused = page.get_by_role("heading", name="We cannot open an account for you")
    for _ in range(40):
        # The page goes there by itself too: what both do at once is given up by one.
        with suppress(Error):
            page.goto("/room/start/done/")
        if refused.is_visible():
            break
        page.wait_for_timeout(500)
    expect(refused).to_be_visible()


def test_an_officer_finds_approves_and_notes_a_case_by_the_keyboard_alone(
    house: House, page: Page, signed_in: Callable[[str], Page]
) -> None:
    unlike = Applicant("Femke", "Roelofs", date(1990, 3, 12))
    unlike.register(page, house)
    unlike.answer(page)
    unlike.birth_date = date(1990, 3, 21)
    unlike.send_papers(page, button="Send it in as it is")
    expect(page.get_by_role("heading", name="A person looks at it")).to_be_visible(timeout=60_000)

    officer = signed_in("anna")
    officer.goto("/staff/")
    officer.keyboard.press("Control+k")
    officer.keyboard.type("KYC reviews")
    expect(officer.locator("#hits [aria-selected=true]")).to_contain_text("KYC reviews")
    officer.keyboard.press("Enter")
    officer.wait_for_url("**/staff/compliance/reviews/**")
    current = officer.locator("tr[data-row][aria-current=true]")
    for _ in range(20):
        officer.keyboard.press("j")
        if "Femke Roelofs" in current.inner_text():
            break
    officer.keyboard.press("Enter")
    expect(officer.get_by_role("heading", name="Femke Roelofs")).to_be_visible()
    officer.keyboard.press("a")
    reason = officer.locator("dialog[open] [name=note]")
    expect(reason).to_be_focused()
    officer.keyboard.type("The birthday on the passport is right, the client mistyped it.")
    tab_to(officer, officer.locator("dialog[open]").get_by_role("button", name="Approve"))
    officer.keyboard.press("Enter")
    officer.wait_for_url(lambda url: "/compliance/review/" not in url)

    officer.keyboard.press("Control+k")
    officer.keyboard.type("Femke Roelofs")
    expect(officer.locator("#hits [aria-selected=true]")).to_contain_text("Femke Roelofs")
    officer.keyboard.press("Enter")
    officer.wait_for_url("**/staff/people/clients/**")
    expect(officer.get_by_role("main")).to_contain_text("became active")
    officer.keyboard.press("d")
    tab_to(officer, officer.locator("#do .item", has_text="Note"))
    officer.keyboard.press("Enter")
    note = officer.locator("dialog[open] textarea")
    expect(note).to_be_focused()
    officer.keyboard.type("Called: the birthday was a slip.")
    tab_to(officer, officer.locator("dialog[open] [type=submit]"))
    officer.keyboard.press("Enter")
    expect(officer.get_by_text("Called: the birthday was a slip.").first).to_be_visible()


def tab_to(page: Page, wanted: Locator) -> None:
    """As somebody without a mouse gets to a button."""
    for _ in range(40):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("The keyboard does not get there.")
