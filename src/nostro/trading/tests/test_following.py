"""One follower that lives, as a worker has it: what fails once is asked for again, and what cannot
be read is named and keeps nothing else from being read.
"""

from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Retry
from nostro.trading.models import Platform, PlatformSymbol, SyncCursor
from nostro.trading.staff.platforms import unread
from nostro.trading.sync import Follower
from nostro.trading.sync.following import CATALOGUE
from nostro.trading.tests import make as trading_make
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db


def quoted() -> int:
    return PlatformSymbol.objects.filter(bid__isnull=False).count()


def test_a_list_that_failed_at_the_first_look_is_asked_for_at_the_next(
    act: Act, server: "Server"
) -> None:
    platform = trading_make.platform(server.settings)
    follower = Follower(platform)
    server.misbehave("drop_before_acting", "SYMBOL_TOTAL")

    with pytest.raises(Retry):
        follower.look()
    assert not PlatformSymbol.objects.exists()
    follower.look()

    assert quoted() == len(follower.symbols) == 14


def test_symbols_that_are_known_are_quoted_while_their_list_fails(
    server: "Server", platform: Platform
) -> None:
    follower = Follower(platform)
    server.misbehave("drop_before_acting", "SYMBOL_TOTAL")

    follower.look()

    assert quoted() == 14
    assert SyncCursor.objects.filter(platform=platform).exists()
    assert CATALOGUE in unread(platform)
    follower.due["catalogue"] = 0.0
    follower.look()
    platform.refresh_from_db()
    assert not platform.unread


@pytest.mark.parametrize(
    ("what", "command"),
    [("recheck 3600.0", "USER_ACCOUNT_GET_BATCH"), ("days", "DAILY_GET_LIGHT")],
)
def test_what_is_done_every_so_often_is_due_until_it_succeeds(
    server: "Server", platform: Platform, what: str, command: str
) -> None:
    make.client("SC")
    drain()
    follower = Follower(platform)
    follower.look()
    follower.due |= {"states": float("inf"), "recheck 60.0": float("inf"), what: 0.0}
    server.misbehave("drop_before_acting", command)

    with pytest.raises(Retry):
        follower.look()
    assert follower._is_due(what)
    follower.look()

    assert not follower._is_due(what)


def test_a_group_that_cannot_be_read_is_left_out_and_named(
    server: "Server", platform: Platform
) -> None:
    follower = Follower(platform)
    server.control("/misbehave", what="drop_before_acting", command="GROUP_NEXT", times=2)

    follower.look()

    platform.refresh_from_db()
    assert [name.partition(" of ")[0] for name in platform.unread] == ["group 1"]
    assert "group 1 of" in unread(platform)
    assert Record.objects.filter(name="trading.RecordsSetAside").count() == 1
    follower.look()
    assert Record.objects.filter(name="trading.RecordsSetAside").count() == 1
