"""Every main page of the three shells: accessible, inside its width, quiet in the console.

With `NOSTRO_SHOTS` set to a folder, the same walk leaves a picture of each page there.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.applicant import Applicant
from tests.journeys.conftest import House

pytestmark = pytest.mark.xdist_group("journeys")
SHOTS = os.environ.get("NOSTRO_SHOTS", "")
STAFF, ROOM, PORTAL = "adrian", "client@example.com", "partner@example.com"
STAFF_PAGES = {
    "staff-home": "/staff/",
    "staff-clients": "/staff/people/clients/",
    "staff-client": "/staff/people/clients/1/",
    "staff-tasks": "/staff/sales/tasks/",
    "staff-arrange": "/staff/arrange/",
    "staff-access": "/staff/people/access/",
    "staff-reviews": "/staff/compliance/reviews/",
    "staff-review": "/staff/compliance/review/1/",
    "staff-hits": "/staff/compliance/hits/",
    "staff-withdrawals": "/staff/payments/withdrawals/",
    "staff-deposits": "/staff/payments/deposits/",
    "staff-transfers": "/staff/payments/transfers/",
    "staff-ledger": "/staff/ledger/chart/",
    "staff-journal": "/staff/ledger/entries/",
    "staff-trial": "/staff/ledger/trial/",
    "staff-statement": "/staff/ledger/accounts/1/statement/",
    "staff-holds": "/staff/ledger/holds/",
    "staff-exchange": "/staff/ledger/exchange/",
    "staff-periods": "/staff/ledger/periods/",
    "staff-reconciliation": "/staff/reconciliation/standing/",
    "staff-breaks": "/staff/reconciliation/breaks/",
    "staff-client-money": "/staff/reconciliation/client-money/",
    "staff-accounts": "/staff/trading/accounts/",
    "staff-account-statement": "/staff/trading/accounts/1/statement/",
    "staff-deals": "/staff/trading/deals/",
    "staff-platforms": "/staff/trading/platforms/",
    "staff-credit": "/staff/trading/credits/",
    "staff-exposure": "/staff/exposure/now/?hold=1",
    "staff-partners": "/staff/partners/partners/",
    "staff-statements": "/staff/partners/statements/",
    "staff-rules": "/staff/rules/points/",
    "staff-rule": "/staff/rules/table/payments.approval/",
    "staff-dashboard": "/staff/reports/dashboard/",
    "staff-events": "/staff/core/events/",
    "staff-approvals": "/staff/core/proposals/",
    "staff-connections": "/staff/hooks/endpoints/",
    "staff-me": "/staff/me/",
}
ROOM_PAGES = {
    "room": "/room/",
    "room-accounts": "/room/accounts/",
    "room-account": "/room/accounts/1/",
    "room-account-statement": "/room/accounts/1/statement/",
    "room-money": "/room/money/",
    "room-deposit": "/room/deposit/",
    "room-deposit-method": "/room/deposit/?amount=500&currency=EUR",
    "room-withdraw": "/room/withdraw/?amount=50&currency=EUR",
    "room-transfer": "/room/transfer/",
    "room-exchange": "/room/exchange/?amount=50",
    "room-activity": "/room/activity/",
    "room-statements": "/room/statements/",
    "room-papers": "/room/papers/",
    "room-messages": "/room/messages/",
    "room-profile": "/room/profile/",
}
PORTAL_PAGES = {
    "partner": "/partner/",
    "partner-trades": "/partner/trades/",
    "partner-network": "/partner/network/",
    "partner-links": "/partner/links/",
    "partner-plan": "/partner/plan/",
    "partner-statements": "/partner/statements/",
    "partner-profile": "/partner/profile/",
}
PUBLIC_PAGES = {"sign-in": "/account/login/", "register": "/register"}
SHELLS = [
    *((STAFF, *one) for one in STAFF_PAGES.items()),
    *((ROOM, *one) for one in ROOM_PAGES.items()),
    *((PORTAL, *one) for one in PORTAL_PAGES.items()),
]
FOLLOWED = {
    "staff-withdrawal": (STAFF, "/staff/payments/withdrawals/?view=all", "tr[data-push]"),
    "partner-trade": (PORTAL, "/partner/trades/", "a[href^='/partner/trades/']"),
    "partner-statement": (PORTAL, "/partner/statements/", "a[href^='/partner/statements/']"),
}
"""Pages whose address depends on the day: the first that a list leads to. A row of staff leads to
the list with its inspector open.
"""
SIZES = [(1440, 900), (390, 844)]


def grave(page: Page, *rules: str) -> list[str]:
    """What axe calls serious or critical, with the first place where it stands."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = rules
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def look(page: Page, name: str, opened: Callable[[Page], None] | None = None) -> list[str]:
    """The page at both widths, light and dark; whatever is wrong, as sentences.

    The theme changes by the page's own button. What it changes is colours, so the other rules are
    asked for in the first one alone. `opened` opens what lies over the page, in each theme anew:
    the button is out of reach behind it.
    """
    wrong: list[str] = []
    page.emulate_media(reduced_motion="reduce")
    for rules in ((), ("color-contrast",)):
        theme = page.evaluate("document.documentElement.dataset.bsTheme")
        if opened is not None:
            opened(page)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            where = f"{name} {width} {theme}"
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                wrong.append(f"{where}: {over} px too wide")
            wrong += [f"{where}: {one}" for one in grave(page, *rules)]
            looks = [name, "phone" if width < 1000 else "", "dark" if theme == "dark" else ""]
            keep(page, "-".join(filter(None, looks)))
        page.set_viewport_size({"width": 1440, "height": 900})
        if opened is not None:
            page.keyboard.press("Escape")
        page.get_by_role("button", name="Switch between light and dark").click()
        assert page.evaluate("document.documentElement.dataset.bsTheme") != theme
    return wrong


