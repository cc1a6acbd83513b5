"""The chart of accounts as a tree with its balances: now, known at a moment, counted by a day."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.ledger import queries
from nostro.ledger.queries import Line, Moment
from nostro.ledger.staff.naming import CHART_URL, account_title, account_url, tabs
from nostro.ledger.staff.narrowing import (
    accounts_url,
    at_said,
    clock_of,
    entries_url,
    statement_url,
    time_of,
)
from nostro.ui.addresses import STAFF, Address
from nostro.ui.figures import Figure, arithmetic
from nostro.ui.pages import show, staff_page
from nostro.ui.templatetags.nostro import span
from nostro.ui.timeline import NAMES

SECTIONS = (
    ("Client money", ("client", "transit/", "unallocated")),
    ("Providers and banks", ("provider/", "bank/")),
    ("House", ("partner", "house/", "fx_position/", "chargebacks")),
)
MOST_CURRENCIES = 5
"""Columns. Each other currency is a chip above them, which puts it in front."""
NOT_OWED = (
    "Each account above zero; without credit and bonuses, which are never paid out, and without"
    " what clients owe."
)
FOLDS = {"client": "Clients", "partner": "Partners payable"}


@dataclass
class Node:
    """A line of the tree: its amounts by currency, how deep it stands, where it leads."""

    title: str
    depth: int
    amounts: dict[str, Money]
    kind: str = "leaf"
    url: str = ""
    fold_url: str = ""
    place: str = ""
    accounts: dict[str, int] = field(default_factory=dict)
    is_open: bool = False
    cells: list[dict[str, Any]] = field(default_factory=list)

    @property
    def first(self) -> dict[str, Any] | None:
        """What the row opens: the account of the first column with something in it."""
        return next((cell for cell in self.cells if cell["account"]), None)


def moment_of(params: Any) -> Moment:
    """The time that an address asks for. Raises a sentence for what is no time."""
    text, clock = params.get("at", ""), clock_of(params)
    if not text:
        return Moment()
    return Moment(time_of(text, "at"), clock)


def summed(lines: Iterable[Line]) -> dict[str, Money]:
    found: dict[str, Money] = {}
    for one in lines:
        found[one.asset] = found.get(one.asset, Money.zero(one.asset)) + one.balance
    return found


def _grouped(lines: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for one in lines:
        found.setdefault(one.path, []).append(one)
    return found


def _leaf(lines: Sequence[Line], depth: int, title: str = "") -> Node:
    return Node(
        title or account_title(lines[0].path, lines[0].title),
        depth,
        summed(lines),
        accounts={one.asset: one.id for one in lines},
    )


def tree(act: Act, lines: list[Line], own: list[Line], client: int, address: Address) -> list[Node]:
    """The whole chart in its three sections; one client's accounts may be unfolded."""
    paths = _grouped(lines)
    nodes: list[Node] = []
    for title, prefixes in SECTIONS:
        inside = {
            path: rows
            for path, rows in paths.items()
            if any(path == one or (one.endswith("/") and path.startswith(one)) for one in prefixes)
        }
        if not inside:
            continue
        amounts = summed(one for rows in inside.values() for one in rows)
        nodes.append(Node(title, 0, amounts, kind="group"))
        for path in sorted(inside, key=lambda one: (one not in FOLDS, one)):
            if path == "client":
                nodes += _clients(inside[path], own, client, address)
            elif path in FOLDS:
                url = f"{STAFF}ledger/accounts/?path={path}/"
                folded = Node(FOLDS[path], 1, summed(inside[path]), kind="fold", url=url)
                folded.place = path
                nodes.append(folded)
            else:
                nodes.append(_leaf(inside[path], 1))
    return nodes


def _clients(
    lines: Sequence[Line], own: Sequence[Line], client: int, address: Address
) -> list[Node]:
    count = max((one.clients for one in lines), default=0)
    all_of_them = Node("Clients", 1, summed(lines), kind="fold", url=f"{STAFF}people/clients/")
    all_of_them.place = "client"
    if not own:
        all_of_them.title = f"{count:,} clients"
        return [all_of_them]
    known = NAMES["client"]({client}) if "client" in NAMES else {}
    name, url = known.get(client, (f"Client {client}", ""))
    here = Node(f"{client} {name}", 2, summed(own), kind="open", url=url)
    here.fold_url, here.place = address.url(client=None), f"client/{client}"
    leaves = [_leaf(rows, 3, path.split("/", 2)[2]) for path, rows in sorted(_grouped(own).items())]
    mine, rest = summed(own), summed(lines)
    others = {asset: money - mine.get(asset, Money.zero(asset)) for asset, money in rest.items()}
    closing = Node(f"{count - 1:,} other clients", 2, others, kind="fold")
    return [all_of_them, here, *leaves, *([closing] if count > 1 else [])]


def currencies_of(lines: Sequence[Line], first: str) -> list[str]:
    """All currencies, those with most accounts first, the wanted one in front of all."""
    sizes: Counter[str] = Counter()
    for one in lines:
        sizes[one.asset] += one.accounts
    order = [code for code, _ in sizes.most_common()]
    return sorted(order, key=lambda code: code != first)


def _cells(node: Node, currencies: Sequence[str], moment: Moment) -> list[dict[str, Any]]:
    return [
        {
            "money": node.amounts.get(code),
            "account": node.accounts.get(code),
            "url": _down(node, code, moment),
            "low": 0 if at == 0 else 2 if at < 3 else 3,
        }
        for at, code in enumerate(currencies)
    ]


