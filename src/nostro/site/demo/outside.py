"""The outside world of the demo: the simulators' clocks, and the house's settings for them."""

import json
import urllib.request
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from nostro.core.acts import Act
from nostro.exposure import operations as exposure
from nostro.exposure import queries as exposure_queries
from nostro.payments import operations as payments
from nostro.trading import operations as trading
from nostro.trading.models import Instrument, TradingAccount

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
BEFORE = datetime.min.replace(tzinfo=UTC)
PLATFORM = "mt5-live"
PROVIDER = "primus"
HEDGED, LARGEST = Decimal("0.6"), 5
"""So much of the largest nets was hedged when the provider was connected."""
OTHERS = {"mt4": "mt4-live", "ctrader": "ctrader-live"}
CONTRACTS = "US500 1 USD\nDE40 1 EUR\nWTI 1000 USD\nAAPL 1 USD\nBTCUSD 1 USD"
ACCOUNTS = {
    "EUR": "CY25902000010010020010123456",
    "USD": "CY88902000010010020010765432",
    "GBP": "GB15ABBY60161331926819",
}
"""The firm's accounts of clients' money at its bank, by currency: specimen numbers."""
FURTHER = {
    ("CY", "USD"): "CY20902000010010020010223456",
    ("CY", "GBP"): "CY39902000010010020010334567",
    ("UK", "EUR"): "GB85ABBY60161331926820",
    ("UK", "USD"): "GB58ABBY60161331926821",
    ("SC", "EUR"): "CY58902000010010020010445678",
    ("SC", "GBP"): "CY77902000010010020010556789",
}
"""The others, by firm and currency: where it keeps its own money for clients of that currency."""


class Simulator(Protocol):
    """Where a simulator listens, and the secrets with which the house speaks to it."""

    url: str
    control_url: str
    secret: str
    webhook_secret: str
    more: dict[str, Any]


