"""A small room to try the page kit on: sign-ins as rows, an operation that can be refused."""

from dataclasses import dataclass
from typing import Literal

from django.db import models

from nostro.core import log
from nostro.core.access import Rows, masks_for
from nostro.core.acts import Act
from nostro.core.events import Event
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.core.queries import query
from nostro.kit import Money
from nostro.kit.problems import Problem
from nostro.ui.actions import Action
from nostro.ui.columns import Badge, Column, Date, Link
from nostro.ui.details import DetailPage, kv
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View


@dataclass(frozen=True)
class Counted(Event, says="{actor} counted {number} of {subject}", group="notes"):
    number: int


@dataclass(frozen=True)
class Closed(Event, says="{actor} closed {subject}: {reason}", group="access", tone="bad"):
    reason: str


class Kept(Problem):
    """The first one stays."""


@operation
def count_events(act: Act, user: User, *, times: int) -> User:
    """Leave many lines in the log."""
    for number in range(times):
        act.record(Counted(number), about=user)
    return user


@operation(title="Close", tone="refuse", open_to=("staff",))
def close_user(act: Act, user: User, *, reason: str, how: Literal["soft", "hard"] = "soft") -> User:
    """Close a sign-in for good."""
    if user.email.startswith("kept"):
        raise Kept("This one has to stay open.")
    if reason == "wrong":
        raise Problem("That is no reason.", field="reason")
    user.is_active = False
    user.save(update_fields=["is_active"])
    act.record(Closed(reason), about=user)
    return user


@operation(title="Pay in", open_to=("staff",))
def pay_in(act: Act, *, money: Money, user: User, note: str = "") -> User:
    """Take money in for somebody."""
    act.record(Counted(money.minor), about=user)
    return user


@query(finds=User)
def users(act: Act) -> models.QuerySet[User]:
    """Sign-ins."""
    return Rows(User).order_by("pk").masking(masks_for(act.actor, ["email"], prefix="tests.user"))


def only_open(act: Act, user: User) -> str | None:
    return "" if user.is_active else "It is closed already."


close = Action(close_user, when=only_open)

user_page = DetailPage(
    room="sample",
    slug="users",
    model=User,
    rows=users,
    title=str,
    pills=lambda act, row: [Pill("Open" if row.is_active else "Closed", "ok")],
    figures=lambda act, row: [Figure("Number", row.pk)],
    panels=[kv("About", [Column("email"), Date("joined_at")])],
    actions=[close],
)

user_list = ListPage(
    room="sample",
    slug="users",
    title="Users",
    rows=users,
    columns=[
        Link(title="User"),
        Column("email", sort="email"),
        Badge("kind", colors={"staff": "ok"}, sort="kind"),
        Column(lambda row: f"{row.kind} person", "Kind of person", sort="person_id"),
    ],
    filters=[
        choice("kind", User.Kind.choices),
        text("email", "email__icontains"),
        date_range("joined_at"),
    ],
    views=[View("All"), View("Partners", kind="partner")],
    actions=[close],
    create=[pay_in],
    inspector=user_page,
    search=["email"],
    number="U",
    order="pk",
    empty="Nobody signs in yet.",
)


event_list = ListPage(
    room="sample",
    slug="events",
    title="Sample events",
    rows=log.records,
    columns=[Date("at", sort="at"), Column("name"), Column("data")],
    order="-at",
)
