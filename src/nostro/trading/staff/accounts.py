"""Trading accounts: those that wait for a person, those that trade, and the page of one."""

from typing import Any

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.people import queries as people
from nostro.trading import operations, queries
from nostro.trading.models import (
    Credit,
    EquityPoint,
    Restriction,
    TradingAccount,
)
from nostro.trading.queries.debts import left
from nostro.trading.queries.terms import closes_only
from nostro.trading.staff.buttons import RESTRICTED
from nostro.trading.staff.leverage import leverage_panel
from nostro.trading.staff.statements import statement_links
from nostro.trading.staff.tables import (
    breaks_of,
    days,
    deal_columns,
    deals_of,
    open_trades,
    orders,
    past_orders,
)
from nostro.ui.addresses import url_of
from nostro.ui.charts import Chart, Series, line
from nostro.ui.columns import Badge, Clock, Column, Date, Link, MoneyColumn, Person
from nostro.ui.details import DetailPage, Tab, kv, table, template
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.templatetags.nostro import pill
from nostro.ui.timeline import NAMES

Status = TradingAccount.Status
TONES = {
    "requested": "wait", "opening": "info", "open": "ok", "close_only": "warn", "closed": "",
    "read_only": "warn", "disabled": "bad", "dormant": "wait", "refused": "bad", "failed": "bad",
}  # fmt: skip
POINTS = 400
MONEY = [("False", "Real money"), ("True", "Practice")]


def _figures(act: Act, row: TradingAccount) -> list[Figure]:
    if row.login is None:
        return []
    level = row.margin_level
    equity = arithmetic(
        "As the platform showed it",
        ("Balance", row.balance_money),
        ("Credit", row.money(row.credit)),
        ("Open trades", row.floating_money),
        note=f"Read {row.read_at:%-d %b %H:%M:%S} UTC" if row.read_at else "",
    )
    return [
        Figure("Equity", row.equity_money, why=equity),
        Figure("Balance", row.balance_money),
        Figure("Open trades", row.floating_money, tone="" if row.floating_money else "quiet"),
        Figure("Free margin", row.money(row.free_margin)),
        Figure("Margin level", f"{level:,.0f}%" if level else "—", low=2),
        Figure("Leverage", row.ratio, low=2),
    ]


def _pills(act: Act, row: TradingAccount) -> list[Pill]:
    found = [Pill(row.status_label, TONES[row.status]), Pill(row.account_type.capitalize(), "line")]
    if row.practice:
        found.insert(0, Pill("Practice", "info"))
    if row.rights_refused:
        found.append(Pill("Not so on the platform", "bad"))
    if row.group is not None and row.group.swap_free:
        found.append(Pill("Swap-free", "line"))
    return found


def practice_mark(row: TradingAccount) -> str:
    """What tells virtual money from real, wherever both stand in one list."""
    return pill("Practice", "info") if row.practice else ""


def _credits(act: Act, row: TradingAccount) -> QuerySet[Credit]:
    return queries.credits(act).filter(account=row)


def _before(row: TradingAccount) -> TradingAccount | None:
    return row.moved_from


def _after(row: TradingAccount) -> TradingAccount | None:
    return queries.heir_of(row)


def _about(act: Act, row: TradingAccount) -> dict[str, Any]:
    """Why it stands where it stands: the reason, and the rule that placed it."""
    decision, person = queries.decision_of(row), queries.placed_by(row)
    tone = {"close_only": "warn", "failed": "bad", "refused": "bad"}.get(row.status, "info")
    note = ". ".join(filter(None, (row.reason.rstrip("."), means(row))))
    return {
        "account": row,
        "tone": tone,
        "note": note,
        "rule": f"{decision.version.point} v{decision.version.number}" if decision else "",
        "decision_url": url_of(decision) if decision else "",
        "decision": decision,
        "person": _person(person.actor_id) if person else "",
        "left": person is not None and person.name == "trading.AccountDecided",
    }


def means(row: TradingAccount) -> str:
    """What a restricted account may still do, on the platform that it is on."""
    if row.status == Status.CLOSE_ONLY and closes_only(row):
        return "The client closes what is open, and opens nothing."
    if row.status == Status.CLOSE_ONLY:
        return (
            f"{row.platform} has no such right for one account: trading is switched off there, so "
            "the client cannot close what is open, and a dealer has to."
        )
    return {
        Status.READ_ONLY: "The client signs in and looks, and trades nothing.",
        Status.DISABLED: "Nobody signs in to it.",
    }.get(Status(row.status), "")


