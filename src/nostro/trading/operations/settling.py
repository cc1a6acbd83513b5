"""What deals do to accounts, followed in the ledger: to the cent that the platform's balance rounds
to, whatever the batches. A batch of a thousand costs the same few statements as one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection

from nostro.core.acts import Act
from nostro.kit.money import HALF_EVEN, Currency, Money
from nostro.ledger import chart
from nostro.ledger.operations import Move, Posting, post_many
from nostro.ledger.queries import balances
from nostro.trading.events import CreditEnded
from nostro.trading.models import Credit, Deal, DealCorrection, Platform, TradingAccount
from nostro.trading.queries.books import FEE, SENT_BY_US, WRITTEN_OFF

RESULTS = [Deal.Action.BUY, Deal.Action.SELL, Deal.Action.COMMISSION, Deal.Action.OTHER]
"""What trading itself does to a balance. Money that is moved is posted by whoever moves it: one of
our rooms, or a person who takes into the ledger what was booked on the platform without us.
"""
COME_BACK_AS = [Deal.Action.CHARGE, Deal.Action.CORRECTION, Deal.Action.BALANCE]
"""Actions that our fees and corrections come back as: some platforms know no kind but balance."""
HELD = (Credit.Status.GIVEN, Credit.Status.ENDING)
RESULT, ELSEWHERE = "", "elsewhere"
DEALS, CENTS, CORRECTIONS = "deals", "deal-cents", "deal-corrections"
"""Where the key of an entry begins."""
TEXTS = {
    FEE: "Fee", WRITTEN_OFF: "Negative balance written off", RESULT: "Trading result",
    CENTS: "Rounding", CORRECTIONS: "Correction of trading result",
}  # fmt: skip

SETTLE = """
WITH new AS (
  SELECT d.account_id, d.ticket, d.at, d.profit + d.swap + d.commission + d.fee AS moved,
         CASE WHEN d.action = ANY (%(back)s) AND d.comment LIKE %(fee)s
              AND {ours} THEN %(fee_is)s
              WHEN d.action = ANY (%(back)s) AND d.comment LIKE %(off)s
              AND {ours} THEN %(off_is)s
              WHEN d.action = ANY (%(results)s) THEN %(result)s ELSE %(elsewhere)s END AS why
    -- One look each by the key, whatever the statistics of a table that grows this fast say.
    FROM unnest(%(ids)s::bigint[]) AS x(id)
    CROSS JOIN LATERAL (SELECT * FROM trading_deal WHERE id = x.id OFFSET 0) d
    JOIN trading_tradingaccount a ON a.id = d.account_id AND NOT a.practice
   WHERE d.action <> 'credit'
), each AS (
  SELECT account_id, why, min(ticket) AS first, max(at) AS latest, sum(moved) AS total,
         array_agg(moved) FILTER (WHERE why = %(elsewhere)s) AS parts
    FROM new WHERE moved <> 0 GROUP BY 1, 2
), tally AS (
  -- In one order, so that two batches over the same accounts wait and do not lock each other out.
  INSERT INTO trading_tally AS t (account_id, moved)
  SELECT account_id, sum(total) FROM each GROUP BY 1 ORDER BY 1
  ON CONFLICT (account_id) DO UPDATE SET moved = t.moved + excluded.moved
  RETURNING account_id, moved
)
SELECT a.id, a.client_id, a.login, a.currency, a.entity_id, coalesce(g.book, 'b'), t.moved,
       e.why, e.first, e.latest, e.total, e.parts
  FROM each e JOIN tally t USING (account_id) JOIN trading_tradingaccount a ON a.id = e.account_id
  LEFT JOIN trading_group g ON g.id = a.group_id
 ORDER BY a.id, e.why
""".replace("{ours}", SENT_BY_US)
TALLY = """
INSERT INTO trading_tally AS t (account_id, moved)
SELECT * FROM unnest(%s::bigint[], %s::numeric[]) AS g(account_id, moved) ORDER BY 1
ON CONFLICT (account_id) DO UPDATE SET moved = t.moved + excluded.moved
RETURNING account_id, moved
"""


@dataclass(slots=True)
class Place:
    """An account, as an entry about it is written."""

    id: int
    client_id: int
    login: int
    currency: str
    entity_id: int
    book: str

    def rounded(self, amount: Decimal) -> Decimal:
        """To what the account's currency is paid in."""
        return amount.quantize(smallest(self.currency), HALF_EVEN)


@cache
def smallest(currency: str) -> Decimal:
    return Decimal(1).scaleb(-Currency(currency).scale)


@dataclass(slots=True)
class Part:
    """What deals of one kind came to on an account."""

    why: str
    first: int
    latest: datetime
    total: Decimal
    parts: Sequence[Decimal] | None


