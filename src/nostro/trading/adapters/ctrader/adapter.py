"""A cTrader server as a `TradingPlatform`: WebServices for accounts and money, the Manager API for
deals, positions, symbols and prices.

What cTrader has no notion of: an investor's password (there is none, so none is set and none
fits); a currency of groups (read from the group's name); credit beside the balance (its
non-withdrawable bonus, and what is asked of us as a bonus too: the other sort of bonus has no
history in which a lost answer could be looked up); margin calls of a group (0); by whom or what a
deal was made (no reason, but of rollovers and transfers of money). What an account may do is one
of four: everything, close what it holds (CLOSE_ONLY), look (NO_TRADING), or not even sign in
(NO_LOGIN).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import batched
from typing import Any

import pycountry

from nostro.kit import Currency, Lots, Money, Refused, Retry, Unknown, Unread
from nostro.trading import ports
from nostro.trading.adapters.ctrader import cids, codes, records
from nostro.trading.adapters.ctrader.catalogue import Catalogue
from nostro.trading.adapters.ctrader.history import History, understood
from nostro.trading.adapters.ctrader.manager_api import ManagerApi
from nostro.trading.adapters.ctrader.quotes import Quotes
from nostro.trading.adapters.ctrader.records import milliseconds
from nostro.trading.adapters.ctrader.settings import CTraderSettings
from nostro.trading.adapters.ctrader.traders import TRADERS, Traders, named
from nostro.trading.adapters.ctrader.webservices import BadAnswer, WebServices, md5_hex

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NO_ARCHIVE = "cTrader has no archive of accounts."
PAGE = 100
SINGLY = 10
"""Up to so many accounts are asked for one by one; above, many in one question."""


class CTrader:
    """Speaks to one server with one manager of cBroker."""

    def __init__(self, settings: CTraderSettings) -> None:
        self.settings = settings
        self.quotes = Quotes()
        self._unread = Unread(BadAnswer)
        self.web = WebServices(settings)
        self.manager = ManagerApi(settings, self._heard)
        self.catalogue = Catalogue(settings, self.web, self.manager, self._unread)
        self.history = History(self.manager, self.catalogue)
        self.traders = Traders(self.web, self._unread)

    def _heard(self, kind: int, event: Any) -> None:
        if kind == codes.SPOT:
            self.quotes.hear(event.symbolId, event.bid, event.ask, event.timestamp)
        else:
            self.catalogue.hear(event.trader)

    def open_account(self, request: ports.AccountRequest, *, key: str) -> int:
        """The key becomes the description, our number of the client the document's."""
        _check_reference(key)
        first, _, last = request.name.partition(" ")
        contact: dict[str, object] = {
            "documentId": request.client_code, "email": request.email, "phone": request.phone,
            "city": request.city,
        }  # fmt: skip
        if country := pycountry.countries.get(alpha_2=request.country or "--"):
            contact["countryId"] = int(country.numeric)
        if request.agent:
            contact["introducingBroker1"] = str(request.agent)
        answer = self.web.write("POST", TRADERS, {
            "accessRights": "FULL_ACCESS", "accountType": self.settings.account_type, "balance": 0,
            "brokerName": self.settings.broker,
            "depositCurrency": self.catalogue.currency_of(request.group),
            "groupName": request.group, "hashedPassword": md5_hex(request.password),
            "leverageInCents": request.leverage * records.CENTS,
            "totalMarginCalculationType": "MAX", "name": first, "lastName": last,
            "description": key, "contactDetails": contact,
        })  # fmt: skip
        return _number(answer, "login", "The account was opened")

    def find_account(self, key: str, *, group: str = "*") -> int | None:
        _check_reference(key)
        for trader in self.traders.listed(group, whole=True):
            if trader.text("description") == key:
                return trader.login
        return None

    def logins(self, group: str = "*") -> list[int]:
        return sorted(row.login for row in self.traders.listed(group))

    def account(self, login: int) -> ports.PlatformAccount:
        return understood(records.account, self.traders.one(login))

    def accounts(self, logins: Sequence[int]) -> list[ports.PlatformAccount]:
        """Many by the Manager API: WebServices would list every trader there is."""
        if len(logins) > SINGLY:
            return self.catalogue.accounts(logins)
        return self._unread.each(self.traders.some(logins), records.account, named)

    def account_state(self, login: int) -> ports.AccountState:
        return understood(records.state, self.traders.one(login))

    def account_states(self, logins: Sequence[int]) -> list[ports.AccountState]:
        return self._unread.each(self.traders.some(logins), records.state, named)

    def standings(self, logins: Sequence[int]) -> dict[int, tuple[Decimal, Decimal]]:
        """By the Manager API: WebServices would list every trader there is."""
        return self.catalogue.standings(logins)

    def change_account(self, login: int, change: ports.AccountChange) -> ports.PlatformAccount:
        """Nobody's right to change a password can be taken away here."""
        if change.password_change is not None:
            raise Refused("cTrader has no right to change passwords that could be switched.")
        changed: dict[str, object] = {}
        if change.group is not None:
            changed["groupName"] = change.group
        if change.leverage is not None:
            changed["leverageInCents"] = change.leverage * records.CENTS
        if change.name is not None:
            first, _, last = change.name.partition(" ")
            changed |= {"name": first, "lastName": last}
        if change.enabled is not None or change.trading is not None:
            changed["accessRights"] = self._rights(login, change)
        if changed:
            self.web.write("PATCH", f"{TRADERS}/{login}", changed)
        return self.account(login)

    def _rights(self, login: int, change: ports.AccountChange) -> str:
        now = self.account(login)
        enabled = now.enabled if change.enabled is None else change.enabled
        # What an account that was off could do is not known, so it may do everything again.
        trading = now.trading if now.enabled else ports.Right.FULL
        return codes.NAMED[change.trading or trading] if enabled else codes.NO_LOGIN

    def set_password(self, login: int, password: str, kind: ports.PasswordKind) -> None:
        """An investor's password is not set: the platform has none. It is not told how good a
        password is either, as it sees nothing but its MD5.
        """
        if kind == ports.PasswordKind.MAIN:
            body = {"login": login, "hashedPassword": md5_hex(password)}
            self.web.write("POST", f"{TRADERS}/{login}/changepassword", body)

    def give_sign_in(self, login: int, *, email: str, password: str) -> None:
        if self.settings.links_cids:
            cids.link(self.web, self.settings, login, email, password)

    def check_password(self, login: int, password: str, kind: ports.PasswordKind) -> bool:
        """What the answer looks like is not written down: a refusal that names the password is
        taken for no, and so is any false in it.
        """
        if kind != ports.PasswordKind.MAIN:
            return False
        body = {"login": login, "hashedPassword": md5_hex(password)}
        try:
            answer = self.web.check(f"{TRADERS}/{login}/checkpassword", body)
        except Refused as refusal:
            if "PASSWORD" in refusal.code:
                return False
            raise
        said = answer.values() if isinstance(answer, dict) else [answer]
        return not any(value is False or value == "false" for value in said)

    def change_balance(
        self,
        login: int,
        money: Money,
        kind: ports.BalanceKind,
        *,
        reference: str,
        check_margin: bool = True,
    ) -> int:
        """The reference is the external id, by which the platform's history can be searched."""
        _check_reference(reference)
        if not money:
            raise Refused("There is nothing to move.")
        currency = self.traders.one(login).text("depositCurrency")
        if currency != money.currency:
            raise Refused(f"Account {login} is kept in {currency}, not in {money.currency}.")
        way = "DEPOSIT" if money.amount > 0 else "WITHDRAW"
        body: dict[str, object] = {
            "login": login, "comment": reference, "externalId": reference, "source": kind.value,
            "type": f"{way}_NONWITHDRAWABLE_BONUS" if kind in codes.CREDITS else way,
        }  # fmt: skip
        if not check_margin:
            body["skipMarginCheck"] = True
        path = f"{TRADERS}/{login}/changebalance"
        answer = self.web.write("POST", path, body, abs(money.amount))
        number = _number(answer, "balanceHistoryId", "The money was moved")
        return records.HISTORY_TICKETS + number

    def find_balance_operation(self, login: int, reference: str, since: datetime) -> int | None:
        """Looks a day back by the server's own clock too: ours may be ahead of it, and what is
        not found is sent again.
        """
        _check_reference(reference)
        number = self.catalogue.numbers_of([login]).get(login)
        if number is None:
            raise Refused(f"There is no account {login}.")
        server_now = self.server_time()
        begins = min(since - HOUR, server_now - DAY)
        rows = self.history.changes(milliseconds(begins), milliseconds(server_now + DAY), number)
        for row in rows:
            if row.traderId == number and reference in (row.externalId, row.comment):
                return records.HISTORY_TICKETS + int(row.balanceHistoryId)
        return None

    def deals(
        self,
        since: datetime,
        until: datetime,
        *,
        logins: Sequence[int] | None = None,
        offset: int = 0,
    ) -> Iterator[tuple[ports.Deal, ...]]:
        """Deals and balance changes, which the platform keeps apart, as one history."""
        numbers = None if logins is None else self.catalogue.numbers_of(logins)
        rows = self.history.rows(milliseconds(since), milliseconds(until), numbers)
        yield from batched(rows[offset:], PAGE)

    def positions(
        self, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.Position, ...]]:
        """The platform says neither price nor profit: both are made from the prices it pushes,
        which bear no mark-up of a group. What an account is worth in all is the platform's word.
        """
        wanted = None if logins is None else self.catalogue.numbers_of(logins)
        singly = wanted is not None and len(wanted) <= SINGLY
        rows = [
            row
            for number in (sorted((wanted or {}).values()) if singly else [None])
            for row in self.history.positions(number)
            if wanted is None or row.tradeData.traderId in wanted.values()
        ]
        self._listen(row.tradeData.symbolId for row in rows)
        read = self._unread.each(rows, self._position, lambda row: f"position {row.positionId}")
        found = [one for one in read if one is not None]
        found.sort(key=lambda one: (one.login, one.ticket))
        yield from batched(found, PAGE)

    def _position(self, row: Any) -> ports.Position | None:
        login = self.catalogue.login_of(row.tradeData.traderId)
        if login is None:
            return None
        terms = self.catalogue.terms(row.tradeData.symbolId)
        currency = self.catalogue.currency_of_trader(row.tradeData.traderId)
        pairs = [
            (one.number, one.symbol.base, one.symbol.profit_currency)
            for one in self.catalogue.known_terms()
        ]
        rate = self.quotes.rate(terms.symbol.profit_currency, currency, pairs)
        spot = self.quotes.spots.get(terms.number)
        return records.position(row, login, terms, spot, rate)

    def exposure(self) -> dict[str, tuple[Lots, Lots]]:
        """Of every trader, those among them that are read nowhere else."""
        held: dict[int, tuple[int, int]] = {}
        for row in self.history.exposure():
            bought, sold = held.get(row.symbolId, (0, 0))
            held[row.symbolId] = bought + row.buyVolume, sold + row.sellVolume
        found = self._unread.each(held.items(), self._held, lambda one: f"exposure of {one[0]}")
        return dict(found)

    def _held(self, one: tuple[int, tuple[int, int]]) -> tuple[str, tuple[Lots, Lots]]:
        terms, (bought, sold) = self.catalogue.terms(one[0]), one[1]
        lot = terms.lot_size
        return terms.symbol.name, (records.lots(bought, lot), records.lots(sold, lot))

    def orders(self, logins: Sequence[int] | None = None) -> Iterator[tuple[ports.Order, ...]]:
        wanted = None if logins is None else self.catalogue.numbers_of(logins)
        singly = wanted is not None and len(wanted) <= SINGLY
        rows = []
        for number in sorted((wanted or {}).values()) if singly else [None]:
            for row in self.history.orders(number):
                login = self.catalogue.login_of(row.tradeData.traderId)
                if login is not None and (wanted is None or login in wanted):
                    rows.append((row, login))
        found = self._unread.each(
            rows,
            lambda one: records.order(*one, self.catalogue.terms(one[0].tradeData.symbolId)),
            lambda one: f"order {one[0].orderId}",
        )
        yield from batched(sorted(found, key=lambda one: (one.login, one.ticket)), PAGE)

    def order_history(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.Order, ...]]:
        raise Refused("cTrader lists no orders of the past.", code=ports.NOT_OFFERED)

    def daily_reports(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[ports.DailyReport, ...]]:
        raise Refused("cTrader makes no daily reports.", code=ports.NOT_OFFERED)

    def archive_account(self, login: int) -> None:
        raise Refused(NO_ARCHIVE, code=ports.NOT_OFFERED)

    def restore_account(self, login: int) -> None:
        raise Refused(NO_ARCHIVE, code=ports.NOT_OFFERED)

    def symbols(self) -> list[ports.Symbol]:
        return [one.symbol for one in self.catalogue.read_symbols()]

    def groups(self) -> list[ports.Group]:
        """Hedging is a choice of accounts and not of groups here: it is that of new accounts."""
        stop_outs = self.catalogue.stop_outs()
        return [
            ports.Group(
                name=str(row["name"]), raw=row, margin_call=Decimal(0),
                currency=Currency(self.catalogue.currency_of(str(row["name"]))),
                stop_out=records.rate(stop_outs.get(str(row["name"]), 0.0) * 100),
                hedging=self.settings.account_type == "HEDGED",
            )
            for row in self.catalogue.groups()
        ]  # fmt: skip

    def ticks(self, symbols: Sequence[str], since_id: int = 0) -> tuple[list[ports.Tick], int]:
        """What was pushed since; the mark is the moment of the newest price, in milliseconds."""
        wanted = {one.number: one.symbol for one in self.catalogue.known_terms()
                  if one.symbol.name in set(symbols)}  # fmt: skip
        self._listen(wanted)
        found = []
        for number, symbol in wanted.items():
            spot = self.quotes.spots.get(number)
            if spot and spot.at > since_id:
                found.append(ports.Tick(symbol.name, spot.bid, spot.ask, records.utc(spot.at)))
        mark = max((milliseconds(one.at) for one in found), default=since_id)
        return found, max(mark, since_id)

    def _listen(self, numbers: Any) -> None:
        """Subscribe to what is not heard yet, and read what has been pushed meanwhile."""
        self.manager.subscribe(codes.SUBSCRIBE, numbers)
        self.manager.ask(codes.SERVER_TIME)

    def server_time(self) -> datetime:
        """UTC, as all of the platform's times."""
        said = self.manager.ask(codes.SERVER_TIME).timeInMillis
        if not said:
            raise Retry("The platform did not say its time.")
        return understood(records.utc, said)

    def queue_seconds(self) -> float:
        return self.settings.queue_limit

    def unread(self) -> dict[str, str]:
        return self._unread.told()

    def close(self) -> None:
        self.manager.close()
        self.web.close()


def _check_reference(reference: str) -> None:
    if not 1 <= len(reference) <= ports.REFERENCE_LENGTH:
        raise Refused(f"A reference has 1 to {ports.REFERENCE_LENGTH} characters.")


def _number(answer: Any, name: str, done: str) -> int:
    """The number a write answers with. It has acted, so an unreadable answer is `Unknown`."""
    said = str(answer.get(name, "")) if isinstance(answer, dict) else ""
    if not said.isdecimal():
        raise Unknown(f"{done}, but the answer has no {name}.")
    return int(said)
