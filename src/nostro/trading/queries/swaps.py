"""Trading without swaps: who wishes it, whose trades are held so, and what their nights cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.kit.money import HALF_EVEN, Money
from nostro.trading.decisions import (
    SWAP_FREE,
    SWAP_FREE_REQUEST,
    SWAP_FREE_TERMS,
    SwapFreeAsked,
    SwapFreeHeld,
    SwapFreeWished,
)
from nostro.trading.models import Instrument, Position, SwapFreeRequest, TradingAccount
from nostro.trading.queries.rulings import in_force
from nostro.trading.queries.upkeep import OPEN
from nostro.trading.rates import usd_rates

NEW_YORK = ZoneInfo("America/New_York")
ROLLOVER = timedelta(hours=17)
"""When a night begins to count, after midnight in New York: an hour earlier in UTC in summer."""
LOOKED = 60
"""Nights that are looked through for the first one that costs something."""


@query(finds=SwapFreeRequest, open_to=("client",))
def swap_free_requests(act: Act) -> models.QuerySet[SwapFreeRequest]:
    """Wishes to trade without swaps, newest first."""
    rows = SwapFreeRequest.objects.select_related(
        "account__client", "account__entity", "account__platform", "account__group"
    )
    return visible(act.actor, rows.order_by("-asked_at", "-id"), client="account__client__")


def swap_free_wished(account: TradingAccount, days: int) -> SwapFreeWished:
    """The facts that the rule of such wishes is asked with."""
    given = SwapFreeRequest.objects.filter(account=account, status=SwapFreeRequest.Status.GIVEN)
    return SwapFreeWished(
        entity=account.entity.code, country=account.client.country,
        account_type=account.account_type, category=account.client.category, days=Decimal(days),
        before=Decimal(given.count()),
    )  # fmt: skip


def swap_free_days(account: TradingAccount) -> int:
    """For how many days at most its client may ask; 0 where there is nothing to ask for."""
    group = account.group
    if account.practice or group is None or group.swap_free or account.status != OPEN[0]:
        return 0
    wish = in_force(SWAP_FREE_REQUEST)(swap_free_wished(account, 1))
    if wish.verdict == "refused":
        return 0
    asked = SwapFreeAsked(
        entity=account.entity.code, country=account.client.country,
        account_type=account.account_type, category=account.client.category,
    )  # fmt: skip
    terms = in_force(SWAP_FREE)(asked)
    return int(terms.days) if terms.allowed else 0


# ── Nights ──


def nights(since: datetime, at: datetime) -> int:
    """How many rollovers lie between two moments."""
    return (night_of(at) - night_of(since)).days


@dataclass(frozen=True)
class Held:
    """A trade, and for how many nights it is held without swaps."""

    position: Position
    nights: int


def held_overnight(at: datetime, account_id: int | None = None) -> Iterator[list[Held]]:
    """The trades of each account without swaps that the last rollover found open. One statement."""
    rows = Position.objects.filter(
        account__group__swap_free=True, account__practice=False, account__status__in=OPEN
    )
    if account_id is not None:
        rows = rows.filter(account=account_id)
    related = ("account__client", "account__entity", "account__platform", "instrument")
    ordered = rows.select_related(*related).order_by("account", "ticket")
    for _, own in groupby(ordered.iterator(chunk_size=2000), key=lambda one: one.account_id):
        found = [Held(one, nights(_since(one), at)) for one in own]
        held = [one for one in found if one.nights > 0]
        if held:
            yield held


def _since(position: Position) -> datetime:
    began = position.account.swap_free_since
    return max(position.opened_at, began) if began else position.opened_at


def swap_free_held(
    account: TradingAccount, instrument: Instrument | None, count: int
) -> SwapFreeHeld:
    """The facts that the rule of such nights is asked with."""
    return SwapFreeHeld(
        entity=account.entity.code, account_type=account.account_type,
        category=account.client.category,
        asset_class=cast(Any, instrument.asset_class if instrument else "none"),
        code=instrument.code if instrument else "", nights=Decimal(count),
    )  # fmt: skip


def swap_free_money(account: TradingAccount, usd: Decimal) -> Money:
    """A fee in the account's currency: never below zero, never more than is free on it."""
    rate = usd_rates().get(account.currency)
    if rate is None or usd <= 0:
        return account.money(Decimal(0))
    return min(Money.rounded(usd / rate, account.currency, HALF_EVEN), account.free_money)


@dataclass(frozen=True)
class Night:
    """What a kind of instrument costs without swaps: the fee in USD a lot and night, and how many
    nights are free before it; no fee is free for as long as it is given.
    """

    name: str
    free: int
    fee: Decimal | None


def swap_free_terms(account: TradingAccount) -> list[Night]:
    """The terms of an account, kind by kind, as the rule in force has them."""
    rule = in_force(SWAP_FREE_TERMS)
    return [_night(rule, account, *choice) for choice in CHOICES]


CHOICES: list[tuple[str, str]] = [
    (str(kind), str(name)) for kind, name in Instrument._meta.get_field("asset_class").flatchoices
]


def _night(
    rule: Callable[[SwapFreeHeld], Any], account: TradingAccount, kind: str, name: str
) -> Night:
    for count in range(1, LOOKED + 1):
        asked = swap_free_held(account, Instrument(asset_class=kind), count)
        fee = rule(asked).fee
        if fee:
            return Night(name, count - 1, fee)
    return Night(name, LOOKED, None)


def night_of(at: datetime) -> date:
    """The day whose night the last rollover began."""
    # As clocks there show it: the days that have 23 hours or 25 have one rollover as well.
    return (at.astimezone(NEW_YORK).replace(tzinfo=None) - ROLLOVER).date()
