"""The platforms connected today: who opens an account there first, and puts money on it."""

import logging
from decimal import Decimal

from nostro.core.jobs import drain
from nostro.kit.problems import Problem
from nostro.payments import operations as payments
from nostro.payments.queries import withdrawable
from nostro.people.models import Client
from nostro.site.demo.firm import Cast, as_client
from nostro.site.demo.outside import OTHERS
from nostro.trading import operations as trading
from nostro.trading.models import Group, Platform, TradingAccount
from nostro.trading.queries import practice_offers

log = logging.getLogger("nostro.demo")
FEW = 4
Status = TradingAccount.Status


def settle_in(cast: Cast) -> None:
    """Once: a few clients on each new platform, with a part of what lies in their wallets."""
    new = [one for one in Platform.objects.filter(slug__in=OTHERS.values()) if _is_empty(one)]
    if not new:
        return
    drain()
    rich = [client for client in Client.objects.filter(status=Client.Status.ACTIVE).order_by("pk")
            if _free(client) >= 100]  # fmt: skip
    for number, platform in enumerate(new):
        for client in rich[number :: len(new)][:FEW]:
            _open(cast, client, platform)
    drain()
    for account in TradingAccount.objects.filter(platform__in=new, status=Status.OPEN):
        _fund(account)
    _practise()
    drain()


def _is_empty(platform: Platform) -> bool:
    return not TradingAccount.objects.filter(platform=platform).exists()


def _free(client: Client) -> Decimal:
    money = withdrawable(client).get(client.base_currency)
    return money.amount if money else Decimal(0)


def _open(cast: Cast, client: Client, platform: Platform) -> None:
    """Asked for by the client; where the rules name no group of this platform, a person does."""
    groups = Group.objects.filter(
        platform=platform, entity=client.entity, currency=client.base_currency,
        account_type="standard", swap_free=False, practice=False,
    )  # fmt: skip
    try:
        account = trading.request_account(
            as_client(client), client, account_type="standard",
            currency=client.base_currency, platform=platform,
        )  # fmt: skip
        group = groups.first()
        if account.status == Status.REQUESTED and group is not None:
            trading.approve_account(cast.act("eleni"), account, group=group, leverage=30)
    except Problem as refusal:
        log.info("%s opens nothing on %s: %s", client, platform, refusal)


def _practise() -> None:
    """Some try themselves with virtual money before their documents are looked at, some beside."""
    for status in (Client.Status.REGISTERED, Client.Status.IN_REVIEW, Client.Status.ACTIVE):
        rows = Client.objects.filter(status=status).exclude(email_confirmed_at=None)
        for client, balance in zip(rows.order_by("-pk")[:2], (10_000, 50_000), strict=False):
            for offer in practice_offers(client)[:1]:
                trading.request_practice(
                    as_client(client), client, account_type=offer.account_type,
                    currency=offer.currency, balance=Decimal(balance),
                )  # fmt: skip


def _fund(account: TradingAccount) -> None:
    money = withdrawable(account.client).get(account.currency)
    if money is None or money.amount < 50:
        return
    half = account.money(money.amount / 2)
    client = account.client
    payments.request_transfer(as_client(client), client, account=account, money=half)
