"""One account with its statement, and all of them as a list: holds, exchange, trading, fees."""

from typing import Any

from django.db.models import F, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.ledger import operations, queries
from nostro.ledger.models import LedgerAccount
from nostro.ledger.staff.naming import (
    AccountColumn,
    account_url,
    balance_now,
    name_of,
    named,
    owner_of,
)
from nostro.ledger.staff.narrowing import currencies
from nostro.ledger.staff.statements import said
from nostro.ui.actions import Action
from nostro.ui.columns import Column, Date, MoneyColumn
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import choice, text
from nostro.ui.lists import ListPage, View


def _stands(act: Act, rows: list[Any]) -> None:
    """The balance and the owner of each account of a page, looked up together."""
    known, found = named(rows), queries.sums_seen(act, rows)
    for one in rows:
        one.named = known[one.pk]
        one.stands = found[one.pk].balance


def _subtitle(row: LedgerAccount) -> SafeString:
    name, url = owner_of(row)
    whose = format_html('<a class="link" href="{}">{}</a>' if url else "{1}", url, name)
    floor = "May go below zero." if row.overdraft else "Cannot go below zero."
    path = format_html('<span class="mono small">{}</span>', row.path)
    return format_html("{} · {}. {}", path, whose, floor)


def _figures(act: Act, row: LedgerAccount) -> list[Figure]:
    legs = "one leg" if row.balance.seq == 1 else f"{row.balance.seq:,} legs"
    kept = legs if not row.hot else "rolled up each minute"
    if queries.sees_part_of(act, row):
        kept = "by entries of your legal entities"
    sums = queries.sums_seen(act, [row])[row.pk]
    why = arithmetic("What stands here", ("Came in", sums.credits), ("Went out", -sums.debits))
    return [Figure("Balance", sums.balance, note=kept, why=why)]


def _journal(act: Act, row: LedgerAccount) -> dict[str, Any]:
    return {
        "lines": said(act, queries.account_statement(act, row.pk, most=25).rows),
        "all_url": f"{account_url(row.pk)}statement/",
    }


def _corrections(act: Act, row: LedgerAccount) -> dict[str, Any]:
    touched = Q(transfers__source=row) | Q(transfers__target=row)
    found = queries.entries(act).filter(touched, kind__in=["reversal", "adjustment"])
    return {"entries": found.distinct()[:6]}


def _may_adjust(act: Act, row: LedgerAccount) -> str:
    return operations.by_hand(row)


def _may_close(act: Act, row: LedgerAccount) -> str | None:
    if row.closed_at is not None:
        return None
    return "Something stands on this account." if balance_now(row) else ""


def _may_open(act: Act, row: LedgerAccount) -> str | None:
    return "" if row.closed_at is not None else None


account = DetailPage(
    room="ledger",
    slug="accounts",
    model=LedgerAccount,
    rows=queries.accounts,
    title=lambda row: name_of(row).text,
    subtitle=_subtitle,
    pills=lambda act, row: [
        Pill(row.asset_id, "line"),
        Pill("Clients’ money" if row.of_clients else "The firm’s", "line"),
        *([Pill("Closed", "warn")] if row.closed_at else []),
    ],
    figures=_figures,
    panels=[
        template("Journal", "ledger/journal.html", _journal, may=queries.account_statement.name),
        template("Corrections", "ledger/corrections.html", _corrections, may=queries.entries.name),
        kv(
            "Account",
            [
                Column("path"),
                Date("opened_at", "Opened"),
                Column(lambda row: owner_of(row)[0], "Belongs to"),
            ],
            side=True,
        ),
    ],
    actions=[
        Action(operations.propose_adjustment, when=_may_adjust),
        Action(operations.close_account, when=_may_close),
        Action(operations.reopen_account, when=_may_open),
    ],
    timeline=False,
    icon="book-2",
)


NOT_EMPTY: dict[str, Any] = {"balance__credits__gt": F("balance__debits")}

accounts = ListPage(
    room="ledger",
    slug="accounts",
    title="Accounts",
    rows=queries.accounts,
    columns=[
        AccountColumn("named", "Account"),
        MoneyColumn("stands", "Balance"),
        Column("path", sort="path", low=2, quiet=True, cut=True),
        Date("opened_at", "Opened", sort="opened_at", low=3),
    ],
    filters=[choice("asset", currencies, title="Currency"), text("path", "path__startswith")],
    views=[
        View("All", counted=False),
        View("Set aside", path__endswith="/held", **NOT_EMPTY),
        View("Exchange", path__startswith="fx_position/", counted=False),
        View("On the way", path__startswith="transit/", counted=False),
        View("House", of_clients=False, client_id=None, partner_id=None, counted=False),
    ],
    inspector=account,
    search=["path", "title"],
    order="path",
    prepare=_stands,
    empty="No account yet. Each is opened by the first money that touches it.",
    icon="book-2",
)  # fmt: skip
