"""One account with its statement, and all of them as a list: holds, exchange, trading, fees."""

from typing import Any

from django.db.models import F, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.ledger import operations, queries
from nostro.ledger.models import LedgerAccount
from nostro.ledger.staff.statements import account_url, balance_now, owner_of, statement
from nostro.ui.actions import Action
from nostro.ui.addresses import STAFF
from nostro.ui.columns import Column, Date, MoneyColumn
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import choice, text
from nostro.ui.lists import ListPage, View
from nostro.ui.timeline import NAMES


def _stands(act: Act, rows: list[Any]) -> None:
    """The balance and the owner of each account of a page, looked up together."""
    clients = {one.client_id for one in rows if one.client_id}
    partners = {one.partner_id for one in rows if one.partner_id}
    known = NAMES["client"](clients) if clients and "client" in NAMES else {}
    earning = NAMES["partner"](partners) if partners and "partner" in NAMES else {}
    found = queries.balances([one.path for one in rows])
    for one in rows:
        name, _ = known.get(one.client_id) or earning.get(one.partner_id) or ("", "")
        one.owner_name = name
        one.stands = found.get(one.path, {}).get(one.asset_id, Money.zero(one.asset_id))


def _subtitle(row: LedgerAccount) -> SafeString:
    name, url = owner_of(row)
    whose = format_html('<a class="link" href="{}">{}</a>' if url else "{1}", url, name)
    floor = "May go below zero." if row.overdraft else "Cannot go below zero."
    return format_html("{} · {}. {}", row.title, whose, floor)


def _figures(act: Act, row: LedgerAccount) -> list[Figure]:
    legs = "one leg" if row.balance.seq == 1 else f"{row.balance.seq:,} legs"
    kept = legs if not row.hot else "rolled up each minute"
    came = Money.from_minor(int(row.balance.credits), row.asset_id)
    went = Money.from_minor(int(row.balance.debits), row.asset_id)
    why = arithmetic("What stands here", ("Came in", came), ("Went out", -went))
    return [Figure("Balance", balance_now(row), note=kept, why=why if not row.hot else None)]


def _journal(act: Act, row: LedgerAccount) -> dict[str, Any]:
    return {
        "lines": statement(act, row),
        "all_url": f"{STAFF}ledger/transfers/?account={row.path}&currency={row.asset_id}",
    }


def _corrections(act: Act, row: LedgerAccount) -> dict[str, Any]:
    touched = Q(transfers__source=row) | Q(transfers__target=row)
    found = queries.entries(act).filter(touched, kind__in=["reversal", "adjustment"])
    return {"entries": found.distinct()[:6]}


def _may_adjust(act: Act, row: LedgerAccount) -> str:
    return operations.by_hand(row)


account = DetailPage(
    room="ledger",
    slug="accounts",
    model=LedgerAccount,
    rows=queries.accounts,
    title=lambda row: row.path,
    subtitle=_subtitle,
    pills=lambda act, row: [
        Pill(row.asset_id, "line"),
        Pill("Clients’ money" if row.of_clients else "The firm’s", "line"),
    ],
    figures=_figures,
    panels=[
        template("Journal", "ledger/journal.html", _journal, may=queries.transfers.name),
        template("Corrections", "ledger/corrections.html", _corrections, may=queries.entries.name),
        kv(
            "Account",
            [
                Column("path"),
                Column("title"),
                Date("opened_at", "Opened"),
                Column(lambda row: owner_of(row)[0], "Belongs to"),
            ],
            side=True,
        ),
    ],
    actions=[Action(operations.propose_adjustment, when=_may_adjust)],
    timeline=False,
    icon="book-2",
)


def _assets(act: Act) -> list[tuple[Any, str]]:
    return [(code, code) for code in queries.currencies()]


NOT_EMPTY: dict[str, Any] = {"balance__credits__gt": F("balance__debits")}

accounts = ListPage(
    room="ledger",
    slug="accounts",
    title="Accounts",
    rows=queries.accounts,
    columns=[
        Column("path", "Account", sort="path", url=lambda row: account_url(row.pk), cut=True),
        Column("title", low=2),
        MoneyColumn("stands", "Balance"),
        Column("owner_name", "Belongs to", low=2),
        Date("opened_at", "Opened", sort="opened_at", low=3),
    ],
    filters=[choice("asset", _assets, title="Currency"), text("path", "path__startswith")],
    views=[
        View("All", counted=False),
        View("Holds", path__endswith="/held", **NOT_EMPTY),
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
