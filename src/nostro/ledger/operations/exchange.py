"""Exchange at a quote, through the positions `fx_position/<currency>`; revaluation at mid.

What is bought is rounded half-even to what can be paid; the remainder stays in the position. The
spread is a transfer of its own. After a revaluation the positions sum to nothing at that day's
mids, and what they had gained or lost stands in `house/revaluation`; spreads stand in `house/fx`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db import IntegrityError

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import HALF_EVEN, Money, Rate
from nostro.kit.problems import Problem
from nostro.ledger.chart import (
    Account,
    client_wallet,
    fx_position,
    house_fx,
    house_revaluation,
)
from nostro.ledger.events import Exchanged, PositionsRevalued, RateQuoted, RevaluationSkipped
from nostro.ledger.models import Exchange, LedgerAccount, Quote, Revaluation
from nostro.ledger.operations.posting import Move, NothingToMove, post
from nostro.ledger.queries import balances_by_value_date, house_rates, worth


class QuoteExpired(Problem):
    """A quote holds until it expires."""

    status = 409


class QuoteUsed(Problem):
    """A quote is good for one exchange."""

    status = 409


class RateMissing(Problem):
    """Every currency that is held needs a rate."""


class AlreadyRevalued(Problem):
    """A day is revalued once."""

    status = 409


@operation(title="Quote", icon="arrows-exchange", internal=True, lock=False)
def quote_rate(
    act: Act, *, sells: str, buys: str, mid: Rate, spread: Decimal = Decimal(0), source: str,
    seconds: int = 30, client_id: int | None = None,
) -> Quote:  # fmt: skip
    """Promise a rate for some seconds: how much of the second currency one of the first buys."""
    if sells == buys:
        raise Problem("An exchange is between two currencies.", field="buys")
    if not 0 <= spread < 1:
        raise Problem("A spread is a share of the rate, from 0 to below 1.", field="spread")
    if seconds < 1:
        raise Problem("A quote holds for a second at least.", field="seconds")
    quote = Quote.objects.create(
        source=source, sells_id=sells, buys_id=buys, mid=mid, spread=spread, client_id=client_id,
        quoted_at=act.at, expires_at=act.at + timedelta(seconds=seconds),
    )  # fmt: skip
    act.record(RateQuoted(quote.pk, sells, buys, f"{mid.normalize():f}"), about=quote)
    return quote


@operation(title="Exchange", icon="arrows-exchange", internal=True, lock=False)
def exchange(
    act: Act, quote: Quote, *, money: Money, source: LedgerAccount, target: LedgerAccount,
    entity_id: int | None = None,
) -> Exchange:  # fmt: skip
    """Give money of one currency and get another at a quote that still holds. Once a quote."""
    if (source.asset_id, target.asset_id) != (quote.sells_id, quote.buys_id):
        raise Problem(f"This quote is for {quote.sells_id} into {quote.buys_id}.", field="money")
    return _exchanged(act, quote, money, source.in_chart, target.in_chart, entity_id)


@operation(title="Exchange in the wallet", icon="arrows-exchange", internal=True, lock=False)
def exchange_in_wallet(
    act: Act, quote: Quote, *, money: Money, entity_id: int | None = None
) -> Exchange:
    """Exchange money in the wallet of the client for whom the rate was quoted."""
    if quote.client_id is None:
        raise Problem("This rate was quoted for no client.", field="money")
    wallet = client_wallet(quote.client_id)
    return _exchanged(act, quote, money, wallet, wallet, entity_id)


def _exchanged(
    act: Act, quote: Quote, money: Money, source: Account, target: Account, entity_id: int | None
) -> Exchange:
    if quote.expires_at <= act.at:
        raise QuoteExpired("This quote has expired. Ask for a new one.")
    if Exchange.objects.filter(quote=quote).exists():
        raise QuoteUsed("This quote was used already. Ask for a new one.")
    if money.currency != quote.sells_id:
        raise Problem(f"This quote is for {quote.sells_id} into {quote.buys_id}.", field="money")
    at_mid, got = worth(quote, money.amount)
    if got.amount <= 0:
        raise NothingToMove("That is too little to be exchanged.", field="money")
    moves = [
        Move(money, source, fx_position(quote.sells_id)),
        Move(got, fx_position(quote.buys_id), target),
    ]
    if at_mid > got:
        moves.append(Move(at_mid - got, fx_position(quote.buys_id), house_fx()))
    text = f"{money} exchanged to {got}"
    entry = post(
        act, text, *moves, key=f"exchange/{quote.pk}", kind="exchange", entity_id=entity_id
    )
    try:
        made = Exchange.objects.create(
            quote=quote, entry_id=entry, client_id=source.client_id, entity_id=entity_id,
            given=money.minor, got=got.minor, earned=(at_mid - got).minor,
        )  # fmt: skip
    except IntegrityError as error:
        raise QuoteUsed("This quote was used already. Ask for a new one.") from error
    act.record(Exchanged(made.pk, entry, money, got, at_mid - got), about=made)
    return made


def _positions(day: date) -> dict[str, Money]:
    """What the house is long or short of at the end of a day, late facts included."""
    paths = LedgerAccount.objects.filter(path__startswith="fx_position/").values_list("path")
    found = balances_by_value_date([path for (path,) in paths.distinct()], day)
    return {code: money for kept in found.values() for code, money in kept.items() if money}


@operation(title="Revalue positions", icon="scale", internal=True, lock=False)
def revalue_positions(
    act: Act, *, day: date, currency: str, rates: Mapping[str, Rate]
) -> Revaluation:
    """Value every exchange position at a day's mids; what changed is gained or lost on that day."""
    if Revaluation.objects.filter(day=day).exists():
        raise AlreadyRevalued(f"{day:%-d %B %Y} was revalued already.", field="day")
    if Revaluation.objects.filter(day__gt=day).exists():
        raise AlreadyRevalued("A later day was revalued already. Days follow each other.")
    positions = _positions(day)
    missing = sorted(set(positions) - set(rates) - {currency})
    if missing:
        raise RateMissing(f"There is no rate of {', '.join(missing)}.", field="rates")
    total = sum(
        (one.amount * (1 if code == currency else rates[code]) for code, one in positions.items()),
        Decimal(0),
    )
    result = Money.rounded(total, currency, HALF_EVEN)
    entry = None
    if result:
        position, house = fx_position(currency), house_revaluation()
        pair = (position, house) if result.amount > 0 else (house, position)
        over = datetime.combine(day, time.max, UTC)
        entry = post(
            act, f"Revaluation of {day:%-d %b %Y}", Move(abs(result), *pair),
            key=f"revaluation/{day}", kind="revaluation", effective_at=min(over, act.at),
        )  # fmt: skip
    made = Revaluation.objects.create(
        day=day, asset_id=currency, rates={code: str(rate) for code, rate in rates.items()},
        positions={code: str(one.amount) for code, one in positions.items()},
        result=result.minor, entry_id=entry,
    )  # fmt: skip
    act.record(PositionsRevalued(made.pk, day, result), about=made)
    return made


@operation(title="Revalue", icon="scale", lock=False)
def revalue_day(act: Act, *, day: date) -> Revaluation:
    """Value every exchange position at the mids that the house knows now, for today or yesterday.

    Which rates those are is said by whoever above hears of prices.
    """
    if not act.at.date() - timedelta(days=1) <= day <= act.at.date():
        raise Problem("The house knows the mids of today and yesterday only.", field="day")
    known = house_rates(act.at)
    if known is None:
        raise RateMissing("Nobody tells the house any rates yet. Connect a platform first.")
    held = set(_positions(day)) - {known.currency}
    late = sorted(f"{code} ({known.missing[code]})" for code in held & set(known.missing))
    if late:
        raise RateMissing(f"There is no fresh rate of {', '.join(late)}.", field="day")
    rates = {code: Rate(known.mids[code]) for code in held & set(known.mids)}
    return revalue_positions(act, day=day, currency=known.currency, rates=rates)


@operation(internal=True)
def skip_revaluation(act: Act, *, day: date, reason: str) -> None:
    """Say that a day was not revalued, and why."""
    act.record(RevaluationSkipped(day, reason), about=None)
