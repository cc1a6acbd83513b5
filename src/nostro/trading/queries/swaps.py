"""Trading without swaps: who wishes it, whose trades are held so, and what their nights cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import connection, models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.core.queries import query
from nostro.kit.money import HALF_EVEN, Money
from nostro.people.models import Client
from nostro.trading.decisions import (
    SWAP_FREE,
    SWAP_FREE_REQUEST,
    SWAP_FREE_TERMS,
    SwapFreeAsked,
    SwapFreeHeld,
    SwapFreeWished,
)
from nostro.trading.models import Group, Instrument, Platform, SwapFreeRequest, TradingAccount
from nostro.trading.queries.rulings import in_force
from nostro.trading.queries.upkeep import OPEN
from nostro.trading.rates import usd_rates

NEW_YORK = ZoneInfo("America/New_York")
ROLLOVER = timedelta(hours=17)
"""When a night begins to count, after midnight in New York: an hour earlier in UTC in summer."""
DAY, LATEST, AFTER = timedelta(days=1), timedelta(days=14), timedelta(hours=2)
"""A night that was missed is asked for until so many later, the first one only for so long."""
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


def swap_free_asked(account: TradingAccount, account_type: str = "") -> SwapFreeAsked:
    """The facts that the rule of trading without swaps is asked with."""
    return SwapFreeAsked(
        entity=account.entity.code, country=account.client.country,
        account_type=account_type or account.account_type, category=account.client.category,
    )  # fmt: skip


def swap_free_offered(client: Client, account_type: str) -> bool:
    """Whether a client may ask for a new account of a type without swaps, by the rules in force."""
    kind: dict[str, Any] = {
        "entity": client.entity.code, "country": client.country, "account_type": account_type,
        "category": client.category,
    }  # fmt: skip
    terms = in_force(SWAP_FREE)(SwapFreeAsked(**kind))
    if not terms.allowed or terms.days < 1:
        return False
    wish = SwapFreeWished(**kind, days=terms.days, before=Decimal(0))
    return in_force(SWAP_FREE_REQUEST)(wish).verdict != "refused"


def has_swap_free(beside: Group, account_type: str) -> bool:
    """Whether a type of account is kept without swaps on the platform of a group."""
    like = Group.objects.filter(
        platform=beside.platform_id, entity=beside.entity_id, currency=beside.currency,
        practice=beside.practice, account_type=account_type, swap_free=True,
    )  # fmt: skip
    return like.exists()


def swap_free_days(account: TradingAccount) -> int:
    """For how many days at most its client may ask; 0 where there is nothing to ask for."""
    group = account.group
    if account.practice or group is None or group.swap_free or account.status != OPEN[0]:
        return 0
    wish = in_force(SWAP_FREE_REQUEST)(swap_free_wished(account, 1))
    if wish.verdict == "refused":
        return 0
    terms = in_force(SWAP_FREE)(swap_free_asked(account))
    return int(terms.days) if terms.allowed else 0


# ── Nights ──


def nights(since: datetime, at: datetime) -> int:
    """How many rollovers lie between two moments."""
    return (night_of(at) - night_of(since)).days


@dataclass(frozen=True)
class Held:
    """A trade as a rollover found it, and for how many nights it was held without swaps then."""

    account: TradingAccount
    instrument: Instrument | None
    lots: Decimal
    nights: int


# What stands now, less what was dealt since: a night may be asked for when its trades are closed.
# What has left its group since bears in that event since when it had been there.
HELD = """
WITH free AS (
  SELECT a.id, a.swap_free_since AS since
    FROM trading_tradingaccount a JOIN trading_group g ON g.id = a.group_id AND g.swap_free
   UNION ALL
  SELECT a.id, (l.data->>'free_since')::timestamptz
    FROM (SELECT DISTINCT ON (subject_id) subject_id, data FROM core_record
           WHERE name = 'trading.GroupSet' AND at > %(at)s ORDER BY subject_id, id) l
    JOIN trading_tradingaccount a ON a.id = l.subject_id
    JOIN trading_group g
      ON g.platform_id = a.platform_id AND g.path = l.data->>'was' AND g.swap_free),
