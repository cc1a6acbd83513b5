"""What is traded with virtual money counts nowhere: each test does the same with real money first,
so that it would notice a query that sees nothing at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.core.acts import Act, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.exposure import operations as exposure_room
from nostro.exposure import queries as exposure
from nostro.exposure.live import BOOK
from nostro.exposure.tests.make import Market, market
from nostro.kit import Lots, Money
from nostro.ledger.models import Entry
from nostro.ledger.queries import KNOWN, Closing
from nostro.partners.models import Accrual, Partner
from nostro.partners.queries.closing import before_closing
from nostro.partners.queries.earnings import funnel
from nostro.partners.tests import make as partners_make
from nostro.payments import operations as payments
from nostro.payments.operations.deposits import NotYet
from nostro.payments.queries.wallets import accounts_of, wallets_of, whole_of
from nostro.people.models import Client
from nostro.reconciliation.queries.segregation import floating_now
from nostro.reports import queries as reports
from nostro.reports.models import Milestones
from nostro.reports.operations import refresh
from nostro.trading import operations as trading
from nostro.trading.models import TradingAccount
from nostro.trading.ports import AccountState, DealEntry, DealKind
from nostro.trading.tests.make import deal
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@dataclass
class Story:
    """A partner's client, with an account of either kind on which the same is traded."""

    market: Market
    client: Client
    real: TradingAccount
    practice: TradingAccount
    tickets: int = 5000

    def trade(self, account: TradingAccount) -> None:
        """Opens and closes a lot with a gain, and holds another one."""
        self.tickets += 10
        first, login = self.tickets, account.login or 0
        trading.record_deals(
            Act.system(), self.market.platform,
            deals=[
                deal(first, login, lots=Lots(1), at=now() - timedelta(hours=1)),
                deal(
                    first + 1, login, position=first, kind=DealKind.SELL, entry=DealEntry.OUT,
                    lots=Lots(1), closed_lots=Lots(1), profit=Decimal(50), at=now(),
                ),
            ],
        )  # fmt: skip
        self.market.hold(account, "EURUSD", 1, "1.00", "1.08")
        state = AccountState(
            login, Decimal(1000), Decimal(0), Decimal(1100), Decimal(100), Decimal(1000),
            Decimal(1100), Decimal(100), {},
        )  # fmt: skip
        trading.read_accounts(Act.system(), self.market.platform, states=[state])
        drain()
        refresh()


@pytest.fixture
def story() -> Story:
    shown = market()
    by = partners_make.partner("north")
    client = partners_make.brought(by)
    real = shown.account(client)
    trading.add_group(
        Act.system(), shown.platform, path=r"demo\SC-USD-Standard", entity=make.entity("SC"),
        currency="USD", account_type="standard", practice=True,
    )  # fmt: skip
    asked = trading.request_practice(
        Act.system(), client, account_type="standard", currency="USD", balance=Decimal(10_000)
    )
    practice = trading.account_opened(
        Act.system(), asked, login=990_001, main="Main-pass1", investor="Look-only1"
    )
    make.funded(client, "100.00 USD")
    drain()
    refresh()
    return Story(shown, client, real, practice)


def ledger(story: Story) -> object:
    return Entry.objects.count()


def commissions(story: Story) -> object:
    return Accrual.objects.count()


def not_worked_out(story: Story) -> object:
    closing = Closing((now() + DAY).date(), None)
    return next(iter(before_closing(Act.system(), closing)))


def of_the_partner(story: Story) -> object:
    act = partners_make.act_of(Partner.objects.get())
    return funnel(act, since=now() - DAY)


def carried(story: Story) -> object:
    BOOK.refresh(force=True)
    seen = exposure.exposure(Act.system())
    exact = [(one.code, one.usd) for one in exposure.exact_nets()]
    nets = [(one.code, one.net_lots) for one in seen.rows]
    behind = exposure.positions_behind(Act.system(), code="EURUSD").count()
    return seen.positions, nets, exact, behind


def kept(story: Story) -> object:
    return exposure_room.keep_reading(Act.system()).positions


def result(story: Story) -> object:
    return exposure.result_today(Act.system())


def figures(story: Story) -> object:
    volume = reports.flows(Act.system(), ("volume",), since=now() - DAY, until=now() + DAY)
    return volume, list(Milestones.objects.values_list("client_id", "traded_at"))


def client_money(story: Story) -> object:
    return floating_now(story.client.entity)


def everything_in_one_sum(story: Story) -> object:
    whole = whole_of(Act.system(), story.client, wallets_of(story.client))
    return whole.trading, [one.pk for one in accounts_of(story.client)]


@pytest.mark.parametrize(
    "counted",
    [ledger, commissions, carried, kept, result, figures, client_money, everything_in_one_sum,
     of_the_partner],
)  # fmt: skip
def test_virtual_money_counts_nowhere(story: Story, counted: Callable[[Story], object]) -> None:
    before = counted(story)

    story.trade(story.practice)
    assert counted(story) == before

    story.trade(story.real)
    assert counted(story) != before, "the same with real money is seen"


def test_practice_is_no_open_point_when_books_are_closed(story: Story) -> None:
    before = not_worked_out(story)

    story.trade(story.practice)

    assert not_worked_out(story) == before


def test_no_money_moves_to_or_from_a_practice_account(story: Story) -> None:
    records = Record.objects.count()

    for direction in ("in", "out"):
        with pytest.raises(NotYet, match="holds virtual money"):
            payments.request_transfer(
                Act.system(), story.client, account=story.practice,
                money=Money.of("10.00 USD"), direction=direction,
            )  # fmt: skip

    assert Record.objects.count() == records


def test_a_practice_login_is_no_account_of_the_ledger(story: Story) -> None:
    paths = {
        one: f"client/{story.client.pk}/trading/{story.market.platform.slug}/{one.login}"
        for one in (story.real, story.practice)
    }

    known = KNOWN["trading"](set(paths.values()))

    assert set(known) == {paths[story.real]}
