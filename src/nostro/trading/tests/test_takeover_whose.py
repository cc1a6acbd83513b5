"""Whose a login is: a reference that means two clients, or none, gives it to nobody."""

from typing import Any

import pytest

from nostro.core.acts import Act
from nostro.core.guard import acting_as_system
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.people.operations.clients import BadDetail
from nostro.trading.models import Platform
from nostro.trading.tests.test_takeover import compared, holder, newcomer, said, stands
from tests import make

__all__ = ["holder"]
pytestmark = pytest.mark.django_db
OF_TWO = "is one client’s number with us and another’s elsewhere."


@pytest.mark.parametrize("number", ["C-20418", "c-3", "eve@example.com"])
def test_a_number_that_reads_like_ours_or_like_an_address_is_nobodys_elsewhere(
    number: str, holder: Client
) -> None:
    with pytest.raises(BadDetail, match="reads like one of ours"):
        people.set_external_number(Act.system(), holder, number=number)
    holder.refresh_from_db()
    assert holder.external_number == ""


def test_a_reference_that_means_two_clients_is_refused(platform: Platform, holder: Client) -> None:
    eve, bob = newcomer("eve@example.com"), newcomer("bob@example.com")
    by_number, by_address = stands(platform), stands(platform)
    with acting_as_system("numbers that were set before any of these was refused"):
        Client.objects.filter(pk=eve.pk).update(external_number=holder.number)
        Client.objects.filter(pk=bob.pk).update(external_number=holder.email)

    takeover = compared(platform, f"{by_number},{holder.number}", f"{by_address},{holder.email}")

    assert said(takeover) == [
        (by_number, "refused", f"{holder.number} {OF_TWO}"),
        (by_address, "refused",
         "This is one client’s e-mail address and another’s number elsewhere."),
    ]  # fmt: skip


def test_without_a_file_a_number_of_two_clients_and_one_of_nobody_seen_give_it_to_nobody(
    platform: Platform, holder: Client
) -> None:
    eve, british = newcomer("eve@example.com"), newcomer("bob@example.com", "UK")
    of_two = stands(platform, client_code=holder.number, email=holder.email)
    unseen = stands(platform, client_code=british.number, email=holder.email)
    elsewhere = stands(platform, client_code="4711", email=holder.email)
    with acting_as_system("a number that was set before it was refused"):
        Client.objects.filter(pk=eve.pk).update(external_number=holder.number)
    colleague = make.staff("trading.*", "people.*", entities=["SC"])

    rows = {one[0]: one[1:] for one in said(compared(platform, by=make.act_of(colleague)))}

    assert rows[of_two] == ("left", f"{holder.number} {OF_TWO}")
    assert rows[unseen] == (
        "left", f"The platform keeps {british.number}, and there is no such client, or none you "
        "may see. Say in a file whose it is.",
    )  # fmt: skip
    assert rows[elsewhere] == ("planned", "")


def test_what_the_file_calls_whom_nobody_found_is_dotted_out_where_addresses_are(
    platform: Platform, settings: Any
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    address, number = stands(platform), stands(platform)
    compared(platform, f"{address},nobody@example.com", f"{number},M-4711")
    place = "/staff/trading/takeover-rows/?view=refused"

    browser = make.browser(make.staff("*"))
    dotted = browser.get(place).text
    told = browser.get("/api/v1/trading/takeover_rows").text
    shown = make.browser(make.staff("*", unmasked=["people.client.*"])).get(place).text

    assert "nobody@example.com" not in dotted
    assert "n•••@•••.com" in dotted
    assert "nobody@example.com" in shown
    assert "M-4711" in dotted
    assert (str(address) in told, "nobody@example.com" in told) == (True, False)
