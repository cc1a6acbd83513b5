"""Books closed by two people after a checklist; exchange positions valued; holds let go."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.models import Proposal, Record
from nostro.kit.money import Money, Rate
from nostro.kit.problems import Forbidden
from nostro.ledger import chart, operations, queries
from nostro.ledger.models import Entry, Exchange, LedgerAccount, Period, Revaluation
from nostro.ledger.queries import HouseRates, closing
from nostro.ledger.reactions import revalue_yesterday
from nostro.ledger.tests.make import deposit, held
from tests import make

pytestmark = pytest.mark.django_db
TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> dict[str, Decimal]:
    """Somebody above who knows prices."""
    mids = {"EUR": Decimal("1.10")}

    def known(at: datetime) -> HouseRates:
        missing = {code: "nobody quotes it" for code in ("EUR", "GBP") if code not in mids}
        return HouseRates("USD", mids, "A test", at, missing)

    monkeypatch.setattr(closing, "CHECKS", [])
    monkeypatch.setattr("nostro.ledger.queries.exchange.HOUSE_RATES", [known])
    return mids


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def wallet(client: Any, code: str = "USD") -> LedgerAccount:
    return LedgerAccount.objects.get(path=chart.client_wallet(client.pk).path, asset_id=code)


def exchanged(client: int, money: str) -> None:
    """Euros into dollars at 1.10, without a spread."""
    quote = operations.quote_rate(
        Act.system(), sells="EUR", buys="USD", mid=Rate("1.10"), source="tests", client_id=client
    )
    operations.exchange_in_wallet(Act.system(), quote, money=Money.of(money))


# ── Periods ──


def close(browser: Browser, through: str, note: str = "", entity: str = "") -> Any:
    form = {"through": through, "note": note, "entity": entity}
    return browser.post("/staff/ledger/periods/", form)


def test_a_period_is_closed_by_two_people_and_opened_by_two(ada: Any, browser: Browser) -> None:
    with clock_at(TODAY):
        assert close(browser, "2026-10-31", "All is named.").status_code == 302
        assert not Period.objects.exists()
        assert "to 2026-10-31" in text(browser.get("/staff/ledger/periods/"))
        second = make.act_of(make.staff("ledger.*", "core.*"))
        from nostro.core.approvals import agree_to_proposal

        agree_to_proposal(second, Proposal.objects.get())
        period = Period.objects.get()
        browser.post(f"/staff/do/ledger.reopen_period/{period.pk}", {"reason": "A late invoice."})
        period.refresh_from_db()
        assert period.reopened_at is None
        agree_to_proposal(second, Proposal.objects.get(operation="ledger.reopen_period"))
        period.refresh_from_db()
        assert period.reopened_at is not None


@pytest.mark.parametrize(
    ("through", "sentence"), [("2026-11-20", "once it is over"), ("2027-01-31", "once it is over"),
                              ("2026-08-31", "already")],
)  # fmt: skip
def test_days_that_cannot_be_closed_are_not_even_proposed(
    browser: Browser, through: str, sentence: str
) -> None:
    with clock_at(TODAY):
        operations.close_period(Act.system(), through=date(2026, 9, 30))
        answer = close(browser, through, "Please.")
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not Proposal.objects.exists()
    assert Period.objects.count() == 1


def test_open_points_are_named_or_nothing_is_closed(browser: Browser) -> None:
    with clock_at(TODAY.replace(month=10)):
        deposit(1, "50.00 EUR")
        held(1, 2, "10.00 EUR")
    with clock_at(TODAY):
        found = queries.checks(Act.system(), queries.Closing(date(2026, 10, 31)))
        said = [one.text for one in queries.unmet(found)]
        assert "No hold is older than the end of the period" in said
        assert close(browser, "2026-10-31").status_code == 422
        assert not Proposal.objects.exists()
        colleague = make.act_of(make.staff("ledger.*"))
        with pytest.raises(operations.OpenPoints):
            operations.close_period(colleague, through=date(2026, 10, 31))
        made = operations.close_period(colleague, through=date(2026, 10, 31), note="One hold.")
    event = Record.objects.get(name="ledger.PeriodBooksClosed")
    assert event.data["note"] == "One hold."
    assert event.data["unmet"] == said
    assert Period.objects.get() == made


def test_another_door_refuses_at_the_first_step_and_names_every_open_point() -> None:
    with clock_at(TODAY.replace(month=10)):
        deposit(1, "50.00 EUR")
        held(1, 2, "10.00 EUR")
        operations.close_period(Act.system(), through=date(2026, 8, 31))
    with clock_at(TODAY):
        colleague = make.act_of(make.staff("ledger.*"))
        before = Record.objects.count()
        for raw, problem, sentence in (
            ({"through": "2026-10-31"}, operations.OpenPoints, "No hold is older"),
            ({"through": "2026-11-20", "note": "x"}, operations.TooEarlyToClose, "once it is"),
            ({"through": "2026-08-31", "note": "x"}, operations.PeriodClosed, "already"),
        ):
            with pytest.raises(problem, match=sentence):
                call(colleague, operations.close_period, None, raw)
        assert (Proposal.objects.count(), Record.objects.count()) == (0, before)
        said = {"through": "2026-10-31", "note": "One hold."}
        assert isinstance(call(colleague, operations.close_period, None, said), Proposal)


def test_a_room_above_adds_its_own_point(monkeypatch: pytest.MonkeyPatch, act: Act) -> None:
    asked: list[queries.Closing] = []

    def bank(act: Act, wanted: queries.Closing) -> list[queries.Check]:
        asked.append(wanted)
        return [queries.Check("The bank has spoken", "fail")]

    monkeypatch.setattr(closing, "CHECKS", [bank])
    wanted = queries.Closing(date(2026, 10, 31), 3)
    assert queries.checks(act, wanted)[0].text == "The bank has spoken"
    assert asked == [wanted]


def test_somebody_of_one_entity_closes_no_books_of_others(act: Act) -> None:
    mine, other = make.entity("UK"), make.entity("CY")
    colleague = make.act_of(make.staff("ledger.*", entities=["UK"]))
    with clock_at(TODAY):
        for entity in (None, other.pk):
            with pytest.raises(Forbidden):
                operations.close_period(
                    colleague, through=date(2026, 10, 31), entity_id=entity, note="Mine?"
                )
        assert not Period.objects.exists()
        operations.close_period(
            colleague, through=date(2026, 10, 31), entity_id=mine.pk, note="Mine."
        )
    assert Period.objects.get().entity_id == mine.pk


def test_somebody_of_one_entity_is_offered_their_own_books(act: Act) -> None:
    make.entity("CY")
    person = make.staff("ledger.*", "people.*", entities=["UK"])
    found = text(make.browser(person).get("/staff/ledger/periods/"))
    assert "Meridian Markets (UK) Ltd" in found
    assert "The whole firm</option>" not in found


# ── Exchange ──


def test_positions_gain_with_the_rate_and_are_valued_each_night(
    rates: dict[str, Decimal], browser: Browser
) -> None:
    with clock_at(TODAY):
        deposit(1, "100.00 EUR")
        exchanged(1, "100.00 EUR")
        assert queries.exchange_positions(Act.system()).unrealised == Money.of("0.00 USD")
        rates["EUR"] = Decimal("1.15")
        assert queries.exchange_positions(Act.system()).unrealised == Money.of("5.00 USD")
        assert "5.00" in text(browser.get("/staff/ledger/exchange/"))
    with clock_at(TODAY + timedelta(hours=12, minutes=10)):
        revalue_yesterday(Act.system())
        revalue_yesterday(Act.system())
        assert queries.exchange_positions(Act.system()).unrealised == Money.of("0.00 USD")
        assert "26.00" not in text(browser.get("/staff/ledger/exchange/"))
    made = Revaluation.objects.get()
    assert made.day == TODAY.date()
    assert Entry.objects.get(pk=made.entry_id or 0).value_date == TODAY.date()


def test_a_night_without_a_rate_is_skipped_and_says_why(
    rates: dict[str, Decimal], browser: Browser
) -> None:
    with clock_at(TODAY):
        deposit(1, "100.00 EUR")
        exchanged(1, "100.00 EUR")
    rates.clear()
    with clock_at(TODAY + timedelta(days=1)):
        revalue_yesterday(Act.system())
        assert not Revaluation.objects.exists()
        event = Record.objects.get(name="ledger.RevaluationSkipped")
        assert "EUR (nobody quotes it)" in event.data["reason"]
        assert "nobody quotes it" in text(browser.get("/staff/ledger/exchange/"))


def test_a_day_is_valued_by_hand_when_its_rates_are_known(rates: dict[str, Decimal]) -> None:
    deposit(1, "100.00 EUR")
    exchanged(1, "100.00 EUR")
    for day in (now().date() - timedelta(days=2), now().date() + timedelta(days=1)):
        with pytest.raises(Exception, match="today and yesterday"):
            operations.revalue_day(Act.system(), day=day)
    assert not Revaluation.objects.exists()
    operations.revalue_day(Act.system(), day=now().date())
    with pytest.raises(operations.AlreadyRevalued):
        operations.revalue_day(Act.system(), day=now().date() - timedelta(days=1))


def test_a_quote_for_nobody_exchanges_in_no_wallet() -> None:
    deposit(1, "100.00 EUR")
    quote = operations.quote_rate(
        Act.system(), sells="EUR", buys="USD", mid=Rate("1.1"), source="tests"
    )
    with pytest.raises(Exception, match="quoted for no client"):
        operations.exchange_in_wallet(Act.system(), quote, money=Money.of("1.00 EUR"))
    assert not Exchange.objects.exists()


def test_quotes_and_exchanges_are_lists_with_their_clients(ada: Any, browser: Browser) -> None:
    quote = operations.quote_rate(
        Act.system(), sells="USD", buys="EUR", mid=Rate("0.9"), source="A bank", client_id=ada.pk,
        spread=Decimal("0.01"),
    )  # fmt: skip
    operations.exchange_in_wallet(Act.system(), quote, money=Money.of("20.00 USD"))
    assert "A bank" in text(browser.get("/staff/ledger/quotes/"))
    found = text(browser.get("/staff/ledger/exchanges/"))
    assert "17.82" in found
    assert "Ada Lovelace" in found


# ── Holds ──


def test_a_hold_is_seen_with_its_clock_and_let_go(ada: Any, browser: Browser) -> None:
    other = make.client(currency="USD")
    make.funded(other, "10.00 USD")
    hold = operations.hold_money(
        Act.system(), wallet(ada), money=Money.of("20.00 USD"), to=wallet(other),
        reason="A dispute", expires_at=now() + timedelta(days=1),
    )  # fmt: skip
    assert "A dispute" in text(browser.get("/staff/ledger/holds/"))
    assert "Ada Lovelace · Wallet" in text(browser.get(f"/staff/ledger/holds/{hold.pk}/"))
    assert "20.00" in text(browser.get("/staff/ledger/entries/"))
    browser.post(f"/staff/do/ledger.release_hold/{hold.pk}", {"reason": "Settled."})
    assert not queries.holds(Act.system()).exists()
    assert browser.get(f"/staff/ledger/holds/{hold.pk}/").status_code == 404
