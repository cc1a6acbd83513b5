"""A MetaTrader 5 server as a `TradingPlatform`.

The platform has no idempotency key: ours goes into the account's comment and the balance deal's
comment, and is looked for there after a doubtful answer. It has no right of one account to close
and no more: an account that may only close is switched off (TRADE_DISABLED), and its owner closes
nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import batched
from time import monotonic
from zoneinfo import ZoneInfo

from nostro.kit import Lots, Money, Refused, Retry, Unknown
from nostro.trading import ports
from nostro.trading.adapters.mt5 import records
from nostro.trading.adapters.mt5.client import Client
from nostro.trading.adapters.mt5.clock import HOUR, Clock
from nostro.trading.adapters.mt5.codes import INVALID_PASSWORD, NOT_FOUND, NOT_SUPPORTED
from nostro.trading.adapters.mt5.history import (
    BATCH,
    Lists,
    Parameters,
    understood,
    understood_records,
)  # fmt: skip
from nostro.trading.adapters.mt5.records import Record
from nostro.trading.adapters.mt5.settings import Mt5Settings
from nostro.trading.adapters.mt5.wire import BadPacket, Reply

DAY = timedelta(days=1)
NOT_KNOWN = {str(code) for code in NOT_SUPPORTED}
MONEY_MOVES = {ports.DealKind(kind.value) for kind in ports.BalanceKind}
CLOCK_SECONDS = 3600.0
"""How long the answer about the server's offset is believed."""

NO_ARCHIVE = "This server has no archive of accounts that its Web API could reach."


