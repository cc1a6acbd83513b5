"""What the ledger's pages say alike: accounts by name, the rule that decided, the tabs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.core.operations import OPERATIONS
from nostro.kit.money import Money
from nostro.ledger import queries
from nostro.ledger.models import Hold, LedgerAccount, Transfer
from nostro.ui.addresses import STAFF
from nostro.ui.columns import Column
from nostro.ui.keyset import about_how_many
from nostro.ui.timeline import NAMES, WORDS

CHART_URL = f"{STAFF}ledger/chart/"
WORDS["through"] = WORDS["day"] = lambda day: f"{date.fromisoformat(day):%-d %B %Y}"


def money_of(leg: Transfer | Hold) -> Money:
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


@dataclass(frozen=True)
class AccountColumn(Column):
    """An account by name, linked to its page; a spreadsheet has its path beside it."""

    cut: bool = True

    def drawn(self, act: Act, row: Any, value: Any) -> str:
        return value.link if isinstance(value, Named) else str(value)

    def headings(self) -> list[str]:
        return [self.heading, f"{self.heading}, path"]

    def plain(self, act: Act, row: Any) -> list[Any]:
        value = self.value(act, row)
        return [value.text, value.path] if isinstance(value, Named) else ["", ""]


def account_title(path: str, title: str) -> str:
    """An account in words: its platform by name, and with a capital."""
    head, _, rest = path.partition("/")
    if head == "bank" and rest != "in-transit" and "bank" in WORDS:
        return WORDS["bank"](rest)
    if head == "transit":
        return f"On the way to {_platform(rest)}"
    if head == "client" and "/trading/" in rest:
        _, slug, login = rest.rsplit("/", 2)
        return f"Trading account {login}, {_platform(slug)}"
    return title[:1].upper() + title[1:]


def _platform(slug: str) -> str:
    return WORDS["platform"](slug) if "platform" in WORDS else slug


@dataclass(frozen=True)
class Named:
    """An account as people call it: whose it is, and what it is for. The path comes second."""

    id: int
    title: str
    owner: str
    path: str
    owner_url: str = ""

    @property
    def url(self) -> str:
        return account_url(self.id)

    @property
    def text(self) -> str:
        return f"{self.owner} · {self.title}" if self.owner else self.title

    @property
    def link(self) -> SafeString:
        words = (self.url, self.path, self.text)
        return format_html('<a class="link" href="{}" title="{}">{}</a>', *words)

    def __str__(self) -> str:
        return self.text


def named(accounts: Iterable[LedgerAccount]) -> dict[int, Named]:
    """Accounts by what people call them; the names of clients and partners in one look each."""
    rows = list(accounts)
    known: dict[tuple[str, int], tuple[str, str]] = {}
    for kind in ("client", "partner"):
        ids = {pk for one in rows if (pk := getattr(one, f"{kind}_id")) is not None}
        found = NAMES[kind](ids) if ids and kind in NAMES else {}
        known |= {(kind, pk): found.get(pk, (f"{kind.capitalize()} {pk}", "")) for pk in ids}
    return {one.pk: _named(one, known) for one in rows}


def _named(row: LedgerAccount, known: dict[tuple[str, int], tuple[str, str]]) -> Named:
    owner = known.get(("client", row.client_id or 0)) or known.get(
        ("partner", row.partner_id or 0), ("", "")
    )
    title = account_title(row.path, row.title)
    return Named(row.pk, title, owner[0], row.path, owner[1])


def name_of(account: LedgerAccount) -> Named:
    return named([account])[account.pk]


def with_names(legs: Iterable[Any]) -> None:
    """Give each leg, or hold, its two accounts as people call them."""
    rows = list(legs)
    known = named({side.pk: side for one in rows for side in (one.source, one.target)}.values())
    for one in rows:
        one.source_named, one.target_named = known[one.source_id], known[one.target_id]


def balance_now(account: LedgerAccount) -> Money:
    found = queries.balances([account.path]).get(account.path, {})
    return found.get(account.asset_id, Money.zero(account.asset_id))


PLACES = (
    ("Chart of accounts", "chart", queries.chart_of_accounts.name),
    ("Accounts", "accounts", queries.accounts.name),
    ("Journal", "entries", queries.entries.name),
    ("Movements", "transfers", queries.transfers.name),
    ("Holds", "holds", queries.holds.name),
    ("Exchange", "exchange", queries.exchange_positions.name),
    ("Periods", "periods", queries.periods.name),
    ("Trial balance", "trial", queries.chart_of_accounts.name),
    ("Proof", "proof", queries.verifications.name),
    ("Opening balances", "opening", "ledger.read_opening"),
)


def tabs(act: Act, current: str) -> list[dict[str, Any]]:
    """The ledger's pages, as its tabs, as far as somebody may open them."""
    found = []
    for title, slug, may in PLACES:
        if act.actor.may(may):
            count = about_how_many(queries.holds(act), 99) if slug == "holds" else None
            said = f"{count[0]}{'+' if count[1] else ''}" if count else None
            url = f"{STAFF}ledger/{slug}/"
            found.append({"title": title, "url": url, "count": said, "current": title == current})
    return found


def legs_said(legs: Sequence[Any]) -> str:
    """An entry in a line: its first leg by name, and how many more there are."""
    if not legs:
        return ""
    first = legs[0]
    more = f", and {len(legs) - 1} more" if len(legs) > 1 else ""
    return f"{first.source_named} → {first.target_named}{more}"
