"""The columns against a naive reading of the same formulas in Decimal, one position at a time."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nostro.exposure.netting import (
    LOT,
    Book,
    Columns,
    Instrument,
    MarginRule,
    Position,
    Prices,
    aggregate,
    concentration,
    hedge_ratio,
    margin,
    roll_up,
    stress,
    value_at_risk,
)

INSTRUMENTS = (
    Instrument("EURUSD", "EUR", "USD", "EURUSD", "forex"),
    Instrument("EURUSD.pro", "EUR", "USD", "EURUSD", "forex"),
    Instrument("USDJPY", "USD", "JPY", "USDJPY", "forex"),
    Instrument("XAUUSD", "XAU", "USD", "", "metal"),
)
PRICED = {
    "EURUSD": ("1.0799", "1.0801", "1"),
    "EURUSD.pro": ("1.0798", "1.0802", "1"),
    "USDJPY": ("150.00", "150.02", "0.0066"),
    "XAUUSD": ("2400.1", "2400.6", "1"),
}
INDEX = {one.symbol: number for number, one in enumerate(INSTRUMENTS)}


def position(ticket: int = 1, symbol: str = "EURUSD", side: int = 1, **facts: Any) -> Position:
    plain: dict[str, Any] = {
        "login": 7, "lots": LOT, "contract_size": 100_000.0, "open_price": 1.08,
    }  # fmt: skip
    return Position(ticket=ticket, symbol=symbol, side=side, **{**plain, **facts})


@st.composite
def positions(draw: st.DrawFn) -> Position:
    symbol = draw(st.sampled_from(list(PRICED)))
    return Position(
        ticket=draw(st.integers(1, 40)),
        login=draw(st.integers(1, 4)),
        symbol=symbol,
        side=draw(st.sampled_from([1, -1])),
        lots=draw(st.integers(1, 1000 * LOT)),
        contract_size=float(draw(st.sampled_from([1, 100, 100_000]))),
        open_price=draw(st.integers(1, 300_000)) / 1000,
        fx=float(PRICED[symbol][2]),
        tags={"book": draw(st.sampled_from("AB")), "group": draw(st.sampled_from(["g", ""]))},
    )


def book_of(held: list[Position]) -> Book:
    book = Book(INSTRUMENTS, ["book", "group"])
    book.replace_all(held)
    for symbol, (bid, ask, fx) in PRICED.items():
        book.tick(symbol, float(bid), float(ask), fx=float(fx))
    return book


KEYS: dict[str, Callable[[Position], str]] = {
    "all": lambda one: "all",
    "login": lambda one: str(one.login),
    "symbol": lambda one: one.symbol,
    "underlying": lambda one: INSTRUMENTS[INDEX[one.symbol]].underlying or one.symbol,
    "asset_class": lambda one: INSTRUMENTS[INDEX[one.symbol]].asset_class,
    "book": lambda one: one.tags["book"],
    "group": lambda one: one.tags["group"],
}


def naive(held: list[Position], dimension: str) -> dict[str, dict[str, Decimal]]:
    """The same figures in Decimal, position by position."""
    result: dict[str, dict[str, Decimal]] = {}
    for one in held:
        bid, ask, fx = (Decimal(text) for text in PRICED[one.symbol])
        units = Decimal(one.lots) / LOT * Decimal(one.contract_size)
        signed = units * one.side
        price = bid if one.side > 0 else ask
        mid = (bid + ask) / 2
        row = result.setdefault(KEYS[dimension](one), {})
        for name, value in {
            "net_lots": Decimal(one.lots * one.side),
            "gross_lots": Decimal(one.lots),
            "floating": (price - Decimal(str(one.open_price))) * signed * fx,
            "net_notional": signed * mid * fx,
            "gross_notional": units * mid * fx,
        }.items():
            row[name] = row.get(name, Decimal(0)) + value
    return result


def same(book: Book, held: list[Position], dimension: str) -> None:
    snapshot, expected = book.snapshot(dimension), naive(held, dimension)
    assert set(snapshot.keys) == set(expected)
    for key, figures in expected.items():
        row = snapshot.row(key)
        assert row["net_lots"] == figures["net_lots"]
        assert row["gross_lots"] == figures["gross_lots"]
        scale = max(1.0, float(figures["gross_notional"]), abs(float(figures["floating"])))
        for name in ("floating", "net_notional", "gross_notional"):
            assert abs(row[name] - float(figures[name])) <= 1e-9 * scale * 1000


many = st.lists(positions(), max_size=40, unique_by=lambda one: one.ticket)


@given(many, st.sampled_from(list(KEYS)))
def test_every_dimension_agrees_with_the_positions_one_by_one(
    held: list[Position], dimension: str
) -> None:
    same(book_of(held), held, dimension)


changes = st.lists(st.one_of(positions(), st.integers(1, 40)), max_size=60)


@settings(max_examples=60)
@given(many, changes, st.sampled_from(list(KEYS)))
def test_the_live_book_agrees_after_any_run_of_opens_changes_and_closes(
    held: list[Position], run: list[Position | int], dimension: str
) -> None:
    book, kept = book_of(held), {one.ticket: one for one in held}
    for change in run:
        book.snapshot(dimension)
        if isinstance(change, int):
            assert book.close(change) == (kept.pop(change, None) is not None)
        else:
            book.apply_position(change)
            kept[change.ticket] = change
    assert len(book) == len(kept)
    same(book, list(kept.values()), dimension)


@given(many, many)
def test_shards_add_up(one: list[Position], other: list[Position]) -> None:
    apart = aggregate(Columns.of(one, INDEX)) + aggregate(Columns.of(other, INDEX))
    joined = aggregate(Columns.of(one + other, INDEX))
    assert apart.symbol.tolist() == joined.symbol.tolist()
    assert apart.net_lots.tolist() == joined.net_lots.tolist()
    assert np.allclose(apart.cost, joined.cost)


@given(many, st.sampled_from(list(KEYS)))
def test_a_drill_finds_the_positions_behind_a_figure(held: list[Position], by: str) -> None:
    book = book_of(held)
    for key in book.snapshot(by).keys:
        tickets, floating = book.drill(by, key)
        assert set(tickets.tolist()) == {one.ticket for one in held if KEYS[by](one) == key}
        assert np.isclose(floating.sum(), book.snapshot(by).row(key)["floating"], atol=1e-3)


@given(many)
def test_currency_legs_are_base_units_against_quote_at_mid(held: list[Position]) -> None:
    legs: dict[str, Decimal] = {}
    for one in held:
        bid, ask, _ = (Decimal(text) for text in PRICED[one.symbol])
        units = Decimal(one.lots * one.side) / LOT * Decimal(one.contract_size)
        instrument = INSTRUMENTS[INDEX[one.symbol]]
        legs[instrument.base] = legs.get(instrument.base, Decimal(0)) + units
        legs[instrument.quote] = legs.get(instrument.quote, Decimal(0)) - units * (bid + ask) / 2
    found = book_of(held).currencies()
    assert set(found) == set(legs)
    assert all(np.isclose(found[code], float(value), atol=1e-2) for code, value in legs.items())


@given(many, st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_shock_is_linear_in_the_move(held: list[Position], first: float, second: float) -> None:
    book = book_of(held)

    def result(move: float) -> float:
        moved = book.what_if(dict.fromkeys(PRICED, move))
        return float(moved.floating.sum())

    calm = result(0.0)
    scale = float(book.snapshot().gross_notional.sum()) + 1.0
    apart = (result(first) - calm) + (result(second) - calm)
    assert abs(result(first + second) - calm - apart) <= 1e-6 * scale


def test_a_shock_moves_synonyms_by_their_underlying_and_changes_nothing() -> None:
    book = book_of([position(1), position(2, "EURUSD.pro"), position(3, "XAUUSD")])
    before = book.snapshot("symbol")
    moved = book.what_if({"EURUSD": -0.01}, "symbol")
    assert moved.row("EURUSD")["floating"] < before.row("EURUSD")["floating"]
    assert moved.row("EURUSD.pro")["floating"] < before.row("EURUSD.pro")["floating"]
    assert moved.row("XAUUSD") == pytest.approx(before.row("XAUUSD"), nan_ok=True)
    assert book.snapshot("symbol").floating.tolist() == before.floating.tolist()


def test_a_shock_to_a_quote_currency_moves_its_worth() -> None:
    book = book_of([position(1, "USDJPY", open_price=149.0)])
    calm, weak = book.snapshot(), book.what_if({}, fx_moves={"JPY": -0.10})
    assert weak.floating[0] == pytest.approx(calm.floating[0] * 0.9)


def test_a_long_is_worth_the_bid_and_a_short_the_ask() -> None:
    book = book_of([position(1), position(2, side=-1)])
    assert book.snapshot().floating[0] == pytest.approx(-20.0)


def test_a_position_without_a_price_is_counted_and_not_guessed() -> None:
    book = Book(INSTRUMENTS)
    book.apply_position(position())
    row = book.snapshot().row("all")
    assert (row["floating"], row["unpriced_lots"], row["net_lots"]) == (0.0, LOT, LOT)
    book.tick("EURUSD", 1.09, 1.0902, at=5.0)
    row = book.snapshot().row("all")
    assert row["floating"] == pytest.approx(1000.0)
    assert (row["unpriced_lots"], row["oldest_tick_at"]) == (0, 5.0)


def test_the_platforms_rate_serves_until_the_symbols_own_ticks() -> None:
    book = Book(INSTRUMENTS)
    book.apply_position(position(1, "USDJPY", open_price=149.0, fx=0.005))
    book.tick("USDJPY", 150.0, 150.0)
    assert book.snapshot().floating[0] == pytest.approx(500.0)
    book.tick("USDJPY", 150.0, 150.0, fx=0.006)
    book.apply_position(position(1, "USDJPY", open_price=149.0, fx=0.005))
    assert book.snapshot().floating[0] == pytest.approx(600.0)


def test_zero_lots_close_a_position() -> None:
    book = book_of([position(1), position(2)])
    book.apply_position(position(1, lots=0))
    assert len(book) == 1
    assert not book.close(1)
    book.replace_all([])
    assert book.snapshot("login").keys == ()
    assert book.currencies() == {}


def test_lots_stay_exact_past_what_a_float_can_count() -> None:
    huge = 2**53
    book = book_of([position(1, lots=huge), position(2, lots=1)])
    assert book.snapshot().net_lots.tolist() == [huge + 1]


@pytest.mark.parametrize("side", [0, 2])
def test_a_position_is_bought_or_sold(side: int) -> None:
    with pytest.raises(ValueError, match="bought"):
        position(side=side)


def test_the_hedge_ratio_is_undefined_near_zero() -> None:
    client = np.array([10 * LOT, -4 * LOT, 0, 99_999], dtype=np.int64)
    lp = np.array([5 * LOT, -4 * LOT, LOT, LOT], dtype=np.int64)
    ratio = hedge_ratio(client, lp)
    assert ratio[:2].tolist() == [0.5, 1.0]
    assert np.isnan(ratio[2:]).all()


def test_a_partner_gets_what_hangs_below_at_any_depth() -> None:
    parents = np.array([-1, 0, 1, 1, -1], dtype=np.int64)
    totals = roll_up(np.array([1.0, 2.0, 4.0, 8.0, 16.0]), parents)
    assert totals.tolist() == [15.0, 14.0, 4.0, 8.0, 16.0]
    with pytest.raises(ValueError, match="cycle"):
        roll_up(np.ones(2), np.array([1, 0], dtype=np.int64))


def test_margin_counts_the_sum_the_larger_leg_or_the_net() -> None:
    total = aggregate(Columns.of([position(1, lots=3 * LOT), position(2, side=-1)], INDEX))
    flat = Prices(np.ones(4), np.ones(4), np.ones(4))
    taken = {rule: margin(total, flat, np.full(4, 0.01), rule).sum() for rule in MarginRule}
    assert taken == {
        MarginRule.SUM: pytest.approx(4000.0),
        MarginRule.LARGER_LEG: pytest.approx(3000.0),
        MarginRule.NET: pytest.approx(2000.0),
    }


def test_stress_and_value_at_risk_follow_from_the_scenarios() -> None:
    scenarios = np.array([[-0.10, 0.0], [0.10, 0.0], [0.0, 0.5]])
    notional = np.array([1000.0, 0.0])
    assert stress(scenarios, notional).tolist() == [-100.0, 100.0, 0.0]
    assert value_at_risk(scenarios, notional, percentile=0.0) == pytest.approx(100.0)
    assert value_at_risk(np.full((10, 2), 0.01), notional) == 0.0


def test_concentration_is_one_where_one_holds_it_all() -> None:
    shares, herfindahl = concentration(np.array([-30.0, 10.0]))
    assert shares.tolist() == [0.75, 0.25]
    assert herfindahl == pytest.approx(0.625)
    assert concentration(np.array([5.0]))[1] == 1.0
    assert concentration(np.zeros(2))[1] == 0.0
