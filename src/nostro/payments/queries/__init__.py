"""What anyone can ask about payments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.core.statements import composed
from nostro.kit.money import Currency, Money
from nostro.ledger import chart
from nostro.ledger.queries import KNOWN, standings
from nostro.payments.allocation import Part, Source, allocate
from nostro.payments.models import (
    ClientTransfer,
    Deposit,
    Destination,
    Leg,
    Method,
    Notice,
    Provider,
    SavedCard,
    Transfer,
    Withdrawal,
)
from nostro.payments.queries.closing import before_closing as before_closing
from nostro.payments.queries.free import free_on_accounts as free_on_accounts
from nostro.people.models import Client


@query(finds=Method, open_to=("client",))
def methods(act: Act) -> models.QuerySet[Method]:
    """Ways to pay."""
    return Method.objects.order_by("name")


@query(finds=Provider)
def providers(act: Act) -> models.QuerySet[Provider]:
    """Payment providers and banks."""
    return Provider.objects.order_by("name")


@query(finds=Deposit, open_to=("client",))
def deposits(act: Act) -> models.QuerySet[Deposit]:
    """Deposits, newest first."""
    rows = Deposit.objects.select_related("client", "entity", "method", "provider")
    return visible(act.actor, rows.order_by("-started_at", "-id"))


@dataclass(frozen=True)
class Way:
    """A way somebody paid in, and when last."""

    method_id: int
    at: datetime


@query(open_to=("client",))
def ways_paid(act: Act, client_id: int) -> list[Way]:
    """How a client paid in so far, the last way first."""
    settled = Deposit.objects.filter(client_id=client_id, status=Deposit.Status.SETTLED)
    rows = visible(act.actor, settled).values_list("method_id")
    return [Way(*one) for one in rows.annotate(last=models.Max("settled_at")).order_by("-last")]


@query(finds=SavedCard, open_to=("client",))
def saved_cards(act: Act) -> models.QuerySet[SavedCard]:
    """Cards on file at providers, the last used first; none that were forgotten."""
    rows = SavedCard.objects.filter(forgotten_at=None).order_by("-used_at", "-id")
    return visible(act.actor, rows)


@query(finds=Withdrawal, open_to=("client",))
def withdrawals(act: Act) -> models.QuerySet[Withdrawal]:
    """Withdrawals, newest first."""
    rows = Withdrawal.objects.select_related("client", "entity", "destination")
    return visible(act.actor, rows.order_by("-requested_at", "-id"))


@query(finds=Transfer, open_to=("client",))
def transfers(act: Act) -> models.QuerySet[Transfer]:
    """Transfers between wallets and trading accounts, newest first."""
    rows = Transfer.objects.select_related("client", "entity", "account__platform")
    return visible(act.actor, rows.order_by("-requested_at", "-id"))


@query(finds=ClientTransfer, open_to=("client",))
def client_transfers(act: Act) -> models.QuerySet[ClientTransfer]:
    """Money from one client to another, newest first. A client sees what they gave, and what
    arrived; staff see what their clients gave.
    """
    rows = ClientTransfer.objects.select_related("client", "recipient", "entity")
    rows = rows.order_by("-requested_at", "-id")
    if act.actor.kind == "client":
        arrived = models.Q(recipient=act.actor.id, status=ClientTransfer.Status.SETTLED)
        return rows.filter(models.Q(client=act.actor.id) | arrived)
    return visible(act.actor, rows)


@query
def received_from_clients(act: Act) -> models.QuerySet[ClientTransfer]:
    """What clients got from other clients, newest first."""
    rows = ClientTransfer.objects.filter(status=ClientTransfer.Status.SETTLED)
    rows = rows.select_related("recipient", "entity").order_by("-settled_at", "-id")
    return visible(act.actor, rows, client="recipient__")


@query(finds=Destination, open_to=("client",))
def destinations(act: Act) -> models.QuerySet[Destination]:
    """Where clients may be paid."""
    return visible(act.actor, Destination.objects.order_by("-added_at"))


@query(finds=Notice)
def notices(act: Act) -> models.QuerySet[Notice]:
    """What providers told us, newest first."""
    return Notice.objects.select_related("provider").order_by("-received_at", "-id")


@query(finds=Leg, open_to=("client",))
def legs(act: Act) -> models.QuerySet[Leg]:
    """The parts of withdrawals, each on its own way."""
    rows = Leg.objects.select_related("withdrawal__client", "provider", "deposit", "destination")
    return visible(act.actor, rows.order_by("-id"), client="withdrawal__client__")


def payment_reference(client_id: int) -> str:
    """What a client writes on a wire, with check digits by ISO 7064 (MOD 97-10) against typing."""
    return f"NB-{client_id}-{98 - client_id * 100 % 97:02}"


def withdrawable(client: Client) -> dict[str, Money]:
    """The one published figure, by currency: what stands in the wallet and is not set aside there.

    What was asked back has left the wallet already, for an account of its own.
    """
    wallet = chart.client_wallet(client.pk).path
    return {code: one.free for code, one in standings([wallet]).get(wallet, {}).items()}


@composed
def _refundable(client_id: int, currency: str) -> models.QuerySet[Deposit, tuple[Any, ...]]:
    paid = Deposit.objects.filter(
        client_id=client_id, currency=currency, status=Deposit.Status.SETTLED,
        provider__refund_days__gt=0, refunded__lt=models.F("amount"),
    )  # fmt: skip
    return paid.order_by("settled_at", "pk").values_list(
        "pk", "provider_id", "instrument", "method__name", "amount", "refunded", "settled_at",
        "provider__refund_days",
    )  # fmt: skip


@composed
def _from_cards(client_id: int) -> models.QuerySet[Deposit, tuple[Any, ...]]:
    rows = Deposit.objects.filter(
        client_id=client_id, status=Deposit.Status.SETTLED, provider__refund_days__gt=0,
        refunded__lt=models.F("amount"),
    )  # fmt: skip
    return rows.values_list("settled_at", "provider__refund_days")


def of_cards(client_id: int, *, at: datetime) -> bool:
    """Whether money of this client could still go back to a card, whatever it has become since."""
    return any(
        (settled_at or at) + timedelta(days=days) > at
        for settled_at, days in _from_cards(client_id)
    )


@composed
def ended_deposits(client_id: int) -> models.QuerySet[Deposit, tuple[str]]:
    """How a client's deposits ended: settled, charged back, or both."""
    ended = [Deposit.Status.SETTLED, Deposit.Status.CHARGED_BACK]
    rows = Deposit.objects.filter(client_id=client_id, status__in=ended)
    return rows.order_by("status").values_list("status").distinct()


