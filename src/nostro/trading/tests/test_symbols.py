"""What brokers call things: suffixes and usual names are one instrument, where a lot is a lot."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.instruments import CODES, NAMES, code_of
from nostro.trading.models import Deal, Instrument, Platform, PlatformSymbol, Position
from nostro.trading.operations.platforms import NotTheSame
from nostro.trading.ports import PLATFORMS
from nostro.trading.rates import fresh_mids
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.test_platform import opened, paid_in
from simulators.mt5.framing import Document, print_json, print_line
from simulators.mt5.tests.running import RawClient
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("EURUSD", "EURUSD"), ("EURUSD.m", "EURUSD"), ("EURUSDm", "EURUSD"),
        ("EURUSD#", "EURUSD"), ("EURUSD_i", "EURUSD"), ("EURUSD-ECN", "EURUSD"),
        ("EURUSDpro", "EURUSD"), ("EURUSDPro", "EURUSD"), ("EURUSD+", "EURUSD"),
        ("#AAPL", "AAPL"), (".US500", "US500"), ("US500Cash", "US500"), ("US30.cash", "US30"),
        ("GOLD", "XAUUSD"), ("GOLD.m", "XAUUSD"), ("GOLDmicro", "XAUUSD"),
        ("XAUUSD.m", "XAUUSD"), ("SILVER", "XAGUSD"), ("DJ30", "US30"), ("WS30", "US30"),
        ("SPX500", "US500"), ("NAS100", "US100"), ("USTEC", "US100"), ("GER40", "DE40"),
        ("DAX40.x", "DE40"), ("UK100", "UK100"), ("USOIL", "WTI"), ("XTIUSD", "WTI"),
        ("UKOIL", "BRENT"), ("XBRUSD.r", "BRENT"), ("XBTUSD", "BTCUSD"), ("eurusd", ""),
        ("Gold", ""), ("", ""), ("...", ""),
    ],
)  # fmt: skip
def test_a_name_says_which_instrument_it_means(name: str, code: str) -> None:
    assert code_of(name) == code


def test_no_usual_name_means_two_things() -> None:
    said = [name for names in NAMES.values() for name in names.split()]
    assert len(said) == len(set(said)) == len(CODES)
    assert not CODES.keys() & NAMES.keys()
    assert all(code_of(code) == code for code in NAMES)


SUFFIXED = (
    ("EURUSD.m", "Forex", "EUR", "USD", 5, 100_000, "1.1"),
    ("USDJPY.m", "Forex", "USD", "JPY", 3, 100_000, "150"),
    ("XAUUSD.m", "Metals", "XAU", "USD", 2, 100, "2400"),
    ("GOLD", "Commodities", "USD", "USD", 2, 100, "2400"),
    ("GOLDmicro", "Commodities", "USD", "USD", 2, 1, "2400"),
    ("USTEC", "Cash", "USD", "USD", 1, 1, "18000"),
    ("NAS100.r", "Cash", "USD", "USD", 1, 1, "18000"),
    ("DE40", "Cash", "EUR", "EUR", 1, 1, "18000"),
    ("DAX", "Stocks", "USD", "USD", 2, 1, "40"),
    ("USOIL", "Cash", "USD", "USD", 2, 1000, "78"),
    ("WTI", "Stocks", "USD", "USD", 2, 1, "3"),
)


@pytest.fixture
def broker(act: Act, server: "Server") -> Iterator[Platform]:
    """A server on which everything has a suffix or a name of its own."""
    with RawClient(server.ready["port"], encrypted=False, password="Manager1!") as client:
        usual = [client.get("SYMBOL_NEXT", INDEX=place)["Symbol"] for place in range(14)]
        for name in usual:
            client.call("SYMBOL_DELETE", SYMBOL=name)
        for name, folder, base, profit, digits, size, price in SUFFIXED:
            described: Document = {
                "Symbol": name, "Path": f"{folder}\\{name}", "CurrencyBase": base,
                "CurrencyProfit": profit, "CurrencyMargin": profit, "Digits": digits,
                "ContractSize": size, "PriceSettle": price,
            }  # fmt: skip
            client.send(print_line("SYMBOL_ADD", {}) + print_json(described))
            client.receive()
    made = trading_make.platform(server.settings)
    drain()
    yield made
    PLATFORMS.take(made.slug).close()


def code_there(name: str) -> str:
    row = PlatformSymbol.objects.get(name=name)
    return row.instrument.code if row.instrument else ""


@pytest.mark.django_db
def test_suffixes_and_usual_names_are_one_instrument_from_the_wire_to_a_deal(
    server: "Server", broker: Platform
) -> None:
    account = opened(make.client("SC"))
    paid_in(account, broker)
    for symbol in ("XAUUSD.m", "GOLD"):
        server.trade(account.login or 0, symbol=symbol, lots="0.01")

    sync.sync_once(Act.system(), broker)

    assert {code_there(name) for name in ("XAUUSD.m", "GOLD")} == {"XAUUSD"}
    assert {code_there(name) for name in ("USTEC", "NAS100.r")} == {"US100"}
    gold = Instrument.objects.get(code="XAUUSD")
    assert (gold.asset_class, gold.base, int(gold.contract_size)) == ("metal", "XAU", 100)
    assert Instrument.objects.get(code="US100").asset_class == "index"
    assert not Instrument.objects.filter(code__in=["GOLD", "USTEC", "NAS100"]).exists()
    assert set(Position.objects.values_list("instrument__code", flat=True)) == {"XAUUSD"}
    assert Deal.objects.filter(instrument=gold).count() == 2


@pytest.mark.django_db
def test_a_lot_of_another_size_waits_for_a_person_and_says_why(broker: Platform) -> None:
    micro = PlatformSymbol.objects.get(name="GOLDmicro")

    assert micro.instrument is None
    assert micro.waits == "A lot of GOLDmicro is 1, and one of XAUUSD is 100."
    gold = Instrument.objects.get(code="XAUUSD")
    dealer = make.act_of(make.staff("trading.*"))
    with pytest.raises(NotTheSame):
        trading.map_symbol(dealer, micro, instrument=gold)
    trading.map_symbol(dealer, micro, instrument=gold, other_size=True)
    sync.read_catalogue(Act.system(), broker)
    again = PlatformSymbol.objects.get(name="GOLDmicro")
    assert (again.instrument, again.waits) == (gold, "")


@pytest.mark.django_db
def test_a_share_is_never_taken_for_what_its_letters_mean_elsewhere(broker: Platform) -> None:
    assert {code_there(name) for name in ("DE40", "DAX")} == {"DE40", "DAX"}
    assert Instrument.objects.get(code="DAX").asset_class == "share"
    oil = PlatformSymbol.objects.get(name="USOIL")
    company = PlatformSymbol.objects.get(name="WTI")
    assert not (oil.instrument and company.instrument)
    assert "is a share, and the other one is not" in oil.waits + company.waits


@pytest.mark.django_db
def test_rates_are_those_of_symbols_with_suffixes(broker: Platform) -> None:
    sync.sync_once(Act.system(), broker)

    rates = fresh_mids(now())

    assert rates is not None
    euro = PlatformSymbol.objects.get(name="EURUSD.m")
    assert rates.mids["EUR"] == ((euro.bid or 0) + (euro.ask or 0)) / 2
    assert {"EUR", "JPY", "XAU"} <= rates.mids.keys()


@pytest.mark.django_db
def test_older_deals_of_no_instrument_become_what_the_symbol_is_and_others_stay(
    server: "Server", broker: Platform
) -> None:
    account = opened(make.client("SC"))
    paid_in(account, broker)
    server.trade(account.login or 0, symbol="GOLDmicro", lots="0.01")
    server.trade(account.login or 0, symbol="GOLD", lots="0.01")
    sync.sync_once(Act.system(), broker)
    dealer, gold = make.act_of(make.staff("trading.*")), Instrument.objects.get(code="XAUUSD")
    micro = PlatformSymbol.objects.get(name="GOLDmicro")
    assert Deal.objects.get(symbol="GOLDmicro").instrument is None

    trading.map_symbol(dealer, micro, instrument=gold, other_size=True)

    assert Deal.objects.get(symbol="GOLDmicro").instrument == gold
    said = Record.objects.filter(name="trading.SymbolMapped").latest("pk")
    assert (said.data["older"], said.data["was"]) == (1, "")
    other = trading.add_instrument(
        dealer, code="GOLDX", name="Gold, other", asset_class="metal", base="XAU", quote="USD",
        contract_size=Decimal(100), digits=2, pip=Decimal("0.01"),
    )  # fmt: skip
    trading.map_symbol(dealer, PlatformSymbol.objects.get(name="GOLD"), instrument=other)
    assert Deal.objects.get(symbol="GOLD").instrument == gold
    said = Record.objects.filter(name="trading.SymbolMapped").latest("pk")
    assert (said.data["older"], said.data["was"]) == (0, "XAUUSD")
