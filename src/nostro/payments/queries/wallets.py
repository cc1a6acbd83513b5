"""What a client has with us: each wallet with what is set aside and why, and everything in one sum.

The parts of the sum are rounded one by one and then added, so that what is shown adds up.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Sum

from nostro.core.acts import Act
from nostro.kit.money import HALF_EVEN, Money
from nostro.ledger import chart
from nostro.ledger.models import Exchange
from nostro.ledger.queries import open_holds, standings
from nostro.payments.models import ClientTransfer, Deposit, Transfer, Withdrawal
from nostro.people.models import Client
from nostro.trading.models import EquityPoint, Position, TradingAccount
from nostro.trading.rates import usd_rates

RUNNING = (
    Withdrawal.Status.REQUESTED, Withdrawal.Status.APPROVAL, Withdrawal.Status.SECOND,
    Withdrawal.Status.ASKED, Withdrawal.Status.APPROVED, Withdrawal.Status.STUCK,
    Withdrawal.Status.RETURNED, Withdrawal.Status.SENT,
)  # fmt: skip
POINTS = 96
"""Quarters of an hour in a day."""
LIVING = (
    TradingAccount.Status.OPEN, TradingAccount.Status.CLOSE_ONLY, TradingAccount.Status.READ_ONLY,
    TradingAccount.Status.DORMANT,
)  # fmt: skip


@dataclass(frozen=True)
class Wallet:
    """One currency: `free` can be withdrawn now, `held` was asked back or set aside by us, and
    `reasons` say which.
    """

    free: Money
    held: Money
    reasons: list[tuple[str, Money]] = field(default_factory=list)

    @property
    def currency(self) -> str:
        return str(self.free.currency)

    @property
    def total(self) -> Money:
        return self.free + self.held


def wallets_of(client: Client) -> list[Wallet]:
    """Every currency that was ever used; the client's own first. Two statements, one more where we
    have set something aside, and two where something was asked for. Why we did is for colleagues:
    the client is told that we did.
    """
    wallet, held = chart.client_wallet(client.pk).path, chart.client_held(client.pk).path
    found = standings([wallet, held])
    there = found.get(wallet, {})
    free = {code: one.free for code, one in there.items()}
    kept = {code: one.balance for code, one in found.get(held, {}).items()}
    reasons: dict[str, list[tuple[str, Money]]] = {}
    aside = {code: one.held for code, one in there.items() if one.held}
    for one in open_holds(wallet) if aside else []:
        money = Money.from_minor(int(one.units), one.asset_id)
        reasons.setdefault(one.asset_id, []).append((f"Set aside by us, {one}", money))
    if any(kept.values()):
        asked = Withdrawal.objects.filter(client=client, status__in=RUNNING).order_by("pk")
        for row in asked.exclude(status=Withdrawal.Status.SENT):
            reasons.setdefault(row.currency, []).append((f"Asked back, {row}", row.money))
        going = ClientTransfer.objects.filter(client=client, status=ClientTransfer.Status.APPROVAL)
        for sent in going.order_by("pk"):
            reasons.setdefault(sent.currency, []).append((f"To another client, {sent}", sent.money))
    order = sorted(
        {*free, *kept, client.base_currency}, key=lambda c: (c != client.base_currency, c)
    )
    return [
        Wallet(
            free.get(one, Money.zero(one)),
            kept.get(one, Money.zero(one)) + aside.get(one, Money.zero(one)), reasons.get(one, []),
        )
        for one in order
    ]  # fmt: skip


@dataclass(frozen=True)
class Whole:
    """Everything a client has with us in their own currency: three parts and their sum."""

    free: Money
    trading: Money
    moving: Money
    at: datetime
    others: list[str]

    @property
    def total(self) -> Money:
        return self.free + self.trading + self.moving

    @property
    def rates_line(self) -> str:
        """`1 EUR = 1.1600 USD`, for every other currency in it."""
        rates, own = usd_rates(), str(self.free.currency)
        told = [
            f"1 {own} = {rates[own] / rates[one]:.4f} {one}"
            for one in self.others
            if one in rates and own in rates
        ]
        return ", ".join(told)


def whole_of(act: Act, client: Client, wallets: list[Wallet]) -> Whole:
    """The one large figure of the portal's home."""
    own, rates = client.base_currency, usd_rates()

    def in_own(money: Money) -> Money:
        if money.currency == own:
            return money
        known = rates.get(money.currency), rates.get(own)
        if not known[0] or not known[1]:
            return Money.zero(own)
        return Money.rounded(money.amount * known[0] / known[1], own, HALF_EVEN)

    accounts = accounts_of(client)
    moving = [one.held for one in wallets]
    under_way = Transfer.objects.filter(
        client=client, direction="in", status=Transfer.Status.IN_TRANSIT
    )
    for currency, amount in under_way.values_list("currency").annotate(Sum("amount")):
        moving.append(Money(amount.normalize(), currency))
    zero = Money.zero(own)
    everything = [*(one.total for one in wallets), *(one.equity_money for one in accounts), *moving]
    return Whole(
        free=sum((in_own(one.free) for one in wallets), zero),
        trading=sum((in_own(one.equity_money) for one in accounts), zero),
        moving=sum((in_own(one) for one in moving), zero),
        at=act.at,
        others=sorted({str(one.currency) for one in everything if one} - {own}),
    )