class Mt5:
    """Speaks to one server with one manager account."""

    def __init__(self, settings: Mt5Settings) -> None:
        self.settings = settings
        self.client = Client(settings)
        self.lists = Lists(self.client)
        self._clock: tuple[float, Clock] | None = None

    def open_account(self, request: ports.AccountRequest, *, key: str) -> int:
        _check_reference(key)
        reply = self.client.write("USER_ADD", {
            "LOGIN": 0, "PASS_MAIN": request.password, "PASS_INVESTOR": request.investor_password,
            "RIGHTS": records.DEFAULT_RIGHTS, "GROUP": request.group, "NAME": request.name,
            "LEVERAGE": request.leverage, "ID": request.client_code, "EMAIL": request.email,
            "PHONE": request.phone, "COUNTRY": request.country, "CITY": request.city,
            "AGENT": request.agent, "COMMENT": key,
        })  # fmt: skip
        return _number(reply, "LOGIN")

    def find_account(self, key: str, *, group: str = "*") -> int | None:
        """Newest logins first: an account that was just opened is found early."""
        _check_reference(key)
        for some in batched(sorted(self.logins(group), reverse=True), BATCH):
            for record in self.lists.many("USER_GET", some):
                if record.text("Comment") == key:
                    return understood(partial(record.integer, "Login"))
        return None

    def logins(self, group: str = "*") -> list[int]:
        return self.lists.logins(group)

    def account(self, login: int) -> ports.PlatformAccount:
        clock = self.clock()
        found = self._records("USER_GET", {"LOGIN": login})
        return understood(lambda: records.account(_only(found), clock))

    def accounts(self, logins: Sequence[int]) -> list[ports.PlatformAccount]:
        clock = self.clock()
        found = (
            record
            for some in batched(logins, BATCH)
            for record in self.lists.many("USER_GET", some)
        )
        return self.lists.each_read(
            found, lambda record: records.account(record, clock), "account", "Login"
        )

    def account_state(self, login: int) -> ports.AccountState:
        found = self._records("USER_ACCOUNT_GET", {"LOGIN": login})
        return understood(lambda: records.state(_only(found)))

    def account_states(self, logins: Sequence[int]) -> list[ports.AccountState]:
        found = (
            record
            for some in batched(logins, BATCH)
            for record in self.lists.many("USER_ACCOUNT_GET", some)
        )
        return self.lists.each_read(found, records.state, "account", "Login")

    def standings(self, logins: Sequence[int]) -> dict[int, tuple[Decimal, Decimal]]:
        return {one.login: (one.balance, one.credit) for one in self.account_states(logins)}

    def change_account(self, login: int, change: ports.AccountChange) -> ports.PlatformAccount:
        wanted = {"GROUP": change.group, "LEVERAGE": change.leverage, "NAME": change.name}
        changed: dict[str, object] = {
            name: value for name, value in wanted.items() if value is not None
        }
        flags = (change.enabled, change.trading, change.password_change)
        if any(flag is not None for flag in flags):
            changed["RIGHTS"] = self._rights(login, change)
        if changed:
            self.client.write("USER_UPDATE", {"LOGIN": login} | changed)
        return self.account(login)

    def _rights(self, login: int, change: ports.AccountChange) -> int:
        found = self._records("USER_GET", {"LOGIN": login})
        rights = understood(lambda: _only(found).integer("Rights"))
        stops = None if change.trading is None else change.trading != ports.Right.FULL
        for bit, wanted in (
            (records.ENABLED, change.enabled),
            (records.TRADE_DISABLED, stops),
            (records.PASSWORD_CHANGE, change.password_change),
        ):
            if wanted is not None:
                rights = rights | bit if wanted else rights & ~bit
        return rights

    def set_password(self, login: int, password: str, kind: ports.PasswordKind) -> None:
        self.client.write(
            "USER_PASS_CHANGE", {"LOGIN": login, "TYPE": kind.upper(), "PASSWORD": password}
        )

    def give_sign_in(self, login: int, *, email: str, password: str) -> None:
        """Whoever knows login and password is in."""

    def check_password(self, login: int, password: str, kind: ports.PasswordKind) -> bool:
        try:
            self.client.read(
                "USER_PASS_CHECK", {"LOGIN": login, "TYPE": kind.upper(), "PASSWORD": password}
            )
        except Refused as refusal:
            if refusal.code == str(INVALID_PASSWORD):
                return False
            raise
        return True

    def change_balance(
        self,
        login: int,
        money: Money,
        kind: ports.BalanceKind,
        *,
        reference: str,
        check_margin: bool = True,
    ) -> int:
        """Asks for the account's currency first: the platform takes a bare number."""
        _check_reference(reference)
        if not money:
            raise Refused("There is nothing to move.")
        self._check_currency(login, money)
        reply = self.client.write("TRADE_BALANCE", {
            "LOGIN": login, "TYPE": records.BALANCE_TYPES[kind], "BALANCE": f"{money.amount:f}",
            "COMMENT": reference, "CHECK_MARGIN": int(check_margin),
        })  # fmt: skip
        return _number(reply, "TICKET")

    def _check_currency(self, login: int, money: Money) -> None:
        account = self.account(login)
        found = self._records("GROUP_GET", {"GROUP": account.group})
        currency = understood(lambda: records.group(_only(found)).currency)
        if currency != money.currency:
            raise Refused(f"Account {login} is kept in {currency}, not in {money.currency}.")

    def find_balance_operation(self, login: int, reference: str, since: datetime) -> int | None:
        """Looks a day back by the server's own clock too: ours may be ahead of it, and what is
        not found is sent again.
        """
        _check_reference(reference)
        server_now = self.server_time()
        begins = min(since - HOUR, server_now - DAY)
        clock = self.clock()
        for page in self._deals(begins, server_now + DAY, [login], 0):
            for record in page:
                if record.text("Comment") == reference:
                    deal = understood(partial(records.deal, record, clock))
                    if deal.kind in MONEY_MOVES:
                        return deal.ticket
        return None

    def deals(
        self,
        since: datetime,
        until: datetime,
        *,
        logins: Sequence[int] | None = None,
        offset: int = 0,
    ) -> Iterator[tuple[ports.Deal, ...]]:
        """The platform counts whole seconds, both ends included."""
        clock = self.clock()
        for page in self._deals(since, until, logins, offset):
            yield tuple(self.lists.each_read(page, lambda one: records.deal(one, clock), "deal"))

    def _deals(
        self, since: datetime, until: datetime, logins: Sequence[int] | None, offset: int
    ) -> Iterator[list[Record]]:
        clock = self.clock()
        span = {"FROM": clock.local(since), "TO": clock.local(until)}
        pages = self.lists.stream("DEAL", span) if logins is None and not offset else None
        return pages or self.lists.rows("DEAL", "Deal", logins, span, offset)

    def positions(
        self, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.Position, ...]]:
        clock = self.clock()
        for page in self.lists.rows("POSITION", "Position", logins, {}, 0):
            yield tuple(
                self.lists.each_read(page, lambda one: records.position(one, clock), "position")
            )

    def exposure(self) -> dict[str, tuple[Lots, Lots]]:
        raise Refused("MetaTrader 5 sums up no open positions.", code=ports.NOT_OFFERED)

    def orders(self, logins: Sequence[int] | None = None) -> Iterator[tuple[ports.Order, ...]]:
        clock = self.clock()
        for page in self.lists.rows("ORDER", "Order", logins, {}, 0):
            yield tuple(self.lists.each_read(page, lambda one: records.order(one, clock), "order"))

    def order_history(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.Order, ...]]:
        """Filled ones too: the platform makes an order of every deal."""
        clock = self.clock()
        span = {"FROM": clock.local(since), "TO": clock.local(until)}
        for page in self.lists.rows("HISTORY", "Order", logins, span, 0):
            yield tuple(self.lists.each_read(page, lambda one: records.order(one, clock), "order"))

    def daily_reports(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.DailyReport, ...]]:
        clock = self.clock()
        span = {"FROM": clock.local(since), "TO": clock.local(until)}
        for page in self.lists.dailies(logins, span):
            yield tuple(
                self.lists.each_read(
                    page, lambda one: records.daily(one, clock), "end of day of", "Login"
                )
            )

    def archive_account(self, login: int) -> None:
        self._put("USER_ARCHIVE_ADD", login, "USER_ARCHIVE_GET")

    def restore_account(self, login: int) -> None:
        self._put("USER_RESTORE", login, "USER_GET")

    def _put(self, command: str, login: int, there: str) -> None:
        """Move an account in or out of the archive; one that is there already is left."""
        try:
            self.client.write(command, {"LOGIN": login})
        except Refused as refusal:
            if refusal.code in NOT_KNOWN:
                raise Refused(NO_ARCHIVE, code=ports.NOT_OFFERED) from refusal
            if refusal.code != str(NOT_FOUND):
                raise
            self._records(there, {"LOGIN": login})

    def symbols(self) -> list[ports.Symbol]:
        return self.lists.each_read(self.lists.each("SYMBOL"), records.symbol, "symbol")

    def groups(self) -> list[ports.Group]:
        return self.lists.each_read(self.lists.each("GROUP"), records.group, "group")

    def ticks(self, symbols: Sequence[str], since_id: int = 0) -> tuple[list[ports.Tick], int]:
        clock = self.clock()
        reply = self.client.read("TICK_LAST", {"SYMBOL": ",".join(symbols), "TRANS_ID": since_id})
        mark = reply.parameters.get("TRANS_ID", "")
        said = understood_records(reply)
        found = self.lists.each_read(
            said, lambda record: records.tick(record, clock), "quote of", "Symbol"
        )
        return found, int(mark) if mark.isdecimal() else since_id

    def server_time(self) -> datetime:
        """UTC of the server's clock."""
        return self.clock().utc(self._server_milliseconds())

    def queue_seconds(self) -> float:
        return self.settings.queue_limit

    def unread(self) -> dict[str, str]:
        return self.lists.unread.told()

    def _server_milliseconds(self) -> int:
        said = self.client.read("TIME_SERVER").parameters.get("TIME", "").split()
        try:
            return int(Decimal(said[0]) * 1000)
        except (IndexError, ArithmeticError) as error:
            raise Retry("The platform did not say its time.") from error

    def close(self) -> None:
        self.client.close()

    def clock(self) -> Clock:
        """The server's offset, asked anew every hour.

        Refused where the daylight rule of the settings disagrees with what the server says now.
        """
        if self._clock and monotonic() - self._clock[0] < CLOCK_SECONDS:
            return self._clock[1]
        found = self._records("TIME_GET", {})
        said = understood(lambda: _only(found))
        minutes, keeps, daylight = understood(
            lambda: [said.integer(name) for name in ("TimeZone", "Daylight", "DaylightState")]
        )
        zone = ZoneInfo(self.settings.daylight_zone) if keeps else None
        clock = Clock(timedelta(minutes=minutes), zone)
        if keeps and not clock.agrees(self._server_milliseconds(), daylight=bool(daylight)):
            raise Refused("The server changes its clock on other days than the settings say.")
        self._clock = (monotonic(), clock)
        return clock

    def _records(self, command: str, parameters: Parameters) -> list[Record]:
        return understood_records(self.client.read(command, parameters))


def _check_reference(reference: str) -> None:
    if not 1 <= len(reference) <= ports.REFERENCE_LENGTH:
        raise Refused(f"A reference has 1 to {ports.REFERENCE_LENGTH} characters.")


def _number(reply: Reply, name: str) -> int:
    """The number a write answers with. It has acted, so an unreadable answer is `Unknown`."""
    said = reply.parameters.get(name, "")
    if not said.isdecimal():
        raise Unknown(f"{reply.command} was done, but its answer has no {name.lower()}.")
    return int(said)


def _only(found: list[Record]) -> Record:
    if len(found) != 1:
        raise BadPacket(f"One record was asked for, and {len(found)} came.")
    return found[0]
