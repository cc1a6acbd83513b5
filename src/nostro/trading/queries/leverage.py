"""How much leverage an account may have: what the house allows, within its licence's caps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, get_args

from django.db import models

from nostro.core.access import visible
from nostro.core.acts import Act, now
from nostro.core.queries import query
from nostro.kit.money import Money
from nostro.trading.decisions import (
    CLASS_LEVERAGE,
    LEVERAGE,
    BandAsked,
    ClassLeverageAsked,
    LeverageAsked,
    LeverageWished,
)
from nostro.trading.instruments import LeverageClass, leverage_class_of
from nostro.trading.models import Instrument, LeverageRequest, NewsWindow, TradingAccount
from nostro.trading.queries.news import windows_now
from nostro.trading.queries.rulings import in_force
from nostro.trading.rates import in_usd

CLASS_NAMES: dict[str, str] = {
    "fx_major": "Major currency pairs", "fx_minor": "Other currency pairs", "gold": "Gold",
    "index_major": "Major indices", "index": "Other indices",
    "commodity": "Other metals and energy", "share": "Shares", "crypto": "Crypto",
}  # fmt: skip


def leverage_cap(account: TradingAccount, account_type: str = "") -> int:
    """What the rules in force allow the account, without keeping the answer as a decision."""
    return caps()(account, account_type)


def caps(*, news: bool = True) -> Callable[[TradingAccount, str], int]:
    """The same for as many accounts as one has. Three statements for all; without news, two."""
    allowed, ceiling = in_force(LEVERAGE), ceilings()
    windows = windows_now() if news else lambda entity_id: None

    def cap(account: TradingAccount, account_type: str) -> int:
        window = windows(account.entity_id)
        asked = leverage_asked(account, account_type, news=window is not None)
        own = account_type in ("", account.account_type)
        most = allowed(asked).most
        return capped(most, window, ceiling(account), given(account, now()) if own else 0)

    return cap


def capped(most: Decimal, window: NewsWindow | None, ceiling: int, given: int = 0) -> int:
    """What a rule allows, or people gave above it, or news leave of either, within the licence's
    highest cap.
    """
    least = min(max(int(most), given), ceiling)
    return min(least, window.cap) if window else least


def leverage_asked(
    account: TradingAccount, account_type: str = "", *, news: bool = False
) -> LeverageAsked:
    """The facts that the rule of leverage is asked with. Where people let an account keep its
    leverage for a time, its equity does not count meanwhile.
    """
    return LeverageAsked(
        entity=account.entity.code,
        country=account.client.country,
        category=account.client.category,
        account_type=account_type or account.account_type,
        equity=Decimal(0) if kept(account, now()) else in_usd(account.equity_money),
        news=news,
    )


def kept(account: TradingAccount, at: datetime) -> bool:
    """Whether people let the account keep its leverage whatever its equity."""
    return account.leverage_kept_until is not None and account.leverage_kept_until > at


def given(account: TradingAccount, at: datetime) -> int:
    """What people gave the account above the rules' cap, while it holds; else 0."""
    until = account.leverage_given_until
    return account.leverage_given or 0 if until is not None and until > at else 0


@dataclass(frozen=True)
class ClassCap:
    """What the licence allows of one kind of instrument, and what that leaves of an account's own
    leverage; 0 is not offered.
    """

    traded: str
    most: int
    here: int

    open_worth: Decimal = Decimal(0)

    @property
    def needed(self) -> Decimal:
        """The margin that the licence asks for on what is open, each trade by itself."""
        return self.open_worth / self.most if self.most else self.open_worth

    @property
    def name(self) -> str:
        return CLASS_NAMES[self.traded]

    @property
    def most_said(self) -> str:
        return f"1:{self.most}" if self.most else "Not offered"

    @property
    def here_said(self) -> str:
        return f"1:{self.here}" if self.here else "Not offered"


def _by_class() -> Callable[[TradingAccount], dict[str, int]]:
    rule = in_force(CLASS_LEVERAGE)

    @cache
    def of(**whom: Any) -> dict[str, int]:
        return {
            one: int(rule(ClassLeverageAsked(**whom, traded=one)).most)
            for one in get_args(LeverageClass)
        }

    return lambda account: of(
        entity=account.entity.code,
        country=account.client.country,
        category=account.client.category,
    )


def ceilings() -> Callable[[TradingAccount], int]:
    """Account → the highest leverage that its licence knows for its client, of anything traded."""
    of = _by_class()
    return lambda account: max(of(account).values())


