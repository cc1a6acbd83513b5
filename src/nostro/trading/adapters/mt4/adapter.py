"""A MetaTrader 4 server as a `TradingPlatform`: read from its Report Server's tables, written to
by whatever writer the broker has.

The tables follow the server at a distance. So what a write left is looked for in them and then
asked of the server itself, before anybody may say that it did not happen; and a row that came late
is seen in the window in which it was written. The platform has no idempotency key: ours goes into
the account's comment and the balance operation's comment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial
from itertools import batched, islice
from zoneinfo import ZoneInfo

from nostro.kit import Lots, Money, Refused, Retry, Unknown, Unread
from nostro.trading import ports
from nostro.trading.adapters.mt4 import records, tickets
from nostro.trading.adapters.mt4.client import Wik
from nostro.trading.adapters.mt4.clock import EPOCH, HOUR, Clock, seconds_of, wall_of
from nostro.trading.adapters.mt4.contracts import contract_of
from nostro.trading.adapters.mt4.settings import Mt4Settings
from nostro.trading.adapters.mt4.tables import Row, Tables
from nostro.trading.adapters.mt4.tickets import Chains, Reading, Ticket
from nostro.trading.adapters.mt4.writer import Writer

DAY = timedelta(days=1)
LATEST = DAY
"""How late a row may reach the tables and still be seen when it does; later ones are found when
balances are derived anew."""
PAGE, CHUNK, BATCH = 100, 1000, 500
NO_ARCHIVE = "MetaTrader 4 has no archive of accounts."
UNKNOWN_LOGIN, NO_MONEY = "65", "134"
CREDIT_KINDS = {ports.BalanceKind.CREDIT}
OPENED_OR_CLOSED = "(OPEN_TIME BETWEEN %s AND %s OR CLOSE_TIME BETWEEN %s AND %s"
WRITTEN = " OR MODIFY_TIME BETWEEN %s AND %s AND (OPEN_TIME >= %s OR CLOSE_TIME >= %s))"


class Mt4:
    """Speaks to one server. Another writer takes the place of the plugin where one is given."""

    def __init__(self, settings: Mt4Settings, writer: Writer | None = None) -> None:
        self.settings = settings
        self.tables = Tables(settings)
        self.writer = writer or Wik(settings)
        self.clock = Clock(timedelta(minutes=settings.utc_offset), ZoneInfo(settings.daylight_zone))
        self._unread = Unread(Retry)

    # Accounts.

    def open_account(self, request: ports.AccountRequest, *, key: str) -> int:
        _check_reference(key)
        return self.writer.open_account(request, key=key)

    def find_account(self, key: str, *, group: str = "*") -> int | None:
        _check_reference(key)
        for row in self.tables.select("users", "WHERE `COMMENT` = %s ORDER BY LOGIN DESC", [key]):
            if row.text("COMMENT") == key and _takes(group, row.text("GROUP")):
                return row.integer("LOGIN")
        return self.writer.find_account(key, group)

    def logins(self, group: str = "*") -> list[int]:
        rows = self.tables.select("users", "ORDER BY LOGIN")
        return [row.integer("LOGIN") for row in rows if _takes(group, row.text("GROUP"))]

    def account(self, login: int) -> ports.PlatformAccount:
        for account in self.accounts([login]):
            return account
        live = self.writer.account(login)
        return records.live_account(live, self._currency(live.group), self.clock)

    def accounts(self, logins: Sequence[int]) -> list[ports.PlatformAccount]:
        return self._read(
            self._users(logins), lambda row: records.account(row, self.clock), "account", "LOGIN"
        )

    def _read[T](
        self, rows: Iterable[Row], reading: Callable[[Row], T], name: str, column: str
    ) -> list[T]:
        return self._unread.each(rows, reading, lambda row: f"{name} {row.text(column)}")

    def account_state(self, login: int) -> ports.AccountState:
        for state in self.account_states([login]):
            return state
        live = self.writer.account(login)
        return records.live_state(live, self._currency(live.group))

    def account_states(self, logins: Sequence[int]) -> list[ports.AccountState]:
        return self._read(self._users(logins), records.state, "account", "LOGIN")

    def standings(self, logins: Sequence[int]) -> dict[int, tuple[Decimal, Decimal]]:
        return {one.login: (one.balance, one.credit) for one in self.account_states(logins)}

    def change_account(self, login: int, change: ports.AccountChange) -> ports.PlatformAccount:
        """As the server itself has it then: the tables may not know yet."""
        self.writer.change_account(login, change)
        live = self.writer.account(login)
        return records.live_account(live, self._currency(live.group), self.clock)

    def set_password(self, login: int, password: str, kind: ports.PasswordKind) -> None:
        self.writer.set_password(login, password, kind)

    def give_sign_in(self, login: int, *, email: str, password: str) -> None:
        """Whoever knows login and password is in."""

    def check_password(self, login: int, password: str, kind: ports.PasswordKind) -> bool:
        return self.writer.check_password(login, password, kind)

    def _users(self, logins: Sequence[int]) -> Iterator[Row]:
        for some in batched(sorted(set(logins)), BATCH):
            yield from self.tables.select(
                "users", f"WHERE LOGIN IN ({_marks(some)}) ORDER BY LOGIN", some
            )

    def _currency(self, group: str) -> str:
        """As the platform writes it."""
        for one in self.writer.groups():
            if one.name == group:
                return one.currency
        raise Refused(f"The platform knows no group {group}.")

    # Money.

    def change_balance(
        self,
        login: int,
        money: Money,
        kind: ports.BalanceKind,
        *,
        reference: str,
        check_margin: bool = True,
    ) -> int:
        """The platform tells balance and credit apart and nothing else, so a charge, a correction
        or a bonus is a balance operation. It takes a bare number and does not mind the margin:
        both are looked at here first.
        """
        _check_reference(reference)
        if not money:
            raise Refused("There is nothing to move.")
        live = self.writer.account(login)
        currency = self._currency(live.group)
        if records.currency_of(currency) != money.currency:
            raise Refused(f"Account {login} is kept in {currency}, not in {money.currency}.")
        amount = money.amount * records.units_of(currency)
        if check_margin and amount < 0 and -amount > live.free_margin:
            raise Refused("The account has not enough free money for this.", code=NO_MONEY)
        credit = kind in CREDIT_KINDS
        done = self.writer.change_money(login, amount, credit=credit, comment=reference)
        if done:
            return done
        found = self.find_balance_operation(login, reference, self.server_time())
        if found is None:
            raise Unknown("It was done, but nobody knows its ticket yet.")
        return found

    def find_balance_operation(self, login: int, reference: str, since: datetime) -> int | None:
        """Looks a day back by the server's own clock too: ours may be ahead of it, and what is
        not found is sent again.
        """
        _check_reference(reference)
        server_now = self.server_time()
        begins = self.clock.local(min(since - HOUR, server_now - DAY))
        ends = self.clock.local(server_now + DAY)
        rows = self.tables.select(
            "trades",
            "WHERE LOGIN = %s AND CMD IN (6, 7) AND `COMMENT` = %s AND OPEN_TIME BETWEEN %s AND %s",
            [login, reference, begins, ends],
        )
        for row in rows:
            if row.text("COMMENT") == reference:
                return row.integer("TICKET")
        return self.writer.find_money(login, reference, seconds_of(begins), seconds_of(ends))

    # Trades.

    def deals(
        self,
        since: datetime,
        until: datetime,
        *,
        logins: Sequence[int] | None = None,
        offset: int = 0,
    ) -> Iterator[tuple[ports.Deal, ...]]:
        """Whole seconds, both ends included; and what was written within them, up to a day late."""
        begins, ends = self.clock.window(since, until)
        found = self._deals(begins, ends, logins)
        yield from batched(islice(found, offset, None), PAGE)

    def _deals(
        self, begins: datetime, ends: datetime, logins: Sequence[int] | None
    ) -> Iterator[ports.Deal]:
        late = begins - LATEST if begins - EPOCH > LATEST else EPOCH
        span = [begins, ends, begins, ends, begins, ends, late, late]
        for some in self._chunks(OPENED_OR_CLOSED + WRITTEN, span, logins):
            reading = self._reading(some, self._chains({one.login for one in some}, some))
            parts = self._unread.each(
                some, partial(_with_deals, reading), lambda one: f"deal {one.number}"
            )
            for one, deals in parts:
                fresh = one.written is not None and begins <= one.written <= ends
                earliest = late if fresh else begins
                for at, deal in deals:
                    if earliest <= at <= ends:
                        yield deal

    def positions(
        self, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.Position, ...]]:
        where = "CMD IN (0, 1) AND (CLOSE_TIME <= %s OR CLOSE_TIME IS NULL)"
        for some in self._chunks(where, [EPOCH], logins):
            parts = {one.login for one in some if tickets.LINK.match(one.comment)}
            reading = self._reading(some, self._chains(parts, some) if parts else Chains(some))
            for page in batched(some, PAGE):
                yield tuple(
                    self._unread.each(page, reading.position, lambda one: f"position {one.number}")
                )

    def exposure(self) -> dict[str, tuple[Lots, Lots]]:
        raise Refused("MetaTrader 4 sums up no open positions.", code=ports.NOT_OFFERED)

    def orders(self, logins: Sequence[int] | None = None) -> Iterator[tuple[ports.Order, ...]]:
        where = "CMD IN (2, 3, 4, 5) AND (CLOSE_TIME <= %s OR CLOSE_TIME IS NULL)"
        yield from self._orders(where, [EPOCH], logins)

    def order_history(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.Order, ...]]:
        """Those that ended unfilled: a filled one is a trade, and under the same ticket."""
        where = "CMD IN (2, 3, 4, 5) AND CLOSE_TIME BETWEEN %s AND %s AND CLOSE_TIME > %s"
        yield from self._orders(where, [*self.clock.window(since, until), EPOCH], logins)

    def _orders(
        self, where: str, given: Sequence[object], logins: Sequence[int] | None
    ) -> Iterator[tuple[ports.Order, ...]]:
        for some in self._chunks(where, given, logins):
            for page in batched(some, PAGE):
                rows = [one.row for one in page]
                yield tuple(
                    self._read(rows, lambda row: records.order(row, self.clock), "order", "TICKET")
                )

    def daily_reports(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.DailyReport, ...]]:
        span = self.clock.window(since, until)
        for some in batched(sorted(self.logins() if logins is None else set(logins)), BATCH):
            rows = self.tables.select(
                "daily",
                f"WHERE LOGIN IN ({_marks(some)}) AND `TIME` BETWEEN %s AND %s "
                "ORDER BY LOGIN, `TIME`",
                [*some, *span],
            )
            units = {
                row.integer("LOGIN"): records.units_of(row.text("CURRENCY"))
                for row in self._users(some)
            }
            yield from self._dailies(rows, units)

    def _dailies(
        self, rows: Sequence[Row], units: Mapping[int, int]
    ) -> Iterator[tuple[ports.DailyReport, ...]]:
        def reading(row: Row) -> ports.DailyReport:
            return records.daily(row, self.clock, units.get(row.integer("LOGIN"), 1))

        for page in batched(rows, PAGE):
            yield tuple(self._read(page, reading, "end of day of", "LOGIN"))

    def archive_account(self, login: int) -> None:
        raise Refused(NO_ARCHIVE, code=ports.NOT_OFFERED)

    def restore_account(self, login: int) -> None:
        raise Refused(NO_ARCHIVE, code=ports.NOT_OFFERED)

    def _chunks(
        self, where: str, given: Sequence[object], logins: Sequence[int] | None
    ) -> Iterator[list[Ticket]]:
        """Tickets by login and number, so many at a time; each chunk goes on after the last."""
        batches = [None] if logins is None else list(batched(sorted(set(logins)), BATCH))
        for some in batches:
            last = (0, 0)
            whose = f" AND LOGIN IN ({_marks(some)})" if some else ""
            while True:
                rows = self.tables.select(
                    "trades",
                    f"WHERE {where}{whose} AND (LOGIN > %s OR LOGIN = %s AND TICKET > %s) "
                    f"ORDER BY LOGIN, TICKET LIMIT {CHUNK}",
                    [*given, *(some or ()), last[0], last[0], last[1]],
                )
                if rows:
                    yield self._tickets(rows)
                    last = (rows[-1].integer("LOGIN"), rows[-1].integer("TICKET"))
                if len(rows) < CHUNK:
                    break

    def _tickets(self, rows: list[Row]) -> list[Ticket]:
        return self._read(rows, tickets.ticket, "deal", "TICKET")

    def _chains(self, logins: Iterable[int], found: Sequence[Ticket]) -> Chains:
        """With every ticket of these accounts that a comment makes part of a chain."""
        known = {one.number: one for one in found}
        for some in batched(sorted(logins), BATCH):
            rows = self.tables.select(
                "trades",
                f"WHERE LOGIN IN ({_marks(some)}) "
                "AND (`COMMENT` LIKE 'from #%%' OR `COMMENT` LIKE 'to #%%')",
                some,
            )
            known |= {one.number: one for one in self._tickets(rows)}
        named = {
            int(link[2]) for one in known.values() if (link := tickets.LINK.match(one.comment))
        }
        for some in batched(sorted(named - known.keys()), BATCH):
            rows = self.tables.select("trades", f"WHERE TICKET IN ({_marks(some)})", some)
            known |= {one.number: one for one in self._tickets(rows)}
        return Chains(known.values())

    def _reading(self, found: Sequence[Ticket], chains: Chains) -> Reading:
        lots = self.settings.lots
        symbols = {one.symbol for one in found}
        users = self._users([one.login for one in found])
        units = {row.integer("LOGIN"): records.units_of(row.text("CURRENCY")) for row in users}
        contracts = {name: contract_of(name, lots) for name in symbols}
        return Reading(self.clock, chains, contracts, units)

    # The server.

    def symbols(self) -> list[ports.Symbol]:
        """Those whose contract is known. Another has to be filled in before it can be mapped."""
        lots = self.settings.lots
        rows = [(row, contract_of(row.text("SYMBOL"), lots)) for row in self._prices()]
        known = [(row, contract) for row, contract in rows if contract]
        return self._unread.each(
            known, lambda one: records.symbol(*one), lambda one: f"symbol {one[0].text('SYMBOL')}"
        )

    def groups(self) -> list[ports.Group]:
        found = self._unread.each(
            self.writer.groups(), records.group, lambda one: f"group {one.name}"
        )
        return [one for one in found if one]

    def ticks(self, symbols: Sequence[str], since_id: int = 0) -> tuple[list[ports.Tick], int]:
        """The mark is twice the second in which the newest price was written, and one more once
        that second was seen again: more may have been written in it after the first look.
        """
        wanted, mark = set(symbols), since_id
        second, seen = divmod(since_id, 2)
        fresh = []
        for row in self._prices():
            written = row.moment("MODIFY_TIME") or EPOCH
            at = seconds_of(written)
            if row.text("SYMBOL") in wanted and at >= second + seen:
                fresh.append(row)
                mark = max(mark, at * 2 + (at == second))
        found = self._read(fresh, lambda row: records.tick(row, self.clock), "quote of", "SYMBOL")
        return [one for one in found if one], mark

    def _prices(self) -> list[Row]:
        return self.tables.select("prices", "ORDER BY SYMBOL")

    def server_time(self) -> datetime:
        """UTC of the server's clock."""
        return self.clock.utc(wall_of(self.writer.server_seconds()))

    def queue_seconds(self) -> float:
        return self.settings.queue_limit

    def unread(self) -> dict[str, str]:
        return self._unread.told()

    def close(self) -> None:
        self.writer.close()
        self.tables.close()


def _with_deals(reading: Reading, one: Ticket) -> tuple[Ticket, list[tuple[datetime, ports.Deal]]]:
    return one, list(reading.deals(one))


def _check_reference(reference: str) -> None:
    if not 1 <= len(reference) <= ports.REFERENCE_LENGTH:
        raise Refused(f"A reference has 1 to {ports.REFERENCE_LENGTH} characters.")


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _takes(mask: str, group: str) -> bool:
    """Whether a mask such as `CY-*,!CY-EUR*` takes a group; later parts win."""
    taken = False
    for part in mask.split(","):
        pattern = part.strip()
        if fnmatchcase(group, pattern.removeprefix("!").replace("[", "[[]")):
            taken = not pattern.startswith("!")
    return taken
