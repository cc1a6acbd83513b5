"""From one client's wallet to another client's of the same firm, as a rule decides.

Whoever gives names the other by number and e-mail address, and both have to be right: what is wrong
is answered by one sentence, and counted, so that nobody finds out who is a client here.
"""

import re
from datetime import timedelta
from decimal import Decimal

from nostro.core import limits
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.operations import Move, book
from nostro.payments.decisions import CLIENT_TRANSFER, ClientTransferAnswer, ClientTransferAsked
from nostro.payments.events import (
    ClientTransferApproved,
    ClientTransferCancelled,
    ClientTransferReceived,
    ClientTransferRefused,
    ClientTransferRequested,
    ClientTransferSettled,
)
from nostro.payments.models import ClientTransfer
from nostro.payments.operations.approvals import OwnRequest
from nostro.payments.operations.deposits import NotYet
from nostro.payments.queries import gave_before, given_since, of_cards
from nostro.people.models import Client
from nostro.rules.deciding import Answer, decide
from nostro.trading.rates import in_usd

Status = ClientTransfer.Status
NUMBER = re.compile(r"\s*(?:[Cc]-?)?([1-9][0-9]{0,17})\s*", re.ASCII)
WRONG_NAMES = 10
"""So many wrong recipients an hour; then nobody is looked up for this client."""
KIND = "client_transfer"


class NoSuchRecipient(Problem):
    """Number and e-mail address do not both belong to one client who can be given money."""


class TooManyTries(Problem):
    """Too many recipients that do not exist."""

    status = 429


def _recipient(client: Client, number: str, email: str) -> Client:
    """The client both names belong to. Whatever is wrong with them sounds the same."""
    guess = f"payments.recipient/{client.pk}"
    if limits.tried(guess) >= WRONG_NAMES:
        raise TooManyTries("That was not right too often. Try again in an hour.", field="email")
    matched = NUMBER.fullmatch(number)
    rows = Client.objects.filter(pk=int(matched[1]), email__iexact=email.strip()) if matched else []
    for found in rows:
        if found.status == Client.Status.ACTIVE and found.entity_id == client.entity_id:
            if found.pk == client.pk:
                raise Problem("That is you. Your own wallets are exchanged.", field="number")
            return found
    limits.tries(guess, seconds=3600, refused=True)
    raise NoSuchRecipient(
        "Nobody who can be sent money has this client number with this e-mail address."
        " Ask the recipient for both.",
        field="email",
    )


def _decided(
    act: Act, client: Client, recipient: Client, money: Money
) -> Answer[ClientTransferAnswer]:
    """What the rules say of giving this much to this client now."""
    worth = in_usd(money)
    earlier = [one for (one,) in given_since(client.pk, act.at - timedelta(hours=24))]
    asked = ClientTransferAsked(
        entity=client.entity.code, same_entity=client.entity_id == recipient.entity_id,
        currency=str(money.currency), worth=worth, total_24h=sum(earlier, worth),
        count_24h=Decimal(len(earlier) + 1), level=Decimal(client.level),
        recipient_level=Decimal(recipient.level), risk=client.risk or "none",
        recipient_risk=recipient.risk or "none",
        known=bool(gave_before(client.pk, recipient.pk)),
        of_cards=of_cards(client.pk, at=act.at),
    )  # fmt: skip
    return decide(act, CLIENT_TRANSFER, asked, about=client)


@operation(open_to=("client",), title="Send to another client", verb="Send", icon="users",
           reads=("entity",))  # fmt: skip
