"""A card that its owner had forgotten is forgotten at the provider as well."""

from nostro.core.acts import Act
from nostro.core.jobs import on
from nostro.kit.vendors import Refused
from nostro.payments import operations as payments
from nostro.payments.events import CardRemoved
from nostro.payments.models import SavedCard
from nostro.payments.ports import PROVIDERS
from nostro.payments.reactions.steps import alone


@on(CardRemoved)
def forget_at_provider(act: Act, event: CardRemoved, key: str) -> None:
    """What the provider does not know is forgotten there already."""
    card = SavedCard.objects.select_related("provider").get(pk=event.card_id)
    with alone(card):
        card.refresh_from_db(fields=["sealed", "forgotten_at"])
        if not card.sealed or card.forgotten_at is None:
            return
        try:
            PROVIDERS.take(card.provider.slug).forget_card(card.token)
        except Refused as no:
            if no.code != "resource_missing":
                raise
        payments.erase_card(act, card)
