"""An applicant whom a list names: the rules stop, an officer sees why, and decides."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from playwright.sync_api import Error, Page, expect

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
