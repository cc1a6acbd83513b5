"""What partners does after something happened: claims, accruals, and the month's end.

Every reaction looks up what is done before it does it again.
"""

from contextlib import suppress
from datetime import timedelta

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.models import Record
from nostro.partners import operations
from nostro.partners.models import Accrual, ClientLink, Conflict, Partner, Statement
from nostro.partners.operations.accruals import NothingToAccrue, acquisition_line
from nostro.partners.queries import live_link
from nostro.partners.queries.chains import accruable, worked_out
from nostro.payments.events import DepositChargedBack, DepositSettled
from nostro.payments.models import Deposit
from nostro.people.events import ClientRegistered, ClientsImported
from nostro.people.models import Client
from nostro.trading.events import DealsAdopted, DealsCorrected, DealsRecorded


@on(ClientRegistered)
def attribute_registration(act: Act, event: ClientRegistered, key: str) -> None:
    """A client who registered with a code is the client of the partner it belongs to."""
    record = Record.objects.filter(pk=act.cause or 0).first()
    if event.referral_code and record is not None and record.client_id is not None:
        _attribute(act, Client.objects.get(pk=record.client_id))


@on(ClientsImported)
def attribute_imported(act: Act, event: ClientsImported, key: str) -> None:
    """So is one who was brought over from another system with a code."""
    clients = Client.objects.filter(pk__in=event.client_ids).exclude(referral_code="")
    for client in clients.order_by("pk"):
        _attribute(Act.system(cause=act.cause, key=f"{key}/{client.pk}", door=act.door), client)


def _attribute(act: Act, client: Client) -> None:
    """To the partner whose code it is, unless somebody has the client or claims them."""
    link = live_link(client.referral_code)
    if link is None:
        return
    claimed = Conflict.objects.filter(client=client, claimant=link.partner)
    if ClientLink.objects.filter(client=client).exists() or claimed.exists():
        return
    how = ClientLink.How.LINK if link.clicks.exists() else ClientLink.How.CODE
    operations.attribute_client(act, client, partner=link.partner, how=how, link=link)


@on(DealsRecorded)
def accrue_recorded(act: Act, event: DealsRecorded, key: str) -> None:
    """Deals that closed positions of partners' clients earn their commissions."""
    if accruable(event.deal_ids):
        operations.accrue_deals(act, deals=event.deal_ids)


@on(DealsAdopted)
def accrue_adopted(act: Act, event: DealsAdopted, key: str) -> None:
    """Deals whose account became known later earn like the others, and once."""
    if accruable(event.deal_ids):
        operations.accrue_deals(act, deals=event.deal_ids)


@on(DealsCorrected)
def follow_corrected(act: Act, event: DealsCorrected, key: str) -> None:
    """Deals that a platform changed or deleted change what was earned on them."""
    if worked_out(event.deal_ids):
        with suppress(NothingToAccrue):
            operations.follow_deals(act, deals=event.deal_ids)


@on(DepositSettled)
def accrue_new_client(act: Act, event: DepositSettled, key: str) -> None:
    """A deposit may be what a plan pays for a new client."""
    deposit = Deposit.objects.select_related("client").get(pk=event.deposit_id)
    if acquisition_line(act, deposit) is not None:
        operations.accrue_acquisition(act, deposit)


@on(DepositChargedBack)
def take_back_new_client(act: Act, event: DepositChargedBack, key: str) -> None:
    """What was paid for a deposit is taken back with it."""
    lines = Accrual.objects.filter(
        deposit_id=event.deposit_id, corrected_by=None, kind=Accrual.Kind.ACQUISITION
    )
    for line in lines:
        operations.correct_accrual(
            Act.system(cause=act.cause, key=f"{key}/{line.pk}", door="reaction"), line,
            reason="The client's bank took the deposit back, which the reward was for.",
        )  # fmt: skip


@every("0 9 3 * *")
def close_last_month(act: Act) -> None:
    """On the third, once the last trades of the month are in, every month is closed."""
    month = (act.at.replace(day=1) - timedelta(days=1)).date().replace(day=1)
    done = Statement.objects.filter(period__gte=month).values("partner")
    lines = Accrual.objects.filter(
        statement=None, at__lt=act.at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    )
    waiting = Partner.objects.filter(pk__in=lines.values("partner")).exclude(pk__in=done)
    for partner in waiting.order_by("pk"):
        operations.close_statement(Act.system(door="schedule"), partner, month=month)
