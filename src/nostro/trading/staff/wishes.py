"""Wishes for leverage: the queue of those that wait for a person, and each with what it would do to
the account's margin.
"""

from typing import Any

from nostro.core.acts import Act
from nostro.people.countries import country_name
from nostro.rules.queries import row_numbers, rows_in_words
from nostro.trading import operations, queries
from nostro.trading.models import LeverageRequest, SwapFreeRequest, TradingAccount
from nostro.trading.queries.leverage import effect_of, given, leverage_requests
from nostro.trading.staff.accounts import entities
from nostro.ui.actions import allow_when
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, Link, Person
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

Status = LeverageRequest.Status
TONES = {"asked": "wait", "sent": "info", "given": "ok", "refused": "bad", "cancelled": ""}


def _may_give(act: Act, row: LeverageRequest) -> str | None:
    if row.status != Status.ASKED:
        return None
    own = row.asked_by is not None and row.asked_by == act.actor.id
    return "Somebody else gives what you asked for." if own else ""


def _waits(act: Act, row: LeverageRequest) -> str | None:
    return "" if row.status == Status.ASKED else None


def _may_ask(act: Act, row: TradingAccount) -> str | None:
    return "" if row.status == TradingAccount.Status.OPEN and not row.practice else None


allow_when(operations.approve_leverage, _may_give)
allow_when(operations.refuse_leverage, _waits)
allow_when(operations.cancel_leverage, _waits)
allow_when(operations.ask_leverage, _may_ask)
allow_when(operations.end_given_leverage, lambda act, row: "" if given(row, act.at) else None)


def why_here(act: Act, row: LeverageRequest | SwapFreeRequest) -> dict[str, Any]:
    """The rule's answer to a wish, with the row that matched."""
    decision = queries.decision_kept(row.decision)
    found: dict[str, Any] = {"wish": row, "why": {"text": row.why}}
    if decision is not None:
        numbers, rows = row_numbers(decision), rows_in_words(decision)
        title = f"{decision.version.point} v{decision.version.number}"
        place = f"#row-{numbers[0]}" if numbers else ""
        url = url_of(decision.version) or "/staff/rules/"
        found["why"] |= {
            "rule": {"title": f"{title}, {rows}" if rows else title, "url": f"{url}{place}"},
            "reference": str(decision), "inputs_url": url_of(decision),
        }  # fmt: skip
    return found


def _margin(act: Act, row: LeverageRequest) -> dict[str, Any] | None:
    """The account as it was read last, at the leverage it has and at what is asked for."""
    account = row.account
    if row.status != Status.ASKED or account.leverage is None:
        return None
    now, then = effect_of(account, account.leverage), effect_of(account, row.leverage)
    levels = [f"{one.level:,.0f}%" if one.level else "—" for one in (now, then)]
    return {
        "now": f"1:{now.leverage}", "then": f"1:{then.leverage}", "read_at": account.read_at,
        "rows": [
            ("Margin of open trades", now.margin, then.margin),
            ("Free margin", now.free, then.free),
            ("Largest worth of trades", now.most, then.most),
        ],
        "levels": levels,
    }  # fmt: skip


request = DetailPage(
    room="trading",
    slug="leverage",
    model=LeverageRequest,
    rows=leverage_requests,
    subtitle=lambda row: f"{row.account} · {row.account.client.name} · {row.account.entity}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: [
        Figure("Asked for", row.ratio),
        Figure("It had", f"1:{row.was}"),
        Figure("The rules allow", f"1:{row.cap}"),
    ],
    panels=[
        template("", "trading/wish.html", why_here),
        template("What it does to the margin", "trading/margin.html", _margin),
        kv(
            "Details",
            [
                Link("account"),
                Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
                Column(lambda row: country_name(row.account.client.country), "Lives in"),
                Column("account.client.get_category_display", "Category"),
                Column("reason", "The client says"),
                Column("answer", "We answered"),
                Column(lambda row: f"{row.days} days" if row.days else "", "At most for"),
                Date("asked_at", "Asked"),
            ],
        ),
    ],
    actions=[operations.approve_leverage, operations.refuse_leverage],
    icon="scale",
)

requests = ListPage(
    room="trading",
    slug="leverage",
    title="Leverage wishes",
    rows=leverage_requests,
    columns=[
        Clock("due_at", sort="due_at"),
        Link("", "Wish", sort="pk"),
        Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
        Link("account", "Account", low=2),
        Column("ratio", "Asked for", sort="leverage"),
        Column(lambda row: f"1:{row.cap}", "The rules allow", low=2),
        Column("reason", "The client says", cut=True, low=2),
        Date("asked_at", "Asked", sort="asked_at", low=3),
        Badge("status", sort="status", colors=TONES),
    ],
    filters=[
        choice("status", Status.choices),
        choice("entity", entities, path="account__entity"),
        date_range("asked_at", title="Asked"),
    ],
    views=[
        View("To decide", status=Status.ASKED),
        View("On its way", status=Status.SENT, counted=False, order="-asked_at"),
        View("Given", counted=False, order="-asked_at", status=Status.GIVEN),
        View("Refused", counted=False, order="-asked_at", status=Status.REFUSED),
        View("All", counted=False, order="-asked_at"),
    ],
    actions=[operations.approve_leverage, operations.refuse_leverage],
    inspector=request,
    search=["account__client__last_name__holds", "account__login__numbered"],
    number="LV",
    order="due_at",
    empty="No client waits for an answer about leverage.",
    icon="scale",
)

Queue(
    LeverageRequest, Status.ASKED, title="Leverage wishes", icon="scale",
    page=f"{requests.url}?view=to-decide",
    line=lambda row: f"{row.account.client.name}, {row.account}, {row.ratio}",
    nothing="No client waits for an answer about leverage.",
)  # fmt: skip
