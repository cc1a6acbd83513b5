"""A small firm to measure operations on, made through operations, and the calls themselves."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count, cycle
from typing import Any

from nostro.core.access import Actor, Grants
from nostro.core.acts import Act
from nostro.kit import Lots, Money
from nostro.payments import operations as payments
from nostro.payments.models import Deposit, Method, Transfer, Withdrawal
from nostro.people import operations as people
from nostro.people.models import Brand, Client, LegalEntity, Staff
from nostro.trading import operations as trading
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.ports import Deal, DealEntry, DealKind

CLIENTS = 40
WORD = "correct horse battery"
USD = "USD"
Call = Callable[[], Any]
system = Act.system


class Firm:
    """One legal entity with its provider, its platform, a colleague, and funded clients."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.entity: LegalEntity = people.add_entity(
            system(), code="SC", name="Bench Global Ltd", licence="SD000", regulator="FSA",
            country="SC", address="Orion House, Victoria", base_currency=USD,
            risk_warning_percent=74, pack="fsa_sc",
        )  # fmt: skip
        self.brand: Brand = people.add_brand(
            system(), slug="bench", name="Bench", colour="#23408e", entity_codes=["SC"]
        )
        self.method = _money_paths()
        self.platform = _platform(self.entity)
        self.staff = _colleague()
        self.clients = [self.client() for _ in range(CLIENTS)]
        self.accounts = [self.account(one) for one in self.clients]
        self.turn = cycle(zip(self.clients, self.accounts, strict=True))

    def act(self) -> Act:
        everything = Grants(frozenset({"*"}))
        return Act(Actor("staff", self.staff.pk, self.staff.name, everything), door="staff")

    def registered(self) -> Client:
        number = next(self.numbers)
        return people.register_client(
            system(), entity=self.entity, brand=self.brand, email=f"c{number}@example.com",
            password=WORD, first_name="Ada", last_name=f"Number {number}",
            country="DE", base_currency=USD,
        )  # fmt: skip

    def client(self) -> Client:
        made = self.registered()
        people.activate_client(system(), made, reason="bench")
        people.set_level(system(), made, level=2, reason="bench")
        self.settled(self.started(made, "50000.00"))
        return made

    def account(self, client: Client) -> TradingAccount:
        made = trading.request_account(
            system(), client, account_type="standard", currency=USD, platform=self.platform
        )
        login = 900_000 + next(self.numbers)
        return trading.account_opened(
            system(), made, login=login, main="Main-pass1", investor="Look-only1"
        )

    def started(self, client: Client, amount: str = "100.00") -> Deposit:
        money = Money.of(f"{amount} {USD}")
        return payments.start_deposit(system(), client, money=money, method=self.method)

    def settled(self, deposit: Deposit) -> Deposit:
        reference = f"pi_{deposit.pk}"
        return payments.settle_deposit(system(), deposit, received=deposit.money, payment=reference)

    def asked(self, client: Client, amount: str = "10.00") -> Withdrawal:
        return payments.request_withdrawal(system(), client, money=Money.of(f"{amount} {USD}"))

    def moved(self, client: Client, account: TradingAccount) -> Transfer:
        return payments.request_transfer(
            system(), client, account=account, money=Money.of(f"1.00 {USD}")
        )


def _money_paths() -> Method:
    method = payments.set_method(
        system(), slug="card", name="Card", icon="credit-card", currencies=[USD],
        least=Decimal(10), most=Decimal(50000), speed="at once",
    )  # fmt: skip
    payments.set_provider(
        system(), slug="cardwell", name="Cardwell", kind="stripe", method_slugs=["card"],
        settings={"secret_key": "sk_bench", "webhook_secret": "whsec_bench"}, refund_days=120,
    )  # fmt: skip
    return method


def _platform(entity: LegalEntity) -> Platform:
    nowhere = {"host": "127.0.0.1", "port": 9, "login": 1001, "password": "Manager1!"}
    platform = trading.add_platform(
        system(), slug="mt5-live", name="MT5", kind="mt5", settings=nowhere
    )
    trading.add_group(
        system(), platform, path=r"real\SC-USD-Standard", entity=entity, currency=USD,
        account_type="standard",
    )  # fmt: skip
    return platform


def _colleague() -> Staff:
    role = people.set_role(system(), slug="all", title="All", names=["*"], unmasked=["*"])
    return people.add_staff(
        system(), name="Bench Person", title="Tester", email="staff@example.com",
        role_slugs=[role.slug], entity_codes=[], password=WORD,
    )  # fmt: skip


def deals(login: int, first: int, many: int) -> list[Deal]:
    """Deals that open positions, as an adapter reads them."""
    zero, start = Decimal(0), datetime(2026, 11, 2, tzinfo=UTC)
    one = Deal(
        ticket=first, login=login, order=first, position=first, kind=DealKind.BUY,
        entry=DealEntry.IN, symbol="EURUSD", lots=Lots("0.10"), closed_lots=Lots(0),
        contract_size=Decimal(100_000), price=Decimal("1.10000"), position_price=zero, bid=zero,
        ask=zero, profit=zero, swap=zero, commission=Decimal("-0.35"), fee=zero,
        profit_rate=Decimal(1), comment="", at=start, platform_time=0, raw={},
    )  # fmt: skip
    numbers = range(first, first + many)
    return [
        replace(one, ticket=n, order=n, position=n, at=start + timedelta(seconds=n))
        for n in numbers
    ]


def calls(most: int) -> Iterator[tuple[str, Iterator[Call]]]:
    """Each operation by its name, with its calls; their subjects are made as they are asked for."""
    firm = Firm()
    pairs = [next(firm.turn) for _ in range(most)]
    clients = [client for client, _ in pairs]
    yield "register_client", (firm.registered for _ in range(40))
    yield (
        "change_details",
        (
            partial(people.change_details, firm.act(), one, phone=f"+49 {n}")
            for n, one in enumerate(clients)
        ),
    )
    yield "add_note", (partial(people.add_note, firm.act(), one, text="Called.") for one in clients)
    yield "start_deposit", (partial(firm.started, one) for one in clients)
    yield "settle_deposit", (partial(firm.settled, firm.started(one)) for one in clients)
    yield "request_withdrawal", (partial(firm.asked, one) for one in clients)
    yield (
        "approve_withdrawal",
        (partial(payments.approve_withdrawal, firm.act(), firm.asked(one)) for one in clients),
    )
    yield (
        "refuse_withdrawal",
        (
            partial(payments.refuse_withdrawal, firm.act(), firm.asked(one), reason="No.")
            for one in clients
        ),
    )
    yield "request_transfer", (partial(firm.moved, *one) for one in pairs)
    yield (
        "settle_transfer",
        (
            partial(payments.settle_transfer, system(), firm.moved(*one), ticket=10_000 + n)
            for n, one in enumerate(pairs)
        ),
    )
    logins = [account.login or 0 for _, account in pairs]
    yield (
        "record_100_deals",
        (
            partial(
                trading.record_deals, system(), firm.platform, deals=deals(login, 1 + n * 100, 100)
            )
            for n, login in enumerate(logins)
        ),
    )
