"""What should be settled before books are closed, or before a trading account is moved; and what
stands on a trading account by a transfer.
"""

from collections.abc import Iterator, Sequence

from nostro.core.acts import Act
from nostro.ledger.queries import CHECKS, Check, Closing
from nostro.payments.models import Deposit, Transfer, Withdrawal
from nostro.trading.models import TradingAccount
from nostro.trading.queries import PENDING, SENT, Sent


def before_closing(act: Act, closing: Closing) -> Iterator[Check]:
    """Payments whose outcome nobody knows, and receipts that somebody has to look at."""
    stuck = Withdrawal.objects.filter(
        status__in=[Withdrawal.Status.STUCK, Withdrawal.Status.RETURNED],
        requested_at__lt=closing.over,
    )
    held = Deposit.objects.filter(status=Deposit.Status.HELD, started_at__lt=closing.over)
    if closing.entity_id is not None:
        stuck = stuck.filter(entity=closing.entity_id)
        held = held.filter(entity=closing.entity_id)
    yield _none(stuck.count(), "Every payment sent has its outcome", "withdrawals")
    yield _none(held.count(), "Every deposit is looked at", "deposits")


def _none(count: int, text: str, page: str) -> Check:
    if not count:
        return Check(text)
    end, note = f"{count} open", "Settle them, or name them when you close."
    return Check(text, "fail", end, note, f"/staff/payments/{page}/")


CHECKS.append(before_closing)


def in_transit(accounts: Sequence[TradingAccount]) -> dict[int, str]:
    """Trading accounts that money is on its way to or from, each with a sentence."""
    ids = [one.pk for one in accounts]
    moving = Transfer.objects.filter(account__in=ids, status=Transfer.Status.IN_TRANSIT)
    return {one.account_id: f"{one.money} is still on its way ({one})." for one in moving}


PENDING.append(in_transit)


def sent(accounts: Sequence[int]) -> Iterator[Sent]:
    """Transfers of these trading accounts that were made or are on their way. One statement."""
    states = [Transfer.Status.IN_TRANSIT, Transfer.Status.SETTLED]
    rows = Transfer.objects.filter(account__in=accounts, status__in=states).order_by("pk")
    for one in rows.only("account", "reference", "amount", "direction", "ticket", "settled_at"):
        amount = one.amount if one.direction == "in" else -one.amount
        yield Sent(one.account_id, one.reference, amount, one.ticket, one.settled_at)


SENT.append(sent)