@composed
def asked_after(
    client_id: int, since: datetime
) -> models.QuerySet[Withdrawal, tuple[Decimal, str]]:
    """What a client has asked back since then and not lost or taken back."""
    gone = [Withdrawal.Status.REFUSED, Withdrawal.Status.CANCELLED]
    rows = Withdrawal.objects.filter(client_id=client_id, requested_at__gte=since)
    return rows.exclude(status__in=gone).values_list("amount", "currency")


@composed
def paid_in_since(
    client_id: int, day: datetime, month: datetime
) -> models.QuerySet[Deposit, tuple[str, Decimal | None, Decimal]]:
    """By currency, what a client paid in or is about to, since `day` and since the earlier `month`.

    A page that nobody paid closes within a day, so an older start does not count.
    """
    rows = Deposit.objects.filter(client_id=client_id, started_at__gte=month)
    lying = models.Q(status=Deposit.Status.STARTED) & ~models.Q(started_at__gte=day)
    rows = rows.exclude(status=Deposit.Status.FAILED).exclude(lying)
    recent = models.Sum("amount", filter=models.Q(started_at__gte=day))
    return (
        rows.order_by("currency")
        .values("currency")
        .annotate(of_day=recent, of_month=models.Sum("amount"))
        .values_list("currency", "of_day", "of_month")
    )


@composed
def given_since(client_id: int, since: datetime) -> models.QuerySet[ClientTransfer, tuple[Decimal]]:
    """What a client sent to others since then, or would, in USD each."""
    rows = ClientTransfer.objects.filter(client_id=client_id, requested_at__gte=since)
    gone = [ClientTransfer.Status.REFUSED, ClientTransfer.Status.CANCELLED]
    return rows.exclude(status__in=gone).values_list("usd")


@composed
def gave_before(client_id: int, other_id: int) -> models.QuerySet[ClientTransfer, tuple[int]]:
    """Transfers of one client that arrived at the other one."""
    rows = ClientTransfer.objects.filter(client_id=client_id, recipient_id=other_id)
    return rows.filter(status=ClientTransfer.Status.SETTLED).values_list("pk")


@composed
def got_since(client_id: int, since: datetime) -> models.QuerySet[ClientTransfer, tuple[Decimal]]:
    """What a client got from others since then, in USD each."""
    rows = ClientTransfer.objects.filter(recipient_id=client_id, settled_at__gte=since)
    return rows.values_list("usd")


def sources(client: Client, currency: str, *, at: datetime) -> list[Source]:
    """Card deposits that may still be refunded, oldest first."""
    code = Currency(currency)
    return [
        Source(
            pk, provider, instrument or method, Money(amount.normalize(), code),
            Money((amount - refunded).normalize(), code),
            (settled_at or at) + timedelta(days=days),
        )
        for pk, provider, instrument, method, amount, refunded, settled_at, days in _refundable(
            client.pk, currency
        )
    ]  # fmt: skip


def split_of(client: Client, money: Money, *, has_bank: bool, at: datetime) -> list[Part]:
    """How a withdrawal would go back, leg by leg: the same before and after confirming."""
    return allocate(money, sources(client, money.currency, at=at), has_bank=has_bank, at=at)


def _accounts_of_providers(paths: set[str]) -> dict[str, chart.Account]:
    """Of these paths, those of providers that are connected: for opening balances."""
    slugs = set(Provider.objects.values_list("slug", flat=True))
    wanted = {one: chart.account_at(one) for one in paths if one.split("/")[1] in slugs}
    return {path: account for path, account in wanted.items() if account is not None}


KNOWN["provider"] = _accounts_of_providers
