"""From every number down to its entries: by either clock, at any moment, of any legal entity."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.urls import get_resolver

from nostro.core.acts import Act, clock_at
from nostro.kit import Money
from nostro.ledger import queries
from nostro.ledger.models import Entry, Transfer
from nostro.ledger.operations import close_period
from nostro.ledger.queries import NO_ENTITY, Line, Moment
from nostro.ledger.reactions import roll_up
from nostro.ledger.staff.chart import FOLDS, moment_of
from nostro.ledger.staff.journal import entries as journal
from nostro.ledger.staff.narrowing import entries_url, statement_url
from nostro.ledger.staff.statements import days_of
from nostro.ledger.tests.make import post_things, posting, row
from tests import make

pytestmark = pytest.mark.django_db
NINTH = datetime(2026, 11, 9, 10, tzinfo=UTC)
MOMENTS = (
    Moment(),
    *[
        Moment(NINTH + timedelta(hours=hours), clock)
        for hours in (-200, 0, 2, 4, 20, 40)
        for clock in ("recorded", "effective")
    ],
)


@pytest.fixture
def lived(act: Act) -> tuple[int, int]:
    """Money of two legal entities and of none, several times a day and late, on shared accounts."""
    cypriot, british = make.entity("CY").pk, make.entity("UK").pk

    def came(hours: int, client: int, money: str, **more: Any) -> None:
        with clock_at(NINTH + timedelta(hours=hours)):
            post_things(Act.system(), postings=[posting(client, money, **more)])

    came(-48, 1, "10.00 EUR", entity_id=cypriot)
    roll_up()
    came(0, 1, "20.00 EUR", entity_id=cypriot)
    came(1, 2, "30.00 EUR", entity_id=british)
    came(3, 1, "40.00 EUR", entity_id=cypriot, effective_at=NINTH - timedelta(days=3))
    came(4, 3, "50.00 EUR")
    came(24, 2, "60.00 EUR", entity_id=british, effective_at=NINTH)
    roll_up()
    return cypriot, british


@pytest.fixture
def finance(act: Act) -> Act:
    """Somebody who sees the whole firm, and so what belongs to no legal entity."""
    get_resolver().url_patterns  # noqa: B018 - the rooms put their pages and names in place
    return make.act_of(make.staff("ledger.*", "people.*"))


def params_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def lines(moment: Moment, entity: int | None, *, whole: bool) -> list[Line]:
    return queries.chart_of_accounts(Act.system(), moment, whole=whole, entity_id=entity)


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_every_figure_leads_to_the_statement_that_closes_at_it(
    lived: tuple[int, int], finance: Act, moment: Moment
) -> None:
    for entity in (None, *lived, NO_ENTITY):
        for line in lines(moment, entity, whole=True):
            days = days_of(finance, params_of(statement_url(line.id, moment, entity)))
            found = queries.account_statement(finance, line.id, days=days)
            assert found.closing == line.balance
            assert sum((one.money for one in found.rows), found.opening) == line.balance
            first = queries.account_statement(finance, line.id, days=days, most=1)
            rest = queries.account_statement(finance, line.id, days=days, before=first.before)
            assert [one.balance for one in (*first.rows, *rest.rows)][: len(found.rows)] == [
                one.balance for one in found.rows
            ]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_folded_figure_leads_to_the_entries_that_make_it(
    lived: tuple[int, int], finance: Act, moment: Moment
) -> None:
    for entity in (None, *lived, NO_ENTITY):
        for line in lines(moment, entity, whole=False):
            if line.path not in FOLDS:
                continue
            asked = params_of(entries_url(line.path, line.asset, moment, entity))
            rows = journal.select(finance, asked).rows
            legs = Transfer.objects.filter(entry__in=rows, target__client_id__isnull=False)
            total = sum(Money.from_minor(int(one.units), "EUR").amount for one in legs)
            assert total == line.balance.amount


def test_a_statement_of_days_by_value_date_begins_with_what_counted_before(
    lived: tuple[int, int],
) -> None:
    act = Act.system()
    asked = {"since": "2026-11-07", "until": "2026-11-09", "clock": "effective"}
    found = queries.account_statement(act, row(1).pk, days=days_of(act, asked))
    assert (found.opening, found.closing) == (Money.of("40.00 EUR"), Money.of("70.00 EUR"))
    assert [str(one.money) for one in found.rows] == ["20.00 EUR", "10.00 EUR"]
    assert found.carried == found.opening


def test_the_chart_and_the_trial_balance_keep_their_moment_in_every_link(
    lived: tuple[int, int], browser: Browser
) -> None:
    wallet, clearing = row(1), row(0)
    then = "at=2026-11-09+12:30:00"
    known = "statement/?until=2026-11-09T12%3A30%3A00"
    chart = browser.get(f"/staff/ledger/chart/?{then}&client=1").content.decode()
    for account in (wallet, clearing):
        assert f"/staff/ledger/accounts/{account.pk}/{known}" in chart
    assert "account=client&amp;currency=EUR&amp;known_at=2026-11-09T12%3A30%3A00" in chart
    assert "at=2026-11-09T12%3A30%3A00&amp;clock=recorded" in chart

    trial = f"/staff/ledger/trial/?{then}&clock=effective&entity={lived[1]}"
    found = browser.get(trial).content.decode()
    counted = f"until=2026-11-09&amp;clock=effective&amp;entity={lived[1]}"
    assert f"/staff/ledger/accounts/{clearing.pk}/statement/?{counted}" in found
    assert f"currency=EUR&amp;value_date_to=2026-11-09&amp;entity={lived[1]}" in found

    page = f"/staff/ledger/accounts/{clearing.pk}/statement/?until=2026-11-09T12:30:00"
    found = browser.get(page).content.decode()
    assert "to 9 Nov 2026 12:30:00 UTC, as it was recorded" in found
    assert "−60.00" in found


def test_a_moment_is_the_same_wherever_its_clock_stands() -> None:
    asked = moment_of({"at": "2026-11-10T01:30:00+02:00"})
    assert asked.at == datetime(2026, 11, 9, 23, 30, tzinfo=UTC)
    assert "until=2026-11-09T23%3A30%3A00" in statement_url(1, asked)


@pytest.mark.parametrize("wrong", ["clock=sundial", "until=2026-11-09T99:00", "entity=999"])
def test_a_statement_of_nothing_known_is_refused(
    lived: tuple[int, int], browser: Browser, wrong: str
) -> None:
    url = f"/staff/ledger/accounts/{row(1).pk}/statement/?{wrong}"
    assert browser.get(url).status_code == 422


def test_another_entity_s_part_of_a_shared_account_is_not_asked_for(
    lived: tuple[int, int],
) -> None:
    british = make.act_of(make.staff("ledger.*", "people.*", entities=["UK"]))
    with pytest.raises(Exception, match="no such legal entity"):
        days_of(british, {"entity": str(lived[0])})
    with pytest.raises(Exception, match="no such legal entity"):
        days_of(british, {"entity": str(NO_ENTITY)})
    theirs = queries.Days(entity_id=lived[0])
    assert queries.account_statement(british, row(0).pk, days=theirs).rows == []


def test_a_fact_that_came_late_for_closed_books_is_found_by_the_day_it_counts_for(
    browser: Browser,
) -> None:
    with clock_at(NINTH):
        post_things(Act.system(), postings=[posting(1, "5.00 EUR")])
    with clock_at(NINTH + timedelta(days=3)):
        close_period(Act.system(), through=NINTH.date())
        late = posting(1, "7.00 EUR", effective_at=NINTH)
        (number,) = post_things(Act.system(), postings=[late])
    entry = Entry.objects.get(pk=number)
    day = entry.value_date.isoformat()
    assert day == "2026-11-10"
    found = browser.get(f"/staff/ledger/entries/?value_date_from={day}&value_date_to={day}")
    assert f"E-{number}<" in found.content.decode()
    assert "10 Nov 2026" in found.content.decode()
    before = browser.get("/staff/ledger/entries/?value_date_to=2026-11-09").content.decode()
    assert f"E-{number}<" not in before
    page = browser.get(f"/staff/ledger/entries/{number}/").content.decode()
    assert "Recorded 12 Nov 2026 10:00:00 UTC, counts for 10 Nov 2026" in page