holders AS (
  SELECT a.id, f.since FROM free f JOIN trading_tradingaccount a USING (id)
   WHERE a.platform_id = %(platform)s AND NOT a.practice AND a.status = ANY(%(open)s)
     AND (f.since IS NULL OR f.since < %(at)s) AND (%(only)s IS NULL OR a.id = %(only)s)),
later AS (
  SELECT d.account_id, d.position,
         sum(CASE d.action WHEN 'buy' THEN d.lots ELSE -d.lots END) AS lots,
         max(d.instrument_id) AS instrument_id, max(d.opened_at) AS opened_at
    FROM holders h JOIN trading_deal d ON d.account_id = h.id
    LEFT JOIN trading_position p ON p.platform_id = d.platform_id AND p.ticket = d.position
   WHERE d.at > %(at)s AND d.action IN ('buy', 'sell') AND (p.id IS NULL OR d.at <= p.read_at)
   GROUP BY d.account_id, d.position),
found AS (
  SELECT p.account_id, p.ticket, p.instrument_id,
         p.side * p.lots - coalesce(l.lots, 0) AS lots, p.opened_at
    FROM holders h JOIN trading_position p ON p.account_id = h.id
    LEFT JOIN later l ON l.account_id = p.account_id AND l.position = p.ticket
   UNION ALL
  SELECT l.account_id, l.position, l.instrument_id, -l.lots, l.opened_at FROM later l
   WHERE NOT EXISTS (SELECT FROM trading_position p
                      WHERE p.platform_id = %(platform)s AND p.ticket = l.position))
SELECT f.account_id, f.instrument_id, abs(f.lots), greatest(f.opened_at, h.since)
  FROM found f JOIN holders h ON h.id = f.account_id
 WHERE f.lots <> 0 AND CASE WHEN %(unread)s THEN f.opened_at IS NULL ELSE f.opened_at < %(at)s END
 ORDER BY f.account_id, f.ticket
"""


def _held(
    platform: Platform, night: date, account_id: int | None = None, *, unread: bool = False
) -> list[tuple[Any, ...]]:
    given: dict[str, Any] = {
        "at": rollover(night), "platform": platform.pk, "open": [*OPEN], "only": account_id,
        "unread": unread,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(HELD, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def opened_unread(platform: Platform, night: date) -> int:
    """Trades that were closed after a night and whose opening was never read, so that nobody knows
    how many nights they were held: what a platform said of them before our deals begin.
    """
    return len(_held(platform, night, unread=True))


def held_overnight(
    platform: Platform, night: date, account_id: int | None = None
) -> Iterator[list[Held]]:
    """The trades of each account without swaps that the rollover of a night found open. Three
    statements, however many there are.
    """
    at, rows = rollover(night), _held(platform, night, account_id)
    related = TradingAccount.objects.select_related("client", "entity", "platform")
    accounts = related.in_bulk({row[0] for row in rows})
    instruments = Instrument.objects.in_bulk({row[1] for row in rows} - {None})
    for pk, own in groupby(rows, key=lambda row: row[0]):
        found = [
            Held(accounts[pk], instruments.get(instrument), lots, nights(since, at))
            for _, instrument, lots, since in own
        ]
        held = [one for one in found if one.nights > 0]
        if held:
            yield held


def nights_due(platform: Platform, at: datetime) -> list[date]:
    """The nights of a platform that were not looked through yet, oldest first, once it was read
    after they began. Where none ever was, the one that has just begun.
    """
    newest = night_of(at)
    rows = Record.objects.filter(
        name="trading.NightCounted", subject_type=label(platform), subject_id=platform.pk
    )
    last = rows.order_by("-at", "-pk").values_list("data__night", flat=True).first()
    if last is not None:
        begun = max(date.fromisoformat(last), newest - LATEST)
    else:
        begun = newest - DAY if at - rollover(newest) <= AFTER else newest
    due = [begun + (count + 1) * DAY for count in range((newest - begun).days)]
    return [one for one in due if platform.read_at is not None and platform.read_at > rollover(one)]


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


def rollover(night: date) -> datetime:
    """When a night began."""
    return (datetime.combine(night, time(), NEW_YORK) + ROLLOVER).astimezone(UTC)


def night_of(at: datetime) -> date:
    """The day whose night the last rollover began."""
    # As clocks there show it: the days that have 23 hours or 25 have one rollover as well.
    return (at.astimezone(NEW_YORK).replace(tzinfo=None) - ROLLOVER).date()