def settle(act: Act, platform: Platform, ids: Sequence[int]) -> None:
    """Post what new deals did to their accounts: one entry an account, against its book. What is
    traded with virtual money is nobody's gain or loss.
    """
    given: dict[str, Any] = {
        "ids": list(ids), "back": list(COME_BACK_AS), "results": list(RESULTS),
        "fee": f"{FEE}%", "fee_is": FEE, "off": f"{WRITTEN_OFF}%", "off_is": WRITTEN_OFF,
        "result": RESULT, "elsewhere": ELSEWHERE,
    }  # fmt: skip
    found: dict[int, tuple[Place, Decimal, list[Part]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, given)
        for pk, *place, after, why, first, latest, total, parts in cursor.fetchall():
            if pk not in found:
                found[pk] = (Place(pk, *place), after, [])
            found[pk][2].append(Part(why, first, latest, total, parts))
    off = [pk for pk, (_, _, rows) in found.items() if any(one.why == WRITTEN_OFF for one in rows)]
    lent = _credit_over(act, platform, [found[pk][0] for pk in off]) if off else {}
    postings = [
        posting
        for place, after, rows in found.values()
        for posting in _postings(platform, place, after, rows, lent.get(place.id))
    ]
    if postings:
        post_many(act, postings)


def _credit_over(act: Act, platform: Platform, places: Sequence[Place]) -> dict[int, Decimal]:
    """End the credit of accounts whose debt is written off; account → how much the books have of
    it, wherever it came from. It leaves them with the debt, in one entry, and the platform right
    after.
    """
    rows = Credit.objects.filter(account__in=[one.id for one in places], status__in=HELD)
    for credit in rows.select_related("account").select_for_update(of=("self",)).order_by("pk"):
        credit.move_to(Credit.Status.ENDED, ended_at=act.at, trouble="")
        why = "taken with a negative balance"
        act.record(CreditEnded(credit.pk, credit.account_id, credit.money, why), about=credit)
    paths = {
        chart.client_credit(one.client_id, platform.slug, one.login).path: one for one in places
    }
    return {
        paths[path].id: money.amount
        for path, stand in balances(paths).items()
        if (money := stand.get(paths[path].currency)) is not None and money.amount > 0
    }


def _postings(
    platform: Platform, place: Place, after: Decimal, rows: Sequence[Part],
    lent: Decimal | None = None,
) -> Iterable[Posting]:  # fmt: skip
    """Our fees and what was written off as they are, the latter with what was lent; trading gets
    the rest of what the rounded balance moved by, without what others post.
    """
    before = after - sum(one.total for one in rows)
    rest = place.rounded(after) - place.rounded(before)
    for one in rows:
        if one.why == ELSEWHERE:
            rest -= sum(map(place.rounded, one.parts or ()))
        elif one.why != RESULT:
            own = place.rounded(one.total)
            rest -= own
            if own:
                over = (
                    [_taken_back(platform, place, lent)] if lent and one.why == WRITTEN_OFF else []
                )
                yield _posting(platform, place, own, one, more=over)
    if rest:
        told = min(rows, key=lambda one: (one.why != RESULT, one.first))
        part = Part(RESULT, told.first, told.latest, rest, None)
        # Where nothing was traded it is the cent that fractions added up to.
        yield _posting(platform, place, rest, part, DEALS if told.why == RESULT else CENTS)


def _taken_back(platform: Platform, place: Place, lent: Decimal) -> Move:
    money = Money(place.rounded(lent), Currency(place.currency))
    theirs = chart.client_credit(place.client_id, platform.slug, place.login)
    return Move(money, source=theirs, target=chart.house_bonus())


def _posting(
    platform: Platform, place: Place, moved: Decimal, part: Part, begins: str = DEALS,
    more: Sequence[Move] = (),
) -> Posting:  # fmt: skip
    theirs = chart.client_trading(place.client_id, platform.slug, place.login)
    ours = {FEE: chart.house_fees(), WRITTEN_OFF: chart.house_nbp()}.get(
        part.why, chart.house_pnl(place.book)
    )
    won, money = moved > 0, Money(abs(moved), Currency(place.currency))
    move = Move(money, source=ours if won else theirs, target=theirs if won else ours)
    text = TEXTS.get(begins, TEXTS[part.why])
    return Posting(
        f"{text} of {place.login}", [move, *more],
        key=f"{begins}/{platform.pk}/{place.id}/{part.first}", kind="trading",
        entity_id=place.entity_id, effective_at=part.latest,
    )  # fmt: skip


def settle_corrections(
    act: Act, platform: Platform, made: Sequence[DealCorrection],
    known: Mapping[int, Sequence[DealCorrection]],
) -> None:  # fmt: skip
    """Post what corrections come to: one entry an account. `known` is what the deals had before.

    A correction of money that somebody moved is posted by nobody: the ledger differs then, and says
    so, until people have looked at it.
    """
    counted: dict[int, list[DealCorrection]] = defaultdict(list)
    for one in made:
        if one.deal.account_id is not None and one.deal.action != Deal.Action.CREDIT and one.delta:
            counted[one.deal.account_id].append(one)
    rows = TradingAccount.objects.filter(pk__in=list(counted), practice=False)
    accounts = {one.pk: one for one in rows.select_related("group").order_by("pk")}
    if not accounts:
        return
    sums = [sum((one.delta for one in counted[pk]), Decimal(0)) for pk in accounts]
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [list(accounts), sums])
        after = dict(cursor.fetchall())
    postings = []
    for (pk, account), total in zip(accounts.items(), sums, strict=True):
        place, first = _place(account), min(one.pk for one in counted[pk])
        rest = _rest(place, after[pk], total, counted[pk], known)
        if rest:
            part = Part(RESULT, first, act.at, total, None)
            postings.append(_posting(platform, place, rest, part, CORRECTIONS))
    if postings:
        post_many(act, postings)


def _place(account: TradingAccount) -> Place:
    book = account.group.book if account.group else "b"
    return Place(
        account.pk, account.client_id, account.login or 0, account.currency, account.entity_id, book
    )


def _rest(
    place: Place, after: Decimal, total: Decimal, some: Sequence[DealCorrection],
    known: Mapping[int, Sequence[DealCorrection]],
) -> Decimal:  # fmt: skip
    rest = place.rounded(after) - place.rounded(after - total)
    for one in some:
        if one.deal.action not in RESULTS:
            deal = one.deal
            was = deal.profit + deal.swap + deal.commission + deal.fee
            was += sum((earlier.delta for earlier in known.get(one.deal_id, ())), Decimal(0))
            rest -= place.rounded(was + one.delta) - place.rounded(was)
    return rest
