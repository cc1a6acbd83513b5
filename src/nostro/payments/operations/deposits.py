"""A deposit: started, opened at a provider, told of by webhook or asked for, settled once."""

from uuid import uuid4

from django.db import models

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.statements import composed
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.operations import Move, book
from nostro.ledger.queries import standings
from nostro.payments.decisions import PAY_IN, ROUTING
from nostro.payments.events import (
    DepositChargedBack,
    DepositFailed,
    DepositHeld,
    DepositOpened,
    DepositSentBack,
    DepositSettled,
    DepositStarted,
)
from nostro.payments.models import Deposit, Method, Provider, SavedCard
from nostro.payments.operations.cards import keep_card
from nostro.payments.ports import BANKS, CardOnFile
from nostro.payments.queries import payment_reference
from nostro.payments.queries.taking import (
    Over,
    Taking,
    over,
    paid_in,
    pay_in_asked,
    route_asked,
)
from nostro.people.models import Client
from nostro.rules.deciding import decide


class NotYet(Problem):
    """The client's standing does not allow this yet; the sentence says what is missing."""


class OutsideLimits(Problem):
    """The amount is under the least or over the most this method takes."""


class OverLimit(OutsideLimits):
    """More than a rule lets this client pay in within a day or a month. `left`: what they may."""

    def __init__(self, limit: Over) -> None:
        super().__init__(str(limit), field="money")
        self.left = limit.left


class NoProvider(Problem):
    """The rules name no open provider for this payment; the sentence says what they would take."""


@operation(open_to=("client",), title="Deposit", icon="arrow-down-left", reads=("entity:code",))
def start_deposit(
    act: Act, client: Client, *, money: Money, method: Method, card: SavedCard | None = None
) -> Deposit:
    """Pay money in: on the provider's own page, or by a wire with your payment reference.

    With a card that was saved, the page asks for its security code alone.
    """
    _may_pay_in(client, method, money)
    if card is not None and not _own(card, client, method):
        raise NotFound("There is no such saved card.")
    _within_limits(act, client, method, money)
    answer = decide(act, ROUTING, route_asked(client, method, money), about=client)
    found = _open_provider(method.pk, answer.output.provider)
    if not found:
        raise NoProvider(Taking(act, client).why_not(method, money), field="money")
    provider_id, kind = found[0]
    deposit = Deposit.objects.create(
        client=client, entity=client.entity, method=method, provider_id=provider_id,
        amount=money.amount, currency=money.currency, decision=answer.id, key=f"dp-{uuid4().hex}",
        reference=payment_reference(client.pk) if kind in BANKS.kinds() else "",
        started_at=act.at, status=Deposit.Status.STARTED,
        card=card if card is not None and card.provider_id == provider_id else None,
        instrument=card.label if card is not None else "",
    )  # fmt: skip
    act.record(DepositStarted(deposit.pk, money, method.slug), about=deposit)
    return deposit


def _own(card: SavedCard, client: Client, method: Method) -> bool:
    """Whether it is this client's, of that method, and not forgotten."""
    whose = (card.client_id, card.method_id)
    return whose == (client.pk, method.pk) and card.forgotten_at is None


@composed
def _open_provider(method_id: int, slug: str) -> models.QuerySet[Provider, tuple[int, str]]:
    rows = Provider.objects.filter(methods=method_id, slug=slug, open=True)
    return rows.values_list("pk", "kind")


def _within_limits(act: Act, client: Client, method: Method, money: Money) -> None:
    """Ask the rule how much may be paid in, and hold it against what was and what is under way."""
    totals = paid_in(client, act.at)
    asked = pay_in_asked(client, method, money, totals)
    limit = over(decide(act, PAY_IN, asked, about=client).output, money, totals)
    if limit is not None:
        raise OverLimit(limit)


def _may_pay_in(client: Client, method: Method, money: Money) -> None:
    if client.status == Client.Status.RESTRICTED:
        raise NotYet("Your account is restricted: you can withdraw, but not pay in.")
    if client.status != Client.Status.ACTIVE:
        raise NotYet("You can pay in once your documents are approved.")
    if not method.takes_deposits or money.currency not in method.currencies:
        raise OutsideLimits(f"{method} does not take {money.currency}.", field="money")
    if not method.least <= money.amount <= method.most:
        raise OutsideLimits(
            f"{method} takes {method.least:,.2f} to {method.most:,.2f} {money.currency}.",
            field="money",
        )


@operation(internal=True)
def deposit_opened(act: Act, deposit: Deposit, *, reference: str, url: str) -> Deposit:
    """The provider's page is ready for the client."""
    deposit.reference, deposit.hosted_url = reference, url
    deposit.save(update_fields=["reference", "hosted_url"])
    act.record(DepositOpened(deposit.pk), about=deposit)
    return deposit