def class_caps(account: TradingAccount) -> list[ClassCap]:
    """Every kind of instrument with its cap, and what is open of it in the account's currency."""
    found = _by_class()(account)
    own, worth = account.leverage or 0, dict.fromkeys(found, Decimal(0))
    for one in account.position_set.select_related("instrument").exclude(instrument=None):
        if one.instrument is not None:
            kind = leverage_class(one.instrument)
            worth[kind] += one.lots * one.contract_size * one.price_open * one.rate_profit
    return [
        ClassCap(one, most, min(most, own) if own else most, worth[one])
        for one, most in found.items()
    ]


def leverage_class(instrument: Instrument) -> LeverageClass:
    """How regulators see an instrument, where margin is concerned."""
    return leverage_class_of(
        instrument.code, instrument.asset_class, instrument.base, instrument.quote
    )


# ── Bands of equity ──


def above_cap() -> models.QuerySet[TradingAccount]:
    """Accounts whose leverage could be above their cap: all that trade with real money and that
    news have not lowered.
    """
    rows = TradingAccount.objects.filter(
        status=TradingAccount.Status.OPEN, practice=False, login__isnull=False, leverage__gt=1,
        leverage_before=None,
    )  # fmt: skip
    held = models.Exists(
        TradingAccount.objects.filter(pk=models.OuterRef("pk"), position__isnull=False)
    )
    return rows.annotate(holds=held).select_related("client", "entity", "platform")


def band_asked(account: TradingAccount, cap: int, at: datetime, **known: Any) -> BandAsked:
    """The facts that the rule of bands is asked with. Margin grows as leverage falls: what a symbol
    asks by itself does not, so that this is the worst of it. Who was told of a higher cap was not
    told of this one. The cap is 1 at least.
    """
    holds = known.get("holds")
    open_trades = account.position_set.exists() if holds is None else bool(holds)
    told_of = account.leverage_notice_cap
    told = account.leverage_notice_at if told_of is not None and told_of <= cap else None
    return BandAsked(
        entity=account.entity.code,
        category=account.client.category,
        leverage=Decimal(account.leverage or 0),
        cap=Decimal(cap),
        open_trades=open_trades,
        margin_level=level_at(account, cap),
        noticed_hours=Decimal(int((at - told).total_seconds() // 3600)) if told else Decimal(-1),
    )


# ── Wishes ──


@query(finds=LeverageRequest, open_to=("client",))
def leverage_requests(act: Act) -> models.QuerySet[LeverageRequest]:
    """Wishes for another leverage, newest first."""
    rows = LeverageRequest.objects.select_related(
        "account__client", "account__entity", "account__platform", "account__group"
    )
    return visible(act.actor, rows.order_by("-asked_at", "-id"), client="account__client__")


def leverage_wished(account: TradingAccount, leverage: int, cap: int) -> LeverageWished:
    """The facts that the rule of such wishes is asked with."""
    client, holds = account.client, account.margin > 0 and account.position_set.exists()
    given_before = LeverageRequest.objects.filter(
        account=account, status=LeverageRequest.Status.GIVEN, leverage__gt=models.F("cap")
    )
    return LeverageWished(
        entity=account.entity.code, country=client.country, account_type=account.account_type,
        category=client.category, risk=client.risk or "none", leverage=Decimal(leverage),
        cap=Decimal(cap), reach="above" if leverage > cap else "within",
        equity=in_usd(account.equity_money), open_trades=holds,
        margin_level=level_at(account, account.leverage or 1) if holds else Decimal(0),
        before=Decimal(given_before.count()),
    )  # fmt: skip


def margin_at(account: TradingAccount, leverage: int) -> Decimal:
    """What the open trades would hold of margin. What a symbol asks by itself does not change with
    leverage, so this is how far it could go.
    """
    return account.margin * (account.leverage or leverage) / leverage


def level_at(account: TradingAccount, leverage: int) -> Decimal:
    """The margin level in per cent then; 0 where nothing holds margin."""
    needed = margin_at(account, leverage)
    return (account.equity / needed * 100 if needed else Decimal(0)).quantize(Decimal("0.01"))


@dataclass(frozen=True)
class Effect:
    """What a leverage comes to on an account: margin of what is open, what is left free, the level
    in per cent (0 without margin), and the largest worth of trades that its equity could carry.
    """

    leverage: int
    margin: Money
    free: Money
    level: Decimal
    most: Money


def effect_of(account: TradingAccount, leverage: int) -> Effect:
    margin = margin_at(account, leverage)
    return Effect(
        leverage, account.money(margin), account.money(account.equity - margin),
        level_at(account, leverage), account.money(max(account.equity, Decimal(0)) * leverage),
    )  # fmt: skip
