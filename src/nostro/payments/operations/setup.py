"""Methods and providers: what a firm connects before anybody can pay."""

from decimal import Decimal
from typing import Any

from nostro.core.acts import Act
from nostro.core.models import Setting
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.payments.events import (
    MethodSet,
    ProviderPaused,
    ProviderResumed,
    ProviderSet,
    ProviderTroubled,
)
from nostro.payments.models import Method, Provider
from nostro.payments.ports import BANKS, PROVIDERS


@operation(internal=True)
def set_method(
    act: Act,
    *,
    slug: str,
    name: str,
    icon: str,
    currencies: list[str],
    least: Decimal,
    most: Decimal,
    speed: str,
    takes_deposits: bool = True,
    pays_out: bool = True,
) -> Method:
    """Set up a way to pay, as clients see it."""
    method, _ = Method.objects.update_or_create(
        slug=slug,
        defaults={
            "name": name, "icon": icon, "currencies": currencies, "least": least, "most": most,
            "speed": speed, "takes_deposits": takes_deposits, "pays_out": pays_out,
        },
    )  # fmt: skip
    act.record(MethodSet(slug), about=method)
    return method


@operation(internal=True)
def set_provider(
    act: Act,
    *,
    slug: str,
    name: str,
    kind: str,
    method_slugs: list[str],
    settings: dict[str, Any],
    fee_percent: Decimal = Decimal(0),
    refund_days: int = 0,
    accounts: dict[str, str] | None = None,
) -> Provider:
    """Connect a payment provider or a bank. Its secrets are encrypted before they are stored."""
    shelf = BANKS if kind in BANKS.kinds() else PROVIDERS
    provider, _ = Provider.objects.update_or_create(
        slug=slug,
        defaults={
            "name": name, "kind": kind, "fee_percent": fee_percent, "refund_days": refund_days,
            "accounts": accounts or {},
        },
    )  # fmt: skip
    provider.methods.set(Method.objects.filter(slug__in=method_slugs))
    Setting.objects.update_or_create(
        name=shelf.setting_name(slug), defaults={"value": shelf.sealed(kind, settings)}
    )
    act.record(ProviderSet(slug), about=provider)
    return provider


@operation(internal=True)
def troubled(act: Act, provider: Provider, *, trouble: str) -> Provider:
    """Write down that a provider fails, or, with nothing, that it answers again."""
    provider.trouble = trouble[:200]
    provider.trouble_since = act.at if trouble else None
    provider.save(update_fields=["trouble", "trouble_since"])
    act.record(ProviderTroubled(trouble or "answers again"), about=provider)
    return provider


@operation(title="Pause", icon="player-pause", tone="refuse")
def pause_provider(act: Act, provider: Provider, *, reason: str) -> Provider:
    """No new deposit goes to it. What is on its way there goes on."""
    if not provider.open:
        raise Problem(f"{provider} is paused already.")
    provider.open = False
    provider.save(update_fields=["open"])
    act.record(ProviderPaused(whole(reason)), about=provider)
    return provider


@operation(title="Open again", icon="clock-play")
def resume_provider(act: Act, provider: Provider) -> Provider:
    """Let new payments go to it again."""
    if provider.open:
        raise Problem(f"{provider} is open already.")
    provider.open = True
    provider.save(update_fields=["open"])
    act.record(ProviderResumed(provider.slug), about=provider)
    return provider
