"""Bank accounts and their statements, line by line."""

from typing import Any

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.reconciliation import operations, queries
from nostro.reconciliation.models import (
    BankAccount,
    StatementFile,
)
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn, Number
from nostro.ui.details import DetailPage, kv, table, template
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import date_range
from nostro.ui.lists import ListPage, View

LINES = {"matched": "ok", "explained": "ok", "open": "wait", "broken": "bad", "held": "warn"}
COUNTERPARTY = "reconciliation.line.counterparty"


def _newest_files(act: Act, row: BankAccount) -> Any:
    return queries.statements(act).filter(account=row)[:12]


account = DetailPage(
    room="reconciliation", slug="accounts", model=BankAccount, rows=queries.bank_accounts,
    subtitle=lambda row: f"{row.iban} · {row.entity}",
    pills=lambda act, row: [Pill("Clients' money" if row.of_clients else "The firm's own", "line")]
    + ([Pill(row.trouble, "bad")] if row.trouble else []),
    panels=[
        kv(
            "This account",
            [
                Column("provider", "Bank"), Column("iban", "IBAN"), Column("currency"),
                Date("read_at", "Last read"), Column("chart.path", "In the ledger"),
            ],
        ),
        table(
            "Statements", _newest_files,
            [
                Link(title="Statement"), Date("closing_date", "As of"),
                MoneyColumn("closing_money", "Closing"), Number("line_count", "Lines"),
                Badge("proves", colors={"True": "ok", "False": "bad"},
                      words={"True": "Proves itself", "False": "Does not"}),
            ],
        ),
    ],
    actions=[operations.read_statement],
    icon="building-bank",
)  # fmt: skip


def _lines_of(act: Act, row: StatementFile) -> dict[str, Any]:
    lines = list(
        row.lines.prefetch_related("matches", "breaks").order_by("booked_date", "pk")[:500]
    )
    return {
        "lines": [
            {
                "line": line, "tone": LINES[line.status],
                "word": line.get_status_display(),
                "match": next((m for m in line.matches.all() if m.status in ("confirmed",
                                                                          "proposed")), None),
                "undone": max((m for m in line.matches.all() if m.status == "undone"),
                              key=lambda m: m.pk, default=None),
                "found": next((b for b in line.breaks.all() if b.status == "open"), None),
            }
            for line in lines
        ],
        "unmasked": act.actor.grants.unmask(COUNTERPARTY),
    }  # fmt: skip


def _proof(act: Act, row: StatementFile) -> list[Figure]:
    lines = [line.money for line in row.lines.all()]
    total = sum(lines, Money.zero(row.account.currency))
    why = arithmetic(
        "Opening and lines make the closing", ("Opening", _or_dash(row.opening_money)),
        (f"{len(lines)} lines first read here", total), ("Closing", _or_dash(row.closing_money)),
        note=row.reason,
    )  # fmt: skip
    return [
        Figure("Closing", _or_dash(row.closing_money),
               why=None if row.closing_money is None else why),
        Figure("Lines", row.line_count),
    ]  # fmt: skip


def _or_dash(money: Money | None) -> Money | str:
    """Nothing at all is an amount; a file that says none is not."""
    return "—" if money is None else money


def _proves(row: StatementFile) -> Pill:
    return Pill("Proves itself", "ok") if row.proves else Pill("Does not prove itself", "bad")


statement = DetailPage(
    room="reconciliation", slug="statements", model=StatementFile, rows=queries.statements,
    title=lambda row: f"{row} {row.account}",
    subtitle=lambda row: row.reason,
    pills=lambda act, row: [_proves(row)],
    figures=_proof,
    panels=[template("Lines", "reconciliation/lines.html", _lines_of)],
    icon="file-text",
)  # fmt: skip

statements = ListPage(
    room="reconciliation", slug="statements", title="Statements", rows=queries.statements,
    columns=[
        Column(str, "Statement", low=2), Column("account"), Date("closing_date", "As of"),
        MoneyColumn("closing_money", "Closing"), Number("line_count", "Lines", low=2),
        Date("read_at", "Read", sort="read_at", low=2),
        Badge("proves", "Proof", colors={"True": "ok", "False": "bad"},
              words={"True": "Proves itself", "False": "Does not"}),
    ],
    filters=[date_range("read_at", title="Read")],
    views=[View("All", counted=False), View("Do not prove themselves", proves=False)],
    inspector=statement, number="ST", order="-read_at", icon="file-text",
    empty="No statement has been read. Banks are asked every five minutes.",
)  # fmt: skip
