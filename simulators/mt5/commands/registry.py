"""What a command is given, what it answers, and the table they are found in."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.mt5.codes import Code, Refusal
from simulators.mt5.framing import CommandLine, Document, Later
from simulators.mt5.settings import Manager
from simulators.mt5.trade_server import TradeServer, matches
from simulators.trading.records import Account

PAGE_LIMIT = 100
_LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Reply:
    """Parameters after the return code, and the JSON document below them."""

    params: Mapping[str, str] = field(default_factory=dict)
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One command of one manager. What is missing or malformed is refused as bad parameters."""

    server: TradeServer
    manager: Manager
    line: CommandLine

    def text(self, name: str, default: str | None = None) -> str:
        value = self.line.params.get(name, default)
        if value is None:
            raise Refusal(Code.PARAMS)
        return value

    def number(self, name: str, default: int | None = None) -> int:
        value = self.text(name, None if default is None else str(default))
        try:
            number = int(value)
        except ValueError as error:
            raise Refusal(Code.PARAMS) from error
        if abs(number) > _LARGEST_NUMBER:
            raise Refusal(Code.PARAMS)
        return number

    def amount(self, name: str) -> Decimal:
        try:
            value = Decimal(self.text(name))
        except InvalidOperation as error:
            raise Refusal(Code.PARAMS) from error
        if not value.is_finite():
            raise Refusal(Code.PARAMS)
        return value

    def logins(self, name: str = "LOGIN") -> list[int]:
        """A comma list of numbers."""
        try:
            numbers = [int(part) for part in self.text(name).split(",")]
        except ValueError as error:
            raise Refusal(Code.PARAMS) from error
        return [number for number in numbers if abs(number) <= _LARGEST_NUMBER]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object below the command line; empty if there is none."""
        if not self.line.body:
            return {}
        try:
            document = json.loads(self.line.body)
        except ValueError as error:
            raise Refusal(Code.PARAMS) from error
        if not isinstance(document, dict):
            raise Refusal(Code.PARAMS)
        return document

    def account(self, login: int | None = None) -> Account:
        """The account of LOGIN, if the manager may see its group."""
        account = self.server.account(self.number("LOGIN") if login is None else login)
        if not matches(self.manager.groups, account.group):
            raise Refusal(Code.PERMISSIONS)
        return account

    def accounts(self) -> list[Account]:
        """Those of a LOGIN list, unknown ones left out, or of a GROUP mask."""
        if "LOGIN" in self.line.params:
            known = self.server.store.accounts
            return [self.account(login) for login in self.logins() if login in known]
        return list(self.server.accounts_in(self.text("GROUP"), self.manager.groups))


type Command = Callable[[Request], Reply]

COMMANDS: dict[str, Command] = {}


def command(*names: str) -> Callable[[Command], Command]:
    """Make a function answer to these command words."""

    def register(function: Command) -> Command:
        COMMANDS.update(dict.fromkeys(names, function))
        return function

    return register


def listing(rows: Iterable[Document]) -> Reply:
    return Reply(document=list(rows))


def long_listing[Row](rows: Sequence[Row], document: Callable[[Row], Document]) -> Reply:
    """A list of any length: each row becomes a document when it is sent."""
    return Reply(document=Later(rows, document))


def total(count: int) -> Reply:
    return Reply({"TOTAL": str(count)})
