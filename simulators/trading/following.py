"""Accounts that trade what another one trades: followers who copy a master at their ratio, and
accounts among which the orders of a money manager are allocated.

Off until somebody asks for it. What follows comes from the deals, the seed and the equity alone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from random import Random

from simulators.market import Instrument
from simulators.trading.denied import Denied, Why
from simulators.trading.desk import Desk, Trade
from simulators.trading.records import (
    BUY,
    DEALER,
    ENTRY_IN,
    ENTRY_IN_OUT,
    ENTRY_OUT,
    EXPERT,
    NETTING,
    SELL,
    Account,
    Deal,
    Position,
    may_open,
)  # fmt: skip

SOONEST, LATEST = 15, 250
"""Milliseconds after the master's deal that a follower's comes; an allocation comes with it."""
FACT = "strategies"


class Kind(StrEnum):
    COPY = "copy"
    ALLOCATION = "allocation"


@dataclass(frozen=True, slots=True)
class Share:
    """`share` is what a follower trades for each lot of the master's, or an account's weight
    among the manager's; weights of 0 are the equities of the moment.
    """

    login: int
    share: str


@dataclass(frozen=True, slots=True)
class Strategy:
    master: int
    kind: Kind
    shares: tuple[Share, ...]


class Crowd:
    """Hears of every deal; `answer` then lets those who follow trade."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._seed = seed
        self._heard: list[Deal] = []
        kept = json.loads(desk.store.facts.get(FACT, "[]"))
        self.strategies = {one["master"]: _revived(one) for one in kept}
        desk.listeners.append(self._hear)

    def follows(self, login: int) -> bool:
        """Whether an account leaves its trading to somebody else."""
        return any(one.login == login for found in self.strategies.values() for one in found.shares)

    def set(self, strategy: Strategy) -> None:
        """Begin or change a strategy; without shares it ends, and what it opened stays open.

        Denied: one's own follower, chains, two masters, unknown and netting accounts.
        """
        others = [one for one in self.strategies.values() if one.master != strategy.master]
        taken = {one.login for found in others for one in found.shares}
        logins = [one.login for one in strategy.shares]
        masters = {one.master for one in others} | {strategy.master}
        if len(set(logins)) != len(logins) or masters & set(logins) or taken & set(logins):
            raise Denied(Why.BAD_REQUEST)
        if strategy.master in taken:
            raise Denied(Why.BAD_REQUEST)
        for login in (strategy.master, *logins):
            if login not in self._desk.store.accounts:
                raise Denied(Why.NOT_FOUND)
        for one in strategy.shares:
            share = Decimal(one.share)
            least = Decimal(0) if strategy.kind is Kind.ALLOCATION else Decimal("0.0001")
            if not share.is_finite() or share < least or self._nets(one.login):
                raise Denied(Why.BAD_REQUEST)
        self.strategies.pop(strategy.master, None)
        if strategy.shares:
            self.strategies[strategy.master] = strategy
        kept = [asdict(one) for one in self.strategies.values()]
        self._desk.store.facts[FACT] = json.dumps(kept)

    def answer(self, at: int) -> list[int]:
        """Follow what was heard since the last time, `at` being when it happened; the logins that
        opened something.
        """
        heard, self._heard = self._heard, []
        opened: list[int] = []
        for deal in heard:
            strategy = self.strategies[deal.login]
            if deal.entry in (ENTRY_OUT, ENTRY_IN_OUT):
                self._close(strategy, deal, at)
            if deal.entry in (ENTRY_IN, ENTRY_IN_OUT):
                opened += self._open(strategy, deal, deal.volume - deal.volume_closed, at)
        return opened

    def _hear(self, deal: Deal) -> None:
        if deal.login in self.strategies and deal.action in (BUY, SELL):
            self._heard.append(deal)

    def _nets(self, login: int) -> bool:
        desk = self._desk
        return desk.group_of(desk.store.accounts[login]).margin_mode == NETTING

    def _moment(self, strategy: Strategy, login: int, deal: Deal, at: int) -> int:
        if strategy.kind is Kind.ALLOCATION:
            return at
        return at + Random(f"{self._seed}/{login}/{deal.deal}/copy").randint(SOONEST, LATEST)

    def _ready(self, strategy: Strategy) -> tuple[list[Share], list[Account]]:
        """Those who may trade now; an account may be gone or forbidden by then."""
        known = self._desk.store.accounts
        shares = [
            one for one in strategy.shares
            if one.login in known and may_open(known[one.login])
        ]  # fmt: skip
        return shares, [known[one.login] for one in shares]

    def _open(self, strategy: Strategy, deal: Deal, volume: int, at: int) -> list[int]:
        desk = self._desk
        instrument = desk.instruments[deal.symbol]
        shares, accounts = self._ready(strategy)
        opened = []
        if strategy.kind is Kind.COPY:
            volumes = [
                int(volume * Decimal(one.share)) // instrument.volume_step * instrument.volume_step
                for one in shares
            ]
        else:
            weights = self._weights(shares, accounts, at)
            volumes = allocated(volume, weights, instrument.volume_step)
        reason = EXPERT if strategy.kind is Kind.COPY else DEALER
        for account, part in zip(accounts, volumes, strict=True):
            moment = self._moment(strategy, account.login, deal, at)
            if part < instrument.volume_min or not self._can(
                account, instrument, deal.action, part, moment
            ):
                continue
            comment = f"{strategy.kind} of {deal.position_id}"[: desk.longest_comment]
            made = desk.open(account, instrument, Trade(deal.action, part, reason, comment), moment)
            position = desk.store.positions[made.position_id]
            position.copy_of = deal.position_id
            desk.store.keep_position(position)
            opened.append(account.login)
        return opened

    def _weights(
        self, shares: Sequence[Share], accounts: Sequence[Account], at: int
    ) -> list[Decimal]:
        given = [Decimal(one.share) for one in shares]
        if any(given):
            return given
        desk = self._desk
        return [
            max(desk.state(one, at).equity, Decimal(0))
            * desk.market.rate(desk.group_of(one).currency, "USD", at)
            for one in accounts
        ]

    def _can(
        self, account: Account, instrument: Instrument, action: int, volume: int, at: int
    ) -> bool:
        needed = self._desk.required_margin(account, instrument, action, volume, at)
        return self._desk.state(account, at).free > needed

    def _close(self, strategy: Strategy, deal: Deal, at: int) -> None:
        """The part that the master closed, of what each still holds of it."""
        desk = self._desk
        left = desk.store.positions.get(deal.position_id)
        turned = deal.entry == ENTRY_IN_OUT
        before = deal.volume_closed + (left.volume if left and not turned else 0)
        step = desk.instruments[deal.symbol].volume_step
        held = [self._copies(one.login, deal.position_id) for one in strategy.shares]
        sums = [sum(one.volume for one in some) for some in held]
        if deal.volume_closed == before:
            volumes = sums
        elif strategy.kind is Kind.COPY:
            volumes = [one * deal.volume_closed // before // step * step for one in sums]
        else:
            total = sum(sums) * deal.volume_closed // before // step * step
            volumes = allocated(total, [Decimal(one) for one in sums], step)
        reason = EXPERT if strategy.kind is Kind.COPY else DEALER
        for one, some, volume in zip(strategy.shares, held, volumes, strict=True):
            moment = self._moment(strategy, one.login, deal, at)
            for position in some:
                part = min(volume, position.volume)
                if part:
                    desk.close(position, moment, volume=part, reason=reason)
                    volume -= part

    def _copies(self, login: int, master: int) -> list[Position]:
        return [one for one in self._desk.store.open_of(login) if one.copy_of == master]


def _revived(kept: dict[str, object]) -> Strategy:
    shares = kept["shares"]
    assert isinstance(shares, list)
    return Strategy(
        int(str(kept["master"])), Kind(str(kept["kind"])),
        tuple(Share(int(one["login"]), str(one["share"])) for one in shares),
    )  # fmt: skip


def allocated(volume: int, weights: Sequence[Decimal], step: int) -> list[int]:
    """`volume` in whole steps by weight, the steps left over to the largest remainders (of equal
    ones to the first). They add up to `volume`, whatever the weights; without any, to nothing.
    """
    total = sum(weights, Decimal(0))
    if not total:
        return [0] * len(weights)
    steps = volume // step
    exact = [steps * weight / total for weight in weights]
    parts = [int(one) for one in exact]
    order = sorted(range(len(weights)), key=lambda at: (parts[at] - exact[at], at))
    for at in order[: steps - sum(parts)]:
        parts[at] += 1
    return [one * step for one in parts]
