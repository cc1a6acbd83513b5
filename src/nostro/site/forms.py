"""What forms offer where operations of several rooms ask for the same thing: a currency of the
ledger, an account type of the platforms.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.kit.problems import Forbidden
from nostro.ledger.queries import currencies
from nostro.people import queries as people
from nostro.people.models import Client
from nostro.trading import queries
from nostro.trading.models import Group, TradingAccount
from nostro.ui.fields import CHOICES

Pairs = Iterable[tuple[Any, str]]


def _currencies(act: Act, subject: Any) -> Pairs:
    """Those that the firm's legal entities keep their books in stand first."""
    try:
        first = {one.base_currency for one in people.entities(act)}
    except Forbidden:
        first = set()
    return [(code, code) for code in sorted(currencies(), key=lambda one: (one not in first, one))]


def _groups(act: Act, subject: Any, practice: bool) -> models.QuerySet[Group]:
    """The groups that a new account of this subject may be kept in."""
    try:
        found = queries.groups(act).filter(platform__live=True, practice=practice, swap_free=False)
    except Forbidden:
        return Group._default_manager.none()
    if isinstance(subject, Client | TradingAccount):
        found = found.filter(entity=subject.entity_id)
    return found.order_by()


def _types(act: Act, subject: Any, *, practice: bool = False) -> Pairs:
    found = _groups(act, subject, practice)
    if isinstance(subject, TradingAccount):
        found = found.filter(currency=subject.currency)
    kinds = found.values_list("account_type", flat=True).distinct()
    return [(one, one.replace("_", " ").capitalize()) for one in sorted(kinds)]


def _codes(act: Act, subject: Any, *, practice: bool = False) -> Pairs:
    own = getattr(subject, "base_currency", "")
    found = _groups(act, subject, practice).values_list("currency", flat=True).distinct()
    return [(one, one) for one in sorted(found, key=lambda code: (code != own, code))]


def _practice_types(act: Act, subject: Any) -> Pairs:
    return _types(act, subject, practice=True)


def _practice_codes(act: Act, subject: Any) -> Pairs:
    return _codes(act, subject, practice=True)


CHOICES |= {
    "currency": _currencies,
    "base_currency": _currencies,
    "payout_currency": _currencies,
    "trading.request_account.account_type": _types,
    "trading.request_account.currency": _codes,
    "trading.request_practice.account_type": _practice_types,
    "trading.request_practice.currency": _practice_codes,
    "trading.change_account_type.account_type": _types,
}
