"""Practice accounts by the rules: who may have one, and what they are kept apart from."""

from decimal import Decimal
from typing import Any

import pytest

from nostro.core.acts import Act, now
from nostro.core.doors import call
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit import Lots
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import ports, queries
from nostro.trading.instruments import group_parts
from nostro.trading.models import (
    Group,
    Platform,
    TradingAccount,
)
from nostro.trading.operations.accounts import EnoughAccounts, NotOffered, NotYet, StillInUse
from nostro.trading.operations.practice import NotForPractice
from nostro.trading.tests import make as trading_make
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status
TEN = Decimal(10_000)


@pytest.fixture
def nowhere(act: Act) -> Platform:
    """A platform that nothing answers behind, with a group for practice."""
    made = trading_make.platform()
    trading_make.group(made)
    trading.add_group(
        Act.system(), made, path=r"demo\SC-USD-Standard", entity=make.entity("SC"), currency="USD",
        account_type="standard", practice=True,
    )  # fmt: skip
    return made


def test_groups_for_practice_are_known_by_their_names() -> None:
    assert group_parts(r"demo\SC-USD-Standard") != group_parts(r"real\SC-USD-Standard")
    for path in (r"demo\SC-USD-Standard", "d-SC-USD-Stan"):
        found = group_parts(path)
        assert found is not None
        assert found.practice


@pytest.mark.parametrize(
    ("more", "problem", "said"),
    [
        ({"balance": Decimal(99)}, Problem, "begins with 100 to 100,000 USD"),
        ({"balance": Decimal(100_001)}, Problem, "begins with 100 to 100,000 USD"),
        ({"account_type": "raw"}, NotOffered, "We do not offer raw practice accounts in USD"),
        ({"currency": "PLN"}, NotOffered, "We do not offer standard practice accounts in PLN"),
    ],
)
def test_a_wish_that_does_not_fit_opens_nothing(
    nowhere: Platform, more: dict[str, Any], problem: type[Problem], said: str
) -> None:
    grace = trading_make.newcomer()
    records = Record.objects.count()

    with pytest.raises(problem, match=said):
        trading_make.practice(grace, **more)

    assert not TradingAccount.objects.exists()
    assert Record.objects.count() == records


def test_an_address_is_confirmed_before_anybody_practises(nowhere: Platform) -> None:
    grace = trading_make.newcomer(confirmed=False)

    assert queries.practice_offers(grace) == []
    with pytest.raises(NotYet, match="Confirm your e-mail address first"):
        trading_make.practice(grace)
    assert not TradingAccount.objects.exists()


def test_three_practice_accounts_are_the_most_and_count_as_no_others(nowhere: Platform) -> None:
    ada = make.client("SC")
    for _ in range(3):
        trading_make.practice(ada)

    with pytest.raises(EnoughAccounts, match="3 practice accounts are the most"):
        trading_make.practice(ada)

    for _ in range(5):
        trading.request_account(make.act_of(ada), ada, account_type="standard", currency="USD")
    assert TradingAccount.objects.filter(client=ada, practice=False).count() == 5


def test_a_practice_account_does_not_stand_in_for_the_first_one(nowhere: Platform) -> None:
    grace = trading_make.newcomer()
    trading_make.practice(grace)

    people.activate_client(Act.system(), grace, reason="documents approved")
    people.set_level(Act.system(), grace, level=2, reason="documents approved")
    drain()

    assert TradingAccount.objects.filter(client=grace, practice=False).count() == 1


def test_real_and_virtual_money_are_never_kept_in_one_group(nowhere: Platform) -> None:
    real = trading_make.account(make.client("SC"), nowhere)
    demo = Group.objects.get(practice=True)
    staff = make.act_of(make.staff("trading.*"))
    records = Record.objects.count()

    with pytest.raises(NotOffered, match="is for practice"):
        trading.move_account(staff, real, group=demo, reason="a mistake")

    real.refresh_from_db()
    assert real.group != demo
    assert Record.objects.count() == records


def opened_nowhere(client: Client) -> TradingAccount:
    made = trading_make.practice(client)
    return trading.account_opened(
        Act.system(), made, login=990_001, main="Main-pass1", investor="Look-only1"
    )


def test_what_belongs_to_real_money_is_refused_for_virtual(nowhere: Platform) -> None:
    grace = trading_make.newcomer()
    made, staff = opened_nowhere(grace), make.act_of(make.staff("trading.*"))
    other = trading_make.platform(slug="other")
    target = trading_make.group(other)
    records = Record.objects.count()

    with pytest.raises(WrongState, match="end practice on it instead"):
        trading.close_account(staff, made, reason="done")
    with pytest.raises(NotOffered, match="virtual money is not carried over"):
        trading.migrate_account(staff, made, group=target, reason="another server")
    with pytest.raises(NotOffered, match="Open another practice account"):
        trading.change_account_type(make.act_of(grace), made, account_type="raw")

    made.refresh_from_db()
    assert made.status == Status.OPEN
    assert Record.objects.count() == records


def test_only_practice_is_topped_up_and_ended_so(nowhere: Platform) -> None:
    ada = make.client("SC")
    real = trading_make.account(ada, nowhere)
    records = Record.objects.count()

    with pytest.raises(NotForPractice, match="holds real money"):
        trading.top_up_practice(make.act_of(ada), real, amount=TEN)
    with pytest.raises(NotForPractice, match="holds real money"):
        trading.end_practice(make.act_of(ada), real)

    real.refresh_from_db()
    assert (real.status, Record.objects.count()) == (Status.OPEN, records)


def test_an_open_trade_keeps_a_practice_account_from_its_end(nowhere: Platform) -> None:
    grace = trading_make.newcomer()
    made = opened_nowhere(grace)
    held = ports.Position(
        ticket=1, login=made.login or 0, symbol="EURUSD", side=ports.Side.BUY,
        lots=Lots("0.1"), contract_size=Decimal(100_000), open_price=Decimal("1.1"),
        current_price=Decimal("1.1"), profit=Decimal(0), swap=Decimal(0), profit_rate=Decimal(1),
        opened_at=now(), comment="", raw={},
    )  # fmt: skip
    trading.record_positions(Act.system(), nowhere, positions=[held])

    with pytest.raises(StillInUse, match="Close the open trades"):
        trading.end_practice(make.act_of(grace), made)

    made.refresh_from_db()
    assert made.status == Status.OPEN


def test_another_client_neither_tops_up_nor_ends_it(nowhere: Platform) -> None:
    made = opened_nowhere(trading_make.newcomer())
    other = make.act_of(trading_make.newcomer())
    for wanted, inputs in ((trading.top_up_practice, {"amount": "5"}), (trading.end_practice, {})):
        with pytest.raises(NotFound):
            call(other, wanted, made.pk, inputs)
    made.refresh_from_db()
    assert made.status == Status.OPEN


def test_who_left_us_does_not_practise(nowhere: Platform) -> None:
    ada = make.client("SC")
    people.close_client(Act.system(), ada, reason="moved away")

    with pytest.raises(Forbidden, match="no practice account"):
        trading.request_practice(
            Act.system(), ada, account_type="standard", currency="USD", balance=TEN
        )
    assert not TradingAccount.objects.exists()
