"""What providers tell us: kept as it came before anybody reads it, or counted where it lied."""

from django.db.models import F

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.payments.events import NoticeReceived, NoticeRefused
from nostro.payments.models import Notice, Provider
from nostro.payments.ports import ProviderEvent


@operation(internal=True, lock=False)
def receive_notice(act: Act, provider: Provider, *, told: ProviderEvent) -> Notice:
    """Keep what a provider told us, once. It is read right after."""
    notice, made = Notice.objects.get_or_create(
        provider=provider, event_id=told.id,
        defaults={
            "kind": str(told.kind), "reference": told.reference, "payment": told.payment,
            "key": told.key, "received_at": act.at,
            "amount": told.money.amount if told.money else None,
            "currency": str(told.money.currency) if told.money else "",
            "body": {"type": told.vendor_type, "raw": told.raw.decode(errors="replace")},
        },
    )  # fmt: skip
    # About the notice and not the provider: one that a crash left half read holds up no other.
    act.record(NoticeReceived(notice.pk, str(told.kind) if made else "repeated"), about=notice)
    return notice


@operation(internal=True, lock=False)
def notice_refused(act: Act, provider: Provider, *, code: str) -> Provider:
    """Count a message that did not prove itself. Nothing in it is believed or kept."""
    Provider.objects.filter(pk=provider.pk).update(
        notices_refused=F("notices_refused") + 1, notices_refused_at=act.at
    )
    act.record(NoticeRefused(code[:40]), about=provider)
    return provider
