"""Groups of platforms: whose licence each is under, what it is for, and whose risk it is."""

from typing import Literal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import Currency
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.people.models import LegalEntity
from nostro.trading.events import BookSet, GroupAdded, GroupChanged
from nostro.trading.models import Group, Platform, TradingAccount

GONE = (
    TradingAccount.Status.CLOSED, TradingAccount.Status.REFUSED, TradingAccount.Status.FAILED,
)  # fmt: skip


@operation(title="Add a group", icon="plus", lock=False)
def add_group(
    act: Act,
    platform: Platform,
    *,
    path: str,
    entity: LegalEntity,
    currency: str,
    account_type: str,
    book: Literal["a", "b"] = "b",
    swap_free: bool = False,
    practice: bool = False,
) -> Group:
    """Say whose licence a group of the platform is under, and what it is for.

    Accounts in a group for practice hold virtual money.
    """
    path, account_type = whole(path, "path", most=64), _type(account_type)
    if not path:
        raise Problem("Name the group as the platform does.", field="path")
    if Group.objects.filter(platform=platform, path=path).exists():
        raise Problem(f"{path} is known already.", field="path")
    currency = str(Currency(currency.strip().upper()))
    if platform.unmapped.get(path, currency) != currency:
        there = platform.unmapped[path]
        raise Problem(f"{path} is held in {there} on the platform.", field="currency")
    group = Group.objects.create(
        platform=platform, path=path, entity=entity, currency=currency,
        account_type=account_type, book=book, swap_free=swap_free, practice=practice,
    )  # fmt: skip
    if path in platform.unmapped:
        there = Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)
        there.unmapped.pop(path, None)
        there.save(update_fields=["unmapped"])
    act.record(GroupAdded(path), about=group)
    return group


@operation(title="Correct", icon="pencil", reads=("entity", "platform"))
def change_group(
    act: Act,
    group: Group,
    *,
    entity: LegalEntity,
    account_type: str,
    swap_free: bool = False,
    practice: bool = False,
) -> Group:
    """Correct whose licence a group is under and what it is for. Accounts in it stay what they are,
    so none of another legal entity, or of money of the other kind, may be in it.
    """
    rows = TradingAccount.objects.filter(group=group).exclude(status__in=GONE)
    if count := rows.exclude(entity=entity).count():
        raise Problem(f"{_accounts(count)} of another legal entity.", field="entity")
    if count := rows.exclude(practice=practice).count():
        kind = "real" if practice else "virtual"
        raise Problem(f"{_accounts(count)} with {kind} money.", field="practice")
    before = _said(group)
    group.entity, group.account_type = entity, _type(account_type)
    group.swap_free, group.practice = swap_free, practice
    if _said(group) == before:
        raise Problem(f"{group} is that already.")
    group.save(update_fields=["entity", "account_type", "swap_free", "practice"])
    act.record(GroupChanged(group.pk, _said(group), before), about=group)
    return group


def _type(text: str) -> str:
    """A type as accounts and rules name it: `standard`."""
    if not (said := whole(text, "account_type", most=20).lower()):
        raise Problem("Name the type, as the rules do: standard, raw.", field="account_type")
    return said


def _accounts(count: int) -> str:
    return "1 account in it is" if count == 1 else f"{count} accounts in it are"


def _said(group: Group) -> str:
    """What a group is for, in words: `SC standard, swap-free, practice`."""
    more = [", swap-free" if group.swap_free else "", ", practice" if group.practice else ""]
    return f"{group.entity.code} {group.account_type}{''.join(more)}"


@operation(title="Set the book", verb="Set", icon="scale")
def set_book(act: Act, group: Group, *, book: Literal["a", "b"]) -> Group:
    """Say which book carries the group's risk from now on."""
    if group.book == book:
        raise Problem(f"{group} is in book {book.upper()} already.", field="book")
    was, group.book = group.book, book
    group.save(update_fields=["book"])
    act.record(BookSet(group.pk, book.upper(), was.upper()), about=group)
    return group
