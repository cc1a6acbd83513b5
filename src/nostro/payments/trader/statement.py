"""The statement of each wallet, a month at a time: what stood, what moved, what stands; as a file.

What is told is the ledger's own: every leg of the wallet in the order of recording, with what
stood after it. Money asked back is set aside on an account of its own, and its line says so.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger import queries as ledger
from nostro.ledger.models import LedgerAccount
from nostro.ledger.queries import AccountStatement, Days, StatementRow
from nostro.payments.trader.shell import client_of
from nostro.payments.trader.words import currency_icon, currency_name, day_of, signed
from nostro.people.models import Client
from nostro.trading import queries as trading
from nostro.ui.exports import PRINTED, given
from nostro.ui.pages import portal_page, show
from nostro.ui.templatetags.nostro import amount

PAGE = 50
WIDEST = 20_000
URL = "/room/statements/"


def line_said(row: StatementRow) -> tuple[str, str]:
    """What a leg was, to the client whose wallet it is: in words, and with an icon."""
    came = row.money.amount > 0
    if row.kind in ("adjustment", "reversal"):
        return "Correction", "adjustments"
    if row.kind == "exchange":
        return row.text[:1].upper() + row.text[1:], "arrows-exchange"
    if row.kind == "client_transfer":
        return _between(row, came), "users"
    if row.kind == "opening":
        return "Balance brought over", "wallet"
    if row.kind == "hold carried out":
        return ("Money set aside for you" if came else "Money set aside, paid on"), "lock"
    for part, inward, outward, icon in SIDES:
        if part in row.other:
            return (inward if came else outward), icon
    return ("Paid in" if came else "Paid out"), "wallet"


def _between(row: StatementRow, came: bool) -> str:
    """What another client gave or was given. Only an entry that settles touches both of them."""
    if row.text.endswith("to another client"):
        return "From another client" if came else "To another client"
    return "Not sent, back in your wallet" if came else "Set aside for another client"


SIDES = (
    ("/held", "Withdrawal not made, back in your wallet", "Set aside for a withdrawal", "lock"),
    ("/bonus", "Bonus", "Bonus taken back", "star"),
    ("/trading/", "From a trading account", "To a trading account", "chart-candle"),
    ("transit/", "From a trading account", "To a trading account", "chart-candle"),
    ("/clearing", "Deposit", "Withdrawal", "credit-card"),
    ("bank/", "Bank transfer in", "Bank transfer out", "building-bank"),
    ("unallocated", "Bank transfer in", "Bank transfer back", "building-bank"),
    ("chargebacks", "Chargeback won", "Chargeback", "credit-card-refund"),
    ("house/fees", "Fee given back", "Fee", "receipt"),
    ("house/nbp", "Debt written off", "Debt settled", "receipt"),
    ("/debt", "Debt written off", "Debt settled", "receipt"),
)


def wallets(act: Act, client: Client) -> list[LedgerAccount]:
    """The client's wallets, their own currency first."""
    path = chart.client_wallet(client.pk).path
    found = ledger.accounts(act).filter(path=path)
    return sorted(found, key=lambda one: (one.asset_id != client.base_currency, one.asset_id))


def month_of(text: str, today: date) -> date:
    """The first day of the month that an address asks for; this one where it asks for none."""
    if not text:
        return today.replace(day=1)
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Problem("That is no month. Choose one from the list.", field="month") from error


def days_of(month: date) -> Days:
    after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Days(month, after - timedelta(days=1))


def months(since: datetime, today: date) -> list[date]:
    """Every month from the wallet's first to this one, newest first."""
    found: list[date] = []
    month = today.replace(day=1)
    first = since.astimezone(UTC).date().replace(day=1)
    while month >= first and len(found) < 120:
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


