"""Money that somebody booked on a platform without us: taken into the ledger by two people, or set
right on the platform.
"""

from typing import Any, Literal

from nostro.core.acts import Act
from nostro.core.models import Proposal
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.operations import Move, ReasonNeeded, post
from nostro.ledger.operations.by_hand import agreed, proposed
from nostro.trading.events import DealTaken
from nostro.trading.models import Deal, TakenDeal, TradingAccount
from nostro.trading.queries.books import ledger_path, loose_deal

Against = Literal["adjustments", "fees", "bonus", "wallet"]


class NothingLoose(Problem):
    """The ledger has of this deal what it should have."""

    status = 409


class OtherAmount(Problem):
    """The deal was changed, or taken in, since this was proposed."""

    status = 409


class NotOurs(Problem):
    """Credit was to come from the client's own money."""

    def __init__(self, text: str) -> None:
        super().__init__(text, field="against")


@operation(title="Take into the ledger", icon="book-2",
           confirm="Somebody else has to agree.")  # fmt: skip
def propose_taking(act: Act, deal: Deal, *, against: Against, reason: str) -> Proposal:
    """Ask to post what was booked on the platform without us: against the house's adjustments, its
    fees, bonuses given, or the client's wallet. Credit is lent, and no wallet's money.
    """
    money = _loose(act, deal, reason)
    _check_against(deal, against)
    inputs: dict[str, Any] = {"money": money, "against": against, "reason": reason.strip()}
    raw = inputs | {"money": f"{money.amount} {money.currency}"}
    return proposed(act, take_deal, deal, inputs, raw)


@operation(title="Take into the ledger", icon="book-2", internal=True)
def take_deal(
    act: Act, deal: Deal, *, money: Money, against: Against, reason: str
) -> TakenDeal:  # fmt: skip
    """Post in the ledger what was booked on the platform without us."""
    agreed()
    if _loose(act, deal, reason) != money or deal.account is None:
        raise OtherAmount("It is another amount by now. Propose it anew.")
    _check_against(deal, against)
    account = deal.account
    here, house = _here(deal, account), _house(account, against)
    gave = money.amount > 0
    move = Move(abs(money), source=house if gave else here, target=here if gave else house)
    post(
        act, f"Deal {deal.ticket} of {account.login} taken in: {reason.strip()}", move,
        key=f"deal-taken/{deal.pk}/{deal.taken.count()}", kind="adjustment",
        entity_id=account.entity_id, effective_at=deal.at,
    )  # fmt: skip
    made = TakenDeal.objects.create(
        deal=deal, amount=money.amount, against=against, reason=whole(reason),
        taken_at=act.at,
    )  # fmt: skip
    event = DealTaken(deal.pk, deal.ticket, money, against, reason.strip())
    act.record(event, about=account)
    return made


def _loose(act: Act, deal: Deal, reason: str) -> Money:
    if not reason.strip():
        raise ReasonNeeded("Say why this was booked on the platform.", field="reason")
    found = loose_deal(deal, act.at)
    if found is None:
        raise NothingLoose("The ledger has of this deal what it should have.")
    return found.loose


def _check_against(deal: Deal, against: Against) -> None:
    if deal.action == Deal.Action.CREDIT and against == "wallet":
        raise NotOurs("Credit is the house's money: name what the house lent it from.")


def _here(deal: Deal, account: TradingAccount) -> chart.Account:
    """Where the ledger has what the deal moved: the account's cash, or what is lent on it."""
    if deal.action != Deal.Action.CREDIT or account.login is None:
        return ledger_path(account)
    return chart.client_credit(account.client_id, account.platform.slug, account.login)


def _house(account: TradingAccount, against: Against) -> chart.Account:
    if against == "wallet":
        return chart.client_wallet(account.client_id)
    houses = {"fees": chart.house_fees, "bonus": chart.house_bonus}
    return houses.get(against, chart.house_adjustments)()
