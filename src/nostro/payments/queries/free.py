"""What can be taken out of trading accounts: the one figure that is shown and enforced.

It is free margin without credit as the platform showed it last, with what our own transfers have
done since: what leaves counts as soon as it is asked for, what comes in once it is there.
"""

from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from nostro.core.statements import composed
from nostro.kit.money import Money
from nostro.payments.models import Transfer
from nostro.trading.models import Deal, TradingAccount
from nostro.trading.queries import FREE

Figures = tuple[int, str, Decimal, Decimal, Decimal, Decimal | None]
Status = Transfer.Status


@composed
def accounts_beside(client_id: int) -> QuerySet[TradingAccount, Figures]:
    """A client's accounts: key, currency, balance, credit, free margin, and what transfers moved
    that these figures do not show yet. One statement.
    """
    read_at = Coalesce(F("account__read_at"), F("account__requested_at"))
    shown = Deal.objects.filter(
        platform=OuterRef("account__platform"), ticket=OuterRef("ticket"),
        read_at__lte=OuterRef("account__read_at"),
    )  # fmt: skip
    leaving = Q(status=Status.IN_TRANSIT, direction="out")
    since = Q(status=Status.SETTLED, settled_at__gt=read_at) & ~Exists(shown)
    signed = Case(When(direction="out", then=-F("amount")), default=F("amount"))
    moved = Transfer.objects.filter(leaving | since, account=OuterRef("pk")).order_by()
    total = moved.values("account").annotate(total=Sum(signed)).values("total")
    rows = TradingAccount.objects.filter(client_id=client_id, login__isnull=False)
    return rows.values_list(
        "pk", "currency", "balance", "credit", "free_margin", Subquery(total)
    )  # fmt: skip


def free_on_accounts(client_id: int) -> dict[int, Money]:
    """What can be taken out of each trading account of a client. One statement."""
    return {
        pk: TradingAccount(
            currency=currency, balance=balance, credit=credit, free_margin=free_margin
        ).free_after(moved or Decimal(0))
        for pk, currency, balance, credit, free_margin, moved in accounts_beside(client_id)
    }


FREE.append(free_on_accounts)
