"""The ledger's trading accounts against what the platforms' deals make of them, at the same deal.

What is on its way is allowed for: a higher room says what it moves, and under which reference.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from nostro.kit.money import Money
from nostro.ledger import chart
from nostro.ledger import queries as ledger
from nostro.trading.models import Deal, TradingAccount
from nostro.trading.models.deals import BY_HAND

FEE, WRITTEN_OFF = "NSF", "NSN"
"""What the references of our own charges and corrections begin with: the ledger follows them."""
LENT = "NSC"
"""And those of credit, which the ledger keeps apart from the account's cash."""
SENT_BY_US = """EXISTS (
  SELECT FROM trading_sending s WHERE s.platform_id = d.platform_id
     AND s.reference = substring(d.comment FROM '^NS[FNC][0-9A-F]{20}(?:C|-[0-9]+)?'))"""
"""Whether a deal `d` bears a reference that this platform was sent: anybody can write a comment."""
FRESH = timedelta(minutes=5)
"""So long a transfer may be settled before its deal is read."""


@dataclass(frozen=True)
class Sent:
    """Money that a higher room moves to a trading account, or away from it where it is below zero.
    `settled_at` is when the ledger had it.
    """

    account_id: int
    reference: str
    amount: Decimal
    ticket: int | None = None
    settled_at: datetime | None = None

    def is_by(self, ticket: int, comment: str) -> bool:
        return self.ticket == ticket or self.reference in comment


SENT: list[Callable[[Sequence[int]], Iterable[Sent]]] = []
"""Higher rooms say here what they have moved, and move now, on which accounts, by their ids."""


@dataclass(frozen=True)
class ByHand:
    """A deal by which somebody moved money on the platform. `loose` is what of it nobody here
    asked for and the ledger has not: it may be below zero.
    """

    deal_id: int
    ticket: int
    action: str
    comment: str
    gone: bool
    moved: Money
    asked: bool
    loose: Money

    @property
    def of_credit(self) -> bool:
        return self.action == Deal.Action.CREDIT


@dataclass(frozen=True)
class Books:
    """What the ledger holds for an account, what the platform's deals make, and the deals that are
    to be explained. Credit is no cash, so it is no part of either: `lent` is what the platform's
    deals make of it, `asked` what of that was asked for here, `lent_here` what the ledger has of
    it.
    """

    account: TradingAccount
    held: Money
    made: Money
    lent: Money
    asked: Money
    lent_here: Money
    loose: Sequence[ByHand]


def ledger_path(account: TradingAccount) -> chart.Account:
    return chart.client_trading(account.client_id, account.platform.slug, account.login or 0)


def credit_path(account: TradingAccount) -> chart.Account:
    return chart.client_credit(account.client_id, account.platform.slug, account.login or 0)


def held(accounts: Sequence[TradingAccount]) -> dict[int, Money]:
    """Account → what the ledger holds on it. One statement."""
    paths = {one.pk: ledger_path(one).path for one in accounts}
    found = ledger.balances(paths.values())
    return {
        one.pk: found.get(paths[one.pk], {}).get(one.currency, one.money(Decimal(0)))
        for one in accounts
    }


