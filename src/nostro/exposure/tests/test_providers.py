"""Liquidity providers: fills kept once, corrections beside them, positions held against them; with
the real protocol and the simulated provider at the other end.
"""

from decimal import Decimal
from typing import Any

import pytest

from nostro.core.acts import Act
from nostro.core.models import Record, Setting
from nostro.exposure import operations, queries
from nostro.exposure.adapters.fix44.tests.conftest import Provider as Server
from nostro.exposure.models import Fill, LiquidityProvider, PositionBreak, ProviderPosition
from nostro.exposure.operations.fills import OutOfStep
from nostro.exposure.ports import Batch, Marks
from nostro.exposure.tests.conftest import SLUG, Line
from nostro.exposure.tests.make import market
from nostro.kit.problems import Problem
from nostro.kit.vendors import Refused
from tests import make

pytestmark = pytest.mark.django_db


def held(symbol: str = "EUR/USD") -> Decimal:
    return ProviderPosition.objects.get(symbol=symbol).held


def added_up() -> dict[str, Decimal]:
    """What the fills that stand make of each symbol, computed anew."""
    sums: dict[str, Decimal] = {}
    for one in Fill.objects.standing().select_related("position"):
        sums[one.position.symbol] = sums.get(one.position.symbol, Decimal(0)) + one.signed
    return sums


def recorded(name: str) -> list[dict[str, Any]]:
    rows = Record.objects.filter(name=f"exposure.{name}").order_by("pk")
    return [dict(one.data) for one in rows]


def test_a_password_is_kept_encrypted_and_other_settings_are_refused_in_words(act: Act) -> None:
    with pytest.raises(Problem, match="No adapter speaks to pigeons"):
        operations.add_provider(act, slug="x", name="X", kind="pigeons", settings={})
    with pytest.raises(Problem, match="do not fit fix44"):
        operations.add_provider(act, slug="x", name="X", kind="fix44", settings={"port": 0})
    with pytest.raises(Problem, match="a name"):
        operations.add_provider(act, slug="x", name=" ", kind="fix44", settings={})
    assert not LiquidityProvider.objects.exists()
    assert not Record.objects.filter(name="exposure.ProviderAdded").exists()
    settings = {
        "host": "lp.example", "port": 5000, "sender": "NOSTRO", "target": "LP", "account": "H",
        "password": "sesame",
    }  # fmt: skip
    operations.add_provider(act, slug="x", name="X", kind="fix44", settings=settings)
    assert "sesame" not in str(Setting.objects.get(name="vendor/drop_copies/x").value)


def test_fills_arrive_with_their_instrument_and_a_batch_is_one_event(line: Line) -> None:
    market()
    line.server.fill(quantity="300000", price="1.0801")
    line.server.fill(side="sell", quantity="100000")
    line.server.fill("XAU/USD", "buy", quantity="50")
    line.until(3)
    assert held() == 200000
    found = Fill.objects.order_by("at", "pk").first()
    assert found is not None
    assert (found.signed, found.price, found.kind) == (Decimal(300000), Decimal("1.0801"), "trade")
    assert sum(one["fills"] for one in recorded("FillsRecorded")) == 3
    provider = line.provider
    assert provider.last_fill_at is not None
    assert provider.marks.next_received == line.server.state()["next_out"]
    # The instrument was not there when the first symbol came; XAU/USD was named afterwards.
    gold = ProviderPosition.objects.get(symbol="XAU/USD")
    assert gold.instrument is not None
    assert (gold.instrument.code, gold.lots) == ("XAUUSD", Decimal("0.5"))


def test_what_came_while_nobody_listened_comes_in_order_and_once(line: Line) -> None:
    line.server.fill()
    line.until(1)
    line.restart()
    names = [line.server.fill(quantity=str(1000 * one)) for one in range(1, 30)]
    line.until(29)
    kept = Fill.objects.order_by("pk").values_list("exec_id", flat=True)
    assert list(kept)[1:] == names
    assert held() == 100000 + 1000 * 435


@pytest.mark.parametrize(
    "fault",
    [
        "duplicate", "skip_sequence", "drop_after_sending", "drop_before_sending", "half_message",
        "wrong_checksum", "wrong_length",
    ],
)  # fmt: skip
def test_whatever_the_line_does_each_fill_is_kept_once(line: Line, fault: str) -> None:
    line.server.fill()
    line.server.misbehave(fault)
    line.server.fill()
    line.server.fill(side="sell", quantity="50000")
    line.until(3)
    assert held() == 150000
    assert added_up() == {"EUR/USD": Decimal(150000)}


def test_a_report_sent_anew_under_another_number_changes_nothing(line: Line) -> None:
    line.server.misbehave("duplicate", **{"as": "resend"})
    line.server.fill()
    line.until(1)
    assert held() == 100000
    assert Fill.objects.count() == 1


