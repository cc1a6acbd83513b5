"""What the ledger's pages say alike: paths in words, legs with their running balance, tabs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.core.operations import OPERATIONS
from nostro.kit.money import Money
from nostro.kit.problems import Forbidden
from nostro.ledger import queries
from nostro.ledger.models import Entry, LedgerAccount, Transfer
from nostro.ui.addresses import STAFF
from nostro.ui.keyset import about_how_many
from nostro.ui.timeline import NAMES, WORDS

CHART_URL = f"{STAFF}ledger/chart/"


def money_of(leg: Transfer) -> Money:
    return Money.from_minor(int(leg.units), leg.asset_id)


def account_url(account_id: int) -> str:
    return f"{STAFF}ledger/accounts/{account_id}/"


def entry_url(entry_id: int) -> str:
    return f"{STAFF}ledger/entries/{entry_id}/"


def decision_link(decision_id: int | None) -> SafeString:
    """The rule that decided, if somebody above tells rules; the ledger keeps only its number."""
    if decision_id is None:
        return format_html('<span class="faint">{}</span>', "no rule")
    known = NAMES["rules.decision"]({decision_id}) if "rules.decision" in NAMES else {}
    name, url = known.get(decision_id, (f"D-{decision_id}", ""))
    return format_html('<a class="link" href="{}">{}</a>' if url else "{1}", url, name)


def owner_of(account: LedgerAccount) -> tuple[str, str]:
    """Whose account it is, by name, with their page."""
    for kind, pk in (("client", account.client_id), ("partner", account.partner_id)):
        if pk is not None:
            known = NAMES[kind]({pk}) if kind in NAMES else {}
            return known.get(pk, (f"{kind.capitalize()} {pk}", ""))
    return ("The house", "") if not account.of_clients else ("Clients, together", "")


def operation_title(name: str) -> str:
    """An operation as its button has it; one that is gone, as it was called."""
    known = OPERATIONS.get(name)
    return known.title if known else name.rpartition(".")[2].replace("_", " ").capitalize()


def account_title(path: str, title: str) -> str:
    """An account in words: its platform by name, and with a capital."""
    if path.startswith("transit/") and "platform" in WORDS:
        return f"On the way to {WORDS['platform'](path.removeprefix('transit/'))}"
    return title[:1].upper() + title[1:]


@dataclass(frozen=True)
class StatementLine:
    """One leg as an account's statement has it: what came or went, and what stood after it."""

    leg: Transfer
    signed: Money
    after: Money
    other: LedgerAccount
    word: str
    operation: str
    decision: SafeString

    @property
    def entry(self) -> Entry:
        return self.leg.entry

    @property
    def at(self) -> datetime:
        return self.leg.entry.recorded_at


def statement(act: Act, account: LedgerAccount, most: int = 25) -> list[StatementLine]:
    """The newest legs of an account with its running balance, told backwards from now."""
    rows = queries.transfers(act).filter(Q(source=account) | Q(target=account))
    legs = list(rows[:most])
    acts = queries.acts_behind({leg.entry.act for leg in legs})
    stands = balance_now(account)
    lines = []
    for leg in legs:
        came = leg.target_id == account.pk
        signed = money_of(leg) if came else -money_of(leg)
        lines.append(
            StatementLine(
                leg, signed, stands, leg.source if came else leg.target, "from" if came else "to",
                operation_title(acts[leg.entry.act].operation) if leg.entry.act in acts else "",
                decision_link(leg.entry.decision),
            )
        )  # fmt: skip
        stands -= signed
    return lines


def balance_now(account: LedgerAccount) -> Money:
    found = queries.balances([account.path]).get(account.path, {})
    return found.get(account.asset_id, Money.zero(account.asset_id))


def tabs(act: Act, current: str) -> list[dict[str, Any]]:
    """The ledger's pages, as its tabs."""
    found: list[dict[str, Any]] = [
        {"title": "Chart of accounts", "url": CHART_URL, "count": None},
        {"title": "Journal", "url": f"{STAFF}ledger/entries/", "count": None},
    ]
    try:
        holds = queries.accounts(act).filter(
            path__endswith="/held", balance__credits__gt=F("balance__debits")
        )
        count, more = about_how_many(holds, 99)
        url = f"{STAFF}ledger/accounts/?view=holds"
        found.append({"title": "Holds", "url": url, "count": f"{count}+" if more else count})
        exchange = f"{STAFF}ledger/accounts/?view=exchange"
        found.append({"title": "Exchange", "url": exchange, "count": None})
    except Forbidden:
        pass
    found.append({"title": "Trial balance", "url": f"{STAFF}ledger/trial/", "count": None})
    found += [
        {"title": title, "url": f"{STAFF}ledger/{slug}/", "count": None}
        for title, slug, name in (
            ("Proof", "proof", queries.verifications.name),
            ("Opening balances", "opening", "ledger.read_opening"),
        )
        if act.actor.may(name)
    ]
    return [{**one, "current": one["title"] == current} for one in found]


def legs_said(legs: Sequence[Transfer]) -> str:
    """An entry in a line: its first leg, and how many more there are."""
    if not legs:
        return ""
    first = legs[0]
    more = f", and {len(legs) - 1} more" if len(legs) > 1 else ""
    return f"{first.source.path} → {first.target.path}{more}"
