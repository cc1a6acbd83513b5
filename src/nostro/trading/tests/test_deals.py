from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from itertools import count
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nostro.core.acts import Act
from nostro.core.guard import acting_as_system
from nostro.core.models import Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.models import Entry
from nostro.ledger.queries import balance, verify
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import Deal, Platform, TradingAccount
from nostro.trading.operations.deals import NothingChanged, NothingToAdopt, TooMany
from nostro.trading.ports import DealEntry, DealKind
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import deal
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(act: Act) -> Platform:
    return trading_make.platform()


@pytest.fixture
def account(live: Platform) -> TradingAccount:
    return trading_make.account(make.client("SC"), live)


def record(live: Platform, *deals: object) -> list[int]:
    return trading.record_deals(Act.system(), live, deals=deals)  # type: ignore[arg-type]


def theirs(account: TradingAccount) -> Money:
    path = chart.client_trading(account.client_id, account.platform.slug, account.login or 0)
    return balance(path, account.currency)


def test_the_same_deal_twice_is_kept_and_settled_once(
    live: Platform, account: TradingAccount
) -> None:
    one = deal(1, account.login or 0, profit=Decimal("12.34"))

    assert len(record(live, one)) == 1
    assert record(live, one) == []

    assert Deal.objects.count() == 1
    assert theirs(account) == Money.of("12.34 USD")
    assert Entry.objects.filter(kind="trading").count() == 1


def test_a_batch_posts_one_entry_an_account(live: Platform, account: TradingAccount) -> None:
    other = trading_make.account(make.client("SC"), live)
    mine, yours = account.login or 0, other.login or 0

    record(
        live,
        deal(1, mine, profit=Decimal(100), commission=Decimal("-3.50")),
        deal(2, mine, profit=Decimal(-40), swap=Decimal("-1.25")),
        deal(3, yours, profit=Decimal(-7)),
    )

    assert (theirs(account), theirs(other)) == (Money.of("55.25 USD"), Money.of("-7.00 USD"))
    assert Entry.objects.filter(kind="trading").count() == 2
    assert verify() == []


def test_money_that_was_moved_is_posted_by_whoever_moved_it(
    live: Platform, account: TradingAccount
) -> None:
    for number, kind in enumerate((DealKind.BALANCE, DealKind.CREDIT, DealKind.BONUS), start=1):
        record(live, deal(number, account.login or 0, kind=kind, profit=Decimal(100)))

    assert theirs(account) == Money.of("0.00 USD")
    assert Deal.objects.count() == 3


def test_a_closing_deal_knows_what_its_position_was_opened_at(
    live: Platform, account: TradingAccount
) -> None:
    login = account.login or 0
    first = deal(10, login, position=5, price=Decimal("1.10"))
    record(live, first)

    record(
        live,
        deal(11, login, position=5, kind=DealKind.SELL, entry=DealEntry.OUT),
        deal(12, login, position=6, price=Decimal("1.30")),
        deal(13, login, position=6, kind=DealKind.SELL, entry=DealEntry.OUT),
    )

    closing, within = (Deal.objects.get(ticket=ticket) for ticket in (11, 13))
    assert (closing.price_open, closing.opened_at) == (Decimal("1.10"), first.at)
    assert within.price_open == Decimal("1.30")


def test_a_thousand_deals_cost_as_many_statements_as_one(
    live: Platform, account: TradingAccount
) -> None:
    login = account.login or 0
    with CaptureQueriesContext(
        connection,
    ) as one:
        record(live, deal(1, login, profit=Decimal(1)))
    with CaptureQueriesContext(connection) as thousand:
        record(live, *(deal(n, login, profit=Decimal(1)) for n in range(2, 1002)))

    assert Deal.objects.count() == 1001
    assert len(thousand) == len(one)
    assert theirs(account) == Money.of("1001.00 USD")
    assert Record.objects.filter(name="trading.DealsRecorded").count() == 2


def test_more_than_two_thousand_are_refused_and_nothing_is_kept(
    live: Platform, account: TradingAccount
) -> None:
    records = Record.objects.count()

    with pytest.raises(TooMany):
        record(live, *(deal(n, 1) for n in range(2001)))

    assert (Deal.objects.count(), Record.objects.count()) == (0, records)