STAND = """
WITH given AS (
  SELECT * FROM jsonb_to_recordset(%s::jsonb) AS g(
    id bigint, path text, credit text, currency text)
), corrected AS (
  SELECT c.deal_id, d.account_id, d.action <> 'credit' AS counts, sum(c.delta) AS delta,
         (array_agg(c.gone ORDER BY c.id DESC))[1] AS gone
    FROM given g JOIN trading_deal d ON d.account_id = g.id
    JOIN trading_dealcorrection c ON c.deal_id = d.id GROUP BY 1, 2, 3
)
SELECT g.id,
  coalesce((SELECT s.credits - s.debits FROM ledger_account l
              JOIN ledger_standing s ON s.account_id = l.id
             WHERE l.path = g.path AND l.asset_id = g.currency), 0),
  coalesce((SELECT s.credits - s.debits FROM ledger_account l
              JOIN ledger_standing s ON s.account_id = l.id
             WHERE l.path = g.credit AND l.asset_id = g.currency), 0),
  coalesce((SELECT sum(d.profit + d.swap + d.commission + d.fee) FROM trading_deal d
             WHERE d.account_id = g.id AND d.action <> 'credit'), 0)
  + coalesce((SELECT sum(delta) FROM corrected WHERE account_id = g.id AND counts), 0),
  (SELECT json_agg(json_build_array(
            d.id, d.ticket, d.action, d.comment,
            (d.profit + d.swap + d.commission + d.fee)::text, coalesce(k.delta, 0)::text,
            coalesce(k.gone, false), coalesce(t.taken, 0)::text, {ours})
            ORDER BY d.ticket)
     FROM trading_deal d LEFT JOIN corrected k ON k.deal_id = d.id
     LEFT JOIN LATERAL (
       SELECT sum(amount) AS taken FROM trading_takendeal WHERE deal_id = d.id) t ON true
    WHERE d.account_id = g.id AND d.action = ANY (%s))
  FROM given g
""".replace("{ours}", SENT_BY_US)
"""One statement, so that the ledger and the deals are seen at the same moment."""


def weigh(accounts: Sequence[TradingAccount], at: datetime) -> list[Books]:
    """The books of these accounts. One whose money moves while it is looked at is left out."""
    by_id = {one.pk: one for one in accounts}
    if not by_id:
        return []
    given = [
        {
            "id": one.pk,
            "path": ledger_path(one).path,
            "credit": credit_path(one).path,
            "currency": one.currency,
        }
        for one in accounts
    ]
    before = _sent(list(by_id))
    with connection.cursor() as cursor:
        cursor.execute(STAND, [json.dumps(given), BY_HAND])
        rows = cursor.fetchall()
    after = _sent(list(by_id))
    return [
        _books(by_id[pk], before.get(pk, []), at, Decimal(units), Decimal(lent), made, deals or [])
        for pk, units, lent, made, deals in rows
        if before.get(pk, []) == after.get(pk, [])
    ]


def _sent(ids: Sequence[int]) -> dict[int, list[Sent]]:
    found: dict[int, list[Sent]] = {}
    for ask in SENT:
        for one in ask(ids):
            found.setdefault(one.account_id, []).append(one)
    return found


def _books(
    account: TradingAccount, sent: Sequence[Sent], at: datetime, units: Decimal,
    lent_units: Decimal, made: Decimal, rows: Sequence[Sequence[Any]],
) -> Books:  # fmt: skip
    deals = [_by_hand(account, sent, row) for row in rows]
    total = account.money(made)
    for one in sent:
        there = any(one.is_by(deal.ticket, deal.comment) for deal in deals)
        if one.settled_at is None and there:
            total -= account.money(one.amount)
        elif one.settled_at is not None and not there and at - one.settled_at < FRESH:
            total += account.money(one.amount)
    zero = account.money(Decimal(0))
    lent = sum((one.moved for one in deals if one.of_credit), zero)
    loose = [one for one in deals if one.loose]
    unasked = sum((one.loose for one in loose if one.of_credit), zero)
    return Books(
        account, Money.from_minor(int(units), total.currency), total, lent, lent - unasked,
        Money.from_minor(int(lent_units), total.currency), loose,
    )  # fmt: skip


def _by_hand(account: TradingAccount, sent: Sequence[Sent], row: Sequence[Any]) -> ByHand:
    pk, ticket, action, comment, moved, delta, gone, taken, sent_by_us = row
    first = account.money(Decimal(moved))
    now = account.money(Decimal(moved) + Decimal(delta))
    ours = action != Deal.Action.BONUS and sent_by_us
    asked = ours or any(one.is_by(ticket, comment) for one in sent)
    loose = now - (first if asked else now.zero(now.currency)) - account.money(Decimal(taken))
    return ByHand(pk, ticket, action, comment, gone, now, asked, loose)


def loose_deal(deal: Deal, at: datetime) -> ByHand | None:
    """What of a deal nobody here asked for and the ledger has not; nothing where all is known."""
    if deal.account is None or deal.account.practice or deal.action not in BY_HAND:
        return None
    found = weigh([deal.account], at)
    return next((one for some in found for one in some.loose if one.deal_id == deal.pk), None)
