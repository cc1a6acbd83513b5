"""Somebody who opens an account in the trader room: what they type, and the papers they send."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

from playwright.sync_api import Page, expect

from nostro.site.demo import specimens
from tests.journeys.conftest import House

WORD = "a-long-walk-2026"
TODAY = date.today()  # noqa: DTZ011


@dataclass
class Applicant:
    """An invented person of the Netherlands, whose papers agree with what they say."""

    first_name: str = "Marijke"
    last_name: str = "Dekker"
    birth_date: date = date(1991, 6, 17)
    email: str = ""
    document_number: str = ""

    def __post_init__(self) -> None:
        mark = uuid4().hex[:6]
        self.email = self.email or f"{self.first_name}.{mark}@example.com".lower()
        self.document_number = self.document_number or f"NL{int(mark, 16) % 10**7:07d}"

    @property
    def passport(self) -> bytes:
        return specimens.passport(
            specimens.Holder(
                self.last_name.upper(), self.first_name.upper(), self.birth_date, "F", "NLD",
                self.document_number, date(TODAY.year - 4, 5, 12), date(TODAY.year + 6, 5, 12),
                issuer="NLD",
            )
        )  # fmt: skip

    @property
    def bill(self) -> bytes:
        return specimens.utility_bill(
            f"{self.first_name} {self.last_name}", ["12 Mill Street", "Utrecht"],
            issued_date=TODAY - timedelta(days=20), kind="PDF",
        )  # fmt: skip

    def register(self, page: Page, house: House, *, link: str = "/register") -> None:
        """From the first page over the code in the e-mail to the first step."""
        page.goto(link)
        expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
        page.get_by_label("Given names").fill(self.first_name)
        page.get_by_label("Surname").fill(self.last_name)
        page.get_by_label("Country you live in").select_option("NL")
        page.get_by_label("E-mail").fill(self.email)
        page.get_by_label("Password").fill(WORD)
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Code").fill(house.code_for(self.email))
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", name="Who you are")).to_be_visible()

    def answer(self, page: Page) -> None:
        """The four steps before the documents."""
        page.get_by_label("Given names").fill(self.first_name)
        page.get_by_label("Surname").fill(self.last_name)
        page.get_by_label("Date of birth").fill(self.birth_date.isoformat())
        page.get_by_label("Nationality").select_option("NL")
        page.get_by_label("Number of the document").fill(self.document_number)
        page.get_by_label("Mobile phone").fill("+31 6 2041 8830")
        onward(page, "Where you live")
        page.get_by_label("Street and number").fill("12 Mill Street")
        page.get_by_label("Town").fill("Utrecht")
        page.get_by_label("Postcode").fill("3511 AB")
        page.get_by_label("Country in which you pay tax").select_option("NL")
        onward(page, "Your money and experience")
        page.get_by_label("Employed", exact=True).check()
        page.get_by_label("Where you work").fill("Mill Works")
        page.get_by_label("25,000 to 100,000").check()
        page.get_by_label("Where the money you invest comes from").select_option("salary")
        for words in ("No", "Up to ten times", "A demo account or a course", "600 EUR",
                      "Positions are closed", "A part of it"):  # fmt: skip
            page.get_by_label(words, exact=True).check()
        onward(page, "What you agree to")
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_role("button", name="Agree and continue").click()
        expect(page.get_by_role("heading", name="Your documents")).to_be_visible()

    def send_papers(self, page: Page, *, button: str = "Send in and finish") -> None:
        """Passport and bill; each is read before the next is sent, and then all of it sent in."""
        self.upload(page, "passport", "passport.png", "image/png", self.passport)
        self.upload(page, "proof_of_address", "bill.pdf", "application/pdf", self.bill)
        expect(page.get_by_text("We are reading it")).to_have_count(0, timeout=60_000)
        page.get_by_role("button", name=button).click()

    def upload(self, page: Page, kind: str, name: str, content_type: str, content: bytes) -> None:
        section = page.locator(f"section[aria-labelledby='h-{kind}']")
        form = section.locator("form[data-send]").element_handle()
        with page.expect_file_chooser() as chooser:
            section.locator("input[type=file]").last.dispatch_event("click")
        chooser.value.set_files({"name": name, "mimeType": content_type, "buffer": content})
        # The answer replaces the form that was sent: until then it is on the page.
        form.wait_for_element_state("hidden")


def onward(page: Page, heading: str) -> None:
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