@pytest.mark.parametrize("said", ['a "word", {of} it', "back\\slash\\", "NULL", "", "  ü,{}"])
def test_a_comment_is_kept_to_the_letter(
    live: Platform, account: TradingAccount, said: str
) -> None:
    record(live, deal(1, account.login or 0, comment=said), deal(2, 5, comment="plain"))

    assert Deal.objects.get(ticket=1).comment == said


def test_a_deal_refers_to_what_is_there_and_keeps_it_there(
    live: Platform, account: TradingAccount
) -> None:
    record(live, deal(1, account.login or 0))
    wrong = [
        "UPDATE trading_deal SET account_id = 1000000",
        "UPDATE trading_deal SET platform_id = 1000000",
        "UPDATE trading_deal SET instrument_id = 1000000",
        "DELETE FROM trading_tally; DELETE FROM trading_tradingaccount",
    ]
    for statement in wrong:
        with (
            pytest.raises(IntegrityError, match="refer"), transaction.atomic(),
            acting_as_system("a test of what deals refer to"), connection.cursor() as cursor,
        ):  # fmt: skip
            cursor.execute(statement)

    assert Deal.objects.get().account == account


def test_deals_of_an_account_that_becomes_ours_are_settled_then(live: Platform) -> None:
    trading_make.group(live)
    client = make.client("SC")
    wanted = trading.request_account(Act.system(), client, account_type="standard", currency="USD")
    record(live, deal(1, 777, profit=Decimal(5)))

    trading.account_opened(Act.system(), wanted, login=777, main="a", investor="b")

    wanted.refresh_from_db()
    assert Deal.objects.get().account == wanted
    assert theirs(wanted) == Money.of("5.00 USD")


@pytest.mark.django_db(transaction=True)
def test_deals_read_while_their_account_is_being_opened_find_their_owner_and_settle_once(
    live: Platform,
) -> None:
    trading_make.group(live)
    client = make.client("SC")
    wanted = trading.request_account(Act.system(), client, account_type="standard", currency="USD")

    looked, read = Event(), Event()

    def slowly(execute: Any, sql: str, *more: Any) -> Any:
        answer = execute(sql, *more)
        if "SET account_id" in sql:
            looked.set()
            read.wait(timeout=30)
        return answer

    def open_it() -> None:
        try:
            with connection.execute_wrapper(slowly):
                trading.account_opened(Act.system(), wanted, login=777, main="a", investor="b")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_it)
        assert looked.wait(timeout=30)
        assert len(record(live, deal(1, 777, profit=Decimal(5)))) == 1
        read.set()
        opening.result(timeout=30)
    assert Deal.objects.get().account is None
    assert queries.has_orphans(live)

    def adopt(_: int) -> int:
        try:
            return len(trading.adopt_deals(Act.system(), live))
        except NothingToAdopt:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(adopt, range(2))) == [0, 1]

    wanted.refresh_from_db()
    assert Deal.objects.get().account == wanted
    assert theirs(wanted) == Money.of("5.00 USD")
    heard = Record.objects.get(name="trading.DealsAdopted")
    assert heard.data["deal_ids"] == [Deal.objects.get().pk]
    assert not queries.has_orphans(live)


def test_a_strangers_deals_are_nobodys(live: Platform) -> None:
    record(live, deal(1, 4242, profit=Decimal(5)))
    records = Record.objects.count()

    with pytest.raises(NothingToAdopt):
        trading.adopt_deals(Act.system(), live)

    assert (Record.objects.count(), Deal.objects.get().account) == (records, None)


def test_deals_are_seen_by_their_owner_and_within_the_entity(
    live: Platform, account: TradingAccount
) -> None:
    record(live, deal(1, account.login or 0), deal(2, 123))

    assert queries.deals(make.act_of(account.client)).count() == 1
    assert queries.deals(make.act_of(make.client("SC"))).count() == 0
    assert queries.deals(make.act_of(make.staff("trading.*"))).count() == 2
    assert queries.deals(make.act_of(make.staff("trading.*", entities=["CY"]))).count() == 0


# ── To the cent ──

