"""One client's money through every room: from a partner's link to a wire on the bank's statement.

Each test goes on where the one before it ended.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.applicant import Applicant
from tests.journeys.conftest import House


@pytest.fixture(scope="module")
def applicant() -> Applicant:
    return Applicant()


def test_a_visitor_over_a_partners_link_becomes_an_approved_client(
    client_page: Page, house: House, applicant: Applicant
) -> None:
    page = client_page
    applicant.register(page, house, link="/r/P502")
    applicant.answer(page)
    applicant.send_papers(page)
    expect(page.get_by_role("heading", name="Your account is open")).to_be_visible(timeout=60_000)


from collections.abc import Iterator
from playwright.sync_api import Browser
from tests.journeys.conftest import visit
@pytest.fixture(scope="module")
def client_page(browser: Browser, house: House) -> Iterator[Page]:
    with visit(browser, house) as context:
        yield context.new_page()