def test_a_correction_stands_beside_the_fill_and_moves_what_is_held(line: Line) -> None:
    first = line.server.fill(price="1.08")
    line.until(1)
    before = Fill.objects.values().get()
    line.server.order("correct", exec_id=first, quantity="60000", price="1.07")
    line.until(1)
    assert Fill.objects.filter(exec_id=first).values().get() == before
    second = Fill.objects.get(kind="corrected")
    assert (second.corrects, second.quantity, held()) == (first, Decimal(60000), Decimal(60000))
    third = line.server.order("correct", exec_id=second.exec_id, quantity="70000")["exec_id"]
    line.server.order("cancel", exec_id=line.server.fill(side="sell"))
    line.until(3)
    assert held() == 70000
    assert added_up() == {"EUR/USD": Decimal(70000)}
    line.server.order("cancel", exec_id=third)
    line.until(1)
    assert held() == 0
    chain = queries.history_of(Fill.objects.get(exec_id=first))
    assert [one.kind for one in chain] == ["trade", "corrected", "corrected", "cancelled"]


def test_a_batch_that_could_not_be_kept_comes_again_whole(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.server.fill()
    line.server.fill()

    def full(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(LiquidityProvider, "save", full)
        with pytest.raises(OSError, match="disk"):
            for _ in range(20):
                line.listener.listen(within=0.2)
    assert not Fill.objects.exists()
    line.until(2)
    assert held() == 200000


def test_a_worker_killed_between_two_batches_loses_and_doubles_nothing(line: Line) -> None:
    for number in range(6):
        line.server.fill(quantity="1000")
        if number % 2:
            line.restart()
            line.server.order("drop")
        line.listen(3)
    line.until(6 - Fill.objects.count())
    assert held() == 6000
    assert Fill.objects.count() == 6


def test_two_who_listen_at_once_cannot_both_keep_a_batch(line: Line) -> None:
    provider = line.provider
    after = provider.marks
    batch = Batch((), Marks(after.next_sent + 1, after.next_received + 1))
    with pytest.raises(OutOfStep):
        operations.record_fills(Act.system(), provider, batch=batch, after=Marks(7, 7))
    with pytest.raises(OutOfStep):
        operations.keep_marks(Act.system(), provider, marks=batch.marks, after=Marks(7, 7))
    assert line.provider.marks == after


def test_a_wrong_password_is_said_and_changes_no_number(act: Act, server: Server) -> None:
    made = Line(server, password="open up")
    with pytest.raises(Refused, match="password"):
        made.listener.listen(within=0.2)
    assert made.provider.marks == Marks()
    assert server.state()["next_in"] == 1
    made.connect()
    made.listen(2)
    assert server.state()["logged_on"]
    made.restart()


def test_a_provider_that_forgot_its_numbers_waits_for_a_person(line: Line) -> None:
    line.server.fill()
    line.until(1)
    lost = line.server.fill(side="sell", quantity="40000")
    line.server.order("reset")
    assert line.refusal().code == "sequence_too_low"
    with pytest.raises(Problem, match="with whom"):
        operations.begin_anew(Act.system(), line.provider, note=" ")
    operations.begin_anew(Act.system(), line.provider, note="Agreed with their desk by phone.")
    line.listen(3)
    assert not line.provider.begin_anew
    assert Fill.objects.filter(exec_id=lost).count() <= 1
    provider = line.compare()
    # What was filled while the numbers were lost is among the provider's trades.
    assert Fill.objects.get(exec_id=lost).signed == -40000
    assert provider.missed_from is None
    assert held() == 60000
    assert not PositionBreak.objects.exists()


def test_a_correction_lost_with_the_numbers_is_found_by_comparing_trades(line: Line) -> None:
    first = line.server.fill()
    line.until(1)
    line.restart()
    line.server.order("correct", exec_id=first, price="1.05")
    line.server.order("reset")
    operations.begin_anew(Act.system(), line.provider, note="Agreed.")
    line.listen(3)
    line.compare()
    assert held() == 100000
    assert added_up() == {"EUR/USD": Decimal(100000)}
    taken = Fill.objects.get(origin="gone")
    assert (taken.kind, taken.corrects) == ("cancelled", first)
    assert Fill.objects.get(origin="asked").price == Decimal("1.05")
    assert recorded("FillsCompared")[-1]["gone"] == 1


def test_positions_that_agree_leave_no_break_and_a_fill_in_between_neither(line: Line) -> None:
    line.server.fill()
    line.server.fill("XAU/USD", "sell", quantity="20")
    line.until(2)
    line.server.fill()
    provider = line.compare()
    assert provider.compared_at is not None
    assert provider.compare_trouble == ""
    found = ProviderPosition.objects.get(symbol="EUR/USD")
    assert (found.held, found.theirs) == (Decimal(200000), Decimal(200000))
    assert not PositionBreak.objects.exists()
    assert not recorded("FillsCompared")
    # What is filled after the question is no difference: it was answered before.
    line.server.fill()
    line.until(1)
    found.refresh_from_db()
    assert (found.held, found.theirs, found.difference) == (
        Decimal(300000), Decimal(200000), Decimal(0),
    )  # fmt: skip


def test_what_was_held_before_the_house_listened_is_a_break_that_can_be_taken_over(
    act: Act, server: Server
) -> None:
    server.order("move", symbol="XAU/USD", side="buy", units="30")
    line = Line(server)
    line.listen(3)
    found = PositionBreak.objects.get()
    assert (found.theirs, found.ours, found.status) == (Decimal(30), Decimal(0), "open")
    assert "before the house listened" in found.cause
    line.compare()
    assert len(recorded("PositionBreakFound")) == 1
    with pytest.raises(Problem, match="comes from"):
        operations.explain_break(Act.system(), found, note="")
    assert PositionBreak.objects.get().status == "open"
    operations.explain_break(Act.system(), found, note="Of last year.", take_over=True)
    line.compare()
    assert PositionBreak.objects.get().status == "settled"
    assert ProviderPosition.objects.get().ours == 30
    line.restart()


def test_a_fill_that_the_provider_took_back_in_silence_is_taken_back_here(line: Line) -> None:
    line.server.fill()
    lost = line.server.fill(quantity="5000")
    line.until(2)
    line.compare()
    line.server.order("forget", exec_id=lost)
    line.compare()
    assert Fill.objects.get(kind="cancelled").corrects == lost
    assert held() == 100000
    assert not PositionBreak.objects.exists()
    assert recorded("FillsCompared")[-1]["gone"] == 1


def test_a_fill_that_explains_nothing_is_named_in_the_break_and_kept(line: Line) -> None:
    kept = line.server.fill()
    lost = line.server.fill(quantity="5000")
    line.until(2)
    line.compare()
    line.server.order("forget", exec_id=lost)
    line.server.order("move", symbol="EUR/USD", side="sell", units="10000")
    line.compare()
    found = PositionBreak.objects.get()
    assert lost in found.cause
    assert kept not in found.cause
    assert held() == 105000


def test_an_explained_difference_is_not_told_again_and_another_one_is(line: Line) -> None:
    line.server.fill()
    line.until(1)
    line.compare()
    line.server.order("move", symbol="EUR/USD", side="sell", units="10000")
    line.compare()
    operations.explain_break(Act.system(), PositionBreak.objects.get(), note="Asked their desk.")
    line.compare()
    assert PositionBreak.objects.filter(status="open").count() == 0
    line.server.order("move", symbol="EUR/USD", side="sell", units="10000")
    line.compare()
    assert PositionBreak.objects.get(status="open").theirs == 80000


def test_a_symbol_nobody_knows_waits_for_a_person(line: Line) -> None:
    line.server.fill("US500", quantity="3")
    line.until(1)
    position = ProviderPosition.objects.get()
    assert position.instrument is None
    market()
    from nostro.trading.models import Instrument

    gold = Instrument.objects.get(code="XAUUSD")
    operations.map_provider_symbol(Act.system(), position, instrument=gold)
    assert ProviderPosition.objects.get().lots == Decimal("0.03")


def test_clients_hedges_and_what_is_left_stand_side_by_side(line: Line) -> None:
    markets = market()
    account = markets.account(make.client("SC"))
    markets.hold(account, "XAUUSD", 1, "10.00", "2400.40")
    markets.hold(account, "EUR" + "USD.m", -1, "2.00", "1.08")
    line.server.fill("XAU/USD", "buy", quantity="400")
    line.server.fill("USD/JPY", "sell", quantity="100000")
    line.until(2)
    found = {one.code: one for one in queries.hedges(Act.system())}
    gold, euro, yen = found["XAUUSD"], found["EURUSD"], found["USDJPY"]
    lots = [gold.client_lots, gold.held_lots, gold.left_lots]
    assert lots == [Decimal(10), Decimal(4), Decimal(6)]
    assert gold.ratio == 40
    assert gold.held_usd == Decimal("960080.00")
    assert gold.left_usd == gold.client_usd - Decimal("960080.00")
    assert gold.providers == "Primus LP"
    assert euro.held_lots == euro.ratio == 0
    assert (yen.left_lots, yen.ratio) == (Decimal(1), None)
    make.entity("UK")
    assert queries.hedges(make.act_of(make.staff("*", entities=["UK"]))) == []
    assert not queries.fills(make.act_of(make.staff("*", entities=["UK"]))).exists()
    assert LiquidityProvider.objects.get().slug == SLUG
