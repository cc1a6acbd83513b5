"""The pages of taking accounts over: the file, what is compared, and the parallel run."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.states import WrongState
from nostro.kit import Lots
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.models import Group, Platform, Takeover, TradingAccount
from nostro.trading.ports import DealKind, PlatformAccount, Right
from nostro.trading.queries.takeovers import Standing
from nostro.trading.tests.make import deal, recorded
from nostro.trading.tests.test_takeover import (
    carried_out,
    compared,
    file,
    holder,
    newcomer,
    offshore,
    stands,
)
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

__all__ = ["holder"]
pytestmark = pytest.mark.django_db


def test_a_platform_that_is_left_alone_is_compared_with_nothing(platform: Platform) -> None:
    trading.stop_following(Act.system(), platform, reason="Another one from today on")
    platform.refresh_from_db()

    with pytest.raises(WrongState):
        trading.read_takeover(Act.system(), platform=platform)
    assert not Takeover.objects.exists()


def test_a_group_that_nobody_has_mapped_keeps_its_accounts_out(
    platform: Platform, holder: Client
) -> None:
    login = stands(platform)
    path = offshore(platform)
    takeover = compared(platform, f"{login},{holder.number}")
    with acting_as_system("a test's group is not mapped"):
        Group.objects.filter(platform=platform, path=path).update(path="else")

    trading.compare_takeover(Act.system(), takeover)
    drain()

    row = takeover.rows.get()
    assert (row.status, row.group, row.currency) == ("refused", path, "")
    assert f"Its group {path} is not mapped" in row.said


def test_what_cannot_go_on_waits_for_people_again(
    platform: Platform, holder: Client, server: "Server"
) -> None:
    login = stands(platform, "10.00 USD")
    maker, other = make.staff("trading.*", "people.*"), make.staff("people.*")
    takeover = compared(platform, f"{login},{holder.number}", by=make.act_of(maker))
    trading.start_takeover(Act.system(), takeover)
    people.end_staff(make.act_of(other), maker)
    drain()

    takeover.refresh_from_db()
    assert takeover.status == Takeover.Status.READY
    assert "not open any more" in takeover.reason
    assert recorded("TakeoverInterrupted") == 1
    assert not TradingAccount.objects.exists()


def test_twenty_accounts_cost_as_many_statements_as_two(platform: Platform) -> None:
    def cost(first: int, many: int) -> int:
        """Of accounts that differ in nothing, each with a deposit and a trade of its past."""
        holders = [newcomer(f"c{n}@example.com") for n in range(first, first + many)]
        logins = range(700_000 + first, 700_000 + first + many)
        deals = [
            deal(login * 10 + kind, login, kind=action, profit=Decimal(money), lots=Lots(lots))
            for login in logins
            for kind, (action, money, lots) in enumerate(
                ((DealKind.BALANCE, 100, 0), (DealKind.SELL, 5, 1))
            )
        ]
        trading.record_deals(Act.system(), platform, deals=deals)
        seen = {login: shown(login, offshore(platform), Decimal(105)) for login in logins}
        lines = [f"{one},{who.number}" for one, who in zip(logins, holders, strict=True)]
        found = trading.read_takeover(Act.system(), platform=platform, file=file(*lines))
        trading.list_logins(Act.system(), found, found=list(logins))
        rows = list(found.rows.values_list("pk", flat=True))
        trading.compare_logins(Act.system(), found, rows=rows, seen=seen)
        trading.start_takeover(Act.system(), found)
        with CaptureQueriesContext(connection) as asked:
            trading.take_over_logins(Act.system(), found, rows=rows, seen=seen)
        assert found.rows.filter(status="done").count() == many
        return len(asked)

    assert cost(0, 2) == cost(100, 20)


def shown(login: int, group: str, balance: Decimal) -> Standing:
    """A login as a platform shows it."""
    account = PlatformAccount(
        login=login, group=group, name="", leverage=100, enabled=True, trading=Right.FULL,
        balance=balance, credit=Decimal(0), client_code="", comment="", registered_at=None,
        last_seen_at=None, raw={},
    )  # fmt: skip
    return Standing(account, 0, steady=True)


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
