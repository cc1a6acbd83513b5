"""Saved cards: kept as they pay, where their owner said so, and forgotten when they say so."""

import hmac

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.payments.events import CardErased, CardRemoved, CardSaved
from nostro.payments.models import Deposit, SavedCard
from nostro.payments.ports import CardOnFile


class CardGone(Problem):
    """The card was forgotten before."""


def keep_card(act: Act, deposit: Deposit, card: CardOnFile) -> None:
    """Remember the card that paid. The same card saved again stays one, by its newest name."""
    print_of = hmac.digest(secrets.derived("cards"), card.fingerprint.encode(), "sha256").hex()
    named = {
        "client_id": deposit.client_id, "provider_id": deposit.provider_id,
        "fingerprint": print_of,
    }  # fmt: skip
    saved = SavedCard.objects.filter(**named).first()
    known = saved is not None and saved.forgotten_at is None
    if saved is None:
        saved = SavedCard(method_id=deposit.method_id, saved_at=act.at, **named)
    elif not known:
        saved.saved_at, saved.forgotten_at = act.at, None
    saved.label, saved.used_at = card.name, act.at
    saved.seal(card.token)
    saved.save()
    if not known:
        act.record(CardSaved(saved.pk, saved.label), about=saved)


@operation(open_to=("client",), title="Forget this card", icon="trash", tone="refuse")
def forget_card(act: Act, card: SavedCard) -> SavedCard:
    """Offer this card no more, and have the provider forget it."""
    if card.forgotten_at is not None:
        raise CardGone("This card was forgotten before.")
    card.forgotten_at = act.at
    card.save(update_fields=["forgotten_at"])
    act.record(CardRemoved(card.pk, card.label), about=card)
    return card


@operation(internal=True)
def erase_card(act: Act, card: SavedCard) -> SavedCard:
    """The provider has forgotten it: what it was called there is of no use any more."""
    card.sealed = b""
    card.save(update_fields=["sealed"])
    act.record(CardErased(card.pk, card.label), about=card)
    return card
