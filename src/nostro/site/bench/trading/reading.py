"""What `nostro bench trading` does once Django is set up."""

import io
import resource
import statistics
import time
from datetime import timedelta

import httpx
from django.db import connection

from nostro.core.acts import Act, now
from nostro.core.jobs import drain, take_turns
from nostro.kit import Money
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.site.bench import Result
from nostro.site.bench.operations.work import WORD
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import Deal, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.sync import Follower

ACCOUNTS, TRADES, STRETCHES = 8, 2_500, 10
"""Accounts, trades on each, two deals a trade, and the days over which they are spread."""
LIVE_A_MINUTE = 600


def measured(control: str, port: int, seconds: int, secret: str) -> Result:
    def ordered(path: str, **what: object) -> dict[str, int]:
        reply = httpx.post(f"{control}/{path}", json=what, trust_env=False, timeout=600)
        found: dict[str, int] = reply.raise_for_status().json()
        return found

    take_turns()
    logins = _accounts(port, secret)
    made, begins = 0, now() - timedelta(days=STRETCHES + 1)
    for day in range(STRETCHES):
        ordered("clock", at=f"{begins + timedelta(days=day):%Y-%m-%dT%H:%M:%S}")
        given = {"symbol": "EURUSD", "lots": "0.01", "times": TRADES // STRETCHES}
        made += sum(ordered("trade-often", login=login, **given)["deals"] for login in logins)
    platform = Platform.objects.get(slug="mt5-bench")
    follower = Follower(platform)
    before = Deal.objects.count()
    # Back to now, and while the past is read new deals come.
    ordered("live", trades_per_minute=LIVE_A_MINUTE)
    begun, strides, late, worked = time.monotonic(), 0, [0], time.process_time()
    while strides == 0 or not queries.whole_history(platform):
        follower.look()
        strides += 1
        late.append(follower.lag or 0)
    spent, worked = time.monotonic() - begun, time.process_time() - worked
    kept = Deal.objects.count() - before
    past = queries.backfill_of(platform)
    if kept < made or past is None:
        raise RuntimeError(f"{made} deals were made and {kept} came.")
    rate, copied = kept / spent, _copied()
    follower.look()
    lags, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        if follower.look() and follower.lag is not None:
            lags.append(follower.lag)
        time.sleep(0.2)
    found = Result()
    found.figures["deals_per_second"] = round(rate, 1)
    found.figures["deals read"] = kept
    found.figures["backfill_deals_per_second"] = round(past.deals / spent, 1)
    found.figures["backfill deals"] = past.deals
    found.figures["backfill strides"] = strides
    found.figures["cpu_ms_per_1000_deals"] = round(worked * 1e6 / kept, 1)
    found.figures["lag_ms_during_backfill"] = max(late)
    found.figures["lag_ms_under_load"] = round(statistics.median(lags or [0]))
    found.figures["looks with new deals"] = len(lags)
    found.figures["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    found.baselines["rows copied a second"] = round(copied, 1)
    found.ratios["ingest_over_copy"] = round(rate / copied, 3)
    return found


def _accounts(port: int, secret: str) -> list[int]:
    """Clients with an account on the server each, and money on it."""
    with connection.cursor() as cursor:
        # What earlier benchmarks left to be done is none of this one's.
        cursor.execute("DELETE FROM procrastinate_jobs")
    clients = _clients()
    act = Act.system(door="bench")
    platform = trading.add_platform(
        act, slug="mt5-bench", name="MT5 Bench", kind="mt5",
        settings={"host": "127.0.0.1", "port": port, "login": 1001, "password": secret},
    )  # fmt: skip
    drain()
    for client in clients:
        trading.request_account(
            act, client, account_type="standard", currency="USD", platform=platform
        )
    drain()
    opened = TradingAccount.objects.filter(platform=platform, login__isnull=False)
    logins = [int(one) for one in opened.values_list("login", flat=True) if one]
    for login in logins:
        PLATFORMS.take("mt5-bench").change_balance(
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