FINE = st.integers(-200_000, 200_000).map(lambda units: Decimal(units) / 10_000)
OURS = f"NSF{1:020X}"
KINDS = st.sampled_from(
    [(DealKind.BUY, ""), (DealKind.SELL, ""), (DealKind.CHARGE, OURS), (DealKind.BALANCE, "x")]
)
BATCHES = st.lists(st.lists(st.tuples(KINDS, FINE), min_size=1, max_size=6), max_size=6)
tickets = count(10_000)


@given(BATCHES, st.lists(FINE, max_size=4))
@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
def test_the_ledger_is_the_rounded_balance_whatever_the_batches(
    live: Platform, account: TradingAccount, batches: Any, corrections: list[Decimal]
) -> None:
    """Cent accounts have four places. What others post is left to them, each deal for itself."""
    trading.note_sending(Act.system(), live, reference=OURS)
    ids: list[int] = []
    for batch in batches:
        ids += record(
            live,
            *(
                deal(next(tickets), account.login or 0, kind=kind, profit=amount, comment=comment)
                for (kind, comment), amount in batch
            ),
        )  # fmt: skip
        as_rounded(account)
    for pk, amount in zip(ids, corrections, strict=False):
        kept = Deal.objects.get(pk=pk)
        now = deal(kept.ticket, kept.login, profit=amount)
        with suppress(NothingChanged):
            trading.correct_deals(Act.system(), live, changes=[(pk, now)])
        as_rounded(account)
    assert verify() == []


def as_rounded(account: TradingAccount) -> None:
    total, others = Decimal(0), account.money(Decimal(0))
    for one in Deal.objects.filter(account=account).prefetch_related("corrections"):
        moved = one.profit + sum((each.delta for each in one.corrections.all()), Decimal(0))
        total += moved
        if one.action == "balance":
            others += account.money(moved)
        elif one.action == "charge" and moved != one.profit:
            others += account.money(moved) - account.money(one.profit)
    assert theirs(account) == account.money(total) - others


def test_batches_of_half_cents_never_drift(live: Platform, account: TradingAccount) -> None:
    for number in range(1, 41):
        record(live, deal(number, account.login or 0, profit=Decimal("0.0051")))

    assert theirs(account) == Money.of("0.20 USD")
    assert Entry.objects.filter(kind="trading").count() == 20


@pytest.mark.django_db(transaction=True)
def test_batches_that_overlap_on_an_account_settle_to_the_cent(live: Platform) -> None:
    account = trading_make.account(make.client("SC"), live)

    def batch(number: int) -> None:
        try:
            for turn in range(5):
                first = number * 1000 + turn * 10
                some = (deal(first + n, account.login or 0, profit=Decimal("0.0033"))
                        for n in range(1, 4))  # fmt: skip
                record(live, *some)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(batch, range(1, 5)))

    assert theirs(account) == account.money(Decimal("0.0033") * 60)
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_read_the_same_deals_at_once_keep_each_once(live: Platform) -> None:
    """Their batches overlap by half, and begin at one moment: whoever comes second waits there."""
    accounts = [trading_make.account(make.client("SC"), live) for _ in range(3)]
    together = Barrier(2)

    def read(worker: int) -> list[list[int]]:
        kept = []
        try:
            for turn in range(8):
                first = 1 + 60 * turn + 20 * worker
                some = [
                    deal(ticket, accounts[ticket % 3].login or 0, profit=Decimal("0.37"))
                    for ticket in range(first, first + 40)
                ]
                if worker:
                    some.reverse()  # a platform promises no order
                together.wait(timeout=30)
                kept.append(record(live, *some))
        finally:
            connection.close()
        return kept

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(read, range(2))

    tickets = list(Deal.objects.order_by("ticket").values_list("ticket", flat=True))
    assert tickets == list(range(1, 8 * 60 + 1))
    ids = sorted(Deal.objects.values_list("pk", flat=True))
    assert sorted(pk for some in one + other for pk in some) == ids, "each answered to one of them"
    heard = Record.objects.filter(name="trading.DealsRecorded").order_by("pk")
    assert sorted(pk for row in heard for pk in row.data["deal_ids"]) == ids
    keys = list(Entry.objects.filter(kind="trading").values_list("key", flat=True))
    assert len(set(keys)) == len(keys)
    for account in accounts:
        assert theirs(account) == account.money(Decimal("0.37") * 160)
    assert verify() == []