def _restrictions(act: Act, row: TradingAccount) -> list[Restriction]:
    return queries.restrictions_of(row)


def _person(staff_id: int | None) -> str:
    known = NAMES["staff"]({staff_id}) if staff_id and "staff" in NAMES else {}
    return known.get(staff_id or 0, (f"colleague {staff_id}", ""))[0]


def chart_of(account: TradingAccount, points: list[EquityPoint]) -> Chart:
    """Equity and balance over time, as they were read."""
    labels = [f"{one.at:%-d %b %H:%M}" for one in points]
    equity = Series("Equity", [account.money(one.equity) for one in points], "brand")
    balance = Series("Balance", [account.money(one.balance) for one in points], "d2", dashed=True)
    return line("Equity", labels, equity, balance, unit=account.currency)


def _curve(act: Act, row: TradingAccount) -> dict[str, Any]:
    points = list(row.points.order_by("-at")[:POINTS])[::-1]
    return {"chart": chart_of(row, points).data if len(points) > 1 else None}


def client_url(row: TradingAccount) -> str:
    return url_of(row.client)


account = DetailPage(
    room="trading",
    slug="accounts",
    model=TradingAccount,
    rows=queries.accounts,
    title=str,
    subtitle=lambda row: f"{row.name} · {row.client.name} · {row.entity}",
    pills=_pills,
    figures=_figures,
    panels=[
        template("", "trading/account.html", _about),
        template("Equity", "trading/equity.html", _curve),
        open_trades,
        orders,
        kv(
            "Details",
            [
                Person("client.name", "Client", url=client_url),
                Link("platform"),
                Column("login"),
                Link("group"),
                Column("currency"),
                Column("ratio", "Leverage"),
                Date("requested_at", "Asked for"),
                Date("opened_at", "Opened"),
                Date("read_at", "Read"),
                Date("restricted_until", "Restricted until"),
                Date("swap_free_until", "Swap-free until"),
                Date("idle_notice_at", "Told that it is idle"),
                Date("archived_at", "Archived on the platform"),
                Link(_before, "Moved from"),
                Link(_after, "Moved to"),
            ],
            side=True,
        ),
        table(
            "Restrictions",
            _restrictions,
            [
                Column("get_how_display", "Restricted to"),
                Column("get_cause_display", "Because of", low=2),
                Column("reason", low=2),
                Date("until", "Until"),
            ],
            empty="Nothing restricts it.",
            may=queries.accounts.name,
            side=True,
        ),
        statement_links,
        leverage_panel,
        table(
            "Credit",
            _credits,
            [
                Link("", "Credit"),
                MoneyColumn("money", "Amount"),
                Badge("status"),
                Date("expires_at", "Until", low=2),
            ],
            empty="Nothing is lent on it.",
            may=queries.credits.name,
            side=True,
        ),
        table(
            "Breaks",
            breaks_of,
            [Link("", "Break"), MoneyColumn("apart", "Difference"), Badge("status")],
            empty="The platform has it as we do, to the cent.",
            may=queries.breaks.name,
            side=True,
        ),
    ],
    tabs=[
        Tab(
            "deals",
            "Deals",
            [
                table(
                    "Deals",
                    deals_of,
                    deal_columns,
                    empty="Nothing was traded yet.",
                    may=queries.deals.name,
                    link=lambda row: ("All deals", f"/staff/trading/deals/?login={row.login}"),
                )
            ],
        ),
        Tab("orders", "Past orders", [past_orders]),
        Tab("days", "Days", [days]),
    ],
    actions=[
        operations.approve_account,
        operations.retry_opening,
        operations.reactivate_account,
        operations.reopen_account,
        operations.change_leverage,
        operations.ask_leverage,
        operations.give_credit,
        operations.propose_write_off,
        operations.top_up_practice,
        operations.lift_restriction,
        operations.ease_restriction,
        operations.restrict_account,
        operations.refuse_account,
    ],
    does_all=True,
    icon="chart-candle",
)


