from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.queries import find
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.rules.models import Decision
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import OneTimeSecret, Platform, TradingAccount
from nostro.trading.operations import token_of
from nostro.trading.operations.accounts import (
    EnoughAccounts,
    NotOffered,
    NotYet,
    StillInUse,
    TooMuchLeverage,
)
from nostro.trading.operations.credentials import LinkUsed
from nostro.trading.reactions import lift_expired_restrictions
from nostro.trading.tests import make as trading_make
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


@pytest.fixture
def live(act: Act) -> Platform:
    """A platform that nothing answers behind, with one group a licence."""
    made = trading_make.platform()
    for code, currency in (("SC", "USD"), ("CY", "EUR"), ("UK", "GBP")):
        trading_make.group(made, code, currency)
    return made


@pytest.fixture
def ada(live: Platform) -> Client:
    return make.client("SC")


def asked(client: Client, **more: str) -> TradingAccount:
    given: dict[str, Any] = {"account_type": "standard", "currency": client.base_currency, **more}
    return trading.request_account(make.act_of(client), client, **given)


@pytest.mark.parametrize(
    ("code", "category", "leverage"),
    [
        ("CY", "retail", 30),
        ("CY", "professional", 100),
        ("UK", "retail", 30),
        ("SC", "retail", 500),
    ],
)
def test_the_licence_and_the_category_give_group_and_leverage(
    live: Platform, code: str, category: str, leverage: int
) -> None:
    client = make.client(code)
    if category == "professional":
        people_category(client, category)

    account = asked(client)

    currency = {"CY": "EUR", "UK": "GBP", "SC": "USD"}[code]
    assert account.status == Status.OPENING
    assert (str(account.group), account.leverage) == (rf"real\{code}-{currency}-Standard", leverage)
    assert Decision.objects.get(pk=account.decision or 0).point == "trading.provision"


def people_category(client: Client, category: str) -> None:
    from nostro.core.guard import acting_as_system

    with acting_as_system("a test's client is a professional"):
        Client.objects.filter(pk=client.pk).update(category=category)
    client.refresh_from_db()


def test_an_account_no_rule_places_waits_for_a_person_with_the_reason(ada: Client) -> None:
    people.set_risk(Act.system(), ada, risk="high", score=80)

    account = asked(ada)

    assert account.status == Status.REQUESTED
    assert "high" in account.reason.lower()
    assert account.due_at is not None
    assert Record.objects.filter(name="trading.AccountHeld", subject_id=account.pk).exists()


def test_a_group_that_no_platform_has_is_left_to_a_person(live: Platform) -> None:
    client = make.client("SC", currency="EUR")

    account = trading.request_account(Act.system(), client, account_type="standard", currency="EUR")

    assert account.status == Status.REQUESTED
    assert "no live platform has it" in account.reason


def test_a_client_cannot_ask_for_what_is_not_offered(ada: Client) -> None:
    records = Record.objects.count()

    with pytest.raises(NotOffered, match="standard accounts in PLN"):
        asked(ada, currency="PLN")

    assert (TradingAccount.objects.count(), Record.objects.count()) == (0, records)


def test_nobody_opens_accounts_before_the_documents_are_approved(live: Platform) -> None:
    client = make.client("SC", active=False)

    with pytest.raises(NotYet):
        asked(client)

    assert not TradingAccount.objects.exists()


def test_the_rules_say_how_many_accounts_are_enough(ada: Client) -> None:
    for _ in range(5):
        asked(ada)
    records = Record.objects.count()

    with pytest.raises(EnoughAccounts, match="5 trading accounts"):
        asked(ada)

    assert (TradingAccount.objects.count(), Record.objects.count()) == (5, records)


def test_a_person_opens_what_the_rules_left_over(ada: Client, live: Platform) -> None:
    people.set_risk(Act.system(), ada, risk="high", score=80)
    account = asked(ada)
    dealer = make.staff("trading.*")
    group = trading_make.group(live)

    call(make.act_of(dealer), trading.approve_account, account.pk,
         {"group": group.pk, "leverage": 100})  # fmt: skip

    account.refresh_from_db()
    assert (account.status, account.leverage, account.reason) == (Status.OPENING, 100, "")
    placed = queries.placed_by(account)
    assert placed is not None and placed.actor_id == dealer.pk
    url = f"/staff/trading/accounts/{account.pk}/"
    page = make.browser(make.staff("trading.*", "people.*")).get(url).content.decode()
    assert f"by {dealer.name}, as" in page and "left it to a person" in page


