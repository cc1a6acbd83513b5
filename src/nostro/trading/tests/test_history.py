"""The trader room's history of an account: page by page, as a file, and a month's volume."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.test import Client as Browser

from nostro.core.acts import Act, now
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.ports import DealEntry
from nostro.trading.tests import make as trading_make
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(act: Act, settings: LazySettings) -> Client:
    settings.NOSTRO_REQUIRE_MFA = False
    return make.client("SC")


@pytest.fixture
def platform(act: Act) -> Platform:
    return trading_make.platform()


@pytest.fixture
def account(ada: Client, platform: Platform) -> TradingAccount:
    """Fifty-five trades closed, one a minute, the last just now."""
    made = trading_make.account(ada, platform)
    deals = [
        trading_make.deal(
            1000 + number, made.login or 0, entry=DealEntry.OUT, profit=Decimal(number),
            at=now() - timedelta(minutes=60 - number), position_price=Decimal("1.09000"),
        )
        for number in range(55)
    ]  # fmt: skip
    trading.record_deals(Act.system(), platform, deals=deals)
    return made


def test_history_is_read_to_its_end_page_by_page(ada: Client, account: TradingAccount) -> None:
    room: Browser = make.browser(ada)
    home = f"/room/accounts/{account.pk}/"
    assert f'href="{home}history/"' in room.get(home).content.decode()
    first = room.get(f"{home}history/").content.decode()
    assert first.count("EURUSD") == 50
    older = first.partition("?before=")[2].partition('"')[0]
    second = room.get(f"{home}history/?before={older}").content.decode()
    assert second.count("EURUSD") == 5
    assert "?before=" not in second
    for wrong in ("0", "x", "9" * 30):
        assert room.get(f"{home}history/?before={wrong}").status_code == 404


def test_all_of_it_is_one_file_and_nobody_elses(ada: Client, account: TradingAccount) -> None:
    answer = make.browser(ada).get(f"/room/accounts/{account.pk}/history/file/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 55
    assert Decimal(rows[-1]["Result"]) == 54
    assert rows[0]["Time, UTC"] < rows[-1]["Time, UTC"]
    other = make.browser(make.client("SC"))
    for page in ("history/", "history/file/"):
        assert other.get(f"/room/accounts/{account.pk}/{page}").status_code == 404


def test_a_months_volume_is_drawn_where_something_was_traded(
    ada: Client, account: TradingAccount, platform: Platform
) -> None:
    by_day = queries.lots_by_day(account, now() - timedelta(days=30))
    assert sum(by_day.values()) == Decimal("5.50")
    assert "Volume" in make.browser(ada).get(f"/room/accounts/{account.pk}/").content.decode()
    empty = trading_make.account(make.client("SC"), platform)
    assert queries.lots_by_day(empty, now() - timedelta(days=30)) == {}
