"""Liquidity providers, and what a person says about them."""

from typing import Any

from nostro.core.acts import Act
from nostro.core.models import Setting
from nostro.core.operations import operation
from nostro.exposure.events import (
    FreshStartAsked,
    ProviderAdded,
    ProviderAnswered,
    ProviderSymbolMapped,
    ProviderTroubled,
)
from nostro.exposure.models import LiquidityProvider, ProviderPosition
from nostro.exposure.ports import DROP_COPIES
from nostro.kit.problems import NotFound, Problem
from nostro.kit.words import whole
from nostro.trading.models import Instrument


class BadProvider(Problem):
    """A liquidity provider that cannot be connected like this."""


@operation(title="Connect a liquidity provider", verb="Connect", icon="building-bank")
def add_provider(
    act: Act, *, slug: str, name: str, kind: str, settings: dict[str, Any], live: bool = True
) -> LiquidityProvider:
    """Listen to a liquidity provider, or change how; not “live” leaves it in peace.

    Its secrets are encrypted before storage.
    """
    if kind not in DROP_COPIES.kinds():
        known = ", ".join(sorted(DROP_COPIES.kinds()))
        raise BadProvider(f"No adapter speaks to {kind}. There are: {known}.", field="kind")
    if not slug.strip() or not name.strip():
        raise BadProvider("A provider has a short name for addresses and a name.", field="slug")
    try:
        sealed = DROP_COPIES.sealed(kind, settings)
    except ValueError as error:
        raise BadProvider(f"These settings do not fit {kind}.", field="settings") from error
    provider, _ = LiquidityProvider.objects.update_or_create(
        slug=slug.strip()[:50],
        defaults={"kind": kind, "name": whole(name, "name", most=40), "live": live},
        create_defaults={
            "kind": kind, "name": whole(name, "name", most=40), "live": live, "added_at": act.at,
        },
    )  # fmt: skip
    setting = DROP_COPIES.setting_name(provider.slug)
    Setting.objects.update_or_create(name=setting, defaults={"value": sealed})
    act.record(ProviderAdded(provider.slug), about=provider)
    return provider


@operation(
    title="Begin the numbers anew", verb="Begin anew", icon="refresh",
    confirm="Agree on it with the provider first. Its trades are compared afterwards.",
)  # fmt: skip
def begin_anew(act: Act, provider: LiquidityProvider, *, note: str) -> LiquidityProvider:
    """Let both sides count from 1 again, where the provider has forgotten where it was."""
    if not note.strip():
        raise Problem("Say with whom it was agreed.", field="note")
    if not provider.live:
        raise Problem(f"{provider} is not listened to. Connect it first.")
    provider.begin_anew = True
    provider.save(update_fields=["begin_anew"])
    act.record(FreshStartAsked(provider.pk, whole(note, "note")), about=provider)
    return provider


@operation(title="Say what it is", verb="Map", icon="link")
def map_provider_symbol(
    act: Act, position: ProviderPosition, *, instrument: Instrument
) -> ProviderPosition:
    """Say which instrument a provider's symbol is. Its units are those of one contract."""
    position.instrument = instrument
    position.save(update_fields=["instrument"])
    act.record(ProviderSymbolMapped(instrument.code), about=position)
    return position


@operation(internal=True)
def provider_troubled(act: Act, provider: LiquidityProvider, *, trouble: str) -> LiquidityProvider:
    """Write down that a provider fails, since when, and how."""
    provider.trouble = trouble[:200]
    provider.trouble_since = provider.trouble_since or act.at
    provider.save(update_fields=["trouble", "trouble_since"])
    act.record(ProviderTroubled(provider.pk, provider.trouble), about=provider)
    return provider


@operation(internal=True)
def provider_answered(act: Act, provider: LiquidityProvider) -> LiquidityProvider:
    """Write down that a provider answers again."""
    if not provider.trouble_since:
        raise NotFound(f"{provider} had no trouble.")
    provider.trouble, provider.trouble_since = "", None
    provider.save(update_fields=["trouble", "trouble_since"])
    act.record(ProviderAnswered(provider.pk), about=provider)
    return provider
