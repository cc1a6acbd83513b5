"""Who works for one legal entity sees what its entries made of accounts that several share."""

from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, now
from nostro.kit import Money
from nostro.kit.money import Rate
from nostro.kit.problems import Forbidden
from nostro.ledger import queries
from nostro.ledger.models import LedgerAccount, Quote
from nostro.ledger.operations import exchange, quote_rate, revalue_positions
from nostro.ledger.tests.make import deposit, moved, row
from nostro.ledger.tests.make import move as moving
from tests import make

pytestmark = pytest.mark.django_db
CLEARING = "provider/cardwell/clearing"


@pytest.fixture
def eve(ada: Any) -> Any:
    """A client in London, beside Ada, who is in Limassol."""
    client = make.client("UK", currency="USD")
    make.funded(client, "80.00 USD")
    return client


@pytest.fixture
def british(eve: Any) -> Any:
    return make.staff("ledger.*", "people.*", entities=["UK"])


@pytest.fixture
def london(british: Any) -> Browser:
    return make.browser(british)


def clearing() -> LedgerAccount:
    return LedgerAccount.objects.get(path=CLEARING, asset_id="USD")


def quoted(client: Any) -> Quote:
    return quote_rate(
        Act.system(), sells="EUR", buys="USD", mid=Rate("1.10"), spread=Rate("0.01"),
        source="tests", client_id=client.pk,
    )  # fmt: skip


def page(browser: Browser, url: str, status: int = 200) -> str:
    answer = browser.get(f"/staff/ledger/{url}")
    assert answer.status_code == status
    return str(answer.content.decode())


def test_a_shared_account_s_page_has_the_figures_of_its_statement(
    ada: Any, london: Browser
) -> None:
    account, act = clearing(), Act.system()
    assert queries.sums_seen(act, [account])[account.pk].balance == Money.of("-200.50 USD")
    found = page(london, f"accounts/{account.pk}/")
    assert "80.00" in found
    assert "200.50" not in found
    assert "by entries of your legal entities" in found


def test_the_list_of_accounts_has_no_balance_of_the_whole_firm(ada: Any, london: Browser) -> None:
    found = page(london, "accounts/?view=all&asset=USD")
    assert CLEARING in found
    assert "200.50" not in found
    everybody = make.browser(make.staff("ledger.*", "people.*"))
    assert "200.50" in page(everybody, "accounts/?view=all&asset=USD")


def test_sums_that_somebody_sees_are_those_of_the_statement(ada: Any, british: Any) -> None:
    act = make.act_of(british)
    for account in queries.accounts(act):
        sums = queries.sums_seen(act, [account])[account.pk]
        statement = queries.account_statement(act, account.pk)
        assert (sums.credits, sums.debits) == (statement.came, statement.went)


def test_quotes_are_those_of_the_entity_s_clients(
    ada: Any, eve: Any, british: Any, london: Browser
) -> None:
    theirs, ours = quoted(ada), quoted(eve)
    assert list(queries.quotes(make.act_of(british))) == [ours]
    found = page(london, "quotes/")
    assert f"Q-{ours.pk}" in found
    assert f"Q-{theirs.pk}" not in found
    assert f"/clients/{eve.pk}/" in found
    assert f"/clients/{ada.pk}/" not in found
    assert set(queries.quotes(Act.system())) == {ours, theirs}


def test_positions_are_refused_to_who_sees_a_part_and_the_page_has_the_rest(
    act: Act, british: Any, london: Browser
) -> None:
    deposit(1, "100.00 EUR")
    moved(moving(0, 1, "1.00 USD"))
    quote = quote_rate(
        act, sells="EUR", buys="USD", mid=Rate("1.10"), spread=Rate("0.01"), source="tests",
        client_id=1,
    )  # fmt: skip
    exchange(act, quote, money=Money.of("98.76 EUR"), source=row(1), target=row(1, "USD"))
    revalue_positions(act, day=now().date(), currency="USD", rates={"EUR": Rate("1.20")})
    for asked in (queries.exchange_positions, queries.revaluations):
        with pytest.raises(Forbidden, match="sees a part"):
            asked(make.act_of(british))
    found = page(london, "exchange/")
    assert "the whole firm’s" in found
    assert "98.76" not in found
    assert "Unrealised" not in found
    assert "98.76" in page(make.browser(make.staff("ledger.*", "people.*")), "exchange/")


def test_every_tab_that_is_offered_opens(ada: Any, london: Browser) -> None:
    auditor = make.browser(make.staff("ledger.chart_of_accounts", "ledger.accounts"))
    for browser in (auditor, london):
        found = page(browser, "chart/")
        slugs = ("accounts", "entries", "transfers", "holds", "exchange", "periods", "trial",
                 "proof", "opening")  # fmt: skip
        views = found.split('aria-label="Ledger pages"')[1].split("</nav>")[0]
        offered = [one for one in slugs if f'"/staff/ledger/{one}/"' in views]
        assert "trial" in offered
        for one in offered:
            page(browser, f"{one}/")