@pytest.mark.parametrize(("leverage", "problem"), [(0, TooMuchLeverage), (501, TooMuchLeverage)])
def test_nobody_opens_with_more_leverage_than_the_cap(
    ada: Client, live: Platform, leverage: int, problem: type[Problem]
) -> None:
    people.set_risk(Act.system(), ada, risk="high", score=80)
    account = asked(ada)
    records = Record.objects.count()

    with pytest.raises(problem):
        trading.approve_account(
            Act.system(), account, group=trading_make.group(live), leverage=leverage
        )

    account.refresh_from_db()
    assert (account.status, Record.objects.count()) == (Status.REQUESTED, records)


def test_an_account_is_not_opened_in_another_licences_group(ada: Client, live: Platform) -> None:
    people.set_risk(Act.system(), ada, risk="high", score=80)
    account = asked(ada)

    with pytest.raises(NotOffered):
        trading.approve_account(
            Act.system(), account, group=trading_make.group(live, "CY", "EUR"), leverage=30
        )

    account.refresh_from_db()
    assert account.status == Status.REQUESTED


def test_a_refusal_needs_its_reason(ada: Client) -> None:
    people.set_risk(Act.system(), ada, risk="high", score=80)
    account = asked(ada)

    with pytest.raises(Problem, match="Say why"):
        trading.refuse_account(Act.system(), account, reason="  ")
    trading.refuse_account(Act.system(), account, reason="No wealth shown.")

    account.refresh_from_db()
    assert (account.status, account.reason) == (Status.REFUSED, "No wealth shown.")


def test_credentials_open_once_and_for_their_owner_alone(ada: Client, live: Platform) -> None:
    account = trading_make.account(ada, live)
    secret = OneTimeSecret.objects.get(account=account)
    token = token_of(secret)
    stranger = make.client("SC")

    with pytest.raises(NotFound):
        find(make.act_of(stranger), OneTimeSecret, secret.pk)
    with pytest.raises(Forbidden):
        trading.view_credentials(Act.system(), secret, token=token)
    with pytest.raises(NotFound):
        trading.view_credentials(make.act_of(ada), secret, token="guessed")
    shown = trading.view_credentials(make.act_of(ada), secret, token=token)
    with pytest.raises(LinkUsed):
        trading.view_credentials(make.act_of(ada), secret, token=token)

    assert shown.main.get_secret_value() == "Main-pass1"
    assert shown.login == account.login
    secret.refresh_from_db()
    assert secret.sealed == ""


def test_a_link_to_credentials_expires_after_three_days(ada: Client, live: Platform) -> None:
    account = trading_make.account(ada, live)
    secret = OneTimeSecret.objects.get(account=account)

    with clock_at(now() + timedelta(hours=73)), pytest.raises(LinkUsed):
        trading.view_credentials(make.act_of(ada), secret, token=token_of(secret))

    secret.refresh_from_db()
    assert secret.opened_at is None


def test_neither_log_nor_database_holds_a_password_or_token(ada: Client, live: Platform) -> None:
    account = trading_make.account(ada, live)
    secret = OneTimeSecret.objects.get(account=account)
    act = make.act_of(ada, key="once")

    trading.view_credentials(act, secret, token=token_of(secret))

    from nostro.core.models import ActRow

    kept = [str(row.data) for row in Record.objects.all()]
    kept += [str(row.answer) for row in ActRow.objects.all()]
    kept += [secret.sealed, secret.token_hash, secret.salt]
    for word in ("Main-pass1", "Look-only1", token_of(secret)):
        assert not [one for one in kept if word in one]


