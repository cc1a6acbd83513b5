"""The ledger's pages: the chart, an account, the journal, the trial balance."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from nostro.core.approvals import refuse_proposal
from nostro.core.models import Proposal, Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.models import Entry, Evidence, LedgerAccount
from nostro.ledger.operations import propose_adjustment
from nostro.ledger.tests.make import PAPER, adjusted, people, reversed_by_hand
from tests import make

pytestmark = pytest.mark.django_db
CHART = "/staff/ledger/chart/"


def wallet(client: Any) -> LedgerAccount:
    return LedgerAccount.objects.get(path=chart.client_wallet(client.pk).path, asset_id="USD")


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_the_chart_sums_to_nothing_and_unfolds_one_client(ada: Any, browser: Browser) -> None:
    found = text(browser.get(f"{CHART}?client=C-{ada.pk}"))
    assert "Ada Lovelace" in found
    assert "120.50" in found
    assert "Client money" in found
    assert '<td class="num ok">0.00</td>' in found


def test_the_chart_as_of_yesterday_is_empty(ada: Any, browser: Browser) -> None:
    assert "120.50" not in text(browser.get(f"{CHART}?at=2020-01-01"))


@pytest.mark.parametrize("wrong", ["at=yesterday", "at=2026-01-01&clock=sundial"])
def test_a_time_that_is_none_is_refused_in_a_sentence(browser: Browser, wrong: str) -> None:
    assert browser.get(f"{CHART}?{wrong}").status_code == 422


def test_an_account_tells_its_balance_after_each_entry(ada: Any, browser: Browser) -> None:
    adjusted(wallet(ada), "20.00 USD", "from the account")
    found = text(browser.get(f"/staff/ledger/accounts/{wallet(ada).pk}/"))
    assert found.index("100.50") < found.index("120.50")
    assert "−20.00" in found
    assert "A fee taken twice." in found


def test_an_entry_shows_its_legs_its_act_and_how_it_is_reversed(ada: Any, browser: Browser) -> None:
    entry = Entry.objects.latest("pk")
    found = text(browser.get(f"/staff/ledger/entries/{entry.pk}/"))
    assert chart.client_wallet(ada.pk).path in found
    assert "Settle deposit" in found
    assert "ledger.propose_reversal" in found


def test_the_journal_and_a_statement_are_lists_with_export(ada: Any, browser: Browser) -> None:
    path = chart.client_wallet(ada.pk).path
    assert f"E-{Entry.objects.latest('pk').pk}" in text(browser.get("/staff/ledger/entries/"))
    statement = f"/staff/ledger/transfers/?account={path}&currency=USD"
    assert "120.50" in text(browser.get(statement))
    assert "120.50" not in text(browser.get(statement.replace("USD", "EUR")))


def test_the_trial_balance_balances_and_leaves_with_a_record(ada: Any, browser: Browser) -> None:
    page = "/staff/ledger/trial/"
    assert "does not balance" not in text(browser.get(page))
    given = browser.post(page, {"form": "csv"}).content.decode()
    path = chart.client_wallet(ada.pk).path
    assert f"{path},Ada Lovelace · Wallet,USD,0.00,120.50,,120.50" in given
    assert ",Sum USD,USD,120.50,120.50,120.50,120.50" in given
    assert Record.objects.filter(name="ui.Exported").count() == 1
    assert browser.post(page, {"form": "exe"}).status_code == 422


def test_the_trial_balance_does_not_leave_with_somebody_who_may_not_export(ada: Any) -> None:
    looker = make.browser(make.staff("ledger.*"))
    assert looker.post("/staff/ledger/trial/", {"form": "csv"}).status_code == 403
    assert not Record.objects.filter(name="ui.Exported").exists()


def test_the_ledger_is_closed_to_whoever_may_not_ask(ada: Any) -> None:
    nobody = make.browser(make.staff("people.*"))
    for page in ("chart/", "accounts/", "entries/", "transfers/", "trial/", "holds/", "periods/",
                 "exchange/", "quotes/", f"accounts/{wallet(ada).pk}/statement/"):  # fmt: skip
        assert nobody.get(f"/staff/ledger/{page}").status_code == 403
    assert "Withdrawable" not in text(nobody.get(f"/staff/people/clients/{ada.pk}/"))


def test_a_foreign_entity_s_account_and_entry_are_not_found(ada: Any) -> None:
    british = make.browser(make.staff("ledger.*", "people.*", entities=["UK"]))
    entry = Entry.objects.latest("pk")
    assert british.get(f"/staff/ledger/accounts/{wallet(ada).pk}/").status_code == 404
    assert british.get(f"/staff/ledger/entries/{entry.pk}/").status_code == 404
    assert "120.50" not in text(british.get(CHART))


def test_a_client_s_page_shows_the_wallet_and_the_entries_behind_each_event(
    ada: Any, browser: Browser
) -> None:
    page = f"/staff/people/clients/{ada.pk}/"
    found = text(browser.get(page))
    assert "Withdrawable" in found
    assert f"E-{Entry.objects.latest('pk').pk}" in found
    assert chart.client_wallet(ada.pk).path in text(browser.get(f"{page}?tab=money"))


def test_an_adjustment_from_the_page_becomes_a_proposal_with_its_evidence(
    ada: Any, browser: Browser
) -> None:
    dialog = f"/staff/do/ledger.propose_adjustment/{wallet(ada).pk}"
    assert 'type="file"' in text(browser.get(dialog))
    form = {"money_0": "10", "money_1": "USD", "way": "to the account", "reason": "Twice."}
    assert "Attach what shows it" in text(browser.post(dialog, form))
    assert not Proposal.objects.exists()

    letter = SimpleUploadedFile("letter.png", PAPER.content)
    browser.post(dialog, form | {"file": letter})
    found = text(browser.get(f"/staff/ledger/accounts/{wallet(ada).pk}/"))
    assert "Four eyes" in found
    assert "120.50" in found

    evidence = Evidence.objects.get()
    page = text(browser.get(f"/staff/core/proposals/{Proposal.objects.get().pk}/"))
    assert f'<img src="/staff/ledger/evidence-files/{evidence.pk}/"' in page
    assert "Twice." in page


def test_the_file_is_shown_where_nothing_in_it_can_run_and_the_look_is_recorded_once_a_day(
    ada: Any, browser: Browser
) -> None:
    adjusted(wallet(ada), "1.00 USD")
    url = f"/staff/ledger/evidence-files/{Evidence.objects.get().pk}/"
    for _ in range(2):
        answer = browser.get(url)
        assert answer.content == PAPER.content
    assert answer["Content-Type"] == "image/png"
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == (
        "nosniff", "no-store, private",
    )  # fmt: skip
    assert "sandbox" in answer["Content-Security-Policy"]
    assert Record.objects.filter(name="ledger.EvidenceShown").count() == 1
    assert make.browser(make.staff("ledger.accounts")).get(url).status_code == 403
    british = make.browser(make.staff("ledger.*", entities=["UK"]))
    assert british.get(url).status_code == 404
    assert Record.objects.filter(name="ledger.EvidenceShown").count() == 1


def test_the_reason_and_the_refusal_stand_beside_what_was_proposed(
    ada: Any, browser: Browser
) -> None:
    maker, other = people(2)
    proposal = propose_adjustment(
        maker, wallet(ada), money=Money.of("5.00 USD"), way="to the account",
        reason="She says so.", file=PAPER,
    )  # fmt: skip
    refuse_proposal(other, proposal, note="The bank does not.")
    found = text(browser.get(f"/staff/ledger/accounts/{wallet(ada).pk}/"))
    assert "She says so." in found
    assert "refused: The bank does not." in found

    reversed_by_hand(adjusted(wallet(ada), "5.00 USD"), "It was for somebody else.")
    reversal = Entry.objects.latest("pk")
    page = text(browser.get(f"/staff/ledger/entries/{reversal.pk}/"))
    assert "It was for somebody else." in page
    assert "agreed" in page
