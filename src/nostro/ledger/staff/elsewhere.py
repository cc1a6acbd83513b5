"""What the ledger shows on other pages: a client's wallet, entries in timelines, its own proof."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.html import format_html

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.kit.problems import Forbidden
from nostro.ledger import chart, queries
from nostro.ledger.models import LedgerAccount, Transfer
from nostro.ledger.staff.naming import (
    account_url,
    entry_url,
    legs_said,
    money_of,
    name_of,
    named,
    with_names,
)
from nostro.ui.additions import extend
from nostro.ui.columns import Column, Date, MoneyColumn
from nostro.ui.details import Tab, table
from nostro.ui.figures import Figure, arithmetic, by_currency
from nostro.ui.home import HEALTH, Health
from nostro.ui.keyset import about_how_many
from nostro.ui.templatetags.nostro import money, span
from nostro.ui.timeline import DETAILS, NAMES, WORDS, Names

# ── On a client's page ──


def wallet_figures(act: Act, row: Any) -> list[Figure]:
    """What a client may take out, and what is set aside."""
    if not act.actor.may(queries.accounts.name):
        return []
    accounts = [chart.client_wallet(row.pk), chart.client_held(row.pk), chart.client_bonus(row.pk)]
    found = queries.standings([one.path for one in accounts])
    there, asked, given = (found.get(one.path, {}) for one in accounts)
    wallet = {code: one.free for code, one in there.items()}
    bonus = {code: one.balance for code, one in given.items()}
    held = {code: one.balance for code, one in asked.items()}
    parts: list[tuple[str, Any]] = []
    for code, one in there.items():
        parts.append((f"Wallet, {code}", one.balance))
        if one.held:
            parts.append((f"Set aside by holds, {code}", -one.held))
            held[code] = held.get(code, Money.zero(code)) + one.held
    reason = arithmetic(
        "May be taken out now", *parts,
        note="What was asked back or given as a bonus stands on accounts of its own, not here.",
    )  # fmt: skip
    figures = [
        by_currency("Withdrawable", wallet, row.base_currency, why=reason if wallet else None),
        by_currency("Held", held, row.base_currency),
    ]
    if any(bonus.values()):
        figures.append(by_currency("Bonus", bonus, row.base_currency))
    return figures


def _accounts(act: Act, row: Any) -> list[LedgerAccount]:
    found = list(queries.accounts(act).filter(client_id=row.pk))
    stands = queries.balances([one.path for one in found])
    for one in found:
        one.stands = stands.get(one.path, {}).get(one.asset_id)  # type: ignore[attr-defined]
    return found


def _of_client(act: Act, row: Any) -> Any:
    touched = Q(source__client_id=row.pk) | Q(target__client_id=row.pk)
    return queries.transfers(act).filter(touched)


def _legs(act: Act, row: Any) -> list[Transfer]:
    return list(_of_client(act, row)[:25])


def _count(act: Act, row: Any) -> int | None:
    may = act.actor.may(queries.transfers.name)
    return about_how_many(_of_client(act, row))[0] if may else None


extend("people.client", place=10, figures=wallet_figures)
extend(
    "people.client",
    place=60,
    tabs=[
        Tab(
            "money",
            "Money",
            [
                table(
                    "Accounts in the ledger",
                    _accounts,
                    [
                        Column("title", "Account", url=lambda one: account_url(one.pk)),
                        Column("path", low=2, quiet=True),
                        MoneyColumn("stands", "Balance"),
                    ],
                    empty="No money has come in yet.",
                    may=queries.accounts.name,
                ),
                table(
                    "Latest movements",
                    _legs,
                    [
                        Date("entry.recorded_at", "When"),
                        Column("entry", url=lambda leg: entry_url(leg.entry_id)),
                        Column("entry.text", "What", cut=True),
                        Column("source.title", "From", low=2),
                        Column("target.title", "To", low=2),
                        MoneyColumn(money_of, "Amount"),
                    ],
                    empty="No money has moved yet.",
                    may=queries.transfers.name,
                ),
            ],
            count=_count,
        )
    ],
)

# ── In timelines ──


def _slips(act: Act, records: Sequence[Record]) -> dict[int, list[list[Any]]]:
    """The entries that the same acts posted, leg by leg."""
    try:
        rows = queries.transfers(act)
    except Forbidden:
        return {}
    by_act: dict[Any, list[Transfer]] = {}
    legs = list(rows.filter(entry__act__in={one.act_id for one in records}).order_by("pk"))
    with_names(legs)
    for leg in legs:
        by_act.setdefault(leg.entry.act, []).append(leg)
    return {one.pk: [_slip(leg) for leg in by_act.get(one.act_id, [])] for one in records}


def _slip(leg: Transfer) -> list[Any]:
    link = format_html('<a class="link" href="{}">{}</a>', entry_url(leg.entry_id), leg.entry)
    return ["Entry", link, legs_said([leg]), money(money_of(leg), strong=False)]


DETAILS.append(_slips)


def _entries(ids: set[int]) -> Names:
    return {pk: (f"E-{pk}", entry_url(pk)) for pk in ids}


def _account_names(ids: set[int]) -> Names:
    found = named(queries.accounts_by_id(ids).values())
    return {pk: (one.text, one.url) for pk, one in found.items()}


def _path(path: str) -> str:
    """The account of an event by name, where only its path is kept."""
    found = queries.account_at(path)
    return name_of(found).text if found else path


WORDS["path"] = _path
NAMES["ledger.entry"] = _entries
NAMES["ledger.ledgeraccount"] = _account_names

# ── On the home page ──


def health(act: Act) -> list[Health]:
    """When the ledger was last proved."""
    if not act.actor.may(queries.verifications.name):
        return []
    newest = queries.verifications(act).first()
    if newest is None:
        return [Health("Ledger", "not verified yet", "warn", "book-2")]
    if newest.flaws:
        return [Health("Ledger", f"{len(newest.flaws)} invariants do not hold", "bad", "book-2")]
    return [Health("Ledger", f"verified {span(act.at - newest.at)} ago", "", "book-2")]


HEALTH.append(health)
