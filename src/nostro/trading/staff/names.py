"""How trading things are named in sentences, looked up together."""

from collections.abc import Callable
from datetime import date

from django.db import models

from nostro.core.acts import Act
from nostro.trading import queries
from nostro.trading.events import DealsRecorded, SymbolsRead
from nostro.trading.models import (
    BalanceBreak,
    Group,
    Instrument,
    LeverageRequest,
    NewsWindow,
    Platform,
    PlatformSymbol,
    SwapFreeRequest,
    TradingAccount,
)
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.timeline import HUM, NAMES, WORDS, Names


def named(model: type[models.Model], slug: str, *with_: str) -> Callable[[set[int]], Names]:
    """Things whose name is what they are printed as."""

    def look_up(ids: set[int]) -> Names:
        rows = queries.named(model, ids, *with_)
        at = f"{STAFF}trading/{slug}/"
        return {one.pk: (str(one), f"{at}{one.pk}/" if slug else url_of(one)) for one in rows}

    return look_up


def platform_name(slug: str) -> str:
    """A platform as people call it, where only its settings' name is kept."""
    found = queries.platforms(Act.system()).filter(slug=slug).first()
    return found.name if found else slug


WORDS["platform"] = platform_name
WORDS["until"] = WORDS["night"] = lambda day: f"{date.fromisoformat(day):%-d %B %Y}"
HUM |= {DealsRecorded.name, SymbolsRead.name}
NAMES["trading.tradingaccount"] = named(TradingAccount, "accounts", "platform")
NAMES["trading.newswindow"] = named(NewsWindow, "news")
NAMES["trading.swapfreerequest"] = named(SwapFreeRequest, "swap-free")
NAMES["trading.leveragerequest"] = named(LeverageRequest, "leverage")
NAMES["trading.platform"] = named(Platform, "platforms")
NAMES["trading.platformsymbol"] = named(PlatformSymbol, "symbols", "platform")
NAMES["trading.group"] = named(Group, "groups", "platform")
NAMES["trading.instrument"] = named(Instrument, "")
NAMES["trading.balancebreak"] = named(BalanceBreak, "breaks", "account")
