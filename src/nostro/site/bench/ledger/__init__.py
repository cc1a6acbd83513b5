"""The ledger: posts one by one, on a hot account, in batches, and with a long history.

Baselines are measured in the same run on the same server: bare one-row commits, pgbench's TPC-B
(8 connections), and the common way of posting, which locks and updates both balances, in tables of
its own that have none of our walls: no triggers, no days, no digest. What is compared is measured
in turns, and the middle turn is taken: a machine that changes its speed changes it for both.

NOSTRO_LARGE says how many transfers a long history has (10 million). Balances and statements are
asked for while the hot account has a tail of some thousand transfers. A short history (100,000) is
set aside beside it, so that the rates of both are measured in turns too, after one turn of each to
warm up.

`nostro verify` is the proof of the invariants (`verify_seconds_per_million`), and then every seal
read again (`seals_seconds_per_million`, which no floor is asked of).

What limits now: the processor. A single posting takes the server about 320 microseconds, four
fifths of them in the database's own code and the rest in the kernel; of its 800,000 instructions a
quarter go into starting three statements and a tenth into nine indexes. A proof reads ten million
entries and transfers side by side for its longer half.
"""

import os
from statistics import median

from nostro.site.bench import Floor, Result

LARGE, SMALL = 10_000_000, 100_000
CONNECTIONS, WORKERS, WALLETS = 8, 2, 20_000
TURNS = 5
FLOORS = {
    "operation_over_tpcb": Floor(0.2), "single_over_tpcb": Floor(1.5),
    "hot_over_uniform": Floor(0.9), "batch_over_single": Floor(8),
    "rate_10m_over_100k": Floor(0.8), "batch_per_second": Floor(20_000),
    "statement_p95_ms": Floor(10, most=True), "verify_seconds_per_million": Floor(1.5, most=True),
}  # fmt: skip


def measure(seconds: int) -> Result:
    from nostro.site.bench.ledger.crowds import in_batches, through_operations
    from nostro.site.bench.ledger.history import History
    from nostro.site.bench.ledger.rates import Server, proved, read_again, statements
    from nostro.site.bench.operations import bare_commits

    large = int(os.environ.get("NOSTRO_LARGE", LARGE))
    found, server = Result(), Server(seconds, CONNECTIONS, WALLETS)
    history = History(WALLETS)
    history.grow(SMALL)
    found.baselines["bare commits a second"] = round(bare_commits(seconds))
    turns = [(server.tpcb(), server.uniform(), server.hot()) for _ in range(TURNS)]
    tpcb, uniform, hot = (round(median(one)) for one in zip(*turns, strict=True))
    found.baselines["TPC-B transactions a second"] = tpcb
    found.figures["single_per_second"] = uniform
    found.figures["hot_per_second"] = hot
    found.baselines["lock and update, a second"] = server.common_way()
    found.baselines["lock and update, one hot account"] = server.common_way(hot=True)
    operations = found.figures["operation_per_second"] = through_operations(
        seconds, CONNECTIONS, WALLETS
    )
    calls = [(server.from_python(1), server.from_python(1000)) for _ in range(TURNS)]
    one, thousand = (round(median(one)) for one in zip(*calls, strict=True))
    found.figures["single_from_python_per_second"] = one
    found.figures["batch_on_one_connection_per_second"] = thousand
    found.figures["batch_per_second"] = in_batches(seconds, WORKERS, WALLETS, 1000)
    found.ratios |= {
        "operation_over_tpcb": round(operations / tpcb, 3),
        "single_over_tpcb": round(median(single / base for base, single, _ in turns), 3),
        "hot_over_uniform": round(median(one / single for _, single, one in turns), 3),
        "batch_over_single": round(median(many / single for single, many in calls), 2),
    }
    history.grow(SMALL)
    server.set_aside("short")
    before = history.bytes()
    added = history.grow(large)
    found.figures["transfers"] = history.transfers()
    found.figures["load_transfers_per_second"] = round(added.rows / added.seconds)
    found.figures["disk_bytes_per_transfer"] = round((history.bytes() - before) / added.rows)
    found.figures["backend_kilobytes"] = server.backend_kilobytes()
    server.hot()
    found.figures["statement_p95_ms"] = statements(WALLETS)
    found.figures["verify_seconds_per_million"] = proved(history.transfers())
    found.figures["seals_seconds_per_million"] = read_again()
    growth = [(server.uniform("short"), server.uniform()) for _ in range(1 + TURNS)][1:]
    found.figures["single_per_second_large"] = round(median(late for _, late in growth))
    found.ratios["rate_10m_over_100k"] = round(median(late / early for early, late in growth), 3)
    return found
