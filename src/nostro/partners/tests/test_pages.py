from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.partners import operations
from nostro.partners.models import Accrual, Click, Link, Partner, Statement
from nostro.partners.tests import make as own
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.urls("nostro.partners.tests.urls_samples")]


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    """These tests are about pages; how staff prove who they are is tested where it is done."""
    settings.NOSTRO_REQUIRE_MFA = False


@pytest.fixture
def northgate() -> Partner:
    """A partner with one above, one below, trades of all kinds, a paid month and a correction."""
    with clock_at(now() - timedelta(days=62)):
        aster = own.partner("ASTER")
        partner = own.partner("NGATE", parent=aster)
        below = own.partner("HARBOR", parent=partner)
        operations.set_payout_account(Act.system(), partner, iban="DE89370400440532013000")
        client = own.brought(partner, first_name="Ruth", last_name="Vandenberg")
        other = own.brought(below, first_name="Zoe", last_name="Quist")
        for lots in ("5.00", "2.50"):
            own.traded(client, lots)
        month = now().date()
        own.traded(other, "3.00")
        drain(historic=True)
    line = Accrual.objects.filter(partner=partner, level=1).earliest("pk")
    operations.correct_accrual(
        Act.system(), line, right_amount=Decimal("25"), reason="The price was wrong"
    )
    statement = operations.close_statement(Act.system(), partner, month=month)
    operations.approve_statement(Act.system(), statement)
    operations.pay_out(Act.system(), statement)
    own.traded(client, "1.00", held=41)
    own.traded(client, "1.00")
    drain()
    return partner


def signed_in(person: Partner) -> Browser:
    browser = Browser()
    browser.force_login(person.user)
    return browser


PORTAL = ["", "?by=year", "network/", "trades/", "statements/", "links/", "plan/"]


@pytest.mark.parametrize("address", PORTAL)
def test_every_portal_page_opens_and_names_no_client(northgate: Partner, address: str) -> None:
    page = signed_in(northgate).get(f"/partner/{address}")
    text = page.content.decode()
    assert page.status_code == 200
    for name in ("Ruth", "Vandenberg", "Zoe", "Quist", "@example.com"):
        assert name not in text
    assert " style=" not in text and "<style" not in text


def test_what_is_earned_on_top_is_said_as_a_share(northgate: Partner) -> None:
    line = Accrual.objects.filter(partner=northgate, level=2, kind="trade").earliest("pk")
    text = signed_in(northgate).get(f"/partner/trades/{line.pk}/").text
    assert "By your plan you earn 15% on top of what they earn." in text
    assert "0.15 on top" not in text


def test_a_trade_shows_its_arithmetic_and_who_else_earned(northgate: Partner) -> None:
    browser = signed_in(northgate)
    for line in Accrual.objects.filter(partner=northgate):
        text = browser.get(f"/partner/trades/{line.pk}/").content.decode()
        assert "Vandenberg" not in text and "Quist" not in text
        assert "Aster" not in text
    first = Accrual.objects.filter(partner=northgate, level=1, kind="trade").earliest("pk")
    text = browser.get(f"/partner/trades/{first.pk}/").content.decode()
    assert "lots that your client traded" in text and "R•••• V••••" in text
    assert "You, Ngate Partners" in text and "A partner above" in text


def test_a_statement_shows_its_sum_and_gives_every_line(northgate: Partner) -> None:
    browser, row = signed_in(northgate), Statement.objects.get()
    text = browser.get(f"/partner/statements/{row.pk}/").content.decode()
    assert "EURUSD" in text and "bank DE89 ·· 3000" in text
    paper = browser.get(f"/partner/statements/{row.pk}/statement.pdf")
    assert paper.content.startswith(b"%PDF") and 'href="statement.pdf"' in text
    sheet = browser.get(f"/partner/statements/{row.pk}/lines.xlsx")
    assert sheet.status_code == 200 and sheet.content[:2] == b"PK"