@portal_page("client", "statements/", "Statements", icon="file-text")
def statements_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Each wallet and each trading account with its statements."""
    client = client_of(act)
    found = wallets(act, client)
    stands = ledger.balances([chart.client_wallet(client.pk).path]).values()
    balances = next(iter(stands), {})
    rows = [
        {
            "url": f"{URL}{one.pk}/",
            "icon": currency_icon(one.asset_id),
            "title": currency_name(one.asset_id),
            "small": f"Since {one.opened_at:%B %Y}",
            "value": balances.get(one.asset_id),
        }
        for one in found
    ]
    accounts = [
        {
            "url": f"/room/accounts/{one.pk}/statement/",
            "icon": "chart-candle",
            "title": one.name,
            "small": f"{one.platform.name} {one.login}{', practice' if one.practice else ''}",
        }
        for one in trading.accounts(act).filter(login__isnull=False).order_by("practice", "-pk")
    ]
    context = {"title": "Statements", "rows": rows, "accounts": accounts}
    return show(request, act, "payments/statements.html", context)


@portal_page("client", "statements/<int:pk>/", "Statement", icon="file-text")
def statement_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """One wallet over one month, newest line first; with `form`, as a file."""
    client, account = client_of(act), find(act, LedgerAccount, pk)
    if account.path != chart.client_wallet(client.pk).path:
        raise NotFound("There is no such wallet.")
    today = act.at.date()
    month = month_of(request.GET.get("month", ""), today)
    if form := request.GET.get("form", ""):
        return _file(act, client, account, month, form)
    start = request.GET.get("start", "")
    if start and (not start.isdecimal() or len(start) > 18):
        raise Problem("This page of the statement does not exist. Start from the first.")
    found = ledger.account_statement(
        act, pk, days=days_of(month), before=int(start) if start else None, most=PAGE
    )
    here = f"{URL}{pk}/"
    chosen = f"{month:%Y-%m}"
    more = {"month": chosen, "start": str(found.before)} if found.before else {}
    context = {
        "title": f"{currency_name(account.asset_id)} statement",
        "wallets": [
            {
                "title": one.asset_id,
                "url": f"{URL}{one.pk}/?month={chosen}",
                "current": one.pk == pk,
            }
            for one in wallets(act, client)
        ],
        "month_title": f"{month:%B %Y}",
        "chosen": chosen,
        "months": [(f"{one:%Y-%m}", f"{one:%B %Y}") for one in months(account.opened_at, today)],
        "closing": found.closing,
        "is_now": month == today.replace(day=1),
        "pairs": _sums(found),
        "days": _by_day(found.rows, act.at),
        "older_url": f"{here}?{urlencode(more)}" if more else "",
        "csv_url": f"{here}?month={chosen}&form=csv",
        "pdf_url": f"{here}?month={chosen}&form=pdf",
    }
    return show(request, act, "payments/statement.html", context)


def _sums(found: AccountStatement) -> list[dict[str, Any]]:
    return [
        {"label": "At the start", "value": found.opening},
        {"label": "Came in", "value": found.came},
        {"label": "Went out", "value": -found.went},
        {"label": "At the end", "value": found.closing, "sum": True},
    ]


def _by_day(rows: Sequence[StatementRow], now: datetime) -> list[dict[str, Any]]:
    days: dict[date, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(row.recorded_at.astimezone(UTC).date(), []).append(_drawn(row))
    return [{"title": day_of(day, now), "rows": own} for day, own in days.items()]


def _drawn(row: StatementRow) -> dict[str, Any]:
    words, icon = line_said(row)
    late = "" if row.value_date == row.recorded_at.date() else f", for {row.value_date:%-d %B}"
    return {
        "icon": icon,
        "tone": "ok" if row.money.amount > 0 else "",
        "title": words,
        "small": f"Balance {amount(row.balance)}{late}",
        "value": signed(row.money, "+" if row.money.amount > 0 else ""),
        "unit": str(row.money.currency),
    }


def _sheet(found: AccountStatement) -> Iterator[list[Any]]:
    yield ["Date", "What", "Reference", "Amount", "Balance"]
    yield ["", "Balance at the start", "", "", found.opening.amount]
    for row in found.rows:
        stands = row.balance.amount if row.balance is not None else ""
        words = line_said(row)[0]
        yield [row.recorded_at, words, f"E-{row.entry_id}", row.money.amount, stands]
    yield ["", "Balance at the end", "", "", found.closing.amount]


def _file(act: Act, client: Client, account: LedgerAccount, month: date, form: str) -> HttpResponse:
    """The client's own month as a file."""
    days, entity = days_of(month), client.entity
    most = PRINTED - 2 if form == "pdf" else WIDEST
    found = ledger.whole_statement(act, account.pk, days=days, most=most)
    rows = list(_sheet(found))
    facts = [
        ("Client", f"{client.name}, {client.number}"),
        ("Wallet", f"{currency_name(account.asset_id)} ({account.asset_id})"),
        ("Month", f"{month:%B %Y}, days of UTC"),
        ("At the start", str(found.opening)), ("Came in", str(found.came)),
        ("Went out", str(found.went)), ("At the end", str(found.closing)),
    ]  # fmt: skip
    return given(
        rows, form, f"statement-{account.asset_id}-{month:%Y-%m}".lower(), act, facts=facts,
        title=f"Statement for {month:%B %Y}", strong=(1, len(rows) - 1), house=entity.name,
        note=f"{entity.name}, {entity.address}. Authorised by {entity.regulator}, licence "
        f"{entity.licence}. Ask us within a month if a line looks wrong to you.",
    )  # fmt: skip