class Outside:
    """Speaks to the control doors of the simulators."""

    def __init__(self, found: dict[str, Simulator]) -> None:
        self.found = found
        self.clocks: dict[str, datetime] = {}

    def control(self, name: str, path: str, **body: Any) -> dict[str, Any]:
        url = f"{self.found[name].control_url}/{path}"
        with _direct.open(url, json.dumps(body).encode(), timeout=120) as reply:
            answer: dict[str, Any] = json.load(reply)
        return answer

    def freeze(self, at: datetime) -> None:
        """Stop all clocks at a moment."""
        for name in self.found:
            self.control(name, "clock", at=at.isoformat())

    def advance(self, at: datetime) -> None:
        """Let the market and the traders live until then. Clocks never go back."""
        if at > self.clocks.get("mt5", BEFORE):
            self.clocks["mt5"] = at
            self.control("mt5", "advance", to=at.isoformat())

    def payment_clock(self, at: datetime, *names: str) -> None:
        """Of the card provider and the bank, or of one of them."""
        for name in names or ("psp", "bank"):
            if at > self.clocks.get(name, BEFORE):
                self.clocks[name] = at
                self.control(name, "clock", at=at.isoformat())

    def go_live(self) -> None:
        """From here on it is today: clients trade by themselves."""
        self.control("psp", "clock", at=None)
        self.control("bank", "clock", at=None)
        self.control("mt5", "live", trades_per_minute=20)
        for name in OTHERS:
            self.control(name, "live", trades_per_minute=6)
        self.follow("mt4", "follow", "followers")
        self.follow("ctrader", "allocate", "accounts")
        if not self.control("lp", "live", fills_per_minute=0)["holdings"]:
            self.hedge()
        self.control("lp", "live", fills_per_minute=1)

    def follow(self, name: str, path: str, listed: str) -> None:
        """On a platform the first account trades for the two after it, where there are three."""
        rows = TradingAccount.objects.filter(
            platform__slug=OTHERS[name], status=TradingAccount.Status.OPEN, practice=False
        )
        master, *others = [*rows.order_by("login").values_list("login", flat=True)[:3], None]
        logins = [one for one in others if one is not None]
        if len(logins) == 2:
            self.control(name, path, master=master, **{listed: [{"login": one} for one in logins]})

    def hedge(self) -> None:
        """Once: a part of what clients hold most of is covered at the provider."""
        sizes = {one.code: one for one in Instrument.objects.all()}
        for one in exposure_queries.hedges(Act.system(door="demo"))[:LARGEST]:
            about = sizes[one.code]
            code, whole = one.code, about.base + about.quote
            symbol = f"{about.base}/{about.quote}" if code == whole else code
            units = (abs(one.client_lots) * about.contract_size * HEDGED).quantize(Decimal(1))
            if units:
                side = "buy" if one.client_lots > 0 else "sell"
                self.control("lp", "fill", symbol=symbol, side=side, quantity=str(units))

    def connect(self, act: Act) -> None:
        """Tell the house where its vendors are; they listen elsewhere after each start."""
        mt5, psp, bank = (self.found[name] for name in ("mt5", "psp", "bank"))
        host, _, port = mt5.url.removeprefix("http://").partition(":")
        trading.add_platform(
            act, slug=PLATFORM, name="MT5 Live", kind="mt5",
            settings={"host": host, "port": int(port), "login": 1001, "password": mt5.secret},
        )  # fmt: skip
        payments.set_provider(
            act, slug="cardwell", name="Cardwell", kind="stripe", method_slugs=["card"],
            settings={"api_url": psp.url, "secret_key": psp.secret,
                      "webhook_secret": psp.webhook_secret},
            fee_percent=Decimal("2.9"), refund_days=120,
        )  # fmt: skip
        payments.set_provider(
            act, slug="aegean", name="Aegean Bank", kind="iso20022", method_slugs=["bank"],
            settings={"url": bank.url, "token": bank.secret, "debtor_name": "Meridian Markets",
                      "debtor_bic": "AEGACY2N"},
            accounts=ACCOUNTS,
        )  # fmt: skip

    def connect_others(self, act: Act) -> None:
        """MetaTrader 4 and cTrader, which the firm has had since today."""
        mt4, ctrader = (self.found[name] for name in OTHERS)
        trading.add_platform(
            act, slug=OTHERS["mt4"], name="MT4 Live", kind="mt4",
            settings={
                "host": "127.0.0.1", "port": port_of(mt4), "secret": mt4.secret,
                "mask": mt4.secret, "database_host": "127.0.0.1",
                "database_port": mt4.more["database_port"], "database_user": "nostro",
                "database_password": mt4.secret, "contracts": CONTRACTS,
            },
        )  # fmt: skip
        trading.add_platform(
            act, slug=OTHERS["ctrader"], name="cTrader Live", kind="ctrader",
            settings={
                "host": "localhost", "port": port_of(ctrader),
                "manager_port": ctrader.more["manager_port"], "login": 30001,
                "password": ctrader.secret, "plant": "simulated", "broker": "meridian",
                "certificate": Path(ctrader.more["certificate"]).read_text(),
                "symbol_currencies": "DE40=EUR",
            },
        )  # fmt: skip
        self.connect_provider(act)

    def connect_provider(self, act: Act) -> None:
        """The provider with which a part of the clients' trades is hedged."""
        found = self.found["lp"]
        exposure.add_provider(
            act, slug=PROVIDER, name="Primus LP", kind="fix44",
            settings={
                "host": "127.0.0.1", "port": port_of(found), "encryption": False,
                "sender": "NOSTRO", "target": "LP", "password": found.secret,
                "account": "NOSTRO-HEDGE", "heartbeat": 5,
            },
        )  # fmt: skip


def port_of(one: Simulator) -> int:
    return int(one.url.rpartition(":")[2])


def methods(act: Act) -> None:
    """The ways to pay that clients of the demo have."""
    for slug, name, icon, speed in (
        ("card", "Card", "credit-card", "At once"),
        ("bank", "Bank transfer", "building-bank", "1 to 2 days"),
    ):
        payments.set_method(
            act, slug=slug, name=name, icon=icon, currencies=["EUR", "GBP", "USD"],
            least=Decimal(20 if slug == "card" else 100), most=Decimal(50000), speed=speed,
        )  # fmt: skip
