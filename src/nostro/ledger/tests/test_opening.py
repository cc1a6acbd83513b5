"""Opening balances from a file: looked through first, posted by two people, once."""

from datetime import timedelta
from typing import Any

import pytest

from nostro.core.acts import Act, now
from nostro.core.approvals import OwnProposal, agree_to_proposal
from nostro.core.doors import call
from nostro.core.files import Upload
from nostro.core.models import Proposal, Record
from nostro.core.states import WrongState
from nostro.kit import Money
from nostro.kit.problems import Forbidden, Problem
from nostro.ledger import chart, queries
from nostro.ledger.models import Entry, Opening
from nostro.ledger.opening import COLUMNS, TEMPLATE, BadFile, read
from nostro.ledger.operations import (
    NotClean,
    ReadAlready,
    ReasonNeeded,
    check_opening,
    drop_opening,
    post_opening,
    read_opening,
)
from nostro.ledger.queries import balance, opening_report, verify
from nostro.ledger.tests.make import deposit, people, reversed_by_hand
from nostro.ui.pages import fresh
from tests import make

SCALES = {"USD": 2, "EUR": 2, "JPY": 0, "BTC": 8, "ETH": 18}
EVERY_PATH = (
    "client/7/wallet", "client/7/held", "client/7/bonus", "client/7/debt",
    "client/7/trading/mt5-live/7204118", "transit/mt5-live", "provider/cardwell/clearing",
    "provider/cardwell/reserve", "provider/cardwell/fees", "bank/in-transit",
    "bank/CY17002001280000001200527600", "unallocated", "chargebacks", "partner/3/earned",
    "house/fees", "house/commission", "house/bonus", "house/adjustments", "house/nbp",
    "house/pnl/b", "fx_position/EUR", "house/fx", "house/revaluation",
)  # fmt: skip
HEAD = "account,currency,balance,reference\n"


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.kind) for one in read((HEAD + text).encode(), SCALES).faults]


@pytest.mark.parametrize(
    ("line", "column", "kind"),
    [
        ("client/7/wallet,USD,0.00,", "balance", "amount"),
        ("client/7/wallet,USD,-0.01,", "balance", "amount"),
        ("client/7/wallet,USD,0.001,", "balance", "amount"),
        ("client/7/wallet,JPY,0.5,", "balance", "amount"),
        ("client/7/wallet,USD,1e30,", "balance", "amount"),
        ("client/7/wallet,USD,NaN,", "balance", "amount"),
        ("client/7/wallet,USD,Infinity,", "balance", "amount"),
        ('client/7/wallet,USD,"1,000.00",', "balance", "amount"),
        ("client/7/wallet,USD,640;50,", "balance", "amount"),
        ("client/7/wallet,USD,+5,", "balance", "amount"),
        ("client/7/wallet,USD,٣,", "balance", "amount"),
        ("client/7/wallet,USD,100000000000000000000000,", "balance", "amount"),
        ("client/7/wallet,USD,,", "balance", "form"),
        ("client/7/wallet,XXX,5,", "currency", "orphan"),
        ("client/7/wallet,usd,5,", "currency", "orphan"),
        ("client/07/wallet,USD,5,", "account", "orphan"),
        ("client/7/purse,USD,5,", "account", "orphan"),
        ("client/../../etc/passwd,USD,5,", "account", "orphan"),
        ("house/opening,USD,5,", "account", "orphan"),
        ("fx_position/EUR,USD,5,", "currency", "form"),
        (",USD,5,", "account", "form"),
        ("client/7/wallet,USD,5,=cmd|' /C calc'!A0", "reference", "form"),
        ("client/7/wallet,USD,5,Ada Lovelace", "reference", "form"),
        ("client/7/wallet,USD", "account", "form"),
        ("client/7/wallet,USD,5,x,y", "account", "form"),
    ],
)
def test_what_is_wrong_is_named_by_its_line_and_column(line: str, column: str, kind: str) -> None:
    assert faults("house/fees,USD,1.00,\n" + line + "\n") == [(3, column, kind)]


