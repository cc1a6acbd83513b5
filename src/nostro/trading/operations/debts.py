"""What becomes of an account below zero: decided by a rule, or by people; then asked of the
platform, and in the ledger once its deal is read. What was lent on it goes in the same entry.
"""

from decimal import Decimal
from typing import Any

from django.db.models import Sum

from nostro.core.acts import Act
from nostro.core.models import Proposal
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.words import whole
from nostro.ledger.operations import ReasonNeeded
from nostro.ledger.operations.by_hand import agreed, proposed
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import NEGATIVE, NegativeAsked
from nostro.trading.events import NegativeFound, WriteOffAsked
from nostro.trading.models import TradingAccount
from nostro.trading.operations.upkeep import reference_of
from nostro.trading.queries.books import WRITTEN_OFF
from nostro.trading.queries.debts import Debt
from nostro.trading.rates import in_usd


def negative_asked(debt: Debt) -> NegativeAsked:
    """The facts that the rule of negative balances is asked with."""
    account = debt.account
    return NegativeAsked(
        entity=account.entity.code,
        category=account.client.category,
        owed=-in_usd(account.balance_money),
        equity=in_usd(account.equity_money),
        cause=debt.cause or "unknown",
    )


@operation(internal=True, reads=("entity", "client"))
def correct_negative(act: Act, account: TradingAccount) -> TradingAccount:
    """Set an account that a stop-out left below zero to zero, where the rules say so."""
    money = _owed(account)
    [debt] = queries.debts([account])
    if debt.cause is None:
        raise WrongState(f"The deals of {account} are still being read.")
    answer = decide(act, NEGATIVE, negative_asked(debt), about=account)
    event = NegativeFound(
        account.pk, money, _lent(account), answer.output.correct, reference_of(WRITTEN_OFF),
        answer.id, debt.cause,
    )  # fmt: skip
    act.record(event, about=account)
    return account


@operation(title="Write off", icon="receipt-refund", confirm="Somebody else has to agree.")
def propose_write_off(act: Act, account: TradingAccount, *, reason: str) -> Proposal:
    """Ask to set an account below zero to zero at our cost, and to take back what is lent on it."""
    money = _owed(account, reason)
    inputs: dict[str, Any] = {"money": money, "reason": reason.strip()}
    raw = inputs | {"money": f"{money.amount} {money.currency}"}
    return proposed(act, write_off_debt, account, inputs, raw)


@operation(title="Write off", icon="receipt-refund", internal=True)
def write_off_debt(
    act: Act, account: TradingAccount, *, money: Money, reason: str
) -> TradingAccount:
    """Set an account below zero to zero at our cost, and take back what is lent on it."""
    agreed()
    if _owed(account, reason) != money:
        raise WrongState(f"{account} is below zero by another amount now. Propose it anew.")
    event = WriteOffAsked(
        account.pk, money, _lent(account), whole(reason), reference_of(WRITTEN_OFF)
    )
    act.record(event, about=account)
    return account


def _owed(account: TradingAccount, reason: str = "by the rules") -> Money:
    if not reason.strip():
        raise ReasonNeeded("Say why the client does not pay it.", field="reason")
    if account.practice or account.balance >= 0 or account.position_set.exists():
        raise WrongState(f"{account} is not below zero, or still has open trades.")
    return -account.balance_money


def _lent(account: TradingAccount) -> Money:
    """What is lent on it, as the platform showed it or as we gave it, whichever is more."""
    ours = queries.credits_on(account).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return account.money(max(account.credit, ours))
