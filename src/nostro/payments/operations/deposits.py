"""A deposit: started, opened at a provider, told of by webhook or asked for, settled once."""

from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger.operations import Move, post
from nostro.payments.decisions import ROUTING, RouteAsked
from nostro.payments.events import (
    DepositFailed,
    DepositHeld,
    DepositOpened,
    DepositSettled,
    DepositStarted,
    NoticeReceived,
)
from nostro.payments.models import Deposit, Method, Notice, Provider
from nostro.payments.ports import ProviderEvent
from nostro.people.models import Client
from nostro.rules.deciding import decide
from nostro.trading.rates import in_usd


class NotYet(Problem):
    """The client's standing does not allow this yet; the sentence says what is missing."""


class OutsideLimits(Problem):
    """The amount is under the least or over the most this method takes."""


class NoProvider(Problem):
    """The rules name no open provider for this payment."""


@operation(open_to=("client",), title="Deposit", icon="arrow-down-left")
def start_deposit(act: Act, client: Client, *, money: Money, method: Method) -> Deposit:
    """Pay money in. You are taken to the provider's own page to pay."""
    if client.status not in (Client.Status.ACTIVE, Client.Status.RESTRICTED):
        raise NotYet("You can pay in once your documents are approved.")
    if client.status == Client.Status.RESTRICTED:
        raise NotYet("Your account is restricted: you can withdraw, but not pay in.")
    if money.currency not in method.currencies:
        raise OutsideLimits(f"{method} does not take {money.currency}.", field="money")
    if not method.least <= money.amount <= method.most:
        raise OutsideLimits(
            f"{method} takes {method.least:,.2f} to {method.most:,.2f} {money.currency}.",
            field="money",
        )
    asked = RouteAsked(
        method=method.slug, currency=str(money.currency), amount=in_usd(money),
        country=client.country, entity=client.entity.code,
    )  # fmt: skip
    answer = decide(act, ROUTING, asked, about=client)
    provider = method.providers.filter(slug=answer.output.provider, open=True).first()
    if provider is None:
        raise NoProvider("This method is not available for you right now. Try another one.")
    deposit = Deposit.objects.create(
        client=client, entity=client.entity, method=method, provider=provider,
        amount=money.amount, currency=money.currency, decision=answer.id, key=f"dp-{uuid4().hex}",
        started_at=act.at, status=Deposit.Status.STARTED,
    )  # fmt: skip
    act.record(DepositStarted(deposit.pk, money, method.slug), about=deposit)
    return deposit


@operation(internal=True)
def deposit_opened(act: Act, deposit: Deposit, *, reference: str, url: str) -> Deposit:
    """The provider's page is ready for the client."""
    deposit.reference, deposit.hosted_url = reference, url
    deposit.save(update_fields=["reference", "hosted_url"])
    act.record(DepositOpened(deposit.pk), about=deposit)
    return deposit


@operation(internal=True, lock=False)
def receive_notice(act: Act, provider: Provider, *, told: ProviderEvent) -> Notice:
    """Keep what a provider told us, once. It is read right after."""
    notice, made = Notice.objects.get_or_create(
        provider=provider, event_id=told.id,
        defaults={
            "kind": str(told.kind), "reference": told.reference, "received_at": act.at,
            "body": {"raw": told.raw.decode(errors="replace"), "payment": told.payment},
        },
    )  # fmt: skip
    if made:
        act.record(NoticeReceived(notice.pk, str(told.kind)), about=provider)
    else:
        act.record(NoticeReceived(notice.pk, "repeated"), about=provider)
    return notice


@operation(internal=True)
def settle_deposit(
    act: Act, deposit: Deposit, *, received: Money, payment: str = "", instrument: str = ""
) -> Deposit:
    """Credit the wallet with what arrived. Another amount than asked for waits for a person."""
    if received != deposit.money:
        return hold_deposit(
            act, deposit, reason=f"{received} arrived where {deposit.money} was asked for"
        )
    _settle(act, deposit, payment=payment, instrument=instrument)
    return deposit


def _settle(act: Act, deposit: Deposit, *, payment: str = "", instrument: str = "") -> None:
    earlier = Deposit.objects.filter(client_id=deposit.client_id, settled_at__isnull=False)
    first = not earlier.exists()
    deposit.move_to(
        Deposit.Status.SETTLED, settled_at=act.at,
        payment_reference=payment or deposit.payment_reference,
        instrument=instrument or deposit.instrument, reason="",
    )  # fmt: skip
    given = chart.provider_clearing(deposit.provider.slug)
    post(
        act, f"{deposit} by {deposit.method}",
        Move(deposit.money, source=given, target=chart.client_wallet(deposit.client_id)),
        key=f"deposit/{deposit.pk}/settled", kind="deposit", entity_id=deposit.entity_id,
        decision=deposit.decision,
    )  # fmt: skip
    event = DepositSettled(deposit.pk, deposit.money, deposit.method.slug, first)
    act.record(event, about=deposit)


@operation(internal=True)
def fail_deposit(act: Act, deposit: Deposit, *, reason: str) -> Deposit:
    """The provider declined it, or the client left."""
    deposit.move_to(Deposit.Status.FAILED, reason=reason[:200])
    event = DepositFailed(deposit.pk, deposit.money, deposit.method.slug, reason[:200])
    act.record(event, about=deposit)
    return deposit


@operation(internal=True)
def hold_deposit(act: Act, deposit: Deposit, *, reason: str) -> Deposit:
    """Something about it does not fit: a person decides."""
    deposit.move_to(Deposit.Status.HELD, reason=reason[:200])
    act.record(DepositHeld(deposit.pk, reason[:200]), about=deposit)
    return deposit


@operation(title="Credit it", icon="check")
def settle_held_deposit(act: Act, deposit: Deposit, *, note: str) -> Deposit:
    """Credit a deposit that needed a look, with the reason."""
    if deposit.status != Deposit.Status.HELD:
        raise NotYet(f"{deposit} does not need a look.")
    _settle(act, deposit)
    return deposit
