"""Money between a wallet and a trading account: a saga that a crash cannot lose or double.

Wallet → in transit (here, at once) → platform, with our reference (a reaction) → settled (here).
Whoever repeats a step looks the reference up on the platform first.
"""

from typing import Literal
from uuid import uuid4

from django.db import models

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.statements import add, composed
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.operations import Move, book
from nostro.payments.events import TransferFailed, TransferRequested, TransferSettled
from nostro.payments.models import Transfer
from nostro.payments.operations.deposits import NotYet
from nostro.payments.queries.free import accounts_beside, free_on_accounts
from nostro.people.models import Client
from nostro.trading.models import TradingAccount
from nostro.trading.operations import check_unmoved

GIVES_BACK = (
    TradingAccount.Status.CLOSE_ONLY, TradingAccount.Status.READ_ONLY,
    TradingAccount.Status.DORMANT,
)  # fmt: skip
"""States in which money can still leave an account, though none comes in."""


class WrongCurrency(Problem):
    """A trading account holds one currency only."""


class NotFree(Problem):
    """More than can be taken out of a trading account without what trades need and what is lent."""


@composed
def _next_transfer(client_id: int) -> models.QuerySet[Client, tuple[int]]:
    """The key of the transfer to come, so that nobody has to wait until it is written."""
    sequence = models.Value("payments_transfer_id_seq")
    number = models.Func(sequence, function="nextval", output_field=models.BigIntegerField())
    return Client.objects.filter(pk=client_id).values_list(number)


@operation(
    open_to=("client",), title="Transfer", icon="arrows-left-right",
    asks=(_next_transfer, accounts_beside),
)  # fmt: skip
def request_transfer(
    act: Act,
    client: Client,
    *,
    account: TradingAccount,
    money: Money,
    direction: Literal["in", "out"] = "in",
) -> Transfer:
    """Move money between the wallet and a trading account."""
    if account.client_id != client.pk:
        raise NotFound("There is no such trading account.")
    if account.practice:
        raise NotYet(f"{account} holds virtual money: it is topped up, and nothing is taken out.")
    gives = GIVES_BACK if direction == "out" else ()
    if account.status not in (TradingAccount.Status.OPEN, *gives):
        raise NotYet(f"{account} is {account.status_label.lower()}.")
    if account.status == TradingAccount.Status.READ_ONLY and act.actor.kind != "system":
        check_unmoved(account)
    if direction == "in" and client.status != Client.Status.ACTIVE:
        raise NotYet("Money can go to a trading account once your documents are approved.")
    if money.currency != account.currency:
        raise WrongCurrency(f"{account} is held in {account.currency}.", field="money")
    if money.amount <= 0:
        raise Problem("An amount to move is above zero.", field="money")
    if direction == "out":
        _check_free(account, money)
    [(number,)] = _next_transfer(client.pk)
    transfer = Transfer(
        pk=number, client=client, entity_id=client.entity_id, account=account, direction=direction,
        amount=money.amount, currency=money.currency, requested_at=act.at,
        reference=f"NST{uuid4().hex[:20].upper()}", status=Transfer.Status.IN_TRANSIT,
        status_at=act.at,
    )  # fmt: skip
    add(transfer)
    if direction == "in":
        move = Move(
            money, source=chart.client_wallet(client.pk), target=chart.transit(_slug(transfer))
        )
        book(
            act, f"{transfer} on its way", move, key=f"transfer/{transfer.pk}/sent",
            kind="transfer", entity_id=client.entity_id,
        )  # fmt: skip
    act.record(TransferRequested(transfer.pk, money, direction), about=transfer)
    return transfer


def _check_free(account: TradingAccount, money: Money) -> None:
    """Asked behind the client's lock, so what another request takes out has left already."""
    free = free_on_accounts(account.client_id).get(account.pk, Money.zero(account.currency))
    if money > free:
        most = free or "Nothing"
        raise NotFree(
            f"{most} can be taken out of {account} now: what open trades need, what is lent and "
            f"what is on its way out already stay.", field="money",
        )  # fmt: skip


@operation(internal=True, reads=("account:login,platform", "account__platform:slug"))
def settle_transfer(act: Act, transfer: Transfer, *, ticket: int) -> Transfer:
    """The platform has done it: `ticket` is its proof."""
    transfer.move_to(Transfer.Status.SETTLED, ticket=ticket, settled_at=act.at)
    there = chart.client_trading(transfer.client_id, _slug(transfer), _login(transfer))
    move = (
        Move(transfer.money, source=chart.transit(_slug(transfer)), target=there)
        if transfer.direction == "in"
        else Move(transfer.money, source=there, target=chart.client_wallet(transfer.client_id))
    )
    book(
        act, f"{transfer} settled", move, key=f"transfer/{transfer.pk}/settled", kind="transfer",
        entity_id=transfer.entity_id,
    )  # fmt: skip
    event = TransferSettled(transfer.pk, transfer.money, transfer.direction, ticket)
    act.record(event, about=transfer)
    return transfer


@operation(internal=True, reads=("account:login,platform", "account__platform:slug"))
def fail_transfer(act: Act, transfer: Transfer, *, reason: str) -> Transfer:
    """The platform refused: what was in transit goes back to the wallet."""
    transfer.move_to(Transfer.Status.FAILED, reason=reason[:200])
    if transfer.direction == "in":
        back = Move(
            transfer.money, source=chart.transit(_slug(transfer)),
            target=chart.client_wallet(transfer.client_id),
        )  # fmt: skip
        book(
            act, f"{transfer} went back", back, key=f"transfer/{transfer.pk}/back",
            kind="transfer", entity_id=transfer.entity_id,
        )  # fmt: skip
    act.record(TransferFailed(transfer.pk, transfer.money, reason[:200]), about=transfer)
    return transfer


def _slug(transfer: Transfer) -> str:
    return transfer.account.platform.slug


def _login(transfer: Transfer) -> int:
    if transfer.account.login is None:
        raise Problem(f"{transfer.account} has no login yet.")
    return transfer.account.login
