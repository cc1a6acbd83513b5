"""The pages of taking accounts over: the file, what is compared, and the parallel run."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.core.states import WrongState
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.models import Platform, Takeover, TradingAccount
from nostro.trading.tests.test_takeover import carried_out, holder, stands
from tests import make

__all__ = ["holder"]
pytestmark = pytest.mark.django_db


def test_a_platform_that_is_left_alone_is_compared_with_nothing(platform: Platform) -> None:
    trading.stop_following(Act.system(), platform, reason="Another one from today on")
    platform.refresh_from_db()

    with pytest.raises(WrongState):
        trading.read_takeover(Act.system(), platform=platform)
    assert not Takeover.objects.exists()


def test_pages_lead_from_the_file_to_the_parallel_run(
    platform: Platform, holder: Client, settings: Any
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    login, other = stands(platform, "900.00 USD"), stands(platform)
    sync.sync_once(Act.system(), platform)
    browser = make.browser(make.staff("*"))
    assert "Empty template" in browser.get("/staff/trading/take-over/").text
    template = browser.get("/staff/trading/take-over/?template")
    assert template.content == b"login,client\r\n"
    bad = SimpleUploadedFile("logins.csv", b"login\n1\n")
    answer = browser.post("/staff/trading/take-over/", {"platform": platform.pk, "file": bad})
    assert (answer.status_code, "There is no column" in answer.text) == (422, True)

    good = SimpleUploadedFile("logins.csv", f"login,client\n{login},{holder.number}\n".encode())
    answer = browser.post("/staff/trading/take-over/", {"platform": platform.pk, "file": good})
    drain()

    page = browser.get(answer["Location"]).text
    assert "Can be taken over" in page
    assert "It stands on the platform, and in no line of the file." in page
    takeover = Takeover.objects.get()
    carried_out(takeover)
    page = browser.get(answer["Location"]).text
    assert "Refused logins can be compared again" in page
    assert str(other) in browser.get("/staff/trading/takeover-rows/?view=nobodys").text
    assert "900.00" in browser.get("/staff/trading/parallel-run/?view=all").text
    assert (
        "No account that was taken over differs" in browser.get("/staff/trading/parallel-run/").text
    )
    account = TradingAccount.objects.get()
    assert (
        "was taken over from the platform"
        in browser.get(f"/staff/trading/accounts/{account.pk}/").text
    )
