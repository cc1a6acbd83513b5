"""How values are said in templates."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context

from nostro.kit import Money
from nostro.ui.templatetags import nostro as tags

NOW = datetime(2026, 11, 20, 14, 32, 8, tzinfo=UTC)
PAGE = Context({"now": NOW})


def test_money_keeps_the_currency_quiet_and_the_minus_true() -> None:
    said = tags.money(Money.of("-1204.5 USD"))

    assert said == '<strong>−1,204.50</strong><span class="ccy">USD</span>'


def test_money_says_its_plus_only_when_asked() -> None:
    assert tags.money(Money.of("5.00 EUR"), strong=False).startswith("5.00")
    assert tags.money(Money.of("5.00 EUR"), strong=False, sign=True).startswith("+5.00")


def test_nothing_is_a_dash_everywhere() -> None:
    said = [tags.money(None), tags.when(PAGE, None), tags.ago(PAGE, None), tags.clock(PAGE, None)]

    assert said == [tags.NONE] * 4


def test_a_currency_without_cents_shows_none() -> None:
    assert tags.amount(Money.of("1500 JPY")) == "1,500"
    assert "<small>" not in tags.big_money(Money.of("1500 JPY"))


def test_a_large_sum_sets_its_cents_smaller() -> None:
    said = tags.big_money(Money.of("14469.63 EUR"), "xl")

    assert "14,469<small>.63</small><abbr>EUR</abbr>" in said


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW - timedelta(hours=2), "12:32"),
        (NOW - timedelta(days=1), "19 Nov 14:32"),
        (NOW - timedelta(days=620), "10 Mar 2025 14:32"),
        (date(1991, 6, 14), "14 Jun 1991"),
    ],
)
def test_a_moment_says_only_what_is_not_obvious(moment: date, words: str) -> None:
    assert f">{words}</time>" in tags.when(PAGE, moment)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=41), "41 m"),
        (timedelta(hours=1, minutes=6), "1 h 06 m"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=1, hours=3), "1 d 3 h"),
    ],
)
def test_a_duration_has_two_units_at_most(length: timedelta, words: str) -> None:
    assert tags.span(length) == words


@pytest.mark.parametrize(
    ("left", "state", "ring", "words"),
    [
        (timedelta(minutes=106), "n-clock", "56 100", "1 h 46 m"),
        (timedelta(minutes=22), "n-clock is-soon", "91 100", "22 m"),
        (timedelta(minutes=-41), "n-clock is-late", "100 100", "41 m over"),
    ],
)
def test_a_clock_says_in_ring_and_words_how_much_is_left(
    left: timedelta, state: str, ring: str, words: str
) -> None:
    due = NOW + left

    said = tags.clock(PAGE, due, due - timedelta(hours=4))

    assert f'class="{state}"' in said
    assert f'stroke-dasharray="{ring}"' in said
    assert f'<span class="w">{words}</span>' in said


def test_a_long_clock_names_the_promise() -> None:
    due = NOW + timedelta(minutes=106)

    assert "1 h 46 m left of 4 h" in tags.clock(PAGE, due, due - timedelta(hours=4), long=True)


def test_the_parts_of_a_bar_fill_it_and_no_more() -> None:
    said = tags.bars([{"value": 14, "tone": "ok"}, {"value": 2, "tone": "bad"}], "14 and 2")

    assert '<rect class="f-ok" x="0.00%" width="86.90%"' in said
    assert '<rect class="f-bad" x="87.50%" width="12.50%"' in said
    assert 'aria-label="14 and 2"' in said


def test_a_bar_of_nothing_is_drawn_empty() -> None:
    assert "<rect" not in tags.bars([{"value": 0, "tone": "ok"}])


def test_names_are_escaped_in_every_tag() -> None:
    assert "<b>" not in tags.pill("<b>Active</b>", "ok")
    assert "<b>" not in tags.bars([{"value": 1, "tone": "ok"}], "<b>")


def test_initials_take_the_first_and_the_last_name() -> None:
    assert tags.initials("Inês Caldeira Pinto") == "IP"
    assert tags.initials("Cher") == "C"
    assert tags.initials("") == ""


def test_the_table_of_a_chart_has_a_row_a_label() -> None:
    chart = {"labels": ["a", "b"], "series": [{"values": [Decimal("1.5"), None]}]}

    assert tags.chart_rows(chart) == [
        {"label": "a", "values": ["1.5"]},
        {"label": "b", "values": ["—"]},
    ]


def test_a_step_of_a_funnel_is_told_as_a_share_of_the_one_before() -> None:
    chart = {"labels": ["Registered", "Verified", "Funded"], "series": [{"values": [200, 50, 0]}]}

    steps = tags.funnel_steps(chart)

    assert [one["share"] for one in steps] == ["", "25%", "0%"]
    assert steps[1]["parts"] == [{"value": 50, "tone": "1"}, {"value": 150, "tone": "rest"}]


def test_a_stream_narrows_by_what_leaves_it() -> None:
    first, last = tags.streams([{"share": 25}, {"share": 75}])

    assert (first["width"], first["rest"]) == ("7.00", "21.00")
    assert (last["width"], last["rest"]) == ("21.00", "")
