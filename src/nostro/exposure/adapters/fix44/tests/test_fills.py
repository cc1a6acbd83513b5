"""Fills arrive exactly once, whatever happens to the line, to the provider or to us."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from nostro.exposure.adapters.fix44 import Fix44
from nostro.exposure.adapters.fix44.tests.conftest import PATIENCE, Keeper, Provider, now
from nostro.exposure.ports import CorrectionKind, Fill, FillCorrection, LpSide, Marks
from nostro.kit import Refused


def test_a_fill_says_what_was_traded(provider: Provider, keeper: Keeper) -> None:
    provider.order("clock", at="2026-01-05T08:30:15.250Z")
    exec_id = provider.fill("EUR/USD", "sell", quantity="250000", price="1.08512")

    [fill] = keeper.until(1)

    assert isinstance(fill, Fill)
    assert (fill.session, fill.exec_id, fill.account) == ("NOSTRO>LP", exec_id, "NOSTRO-HEDGE")
    assert (fill.symbol, fill.currency, fill.side) == ("EUR/USD", "EUR", LpSide.SELL)
    assert (fill.quantity, fill.price) == (Decimal("250000"), Decimal("1.08512"))
    assert fill.at == datetime(2026, 1, 5, 8, 30, 15, 250_000, tzinfo=UTC)
    assert f"{fill.trade_date} {fill.value_date}" == "2026-01-05 2026-01-07"
    assert (fill.order_quantity, fill.remaining) == (Decimal(250_000), Decimal(0))


def test_an_order_filled_in_parts_tells_each_part(provider: Provider, keeper: Keeper) -> None:
    told = provider.order("fill", symbol="GBP/USD", side="buy", quantity="100000", ordered="300000")
    provider.order("fill", order=told["order"], quantity="200000")

    first, second = keeper.until(2)

    assert isinstance(first, Fill) and isinstance(second, Fill)
    assert first.order_id == second.order_id == told["order"]
    assert (first.cumulative, first.remaining) == (Decimal(100_000), Decimal(200_000))
    assert (second.quantity, second.cumulative) == (Decimal(200_000), Decimal(300_000))
    assert second.remaining == Decimal(0)


def test_a_correction_names_the_fill_that_it_corrects(provider: Provider, keeper: Keeper) -> None:
    exec_id = provider.fill(price="1.1")
    first = provider.order("correct", exec_id=exec_id, price="1.2", quantity="90000")
    second = provider.order("correct", exec_id=first["exec_id"], price="1.3")

    _, one, other = keeper.until(3)

    assert isinstance(one, FillCorrection) and isinstance(other, FillCorrection)
    assert (one.kind, one.corrects) == (CorrectionKind.CORRECTED, exec_id)
    assert one.fill.exec_id == first["exec_id"]
    assert (one.fill.quantity, one.fill.price) == (Decimal(90_000), Decimal("1.2"))
    assert (other.corrects, other.fill.exec_id) == (first["exec_id"], second["exec_id"])


def test_a_cancelled_trade_names_the_fill_that_never_was(
    provider: Provider, keeper: Keeper
) -> None:
    exec_id = provider.fill()
    provider.order("cancel", exec_id=exec_id)

    fill, taken_back = keeper.until(2)

    assert isinstance(fill, Fill) and isinstance(taken_back, FillCorrection)
    assert (taken_back.kind, taken_back.corrects) == (CorrectionKind.CANCELLED, exec_id)
    assert taken_back.fill.quantity == fill.quantity
    assert taken_back.fill.cumulative == Decimal(0)


@pytest.mark.parametrize("what", [
    "drop_after_sending", "drop_before_sending", "half_message", "duplicate", "skip_sequence",
    "wrong_checksum", "wrong_length",
])  # fmt: skip
def test_fills_come_once_and_in_order_although_the_line_fails(
    provider: Provider, keeper: Keeper, what: str
) -> None:
    wanted = [provider.fill()]
    provider.misbehave(what, times=2)
    wanted += [provider.fill(side="sell") for _ in range(4)]

    keeper.until(5)

    assert keeper.exec_ids == wanted
    assert keeper.broken == 0


def test_a_late_fill_comes_all_the_same(provider: Provider, keeper: Keeper) -> None:
    provider.misbehave("delay", seconds=0.5)
    exec_id = provider.fill()

    keeper.until(1)

    assert keeper.exec_ids == [exec_id]


def test_what_happened_while_we_were_away_is_asked_for(provider: Provider, keeper: Keeper) -> None:
    wanted = [provider.fill()]
    keeper.until(1)
    keeper.marks = keeper.adapter.close(keeper.marks, clock=now)
    wanted += [provider.fill(), provider.fill()]

    keeper.until(3)

    assert keeper.exec_ids == wanted


def test_a_provider_that_starts_anew_goes_on_where_it_was(
    provider: Provider, keeper: Keeper
) -> None:
    wanted = [provider.fill()]
    keeper.until(1)
    wanted.append(provider.fill())
    provider.stop()
    provider.start()
    wanted.append(provider.fill())

    keeper.until(3)

    assert keeper.exec_ids == wanted
    assert keeper.broken == 0


def test_a_worker_that_forgot_what_it_did_not_keep_receives_it_again(
    provider: Provider, keeper: Keeper
) -> None:
    wanted = [provider.fill()]
    keeper.until(1)
    wanted.append(provider.fill())
    lost = keeper.adapter.receive(keeper.marks, clock=now, within=20)
    assert len(lost.reports) == 1
    # Its successor has only the marks that were kept, lower than what the provider has heard.
    successor = Keeper(Fix44(provider.settings()), keeper.marks, keeper.kept)

    successor.until(2)

    assert successor.exec_ids == wanted
    successor.adapter.close(successor.marks, clock=now)


def test_a_rolled_back_transaction_receives_the_same_again(
    provider: Provider, keeper: Keeper
) -> None:
    wanted = [provider.fill()]
    rolled_back = keeper.adapter.receive(keeper.marks, clock=now, within=20)
    assert len(rolled_back.reports) == 1

    keeper.until(1)

    assert keeper.exec_ids == wanted


def test_an_execution_reported_anew_keeps_its_name(provider: Provider, keeper: Keeper) -> None:
    provider.misbehave("duplicate", **{"as": "resend"})
    exec_id = provider.fill()

    keeper.until(2)

    assert keeper.exec_ids == [exec_id, exec_id]


def test_a_number_used_twice_ends_the_session_and_nothing_is_lost(
    provider: Provider, keeper: Keeper
) -> None:
    provider.misbehave("duplicate", **{"as": "bare"})
    wanted = [provider.fill()]
    # Whether the copy arrives with the fill or after it is the network's choice.
    with pytest.raises(Refused) as refused:
        for _ in range(50):
            keeper.call()
    assert refused.value.code == "sequence_too_low"
    wanted.append(provider.fill())

    keeper.until(2)

    assert keeper.exec_ids == wanted


def test_numbers_given_up_are_said(provider: Provider, keeper: Keeper) -> None:
    provider.misbehave("reset_sequence")
    wanted = [provider.fill()]
    keeper.until(1)
    for _ in range(50):
        if keeper.broken:
            break
        keeper.call()
    wanted.append(provider.fill())

    keeper.until(2)

    assert keeper.exec_ids == wanted
    assert keeper.broken == 1


def test_a_provider_that_forgot_its_numbers_needs_a_person(
    provider: Provider, keeper: Keeper
) -> None:
    provider.fill()
    keeper.until(1)
    provider.order("reset")
    with pytest.raises(Refused) as refused:
        for _ in range(50):
            keeper.call()
    assert refused.value.code == "sequence_too_low"

    batch = keeper.adapter.begin_anew(clock=now)
    assert batch.is_broken
    keeper.marks = batch.marks
    assert keeper.marks == Marks(2, 2)
    wanted = [*keeper.exec_ids, provider.fill()]
    keeper.until(2)

    assert keeper.exec_ids == wanted


def test_a_silent_line_lives_by_heartbeats(provider: Provider, keeper: Keeper) -> None:
    before = keeper.marks
    for _ in range(50):
        keeper.call()
        if keeper.marks.next_received > before.next_received + 2:
            break
    exec_id = provider.fill()

    keeper.until(1)

    assert keeper.exec_ids == [exec_id]
    assert keeper.marks.next_sent > before.next_sent


def test_a_provider_that_falls_silent_is_left_and_nothing_is_lost(
    provider: Provider, keeper: Keeper
) -> None:
    provider.misbehave("silence", seconds=5)
    for _ in range(PATIENCE):
        keeper.call()
        if keeper.retries:
            break
    assert keeper.retries
    exec_id = provider.fill()

    keeper.until(1)

    assert keeper.exec_ids == [exec_id]
