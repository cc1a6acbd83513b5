"""Builders of this room: partners, and deals as a platform's reader would record them."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from nostro.core.acts import Act, now
from nostro.core.identity import actor_of
from nostro.core.operations import operation
from nostro.partners import operations
from nostro.partners.models import Partner
from nostro.people.models import Client
from nostro.trading.events import DealsRecorded
from nostro.trading.models import Deal, Instrument, Platform, TradingAccount
from tests import make

_numbers = count(1)


def partner(
    code: str, *, parent: Partner | None = None, entity: str = "SC", **more: Any
) -> Partner:
    """A partner on the plan the rules name."""
    return operations.add_partner(
        Act.system(), name=f"{code.title()} Partners", code=code, entity=make.entity(entity),
        email=f"partner{next(_numbers)}@example.com", parent=parent, password="correct horse",
        **more,
    )  # fmt: skip


def act_of(person: Partner) -> Act:
    """An act by this partner, as the portal would make it."""
    return Act(actor_of(person.user), door="partner")


def brought(by: Partner, code: str = "SC", **more: Any) -> Client:
    """A client who came through a partner."""
    client = make.client(code, currency="USD", **more)
    return operations.attribute_client(Act.system(), client, partner=by, how="code")


@operation(internal=True)
def record_test_deals(act: Act, *, rows: list[dict[str, Any]]) -> list[int]:
    """Deals as rows, with the event their reader records."""
    platform, _ = Platform.objects.get_or_create(
        slug="mt5-test", defaults={"kind": "mt5", "name": "MT5 Test"}
    )
    instrument, _ = Instrument.objects.get_or_create(
        code="EURUSD",
        defaults={
            "name": "Euro", "asset_class": "fx_major", "base": "EUR", "quote": "USD",
            "contract_size": 100000, "digits": 5, "pip": Decimal("0.0001"),
        },
    )  # fmt: skip
    made = []
    for row in rows:
        client: Client = row.pop("client")
        account, _ = TradingAccount.objects.get_or_create(
            client=client, platform=platform,
            defaults={
                "entity": client.entity, "login": 700000 + client.pk, "key": f"test-{client.pk}",
                "name": "Standard",
                "account_type": "standard", "currency": row.pop("account_currency", "USD"),
                "requested_at": act.at, "status": TradingAccount.Status.OPEN,
            },
        )  # fmt: skip
        row.pop("account_currency", None)
        made.append(
            Deal(
                platform=platform, login=account.login or 0, account=account, instrument=instrument,
                symbol="EURUSD", contract_size=100000, profit=0, swap=0, commission=0,
                read_at=act.at, **row,
            )
        )  # fmt: skip
    saved = Deal.objects.bulk_create(made)
    ids = [one.pk for one in saved]
    act.record(DealsRecorded(platform.pk, len(ids), ids), about=platform)
    return ids


def traded(
    client: Client,
    lots: str = "1.00",
    *,
    held: int = 3600,
    closed_at: datetime | None = None,
    **facts: Any,
) -> Deal:
    """A position opened and closed again; the deal that closed it."""
    closed_at = closed_at or now()
    position = 9_000_000 + next(_numbers)
    price = facts.pop("price", Decimal("1.08000"))
    spread = Decimal("0.00010")
    shared = {
        "client": client, "lots": Decimal(lots), "position": position, "price": price,
        "bid": price, "ask": price + spread, **facts,
    }  # fmt: skip
    rows = [
        shared | {"ticket": position * 10, "action": "buy", "entry": "in",
                  "at": closed_at - timedelta(seconds=held)},
        shared | {"ticket": position * 10 + 1, "action": "sell", "entry": "out", "at": closed_at,
                  "lots_closed": Decimal(lots)},
    ]  # fmt: skip
    ids = record_test_deals(Act.system(), rows=rows)
    return Deal.objects.get(pk=ids[-1])