def keep(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def heard(page: Page) -> list[str]:
    """What the page complains of from now on."""
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.mark.parametrize(("who", "name", "url"), SHELLS, ids=[one[1] for one in SHELLS])
def test_a_page_is_accessible_in_every_look(
    who: str, name: str, url: str, signed_in: Callable[[str], Page]
) -> None:
    page = signed_in(who).context.new_page()
    said = heard(page)
    answer = page.goto(url)
    assert answer is not None and answer.ok, answer
    wrong = look(page, name)
    page.close()
    assert not wrong + said, "\n".join(wrong + said)


@pytest.mark.parametrize(("name", "url"), PUBLIC_PAGES.items(), ids=PUBLIC_PAGES)
def test_a_strangers_page_is_accessible_in_every_look(name: str, url: str, page: Page) -> None:
    said = heard(page)
    page.goto(url)
    wrong = look(page, name) + said
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "way"), FOLLOWED.items(), ids=FOLLOWED)
def test_a_page_that_a_list_leads_to_is_accessible_in_every_look(
    name: str, way: tuple[str, str, str], signed_in: Callable[[str], Page]
) -> None:
    who, url, first = way
    page = signed_in(who).context.new_page()
    said = heard(page)
    page.goto(url)
    row = page.locator(first).first
    page.goto(row.get_attribute("data-push") or row.get_attribute("href") or "")
    if name == "staff-withdrawal":
        expect(page.locator("#inspector")).to_contain_text("Why it is here")
    wrong = look(page, name)
    page.close()
    assert not wrong + said, "\n".join(wrong + said)


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("ma")
    expect(page.locator("#hits [role=option]").first).to_be_visible()


def _why(page: Page) -> None:
    page.locator(".n-figures .n-why").first.click()
    expect(page.locator(".n-because:popover-open")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "url", "opened"),
    [
        ("staff-palette", "/staff/", _palette),
        ("staff-client-why", "/staff/people/clients/1/", _why),
    ],
    ids=["staff-palette", "staff-client-why"],
)
def test_what_lies_over_a_page_is_accessible_in_every_look(
    name: str, url: str, opened: Callable[[Page], None], signed_in: Callable[[str], Page]
) -> None:
    page = signed_in(STAFF).context.new_page()
    said = heard(page)
    page.goto(url)
    wrong = look(page, name, opened)
    page.close()
    assert not wrong + said, "\n".join(wrong + said)


def test_onboarding_is_accessible_in_every_look(page: Page, house: House) -> None:
    Applicant().register(page, house)
    said = heard(page)
    wrong = look(page, "room-onboarding") + said
    assert not wrong, "\n".join(wrong)