def test_leverage_stays_within_the_cap_and_never_falls_under_open_trades(
    ada: Client, live: Platform
) -> None:
    account = trading_make.account(ada, live)
    act = make.act_of(make.staff("trading.*"))

    with pytest.raises(TooMuchLeverage):
        trading.change_leverage(act, account, leverage=501)
    with pytest.raises(Problem, match="already"):
        trading.change_leverage(act, account, leverage=500)
    trading.change_leverage(act, account, leverage=100)

    account.refresh_from_db()
    assert account.leverage == 500
    assert Record.objects.filter(name="trading.LeverageAsked").count() == 1


def test_a_restriction_ends_by_itself(ada: Client, live: Platform) -> None:
    account = trading_make.account(ada, live)
    trading.restrict_account(
        Act.system(), account, reason="Source of funds", until=now() + timedelta(hours=1)
    )

    lift_expired_restrictions(Act.system())
    account.refresh_from_db()
    assert account.status == Status.CLOSE_ONLY
    later = now() + timedelta(hours=2)
    with clock_at(later):
        lift_expired_restrictions(Act.system())

    account.refresh_from_db()
    assert (account.status, account.restricted_until) == (Status.OPEN, None)


def test_an_account_with_money_on_it_is_not_closed(ada: Client, live: Platform) -> None:
    account = trading_make.account(ada, live)
    from nostro.core.guard import acting_as_system

    with acting_as_system("a test's account holds money"):
        TradingAccount.objects.filter(pk=account.pk).update(balance=5)

    with pytest.raises(StillInUse):
        trading.close_account(Act.system(), account, reason="Asked by the client")

    account.refresh_from_db()
    assert account.status == Status.OPEN


def test_only_what_failed_or_takes_long_is_tried_again(ada: Client) -> None:
    account = asked(ada)
    records = Record.objects.count()

    with pytest.raises(WrongState):
        trading.retry_opening(Act.system(), account)

    account.refresh_from_db()
    assert (account.status, Record.objects.count()) == (Status.OPENING, records)


def test_a_client_sees_their_own_accounts_and_nobody_elses(ada: Client, live: Platform) -> None:
    account = trading_make.account(ada, live)
    stranger = make.act_of(make.client("SC"))
    abroad = make.act_of(make.staff("trading.*", entities=["CY"]))

    for act in (stranger, abroad):
        assert not queries.accounts(act).exists()
        assert not queries.secrets(act).exists()
        for pk in (account.pk, 10**9):
            with pytest.raises(NotFound):
                find(act, TradingAccount, pk)
            with pytest.raises(NotFound):
                call(act, trading.ask_leverage, pk, {"leverage": 10})
    with pytest.raises(Forbidden):
        queries.platforms(stranger)

    assert [one.pk for one in queries.accounts(make.act_of(ada))] == [account.pk]


def test_registration_gets_no_account_before_the_level_allows_one(live: Platform) -> None:
    client = make.client("SC", active=False)
    people.activate_client(Act.system(), client, reason="approved")
    drain()
    assert not TradingAccount.objects.exists()

    people.set_level(Act.system(), client, level=2, reason="approved")
    drain()

    assert TradingAccount.objects.filter(client=client).count() == 1


def test_who_registers_picks_an_account_type_that_the_brand_offers(live: Platform) -> None:
    caches["memory"].clear()
    make.brand("SC")
    who = {
        "first_name": "Ada", "last_name": "Byron", "country": "ZA", "email": "ada@example.com",
        "password": "long enough a word",
    }  # fmt: skip
    assert "Account you want" not in Browser().get("/register").content.decode()  # only one kind
    trading_make.group(live, "SC", kind="raw")
    page = Browser().get("/register").content.decode()
    assert "Raw: spreads as they come" in page
    assert Browser().post("/register", who | {"account_type": "gold"}).status_code == 422
    assert not Client.objects.filter(email="ada@example.com").exists()
    assert Browser().post("/register", who | {"account_type": "raw"}).status_code == 302
    assert Client.objects.get(email="ada@example.com").account_type == "raw"


def test_staff_cannot_open_what_is_not_offered(ada: Client) -> None:
    colleague = make.act_of(make.staff("trading.*"))
    before = Record.objects.count()
    for kind, currency in (("foo", "USD"), ("standard", "DOGE")):
        with pytest.raises(NotOffered):
            trading.request_account(colleague, ada, account_type=kind, currency=currency)
    assert Record.objects.count() == before