def accounts_of(client: Client) -> list[TradingAccount]:
    """Trading accounts with the client's own money: none for practice."""
    rows = TradingAccount.objects.filter(client=client, status__in=LIVING, practice=False)
    return list(rows.select_related("platform").order_by("pk"))


def open_trades(ids: list[int]) -> dict[int, tuple[int, Decimal]]:
    """How many positions are open on each account, and what they stand at."""
    rows = Position.objects.filter(account__in=ids).values("account")
    found = rows.annotate(count=Count("pk"), open_profit=Sum("profit"))
    return {
        pk: (count, profit)
        for pk, count, profit in found.values_list("account", "count", "open_profit")
    }


def equity_points(ids: list[int]) -> dict[int, list[Decimal]]:
    """The last day of each account's equity, oldest first."""
    points: dict[int, list[Decimal]] = defaultdict(list)
    newest = EquityPoint.objects.filter(account__in=ids).order_by("-at")[: POINTS * len(ids)]
    for pk, equity in newest.values_list("account", "equity"):
        points[pk].insert(0, equity)
    return points


@dataclass(frozen=True)
class Happened:
    """One line of a client's activity, whichever of the five it is. `came` where another client
    gave it.
    """

    at: datetime
    thing: Deposit | Withdrawal | Transfer | Exchange | ClientTransfer
    came: bool = False


def activity(client: Client, *, before: datetime | None = None, most: int = 20) -> list[Happened]:
    """The newest payments of a client, older than a moment. Six statements."""
    found: list[Happened] = []
    for model, moment, more in (
        (Deposit, "started_at", ("method", "provider")),
        (Withdrawal, "requested_at", ("destination",)),
        (Transfer, "requested_at", ("account__platform",)),
    ):
        rows = model._default_manager.filter(client=client).select_related(*more)
        if before is not None:
            rows = rows.filter(**{f"{moment}__lt": before})
        newest = rows.order_by(f"-{moment}", "-pk")[:most]
        found += [Happened(getattr(one, moment), one) for one in newest]
    exchanged = Exchange.objects.filter(client_id=client.pk).select_related("quote")
    if before is not None:
        exchanged = exchanged.filter(quote__quoted_at__lt=before)
    newest_of = exchanged.order_by("-quote__quoted_at", "-pk")[:most]
    found += [Happened(one.quote.quoted_at, one) for one in newest_of]
    for side, moment in (("client", "requested_at"), ("recipient", "settled_at")):
        given = ClientTransfer.objects.filter(**{side: client, f"{moment}__isnull": False})
        given = given.select_related("client", "recipient")
        if before is not None:
            given = given.filter(**{f"{moment}__lt": before})
        found += [
            Happened(getattr(one, moment), one, came=side == "recipient")
            for one in given.order_by(f"-{moment}", "-pk")[:most]
        ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]
