"""The chart of accounts, whole. Every account of the house is a function on this page.

An account holds what the house owes on its credit side. `kept` accounts never go below zero and
carry a running balance; `hot` accounts are the house's own and its providers', touched by
everything at once, so they accumulate and never make two clients wait for each other.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Money_of = Literal["client", "house"]


@dataclass(frozen=True, slots=True)
class Account:
    """A path in the chart. `client_id` and `partner_id` say whose it is."""

    path: str
    title: str
    owner: Money_of = "house"
    overdraft: bool = True
    hot: bool = True
    client_id: int | None = None
    partner_id: int | None = None

    def as_row(self) -> dict[str, str | bool | int | None]:
        """As the posting function of the database takes it."""
        return {
            "path": self.path, "title": self.title, "owner": self.owner,
            "overdraft": self.overdraft, "hot": self.hot, "client_id": self.client_id,
            "partner_id": self.partner_id,
        }  # fmt: skip


def _client(client_id: int, leaf: str, title: str, *, overdraft: bool = False) -> Account:
    path = f"client/{client_id}/{leaf}"
    return Account(path, title, "client", overdraft, hot=False, client_id=client_id)


def client_wallet(client_id: int) -> Account:
    """What the client may use."""
    return _client(client_id, "wallet", "Wallet")


def client_held(client_id: int) -> Account:
    """Asked back and set aside: it cannot be spent twice."""
    return _client(client_id, "held", "Held")


def client_bonus(client_id: int) -> Account:
    """Credit that is not the client's to withdraw."""
    return _client(client_id, "bonus", "Bonus")


def client_trading(client_id: int, platform: str, login: int) -> Account:
    """Cash on a trading account: follows the platform, so it may fall below zero with it."""
    leaf = f"trading/{platform}/{login}"
    return _client(client_id, leaf, f"Trading {platform} {login}", overdraft=True)


def client_credit(client_id: int, platform: str, login: int) -> Account:
    """What we have lent on a trading account: apart from its cash, and never withdrawn."""
    leaf = f"trading/{platform}/{login}/credit"
    return _client(client_id, leaf, f"Credit on {platform} {login}")


def client_debt(client_id: int) -> Account:
    """What the client owes us, after a chargeback for example."""
    return _client(client_id, "debt", "Debt", overdraft=True)


def transit(platform: str) -> Account:
    """Between a wallet and a platform: empty whenever nothing is on its way."""
    return Account(f"transit/{platform}", f"On the way to {platform}", "client")


def provider_clearing(slug: str) -> Account:
    """What a payment provider holds for us until it pays out to the bank."""
    return Account(f"provider/{slug}/clearing", f"{slug} clearing", "client")


def provider_reserve(slug: str) -> Account:
    return Account(f"provider/{slug}/reserve", f"{slug} rolling reserve")


def provider_fees(slug: str) -> Account:
    """What a provider has charged us."""
    return Account(f"provider/{slug}/fees", f"{slug} fees")


def bank(account: str, *, of_clients: bool = True) -> Account:
    """An account at a bank: a segregated one of clients' money, or the firm's own."""
    return Account(f"bank/{account}", f"Bank {account}", "client" if of_clients else "house")


def bank_in_transit() -> Account:
    """Sent to or by a bank and not seen on a statement yet."""
    return Account("bank/in-transit", "Bank, in transit", "client")


def unallocated() -> Account:
    """Money that arrived and whose owner is not known yet."""
    return Account("unallocated", "Unallocated receipts", "client")


def chargebacks() -> Account:
    return Account("chargebacks", "Chargebacks")


def partner_earned(partner_id: int) -> Account:
    """What a partner has earned and not been paid."""
    path = f"partner/{partner_id}/earned"
    return Account(path, "Earned", hot=False, partner_id=partner_id)


def house_fees() -> Account:
    return Account("house/fees", "Fees taken")


def house_commission() -> Account:
    """Commissions owed to partners, as an expense."""
    return Account("house/commission", "Commission paid")


def house_bonus() -> Account:
    return Account("house/bonus", "Bonuses given")


def house_adjustments() -> Account:
    """The other side of what was set right by hand."""
    return Account("house/adjustments", "Adjustments")


def house_opening() -> Account:
    """The other side of what stood on accounts before the ledger began."""
    return Account("house/opening", "Opening balances")


def house_funding() -> Account:
    """The firm's own money that it keeps on accounts of clients' money, so that enough is there."""
    return Account("house/funding", "Own money set aside for clients")


def house_nbp() -> Account:
    """Negative balances written off."""
    return Account("house/nbp", "Negative balances written off")


def house_pnl(book: str) -> Account:
    """Clients' trading results, from the other side."""
    return Account(f"house/pnl/{book}", f"Result of book {book.upper()}")


def fx_position(currency: str) -> Account:
    """What exchanging for clients left us long or short of."""
    return Account(f"fx_position/{currency}", f"Exchange position {currency}")


def house_fx() -> Account:
    """What exchanging for clients earns: the spread of each exchange."""
    return Account("house/fx", "Exchange spread")


def house_revaluation() -> Account:
    """What exchange positions gained or lost by the movement of rates."""
    return Account("house/revaluation", "Exchange revaluation")


ID, NAME = r"([1-9][0-9]{0,17})", r"([A-Za-z0-9][\w.-]{0,39})"
PATHS: tuple[tuple[str, Callable[..., Account]], ...] = (
    (f"client/{ID}/wallet", lambda pk: client_wallet(int(pk))),
    (f"client/{ID}/held", lambda pk: client_held(int(pk))),
    (f"client/{ID}/bonus", lambda pk: client_bonus(int(pk))),
    (f"client/{ID}/debt", lambda pk: client_debt(int(pk))),
    (
        f"client/{ID}/trading/{NAME}/{ID}",
        lambda pk, platform, login: client_trading(int(pk), platform, int(login)),
    ),
    (
        f"client/{ID}/trading/{NAME}/{ID}/credit",
        lambda pk, platform, login: client_credit(int(pk), platform, int(login)),
    ),
    (f"transit/{NAME}", transit),
    (f"provider/{NAME}/clearing", provider_clearing),
    (f"provider/{NAME}/reserve", provider_reserve),
    (f"provider/{NAME}/fees", provider_fees),
    ("bank/in-transit", bank_in_transit),
    (f"bank/{NAME}", bank),
    ("unallocated", unallocated),
    ("chargebacks", chargebacks),
    (f"partner/{ID}/earned", lambda pk: partner_earned(int(pk))),
    ("house/fees", house_fees),
    ("house/commission", house_commission),
    ("house/bonus", house_bonus),
    ("house/adjustments", house_adjustments),
    ("house/funding", house_funding),
    ("house/nbp", house_nbp),
    ("house/pnl/([a-z])", house_pnl),
    ("fx_position/([A-Z]{3,5})", fx_position),
    ("house/fx", house_fx),
    ("house/revaluation", house_revaluation),
)
"""Every path of this page, with the function that it comes from."""


def account_at(path: str) -> Account | None:
    """The account of a path as this page knows it; nothing where the path is on no line of it.

    Whether a bank's account holds clients' money its path does not say: it is taken to.
    """
    for pattern, account in PATHS:
        if found := re.fullmatch(pattern, path, re.ASCII):
            return account(*found.groups())
    return None
