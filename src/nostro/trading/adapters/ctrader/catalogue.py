"""What a server has, remembered between questions: symbols, currencies, and whose number is whose.

A trader's id is not the login, and neither groups nor symbols say their currency in a field that
is known: both are read from their names, or from the settings where a name says none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import batched
from time import monotonic
from typing import Any

from nostro.kit import Refused, Retry, Unread
from nostro.trading import ports
from nostro.trading.adapters.ctrader import codes
from nostro.trading.adapters.ctrader.history import FAR, MOST_AT_ONCE, paged
from nostro.trading.adapters.ctrader.manager_api import ManagerApi
from nostro.trading.adapters.ctrader.records import (
    SymbolTerms,
    account_of,
    credit_of,
    money_digits,
    scaled,
    symbol,
)
from nostro.trading.adapters.ctrader.settings import CTraderSettings
from nostro.trading.adapters.ctrader.webservices import BadAnswer, WebServices

AGAIN = 60.0
"""Seconds after which an account that was not there is looked for again."""
WORD = re.compile(r"[A-Z]{3,5}(?![A-Za-z])")


def matches(mask: str, name: str) -> bool:
    """Whether a mask such as `real*,!real*test` takes a group. cTrader itself has no masks."""
    taken = False
    for part in mask.split(","):
        pattern = part.strip().removeprefix("!").replace("[", "[[]").replace("?", "[?]")
        if fnmatchcase(name, pattern):
            taken = not part.strip().startswith("!")
    return taken


class Catalogue:
    """`unread` takes what cannot be read, of the whole connection."""

    def __init__(
        self, settings: CTraderSettings, web: WebServices, manager: ManagerApi, unread: Unread
    ) -> None:
        self.unread = unread
        self.settings = settings
        self._web = web
        self._manager = manager
        self._assets: dict[int, str] = {}
        self._terms: dict[int, SymbolTerms] = {}
        self._logins: dict[int, int] = {}
        self._deposits: dict[int, int] = {}
        self._groups: dict[int, str] = {}
        self._missing: dict[int, float] = {}

    def assets(self) -> set[str]:
        return set(self._named_assets().values())

    def _named_assets(self) -> dict[int, str]:
        if not self._assets:
            rows = self._manager.ask(codes.ASSETS).asset
            self._assets = {row.assetId: row.name for row in rows}
        return self._assets

    def currency_of_trader(self, number: int) -> str:
        """What an account is kept in; nothing where the platform does not say it."""
        return self._named_assets().get(self._deposits.get(number, 0), "")

    def currency_of(self, group: str) -> str:
        """The first currency that a group's name says."""
        known = self.assets()
        said = (word for word in WORD.findall(group) if word in known)
        return next(said, self.settings.currency)

    def groups(self) -> list[dict[str, Any]]:
        document = self._web.read("/v2/webserv/tradergroups")
        found = document.get("traderGroup") if isinstance(document, dict) else None
        if not isinstance(found, list):
            raise Retry("The platform did not list its groups.")
        return [row for row in found if isinstance(row, dict) and row.get("name")]

    def stop_outs(self) -> dict[str, float]:
        """By the name of a group: the part of the margin at which positions are closed."""
        return {row.name: row.marginStopout for row in self._manager.ask(codes.GROUPS).group}

    def read_symbols(self) -> list[SymbolTerms]:
        """Every symbol, as the server has it now."""
        folders = self._folders()
        found = self.unread.each(
            self._manager.ask(codes.SYMBOLS).symbol,
            lambda row: symbol(
                row, f"{folders.get(row.name, '')}\\{row.name}".lstrip("\\"), self._quote_of(row)
            ),
            lambda row: f"symbol {row.name or row.symbolId}",
        )
        self._terms = {one.number: one for one in found}
        return found

    def _folders(self) -> dict[str, str]:
        """The asset class of a symbol is where other platforms have their folders."""
        document = self._web.read("/v2/webserv/symbols")
        rows = document.get("symbol", []) if isinstance(document, dict) else []
        return {str(row.get("name")): str(row.get("assetClass") or "") for row in rows}

    def _quote_of(self, row: Any) -> str:
        """The currency of a symbol's price."""
        meant = dict(word.split("=") for word in self.settings.symbol_currencies.split())
        if row.name in meant:
            return str(meant[row.name])
        base, rest = row.measurementUnits, row.name[3:6]
        if row.name[:3] == base and rest in self.assets():
            return str(rest)
        return base if base in self.assets() else self.settings.currency

    def terms(self, number: int) -> SymbolTerms:
        """What a symbol means; one that is new to us is looked for. Raises `BadAnswer`."""
        if number not in self._terms:
            self.read_symbols()
        if number not in self._terms:
            raise BadAnswer(f"The platform knows no symbol {number}, though it was traded.")
        return self._terms[number]

    def known_terms(self) -> list[SymbolTerms]:
        if not self._terms:
            self.read_symbols()
        return list(self._terms.values())

    def login_of(self, number: int) -> int | None:
        """The login of a trader's number; one that is new to us is asked for."""
        if number not in self._logins:
            try:
                self._learn(self._manager.ask(codes.TRADER_BY_ID, traderId=[number]).trader)
            except Refused as refusal:
                if refusal.code not in codes.NO_TRADER:
                    raise
        return self._logins.get(number)

    def numbers_of(self, logins: Iterable[int]) -> dict[int, int]:
        """Traders' numbers by login, without those that do not exist."""
        wanted = set(logins)
        if self._logins and self._unknown(wanted):
            self._manager.ask(codes.SERVER_TIME)  # what was pushed meanwhile is heard with it
        if self._unknown(wanted):
            self._read_traders()
            self._missing |= dict.fromkeys(self._unknown(wanted), monotonic())
        return {login: number for number, login in self._logins.items() if login in wanted}

    def _unknown(self, wanted: set[int]) -> set[int]:
        """What is to be looked for; what was not there a moment ago is not."""
        begun = monotonic() - AGAIN
        new = wanted - set(self._logins.values())
        return {login for login in new if self._missing.get(login, begun) <= begun}

    def standings(self, logins: Iterable[int]) -> dict[int, tuple[Decimal, Decimal]]:
        """Balance and credit of those of the logins that exist, a hundred in one question."""
        found: dict[int, tuple[Decimal, Decimal]] = {}
        for row in self._rows(logins):
            digits = money_digits(row)
            found[row.login] = (scaled(row.balance, digits), scaled(credit_of(row), digits))
        return found

    def accounts(self, logins: Sequence[int]) -> list[ports.PlatformAccount]:
        """Those of the logins that exist, in the order asked for."""
        rows = {row.login: row for row in self._rows(logins)}
        return self.unread.each(
            [rows[login] for login in logins if login in rows],
            lambda row: account_of(row, self._group_named(row.groupId)),
            lambda row: f"account {row.login}",
        )

    def _group_named(self, number: int) -> str:
        """The name of a group; one that is new to us is looked for. Raises `BadAnswer`."""
        if number not in self._groups:
            rows = self._manager.ask(codes.GROUPS).group
            self._groups = {row.groupId: row.name for row in rows}
        if number not in self._groups:
            raise BadAnswer(f"The platform knows no group {number}, though an account is in it.")
        return self._groups[number]

    def _rows(self, logins: Iterable[int]) -> Iterator[Any]:
        for some in batched(sorted(self.numbers_of(logins).values()), MOST_AT_ONCE):
            yield from (row for row in self._traders(some) if not row.deleted)

    def _traders(self, numbers: Sequence[int]) -> Iterable[Any]:
        """One by one where the platform refuses them all, because one of them is gone."""
        try:
            return list(self._manager.ask(codes.TRADER_BY_ID, traderId=list(numbers)).trader)
        except Refused as refusal:
            if refusal.code not in codes.NO_TRADER:
                raise
        if len(numbers) == 1:
            return []
        return [row for number in numbers for row in self._traders([number])]

    def hear(self, trader: Any) -> None:
        """A trader was opened or changed, by whomever."""
        self._learn([trader])

    @property
    def known_traders(self) -> int:
        return len(self._logins)

    def _read_traders(self) -> None:
        def ask(begins: int) -> tuple[Any, bool]:
            found = self._manager.ask(codes.TRADERS, fromTimestamp=begins, toTimestamp=FAR)
            return found.trader, found.hasMore

        rows = paged(ask, 0, lambda row: (row.registrationTimestamp, row.traderId))
        self._learn(rows)

    def _learn(self, rows: Iterable[Any]) -> None:
        for row in rows:
            if not row.deleted:
                self._logins[row.traderId] = row.login
                self._deposits[row.traderId] = row.depositAssetId