def _platforms(act: Act) -> list[tuple[Any, str]]:
    return [(one.pk, one.name) for one in queries.platforms(act)]


def entities(act: Act) -> list[tuple[Any, str]]:
    return [(one.pk, one.name) for one in people.entities(act)]


accounts = ListPage(
    room="trading",
    slug="accounts",
    title="Accounts",
    rows=queries.accounts,
    columns=[
        Link("", "Account", url=url_of),
        Column(practice_mark, "", low=2),
        Person("client.name", "Client", sort="client__last_name", url=client_url),
        Column("group", low=3, quiet=True, cut=True),
        Column("ratio", "Leverage", sort="leverage", low=3),
        MoneyColumn("balance_money", "Balance", sort="balance", low=2),
        MoneyColumn("equity_money", "Equity", sort="equity"),
        Badge("status", sort="status", colors=TONES, low=2),
        Clock("due_at", "Due", sort="due_at", low=2),
    ],
    filters=[
        choice("status", Status.choices),
        choice("platform", _platforms),
        choice("entity", entities),
        choice("currency", [(one, one) for one in ("USD", "EUR", "GBP")]),
        choice("practice", MONEY, title="Money"),
        date_range("opened_at", title="Opened"),
    ],
    views=[
        View("Open", status=Status.OPEN, practice=False, counted=False),
        View("Requests", status=Status.REQUESTED, order="due_at"),
        View("Not opened", status=Status.FAILED, order="due_at"),
        View("Overdue", pk__in=lambda act: queries.overdue_openings(act.at).values("pk")),
        View("Restricted", status__in=list(RESTRICTED)),
        View("Dormant", status=Status.DORMANT),
        View("Below zero", **queries.BELOW_ZERO),
        View("Not so on the platform", rights_refused__gt=""),
        View("Practice", practice=True, status=Status.OPEN, counted=False),
        View("All", counted=False),
    ],
    actions=[
        operations.retry_opening,
        operations.change_leverage,
        operations.move_account,
        operations.change_account_type,
        operations.make_swap_free,
        operations.end_swap_free,
        operations.restrict_account,
        operations.lift_restriction,
        operations.reactivate_account,
        operations.end_practice,
        operations.give_credit,
        operations.migrate_account,
        operations.reopen_account,
        operations.close_account,
    ],
    inspector=account,
    search=["client__last_name__holds", "client__first_name__holds", "login__numbered"],
    order="-requested_at",
    empty="No account stands here. New ones open by themselves once a client is approved.",
    icon="chart-candle",
    live=["trading.platform"],
)

for status, view, title, icon, nothing in (
    (Status.REQUESTED, "requests", "Account requests", "user-question",
     "Every request found its group by itself."),
    (Status.FAILED, "not-opened", "Accounts not opened", "refresh-alert",
     "The platforms opened every account."),
):  # fmt: skip
    Queue(
        TradingAccount,
        status,
        title=title,
        icon=icon,
        page=f"{accounts.url}?view={view}",
        line=lambda row: f"{row.client.name}, {row.account_type} {row.currency}",
        nothing=nothing,
    )


def _overdue(act: Act) -> QuerySet[TradingAccount]:
    """Accounts that their platforms should have opened long ago."""
    return queries.accounts(act).filter(pk__in=queries.overdue_openings(act.at).values("pk"))


Queue(
    TradingAccount,
    Status.OPENING,
    title="Accounts that take long to open",
    icon="hourglass",
    page=f"{accounts.url}?view=overdue",
    rows=_overdue,
    line=lambda row: f"{row.client.name}, {row.account_type} {row.currency} on {row.platform}",
    nothing="The platforms opened every account in time.",
)


def _left(act: Act) -> QuerySet[TradingAccount]:
    """Accounts below zero that the rules leave to a person."""
    return queries.accounts(act).filter(pk__in=left().values("subject_id"))


Queue(
    TradingAccount,
    "below_zero",
    title="Accounts below zero",
    icon="trending-down",
    page=f"{accounts.url}?view=below-zero",
    waits_for=operations.propose_write_off.name,
    rows=_left,
    since="read_at",
    line=lambda row: f"{row.client.name}, {row.balance_money}",
    nothing="No debt waits for somebody to decide.",
)
