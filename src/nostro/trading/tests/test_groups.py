"""Groups of a platform: those its names explain, those a person does, and what is set right."""

from decimal import Decimal
from typing import Any

import pytest

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.kit.money import Currency
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import ports
from nostro.trading.models import Group, Platform
from nostro.trading.tests import make as trading_make
from tests import make

pytestmark = pytest.mark.django_db
ODD = r"vip\gold & silver"


@pytest.fixture
def platform() -> Platform:
    made = trading_make.platform()
    names = {r"real\SC-USD-Standard": "USD", ODD: "EUR", r"managers\dealers": "USD"}
    groups = [
        ports.Group(name, Currency(currency), Decimal(50), Decimal(30), True, {})
        for name, currency in names.items()
    ]
    trading.read_catalogue(Act.system(), made, symbols=[], groups=groups)
    made.refresh_from_db()
    return made


def said(platform: Platform, **more: Any) -> Group:
    given: dict[str, Any] = {
        "path": ODD, "entity": make.entity("CY"), "currency": "EUR", "account_type": "Raw", **more,
    }  # fmt: skip
    return trading.add_group(Act.system(), platform, **given)


def test_groups_whose_names_say_nothing_are_shown_until_somebody_says_what_they_are(
    platform: Platform,
) -> None:
    assert platform.unmapped == {ODD: "EUR", r"managers\dealers": "USD"}
    assert [one.path for one in Group.objects.all()] == [r"real\SC-USD-Standard"]
    browser = make.browser(make.staff("trading.*", "people.entities"))
    page = f"/staff/trading/platforms/{platform.pk}/"
    shown = browser.get(page).text
    assert "Groups not mapped" in shown and "gold &amp; silver" in shown
    link = f"/staff/do/trading.add_group/{platform.pk}?path=vip%5Cgold+%26+silver&amp;currency=EUR"
    assert link in shown
    form = browser.get(link.replace("&amp;", "&")).text
    assert "gold &amp; silver" in form

    made = said(platform)

    assert (made.account_type, made.currency) == ("raw", "EUR")
    platform.refresh_from_db()
    assert platform.unmapped == {r"managers\dealers": "USD"}
    assert "gold &amp; silver" not in browser.get(page).text


def test_the_next_reading_forgets_a_group_that_is_known_or_gone(platform: Platform) -> None:
    said(platform)
    there = ports.Group(ODD, Currency("EUR"), Decimal(50), Decimal(30), True, {})
    trading.read_catalogue(Act.system(), platform, symbols=[], groups=[there])
    platform.refresh_from_db()
    assert platform.unmapped == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"path": " "}, "as the platform does"),
        ({"path": r"real\SC-USD-Standard"}, "known already"),
        ({"account_type": ""}, "Name the type"),
        ({"currency": "USD"}, "held in EUR on the platform"),
        ({"currency": "E"}, "not a currency code"),
        ({"path": "x" * 65}, "64 are kept"),
    ],
)
def test_a_group_that_cannot_be_is_refused_and_nothing_changes(
    platform: Platform, wrong: dict[str, str], sentence: str
) -> None:
    before = Record.objects.count()
    with pytest.raises(Problem, match=sentence):
        said(platform, **wrong)
    assert Record.objects.count() == before
    assert Group.objects.count() == 1


def test_a_group_is_corrected_and_its_page_asks_for_what_stands_there(platform: Platform) -> None:
    made = said(platform)
    browser = make.browser(make.staff("trading.*", "people.entities"))
    assert "Correct" in browser.get(f"/staff/trading/groups/{made.pk}/").text
    form = browser.get(f"/staff/do/trading.change_group/{made.pk}").text
    assert 'value="raw"' in form

    trading.change_group(
        Act.system(), made, entity=make.entity("SC"), account_type="Standard", swap_free=True,
        practice=False,
    )  # fmt: skip

    made.refresh_from_db()
    assert (made.entity.code, made.account_type, made.swap_free) == ("SC", "standard", True)
    told = Record.objects.get(name="trading.GroupChanged").data
    assert (told["was"], told["now"]) == ("CY raw", "SC standard, swap-free")


def test_a_group_with_accounts_stays_under_their_licence_and_with_their_kind_of_money(
    platform: Platform,
) -> None:
    account = trading_make.account(make.client("SC"), platform)
    group = account.group
    assert group is not None
    asked: dict[str, Any] = {"entity": group.entity, "account_type": group.account_type}
    before = Record.objects.count()
    for wrong, sentence in (
        ({"entity": make.entity("CY")}, "1 account in it is of another legal entity"),
        ({"practice": True}, "1 account in it is with real money"),
        ({}, "is that already"),
    ):
        with pytest.raises(Problem, match=sentence):
            trading.change_group(Act.system(), group, **{**asked, **wrong})
    assert Record.objects.count() == before
    group.refresh_from_db()
    assert (group.entity.code, group.practice) == ("SC", False)
