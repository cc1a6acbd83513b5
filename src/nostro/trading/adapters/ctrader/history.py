"""Lists of the Manager API that are cut where they are long, and what happened on accounts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched
from typing import Any, Protocol

from nostro.kit import Retry, Unread
from nostro.trading import ports
from nostro.trading.adapters.ctrader import codes, records
from nostro.trading.adapters.ctrader.manager_api import ManagerApi
from nostro.trading.adapters.ctrader.records import SymbolTerms
from nostro.trading.adapters.ctrader.webservices import BadAnswer

FAR = 4_102_444_800_000
"""The year 2100, in milliseconds of UTC."""
MOST_AT_ONCE = 100
"""Traders whose deals are asked for in one request."""

type Ask = Callable[[int], tuple[Iterable[Any], bool]]
type Mark = Callable[[Any], tuple[int, int]]


def paged(ask: Ask, begins: int, mark: Mark) -> Iterator[Any]:
    """Every row, oldest first: each further request begins at the last moment received.

    `mark` tells the moment and the number of a row, by which one that comes twice is known.
    """
    seen: set[tuple[int, int]] = set()
    while True:
        rows, more = ask(begins)
        fresh = [row for row in rows if mark(row) not in seen]
        seen = {mark(row) for row in rows}
        yield from fresh
        if not more:
            return
        if not fresh:
            raise Retry("The platform cuts a list at one moment, and does not go on.")
        begins = max(mark(row)[0] for row in fresh)


class Meanings(Protocol):
    """What the numbers in a list mean, and where rows go that cannot be read."""

    unread: Unread

    @property
    def known_traders(self) -> int: ...

    def terms(self, number: int) -> SymbolTerms: ...

    def login_of(self, number: int) -> int | None: ...


class History:
    def __init__(self, manager: ManagerApi, meanings: Meanings) -> None:
        self._manager = manager
        self._meanings = meanings

    def rows(self, begins: int, ends: int, numbers: Mapping[int, int] | None) -> list[ports.Deal]:
        """Deals and balance changes between two moments in milliseconds, account by account in
        the order of the logins. `numbers` are traders' by login; all traders without.
        """
        wanted = None if numbers is None else set(numbers.values())
        found = [*self._deals(begins, ends, wanted), *self._changes(begins, ends, wanted)]
        return sorted(found, key=lambda one: (one.login, one.at, one.ticket))

    def _deals(self, begins: int, ends: int, wanted: set[int] | None) -> Iterator[ports.Deal]:
        groups = [[]] if wanted is None else batched(sorted(wanted), MOST_AT_ONCE)
        for some in groups:

            def ask(since: int, some: Iterable[int] = some) -> tuple[Any, bool]:
                found = self._manager.ask(
                    codes.DEALS, fromTimestamp=since, toTimestamp=ends, traderId=list(some)
                )
                return found.deal, found.hasMore

            rows = [
                (row, login)
                for row in paged(ask, begins, lambda row: (row.createTimestamp, row.dealId))
                if row.dealStatus in codes.FILLED
                and (login := self._meanings.login_of(row.traderId)) is not None
            ]
            yield from self._meanings.unread.each(
                rows,
                lambda one: records.deal(*one, self._meanings.terms(one[0].symbolId)),
                lambda one: f"deal {one[0].dealId}",
            )

    def _changes(self, begins: int, ends: int, wanted: set[int] | None) -> Iterator[ports.Deal]:
        """Without the results of deals, should a server list them here as well."""
        # One by one, as the platform can be asked, unless that is most of all it has.
        singly = wanted is not None and 2 * len(wanted) <= max(self._meanings.known_traders, 2)
        for number in sorted(wanted or ()) if singly else [None]:
            for row in self.changes(begins, ends, number):
                login = self._meanings.login_of(row.traderId)
                meant = wanted is None or row.traderId in wanted
                if meant and row.operationType != codes.CLOSE_POSITION and login is not None:
                    yield from self._meanings.unread.each(
                        [(row, login)], lambda one: records.balance_change(*one), _change_named
                    )

    def changes(self, begins: int, ends: int, number: int | None) -> Iterator[Any]:
        """Balance changes of one trader, or of all."""
        whose = {} if number is None else {"traderId": number}

        def ask(since: int) -> tuple[Any, bool]:
            found = self._manager.ask(codes.HISTORY, fromTimestamp=since, toTimestamp=ends, **whose)
            return found.depositWithdraw, found.hasMore

        return paged(ask, begins, lambda row: (row.changeBalanceTimestamp, row.balanceHistoryId))

    def positions(self, number: int | None) -> Iterator[Any]:
        """Open positions of one trader, or of all."""
        whose = {} if number is None else {"traderId": number}

        def ask(since: int) -> tuple[Any, bool]:
            found = self._manager.ask(
                codes.POSITIONS, fromTimestamp=since, toTimestamp=FAR, **whose
            )
            return found.position, found.hasMore

        return paged(ask, 0, lambda row: (row.tradeData.openTimestamp, row.positionId))

    def exposure(self) -> Iterator[Any]:
        """What is open by symbol, of both books: a server may leave one out unless it is named."""
        for book in codes.BOOKS:
            found = self._manager.ask(codes.EXPOSURE, bookType=book).exposureSymbolRecord
            yield from (row for row in found if not row.bookType or row.bookType == book)

    def orders(self, number: int | None) -> Iterator[Any]:
        """Pending orders of one trader, or of all."""
        whose = {} if number is None else {"traderId": number}

        def ask(since: int) -> tuple[Any, bool]:
            found = self._manager.ask(codes.ORDERS, fromTimestamp=since, toTimestamp=FAR, **whose)
            return found.order, found.hasMore

        return paged(ask, 0, lambda row: (row.tradeData.openTimestamp, row.orderId))


def _change_named(one: tuple[Any, int]) -> str:
    return f"deal {records.HISTORY_TICKETS + int(one[0].balanceHistoryId)}"


def understood[T](reading: Callable[..., T], *given: object) -> T:
    """What was read, or `Retry`: an unreadable answer to a question changes nothing."""
    try:
        return reading(*given)
    except (BadAnswer, ArithmeticError, ValueError) as error:
        raise Retry(f"The platform said what cannot be read: {error}") from error