def test_an_account_stands_once_a_currency() -> None:
    wallet = "client/7/wallet"
    text = f"{wallet},USD,1,\n{wallet},EUR,1,\n\n{wallet},USD,2,\n"
    assert faults(text) == [(5, "account", "duplicate")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        HEAD.encode(),
        b"account;currency;balance\nclient/7/wallet;USD;5\n",
        b"account,currency\nclient/7/wallet,USD\n",
        b"account,currency,balance,name\nclient/7/wallet,USD,5,Ada\n",
        b"account,currency,balance,balance\nclient/7/wallet,USD,5,6\n",
        b"\xff\xfe" + HEAD.encode("utf-16-le"),
        b"PK\x03\x04 a workbook, not a CSV",
        b'account,currency,balance\n"client/7/wallet,USD,5\n',
        HEAD.encode() + b"client/7/wallet,USD,5,\x00\n",
        HEAD.encode() + b"house/fees,USD,5,\n" * 600_000,
        HEAD.encode() + b'"' + b"x" * 200_000 + b'",USD,5,\n',
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(BadFile):
        read(content, SCALES)


def test_a_file_may_have_its_columns_in_any_order_and_a_mark_in_front() -> None:
    text = "\ufeffBalance,Currency,Account\r\n12.50,USD,client/7/wallet\r\n-3,USD,client/7/debt\r\n"
    found = read(text.encode(), SCALES)
    assert found.faults == []
    assert [str(one.money) for one in found.lines] == ["12.50 USD", "-3.00 USD"]


def test_the_template_has_the_columns_and_no_line() -> None:
    assert TEMPLATE.strip().split(",") == list(COLUMNS)
    with pytest.raises(BadFile, match="nothing below"):
        read(TEMPLATE.encode(), SCALES)


@pytest.mark.parametrize("path", EVERY_PATH)
def test_every_account_of_the_chart_is_found_by_its_path(path: str) -> None:
    found = chart.account_at(path)
    assert found is not None
    assert found.path == path


# ── In the house ──


@pytest.fixture
def ada(act: Act, db: None) -> Any:
    make.methods()
    return make.client(currency="USD")


def a_file(client: Any, wallet: str = "120.50") -> Upload:
    lines = (
        f"client/{client.pk}/wallet,USD,{wallet},A-17",
        f"client/{client.pk}/held,EUR,10.00,",
        f"client/{client.pk}/debt,USD,-4.00,",
        "provider/cardwell/clearing,USD,-100.00,",
        "house/fees,USD,33.00,",
    )
    return Upload("old.csv", (HEAD + "\n".join(lines) + "\n").encode())


def taken_in(person: Act, file: Upload, **more: Any) -> Opening:
    return read_opening(fresh(person), file=file, day=now().date(), **more)


def standing(client: Any, leaf: str = "wallet") -> Money:
    return balance(chart.account_at(f"client/{client.pk}/{leaf}"), "USD")  # type: ignore[arg-type]


def counts() -> tuple[int, int, int]:
    return Entry.objects.count(), Record.objects.count(), Opening.objects.count()


def test_a_clean_file_is_posted_when_a_second_person_agrees(ada: Any) -> None:
    maker, other = people(2)
    opening = taken_in(maker, a_file(ada), entity_id=ada.entity_id)
    assert (opening.status, opening.lines, opening.faulty) == ("clean", 5, 0)
    assert opening.totals["USD"] == {"lines": 4, "owed": "153.50 USD", "had": "-104.00 USD"}
    assert not Entry.objects.exists()

    proposal = call(fresh(maker), post_opening, opening, {})
    assert isinstance(proposal, Proposal)
    with pytest.raises(OwnProposal):
        agree_to_proposal(fresh(maker), proposal)
    assert not Entry.objects.exists()

    agree_to_proposal(other, proposal)
    opening.refresh_from_db()
    assert opening.status == "posted"
    assert (standing(ada), standing(ada, "debt")) == (Money.of("120.50 USD"), Money.of("-4.00 USD"))
    assert balance(chart.house_opening(), "USD") == Money.of("-49.50 USD")
    assert balance(chart.provider_clearing("cardwell"), "USD") == Money.of("-100.00 USD")
    assert set(Entry.objects.values_list("kind", "entity_id")) == {("opening", ada.entity_id)}
    assert Record.objects.filter(name="ledger.OpeningPosted").count() == 1
    assert verify() == []


def test_the_same_file_twice_changes_nothing(ada: Any) -> None:
    maker = people(1)[0]
    opening = taken_in(maker, a_file(ada))
    post_opening(Act.system(), opening)
    before = counts()
    with pytest.raises(ReadAlready, match=str(opening)):
        taken_in(maker, a_file(ada))
    with pytest.raises(WrongState):
        post_opening(Act.system(), opening)
    assert counts() == before
    assert standing(ada) == Money.of("120.50 USD")


def test_another_file_does_not_open_an_account_again_until_that_was_undone(ada: Any) -> None:
    maker = people(1)[0]
    post_opening(Act.system(), taken_in(maker, a_file(ada)))
    again = taken_in(maker, a_file(ada, "121.00"))
    assert {one["kind"] for one in again.faults} == {"duplicate"}
    assert (again.status, again.faulty) == ("faulty", 5)
    for entry in Entry.objects.filter(kind="opening"):
        reversed_by_hand(entry)
    assert check_opening(fresh(maker), again).status == "clean"
    post_opening(Act.system(), again)
    assert standing(ada) == Money.of("121.00 USD")
    assert verify() == []


def test_nothing_is_posted_unless_every_line_is_right(ada: Any) -> None:
    file = a_file(ada)
    content = file.content + b"client/999999/wallet,USD,5.00,\nprovider/nobody/fees,USD,1,\n"
    opening = taken_in(people(1)[0], Upload("old.csv", content))
    assert [(one["line"], one["kind"]) for one in opening.faults] == [(7, "orphan"), (8, "orphan")]
    before = counts()
    with pytest.raises(NotClean, match="line 7, account"):
        post_opening(Act.system(), opening)
    assert counts() == before
    opening.refresh_from_db()
    assert opening.status == "faulty"


def test_what_was_clean_is_looked_at_again_before_it_is_posted(ada: Any) -> None:
    maker = people(1)[0]
    first, second = taken_in(maker, a_file(ada)), taken_in(maker, a_file(ada, "1.00"))
    assert {first.status, second.status} == {"clean"}
    post_opening(Act.system(), first)
    before = counts()
    with pytest.raises(NotClean):
        post_opening(Act.system(), second)
    assert (counts(), standing(ada)) == (before, Money.of("120.50 USD"))


def test_a_client_of_another_legal_entity_is_an_orphan(ada: Any) -> None:
    british = make.client("UK", currency="USD")
    report = opening_report(Act.system(), a_file(british).content, entity_id=ada.entity_id)
    assert {(one.line, one.kind) for one in report.faults} == {(n, "orphan") for n in (2, 3, 4)}
    assert opening_report(Act.system(), a_file(british).content, entity_id=None).clean
    cypriot = make.act_of(make.staff("ledger.*", "people.*", entities=["CY"]))
    with pytest.raises(Forbidden):
        taken_in(cypriot, a_file(british), entity_id=british.entity_id)
    with pytest.raises(Forbidden):
        taken_in(cypriot, a_file(ada))
    opening = taken_in(cypriot, a_file(british), entity_id=ada.entity_id)
    assert opening.faulty == 3
    assert list(queries.openings(make.act_of(make.staff("ledger.*", entities=["UK"])))) == []


def test_a_balance_counts_on_its_own_day(ada: Any) -> None:
    day = now().date() - timedelta(days=30)
    opening = read_opening(people(1)[0], file=a_file(ada), day=day)
    post_opening(Act.system(), opening)
    assert set(Entry.objects.values_list("value_date", flat=True)) == {day}
    assert queries.balances_by_value_date([f"client/{ada.pk}/wallet"], day)[
        f"client/{ada.pk}/wallet"
    ] == {"USD": Money.of("120.50 USD")}
    assert verify() == []


def test_a_file_that_cannot_be_read_leaves_nothing(ada: Any) -> None:
    maker = people(1)[0]
    before = counts()
    tomorrow = now().date() + timedelta(days=1)
    with pytest.raises(BadFile):
        taken_in(maker, Upload("old.csv", b"MZ\x90\x00"))
    with pytest.raises(Problem):
        read_opening(fresh(maker), file=a_file(ada), day=tomorrow)
    with pytest.raises(Forbidden):
        taken_in(make.act_of(make.staff("ledger.accounts")), a_file(ada))
    assert counts()[0::2] == before[0::2]


def test_a_file_that_is_not_wanted_is_dropped_with_a_reason(ada: Any) -> None:
    opening = taken_in(people(1)[0], a_file(ada))
    with pytest.raises(ReasonNeeded):
        drop_opening(Act.system(), opening, reason=" ")
    drop_opening(Act.system(), opening, reason="The old system was still open.")
    with pytest.raises(WrongState):
        post_opening(Act.system(), opening)
    assert not Entry.objects.exists()


def test_lines_are_posted_in_sets(ada: Any, django_assert_max_num_queries: Any) -> None:
    deposit(1, "1.00 EUR")
    lines = "".join(f"provider/cardwell/{leaf},{code},5,\n" for leaf in ("fees", "reserve")
                    for code in ("USD", "EUR", "GBP"))  # fmt: skip
    opening = taken_in(people(1)[0], Upload("x.csv", (HEAD + lines).encode()))
    with django_assert_max_num_queries(25):
        post_opening(Act.system(), opening)
    assert Entry.objects.filter(kind="opening").count() == 6
