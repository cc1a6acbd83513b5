"""The trial balance: each account on the side on which it stands, and both sides sum to the same.

Of one legal entity or of all, now, as it was known at a moment, or as it counts by a day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.kit.problems import Forbidden, Problem
from nostro.ledger import queries
from nostro.ledger.queries import Line, Moment
from nostro.ledger.staff.chart import FOLDS, moment_of
from nostro.ledger.staff.naming import account_title, named, tabs
from nostro.ledger.staff.narrowing import (
    accounts_url,
    currencies,
    entity_chip,
    entity_of,
    entries_url,
    statement_url,
)
from nostro.ui.addresses import STAFF, Address
from nostro.ui.exports import given
from nostro.ui.filters import Choice
from nostro.ui.operations import export_rows
from nostro.ui.pages import show, staff_page


@dataclass(frozen=True)
class TrialLine:
    """One account: what it took and gave, and on which side its balance stands."""

    path: str
    title: str
    asset: str
    debits: Money
    credits: Money
    url: str = ""

    @property
    def net(self) -> Money:
        return self.credits - self.debits

    @property
    def debit(self) -> Money | None:
        return -self.net if self.net.amount < 0 else None

    @property
    def credit(self) -> Money | None:
        return self.net if self.net.amount > 0 else None


@dataclass(frozen=True)
class TrialCurrency:
    """The accounts of one currency with their sums."""

    asset: str
    lines: Sequence[TrialLine]

    def _sum(self, amounts: Iterable[Money | None]) -> Money:
        return sum((one for one in amounts if one is not None), Money.zero(self.asset))

    @property
    def debits(self) -> Money:
        return self._sum(one.debits for one in self.lines)

    @property
    def credits(self) -> Money:
        return self._sum(one.credits for one in self.lines)

    @property
    def debit(self) -> Money:
        return self._sum(one.debit for one in self.lines)

    @property
    def credit(self) -> Money:
        return self._sum(one.credit for one in self.lines)

    @property
    def balances(self) -> bool:
        return self.debit == self.credit and self.debits == self.credits


@dataclass(frozen=True)
class Asked:
    """Whose trial balance, of when, and in which currency."""

    moment: Moment
    entity_id: int | None
    entity: str
    currency: str

    @property
    def when(self) -> str:
        if self.moment.at is None:
            return "As of now"
        if self.moment.clock == "effective":
            return f"As it counts by the end of {self.moment.at:%-d %b %Y}"
        return f"As it was known at {self.moment.at:%-d %b %Y %H:%M:%S} UTC"


def asked(act: Act, params: Any) -> Asked:
    """What an address asks for. Raises a sentence for what makes no sense."""
    entity_id, entity = entity_of(act, params)
    code = params.get("currency", "")
    if code and code not in queries.currencies():
        raise Problem(f"The ledger keeps no “{code}”.", field="currency")
    return Asked(moment_of(params), entity_id, entity, code)


def _lines(act: Act, wanted: Asked, *, whole: bool = False) -> list[TrialLine]:
    found = queries.chart_of_accounts(act, wanted.moment, whole=whole, entity_id=wanted.entity_id)
    kept = [one for one in found if wanted.currency in ("", one.asset)]
    rows = queries.accounts_by_id({one.id for one in kept}) if whole else {}
    names = named(rows.values())
    return [
        TrialLine(
            one.path, names[one.id].text if one.id in names else _title(one), one.asset,
            one.debits, one.credits, _url(one, wanted),
        )
        for one in sorted(kept, key=lambda one: (one.asset, one.path))
    ]  # fmt: skip


def _title(line: Line) -> str:
    if line.path == "client":
        return "1 client" if line.clients == 1 else f"{line.clients:,} clients"
    return FOLDS.get(line.path) or account_title(line.path, line.title)


def _url(line: Line, wanted: Asked) -> str:
    """Down to the account's statement, of the same moment and entity. Accounts of many are a list
    first, which is of now and of the whole firm: where something else was asked, their entries.
    """
    moment, entity_id = wanted.moment, wanted.entity_id
    if line.path not in FOLDS:
        return statement_url(line.id, moment, entity_id)
    if moment.at is None and entity_id is None:
        return accounts_url(line.path, line.asset)
    return entries_url(line.path, line.asset, moment, entity_id)


def by_currency(lines: Iterable[TrialLine]) -> list[TrialCurrency]:
    found: dict[str, list[TrialLine]] = {}
    for one in lines:
        found.setdefault(one.asset, []).append(one)
    return [TrialCurrency(asset, own) for asset, own in found.items()]


@staff_page("ledger", "trial", "Trial balance", may=queries.chart_of_accounts.name, icon="scale")
def trial_view(request: HttpRequest, act: Act) -> HttpResponse:
    """Debit and credit balances of every account, which are equal in each currency."""
    wanted = asked(act, request.GET)
    if request.method == "POST":
        return _file(request, act, wanted)
    address = Address(f"{STAFF}ledger/trial/", request.GET.dict())
    lines = _lines(act, wanted)
    at = wanted.moment.at
    context = {
        "title": "Trial balance",
        "sub": f"{wanted.entity or 'The whole firm'}. {wanted.when}.",
        "views": tabs(act, "Trial balance"),
        "currencies": by_currency(lines),
        "moment": wanted.moment,
        "at_text": f"{at:%Y-%m-%d %H:%M:%S}" if at else "",
        "clocks": [("recorded", "Recorded"), ("effective", "Effective")],
        "kept": address.without("at", "clock"),
        "now_url": address.url(at=None, clock=None),
        "filters": [
            entity_chip(act, address),
            Choice("currency", choices=currencies).chip(act, address),
        ],
        "may_export": act.actor.may(export_rows.name),
        "here": request.get_full_path(),
    }
    return show(request, act, "ledger/trial.html", context)


def _sheet(found: Iterable[TrialCurrency]) -> Iterator[list[Any]]:
    yield [
        "Account", "Title", "Currency", "Debits", "Credits", "Debit balance", "Credit balance",
    ]  # fmt: skip
    for one in found:
        for line in one.lines:
            sides = [line.debit.amount if line.debit else "", line.credit.amount if line.credit
                     else ""]  # fmt: skip
            yield [line.path, line.title, one.asset, line.debits.amount, line.credits.amount,
                   *sides]  # fmt: skip
        sums = (one.debits, one.credits, one.debit, one.credit)
        yield ["", f"Sum {one.asset}", one.asset, *(money.amount for money in sums)]


def _file(request: HttpRequest, act: Act, wanted: Asked) -> HttpResponse:
    """The trial balance account by account, as a file, with a record that it was taken."""
    if not act.actor.may(export_rows.name):
        raise Forbidden("Your role does not include exports.")
    kind = request.POST.get("form", "csv")
    lines = _lines(act, wanted, whole=kind != "pdf")
    rows = list(_sheet(by_currency(lines)))
    at = wanted.moment.at or act.at
    said = {
        "at": f"{at:%Y-%m-%d %H:%M:%S}", "clock": wanted.moment.clock, "entity": wanted.entity,
        "currency": wanted.currency,
    }  # fmt: skip
    strong = [at for at, row in enumerate(rows) if str(row[1]).startswith("Sum ")]
    answer = given(
        rows, kind, f"trial-balance-{at:%Y%m%d-%H%M}", act, title="Trial balance",
        facts=[("Of", wanted.entity or "The whole firm"), ("When", wanted.when)], strong=strong,
        note="Clients and partners are one line each; a spreadsheet names every account.",
    )  # fmt: skip
    export_rows(act, page="ledger/trial", rows=len(lines), filters=said, form=kind)
    return answer
