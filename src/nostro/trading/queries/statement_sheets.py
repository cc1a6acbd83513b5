"""A statement of a trading account as rows of a file, and what stands around them on paper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from nostro.kit.money import Money, quoted
from nostro.kit.problems import Problem
from nostro.trading.models import Deal, Position, TradingAccount
from nostro.trading.queries.statements import (
    ZERO,
    Span,
    Statement,
    Stood,
    lines,
    one_sight,
    result_of,
    stands,
    statement,
)

COLUMNS = (
    "Time, UTC", "Ticket", "What", "Symbol", "Lots", "Opened at", "Price", "Profit", "Swap",
    "Commission and fees", "Corrected", "Amount", "Balance",
)  # fmt: skip
KEPT = 11
"""From here on a column stands though nothing is in it."""
MOST = 100_000
"""Lines of one file: more are for several."""
STOPS = ("stop loss", "take profit", "stop-out")
"""Reasons that the owner of an account is told: they did not close the trade themselves."""
SIDES = {1: "Buy", -1: "Sell"}
WORDS = {
    "balance": ("Deposit", "Withdrawal"), "credit": ("Credit given", "Credit taken back"),
    "bonus": ("Bonus", "Bonus taken back"), "charge": ("Charge given back", "Charge"),
    "correction": ("Adjustment", "Adjustment"), "commission": ("Commission", "Commission"),
    "other": ("Other", "Other"),
}  # fmt: skip
ENDS = {"inout": "closed and turned", "outby": "closed by another"}
VIRTUAL = ("Virtual money put in", "Virtual money taken out")


class TooLong(Problem):
    """More lines than one file holds."""


def what_of(account: TradingAccount, deal: Deal) -> tuple[str, str]:
    """What a line was, and of a trade how it went: `("Buy", "closed, stop-out")`."""
    if deal.action not in (Deal.Action.BUY, Deal.Action.SELL):
        came, went = WORDS[deal.action]
        if account.practice and deal.action == Deal.Action.BALANCE:
            came, went = VIRTUAL
        return (went if deal.profit < 0 else came), ""
    own, other = ("Buy", "Sell") if deal.action == Deal.Action.BUY else ("Sell", "Buy")
    if deal.entry == "in":
        return own, "opened"
    # A deal that closes is the other way round: a buy is closed by a sell.
    how = ENDS.get(deal.entry, "closed")
    return other, f"{how}, {deal.reason}" if deal.reason in STOPS else how


def later_said(deal: Deal) -> str:
    """Whether the platform made something else of it later; empty where it did not."""
    later = deal.__dict__["later"]
    if not later:
        return ""
    return f"{'cancelled' if later[-1].gone else 'corrected'} {later[-1].found_at:%-d %b %Y}"


@dataclass(frozen=True)
class Sheet:
    """Headings and rows; `strong` are the places of those that open, sum and close, from 1 on."""

    rows: Sequence[list[Any]]
    strong: Sequence[int]


def whole(
    account: TradingAccount, span: Span, now: datetime, *, most: int = MOST
) -> tuple[Statement, Sheet]:
    """A statement with all its lines, as a file has them."""
    with one_sight():
        found = statement(account, span, now)
        return found, sheet(found, most)


def sheet(found: Statement, most: int = MOST) -> Sheet:
    """The whole statement, oldest line first. Refuses more than `most` lines in a sentence."""
    if found.lines > most:
        raise TooLong(
            f"These days have {found.lines:,} lines, and such a file holds {most:,} at most. "
            "Choose fewer days, or a spreadsheet where you wanted paper."
        )
    rows: list[list[Any]] = []
    strong: list[int] = []

    def told(label: str, amount: Any = "", balance: Any = "") -> None:
        rows.append(["", "", label, *[""] * 8, amount, balance])
        strong.append(len(rows))

    told("Balance at the start", balance=found.balance.opening.amount)
    in_time = lines(found).order_by("at", "pk").iterator(chunk_size=1000)
    rows += (_line(found, one) for one in in_time)
    for one in found.balance.parts:
        told(f"{one.label}, together", amount=one.money.amount)
    told("Balance at the end", balance=found.balance.closing.amount)
    if not found.credit.is_empty:
        told("Credit at the start", balance=found.credit.opening.amount)
        for one in found.credit.parts:
            told(f"Credit {one.label.lower()}, together", amount=one.money.amount)
        told("Credit at the end", balance=found.credit.closing.amount)
    if found.open_trades:
        told("Open now, together", amount=floating(found).amount)
        rows += (_open(found.account, one) for one in found.open_trades)
    there = [at for at in range(len(COLUMNS)) if at >= KEPT or any(row[at] != "" for row in rows)]
    return Sheet([[row[at] for at in there] for row in ([*COLUMNS], *rows)], strong)


def _line(found: Statement, deal: Deal) -> list[Any]:
    account, trade = found.account, deal.action in (Deal.Action.BUY, Deal.Action.SELL)
    words = ", ".join(filter(None, (" ".join(what_of(account, deal)).strip(), later_said(deal))))
    corrected = sum((one.delta for one in deal.__dict__["later"]), ZERO)
    costs = deal.commission + deal.fee
    figures = [deal.profit if trade else ZERO, deal.swap, costs, corrected]
    return [
        deal.at, str(deal.ticket), words, deal.symbol,
        *(_prices(deal) if trade else ["", "", ""]), *(_figure(account, one) for one in figures),
        result_of(account, deal).amount, stands(found, deal).amount,
    ]  # fmt: skip


def _open(account: TradingAccount, one: Position) -> list[Any]:
    return [
        one.opened_at, str(one.ticket), f"{SIDES[one.side]} open", one.symbol, *_prices(one),
        _figure(account, one.profit), _figure(account, one.swap), "", "", one.floating.amount, "",
    ]  # fmt: skip


def _figure(account: TradingAccount, figure: Decimal) -> Decimal | str:
    """To what the currency is paid in, finer where the platform counts finer; no zero."""
    paid = account.money(figure).amount
    return "" if not figure else paid if paid == figure else figure.normalize()


def _prices(of: Deal | Position) -> list[Any]:
    """Lots, opened at, price: as the instrument is quoted."""
    digits = of.instrument.digits if of.instrument else None
    figures = ((of.lots, 2), (of.price_open, digits), (of.price, digits))
    return [Decimal(quoted(one, to).replace(",", "")) if one else "" for one, to in figures]


def floating(found: Statement) -> Money:
    """What open trades stand at, together."""
    return sum((one.floating for one in found.open_trades), found.account.money(ZERO))


def stood_said(found: Statement, one: Stood | None, *, at_start: bool) -> tuple[str, str]:
    """Equity at an end of the days and where it comes from; or plainly that nobody says."""
    if one is None:
        why = "none is kept of a practice account" if found.account.practice else "there is none"
        day = found.span.since if at_start else found.span.last
        return "Not known", f"The platform's report of a day says it, and {why} of {day:%-d %B %Y}"
    source = "As read from the platform" if one.live else "By the platform's own report of its day"
    return str(one.equity), f"{source}, {one.at:%-d %b %Y %H:%M:%S} UTC"


def facts(found: Statement) -> list[tuple[str, str]]:
    """What stands above the table on paper."""
    account, client = found.account, found.account.client
    kind = "Practice account, virtual money" if account.practice else account.account_type
    ends = [
        ("Equity at the start", stood_said(found, found.began, at_start=True)),
        ("Equity now" if found.is_now else "Equity at the end",
         stood_said(found, found.ended, at_start=False)),
    ]  # fmt: skip
    return [
        ("Client", f"{client.name}, {client.number}"),
        ("Account", f"{account.platform.name} {account.login}, {account.name}"),
        ("Kind", f"{kind[:1].upper()}{kind[1:]}, {account.currency}"),
        ("Days", f"{found.span.said}, days of UTC"),
        ("Balance at the start", str(found.balance.opening)),
        *((one.label, str(one.money)) for one in found.balance.parts),
        ("Balance at the end", str(found.balance.closing)),
        *_credit_facts(found),
        *((label, f"{value}. {source}." ) for label, (value, source) in ends),
    ]  # fmt: skip


def _credit_facts(found: Statement) -> Iterator[tuple[str, str]]:
    if not found.credit.is_empty:
        yield "Credit at the end", f"{found.credit.closing}, lent and no part of the balance"


def name_of(found: Statement) -> str:
    """What a file of it is called, without its ending."""
    account, span = found.account, found.span
    return f"statement-{account.login}-{span.since}-{span.last}"


def paper(found: Statement) -> dict[str, Any]:
    """What a PDF says around the rows."""
    entity = found.account.entity
    note = "The balance is what the platform's deals make it. Times are UTC."
    if found.doubt:
        note = f"The platform shows another balance, which is being looked into. {note}"
    return {
        "facts": facts(found), "title": f"Statement of {found.account}, {found.span.said}",
        "house": entity.name,
        "note": f"{note} {entity.name}, {entity.address}. Authorised by {entity.regulator}, "
        f"licence {entity.licence}. Ask us within a month if a line looks wrong to you.",
    }  # fmt: skip
