"""Builders of the trading room: platforms, groups, accounts and what is read of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from django.db import connection, models

from nostro.bulk.reactions import hear_answers
from nostro.core.acts import Act, now
from nostro.core.approvals import agree_to_proposal
from nostro.core.guard import acting_as_system
from nostro.core.models import Record
from nostro.kit import Lots, Money
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import ports, queries, sync
from nostro.trading.models import Deal, Group, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind, DealEntry, DealKind
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

_numbers = count(1)
MORNING = datetime(2026, 6, 1, 8, tzinfo=UTC)


def platform(settings: dict[str, Any] | None = None, *, slug: str = "mt5-live") -> Platform:
    """A connected platform; without settings there is nothing behind it."""
    nowhere = {"host": "127.0.0.1", "port": 9, "login": 1001, "password": "Manager1!"}
    make.entity("CY"), make.entity("UK"), make.entity("SC")
    return trading.add_platform(
        Act.system(), slug=slug, name="MT5 Live", kind="mt5", settings=settings or nowhere
    )


def group(on: Platform, code: str = "SC", currency: str = "USD", kind: str = "standard") -> Group:
    """A group of the usual name."""
    path = rf"real\{code}-{currency}-{kind.capitalize()}"
    found = Group.objects.filter(platform=on, path=path).first()
    return found or trading.add_group(
        Act.system(), on, path=path, entity=make.entity(code), currency=currency,
        account_type=kind,
    )  # fmt: skip


def account(client: Client, on: Platform, **more: Any) -> TradingAccount:
    """An open account without a server behind it."""
    group(on)
    wanted = {"account_type": "standard", "currency": "USD", **more}
    made = trading.request_account(Act.system(), client, **wanted)
    return trading.account_opened(
        Act.system(), made, login=900_000 + next(_numbers), main="Main-pass1", investor="Look-only1"
    )


def deal(ticket: int, login: int, **more: Any) -> ports.Deal:
    """A deal as an adapter reads it."""
    zero = Decimal(0)
    given: dict[str, Any] = {
        "order": ticket, "position": ticket, "kind": DealKind.BUY, "entry": DealEntry.IN,
        "symbol": "EURUSD", "lots": Lots("0.10"), "closed_lots": Lots(0),
        "contract_size": Decimal(100_000), "price": Decimal("1.10000"), "position_price": zero,
        "bid": zero, "ask": zero, "profit": zero, "swap": zero, "commission": zero, "fee": zero,
        "profit_rate": Decimal(1), "comment": "", "at": MORNING + timedelta(seconds=ticket % 10**6),
        "platform_time": 0, "raw": {}, **more,
    }  # fmt: skip
    return ports.Deal(ticket=ticket, login=login, **given)


def sent(on: Platform, prefix: str = "NSF", ends: str = "") -> str:
    """A reference of ours, written down as each is before it is sent."""
    reference = f"{prefix}{next(_numbers):020X}{ends}"
    trading.note_sending(Act.system(), on, reference=reference)
    return reference


def group_at(platform: Platform, name: str) -> Group:
    return Group.objects.get(platform=platform, path=f"real\\{name}")


def there(account: TradingAccount) -> str:
    """The group it is in on the server."""
    return PLATFORMS.take(account.platform.slug).account(account.login or 0).group


def paid_in(account: TradingAccount, amount: str) -> None:
    """Money put on the account there, and read here."""
    money = Money(Decimal(amount), account.currency)  # type: ignore[arg-type]
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, money, BalanceKind.BALANCE, reference=f"test{now():%H%M%S%f}",
        check_margin=False,
    )  # fmt: skip
    sync.sync_once(Act.system(), account.platform)
    account.refresh_from_db()


def taken_in(platform: Platform) -> None:
    """Whatever dealers booked there without us: proposed by one of us, agreed to by another."""
    maker, other = (make.staff("trading.*", "core.*") for _ in range(2))
    accounts = TradingAccount.objects.filter(platform=platform, practice=False, login__gt=0)
    for books in queries.weigh(list(accounts.select_related("platform")), now()):
        for one in books.loose:
            proposal = trading.propose_taking(
                make.act_of(maker), Deal.objects.get(pk=one.deal_id), against="adjustments",
                reason="Put there for a test.",
            )  # fmt: skip
            agree_to_proposal(make.act_of(other), proposal)


def lost(account: TradingAccount, server: "Server", owed: int = 120) -> None:
    """Below zero, as a gap in the market leaves it: closed far from where it was opened."""
    paid_in(account, "500")
    position = server.trade(account.login or 0, lots="0.1")
    sync.sync_once(Act.system(), account.platform)
    account.refresh_from_db()
    entry = account.position_set.get().price_open
    fall = (account.balance + owed) / (Decimal("0.1") * 100_000)
    server.close(position, price=f"{entry - fall:.5f}")
    sync.sync_once(Act.system(), account.platform)
    account.refresh_from_db()
    assert round(account.balance) == -owed


def recorded(name: str) -> int:
    return Record.objects.filter(name=f"trading.{name}").count()


CURRENCIES = {"SC": "USD", "UK": "GBP"}
COPIES = """
INSERT INTO trading_tradingaccount ({columns})
SELECT {values} FROM trading_tradingaccount a, generate_series(1, %s) n WHERE a.id = %s
"""


def many(count: int, code: str = "SC") -> TradingAccount:
    """An account made by operations, and copies of it: as many as would take an hour to make."""
    on, own = platform(slug=f"mt5-{code.lower()}"), CURRENCIES[code]
    group(on, code, own)
    country = {"SC": "CY"}.get(code, code)
    holder = make.client(code, currency=own, country="GB" if code == "UK" else country)
    first = account(holder, on, currency=own)
    names = [
        str(one.column) for one in TradingAccount._meta.concrete_fields
        if one.name not in ("id", "login", "key")
    ]  # fmt: skip
    values = ", ".join(f"a.{name}" for name in names)
    sql = COPIES.format(
        columns=f"{', '.join(names)}, login, key", values=f"{values}, a.login + 1000000 + n, "
        "'NSC' || n || a.id",
    )  # fmt: skip
    with acting_as_system("copies for a test"), connection.cursor() as cursor:
        cursor.execute(sql, [count - 1, first.pk])
    return first


def everything() -> models.QuerySet[TradingAccount]:
    return TradingAccount.objects.order_by("pk")


def granted() -> None:
    """The platforms have set the rights that they were asked for, and bulk changes hear of it."""
    for one in everything():
        trading.note_rights(Act.system(), one)
    hear_answers(Act.system())


def newcomer(code: str = "SC", *, confirmed: bool = True) -> Client:
    """Somebody who has registered, and nothing else."""
    made = make.client(code, active=False, currency="USD")
    if confirmed:
        sent = people.send_email_code(make.act_of(made), made)
        people.confirm_email(make.act_of(made), made, code=sent)
    return made


def asleep(account: TradingAccount) -> None:
    """Dormant, as after a year that nobody waits for."""
    with acting_as_system("a test's account is asleep"):
        TradingAccount.objects.filter(pk=account.pk).update(status=TradingAccount.Status.DORMANT)
    account.refresh_from_db()


def practice(client: Client, **more: Any) -> TradingAccount:
    """A practice account, asked for by its client."""
    given = {"account_type": "standard", "currency": "USD", "balance": Decimal(10_000), **more}
    return trading.request_practice(make.act_of(client), client, **given)
