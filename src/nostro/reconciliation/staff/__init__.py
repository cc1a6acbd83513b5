"""Staff pages of reconciliation. The first to be declared is the one behind the menu."""

from typing import Any

from nostro.reconciliation.models import (
    BankAccount,
    Break,
    ClientMoneyReport,
    Match,
    StatementFile,
)

from nostro.reconciliation.staff import standing  # isort: skip
from nostro.core.acts import Act
from nostro.core.queries import named
from nostro.reconciliation import queries
from nostro.reconciliation.staff import breaks, client_money, matches, statements
from nostro.ui.timeline import NAMES, WORDS

__all__ = ["breaks", "client_money", "matches", "standing", "statements"]


def _names_of(model: Any, url: str) -> Any:
    def names(ids: set[int]) -> dict[int, tuple[str, str]]:
        return {pk: (str(one), f"{url}{pk}/") for pk, one in named(model, ids).items()}

    return names


NAMES["reconciliation.break"] = _names_of(Break, breaks.found.url)
NAMES["reconciliation.match"] = _names_of(Match, matches.match.url)
NAMES["reconciliation.bankaccount"] = _names_of(BankAccount, statements.account.url)
NAMES["reconciliation.statementfile"] = _names_of(StatementFile, statements.statement.url)
NAMES["reconciliation.clientmoneyreport"] = _names_of(ClientMoneyReport, client_money.report.url)


def bank_name(iban: str) -> str:
    """A bank account as people call it, where only its IBAN is kept."""
    rows = queries.bank_accounts(Act.system()).select_related("entity")
    found = rows.filter(iban=iban).first()
    if found is None:
        return iban
    whose = found.entity.code
    return f"{found.name} {whose}, {found.currency} at {found.provider.capitalize()}"


WORDS["bank"] = bank_name
