"""Practice accounts: what is offered to whom, and what they are kept apart by."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from nostro.people.models import Client
from nostro.trading.decisions import (
    PRACTICE,
    PRACTICE_END,
    PracticeAnswer,
    PracticeAsked,
    PracticeEndAsked,
)
from nostro.trading.models import Group, TradingAccount
from nostro.trading.queries.rulings import in_force


@dataclass(frozen=True)
class PracticeOffer:
    """A kind of practice account that a client may open now, and the virtual money it may have."""

    account_type: str
    currency: str
    least: Decimal
    most: Decimal

    @property
    def value(self) -> str:
        return f"{self.account_type}/{self.currency}"


def practice_asked(client: Client, account_type: str, currency: str) -> PracticeAsked:
    """The facts that the rule of practice accounts is asked with."""
    return PracticeAsked(
        entity=client.entity.code, country=client.country, account_type=account_type,
        currency=currency, standing=client.status, level=Decimal(client.level),
        confirmed=client.email_confirmed_at is not None,
    )  # fmt: skip


def practice_end_asked(account: TradingAccount, idle: int, noticed: int) -> PracticeEndAsked:
    """The facts that the rule of a practice account's end is asked with."""
    return PracticeEndAsked(
        entity=account.entity.code, idle_days=Decimal(idle), noticed_days=Decimal(noticed)
    )


def practice_end() -> Callable[[PracticeEndAsked], str]:
    """What the rules in force say is due, for as many accounts as one has."""
    rule = in_force(PRACTICE_END)
    return lambda asked: rule(asked).step


def practice_held(client: Client) -> int:
    """How many practice accounts the client has that were not closed."""
    gone = [TradingAccount.Status.CLOSED, TradingAccount.Status.REFUSED]
    held = TradingAccount.objects.filter(client=client, practice=True)
    return held.exclude(status__in=gone).count()


def practice_terms(client: Client, account_type: str, currency: str) -> PracticeAnswer:
    """What the rules in force would say, without keeping the answer as a decision."""
    return in_force(PRACTICE)(practice_asked(client, account_type, currency))


def practice_offers(client: Client) -> list[PracticeOffer]:
    """What the client may practise on now; their own currency first."""
    rows = Group.objects.filter(
        entity=client.entity, practice=True, swap_free=False, platform__left_at=None
    )
    own, held = client.base_currency, practice_held(client)
    kinds = set(rows.values_list("account_type", "currency"))
    found = []
    for kind, currency in sorted(kinds, key=lambda k: (k[1] != own, k[0] != "standard", k[1])):
        terms = practice_terms(client, kind, currency)
        if held < terms.accounts and terms.most > 0:
            found.append(PracticeOffer(kind, currency, terms.least, terms.most))
    return found