def send_to_client(
    act: Act, client: Client, *, number: str, email: str, money: Money
) -> ClientTransfer:
    """Give money of a wallet to another client of the same firm.

    Their client number and their e-mail address are both needed. A rule says whether it goes at
    once, waits for a person of ours, or is not done; meanwhile it is set aside.
    """
    if client.status != Client.Status.ACTIVE:
        raise NotYet("You can send money once your documents are approved.")
    if money.amount <= 0:
        raise Problem("An amount to send is above zero.", field="money")
    recipient = _recipient(client, number, email)
    answer = _decided(act, client, recipient, money)
    made = ClientTransfer.objects.create(
        client=client, recipient=recipient, entity=client.entity, amount=money.amount,
        currency=money.currency, usd=in_usd(money), requested_at=act.at, why=answer.sentence,
        decision=answer.id, status=Status.REQUESTED,
        asked_by=act.asked_by,
    )  # fmt: skip
    act.record(ClientTransferRequested(made.pk, recipient.pk, money, answer.id), about=made)
    verdict = answer.output.verdict
    if verdict == "refused":
        made.move_to(Status.REFUSED, reason=answer.output.told)
        act.record(ClientTransferRefused(made.pk, money), about=made)
    elif verdict == "automatic" and made.asked_by is None:
        _settle(act, made, chart.client_wallet(client.pk))
    else:
        due = act.at + timedelta(minutes=int(answer.output.within_hours * 60))
        wallet, held = chart.client_wallet(client.pk), chart.client_held(client.pk)
        _book(act, made, "set aside", Move(money, source=wallet, target=held), "hold")
        made.move_to(Status.APPROVAL, due_at=due)
    return made


def _book(act: Act, made: ClientTransfer, what: str, move: Move, step: str) -> None:
    book(
        act, f"{made} {what}", move, key=f"client-transfer/{made.pk}/{step}", kind=KIND,
        entity_id=made.entity_id, decision=made.decision,
    )  # fmt: skip


def _settle(act: Act, made: ClientTransfer, source: chart.Account) -> None:
    target = chart.client_wallet(made.recipient_id)
    _book(act, made, "to another client", Move(made.money, source=source, target=target), "settled")
    made.move_to(Status.SETTLED, settled_at=act.at)
    event = ClientTransferSettled(made.pk, made.recipient_id, made.money)
    act.record(event, about=made)
    told = ClientTransferReceived(made.pk, made.client_id, made.money)
    act.record(told, about=made.recipient)


def _give_back(act: Act, made: ClientTransfer, what: str) -> None:
    held, wallet = chart.client_held(made.client_id), chart.client_wallet(made.client_id)
    _book(act, made, what, Move(made.money, source=held, target=wallet), "back")


@operation(title="Approve and send", icon="check", reads=("client", "recipient"))
def approve_client_transfer(
    act: Act, transfer: ClientTransfer, *, note: str = ""
) -> ClientTransfer:
    """Let the money go to the other client. Whoever asked for it does not approve it."""
    if act.actor.is_client(transfer.client_id):
        raise OwnRequest("Someone else has to approve your own request.")
    if act.actor.kind == "staff" and act.actor.id == transfer.asked_by:
        raise OwnRequest("You asked for this one on the client's behalf: somebody else approves.")
    transfer.check_move(Status.SETTLED)
    for person, who in ((transfer.client, "giver"), (transfer.recipient, "recipient")):
        if person.status != Client.Status.ACTIVE or person.entity_id != transfer.entity_id:
            raise NotYet(f"The {who}, {person}, is {person.status_label.lower()}: refuse it.")
    act.record(ClientTransferApproved(transfer.pk, whole(note, "note")), about=transfer)
    _settle(act, transfer, chart.client_held(transfer.client_id))
    return transfer


@operation(title="Refuse", icon="x", tone="refuse")
def refuse_client_transfer(act: Act, transfer: ClientTransfer, *, reason: str) -> ClientTransfer:
    """Refuse, with the reason the client is told. The money goes back to their wallet."""
    if not reason.strip():
        raise Problem("The client is told the reason: write one.", field="reason")
    transfer.check_move(Status.REFUSED)
    if transfer.status != Status.APPROVAL:
        raise NotYet(f"{transfer} does not wait for anybody.")
    transfer.move_to(Status.REFUSED, reason=whole(reason))
    _give_back(act, transfer, "refused")
    act.record(ClientTransferRefused(transfer.pk, transfer.money), about=transfer)
    return transfer


@operation(open_to=("client",), title="Take back", icon="x", tone="refuse")
def cancel_client_transfer(act: Act, transfer: ClientTransfer) -> ClientTransfer:
    """Take a request back, as long as nobody has approved it."""
    transfer.move_to(Status.CANCELLED)
    _give_back(act, transfer, "taken back")
    act.record(ClientTransferCancelled(transfer.pk), about=transfer)
    return transfer
