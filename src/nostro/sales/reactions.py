"""Tasks that follow from what clients do: who could not pay in is called soon."""

from datetime import timedelta

from nostro.core.acts import Act
from nostro.core.jobs import on
from nostro.payments.events import DepositFailed
from nostro.payments.models import Deposit
from nostro.people.models import Client
from nostro.sales import operations as sales
from nostro.sales.models import Task

SOON = timedelta(hours=8)


@on(DepositFailed)
def help_to_pay_in(act: Act, event: DepositFailed, key: str) -> None:
    """One task a client and day, unless they have paid in since by another way."""
    deposit = Deposit.objects.select_related("client__owner").get(pk=event.deposit_id)
    later = Deposit.objects.filter(client=deposit.client_id, settled_at__gte=deposit.started_at)
    name = f"failed/{deposit.client_id}/{act.at:%Y-%m-%d}"
    if deposit.client.status != Client.Status.ACTIVE or later.exists():
        return
    if Task.objects.filter(key=name).exists():
        return
    sales.make_task(
        act, deposit.client, how=Task.How.CALL, within=SOON,
        text=f"Could not pay in {event.money}: {event.reason}"[:200], key=name,
    )  # fmt: skip
