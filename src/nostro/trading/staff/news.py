"""News windows: hours in which leverage is capped, as staff keep them."""

from nostro.core.acts import Act
from nostro.trading import operations, queries
from nostro.trading.models import NewsWindow
from nostro.trading.staff.accounts import entities
from nostro.ui.actions import allow_when
from nostro.ui.columns import Column, Date, Link
from nostro.ui.details import DetailPage, kv
from nostro.ui.figures import Pill
from nostro.ui.filters import choice
from nostro.ui.lists import ListPage


def _state(act: Act, row: NewsWindow) -> Pill:
    if row.ends_at <= act.at:
        return Pill("Over", "line")
    return Pill("Holds now", "warn") if row.starts_at <= act.at else Pill("Comes", "info")


allow_when(operations.end_news_window, lambda act, row: "" if row.ends_at > act.at else None)

window = DetailPage(
    room="trading",
    slug="news",
    model=NewsWindow,
    rows=queries.news_windows,
    subtitle=lambda row: f"{row.about} · {row.entity or 'every legal entity'}",
    pills=lambda act, row: [_state(act, row)],
    panels=[
        kv(
            "What holds",
            [
                Column("about"),
                Column("ratio", "Leverage at most"),
                Column(lambda row: row.entity or "All", "Entity"),
                Date("starts_at", "From"),
                Date("ends_at", "Until"),
                Column("reason", "Ended early because"),
            ],
        )
    ],
    actions=[operations.end_news_window],
    icon="calendar-event",
)

windows = ListPage(
    room="trading",
    slug="news",
    title="News windows",
    rows=queries.news_windows,
    columns=[
        Link("", "News", sort="title"),
        Column("about", low=2),
        Column("ratio", "Leverage at most", sort="cap"),
        Column(lambda row: row.entity or "All", "Entity", low=2),
        Date("starts_at", "From", sort="starts_at"),
        Date("ends_at", "Until", sort="ends_at"),
    ],
    filters=[choice("entity", entities)],
    create=[operations.add_news_window],
    actions=[operations.end_news_window],
    inspector=window,
    search=["title"],
    order="-starts_at",
    empty="No news is announced. Leverage follows its rule.",
    icon="calendar-event",
)