def test_another_partner_finds_none_of_it(northgate: Partner) -> None:
    browser = signed_in(own.partner("OTHER"))
    row, line = Statement.objects.get(), Accrual.objects.filter(partner=northgate).earliest("pk")
    link = northgate.links.get()
    for address in (
        f"statements/{row.pk}/", f"statements/{row.pk}/lines.xlsx",
        f"statements/{row.pk}/statement.pdf", f"trades/{line.pk}/",
        f"links/{link.pk}/qr.png",
    ):  # fmt: skip
        assert browser.get(f"/partner/{address}").status_code == 404
    assert browser.get("/partner/").status_code == 200


def test_staff_and_clients_are_not_let_in(northgate: Partner) -> None:
    browser = Browser()
    from nostro.core.models import User

    ada = make.client("SC")
    browser.force_login(User.objects.get(kind="client", person_id=ada.pk))
    assert browser.get("/partner/").status_code == 403


def test_a_partner_makes_a_link_and_is_told_what_is_wrong_with_another(northgate: Partner) -> None:
    browser = signed_in(northgate)
    assert browser.post("/partner/links/", {"campaign": "Webinar"}).status_code == 302
    assert Link.objects.filter(code="NGATE-WEBINAR").exists()
    again = browser.post("/partner/links/", {"campaign": "webinar"})
    assert again.status_code == 422
    assert "You have a link for this campaign already." in again.content.decode()
    assert Link.objects.filter(partner=northgate).count() == 2


def test_a_saved_qr_code_is_an_image(northgate: Partner) -> None:
    answer = signed_in(northgate).get(f"/partner/links/{northgate.links.get().pk}/qr.png")
    assert answer.content.startswith(b"\x89PNG")


STAFF = ["partners", "lines", "statements", "plans", "conflicts"]


@pytest.mark.parametrize("slug", STAFF)
def test_every_staff_list_opens(northgate: Partner, slug: str) -> None:
    browser = Browser()
    browser.force_login(make.staff("*").user)
    page = browser.get(f"/staff/partners/{slug}/")
    assert page.status_code == 200
    for view in ("all", "to-approve", "to-pay", "corrections"):
        assert browser.get(f"/staff/partners/{slug}/?view={view}").status_code == 200


def test_every_staff_detail_and_tab_opens(northgate: Partner) -> None:
    browser = Browser()
    browser.force_login(make.staff("*").user)
    line = Accrual.objects.filter(partner=northgate).earliest("pk")
    plan_id = line.version.plan_id if line.version else 0
    addresses = [
        f"lines/{line.pk}/", f"statements/{Statement.objects.get().pk}/", f"plans/{plan_id}/",
        f"links/{northgate.links.get().pk}/",
        *(f"partners/{northgate.pk}/?tab={tab}"
          for tab in ("", "clients", "earnings", "links", "statements")),
    ]  # fmt: skip
    for address in addresses:
        page = browser.get(f"/staff/partners/{address}")
        assert page.status_code == 200, address


def test_a_link_leads_to_the_registration_and_the_first_click_counts() -> None:
    one, two = own.partner("FIRST").links.get(), own.partner("SECOND").links.get()
    browser = Browser()
    answer = browser.get(f"/r/{one.code.lower()}")
    assert answer.status_code == 302 and answer["Location"] == "/register?ref=FIRST"
    assert browser.get(f"/r/{two.code}")["Location"] == "/register?ref=FIRST"
    assert list(Click.objects.order_by("pk").values_list("kept_for", flat=True)) == [None, one.pk]


def test_a_forged_cookie_or_an_unknown_code_gains_nobody_anything() -> None:
    own.partner("FIRST")
    browser = Browser()
    browser.cookies["nostro_ref"] = "forged"
    assert browser.get("/r/FIRST")["Location"] == "/register?ref=FIRST"
    clicks = Click.objects.count()
    assert browser.get("/r/NOBODY")["Location"] == "/register"
    assert browser.post("/r/FIRST").status_code == 405
    assert Click.objects.count() == clicks