def _down(node: Node, code: str, moment: Moment) -> str:
    """From a figure to what it is made of: now to accounts, then to the entries until then."""
    is_now = moment.at is None
    if code in node.accounts:
        pk = node.accounts[code]
        return account_url(pk) if is_now else statement_url(pk, moment)
    if not node.place:
        return ""
    return accounts_url(node.place, code) if is_now else entries_url(node.place, code, moment)


def figures_of(act: Act, lines: list[Line], moment: Moment, first: str) -> list[Figure]:
    owed = owed_to_clients(lines)
    zero = Money.zero(first) if first else Money.zero("USD")
    owed_here = owed.get(first, zero)
    held_here = -summed(one for one in lines if _holds(one)).get(first, zero)
    total = summed(lines).get(first, zero)
    known = act.actor.may(queries.verifications.name)
    proof = queries.verifications(act).first() if known else None
    when = f"at {moment.at:%-d %b %Y %H:%M}" if moment.at else "now"
    why = arithmetic(
        "Held for clients",
        *[
            (account_title(one.path, one.title), -one.balance)
            for one in lines
            if _holds(one) and one.asset == first and one.balance
        ],
        note="What providers and banks have of clients’ money. Fees, reserves and the firm’s own"
        " accounts are none of it.",
    )
    parts = [
        ("All clients' accounts" if one.path == "client" else account_title(one.path, one.title),
         one.owed)
        for one in lines
        if one.asset == first and one.owed
    ]  # fmt: skip
    verified, tone = _verified(act, proof)
    return [
        Figure("Owed to clients", owed_here, note=_others(owed, first) or when,
               why=arithmetic("Owed to clients", *parts, note=NOT_OWED) if parts else None),
        Figure("Held for clients", held_here, note=_more(held_here - owed_here), why=why,
               note_tone="bad" if held_here.amount < owed_here.amount else ""),
        Figure("Entries", f"{proof.entries:,}" if proof else "—", note="at the last proof", low=3),
        Figure("Sum of every account", total, tone="ok" if not total else "bad", note=verified,
               note_tone=tone),
    ]  # fmt: skip


def owed_to_clients(lines: Iterable[Line]) -> dict[str, Money]:
    """What clients could ask back, by currency."""
    found: dict[str, Money] = {}
    for one in lines:
        found[one.asset] = found.get(one.asset, Money.zero(one.asset)) + one.owed
    return found


def _holds(line: Line) -> bool:
    """Whether a line is money of clients that somebody keeps for us."""
    return line.of_clients and line.path.startswith(("provider/", "bank/"))


def _more(money: Money) -> str:
    if not money:
        return "as much as owed"
    return f"{abs(money)} {'more' if money.amount > 0 else 'less'} than owed"


def _others(amounts: dict[str, Money], first: str) -> str:
    return ", ".join(str(money) for code, money in amounts.items() if code != first and money)


def _verified(act: Act, proof: Any) -> tuple[str, str]:
    if proof is None:
        return "not verified yet", ""
    if proof.flaws:
        return f"{len(proof.flaws)} invariants do not hold", "bad"
    return f"verified {span(act.at - proof.at)} ago", ""


@staff_page(
    "ledger", "chart", "Chart of accounts", may=queries.chart_of_accounts.name, icon="book-2"
)
def chart_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Every account with what stands on it, in sections that sum to nothing."""
    address = Address(CHART_URL, request.GET.dict())
    moment = moment_of(request.GET)
    wanted = request.GET.get("client", "").upper().removeprefix("C-").strip()
    client = int(wanted) if wanted.isdigit() and len(wanted) < 19 else 0
    lines = queries.chart_of_accounts(act, moment)
    own = queries.chart_of_accounts(act, moment, client_id=client) if client else []
    known = currencies_of(lines, request.GET.get("currency", "USD"))
    currencies = known[:MOST_CURRENCIES]
    nodes = tree(act, lines, own, client, address)
    for node in nodes:
        node.cells = _cells(node, currencies, moment)
    sums = _cells(Node("Sum", 0, summed(lines)), currencies, moment)
    first = currencies[0] if currencies else ""
    context = {
        "title": "Ledger",
        "sub": "Every transfer takes from one account and gives to another.",
        "moment": moment,
        "at_text": f"{moment.at:%Y-%m-%d %H:%M:%S}" if moment.at else "",
        "clocks": [("recorded", "Recorded"), ("effective", "Effective")],
        "kept": address.without("at", "clock"),
        "found_nothing": bool(wanted) and not own,
        "asked_client": wanted,
        "find_kept": address.without("client"),
        "figures": figures_of(act, lines, moment, first) if lines else [],
        "views": tabs(act, "Chart of accounts"),
        "currencies": [
            {"code": code, "url": address.url(currency=code), "low": cell["low"]}
            for code, cell in zip(currencies, sums, strict=True)
        ],
        "known": [(code, address.url(currency=code)) for code in known] if known[1:] else [],
        "nodes": nodes,
        "total": sums,
        "now_url": address.url(at=None, clock=None),
        "export_url": f"{STAFF}ledger/export/" if act.actor.may("ledger.export_ledger") else "",
        "trial_url": f"{STAFF}ledger/trial/?{_query(moment)}",
    }
    return show(request, act, "ledger/chart.html", context)


def _query(moment: Moment) -> str:
    return urlencode({"at": at_said(moment.at), "clock": moment.clock}) if moment.at else ""
