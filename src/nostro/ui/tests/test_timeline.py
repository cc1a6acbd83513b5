"""Timelines, queues, live hints and charts."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from nostro.core import approvals, log
from nostro.core.access import Actor, Grants, Scope
from nostro.core.acts import Act, clock_at
from nostro.core.approvals import Need
from nostro.core.models import Proposal, Record, User
from nostro.kit import Money
from nostro.ui import charts, figures, live, timeline
from nostro.ui.addresses import Address
from nostro.ui.queues import QUEUES, Queue, Standing, next_of, standings, waiting_by_room
from nostro.ui.tests import sample

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def standing(act: Act, queue: Queue) -> Standing | None:
    return next((one for one in standings(act) if one.queue is queue), None)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.com", None, kind="partner", person_id=100)


def test_a_line_names_its_subject_and_never_trusts_a_name(
    act: Act, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[int]] = []

    def names(ids: set[int]) -> dict[int, tuple[str, str]]:
        asked.append(ids)
        return dict.fromkeys(ids, ("<Ada>", "/people/1/"))

    monkeypatch.setitem(timeline.NAMES, "core.user", names)
    sample.count_events(act, ada, times=30)

    said = timeline.lines(act, list(log.records(act)))

    assert said[0].text == (
        '<b>System</b> counted 29 of <a class="link" href="/people/1/">&lt;Ada&gt;</a>'
    )
    assert asked == [{ada.pk}]


def test_lines_are_grouped_by_their_day(act: Act, ada: User) -> None:
    for day in (0, 1, 2, 400):
        with clock_at(NOON - timedelta(days=day)):
            sample.count_events(Act.system(), ada, times=1)

    with clock_at(NOON):
        now = Act.system()
        found = timeline.timeline(now, log.records(now), Address("/x/", {}))

    assert [(day["title"], day["date"]) for day in found["days"]] == [
        ("Today", "Tuesday 3 March"),
        ("Yesterday", "Monday 2 March"),
        ("Sunday 1 March", ""),
        ("Monday 27 January 2025", ""),
    ]


def test_a_group_leaves_the_others_out_and_pages_go_on(act: Act, ada: User) -> None:
    sample.count_events(act, ada, times=60)
    sample.close_user(act, ada, reason="asked")

    access = timeline.timeline(act, log.records(act), Address("/x/", {"group": "access"}))
    notes = timeline.timeline(act, log.records(act), Address("/x/", {"group": "notes"}))

    assert [len(day["items"]) for day in access["days"]] == [1]
    assert [len(day["items"]) for day in notes["days"]] == [50]
    assert "group=notes" in notes["next_url"]


def test_the_slip_shows_what_other_rooms_know_and_no_address_without_the_grant(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Act.system()
    seen.address = "203.0.113.9"
    sample.count_events(seen, ada, times=1)
    entry = [["Entry", "E-1", "", "1.00"]]
    monkeypatch.setattr(timeline, "DETAILS", [lambda act, rows: {rows[0].pk: entry}])
    staff = Act(Actor("staff", 7, "Eleni", Grants(frozenset({"core.records"}))))

    own, full = (
        timeline.lines(who, list(log.records(who).select_related("act")), details=True)[0].rows
        for who in (staff, seen)
    )

    assert own[0] == entry[0]
    assert "203.0.113.9" not in str(own)
    assert "203.0.113.9" in str(full)


def test_an_event_that_no_version_knows_any_more_is_still_a_line() -> None:
    record = Record(name="old.ThingDone", actor_kind="staff", actor_id=3, data={}, at=NOON)

    assert timeline.sentence(record, {}) == "ThingDone"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("in_review", "in review"),
        ("Not a_code", "Not a_code"),
        (["birth_date", "phone"], "birth date, phone"),
    ],
)
def test_a_code_is_told_in_words_and_a_sentence_stays_as_it_is(code: object, words: str) -> None:
    assert timeline.plain(code) == words


def test_an_event_is_called_as_people_say_it() -> None:
    assert timeline.event_title("payments.DepositSettled") == "Deposit settled"


def test_what_a_rule_decided_is_not_told_as_the_act_of_who_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(timeline.BY_RULE, "old.Approved", "The rule alone approved it")
    asked, done = (
        Record(name="old.Approved", actor_kind=kind, actor_id=3, data={}, at=NOON)
        for kind in ("client", "staff")
    )

    assert timeline.sentence(asked, {}) == "The rule alone approved it"
    assert timeline.sentence(done, {}) == "Approved"


# ── Queues ──


@pytest.fixture
def queue(db: None) -> Iterator[Queue]:
    before = dict(QUEUES)
    yield Queue(
        Proposal,
        "open",
        title="Second person",
        waits_for="core.agree_to_proposal",
        rows=lambda act: approvals.proposals(act).filter(status="open"),
        since="made_at",
    )
    QUEUES.clear()
    QUEUES.update(before)


def proposed(ada: User, *, hours_ago: int) -> Proposal:
    with clock_at(NOON - timedelta(hours=hours_ago)):
        need = Need(people=1, within=timedelta(hours=10))
        made: Proposal = approvals.propose(
            Act.system(), ada, operation="tests.close_user", raw={}, need=need
        )
        return made


def test_a_queue_knows_what_is_late_what_is_soon_and_what_comes_next(
    queue: Queue, ada: User
) -> None:
    rows = [proposed(ada, hours_ago=hours) for hours in (1, 2, 9, 11, 30)]

    with clock_at(NOON):
        now = Act.system()
        found = standing(now, queue)
        first, _ = next_of(now, queue)

        by_room = waiting_by_room(now)
        assert waiting_by_room(now, standings(now)) == by_room

    assert found is not None
    assert by_room[queue.room] == (5, 2)
    assert (found.waiting, found.soon, found.late) == (5, 1, 2)
    assert found.oldest == "1 d 6 h"
    assert first == rows[-1]
    drawn = found.drawn()
    assert drawn["label"] == "2 overdue, 1 due soon, 2 on time"
    assert drawn["next_line"] == "20 h 00 m over" or drawn["next_line"] == "20 h over"


def test_an_empty_queue_says_so(queue: Queue, act: Act) -> None:
    found = standing(act, queue)

    assert found is not None
    assert (found.drawn()["waiting"], found.drawn()["idle"]) == (0, True)
    assert next_of(act, queue) == (None, "")


def test_a_queue_is_for_those_who_may_decide(queue: Queue, db: None) -> None:
    nobody = Act(Actor("staff", 7, "Eleni", Grants()))

    assert standing(nobody, queue) is None


# ── Live ──


def staff(**scope: object) -> Actor:
    return Actor("staff", 7, "Eleni", Grants(scope=Scope(**scope)))  # type: ignore[arg-type]


def test_a_client_hears_only_of_what_is_their_own() -> None:
    heard = live.hints("payments.deposit/5 payments.withdrawal/6 rules.table/ torn/x junk")
    client = Actor("client", 5, "Ada", Grants())

    assert live.topics(client, heard) == ["client/5", "payments.deposit"]
    assert live.topics(Actor("partner", 5, "P", Grants()), heard) == []


def test_staff_with_narrow_sight_are_not_told_which_client() -> None:
    heard = live.hints("payments.deposit/5 rules.table/")

    assert live.topics(staff(), heard) == ["client/5", "payments.deposit", "rules.table"]
    assert live.topics(staff(desks=frozenset({1})), heard) == ["payments.deposit", "rules.table"]


@pytest.mark.django_db(transaction=True)
def test_a_reader_is_told_of_a_change_and_of_what_it_missed() -> None:
    user = User.objects.create_user("u@example.com", None, kind="client", person_id=5)

    def change() -> None:
        sample.count_events(Act.system(), user, times=1)

    async def listen(last: str) -> list[str]:
        stream = live.stream(staff(), last)
        told = [(await anext(stream)).decode()]
        if last:
            told.append((await anext(stream)).decode())
        else:
            await asyncio.wait_for(live.hub().listening.wait(), 10)
            await sync_to_async(change)()
            told.append((await asyncio.wait_for(anext(stream), 10)).decode())
        await stream.aclose()
        await sync_to_async(connections.close_all)()
        return told

    first = asyncio.run(listen(""))
    at = first[1].partition("\n")[0].removeprefix("id: ")
    change()
    later = asyncio.run(listen(at))

    assert first[0] == "retry: 2000\n\n"
    assert 'data: {"topics": ["core.user"]}' in first[1]
    assert 'data: {"topics": ["core.user"]}' in later[1]
    assert later[1].partition("\n")[0] != first[1].partition("\n")[0]


def test_a_reader_with_a_senseless_place_starts_over(db: None) -> None:
    assert live._missed("never-ever") is None


# ── Charts and reasons ──


def test_a_chart_refuses_figures_that_do_not_fit_its_labels() -> None:
    with pytest.raises(ValueError, match="not as many as labels"):
        assert charts.line("Flow", ["a", "b"], charts.Series("In", [1])).data


def test_a_chart_is_the_data_its_part_draws() -> None:
    money = Money.of("1.50 USD")
    drawn = charts.bar("Flow", ["a"], charts.Series("In", [money], colour="in"), unit="USD").data
    flow = charts.sankey("Paths", [("Cards", "Wallets", Decimal("2"))]).data

    assert drawn["series"] == [{"name": "In", "values": [money], "dashed": False, "colour": "in"}]
    assert flow["links"] == [{"source": "Cards", "target": "Wallets", "value": Decimal("2")}]


def test_a_reason_is_an_arithmetic_or_a_rule() -> None:
    why = figures.arithmetic("Net", ("In", Money.of("3.00 USD")), ("Out", Money.of("-1.00 USD")))
    rule = figures.rule("payments.approval", 14, 6, "Two approvals.", "/r/")

    assert [line.text for line in why.rows] == ["In", "Out"]
    assert [line.value for line in rule.rows] == [14, 6]
    assert rule.note == "Two approvals."
