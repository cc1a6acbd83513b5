"""What `nostro bench trading` does once Django is set up."""

import io
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
from django.db import connection

from nostro.core.acts import Act, now
from nostro.core.jobs import drain, take_turns
from nostro.kit import Money, Retry
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.site.bench import Result
from nostro.site.bench.operations.work import WORD
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import Deal, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.sync import Follower

ACCOUNTS, A_DAY, FEWEST_DAYS = 8, 4_000, 10
"""Accounts, and how their deals are spread over days, two deals a trade."""
LIVE_A_MINUTE = 600
SLUG = "bench"


def measured(
    control: str, kind: str, settings: Mapping[str, Any], seconds: int, deals: int
) -> Result:
    def ordered(path: str, **what: object) -> dict[str, int]:
        reply = httpx.post(f"{control}/{path}", json=what, trust_env=False, timeout=600)
        found: dict[str, int] = reply.raise_for_status().json()
        return found

    take_turns()
    logins = _accounts(kind, settings)
    made = _history(ordered, logins, deals)
    platform = Platform.objects.get(slug=SLUG)
    follower = Follower(platform)
    before = Deal.objects.count()
    # Back to now, and while the past is read new deals come.
    ordered("live", trades_per_minute=LIVE_A_MINUTE)
    begun, strides, late, worked = time.monotonic(), 0, [0], time.process_time()
    pace = Pace(made)
    while strides == 0 or not queries.whole_history(platform):
        with suppress(Retry):  # it asks for less then, as a worker's does
            follower.look()
        strides += 1
        late.append(follower.lag or 0)
        if past := queries.backfill_of(platform):
            pace.note(past.deals)
    spent, worked = time.monotonic() - begun, time.process_time() - worked
    kept = Deal.objects.count() - before
    past = queries.backfill_of(platform)
    if kept < made or past is None:
        raise RuntimeError(f"{made} deals were made and {kept} came.")
    rate, memory, copied = kept / spent, _memory(), _copied()
    lags = _lags(follower, seconds)
    found = Result()
    found.figures["deals_per_second"] = round(rate, 1)
    found.figures["deals read"] = kept
    found.figures["backfill_deals_per_second"] = round(past.deals / spent, 1)
    found.figures["backfill deals"] = past.deals
    found.figures["backfill strides"] = strides
    found.figures |= pace.figures()
    found.figures["cpu_ms_per_1000_deals"] = round(worked * 1e6 / kept, 1)
    found.figures["lag_ms_during_backfill"] = max(late)
    found.figures["lag_ms_under_load"] = round(statistics.median(lags or [0]))
    found.figures["looks with new deals"] = len(lags)
    found.figures["memory_mb"] = memory
    found.baselines["rows copied a second"] = round(copied, 1)
    found.ratios["ingest_over_copy"] = round(rate / copied, 3)
    return found


