"""The venue as a cTrader server: numbers of its own for traders, groups, symbols and assets.

A trader's id is not its login, and deals, balance changes and bonus changes are counted each by
themselves, so that their numbers overlap as on a real server. Commission is paid at the close.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

from simulators.ctrader.refusals import Refusal, invalid, no_trader
from simulators.ctrader.settings import Manager, Settings
from simulators.market import Instrument, ServerZone
from simulators.trading.records import BALANCE, CREDIT, Account, Deal, Group
from simulators.trading.store import Store
from simulators.trading.venue import Venue

LOGINS_ABOVE = 5_000_000
"""A trader's id is its login less this."""
FIRST_GROUP, FIRST_ASSET = 1_024, 1
LONGEST_COMMENT = 250
_HEAD_START = 20
"""Every balance change also takes a number of the deals: this makes the two meet."""
DEPOSIT, WITHDRAW, BONUS_IN, BONUS_OUT = 0, 1, 19, 20
"""ProtoChangeBalanceType, as far as a back office asks for it."""
CREATED, UPDATED, DELETED = 1, 3, 4


class CTraderServer(Venue):
    """`traders_heard` hear of every change of a trader, with ProtoCrudOperation's number."""

    def __init__(self, home: Path, settings: Settings, seed: int) -> None:
        self.settings = settings
        store = Store(home, "ctrader")
        first = {"login": settings.first_login, "deal": settings.first_ticket,
                 "order": settings.first_ticket}  # fmt: skip
        store.start_counters(first)
        for name in ("history", "bonus_history", "version"):
            store.facts.setdefault(name, str(settings.first_ticket + _HEAD_START))
        for group in settings.groups:
            store.keep_group(group)
        super().__init__(
            store, seed, settings.zone, stamps=ServerZone(0, False),
            always_open=settings.always_open, longest_comment=LONGEST_COMMENT,
        )  # fmt: skip
        self.desk.defers_commission = True
        self.traders_heard: list[Callable[[Account, int], None]] = []
        self.generation = int(store.facts.get("generation", "0"))
        self.group_ids = {name: FIRST_GROUP + at for at, name in enumerate(self.store.groups)}
        self.symbol_ids = {name: 1 + at for at, name in enumerate(self.instruments)}
        names = {row.base for row in self.instruments.values()}
        names |= {row.profit for row in self.instruments.values()}
        names |= {row.currency for row in self.store.groups.values()}
        self.asset_ids = {name: FIRST_ASSET + at for at, name in enumerate(sorted(names))}

    def manager(self, login: int, hashed: str) -> Manager:
        """Who signs in with the MD5 of a password."""
        for row in self.settings.managers:
            if row.login == login and md5_hex(row.password) == hashed.lower():
                return row
        raise Refusal("AUTHENTICATION_FAILED", "Wrong login or password.", 401)

    def token_of(self, manager: Manager) -> str:
        """WebServices' token: it changes with the password, and where sessions are forgotten."""
        material = f"{self.market.seed}/{manager.login}/{manager.password}/{self.generation}"
        return str(UUID(md5_hex(material)))

    def holder_of(self, token: str) -> Manager:
        for row in self.settings.managers:
            if self.token_of(row) == token:
                return row
        raise Refusal("AUTHENTICATION_FAILED", "This token is not known.", 401)

    def forget_tokens(self) -> None:
        self.generation += 1
        self.store.facts["generation"] = str(self.generation)
        self.store.commit()

    def summary(self) -> dict[str, object]:
        """With the logins that are linked to each cTrader ID."""
        linked: dict[str, list[int]] = {}
        for row in self.store.accounts.values():
            if number := more_of(row).get("userId"):
                linked.setdefault(str(number), []).append(row.login)
        return {**super().summary(), "linked": linked}

    def trader(self, login: object) -> Account:
        account = self.store.accounts.get(whole(login))
        if account is None:
            raise no_trader(login)
        return account

    def trader_by_id(self, number: int) -> Account:
        account = self.store.accounts.get(number + LOGINS_ABOVE)
        if account is None:
            raise no_trader(number)
        return account

    def group_named(self, name: object) -> Group:
        group = self.store.groups.get(str(name))
        if group is None:
            raise Refusal("TRADER_GROUP_NOT_FOUND", f"There is no group {name}.")
        return group

    def symbol(self, name: str) -> tuple[int, Instrument]:
        return self.symbol_ids[name], self.instruments[name]

    def keep_trader(self, account: Account, more: dict[str, Any], operation: int) -> None:
        more["lastUpdateTimestamp"] = self.now()
        account.more = json.dumps(more)
        self.store.keep_account(account)
        for tell in self.traders_heard:
            tell(account, operation)

    def drop_trader(self, account: Account) -> None:
        if self.store.open_of(account.login) or self.store.pending_of(account.login):
            raise Refusal("TRADER_HAS_POSITIONS", "Close its positions first.")
        self.store.drop_account(account)
        for tell in self.traders_heard:
            tell(account, DELETED)

    def move_money(
        self, account: Account, kind: int, amount: Decimal, *, comment: str, note: str,
        source: str, external: str, skips_margin: bool, manager: int,
    ) -> int:  # fmt: skip
        """A balance change; `kind` says which way the positive `amount` goes. Answers its id."""
        if amount <= 0:
            raise Refusal("CHANGE_BALANCE_BAD_AMOUNT", "The amount is above zero.")
        if kind not in (DEPOSIT, WITHDRAW, BONUS_IN, BONUS_OUT):
            raise Refusal("INVALID_REQUEST", f"No balance change is of the type {kind}.")
        number = self.store.next("history")
        said = {"id": number, "type": kind, "externalNote": note, "source": source,
                "externalId": external}  # fmt: skip
        signed = amount if kind in (DEPOSIT, BONUS_IN) else -amount
        try:
            self.change_balance(
                account, BALANCE if kind in (DEPOSIT, WITHDRAW) else CREDIT, signed,
                comment=comment, dealer=manager, check_margin=not skips_margin,
                more=json.dumps(said),
            )  # fmt: skip
        except Exception:
            self.store.facts["history"] = str(number)
            raise
        return number

    def history(self, where: str, params: list[Any]) -> list[Deal]:
        """Balance changes, oldest first."""
        self.store.flush()
        return self.store.deals.select(
            f'"action" > 1 AND {where}', params, 'ORDER BY "time_msc", "deal"'
        )

    def traded(self, where: str, params: list[Any]) -> list[Deal]:
        """Deals that are trades, oldest first."""
        self.store.flush()
        return self.store.deals.select(
            f'"action" < 2 AND {where}', params, 'ORDER BY "time_msc", "deal"'
        )


def md5_hex(text: str) -> str:
    return md5(text.encode()).hexdigest()


def more_of(row: Account | Deal) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.more or "{}")
    return found


def whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise invalid(f"{value!r} is not a whole number.") from error


def scaled(amount: Decimal, digits: int) -> int:
    """An amount as both doors write it: an integer in the smallest unit."""
    return int(amount.scaleb(digits))
