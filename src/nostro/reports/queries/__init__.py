"""What anyone can ask of reports: figures of whole legal entities, and one client's evidence."""

from nostro.reports.queries.figures import (
    earnings,
    flows,
    freshness,
    funnel,
    funnel_by_entity,
    on_shift,
    turnaround,
    volume,
)

__all__ = [
    "earnings",
    "flows",
    "freshness",
    "funnel",
    "funnel_by_entity",
    "on_shift",
    "turnaround",
    "volume",
]