def _history(ordered: Callable[..., dict[str, int]], logins: list[int], deals: int) -> int:
    """So many deals that end yesterday; how many they became."""
    days = max(FEWEST_DAYS, deals // A_DAY)
    made, begins = 0, now() - timedelta(days=days + 1)
    for day in range(days):
        ordered("clock", at=f"{begins + timedelta(days=day):%Y-%m-%dT%H:%M:%S}")
        given = {"symbol": "EURUSD", "lots": "0.01", "times": deals // days // len(logins) // 2}
        made += sum(ordered("trade-often", login=login, **given)["deals"] for login in logins)
    return made


def _lags(follower: Follower, seconds: int) -> list[int]:
    """How late new deals come, in milliseconds a look."""
    follower.look()
    lags, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        if follower.look() and follower.lag is not None:
            lags.append(follower.lag)
        time.sleep(0.2)
    return lags


class Pace:
    """How fast a history is read at its beginning and at its end, and by how much memory."""

    def __init__(self, all_: int) -> None:
        self._all = all_
        self._notes = [(0, time.monotonic(), _memory())]

    def note(self, deals: int) -> None:
        self._notes.append((deals, time.monotonic(), _memory()))

    def figures(self) -> dict[str, int | float]:
        first = next(one for one in self._notes if one[0] >= self._all * 0.1)
        # What was read when the last tenth began, or just before.
        last = [one for one in self._notes if one[0] <= self._all * 0.9][-1]
        return {
            "first_tenth_deals_per_second": _rate(self._notes[0], first),
            "last_tenth_deals_per_second": _rate(last, self._notes[-1]),
            "memory_mb_after_a_tenth": first[2],
        }


def _rate(begun: tuple[int, float, int], ended: tuple[int, float, int]) -> float:
    return round((ended[0] - begun[0]) / max(ended[1] - begun[1], 0.001), 1)


def _memory() -> int:
    """The most that this process ever held, in megabytes."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _accounts(kind: str, settings: Mapping[str, Any]) -> list[int]:
    """Clients with an account on the server each, and money on it."""
    with connection.cursor() as cursor:
        # What earlier benchmarks left to be done is none of this one's.
        cursor.execute("DELETE FROM procrastinate_jobs")
    clients = _clients()
    act = Act.system(door="bench")
    platform = trading.add_platform(
        act, slug=SLUG, name="Bench", kind=kind, settings=dict(settings)
    )
    drain()
    for client in clients:
        trading.request_account(
            act, client, account_type="standard", currency="USD", platform=platform
        )
    drain()
    for one in TradingAccount.objects.filter(platform=platform, login=None):
        # The usual rules name MetaTrader 5's groups.
        group = platform.group_set.get(path__endswith="SC-USD-Standard", practice=False)
        trading.approve_account(act, one, group=group, leverage=100)
    drain()
    opened = TradingAccount.objects.filter(platform=platform, login__isnull=False)
    logins = [int(one) for one in opened.values_list("login", flat=True) if one]
    for login in logins:
        PLATFORMS.take(SLUG).change_balance(
            login, Money.of("1000000.00 USD"), BalanceKind.BALANCE, reference=f"bench{login}"
        )
    return logins


def _clients() -> list[Client]:
    """Active clients of one licence."""
    act = Act.system(door="bench")
    known = list(Client.objects.filter(entity__code="SC", status="active")[:ACCOUNTS])
    if known:
        return known
    entity = people.add_entity(
        act, code="SC", name="Bench Global Ltd", licence="SD000", regulator="FSA", country="SC",
        address="Orion House, Victoria", base_currency="USD", risk_warning_percent=74,
        pack="fsa_sc",
    )  # fmt: skip
    brand = people.add_brand(act, slug="bench", name="Bench", colour="#23408e", entity_codes=["SC"])
    made = []
    for number in range(ACCOUNTS):
        client = people.register_client(
            act, entity=entity, brand=brand, email=f"t{number}@example.com",
            password=WORD, first_name="Ada", last_name=f"Trader {number}",
            country="DE", base_currency="USD",
        )  # fmt: skip
        people.activate_client(act, client, reason="bench")
        people.set_level(act, client, level=2, reason="bench")
        made.append(client)
    return made


def _copied() -> float:
    """Rows a second that COPY writes into a table without an index: the same rows as were read."""
    with connection.cursor() as cursor:
        raw = cursor.cursor
        held = io.BytesIO()
        with raw.copy("COPY trading_deal TO STDOUT") as source:
            for block in source:
                held.write(block)
        cursor.execute("CREATE TEMP TABLE bench_deal AS SELECT * FROM trading_deal WHERE false")
        begun = time.monotonic()
        with raw.copy("COPY bench_deal FROM STDIN") as target:
            target.write(held.getvalue())
        spent = time.monotonic() - begun
        cursor.execute("SELECT count(*) FROM bench_deal")
        count: int = cursor.fetchone()[0]
    return count / spent
