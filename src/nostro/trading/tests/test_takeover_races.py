"""Takeovers while somebody compares again: nothing else is agreed to, and no portion ends them."""

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act
from nostro.core.approvals import agree_to_proposal
from nostro.core.doors import call
from nostro.core.jobs import drain
from nostro.core.states import WrongState
from nostro.people.models import Client
from nostro.people.operations.agreed import BegunAgain
from nostro.trading import operations as trading
from nostro.trading.models import Platform, Takeover, TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.tests.make import recorded
from nostro.trading.tests.test_takeover import carried_out, compared, holder, stands, two
from tests import make

if TYPE_CHECKING:
    from nostro.people.models import Staff

__all__ = ["holder", "two"]
pytestmark = pytest.mark.django_db


def test_what_was_compared_again_after_it_was_proposed_is_proposed_anew(
    platform: Platform, holder: Client, two: "tuple[Staff, Staff]"
) -> None:
    maker, other = two
    login = stands(platform, "900.00 USD")
    takeover = compared(platform, f"{login},{holder.number}", by=make.act_of(maker))
    old = call(make.act_of(maker), trading.start_takeover, takeover, {})
    trading.compare_takeover(make.act_of(maker), takeover)
    with pytest.raises(WrongState, match="is being compared"):
        call(make.act_of(maker), trading.start_takeover, takeover, {})
    drain()

    with pytest.raises(WrongState, match="Propose it anew"):
        agree_to_proposal(make.act_of(other), old)
    drain()
    assert not TradingAccount.objects.exists()
    takeover.refresh_from_db()
    agree_to_proposal(
        make.act_of(other), call(make.act_of(maker), trading.start_takeover, takeover, {})
    )
    drain()
    assert TradingAccount.objects.get().login == login


def test_a_portion_of_what_is_compared_again_takes_nothing_over_and_ends_nothing(
    platform: Platform, holder: Client
) -> None:
    login = stands(platform, "900.00 USD")
    takeover = compared(platform, f"{login},{holder.number}")
    old = list(takeover.rows.values_list("pk", flat=True))
    trading.start_takeover(Act.system(), takeover)
    trading.compare_takeover(Act.system(), takeover)

    with pytest.raises(BegunAgain, match="is being compared"):
        trading.take_over_logins(Act.system(), takeover, rows=old, seen={})
    with pytest.raises(BegunAgain, match="is being compared"):
        trading.interrupt_takeover(Act.system(), takeover, reason="Too late")
    with pytest.raises(BegunAgain, match="listed anew"):
        trading.compare_logins(Act.system(), takeover, rows=old, seen={})
    drain()
    takeover.refresh_from_db()
    with pytest.raises(BegunAgain, match="is ready"):
        trading.compare_logins(Act.system(), takeover, rows=old, seen={})
    with pytest.raises(BegunAgain, match="is ready"):
        trading.list_logins(Act.system(), takeover, found=[login])
    trading.start_takeover(Act.system(), takeover)
    with pytest.raises(BegunAgain, match="listed anew"):
        trading.take_over_logins(Act.system(), takeover, rows=old, seen={})
    drain()

    takeover.refresh_from_db()
    assert (takeover.status, TradingAccount.objects.get().login) == ("done", login)


def test_comparing_again_while_the_platform_is_asked_ends_the_portion_quietly(
    platform: Platform, holder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = stands(platform, "900.00 USD")
    takeover = compared(platform, f"{login},{holder.number}")
    line = PLATFORMS.take(platform.slug)
    clock = line.server_time

    def meanwhile() -> datetime:
        """The platform is slow, and a colleague presses “Compare again”."""
        monkeypatch.undo()
        trading.compare_takeover(Act.system(), Takeover.objects.get())
        return clock()

    monkeypatch.setattr(line, "server_time", meanwhile)
    carried_out(takeover)

    assert takeover.status == "ready"
    assert [one.status for one in takeover.rows.all()] == ["planned"]
    assert not TradingAccount.objects.exists()
    assert not recorded("LoginsTakenOver")