@composed
def _settled_before(deposit_id: int) -> models.QuerySet[Deposit, tuple[int]]:
    """A deposit of the same client that has arrived, where there is one."""
    client = Deposit.objects.filter(pk=deposit_id).values("client")
    return Deposit.objects.filter(client__in=client, settled_at__isnull=False).values_list("pk")[:1]


@operation(internal=True, reads=("method:name,slug", "provider:slug"), asks=(_settled_before,))
def settle_deposit(
    act: Act, deposit: Deposit, *, received: Money, payment: str = "", instrument: str = "",
    card: CardOnFile | None = None,
) -> Deposit:  # fmt: skip
    """Credit the wallet with what arrived. Another amount than asked for waits for a person.

    A card that its owner had the provider keep is remembered.
    """
    if card is not None:
        keep_card(act, deposit, card)
    if received != deposit.money:
        reason = f"{received} arrived where {deposit.money} was asked for"
        deposit.payment_reference = payment or deposit.payment_reference
        deposit.instrument = instrument or deposit.instrument
        return hold_deposit(act, deposit, reason=reason, received=received)
    _settle(act, deposit, payment=payment, instrument=instrument)
    return deposit


def _settle(act: Act, deposit: Deposit, *, payment: str = "", instrument: str = "") -> None:
    first, money = not _settled_before(deposit.pk), deposit.money
    deposit.move_to(
        Deposit.Status.SETTLED, settled_at=act.at, amount=deposit.amount,
        payment_reference=payment or deposit.payment_reference,
        instrument=instrument or deposit.instrument, reason="",
    )  # fmt: skip
    given = chart.provider_clearing(deposit.provider.slug)
    book(
        act, f"{deposit} by {deposit.method}",
        Move(money, source=given, target=chart.client_wallet(deposit.client_id)),
        key=f"deposit/{deposit.pk}/settled", kind="deposit", entity_id=deposit.entity_id,
        decision=deposit.decision,
    )  # fmt: skip
    act.record(DepositSettled(deposit.pk, money, deposit.method.slug, first), about=deposit)


@operation(internal=True)
def fail_deposit(act: Act, deposit: Deposit, *, reason: str) -> Deposit:
    """The provider declined it, or the client left."""
    deposit.move_to(Deposit.Status.FAILED, reason=reason[:200])
    event = DepositFailed(deposit.pk, deposit.money, deposit.method.slug, reason[:200])
    act.record(event, about=deposit)
    return deposit


@operation(internal=True)
def hold_deposit(
    act: Act, deposit: Deposit, *, reason: str, received: Money | None = None
) -> Deposit:
    """Something about it does not fit: a person decides."""
    deposit.move_to(
        Deposit.Status.HELD, reason=reason[:200], received=received.amount if received else None,
        payment_reference=deposit.payment_reference, instrument=deposit.instrument,
    )  # fmt: skip
    act.record(DepositHeld(deposit.pk, reason[:200]), about=deposit)
    return deposit


@operation(title="Credit it", verb="Credit what came", icon="check")
def settle_held_deposit(act: Act, deposit: Deposit, *, note: str) -> Deposit:
    """Credit the wallet with what came, and say why that is right."""
    if deposit.status != Deposit.Status.HELD:
        raise NotYet(f"{deposit} does not need a look.")
    if deposit.received is not None:
        deposit.amount = deposit.received
    _settle(act, deposit)
    return deposit


@operation(title="Send it back", icon="credit-card-refund", tone="refuse")
def send_back_held_deposit(act: Act, deposit: Deposit, *, reason: str) -> Deposit:
    """Do not take the money: the provider is asked to refund it. The wallet is not touched."""
    if deposit.status != Deposit.Status.HELD:
        raise NotYet(f"{deposit} does not need a look.")
    if deposit.provider.kind in BANKS.kinds():
        raise Problem("A wire is sent back from Reconciliation, where its line stands.")
    deposit.move_to(Deposit.Status.FAILED, reason=whole(reason))
    money = deposit.received_money or deposit.money
    act.record(DepositSentBack(deposit.pk, money, whole(reason)), about=deposit)
    return deposit


@operation(internal=True)
def charge_back_deposit(act: Act, deposit: Deposit) -> Deposit:
    """The card's owner took the money back: what is free in the wallet, the rest is a debt."""
    deposit.move_to(Deposit.Status.CHARGED_BACK)
    wallet, money = chart.client_wallet(deposit.client_id), deposit.money
    there = chart.provider_clearing(deposit.provider.slug)
    here = standings([wallet.path]).get(wallet.path, {}).get(str(money.currency))
    covered = min(here.free, money) if here else money - money
    owed = money - covered
    moves = [
        Move(part, source=source, target=there)
        for part, source in ((covered, wallet), (owed, chart.client_debt(deposit.client_id)))
        if part
    ]
    book(
        act, f"{deposit} charged back", *moves, key=f"deposit/{deposit.pk}/charged-back",
        kind="chargeback", entity_id=deposit.entity_id,
    )  # fmt: skip
    act.record(DepositChargedBack(deposit.pk, money), about=deposit)
    return deposit
